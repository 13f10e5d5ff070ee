//! From where on an AI no longer lowers the load on people, since it is asked for more.
//!
//! Beside no AI at all the load on people is times `(E₀/E₁)^ε·(1−p)·(AHT₁/AHT₀)·(1−φ₀)/(1−φ₁)`: demand that grew as
//! effort fell from E₀ to E₁, the share that people see, how much longer each of these takes, and who comes back. It
//! breaks even where that is 1. Nobody is taken to wait, as with enough people nobody does for long.

use super::difficulty::Difficulty;
use crate::{
    root::last_below,
    uncomputable::{Uncomputable, not_negative, positive, share},
};

/// Points at which the load is looked at between no containment and all.
const POINTS: u32 = 2_000;

/// A support with and without an AI. Efforts in one unit.
#[derive(Debug, Clone, Copy)]
pub struct BreakEven {
    /// Effort of asking without the AI.
    pub reference_effort: f64,
    /// Effort of being with the AI.
    pub ai_effort: f64,
    /// Effort of being with a person after it.
    pub person_effort: f64,
    /// By how many percent demand grows where effort falls by one.
    pub elasticity: f64,
    /// How much longer it takes people as the AI keeps what is easy.
    pub difficulty: Difficulty,
    /// Share of those whom the AI contained that comes back.
    pub contained_returns: f64,
    /// Share of those whom people resolved that comes back.
    pub resolved_returns: f64,
}

/// The load on people with an AI over that without: of efforts before and after, the share contained, handling times
/// after over before, and the shares that come back before and after.
pub fn load_ratio(
    efforts: (f64, f64),
    elasticity: f64,
    containment: f64,
    handling_ratio: f64,
    returning: (f64, f64),
) -> f64 {
    let demand = (elasticity * (efforts.0 / efforts.1).ln()).exp();
    demand * (1.0 - containment) * handling_ratio * (1.0 - returning.0) / (1.0 - returning.1)
}

impl BreakEven {
    fn check(&self) -> Result<(), Uncomputable> {
        positive("the effort without the AI", self.reference_effort)?;
        positive("the effort with the AI", self.ai_effort)?;
        not_negative("the effort with a person", self.person_effort)?;
        not_negative("elasticity", self.elasticity)?;
        share("the share of contained that comes back", self.contained_returns)?;
        share("the share of resolved that comes back", self.resolved_returns)?;
        Ok(())
    }

    fn effort(&self, containment: f64) -> f64 {
        self.ai_effort + (1.0 - containment) * self.person_effort
    }

    fn returning(&self, containment: f64) -> f64 {
        containment * self.contained_returns + (1.0 - containment) * self.resolved_returns
    }

    /// The load on people over that without the AI, at a containment.
    pub fn ratio(&self, containment: f64) -> f64 {
        // Where nothing is left, how hard it is means nothing.
        if containment >= 1.0 {
            return 0.0;
        }
        let efforts = (self.reference_effort, self.effort(containment));
        let handling = self.difficulty.handling_ratio(containment);
        let returning = (self.resolved_returns, self.returning(containment));
        load_ratio(efforts, self.elasticity, containment, handling, returning)
    }

    /// The elasticity from which on the AI no longer lowers the load at a containment; none where it lowers the load,
    /// or raises it, whatever the elasticity.
    ///
    /// # Errors
    /// When a number is out of bounds.
    pub fn elasticity_at(&self, containment: f64) -> Result<Option<f64>, Uncomputable> {
        self.check()?;
        share("containment", containment)?;
        let inelastic = Self { elasticity: 0.0, ..*self }.ratio(containment).ln();
        let eased = (self.reference_effort / self.effort(containment)).ln();
        let elasticity = -inelastic / eased;
        Ok(Some(elasticity).filter(|elasticity| elasticity.is_finite() && *elasticity > 0.0))
    }

    /// The containments at which the load on people is what it is without the AI, in order. Between two of them it is
    /// on one side, as [`BreakEven::ratio`] says.
    ///
    /// # Errors
    /// When a number is out of bounds.
    pub fn containments(&self) -> Result<Vec<f64>, Uncomputable> {
        self.check()?;
        let at = |point: u32| f64::from(point) / f64::from(POINTS);
        let saves = |containment: f64| self.ratio(containment) < 1.0;
        let pairs = (0..POINTS).map(|point| (at(point), at(point + 1)));
        let crossed = pairs.filter(|(low, high)| saves(*low) != saves(*high));
        Ok(crossed.map(|(low, high)| last_below(low, high, |c| saves(c) == saves(low))).collect())
    }
}
