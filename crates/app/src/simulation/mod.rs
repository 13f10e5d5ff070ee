//! A bundle tried on a simulated support: every visit is a case that is opened, decided and given to people by the
//! code that serves customers, and `remit_capacity::simulate` says who asks when, what AI keeps and how long anything
//! takes.
//!
//! What is real: the decisions (the domain's commands, the bundle's policies, considerations and economics, the live
//! estimates of waits, what was counted of how responders did, breakers), and the floor that says who is offered which
//! case. What is simulated: customers, the answers of AI, and people, who take what they are offered at once and have
//! one case at a time.

mod counts;
mod error;
mod opening;
mod people;
mod routing;
mod trial;

pub use counts::SimulationCounts;
pub use error::SimulationError;
pub use routing::BundleRouting;
pub use trial::Simulation;

#[cfg(test)]
mod tests;
