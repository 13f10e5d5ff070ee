//! What was computed beside what a file says.

use super::{
    report::{Deviation, EXACT, FileReport, Intervals},
    table::Row,
};
use crate::simulate::MeanEstimate;

/// Values whose size is below this are held as one of this size.
const SMALL: f64 = 1e-6;
/// Of a kind of fault or note, so many are told.
const TOLD_MAX: usize = 20;

/// What comes together while a file is compared.
#[derive(Debug, Default)]
pub(super) struct Comparison {
    compared: u64,
    worst: Option<Deviation>,
    intervals: Intervals,
    faults: Vec<String>,
    notes: Vec<String>,
}

/// By how much a number differs from what it should be, relative.
fn relative(got: f64, want: f64) -> f64 {
    (got - want).abs() / want.abs().max(SMALL)
}

fn keep_worst(worst: &mut Option<Deviation>, deviation: Deviation) {
    if worst.as_ref().is_none_or(|worst| deviation.deviation > worst.deviation) {
        *worst = Some(deviation);
    }
}

impl Comparison {
    pub(super) fn fault(&mut self, fault: String) {
        self.faults.push(fault);
    }

    pub(super) fn note(&mut self, note: String) {
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    /// Holds what was computed against a column that is exact.
    pub(super) fn exact(&mut self, row: Row<'_>, column: &str, got: f64) {
        let want = match row.number(column) {
            Ok(want) => want,
            Err(fault) => return self.fault(fault),
        };
        if !got.is_finite() {
            return self.fault(format!("{}: what was computed for `{column}` is {got}", row.name()));
        }
        self.compared += 1;
        let deviation = relative(got, want);
        keep_worst(&mut self.worst, Deviation { row: row.name(), column: column.to_owned(), want, got, deviation });
    }

    /// Holds a whole number, or a truth as 1 or 0, against its column.
    pub(super) fn whole(&mut self, row: Row<'_>, column: &str, got: i64) {
        self.exact(row, column, got as f64);
    }

    /// As [`Comparison::exact`] where the file has the column and the cell something.
    pub(super) fn exact_if_there(&mut self, row: Row<'_>, column: &str, got: f64) {
        if !row.text(column).is_empty() {
            self.exact(row, column, got);
        }
    }

    /// Holds what another program said against what is so, and notes where it differs.
    pub(super) fn peer(&mut self, row: Row<'_>, column: &str, truth: f64) {
        match row.optional(column) {
            Ok(Some(said)) => {
                self.compared += 1;
                if relative(said, truth) > EXACT {
                    self.note(format!("{}: {column} says {said}, and it is {truth}", row.name()));
                }
            }
            Ok(None) => {}
            Err(fault) => self.fault(fault),
        }
    }

    /// Holds what was computed against the interval of a simulation, whose half width is at least `least`: what was
    /// never seen among so many has an interval too.
    pub(super) fn interval(&mut self, row: Row<'_>, (middle, half): (&str, &str), least: f64, got: f64) {
        let read = (row.optional(middle), row.optional(half));
        let (want, half) = match read {
            (Ok(Some(want)), Ok(Some(half))) => (want, half.max(least)),
            (Err(fault), _) | (_, Err(fault)) => return self.fault(fault),
            _ => return,
        };
        if !got.is_finite() || half < 0.0 {
            return self.fault(format!("{}: {got} is held against `{middle}` ± {half}", row.name()));
        }
        self.compared += 1;
        let off = (got - want).abs();
        let deviation = if off <= EXACT * want.abs() { 0.0 } else { off / half.max(f64::MIN_POSITIVE) };
        self.intervals.count += 1;
        self.intervals.inside += u64::from(deviation <= 1.0);
        keep_worst(
            &mut self.intervals.worst,
            Deviation { row: row.name(), column: middle.to_owned(), want, got, deviation },
        );
    }

    /// Holds what was simulated against the interval of another simulation: both are by chance.
    pub(super) fn both(&mut self, row: Row<'_>, (middle, half): (&str, &str), played: MeanEstimate) {
        let theirs = row.optional(half).ok().flatten().unwrap_or(0.0);
        self.interval(row, (middle, half), theirs.hypot(played.half_width), played.mean);
    }

    pub(super) fn report(mut self, file: &str, form: Option<&'static str>, rows: usize) -> FileReport {
        if let Some(worst) = self.worst.as_ref().filter(|worst| worst.deviation > EXACT) {
            let Deviation { row, column, want, got, deviation } = worst;
            self.faults.push(format!("{row}: `{column}` is {want} and computed as {got}, {deviation:.1e} off"));
        }
        if !self.intervals.ok() {
            let Intervals { count, inside, .. } = self.intervals;
            self.faults.push(format!("{inside} of {count} values lie in their intervals, which is no chance"));
        }
        for told in [&mut self.faults, &mut self.notes] {
            let left = told.len().saturating_sub(TOLD_MAX);
            told.truncate(TOLD_MAX);
            if left > 0 {
                told.push(format!("and {left} more"));
            }
        }
        let ok = self.faults.is_empty();
        let Self { compared, worst, intervals, faults, notes } = self;
        let (file, precision) = (file.to_owned(), EXACT);
        FileReport { file, form, rows, compared, worst, precision, intervals, faults, notes, ok }
    }
}
