//! What an AI leaves is harder, and people who are busy without a break get slower.
//!
//! **Difficulty.** The mean handling time of what people see at containment p is `AHT₀·(1−p)^{−γ}`: γ = 0 where the AI
//! keeps easy and hard ones alike, γ = 1 where what it keeps took people no time at all. By default γ = 0.25, which is
//! assumed (at p = 0.5 what is left takes 19 % longer); [`Difficulty::fitted`] takes it from history by a log-log
//! regression.
//!
//! **Fatigue.** Sustained overwork makes people slower (KC and Terwiesch, "Impact of Workload on Service Time and
//! Patient Safety", Management Science 2009). Handling time is times `1 + s·(occupancy − from)` above an occupancy. By
//! default from 0.85 on with s = 0.5, which is assumed: at full occupancy each takes 7.5 % longer.

use super::elasticity::{ElasticityFit, fit};
use crate::{
    basis::{Basis, ModelParameter},
    uncomputable::{Uncomputable, share},
};

/// How handling time depends on what the AI keeps.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Difficulty {
    /// γ.
    pub exponent: f64,
}

impl Difficulty {
    /// γ by default.
    pub const ASSUMED: Self = Self { exponent: 0.25 };
    /// The AI keeps easy and hard ones alike.
    pub const NONE: Self = Self { exponent: 0.0 };

    /// Mean handling time at a containment over that without the AI.
    pub fn handling_ratio(&self, containment: f64) -> f64 {
        (1.0 - containment).powf(-self.exponent)
    }

    /// The default, with what it rests on.
    pub fn assumed() -> (Self, ModelParameter) {
        let why = "an AI keeps what is easier; by how much was not measured";
        (Self::ASSUMED, ModelParameter::assumed("difficulty exponent", Self::ASSUMED.exponent, why))
    }

    /// γ from history: containment and mean handling time of each period.
    ///
    /// # Errors
    /// When history does not allow it: too few periods, or containment hardly varied.
    pub fn fitted(history: &[(f64, f64)], confidence: f64) -> Result<(Self, ModelParameter), Uncomputable> {
        let mut points = Vec::with_capacity(history.len());
        for (containment, handling) in history {
            share("containment", *containment)?;
            points.push((1.0 - containment, *handling));
        }
        let ElasticityFit { elasticity, low, high, points, .. } = fit(&points, confidence)?;
        let basis = Basis::Measured { points, low, high, confidence };
        Ok((Self { exponent: elasticity }, ModelParameter { name: "difficulty exponent", value: elasticity, basis }))
    }
}

/// How handling time depends on how busy people are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Fatigue {
    /// The occupancy from which on they get slower.
    pub from: f64,
    /// Share by which handling time grows for each 1 of occupancy above it.
    pub slope: f64,
}

impl Fatigue {
    /// By default.
    pub const ASSUMED: Self = Self { from: 0.85, slope: 0.5 };
    /// Nobody tires.
    pub const NONE: Self = Self { from: 1.0, slope: 0.0 };

    /// Handling time at an occupancy over that of people who are fresh.
    pub fn handling_ratio(&self, occupancy: f64) -> f64 {
        1.0 + self.slope * (occupancy - self.from).max(0.0)
    }

    /// The default, with what it rests on.
    pub fn assumed() -> (Self, [ModelParameter; 2]) {
        let why = "people who are busy without a break get slower; from where on and by how much was not measured";
        let Self { from, slope } = Self::ASSUMED;
        let from = ModelParameter::assumed("occupancy from which on people tire", from, why);
        (Self::ASSUMED, [from, ModelParameter::assumed("slope of fatigue", slope, why)])
    }
}
