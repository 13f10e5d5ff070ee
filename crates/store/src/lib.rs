//! Durable storage: one port, the embedded SQLite backend behind it, and the conformance suite.

pub mod conformance;
mod port;
pub mod sqlite;

pub use port::*;
