//! Attacks on the built program that held, and must go on to hold. Each begins with a fresh data directory and real
//! sockets, and does at random what a seed says.
//!
//! One short round of each, or as many long ones as `REMIT_SOAK_ROUNDS` says (`cargo xtask soak`).
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says what is wrong by panicking"
)]

mod client;
mod clocks;
mod connections;
mod disk;
#[path = "../files/mod.rs"]
mod files;
mod flips;
mod full;
mod house;
mod inbox;
mod kills;
mod peers;
mod plan;
mod power;
mod races;
mod record;
mod small_disk;
mod trace;
