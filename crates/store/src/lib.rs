//! Durable storage: one port in three traits, the embedded SQLite backend and one in memory behind it.

pub mod cause;
mod collection;
mod commit;
mod erased;
mod expect;
#[cfg(test)]
mod fixtures;
mod in_flight;
pub mod memory;
mod outcome;
pub mod patience;
mod port;
#[cfg(test)]
mod promises;
mod spend;
pub mod sqlite;

pub use collection::{Collection, Entry};
pub use commit::*;
pub use expect::{Expect, Expected};
pub use in_flight::InFlight;
pub use outcome::{OutcomeCount, OutcomeDelta};
pub use port::*;
use spend::AMOUNT_MAX;
pub use spend::{Balance, Counter, Reservation, Spend};
pub use sqlite::STREAMS_SINCE;
