//! The record as a file: comma-separated values, a row for what an intent of a queue had in a slot.

use super::{
    days::SlotClock,
    history::{DemandHistory, KnownTimes, Observation},
};
use crate::Uncomputable;
use csv::StringRecord;
use std::collections::HashMap;

/// Columns that a record may have, and whether it must.
const COLUMNS: [(&str, bool); 8] = [
    ("start", true),
    ("intent", false),
    ("queue", false),
    ("arrived", true),
    ("kept_by_ai", false),
    ("handling_seconds", false),
    ("recontacts", false),
    ("abandoned", false),
];
/// Rows at most.
const ROWS_MAX: usize = 20_000_000;
/// Outages at most.
const OUTAGES_MAX: usize = 1_000;
/// Characters of a name at most.
const NAME_MAX: usize = 200;
/// The name where the record has none.
const ALL: &str = "all";

/// Why a file is not read.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum UnreadTable {
    /// A line is not what it should be.
    #[error("line {line}: {why}")]
    Line {
        /// Counted from 1, the head included.
        line: u64,
        /// What is wrong, and what to do about it.
        why: String,
    },
    /// The whole is not what it should be.
    #[error("{0}")]
    Whole(String),
    /// Nothing can be made of it.
    #[error(transparent)]
    Uncomputable(#[from] Uncomputable),
}

fn wrong<T>(line: u64, why: impl Into<String>) -> Result<T, UnreadTable> {
    Err(UnreadTable::Line { line, why: why.into() })
}

/// The rows of a file, each with its line, and where each of the columns stands that were looked for.
struct Rows {
    rows: Vec<(u64, StringRecord)>,
    places: Vec<Option<usize>>,
}

impl Rows {
    fn read(text: &str, columns: &[(&str, bool)]) -> Result<Self, UnreadTable> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
        let names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
        let head = reader.headers().map_err(|error| told(&error))?.clone();
        let mut places = vec![None; columns.len()];
        for (at, column) in head.iter().enumerate() {
            let known = names.iter().position(|name| *name == column);
            let Some(place) = known.and_then(|known| places.get_mut(known)) else {
                let shown: String = column.chars().take(40).collect();
                return wrong(1, format!("`{shown}` is no column of it; those are {}", names.join(", ")));
            };
            if place.replace(at).is_some() {
                return wrong(1, format!("the column {column} stands there twice; leave one out"));
            }
        }
        for ((name, is_needed), place) in columns.iter().zip(&places) {
            if *is_needed && place.is_none() {
                return wrong(
                    1,
                    format!("there is no column {name}; the first line names columns: {}", names.join(", ")),
                );
            }
        }
        let mut rows = Vec::new();
        for row in reader.records() {
            let row = row.map_err(|error| told(&error))?;
            if rows.len() >= ROWS_MAX {
                return Err(UnreadTable::Whole(format!("there are more than {ROWS_MAX} rows; leave older ones out")));
            }
            rows.push((row.position().map_or(0, csv::Position::line), row));
        }
        Ok(Self { rows, places })
    }

    fn cell<'a>(&self, row: &'a StringRecord, column: usize) -> Option<&'a str> {
        let at = self.places.get(column).copied().flatten()?;
        row.get(at).filter(|cell| !cell.is_empty())
    }
}

fn told(error: &csv::Error) -> UnreadTable {
    let line = error.position().map_or(1, csv::Position::line);
    match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => UnreadTable::Line {
            line,
            why: format!("it has {len} cells, and the first line names {expected_len} columns"),
        },
        _ => UnreadTable::Line { line, why: "it is no line of comma-separated values".to_owned() },
    }
}

/// Reads a record. Local times are those of `clock`.
///
/// # Errors
/// When a line is wrong, a column is unknown, rows contradict each other, stand twice or out of order, or there is
/// nothing to learn from.
pub fn read_history(text: &str, clock: SlotClock, known: KnownTimes) -> Result<DemandHistory, UnreadTable> {
    let table = Rows::read(text, &COLUMNS)?;
    let mut seen: HashMap<(i64, String, String), u64> = HashMap::new();
    let mut rows: Vec<Observation> = Vec::with_capacity(table.rows.len());
    let mut before: Option<(i64, u64)> = None;
    for (line, row) in &table.rows {
        let line = *line;
        let Some(start) = table.cell(row, 0) else { return wrong(line, "start is empty; say when the slot begins") };
        let (first, second) = clock.moments(start).map_err(|why| UnreadTable::Line { line, why })?;
        let intent = name(table.cell(row, 1), "intent", line)?;
        let queue = name(table.cell(row, 2), "queue", line)?;
        // Of an hour that comes twice, the first row of an intent is of the first, and the next of the second.
        let is_taken = |at: i64| seen.contains_key(&(at, intent.clone(), queue.clone()));
        let at = match (second, before) {
            (Some(second), Some((last, _))) if first < last || is_taken(first) => second,
            _ => first,
        };
        if let Some((last, last_line)) = before
            && at < last
        {
            return wrong(line, format!("it begins before line {last_line} does; sort the file by start"));
        }
        if let Some(twin) = seen.insert((at, intent.clone(), queue.clone()), line) {
            return wrong(
                line,
                format!("line {twin} has the same start, intent and queue; leave one out, or add them up"),
            );
        }
        before = Some((at, line));
        let count = |column: usize| number(&table, row, column, line);
        let Some(arrived) = count(3)? else { return wrong(line, "arrived is empty; write 0 where nothing came") };
        let (kept, abandoned, recontacts) = (count(4)?, count(7)?, count(6)?);
        for (name, part) in [("kept_by_ai", kept), ("abandoned", abandoned), ("recontacts", recontacts)] {
            if part.is_some_and(|part| part > arrived) {
                return wrong(line, format!("{name} is {} of {arrived} that arrived", part.unwrap_or_default()));
            }
        }
        let left = arrived - kept.unwrap_or(0.0);
        if let Some(gone) = abandoned.filter(|gone| *gone > left) {
            return wrong(line, format!("{gone} gave up of {left} that the AI left to people"));
        }
        let handling_seconds = seconds(&table, row, line)?;
        if let (Some(taken), true) = (handling_seconds, left <= 0.0) {
            return wrong(line, format!("people took {taken} seconds for each of none; leave handling_seconds empty"));
        }
        rows.push(Observation { second: at, intent, queue, arrived, kept, handling_seconds, recontacts, abandoned });
    }
    too_coarse(&rows, &clock)?;
    Ok(DemandHistory::new(clock, &rows, known)?)
}

