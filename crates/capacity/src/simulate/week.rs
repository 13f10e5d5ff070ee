//! Days and times of a week as people write them, in minutes since Monday at midnight.

use crate::Uncomputable;

/// Minutes of a day.
pub(crate) const DAY: f64 = 1_440.0;
/// Minutes of a week.
pub const WEEK: f64 = 7.0 * DAY;

/// The minute of the week of a moment such as `mon 10:00`.
///
/// # Errors
/// When it is none.
pub fn minute_of_week(text: &str) -> Result<f64, Uncomputable> {
    let what = || Uncomputable::Impossible(format!("`{text}` is no moment of the week; write it as `mon 10:00`"));
    let (day, time) = text.trim().split_once(' ').ok_or_else(what)?;
    let day = match named_days(day, "a moment")?.as_slice() {
        [day] => *day as f64,
        _ => return Err(what()),
    };
    let minutes = clock(time, "a moment")?;
    if minutes < DAY { Ok(day * DAY + minutes) } else { Err(what()) }
}

/// A minute of the week as `mon 10:00`.
pub fn moment_of_week(minute: f64) -> String {
    let minute = minute as usize % WEEK as usize;
    let day = DAYS.get(minute / DAY as usize).copied().unwrap_or_default();
    format!("{day} {:02}:{:02}", minute % DAY as usize / 60, minute % 60)
}

/// The days of the week, from its first.
pub const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// The parts of the week that days and times name, each within the week: what goes on over its end comes at its
/// beginning.
pub(crate) fn spans(days: &str, from: &str, to: &str, whose: &str) -> Result<Vec<(f64, f64)>, Uncomputable> {
    let (from, to) = (clock(from, whose)?, clock(to, whose)?);
    let to = if to <= from { to + DAY } else { to };
    let mut spans = Vec::new();
    for day in named_days(days, whose)? {
        let (from, to) = (day as f64 * DAY + from, day as f64 * DAY + to);
        spans.push((from, to.min(WEEK)));
        if to > WEEK {
            spans.push((0.0, to - WEEK));
        }
    }
    Ok(spans)
}

pub(crate) fn named_days(days: &str, whose: &str) -> Result<Vec<usize>, Uncomputable> {
    let day = |name: &str| {
        let at = DAYS.iter().position(|day| name.trim().eq_ignore_ascii_case(day));
        let what = || format!("{whose} has days `{days}`; write them as mon, mon-fri or sat,sun");
        at.ok_or_else(|| Uncomputable::Impossible(what()))
    };
    let mut named = Vec::new();
    for part in days.split(',') {
        match part.split_once('-') {
            None => named.push(day(part)?),
            Some((first, last)) => {
                let (first, last) = (day(first)?, day(last)?);
                named.extend((0..7).map(|after| (first + after) % 7).take((last + 7 - first) % 7 + 1));
            }
        }
    }
    named.sort_unstable();
    named.dedup();
    Ok(named)
}

/// Minutes since midnight.
fn clock(text: &str, whose: &str) -> Result<f64, Uncomputable> {
    let parts = text.split_once(':').and_then(|(hour, minute)| Some((two(hour)?, two(minute)?)));
    match parts {
        Some((hour, minute)) if minute < 60 && hour * 60 + minute <= 1_440 => Ok(f64::from(hour * 60 + minute)),
        _ => Err(Uncomputable::Impossible(format!("{whose} has the time `{text}`; write it as 08:00, up to 24:00"))),
    }
}

fn two(digits: &str) -> Option<u32> {
    let is_two = digits.len() == 2 && digits.bytes().all(|digit| digit.is_ascii_digit());
    is_two.then(|| digits.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::{WEEK, minute_of_week, moment_of_week, named_days, spans};

    #[test]
    fn a_moment_is_read_as_it_is_told() {
        assert_eq!(minute_of_week("tue 10:30").unwrap(), 2_070.0);
        assert_eq!(moment_of_week(2_070.0), "tue 10:30");
        for bad in ["tue", "10:00", "mon-fri 10:00", "mon 24:00", "mon 9:00"] {
            assert!(minute_of_week(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn days_are_named_alone_in_lists_and_from_one_to_another() {
        assert_eq!(named_days("mon-fri", "").unwrap(), [0, 1, 2, 3, 4]);
        assert_eq!(named_days("sat-mon, Wed", "").unwrap(), [0, 2, 5, 6]);
        assert!(named_days("monday", "a shift").unwrap_err().to_string().contains("`monday`"));
    }

    #[test]
    fn a_night_goes_on_to_the_next_day_and_from_the_weeks_end_to_its_beginning() {
        assert_eq!(spans("tue", "22:00", "06:00", "").unwrap(), [(2_760.0, 3_240.0)]);
        assert_eq!(spans("sun", "22:00", "06:00", "").unwrap(), [(9_960.0, WEEK), (0.0, 360.0)]);
        assert_eq!(spans("mon", "00:00", "24:00", "").unwrap(), [(0.0, 1_440.0)]);
        assert!(spans("mon", "8:00", "18:00", "a shift").unwrap_err().to_string().contains("08:00"));
    }
}
