//! Hours of work in a time zone, with holidays and dates that have hours of their own.
//!
//! A range of a day begins at the moment at which the clock on the wall first shows its beginning or later, and ends at
//! the moment at which it first shows its end or later. So an hour that comes twice belongs to the range that the clock
//! reached first, an hour that does not come is in no range, and a day counts as long as it is. A range that ends
//! before it begins, such as `22:00-06:00`, is one shift that ends on the next day and belongs to the day of its
//! beginning: a holiday on that day cuts the whole of it, and one on the next day nothing.

mod day;
mod mistakes;
mod range;

pub(crate) use mistakes::{doubts, mistakes};

use crate::manifest;
use day::{DAYS, date, exact_date, weekday};
use jiff::{
    Timestamp, civil,
    tz::{AmbiguousOffset, TimeZone},
};
use range::{DAY_MINUTES, Range, merge, parse};
use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// Hours of work, ready to be asked.
#[derive(Debug)]
pub(crate) struct Hours {
    zone: TimeZone,
    /// Opening ranges in minutes of the day, by weekday from Monday: in order, and apart from each other.
    week: [Vec<Range>; 7],
    /// Dates with other ranges than their weekday; a holiday has none.
    dates: BTreeMap<civil::Date, Vec<Range>>,
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
    /// When it opens, while it is closed; none if that is years away.
    opens_ms: Option<i64>,
}

/// A stretch of opening time, in milliseconds since the Unix epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpeningTime {
    /// When it opens.
    pub opens_ms: i64,
    /// When it closes.
    pub closes_ms: i64,
}

/// The opening times that belong to a day: those that begin on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Day {
    /// Such as `2026-12-24`.
    pub date: String,
    /// Such as `thursday`.
    pub weekday: &'static str,
    /// Why it is not as its weekday, if it is not: `holiday` or `other hours`.
    pub differs: Option<&'static str>,
    /// In order.
    pub openings: Vec<OpeningTime>,
}

/// A moment as the clock on the wall there shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WallTime {
    /// Days since Monday.
    pub weekday: usize,
    /// From 1.
    pub day: u8,
    /// Months since January.
    pub month: usize,
    /// Such as `2026-11-30`.
    pub date: String,
    /// Such as `08:00`.
    pub time: String,
    /// What the zone is called at this moment, such as `GMT` or `CEST`; where it has no such name, its offset.
    pub zone: String,
    /// What customers are told of it: a name that means one zone to everybody, else how far its clocks are from UTC.
    pub told_zone: String,
}

/// Names of zones that customers are told, with the minutes by which their clocks are ahead of UTC, and whether they
/// are called so nowhere else. Others, and these at another offset (`PST` is Manila's too, `CST` that of Shanghai), say
/// nothing to who is elsewhere.
const TOLD_ZONES: [(&str, i32, bool); 23] = [
    ("UTC", 0, true),
    ("GMT", 0, true),
    ("BST", 60, false),
    ("WET", 0, true),
    ("WEST", 60, true),
    ("CET", 60, true),
    ("CEST", 120, true),
    ("EET", 120, true),
    ("EEST", 180, true),
    ("NST", -210, true),
    ("NDT", -150, true),
    ("AST", -240, false),
    ("ADT", -180, true),
    ("EST", -300, true),
    ("EDT", -240, true),
    ("CST", -360, false),
    ("CDT", -300, false),
    ("MST", -420, true),
    ("MDT", -360, true),
    ("PST", -480, false),
    ("PDT", -420, true),
    ("AKST", -540, true),
    ("AKDT", -480, true),
];

/// What customers are told of a zone that is called so and whose clocks are so many seconds ahead of UTC.
fn told_zone(name: &str, seconds: i32) -> String {
    let (sign, minutes) = (if seconds < 0 { '-' } else { '+' }, seconds.abs() / 60);
    let ahead = match (minutes / 60, minutes % 60) {
        (hours, 0) => format!("UTC{sign}{hours}"),
        (hours, rest) => format!("UTC{sign}{hours}:{rest:02}"),
    };
    match TOLD_ZONES.iter().find(|(told, minutes, _)| *told == name && minutes * 60 == seconds) {
        Some((told, _, true)) => (*told).to_owned(),
        Some((told, _, false)) => format!("{told}, {ahead}"),
        None => ahead,
    }
}

