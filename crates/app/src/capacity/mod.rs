//! Capacity: the demand that is on record, as a history that forecasts learn from; and whether what capacity is planned
//! on still holds by it.

pub mod baseline;
pub mod days;
mod demand;
pub mod history;
mod place;
pub mod proposal;
