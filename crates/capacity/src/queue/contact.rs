//! The wait of one contact that is in the line: its mean, its spread, and the risk of missing a promise.
//!
//! For a customer with `q` ahead and every one of `n` servers busy, the line shortens at rate `nμ + iθ`
//! while `i` wait ahead, so the wait is a sum of exponential stages. Its mean is `Σ 1/(nμ + iθ)` for `i`
//! from 0 to `q`, and `P(V > t) = I_{e^{−θt}}(nμ/θ, q + 1)`, the regularised incomplete beta function;
//! without abandonment it is the Poisson tail `P(N(nμt) ≤ q)` (Palm; Mandelbaum and Zeltyn, 2005).

use crate::special::{beta, gamma};

/// A queue that works: how many serve, how fast, and how soon the waiting give up. Rates per unit of time, of which
/// every time that is given or answered is in the same one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Line {
    /// Staff on duty.
    pub servers: u32,
    /// Cases that one of them ends per unit of time: 1 / mean handling time.
    pub service_rate: f64,
    /// How fast a waiting customer gives up: 1 / mean patience; 0 if they never do.
    pub abandon_rate: f64,
}

impl Line {
    /// Mean wait of one with `ahead` before it and all servers busy; infinite where nobody serves.
    pub fn mean_wait(&self, ahead: u32) -> f64 {
        let work = self.work();
        (0..=ahead).map(|i| 1.0 / (work + f64::from(i) * self.abandon_rate)).sum()
    }

    /// Standard deviation of the wait of one with `ahead` before it.
    pub fn deviation_of_wait(&self, ahead: u32) -> f64 {
        let work = self.work();
        let variance: f64 = (0..=ahead).map(|i| (work + f64::from(i) * self.abandon_rate).powi(-2)).sum();
        variance.sqrt()
    }

    /// As [`Line::mean_wait`], in whole units of time.
    pub fn mean_wait_rounded(&self, ahead: u32) -> i64 {
        let mean = self.mean_wait(ahead);
        if mean.is_finite() { mean.round() as i64 } else { i64::MAX }
    }

    /// Probability in basis points that the wait of one with `ahead` before it exceeds `left`.
    pub fn risk_bp(&self, ahead: u32, left: i64) -> i64 {
        (self.exceeds(ahead, left as f64) * 10_000.0).round() as i64
    }

    /// Probability that the wait exceeds `t`.
    pub fn exceeds(&self, ahead: u32, t: f64) -> f64 {
        let work = self.work();
        let usable = work > 0.0 && work.is_finite() && self.abandon_rate >= 0.0 && self.abandon_rate.is_finite();
        if !usable || !t.is_finite() || t <= 0.0 {
            return 1.0;
        }
        let (stages, elapsed) = (f64::from(ahead) + 1.0, self.abandon_rate * t);
        let probability = if self.abandon_rate == 0.0 {
            // Poisson cdf = Q(q + 1, x), the upper regularised incomplete gamma function.
            gamma(stages, work * t).1
        } else {
            beta(work / self.abandon_rate, stages, (-elapsed).exp(), -(-elapsed).exp_m1())
        };
        probability.clamp(0.0, 1.0)
    }

    fn work(&self) -> f64 {
        f64::from(self.servers) * self.service_rate
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absurd_numbers_are_answered() {
        for (servers, service_rate, abandon_rate) in
            [(0, 1.0, 0.0), (1, 0.0, 0.0), (1, f64::NAN, 0.0), (3, 1.0, f64::INFINITY)]
        {
            let queue = Line { servers, service_rate, abandon_rate };
            assert_eq!(queue.risk_bp(5, 100), 10_000);
        }
        let queue = Line { servers: 4, service_rate: 1e-6, abandon_rate: 1e-6 };
        assert!(queue.mean_wait_rounded(20_000) > 0);
        assert!((0..=10_000).contains(&queue.risk_bp(20_000, 60_000)));
        // Patience of a thousand years among handling times of a minute.
        let queue = Line { servers: 10, service_rate: 1.0 / 60_000.0, abandon_rate: 3e-14 };
        let patient = Line { abandon_rate: 0.0, ..queue };
        assert!((queue.exceeds(20, 120_000.0) - patient.exceeds(20, 120_000.0)).abs() < 1e-6);
    }
}
