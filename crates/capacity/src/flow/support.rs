//! A support as a whole: demand that answers to effort, an AI, and one queue of people, whose handling time depends on
//! what the AI keeps and on how busy they are.

use super::{
    demand::{Demand, Settled},
    difficulty::{Difficulty, Fatigue},
    stages::{Ai, Flow, Returns, Tier},
};
use crate::{
    queue::{Binding, Performance, Target, fewest_of},
    root::last_below,
    uncomputable::{Uncomputable, not_negative, positive},
};

/// A support, but for how many people there are. Times and rates in one unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Support {
    /// How many ask, by what it takes to ask.
    pub demand: Demand,
    /// The AI that takes requests first.
    pub ai: Ai,
    /// Who comes back.
    pub returns: Returns,
    /// Mean handling time of people where no AI keeps what is easy, and nobody tires.
    pub handling: f64,
    /// How fast one who waits for a person gives up.
    pub abandonment: f64,
    /// How handling time depends on what the AI keeps.
    pub difficulty: Difficulty,
    /// How it depends on how busy people are.
    pub fatigue: Fatigue,
}

/// A support with so many people.
#[derive(Debug, Clone)]
pub struct Staffed {
    /// Where demand and effort hold each other.
    pub settled: Settled,
    /// Mean handling time of people.
    pub handling: f64,
    /// People at work.
    pub people: u32,
    /// How it goes for them; none where the AI keeps everything.
    pub performance: Option<Performance>,
    /// Which part of a target asks for so many; none where none was asked for.
    pub binding: Option<Binding>,
}

impl Support {
    /// How it goes with so many people.
    ///
    /// Handling time and occupancy hold each other by fatigue: the longer each takes, the busier people are. What
    /// fatigue makes of an occupancy grows more slowly than it, so there is one such time, and bisection finds it.
    ///
    /// # Errors
    /// When a number is none that a support could have, or the flow is unstable.
    pub fn with(&self, people: u32) -> Result<Staffed, Uncomputable> {
        positive("the handling time", self.handling)?;
        not_negative("the exponent of difficulty", self.difficulty.exponent)?;
        not_negative("the slope of fatigue", self.fatigue.slope)?;
        let fresh = self.handling * self.difficulty.handling_ratio(self.ai.containment.min(1.0 - 1e-9));
        let at = |tired: f64| -> Result<(Settled, Option<Performance>), Uncomputable> {
            let tier = Tier { servers: people, handling: fresh * tired, abandonment: self.abandonment, onward: 0.0 };
            let settled = self.demand.settle(&Flow::new(self.ai, vec![tier], self.returns)?)?;
            let performance = settled.steady.tiers.first().copied();
            Ok((settled, performance))
        };
        let most = self.fatigue.handling_ratio(1.0);
        let tired = last_below(1.0, most, |tired| match at(tired) {
            Ok((_, Some(how))) => tired < self.fatigue.handling_ratio(how.occupancy()),
            Ok((_, None)) => false,
            // Too much to do: what makes it less cannot be too much of it.
            Err(_) => false,
        });
        let (settled, performance) = at(tired)?;
        Ok(Staffed { settled, handling: fresh * tired, people, performance, binding: None })
    }

    /// The fewest people with whom it keeps a target.
    ///
    /// # Errors
    /// As of [`Support::with`], or when no number of people reaches the target.
    pub fn staffed(&self, target: &Target) -> Result<Staffed, Uncomputable> {
        if self.ai.containment >= 1.0 {
            return Err(Uncomputable::TooLittle(
                "the AI keeps everything, and nobody comes to people; give a containment below 100 %".to_owned(),
            ));
        }
        let offered = self.demand.reference_rate * (1.0 - self.ai.containment) * self.handling;
        let how = |people: u32| match self.with(people)?.performance {
            Some(how) => Ok(how),
            None => Err(Uncomputable::TooLittle("nobody comes to people".to_owned())),
        };
        let (people, binding) = fewest_of(offered, self.abandonment, &how, target)?;
        Ok(Staffed { binding: Some(binding), ..self.with(people)? })
    }
}
