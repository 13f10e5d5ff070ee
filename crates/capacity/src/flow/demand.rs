//! Demand that grows as it takes less effort to ask.
//!
//! `D = λ₀·(E/E₀)^{−ε}` with effort `E = t_AI + (1−p)·(t_H + k·E[W])`: what the AI takes of a customer, and for those
//! whom it does not keep what a person takes and k times the wait for one. E₀ is the effort at which λ₀ come. The more
//! come, the longer is the wait and the greater the effort; so `D·(E/E₀)^ε` grows with D, there is one demand at which
//! it is λ₀, and bisection finds it. No elasticity of support is published: fit it ([`super::fit`]), or look at
//! [`scenarios`].

use super::stages::{Flow, Steady};
use crate::{
    basis::ModelParameter,
    uncomputable::{Uncomputable, not_negative, positive},
};

/// Elasticity at most.
const ELASTICITY_MAX: f64 = 20.0;

/// How demand answers to effort. Times and rates in the flow's unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Demand {
    /// Requests from outside per unit of time at the reference effort.
    pub reference_rate: f64,
    /// The reference effort.
    pub reference_effort: f64,
    /// By how many percent demand grows where effort falls by one.
    pub elasticity: f64,
    /// Effort of being with the AI.
    pub ai_effort: f64,
    /// Effort of being with a person.
    pub person_effort: f64,
    /// Effort of each unit of time that is waited.
    pub wait_weight: f64,
}

/// Where demand and effort hold each other.
#[derive(Debug, Clone)]
pub struct Settled {
    /// How it goes, with the demand as what comes from outside.
    pub steady: Steady,
    /// The effort.
    pub effort: f64,
    /// What it rests on.
    pub rests_on: Vec<ModelParameter>,
}

impl Demand {
    fn check(&self) -> Result<(), Uncomputable> {
        positive("the reference rate", self.reference_rate)?;
        positive("the reference effort", self.reference_effort)?;
        not_negative("the effort with the AI", self.ai_effort)?;
        not_negative("the effort with a person", self.person_effort)?;
        not_negative("the weight of the wait", self.wait_weight)?;
        if !(0.0..=ELASTICITY_MAX).contains(&self.elasticity) {
            let cure = "it must be from 0, where demand does not answer to effort, to 20";
            return Err(Uncomputable::Input { what: "elasticity", value: self.elasticity, cure });
        }
        Ok(())
    }

    /// The effort in a flow as it goes.
    pub fn effort(&self, flow: &Flow, steady: &Steady) -> f64 {
        let wait: f64 = steady.tiers.first().map_or(0.0, |tier| tier.mean_wait());
        self.ai_effort + (1.0 - flow.ai().containment) * (self.person_effort + self.wait_weight * wait)
    }

    /// Demand and effort that hold each other.
    ///
    /// # Errors
    /// When a number is none that demand could have, effort is 0, or the flow is unstable at that demand.
    pub fn settle(&self, flow: &Flow) -> Result<Settled, Uncomputable> {
        self.check()?;
        let least_effort = self.ai_effort + (1.0 - flow.ai().containment) * self.person_effort;
        positive("the effort without a wait", least_effort)?;
        // ln(D·(E/E₀)^ε/λ₀), as a logarithm so that nothing overflows.
        let beyond = |steady: &Steady| {
            let effort = self.effort(flow, steady) / self.reference_effort;
            (steady.external / self.reference_rate).ln() + self.elasticity * effort.ln()
        };
        // Demand below which effort is no longer taken to hold it, and above which it is not taken to rise.
        let least = self.reference_rate * 1e-6;
        if beyond(&flow.at(least)?) >= 0.0 {
            return Err(Uncomputable::Impossible(
                "asking takes so much more effort than the reference that less than a millionth of the demand is \
                 left; look at the units of the efforts"
                    .to_owned(),
            ));
        }
        let steady = flow.solve(least, self.reference_rate * 1e6, |steady| beyond(steady) < 0.0)?;
        let effort = self.effort(flow, &steady);
        let rests_on = vec![
            ModelParameter::given("rate at the reference effort", self.reference_rate),
            ModelParameter::given("reference effort", self.reference_effort),
            ModelParameter::given("elasticity", self.elasticity),
        ];
        Ok(Settled { steady, effort, rests_on })
    }
}

/// An elasticity, and what follows from it.
pub type Scenario = (f64, Result<Settled, Uncomputable>);

/// Where demand and effort hold each other for each of these elasticities, for when none was measured.
///
/// # Errors
/// When a number is none that demand could have. A scenario that is unstable is told in its place.
pub fn scenarios(demand: &Demand, flow: &Flow, elasticities: &[f64]) -> Result<Vec<Scenario>, Uncomputable> {
    const WHY: &str = "no elasticity was measured; this is one of several that are possible";
    demand.check()?;
    let one = |elasticity: &f64| {
        let settled = Demand { elasticity: *elasticity, ..*demand }.settle(flow).map(|mut settled| {
            for parameter in settled.rests_on.iter_mut().filter(|parameter| parameter.name == "elasticity") {
                *parameter = ModelParameter::assumed("elasticity", *elasticity, WHY);
            }
            settled
        });
        (*elasticity, settled)
    };
    Ok(elasticities.iter().map(one).collect())
}
