//! What a number rests on: whether it was measured or assumed.

use serde::Serialize;

/// What a number rests on.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "basis", rename_all = "snake_case")]
pub enum Basis {
    /// Whoever asked gave it.
    Given,
    /// It was fitted to history.
    Measured {
        /// Observations.
        points: usize,
        /// The lower end of its confidence interval.
        low: f64,
        /// The upper end.
        high: f64,
        /// The confidence of the interval, as a share.
        confidence: f64,
    },
    /// Nothing was measured: this program's default.
    Assumed {
        /// Why this number.
        why: &'static str,
    },
}

/// A number that a result rests on, with what it rests on itself.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ModelParameter {
    /// What it is.
    pub name: &'static str,
    /// The number.
    pub value: f64,
    /// What it rests on.
    #[serde(flatten)]
    pub basis: Basis,
}

impl ModelParameter {
    /// A number that whoever asked gave.
    pub fn given(name: &'static str, value: f64) -> Self {
        Self { name, value, basis: Basis::Given }
    }

    /// A number that nobody measured.
    pub fn assumed(name: &'static str, value: f64, why: &'static str) -> Self {
        Self { name, value, basis: Basis::Assumed { why } }
    }
}
