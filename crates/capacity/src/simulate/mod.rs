//! A support simulated event by event: customers who ask, AI that takes some of it, queues of people with skills,
//! shifts and patience, and those who come back.
//!
//! A [`Network`] says what there is. A run of it is a function of the network and a seed: what a customer brings with
//! them (what they ask about, their patience, how long they take, whether they come back) is drawn from a stream of
//! their own, so that two networks with the same arrivals meet the same customers, and what differs between them is
//! not chance (common random numbers; Law, "Simulation Modeling and Analysis", section 11.2). Replications run on
//! several threads and are added up in their order: the outcome doesn't depend on how many there are.

mod arrivals;
mod calendar;
mod description;
mod draws;
mod group;
mod histogram;
mod line;
mod network;
mod replications;
mod routing;
mod run;
mod tally;
mod visit;
mod waiting;
mod week;
mod window;

pub use description::{
    ClassDescription, Description, GroupDescription, PatternDescription, QueueDescription, RetreatDescription,
    SignalDescription,
};
pub use draws::TimeDistribution;
pub use histogram::Histogram;
pub use network::{
    AiOutage, AiStage, ArrivalRates, CustomerClass, Network, OnwardTransfer, ReturnShares, ServingOrder, ShiftEnd,
    ShiftStep, SimulatedQueue, StaffGroup,
};
pub use replications::{MeanEstimate, Replications, Simulated, replicate};
pub use routing::{DescribedRouting, Destination, Occasion, Routing, ServedNext, VisitAsked};
pub use run::run;
pub use tally::{QueueTally, RunTally};
pub use waiting::WaitingVisit;
pub use week::{DAYS, WEEK, minute_of_week, moment_of_week};
pub(crate) use week::{named_days, spans};
pub use window::CountedWindow;

#[cfg(test)]
mod tests;
