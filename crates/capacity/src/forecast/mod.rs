//! What comes in the weeks ahead, learned from the record: demand, the share that the AI keeps, and the handling time
//! of what is left to people, by intent and queue, slot by slot.
//!
//! - A record ([`DemandHistory`], read by [`read_history`]) is cut into slots by the clock of a place: weeks in which
//!   clocks are changed have their 46 and 50 half-hours, and holidays, closed hours, gaps and outages of the AI are
//!   told apart from slots in which nothing came.
//! - Demand is a weekly profile times a level that follows what comes; intents share it, and add up to it.
//! - The AI's share moves on the logit scale, handling time on the log scale and with that share.
//! - [`forecast`] plays all of it many times ([`Path`]), by a seed and the same on any number of threads, and gives
//!   intervals that are calibrated on weeks that were not learned from; [`HeldOutEvaluation`] says how good it was on
//!   them.
//! - [`DriftFound`] says what no longer follows its baseline, and since when.
//!
//! No library is used for it. `augurs` 0.10, the one in Rust that is kept, has no exponential smoothing with seasons
//! (it goes by MSTL before it), knows neither calendars nor counts, and brings 110 crates; MSTL with AutoETS was
//! measured beside a weekly profile with a smoothed level and was worse (WAPE .153 against .147, and .157 against .143
//! after a shift).

mod ahead;
mod ai_share;
mod band;
mod baseline;
mod chart;
mod days;
mod evaluation;
mod handling;
mod history;
mod intents;
mod moved;
mod paths;
mod profile;
mod random;
mod ratio;
mod record;
mod recorded;
mod rolling;
mod scatter;
mod spread;
mod table;
mod tuning;

pub use ahead::{
    AHEAD_MAX, DayAhead, DemandForecast, ForecastTerms, IntentAhead, Interval, MeasuredNumber, PATHS_MAX, QueueAhead,
    SlotAhead, days_needed, forecast,
};
pub(crate) use baseline::{BASELINE, DayBaseline, Nature, Watched};
pub use chart::chart;
pub use days::{LocalDay, SlotClock};
pub use evaluation::{Errors, HeldOutEvaluation, IntervalCoverage};
pub use history::{DemandHistory, IntentSeries, KnownTimes, Observation};
pub use moved::DriftFound;
pub use paths::Path;
pub use profile::Memory;
pub use table::{UnreadTable, read_history, read_holidays, read_outages, written};
