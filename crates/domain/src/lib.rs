//! The rules of the game: cases, leases, handoffs, decisions and exceptions; commands in, events out.
//!
//! Nothing here does I/O, reads a clock, draws a random number or knows Cedar. Time, identifiers and
//! policy's verdicts arrive as arguments, so every decision can be taken again from its record.

pub mod action;
pub mod activation;
pub mod agent;
pub mod announcement;
pub mod automatic;
pub mod baseline;
pub mod breaker;
pub mod case;
pub mod command;
pub mod consult;
pub mod cost;
pub mod decision;
pub mod deferral;
pub mod delegation;
pub mod ending;
pub mod event;
pub mod exception;
pub mod field;
pub mod floor;
pub mod governance;
pub mod id;
pub mod issuer;
pub mod offer;
pub mod reconciliation;
mod record;
pub mod refusal;
pub mod request;
pub mod retrieval;
#[cfg(feature = "schema")]
pub mod schema;
pub mod sign_in;
pub mod signal;
pub mod situation;
pub mod source;
pub mod stream;
#[cfg(test)]
mod testing;
pub mod text;
mod vocabulary;

pub use case::Case;
pub use command::{Command, Context, Step, begin};
pub use decision::{Decision, Deliberation};
pub use event::Event;
pub use refusal::Refusal;
pub use stream::Stream;
