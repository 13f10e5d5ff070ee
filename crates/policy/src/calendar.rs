//! Hours of work in a time zone, with holidays.

use crate::manifest;
use jiff::{Timestamp, civil, tz::TimeZone};

/// Hours of work, ready to be asked.
#[derive(Debug, Clone)]
pub(crate) struct Hours {
    zone: TimeZone,
    /// Opening ranges in minutes of the day, by weekday from Monday.
    week: [Vec<(i64, i64)>; 7],
    holidays: Vec<civil::Date>,
    always: bool,
}

const DAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
const DAY_MINUTES: i64 = 24 * 60;
/// Days that a target is looked for.
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
        if week.iter().all(Vec::is_empty) {
            return Err("it is never open".into());
        }
        let holidays = calendar
            .holidays
            .iter()
            .map(|date| date.parse().map_err(|_| format!("`{date}` is no date such as 2026-12-25")))
            .collect::<Result<Vec<civil::Date>, String>>()?;
        let always = holidays.is_empty() && week.iter().all(|day| day.contains(&(0, DAY_MINUTES)));
        Ok(Self { zone, week, holidays, always })
    }

    /// Whether it is open at this moment, in milliseconds since the Unix epoch.
    pub(crate) fn is_open(&self, at_ms: i64) -> bool {
        if self.always {
            return true;
        }
        let Ok(at) = Timestamp::from_millisecond(at_ms) else { return false };
        let local = at.to_zoned_datetime(self.zone.clone());
        if self.holidays.contains(&local.date()) {
            return false;
        }
        let day = usize::from(local.weekday().to_monday_zero_offset().unsigned_abs());
        let minute = i64::from(local.hour()) * 60 + i64::from(local.minute());
        self.week.get(day).is_some_and(|ranges| ranges.iter().any(|(from, to)| (*from..*to).contains(&minute)))
    }
}

impl Hours {
    /// The moment at which `work_ms` of opening time have passed since `from_ms`; none if that is years away.
    pub(crate) fn after(&self, from_ms: i64, work_ms: i64) -> Option<i64> {
        if self.always {
            return from_ms.checked_add(work_ms);
        }
        let from = Timestamp::from_millisecond(from_ms).ok()?.to_zoned_datetime(self.zone.clone());
        let mut left = work_ms;
        let mut date = from.date();
        for _ in 0..DAYS_MAX {
            let day = usize::from(date.weekday().to_monday_zero_offset().unsigned_abs());
            let mut ranges = self.week.get(day).cloned().unwrap_or_default();
            ranges.sort_unstable();
            for (opens, closes) in ranges.into_iter().filter(|_| !self.holidays.contains(&date)) {
                // Local times become moments one by one, so that a day of 23 or 25 hours counts as long as it is.
                let (opens, closes) = (self.moment(date, opens)?.max(from_ms), self.moment(date, closes)?);
                let open_ms = (closes - opens).max(0);
                if left <= open_ms && open_ms > 0 {
                    return Some(opens + left);
                }
                left -= open_ms;
            }
            date = date.tomorrow().ok()?;
        }
        None
    }

    fn moment(&self, date: civil::Date, minute: i64) -> Option<i64> {
        let (date, minute) = if minute == DAY_MINUTES { (date.tomorrow().ok()?, 0) } else { (date, minute) };
        let at = date.at(i8::try_from(minute / 60).ok()?, i8::try_from(minute % 60).ok()?, 0, 0);
        Some(self.zone.to_timestamp(at).ok()?.as_millisecond())
    }
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
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn a_target_counts_opening_time_only() {
        let office = ["monday", "tuesday", "wednesday", "thursday", "friday"]
            .map(|day| (day.to_owned(), vec!["13:00-18:00".to_owned(), "08:00-12:00".to_owned()]));
        let calendar = manifest::Calendar {
            name: "office".into(),
            time_zone: "Europe/London".into(),
            hours: BTreeMap::from(office),
            holidays: vec!["2026-12-25".into()],
        };
        let hours = Hours::new(&calendar).unwrap();
        let ms = |at: &str| at.parse::<Timestamp>().unwrap().as_millisecond();
        for (from, minutes, want) in [
            ("2026-01-05T09:00:00Z", 60, "2026-01-05T10:00:00Z"),
            ("2026-01-05T11:30:00Z", 60, "2026-01-05T13:30:00Z"), // over lunch
            ("2026-01-05T17:30:00Z", 60, "2026-01-06T08:30:00Z"), // over night
            ("2026-01-09T17:30:00Z", 60, "2026-01-12T08:30:00Z"), // over a weekend
            ("2026-12-24T17:00:00Z", 120, "2026-12-28T09:00:00Z"), // over a holiday and a weekend
            ("2026-03-27T18:30:00Z", 60, "2026-03-30T08:00:00Z"), // into summer time
            ("2026-01-10T10:00:00Z", 540, "2026-01-12T18:00:00Z"), // a whole day, to its last minute
        ] {
            assert_eq!(hours.after(ms(from), minutes * 60_000), Some(ms(want)), "{from}");
        }
    }

    #[test]
    fn hours_follow_the_zone_and_the_holidays() {
        let hours = ["monday", "tuesday", "wednesday", "thursday", "friday"]
            .map(|day| (day.to_owned(), vec!["08:00-12:00".to_owned(), "13:00-18:00".to_owned()]));
        let calendar = manifest::Calendar {
            name: "office".into(),
            time_zone: "Europe/London".into(),
            hours: BTreeMap::from(hours),
            holidays: vec!["2026-12-25".into()],
        };
        let open = |at: &str| Hours::new(&calendar).unwrap().is_open(at.parse::<Timestamp>().unwrap().as_millisecond());
        for (at, want) in [
            ("2026-07-01T07:00:00Z", true),  // 08:00 in summer time
            ("2026-01-05T07:30:00Z", false), // 07:30 in winter
            ("2026-01-05T12:30:00Z", false), // lunch
            ("2026-01-05T17:59:59Z", true),
            ("2026-01-05T18:00:00Z", false),
            ("2026-01-10T10:00:00Z", false), // Saturday
            ("2026-12-25T10:00:00Z", false), // a holiday, a Friday
        ] {
            assert_eq!(open(at), want, "{at}");
        }
    }
}
