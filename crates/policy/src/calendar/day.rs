//! Days of the week, and dates as calendars write them.

use jiff::civil;

/// As calendars call them, from Monday on.
pub(super) const DAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// Days from Monday to that of a date.
pub(super) fn weekday(date: civil::Date) -> usize {
    usize::from(date.weekday().to_monday_zero_offset().unsigned_abs())
}

/// Reads a date.
pub(super) fn date(text: &str) -> Result<civil::Date, String> {
    text.parse().map_err(|_| format!("`{text}` is no date such as 2026-12-25"))
}

/// A date that is written in one way, so that none is there twice.
pub(super) fn exact_date(text: &str) -> Result<civil::Date, String> {
    let read = date(text)?;
    if read.to_string() == text { Ok(read) } else { Err(format!("`{text}` is to be written as {read}")) }
}
