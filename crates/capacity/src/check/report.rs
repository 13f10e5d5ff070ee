//! What a file came to.

use crate::special::binomial_at_most;
use serde::Serialize;

/// Deviation of an exact column at most, relative to its value; values below a millionth are held as one of that, so
/// that no more than the last digits of a difference of numbers near 1 are asked for.
pub const EXACT: f64 = 1e-9;

/// That so many intervals miss must be at least this probable.
const CHANCE_MIN: f64 = 0.001;
/// A value so many half widths from the middle of its interval of 95 % is no chance.
const HALF_WIDTHS_MAX: f64 = 3.0;
/// A value that is not what the file says.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Deviation {
    /// Its row, as the file names it.
    pub row: String,
    /// Its column.
    pub column: String,
    /// What the file says.
    pub want: f64,
    /// What was computed.
    pub got: f64,
    /// By how much they differ: relative, or in half widths.
    pub deviation: f64,
}

/// Values held against a simulation's intervals of 95 %. One in twenty misses by chance, so they are held together:
/// no more miss than chance explains (with a probability of 0.001), and none by more than three half widths.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Intervals {
    /// How many there are.
    pub count: u64,
    /// In how many the computed value lies.
    pub inside: u64,
    /// The worst, in half widths.
    pub worst: Option<Deviation>,
}

impl Intervals {
    /// Whether the computed values can be those that were simulated.
    pub fn ok(&self) -> bool {
        let missed = self.count - self.inside;
        let chance = if missed == 0 { 1.0 } else { 1.0 - binomial_at_most(self.count, 0.05, missed - 1) };
        let far = self.worst.as_ref().is_some_and(|worst| worst.deviation > HALF_WIDTHS_MAX);
        chance >= CHANCE_MIN && !far
    }
}

/// What a file came to.
#[derive(Debug, Clone, Serialize)]
pub struct FileReport {
    /// What the file is called.
    pub file: String,
    /// Of which form it is; none where it was not recognised.
    pub form: Option<&'static str>,
    /// Rows.
    pub rows: usize,
    /// Values that were computed again and compared.
    pub compared: u64,
    /// The worst of the exact columns.
    pub worst: Option<Deviation>,
    /// What exact columns are held to.
    pub precision: f64,
    /// Columns of a simulation.
    pub intervals: Intervals,
    /// What is wrong with the file, or with what was computed.
    pub faults: Vec<String>,
    /// What is to be known of it.
    pub notes: Vec<String>,
    /// Whether everything holds.
    pub ok: bool,
}
