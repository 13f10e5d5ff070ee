//! What the domain promises, tested from outside: examples, random sessions, stories and purity.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says what is wrong by panicking"
)]

mod asked_of_policy;
mod commands;
mod deferrals;
mod people;
mod promise;
mod purity;
mod random;
mod recorded;
mod requests;
mod scenarios;
mod session;
mod shift;
mod told;
mod transcript;
mod world;
