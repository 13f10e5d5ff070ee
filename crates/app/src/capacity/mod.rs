//! Capacity: the demand that is on record, as a history that forecasts learn from.

mod demand;
pub mod history;
