//! Something that happened, as it is told at the end.

use super::{
    board::{Board, Case},
    clock::{day, time_of_day},
};
use serde::Serialize;

/// Something that happened.
#[derive(Debug, Serialize)]
pub(super) struct Moment {
    pub(super) what: &'static str,
    pub(super) told: String,
    /// What to look at: arguments of `remit`.
    pub(super) look: Option<String>,
}

/// Cases of which one is told, in the order in which they came in.
pub(super) fn first(board: &Board, fits: impl Fn(&Case) -> bool) -> Option<(String, usize)> {
    let fitting = board.cases.iter().filter(|(_, case)| fits(case));
    let (id, case) = fitting.min_by_key(|(_, case)| (case.opened, case.number))?;
    Some((id.clone(), case.number?))
}

/// The beginning of what was said, on one line.
pub(super) fn short(text: &str, chars: usize) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(chars) {
        Some((at, _)) => format!("{} …", line.get(..at).unwrap_or_default().trim_end()),
        None => line,
    }
}

/// When the day began, in words.
pub(super) fn beginning(at: i64) -> String {
    format!("{} {} UTC", day(at), time_of_day(at))
}