impl WallTime {
    /// This moment as a clock in `zone` shows it; none for a moment out of all calendars.
    pub(crate) fn of(zone: &TimeZone, at_ms: i64) -> Option<Self> {
        let moment = Timestamp::from_millisecond(at_ms).ok()?;
        let (at, info) = (zone.to_datetime(moment), zone.to_offset_info(moment));
        Some(Self {
            weekday: weekday(at.date()),
            day: at.day().unsigned_abs(),
            month: usize::from(at.month().unsigned_abs()).saturating_sub(1),
            date: at.date().to_string(),
            time: at.strftime("%H:%M").to_string(),
            zone: info.abbreviation().to_owned(),
            told_zone: told_zone(info.abbreviation(), info.offset().seconds()),
        })
    }
}

/// Days that are looked at, at most: three years.
const DAYS_MAX: usize = 3 * 366;

impl Hours {
    /// Reads a calendar; what is wrong is said in words.
    pub(crate) fn new(calendar: &manifest::Calendar) -> Result<Self, String> {
        let zone = TimeZone::get(&calendar.time_zone)
            .map_err(|_| format!("`{}` is no time zone of the IANA database", calendar.time_zone))?;
        let mut week: [Vec<Range>; 7] = Default::default();
        for (day, ranges) in &calendar.hours {
            let at = DAYS.iter().position(|name| name == day).ok_or_else(|| format!("`{day}` is no weekday"))?;
            if let Some(kept) = week.get_mut(at) {
                *kept = read(ranges)?;
            }
        }
        let closed = calendar.holidays.iter().map(|text| Ok((date(text)?, Vec::new())));
        let other = calendar.dates.iter().map(|(text, ranges)| Ok((exact_date(text)?, read(ranges)?)));
        let dates = closed.chain(other).collect::<Result<BTreeMap<_, _>, String>>()?;
        if week.iter().chain(dates.values()).all(Vec::is_empty) {
            return Err("it is never open".into());
        }
        let always = dates.is_empty() && week.iter().all(|day| day.contains(&(0, DAY_MINUTES)));
        Ok(Self { zone, week, dates, always, last: Mutex::default() })
    }

    /// Whether it never closes.
    pub(crate) fn is_always(&self) -> bool {
        self.always
    }

    /// Whether it is open at this moment, in milliseconds since the Unix epoch.
    pub(crate) fn is_open(&self, at_ms: i64) -> bool {
        if self.always {
            return true;
        }
        self.stretch_of(at_ms).open
    }

    /// The first moment after `at_ms` at which it opens, while it is closed then; none while it is open, and where that
    /// is years away.
    pub(crate) fn reopens(&self, at_ms: i64) -> Option<i64> {
        if self.always { None } else { self.stretch_of(at_ms).opens_ms }
    }

    /// The first moment after `at_ms` at which it opens or closes; none where that is years away.
    pub(crate) fn changes(&self, at_ms: i64) -> Option<i64> {
        if self.always {
            return None;
        }
        let stretch = self.stretch_of(at_ms);
        if stretch.open { Some(stretch.until_ms) } else { stretch.opens_ms }
    }

    /// The moment at which it closed last, while it is closed at `at_ms`; none while it is open, and where it was not
    /// for years.
    pub(crate) fn closed_since(&self, at_ms: i64) -> Option<i64> {
        if self.is_open(at_ms) {
            return None;
        }
        // Most close each day or each week.
        [2, 8, 60, DAYS_MAX].into_iter().find_map(|days| {
            let from_ms = at_ms.saturating_sub(i64::try_from(days).ok()?.checked_mul(DAY_MINUTES * 60_000)?);
            self.spans(from_ms).map(|(_, closes)| closes).take_while(|closes| *closes <= at_ms).last()
        })
    }

