//! Requests that an AI takes first and people after it, some of which come back; and demand that answers to effort.

mod break_even;
mod demand;
mod difficulty;
mod elasticity;
mod stages;
mod support;

pub use break_even::{BreakEven, load_ratio};
pub use demand::{Demand, Scenario, Settled, scenarios};
pub use difficulty::{Difficulty, Fatigue};
pub use elasticity::{ElasticityFit, fit};
pub use stages::{Ai, Flow, Returns, Steady, Tier};
pub use support::{Staffed, Support};