/// Rows of hours are no rows of half-hours: refused where every second slot would be empty.
fn too_coarse(rows: &[Observation], clock: &SlotClock) -> Result<(), UnreadTable> {
    for coarser in [60, 30].into_iter().filter(|minutes| *minutes > clock.minutes()) {
        let seconds = i64::from(coarser) * 60;
        if rows.len() > 48 && rows.iter().all(|row| row.second.rem_euclid(seconds) == 0) {
            return Err(UnreadTable::Whole(format!(
                "every row begins with {} of {coarser} minutes, and slots of {} minutes are asked for; ask for an \
                 interval of {coarser}",
                if coarser == 60 { "an hour" } else { "a slot" },
                clock.minutes()
            )));
        }
    }
    Ok(())
}

fn name(cell: Option<&str>, column: &str, line: u64) -> Result<String, UnreadTable> {
    let name = cell.unwrap_or(ALL);
    if name.chars().count() > NAME_MAX || name.chars().any(char::is_control) {
        return wrong(line, format!("{column} is longer than {NAME_MAX} characters, or has some that do not show"));
    }
    Ok(name.to_owned())
}

fn shown(cell: &str) -> String {
    cell.chars().take(40).collect()
}

/// A count, where one is told.
fn number(table: &Rows, row: &StringRecord, column: usize, line: u64) -> Result<Option<f64>, UnreadTable> {
    let Some(cell) = table.cell(row, column) else { return Ok(None) };
    let name = COLUMNS.get(column).map_or("a cell", |(name, _)| name);
    match cell.parse::<u64>() {
        Ok(count) if count <= 1_000_000_000 => Ok(Some(count as f64)),
        _ => wrong(line, format!("{name} is `{}`; it must be a whole number from 0 to 1,000,000,000", shown(cell))),
    }
}

fn seconds(table: &Rows, row: &StringRecord, line: u64) -> Result<Option<f64>, UnreadTable> {
    let Some(cell) = table.cell(row, 5) else { return Ok(None) };
    match cell.parse::<f64>() {
        Ok(seconds) if seconds.is_finite() && seconds > 0.0 && seconds <= 1e6 => Ok(Some(seconds)),
        _ => wrong(
            line,
            format!("handling_seconds is `{}`; it must be above 0 and at most 1,000,000, or empty", shown(cell)),
        ),
    }
}

/// Reads holidays: a column `date`, and one `name` if wanted.
///
/// # Errors
/// When a line is wrong.
pub fn read_holidays(text: &str, known: &mut KnownTimes) -> Result<(), UnreadTable> {
    let table = Rows::read(text, &[("date", true), ("name", false)])?;
    for (line, row) in &table.rows {
        let date = SlotClock::parsed_date(table.cell(row, 0).unwrap_or_default());
        known.holidays.insert(date.map_err(|why| UnreadTable::Line { line: *line, why })?);
    }
    Ok(())
}

/// Reads outages of the AI: columns `start` and `end`.
///
/// # Errors
/// When a line is wrong.
pub fn read_outages(text: &str, clock: &SlotClock, known: &mut KnownTimes) -> Result<(), UnreadTable> {
    let table = Rows::read(text, &[("start", true), ("end", true)])?;
    if table.rows.len() > OUTAGES_MAX {
        return Err(UnreadTable::Whole(format!("there are more than {OUTAGES_MAX} outages; leave shorter ones out")));
    }
    for (line, row) in &table.rows {
        let moment = |column: usize| {
            let moments = clock.moments(table.cell(row, column).unwrap_or_default());
            moments.map_err(|why| UnreadTable::Line { line: *line, why })
        };
        let ((start, _), (end, later)) = (moment(0)?, moment(1)?);
        let end = later.unwrap_or(end);
        if end <= start {
            return wrong(*line, "the outage ends before it begins, or as it does");
        }
        known.outages.push((start, end));
    }
    Ok(())
}

/// A record as the file that [`read_history`] reads, for those who make one.
pub fn written(clock: &SlotClock, rows: &[Observation]) -> String {
    let mut text = COLUMNS.map(|(name, _)| name).join(",") + "\n";
    let quoted = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
    for row in rows {
        let number = |value: Option<f64>| value.map(|value| value.to_string()).unwrap_or_default();
        let cells = [
            clock.told(row.second),
            quoted(&row.intent),
            quoted(&row.queue),
            row.arrived.to_string(),
            number(row.kept),
            number(row.handling_seconds),
            number(row.recontacts),
            number(row.abandoned),
        ];
        text.push_str(&cells.join(","));
        text.push('\n');
    }
    text
}