    /// The stretch in which `at_ms` lies, from what is remembered if it lies there.
    fn stretch_of(&self, at_ms: i64) -> MutexGuard<'_, Stretch> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if !(last.from_ms..last.until_ms).contains(&at_ms) {
            *last = self.stretch(at_ms);
        }
        last
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

    /// A moment as the clock on the wall there shows it.
    pub(crate) fn wall_time(&self, at_ms: i64) -> Option<WallTime> {
        WallTime::of(&self.zone, at_ms)
    }

    /// What the zone is called in the IANA database.
    pub(crate) fn zone_name(&self) -> &str {
        self.zone.iana_name().unwrap_or("UTC")
    }

    /// The opening times of so many days from a date on, such as `2026-12-24`.
    ///
    /// # Errors
    /// When that is no date.
    pub(crate) fn days(&self, from: &str, days: usize) -> Result<Vec<Day>, String> {
        let dates = std::iter::successors(Some(date(from)?), |date| date.tomorrow().ok()).take(days);
        let day = |date: civil::Date| {
            // By the day of its beginning, also where the clock never showed that day.
            let of_days = self.spans_of_days(self.moment(date, 0)?).skip_while(|(of, ..)| *of < date);
            let openings = of_days.take_while(|(of, ..)| *of == date).map(|(_, opens, closes)| (opens, closes));
            Some(Day {
                date: date.to_string(),
                weekday: DAYS.get(weekday(date)).copied().unwrap_or_default(),
                differs: self.dates.get(&date).map(|ranges| if ranges.is_empty() { "holiday" } else { "other hours" }),
                openings: openings.map(|(opens_ms, closes_ms)| OpeningTime { opens_ms, closes_ms }).collect(),
            })
        };
        Ok(dates.filter_map(day).collect())
    }

    fn stretch(&self, at_ms: i64) -> Stretch {
        match self.spans(at_ms).next() {
            Some((from_ms, until_ms)) if from_ms <= at_ms => Stretch { from_ms, until_ms, open: true, opens_ms: None },
            Some((until_ms, _)) => Stretch { from_ms: at_ms, until_ms, open: false, opens_ms: Some(until_ms) },
            None => Stretch { from_ms: at_ms, until_ms: at_ms.saturating_add(1), open: false, opens_ms: None },
        }
    }

    /// The ranges of a date.
    fn ranges(&self, date: civil::Date) -> &[Range] {
        self.dates.get(&date).or_else(|| self.week.get(weekday(date))).map_or(&[], Vec::as_slice)
    }

    /// The stretches in which it is open and that end after `from_ms`, in order and apart from each other.
    fn spans(&self, from_ms: i64) -> impl Iterator<Item = (i64, i64)> {
        self.spans_of_days(from_ms).map(|(_, opens, closes)| (opens, closes))
    }

    /// The same, each with the day on which it begins.
    fn spans_of_days(&self, from_ms: i64) -> impl Iterator<Item = (civil::Date, i64, i64)> {
        let today = Timestamp::from_millisecond(from_ms).ok().map(|at| self.zone.to_datetime(at).date());
        // A shift of the day before may not be over. What belongs to days before that is.
        let first = today.map(|today| today.yesterday().unwrap_or(today));
        let days = std::iter::successors(first, |date| date.tomorrow().ok()).take(DAYS_MAX);
        let spans = days.flat_map(move |date| {
            let moments = move |(from, to): &Range| Some((date, self.moment(date, *from)?, self.moment(date, *to)?));
            self.ranges(date).iter().filter_map(moments)
        });
        let mut spans = spans.filter(|(_, opens, closes)| opens < closes).peekable();
        // A shift may reach into the hours of the next day.
        let apart = std::iter::from_fn(move || {
            let (date, opens, mut closes) = spans.next()?;
            while let Some((.., later)) = spans.next_if(|(_, next, _)| *next < closes) {
                closes = closes.max(later);
            }
            Some((date, opens, closes))
        });
        apart.filter(move |(.., closes)| *closes > from_ms)
    }

    /// The moment at which the clock on the wall first shows this minute of a day or a later one. Minutes past the end
    /// of the day are those of the next.
    fn moment(&self, date: civil::Date, minute: i64) -> Option<i64> {
        let next = minute >= DAY_MINUTES;
        let (date, minute) = if next { (date.tomorrow().ok()?, minute - DAY_MINUTES) } else { (date, minute) };
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

/// Reads the ranges of a day.
fn read(ranges: &[String]) -> Result<Vec<Range>, String> {
    let parsed = |range: &String| parse(range).ok_or_else(|| format!("`{range}` is no range such as 08:00-20:00"));
    let mut read = ranges.iter().map(parsed).collect::<Result<Vec<Range>, String>>()?;
    merge(&mut read);
    Ok(read)
}

#[cfg(test)]
mod tests;
