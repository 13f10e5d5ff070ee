//! Hours of work in a time zone, with holidays.
//!
//! A range of a day begins at the moment at which the clock on the wall first shows its beginning or later, and ends at
//! the moment at which it first shows its end or later. So an hour that comes twice belongs to the range that the clock
//! reached first, an hour that does not come is in no range, and a day counts as long as it is.

use crate::manifest;
use jiff::{
    Timestamp, civil,
    tz::{AmbiguousOffset, TimeZone},
};
use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
};

/// Hours of work, ready to be asked.
#[derive(Debug)]
pub(crate) struct Hours {
    zone: TimeZone,
    /// Opening ranges in minutes of the day, by weekday from Monday: in order, and apart from each other.
    week: [Vec<(i64, i64)>; 7],
    holidays: BTreeSet<civil::Date>,
    always: bool,
    /// Where the moment lies that was asked for last: the next one mostly lies there too.
    last: Mutex<Stretch>,
}

/// A time in which nothing opens and nothing closes, in milliseconds since the Unix epoch.
#[derive(Debug, Clone, Copy, Default)]
struct Stretch {
    from_ms: i64,
    until_ms: i64,
    open: bool,
}

const DAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
const DAY_MINUTES: i64 = 24 * 60;
/// Days that are looked at, at most: three years.
const DAYS_MAX: usize = 3 * 366;

impl Hours {
    /// Reads a calendar; what is wrong is said in words.
    pub(crate) fn new(calendar: &manifest::Calendar) -> Result<Self, String> {
        let zone = TimeZone::get(&calendar.time_zone)
            .map_err(|_| format!("`{}` is no time zone of the IANA database", calendar.time_zone))?;
        let mut week: [Vec<(i64, i64)>; 7] = Default::default();
        for (day, ranges) in &calendar.hours {
            let at = DAYS.iter().position(|name| name == day).ok_or_else(|| format!("`{day}` is no weekday"))?;
            for range in ranges {
                let parsed = parse_range(range).ok_or_else(|| format!("`{range}` is no range such as 08:00-20:00"))?;
                if let Some(kept) = week.get_mut(at) {
                    kept.push(parsed);
                }
            }
        }
        week.iter_mut().for_each(merge);
        if week.iter().all(Vec::is_empty) {
            return Err("it is never open".into());
        }
        let holidays = calendar
            .holidays
            .iter()
            .map(|date| date.parse().map_err(|_| format!("`{date}` is no date such as 2026-12-25")))
            .collect::<Result<BTreeSet<civil::Date>, String>>()?;
        let always = holidays.is_empty() && week.iter().all(|day| day.contains(&(0, DAY_MINUTES)));
        Ok(Self { zone, week, holidays, always, last: Mutex::default() })
    }

    /// Whether it is open at this moment, in milliseconds since the Unix epoch.
    pub(crate) fn is_open(&self, at_ms: i64) -> bool {
        if self.always {
            return true;
        }
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if !(last.from_ms..last.until_ms).contains(&at_ms) {
            *last = self.stretch(at_ms);
        }
        last.open
    }

    /// The moment at which `work_ms` of opening time have passed since `from_ms`; none if that is years away.
    pub(crate) fn after(&self, from_ms: i64, work_ms: i64) -> Option<i64> {
        if self.always {
            return from_ms.checked_add(work_ms);
        }
        let mut left = work_ms;
        for (opens, closes) in self.spans(from_ms) {
            let opens = opens.max(from_ms);
            let open_ms = closes - opens;
            if left <= open_ms {
                return Some(opens + left);
            }
            left -= open_ms;
        }
        None
    }

    /// The opening time between two moments, in milliseconds; of more than three years, that of the first three.
    pub(crate) fn worked_ms(&self, from_ms: i64, until_ms: i64) -> i64 {
        if self.always {
            return until_ms.saturating_sub(from_ms).max(0);
        }
        let spans = self.spans(from_ms).take_while(|(opens, _)| *opens < until_ms);
        spans.map(|(opens, closes)| (closes.min(until_ms) - opens.max(from_ms)).max(0)).sum()
    }

    /// The first moment from `from_ms` on at which it is open.
    pub(crate) fn opens(&self, from_ms: i64) -> Option<i64> {
        self.after(from_ms, 0)
    }

    /// A moment by the clock on the wall there, such as `2026-03-10 10:00:00 Europe/London`; none in UTC.
    pub(crate) fn local(&self, at_ms: i64) -> Option<String> {
        let name = self.zone.iana_name().filter(|_| self.zone != TimeZone::UTC)?;
        let at = Timestamp::from_millisecond(at_ms).ok()?;
        Some(format!("{} {name}", self.zone.to_datetime(at).strftime("%Y-%m-%d %H:%M:%S")))
    }

