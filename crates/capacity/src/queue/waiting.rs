//! Those who wait while all servers are busy, where they give up (Erlang A).
//!
//! With x = nμ/θ and y = λ/θ the numbers waiting, given that all servers are busy, are as `t_j = yʲ / ∏_{k≤j} (x+k)`;
//! `A(x, y) = Σ t_j` from j = 0 (Palm 1957; Mandelbaum and Zeltyn, "The Palm/Erlang-A queue", 2005). In terms of the
//! regularised incomplete gamma function `A(x, y) = P(x, y) / p(x, y)`, p the density of Poisson's distribution. So:
//!
//! - while y is not far above x, the sum itself is taken, of positive terms alone. Those who give up come of
//!   `Σ j·t_j / (y·A)`, which is `r/ρ + 1 − 1/ρ` (r = 1/A, ρ = λ/nμ) without its cancellation, so that it goes over
//!   into Erlang C as θ goes to 0;
//! - far above, P(x, y) is 1 to the last digit: A is one over the density, taken as a logarithm.

use crate::special::{digamma, gamma, ln_poisson};

/// Points over which a sum with a peak is taken at most, where the terms change little from one to the next.
const POINTS: f64 = 4_000.0;

/// The distribution of the waiting, given that all servers are busy.
#[derive(Debug, Clone, Copy)]
pub(super) struct Waiting {
    x: f64,
    y: f64,
    /// How much A is above 1; infinite where the queue is far overloaded.
    beyond_one: f64,
    /// Share of those who find all servers busy that give up.
    pub(super) gives_up: f64,
    /// Share of them that is served: `(1 − r)/ρ`.
    pub(super) served: f64,
    /// Mean wait of those who find all busy and are served, times their share, in units of mean patience.
    pub(super) served_wait: f64,
}

/// `Σ_{j≥1} t_j`, `Σ_{j≥1} j·t_j / y` and `Σ_{j≥0} t_j · x/(x+j+1) · Σ_{i=1..=j+1} 1/(x+i)`.
fn sums(x: f64, y: f64) -> (f64, f64, f64) {
    let (mut term, mut j) = (1.0, 0.0);
    let mut stages = 1.0 / (x + 1.0);
    let (mut beyond_one, mut weighted) = (0.0, 0.0);
    let mut served = x / (x + 1.0) * stages;
    loop {
        // The weight of j customers over y is that of the term before times j / (x + j).
        weighted += term * ((j + 1.0) / (x + j + 1.0));
        j += 1.0;
        term *= y / (x + j);
        beyond_one += term;
        stages += 1.0 / (x + j + 1.0);
        let added = term * x / (x + j + 1.0) * stages;
        served += added;
        // The terms fall faster than a geometric series from here on.
        let ratio = y / (x + j + 1.0);
        if ratio < 1.0 && (added <= served * 1e-17 * (1.0 - ratio) || term == 0.0) {
            return (beyond_one, weighted, served);
        }
    }
}

/// Whether λ is so far above nμ that P(x, y) is 1 to the last digit.
fn is_far_overloaded(x: f64, y: f64) -> bool {
    y - x > 10.0 * y.sqrt()
}

impl Waiting {
    pub(super) fn new(x: f64, y: f64) -> Self {
        if is_far_overloaded(x, y) {
            let r = ln_poisson(x, y).exp();
            let (gives_up, served) = (r * (x / y) + (1.0 - x / y), (1.0 - r) * (x / y));
            return Self { x, y, beyond_one: f64::INFINITY, gives_up, served, served_wait: served_wait_at_peak(x, y) };
        }
        let (beyond_one, weighted, served_wait) = sums(x, y);
        let a = 1.0 + beyond_one;
        // x·(A − 1)/y is 1 where y is nothing, and no 0 over 0: then A − 1 is y/(x + 1).
        let served = (x * (beyond_one / y) / a).min(1.0);
        Self { x, y, beyond_one, gives_up: weighted / a, served, served_wait: served_wait / a }
    }

    /// ln r = −ln A.
    pub(super) fn ln_r(&self) -> f64 {
        if self.beyond_one.is_finite() { -self.beyond_one.ln_1p() } else { ln_poisson(self.x, self.y) }
    }

    /// Probability that one who finds all busy would wait longer than `patiences` mean patiences, were they to wait on:
    /// `A(x, y')/A(x, y)·exp(−nμT + y − y')` with `y' = y·e^{−θT}`, which is `P(x, y')/P(x, y)`.
    pub(super) fn offered_exceeds(&self, patiences: f64) -> f64 {
        let later = self.y * (-patiences).exp();
        if !self.beyond_one.is_finite() {
            return gamma(self.x, later).0;
        }
        let (beyond_one, ..) = sums(self.x, later);
        let exponent = -self.x * patiences - self.y * (-patiences).exp_m1();
        ((1.0 + beyond_one) / (1.0 + self.beyond_one) * exponent.exp()).clamp(0.0, 1.0)
    }

    /// Probability that one who finds all busy is served after more than so many mean patiences:
    /// `P(V > T | V > 0)·(1 − 1/A(x, y'))/ρ`.
    pub(super) fn served_after(&self, patiences: f64) -> f64 {
        let later = self.y * (-patiences).exp();
        let not_given_up = if is_far_overloaded(self.x, later) {
            -ln_poisson(self.x, later).exp_m1()
        } else {
            let (beyond_one, ..) = sums(self.x, later);
            beyond_one / (1.0 + beyond_one)
        };
        self.offered_exceeds(patiences) * (self.x / self.y) * not_given_up
    }

    /// Probability that one who finds all busy is served within so many mean patiences, where more comes than can be
    /// served, without the difference of numbers near 1: `(x/y)·(Q(x+1, y') − Q(x+1, y))/P(x, y)`.
    pub(super) fn served_within(&self, patiences: f64) -> Option<f64> {
        if self.y <= self.x + 1.0 {
            return None;
        }
        let later = self.y * (-patiences).exp();
        let within = gamma(self.x + 1.0, later).1 - gamma(self.x + 1.0, self.y).1;
        Some((self.x / self.y * within).max(0.0) / gamma(self.x, self.y).0)
    }
}

/// The mean wait of those served times their share where the queue is far overloaded: the sum is taken around its
/// peak, where `y − x` wait, at points that lie close against its width of √y.
fn served_wait_at_peak(x: f64, y: f64) -> f64 {
    let (peak, width) = (y - x, 9.5 * y.sqrt());
    let low = (peak - width).max(0.0).floor();
    let step = (2.0 * width / POINTS).floor().max(1.0);
    let before = digamma(x + 1.0);
    let (mut whole, mut served, mut j) = (0.0, 0.0, low);
    let most = ln_poisson(x + peak, y);
    while j <= peak + width {
        let weight = (ln_poisson(x + j, y) - most).exp();
        whole += weight;
        served += weight * x / (x + j + 1.0) * (digamma(x + j + 2.0) - before);
        j += step;
    }
    served / whole
}
