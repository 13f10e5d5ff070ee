//! Waiting in a line: expected wait and the risk of missing an SLA, with abandonment (Erlang A).
//!
//! For a customer with `q` ahead and every one of `n` servers busy, the line shortens at rate `nμ + iθ`
//! while `i` wait ahead, so the wait is a sum of exponential stages. Its mean is `Σ 1/(nμ + iθ)` for `i`
//! from 0 to `q`, and `P(V > t) = I_{e^{−θt}}(nμ/θ, q + 1)`, the regularised incomplete beta function;
//! without abandonment it is the Poisson tail `P(N(nμt) ≤ q)` (Palm; Mandelbaum and Zeltyn, 2005).

/// A queue that works: how many serve, how fast, and how soon the waiting give up. Rates per millisecond.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Line {
    /// Staff on duty.
    pub servers: u32,
    /// Cases that one of them ends per millisecond: 1 / mean handling time.
    pub service_rate: f64,
    /// How fast a waiting customer gives up, per millisecond: 1 / mean patience; 0 if they never do.
    pub abandon_rate: f64,
}

impl Line {
    /// Mean wait in milliseconds of one with `ahead` before it and all servers busy.
    pub fn mean_wait_ms(&self, ahead: u32) -> i64 {
        let work = f64::from(self.servers) * self.service_rate;
        let mean: f64 = (0..=ahead).map(|i| 1.0 / (work + f64::from(i) * self.abandon_rate)).sum();
        if mean.is_finite() { mean.round() as i64 } else { i64::MAX }
    }

    /// Probability in basis points that the wait of one with `ahead` before it exceeds `left_ms`.
    pub fn risk_bp(&self, ahead: u32, left_ms: i64) -> i64 {
        (self.exceeds(ahead, left_ms as f64) * 10_000.0).round() as i64
    }

    /// Probability that the wait exceeds `t`, in the unit of time of the rates.
    pub fn exceeds(&self, ahead: u32, t: f64) -> f64 {
        let work = f64::from(self.servers) * self.service_rate;
        let usable = work > 0.0 && work.is_finite() && self.abandon_rate >= 0.0 && self.abandon_rate.is_finite();
        if !usable || !t.is_finite() || t <= 0.0 {
            return 1.0;
        }
        let probability = if self.abandon_rate == 0.0 {
            // Poisson cdf = Q(q + 1, x), the upper regularised incomplete gamma function.
            gamma_upper(f64::from(ahead) + 1.0, work * t)
        } else {
            let x = (-self.abandon_rate * t).exp();
            beta(work / self.abandon_rate, f64::from(ahead) + 1.0, x)
        };
        probability.clamp(0.0, 1.0)
    }
}

/// ln Γ(x) for x > 0, by Lanczos' approximation with g = 7 and nine terms (error below 1e-13 relative).
fn ln_gamma(x: f64) -> f64 {
    const G: f64 = 7.0;
    const TERMS: [f64; 9] = [
        0.999_999_999_999_809_9,
        676.520_368_121_885_1,
        -1_259.139_216_722_402_8,
        771.323_428_777_653_1,
        -176.615_029_162_140_6,
        12.507_343_278_686_905,
        -0.138_571_095_265_720_12,
        9.984_369_578_019_572e-6,
        1.505_632_735_149_311_6e-7,
    ];
    if x < 0.5 {
        return (std::f64::consts::PI / (std::f64::consts::PI * x).sin()).ln() - ln_gamma(1.0 - x);
    }
    let x = x - 1.0;
    let [first, rest @ ..] = TERMS;
    let sum = rest.iter().zip(1u8..).fold(first, |sum, (term, i)| sum + term / (x + f64::from(i)));
    let t = x + G + 0.5;
    0.5 * (2.0 * std::f64::consts::PI).ln() + (x + 0.5) * t.ln() - t + sum.ln()
}

const TINY: f64 = 1e-300;
const STEPS: u32 = 20_000;

/// Regularised incomplete beta function, by its continued fraction (Lentz' method).
fn beta(a: f64, b: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if x >= 1.0 {
        return 1.0;
    }
    let front = (ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b) + a * x.ln() + b * (-x).ln_1p()).exp();
    if x < (a + 1.0) / (a + b + 2.0) {
        front * fraction(a, b, x) / a
    } else {
        1.0 - front * fraction(b, a, 1.0 - x) / b
    }
}

fn fraction(a: f64, b: f64, x: f64) -> f64 {
    let nonzero = |value: f64| if value.abs() < TINY { TINY } else { value };
    let mut c = 1.0;
    let mut d = 1.0 / nonzero(1.0 - (a + b) * x / (a + 1.0));
    let mut h = d;
    for step in 1..STEPS {
        let m = f64::from(step);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        d = 1.0 / nonzero(1.0 + even * d);
        c = nonzero(1.0 + even / c);
        h *= d * c;
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        d = 1.0 / nonzero(1.0 + odd * d);
        c = nonzero(1.0 + odd / c);
        h *= d * c;
        if (d * c - 1.0).abs() < 1e-15 {
            break;
        }
    }
    h
}

/// Upper regularised incomplete gamma function Q(a, x): a series below a + 1, a continued fraction above.
fn gamma_upper(a: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 1.0;
    }
    let front = (a * x.ln() - x - ln_gamma(a)).exp();
    if x < a + 1.0 {
        let (mut term, mut sum) = (1.0 / a, 1.0 / a);
        for step in 1..STEPS {
            term *= x / (a + f64::from(step));
            sum += term;
            if term < sum * 1e-16 {
                break;
            }
        }
        return 1.0 - front * sum;
    }
    let mut b = x + 1.0 - a;
    let (mut c, mut d) = (1.0 / TINY, 1.0 / b);
    let mut h = d;
    for step in 1..STEPS {
        let i = f64::from(step);
        let an = -i * (i - a);
        b += 2.0;
        let nonzero = |value: f64| if value.abs() < TINY { TINY } else { value };
        d = 1.0 / nonzero(an * d + b);
        c = nonzero(b + an / c);
        h *= d * c;
        if (d * c - 1.0).abs() < 1e-15 {
            break;
        }
    }
    front * h
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Computed with 50 digits (mpmath): servers, μ, θ, ahead, t, P(V > t).
    const REFERENCE: &str = include_str!("../data/reference/sla_risk.csv");

    #[test]
    fn risks_match_the_reference_values() {
        let mut rows = 0;
        for line in REFERENCE.lines().skip(1) {
            let cell: Vec<f64> = line.split(',').take(6).map(|cell| cell.parse().unwrap()).collect();
            let queue = Line { servers: cell[0] as u32, service_rate: cell[1], abandon_rate: cell[2] };
            let got = queue.exceeds(cell[3] as u32, cell[4]);
            assert!((got - cell[5]).abs() <= 1e-9 * cell[5] + 1e-15, "{line}: {got}");
            rows += 1;
        }
        assert_eq!(rows, 8);
    }

    #[test]
    fn absurd_numbers_are_answered() {
        for (servers, service_rate, abandon_rate) in
            [(0, 1.0, 0.0), (1, 0.0, 0.0), (1, f64::NAN, 0.0), (3, 1.0, f64::INFINITY)]
        {
            let queue = Line { servers, service_rate, abandon_rate };
            assert_eq!(queue.risk_bp(5, 100), 10_000);
        }
        let queue = Line { servers: 4, service_rate: 1e-6, abandon_rate: 1e-6 };
        assert!(queue.mean_wait_ms(20_000) > 0);
        assert!((0..=10_000).contains(&queue.risk_bp(20_000, 60_000)));
    }
}
