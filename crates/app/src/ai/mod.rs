//! AI responders: their turns, what they are given, and when they must stop.

mod asks;
pub mod breaker;
pub mod context;
pub(crate) mod left_behind;
pub mod turn;
