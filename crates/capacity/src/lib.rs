//! How many people a support needs, how demand answers to what effort it takes to ask, and what outcomes show.
//!
//! No I/O or clock, no randomness but that of a seed given, and the same numbers from the same input. Times and rates
//! of one calculation share one unit of time; the commands take minutes. Every input is held within bounds first, and
//! what has no answer is refused in words ([`Uncomputable`]), never answered with a number that is none.
//!
//! - [`queue`]: people at work and customers who wait: Erlang B, C and A, staffing, priorities, pooling, and the wait
//!   of one contact, by which live routing estimates too.
//! - [`flow`]: AI first, then people, with those who come back; demand that grows as effort falls; difficulty.
//! - [`forecast`]: what comes in the weeks ahead, learned from the record, with intervals that hold.
//! - [`evidence`]: what outcomes and volumes show at any time that one looks, and thresholds with a guarantee.
//! - [`simulate`]: a support played event by event.
//! - [`plan`]: people and shifts for a week, and what an AI that is gone takes.
//! - [`rebaseline`]: whether what capacity was planned on still holds, and what another level takes.
//! - [`check`]: files of reference values computed again.

mod basis;
pub mod check;
pub mod evidence;
pub mod flow;
pub mod forecast;
pub mod plan;
pub mod queue;
pub mod rebaseline;
mod root;
pub mod simulate;
mod special;
mod uncomputable;

pub use basis::{Basis, ModelParameter};
pub use uncomputable::Uncomputable;
