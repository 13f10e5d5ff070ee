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
