//! AI responders: their turns, what they are given, and when they must stop.

mod asks;
pub mod breaker;
pub mod handover;
pub(crate) mod left_behind;
mod requests;
pub mod turn;