    /// A moment as people there say it, such as `Monday 30 November, 08:00`.
    pub(crate) fn spoken(&self, at_ms: i64) -> Option<String> {
        let at = Timestamp::from_millisecond(at_ms).ok()?;
        Some(self.zone.to_datetime(at).strftime("%A %-d %B, %H:%M").to_string())
    }

    fn stretch(&self, at_ms: i64) -> Stretch {
        match self.spans(at_ms).next() {
            Some((from_ms, until_ms)) if from_ms <= at_ms => Stretch { from_ms, until_ms, open: true },
            Some((until_ms, _)) => Stretch { from_ms: at_ms, until_ms, open: false },
            None => Stretch { from_ms: at_ms, until_ms: at_ms.saturating_add(1), open: false },
        }
    }

    /// The stretches in which it is open and that end after `from_ms`, in order and apart from each other.
    fn spans(&self, from_ms: i64) -> impl Iterator<Item = (i64, i64)> {
        // What belongs to a day before is over once the clock has shown this one.
        let first = Timestamp::from_millisecond(from_ms).ok().map(|at| self.zone.to_datetime(at).date());
        let days = std::iter::successors(first, |date| date.tomorrow().ok()).take(DAYS_MAX);
        let open = days.filter(|date| !self.holidays.contains(date));
        let spans = open.flat_map(move |date| {
            let day = usize::from(date.weekday().to_monday_zero_offset().unsigned_abs());
            let moments = move |(from, to): &(i64, i64)| Some((self.moment(date, *from)?, self.moment(date, *to)?));
            self.week.get(day).into_iter().flatten().filter_map(moments)
        });
        spans.filter(move |(opens, closes)| opens < closes && *closes > from_ms)
    }

    /// The moment at which the clock on the wall first shows this minute of a day or a later one.
    fn moment(&self, date: civil::Date, minute: i64) -> Option<i64> {
        let (date, minute) = if minute == DAY_MINUTES { (date.tomorrow().ok()?, 0) } else { (date, minute) };
        let at = date.at(i8::try_from(minute / 60).ok()?, i8::try_from(minute % 60).ok()?, 0, 0);
        let moment = match self.zone.to_ambiguous_timestamp(at).offset() {
            AmbiguousOffset::Unambiguous { offset } | AmbiguousOffset::Fold { before: offset, .. } => {
                offset.to_timestamp(at).ok()?
            }
            AmbiguousOffset::Gap { before, .. } => {
                // As if the clock had not been set forward: that is at or after the moment at which it was.
                let past = before.to_timestamp(at).ok()?.as_millisecond().checked_add(1)?;
                self.zone.preceding(Timestamp::from_millisecond(past).ok()?).next()?.timestamp()
            }
        };
        Some(moment.as_millisecond())
    }
}

/// Puts ranges of a day in order, and makes one of those that touch or overlap.
fn merge(ranges: &mut Vec<(i64, i64)>) {
    ranges.sort_unstable();
    ranges.dedup_by(|next, kept| {
        let touches = next.0 <= kept.1;
        if touches {
            kept.1 = kept.1.max(next.1);
        }
        touches
    });
}

/// What can be read of a calendar and is a mistake all the same: of two ranges that overlap nobody can tell which was
/// meant, and of a holiday that is named twice another one may have been.
pub(crate) fn mistakes(calendar: &manifest::Calendar) -> Vec<(String, &'static str)> {
    let mut found = Vec::new();
    for (day, ranges) in &calendar.hours {
        let mut read: Vec<((i64, i64), &String)> =
            ranges.iter().filter_map(|range| Some((parse_range(range)?, range))).collect();
        read.sort_unstable();
        for pair in read.windows(2) {
            if let [((_, closes), one), ((opens, _), other)] = pair
                && opens < closes
            {
                let cure = "write one range, or correct where one begins or ends";
                found.push((format!("`{one}` and `{other}` of {day} overlap"), cure));
            }
        }
    }
    let mut seen = BTreeSet::new();
    for date in calendar.holidays.iter().filter(|date| !seen.insert(date.as_str())) {
        found.push((format!("the holiday {date} is named twice"), "take one out, or correct its date"));
    }
    found
}

fn parse_range(text: &str) -> Option<(i64, i64)> {
    let (from, to) = text.split_once('-')?;
    let minutes = |text: &str| {
        let (hour, minute) = text.split_once(':')?;
        let (hour, minute): (i64, i64) = (hour.parse().ok()?, minute.parse().ok()?);
        let total = hour * 60 + minute;
        ((0..60).contains(&minute) && (0..=DAY_MINUTES).contains(&total)).then_some(total)
    };
    let (from, to) = (minutes(from)?, minutes(to)?);
    (from < to).then_some((from, to))
}

#[cfg(test)]
mod tests;
