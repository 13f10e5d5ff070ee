//! What capacity was planned on, whether it still holds, and what another level takes.
//!
//! - [`Baseline`]: the level of four weeks of one measure of a queue, and how days scatter around it.
//! - [`moved`]: whether days have left it, since when, and how sure that is, by the detector of `evidence`; and
//!   [`predicted`], the level of the four weeks after that, which can be held against what comes ([`level_of`]).
//! - [`staffing_effect`]: how many people the busiest hour takes before and after, and how it goes with them.

mod effect;
mod level;

pub use effect::{HourLoad, StaffingEffect, WaitPromise, staffing_effect};
pub use level::{Baseline, DayCount, Measure, MovedLevel, PREDICTED_DAYS, learned, level_of, moved, predicted};
