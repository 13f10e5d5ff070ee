//! How many times as much the one of two is, from turns in which both were measured one after the other.

use crate::meter::geometric_mean;
use std::fmt;

/// Student's t at 97.5 % by degrees of freedom, from one on.
const STUDENT: [f64; 30] = [
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131, 2.120,
    2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042,
];

/// A ratio, with the interval in which it lies at 95 %.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ratio {
    pub(crate) mean: f64,
    pub(crate) low: f64,
    pub(crate) high: f64,
}

impl Ratio {
    /// The geometric mean over turns of what `one` is of `other`, and its interval. Of a single turn there is none.
    pub(crate) fn of(one: &[f64], other: &[f64]) -> Self {
        let times: Vec<f64> = one.iter().zip(other).map(|(one, other)| one / other).collect();
        let (mean, turns) = (geometric_mean(&times), times.len());
        if turns < 2 {
            return Self { mean, low: f64::NAN, high: f64::NAN };
        }
        let apart: f64 = times.iter().map(|one| (one.ln() - mean.ln()).powi(2)).sum();
        let error = (apart / (turns - 1) as f64 / turns as f64).sqrt();
        let width = (STUDENT.get(turns - 2).copied().unwrap_or(2.0) * error).exp();
        Self { mean, low: mean / width, high: mean * width }
    }
}

impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.low.is_nan() {
            return write!(f, "{:.3}", self.mean);
        }
        write!(f, "{:.3} [{:.3}, {:.3}]", self.mean, self.low, self.high)
    }
}

/// What a ratio should be.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Goal {
    AtMost(f64),
    AtLeast(f64),
}

impl Goal {
    /// Whether a ratio meets it.
    pub(crate) fn met(self, ratio: Ratio) -> bool {
        match self {
            Self::AtMost(most) => ratio.mean <= most,
            Self::AtLeast(least) => ratio.mean >= least,
        }
    }

    /// Whether it is met, in words that say how sure that is.
    pub(crate) fn told(self, ratio: Ratio) -> String {
        let (Self::AtMost(bound) | Self::AtLeast(bound)) = self;
        let met = if self.met(ratio) { "met" } else { "MISSED" };
        let sure =
            if ratio.low <= bound && bound <= ratio.high { ", but the goal lies within the interval" } else { "" };
        format!("{met}{sure}")
    }
}

impl fmt::Display for Goal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtMost(most) => write!(f, "at most {most:.2}"),
            Self::AtLeast(least) => write!(f, "at least {least:.2}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Goal, Ratio};

    #[test]
    fn what_is_the_same_in_every_turn_is_known_exactly() {
        let ratio = Ratio::of(&[80.0, 160.0, 40.0, 8.0, 4.0], &[100.0, 200.0, 50.0, 10.0, 5.0]);
        assert_eq!(ratio.to_string(), "0.800 [0.800, 0.800]");
        assert_eq!(Goal::AtMost(0.85).told(ratio), "met");
        assert_eq!(Goal::AtLeast(0.85).told(ratio), "MISSED");
    }

    #[test]
    fn turns_that_lie_apart_give_an_interval_of_students_t() {
        // Logarithms -0.2, -0.1, 0, 0.1, 0.2: mean 0, standard error 0.0707, times 2.776 is 0.1963.
        let one: Vec<f64> = [-0.2, -0.1, 0.0, 0.1, 0.2].iter().map(|x: &f64| x.exp()).collect();
        let ratio = Ratio::of(&one, &[1.0; 5]);
        assert!((ratio.mean - 1.0).abs() < 1e-9, "{ratio}");
        assert!((ratio.high.ln() - 0.1963).abs() < 1e-3 && (ratio.low.ln() + 0.1963).abs() < 1e-3, "{ratio}");
        assert_eq!(Goal::AtMost(0.85).told(ratio), "MISSED, but the goal lies within the interval");
    }

    #[test]
    fn a_single_turn_has_no_interval() {
        let ratio = Ratio::of(&[3.0], &[2.0]);
        assert_eq!(ratio.to_string(), "1.500");
        assert_eq!(Goal::AtLeast(1.15).told(ratio), "met");
    }
}
