//! How many people at which hours of the week, so that what is promised is kept as surely as is asked for.
//!
//! Formulas say how many each interval takes by itself ([`Needs`]); shifts that people can be given are chosen so that
//! they cover that ([`Cover`]); the simulator then plays weeks with them, and where promises are not kept as often as
//! is asked for, more people are planned where most are missing ([`WeekPlan`]). What is told is what the simulator saw.

mod ahead;
mod chart;
mod cover;
mod needs;
mod outage;
mod recorded;
mod weeks;

pub use ahead::{QueueWeek, with_week_ahead};
pub use chart::chart;
pub use cover::{ChosenShift, Cover};
pub use needs::{IntervalNeed, Needs};
pub use outage::{OutageReserve, outage_reserve};
pub use recorded::{RecordedWeeks, with_record};
pub use weeks::{PlannedPromise, WeekPlan, planned, staffed, with_people};

#[cfg(test)]
mod tests;
