//! Durable storage: one port, the embedded SQLite backend behind it, and the conformance suite.

pub mod cause;
mod coming;
mod commit;
pub mod conformance;
mod outcome;
pub mod patience;
mod port;
pub mod sqlite;

pub use coming::Coming;
pub use commit::*;
pub use outcome::{OutcomeCount, OutcomeDelta};
pub use port::*;
