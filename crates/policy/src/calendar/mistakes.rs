//! What can be read of a calendar and is, or may be, a mistake all the same.

use super::{
    day::{DAYS, date, weekday},
    range::{DAY_MINUTES, Range, is_plain, parse},
};
use crate::manifest;
use jiff::{Timestamp, civil, tz::TimeZone};
use std::collections::BTreeSet;

/// How far ahead the dates of a calendar should reach, in days: a year, so that every holiday is in the list once.
const AHEAD_DAYS: i32 = 365;

/// Ranges as they were written, by when they begin and end.
type Written<'a> = Vec<(Range, &'a str)>;

fn written(ranges: &[String]) -> Written<'_> {
    let mut read: Written<'_> = ranges.iter().filter_map(|range| Some((parse(range)?, range.as_str()))).collect();
    read.sort_unstable();
    read
}

/// What is wrong with a calendar, and what to do about it: of two ranges that overlap nobody can tell which was meant,
/// and of a date that is named twice another one may have been.
pub(crate) fn mistakes(calendar: &manifest::Calendar) -> Vec<(String, &'static str)> {
    let mut found = Vec::new();
    let mut overlap = |day: &str, ranges: &Written<'_>, next_day: &str, next: &Written<'_>| {
        let cure = "write one range, or correct where one begins or ends";
        for pair in ranges.windows(2) {
            if let [((_, closes), one), ((opens, _), other)] = pair
                && opens < closes
            {
                found.push((format!("`{one}` and `{other}` of {day} overlap"), cure));
            }
        }
        let (last, first) = (ranges.iter().max_by_key(|((_, closes), _)| *closes), next.first());
        if let (Some(((_, closes), one)), Some(((opens, _), other))) = (last, first)
            && opens + DAY_MINUTES < *closes
        {
            found.push((format!("`{one}` of {day} and `{other}` of {next_day} overlap"), cure));
        }
    };
    let of_day = |name: &str| calendar.hours.get(name).map(|ranges| written(ranges)).unwrap_or_default();
    for (name, next) in DAYS.iter().zip(DAYS.iter().cycle().skip(1)) {
        overlap(name, &of_day(name), next, &of_day(next));
    }
    // A date with hours of its own may be overlapped by the day before, and may overlap the day after.
    let of_date = |day: civil::Date| match calendar.dates.get(&day.to_string()) {
        Some(ranges) => written(ranges),
        None if calendar.holidays.contains(&day.to_string()) => Vec::new(),
        None => of_day(DAYS.get(weekday(day)).copied().unwrap_or_default()),
    };
    let dated: BTreeSet<civil::Date> = calendar.dates.keys().filter_map(|text| date(text).ok()).collect();
    let before = dated.iter().filter_map(|day| day.yesterday().ok()).filter(|day| !dated.contains(day));
    for day in before.chain(dated.iter().copied()) {
        let Ok(next) = day.tomorrow() else { continue };
        overlap(&day.to_string(), &of_date(day), &next.to_string(), &of_date(next));
    }
    // The IANA database has these so that something can stand where no zone is known.
    if ["factory", "etc/unknown"].contains(&calendar.time_zone.to_ascii_lowercase().as_str()) {
        let message = format!("`{}` is the zone of no place", calendar.time_zone);
        found.push((message, "write one such as Europe/London, or UTC"));
    }
    for range in calendar.hours.values().chain(calendar.dates.values()).flatten().filter(|range| !is_plain(range)) {
        found.push((format!("`{range}` is no range such as 08:00-20:00"), "write hours and minutes in figures alone"));
    }
    let mut seen = BTreeSet::new();
    for date in calendar.holidays.iter().filter(|date| !seen.insert(date.as_str())) {
        found.push((format!("the holiday {date} is named twice"), "take one out, or correct its date"));
    }
    for date in calendar.dates.keys().filter(|date| seen.contains(date.as_str())) {
        found.push((format!("{date} is a holiday, and has hours of its own"), "take it out of `holidays` or `dates`"));
    }
    found
}

/// What may be wrong with a calendar, as of a moment in milliseconds since the Unix epoch.
pub(crate) fn doubts(calendar: &manifest::Calendar, at_ms: i64) -> Vec<String> {
    let mut found = Vec::new();
    let days = DAYS.iter().filter_map(|day| Some((*day, calendar.hours.get(*day)?)));
    for (day, ranges) in days.chain(calendar.dates.iter().map(|(date, ranges)| (date.as_str(), ranges))) {
        for range in ranges.iter().filter(|range| range.ends_with("-23:59")) {
            found.push(format!("`{range}` of {day} is closed for the minute before midnight: write 24:00 for its end"));
        }
    }
    let listed = calendar.holidays.iter().chain(calendar.dates.keys());
    let last = listed.filter_map(|text| date(text).ok()).max();
    let today = TimeZone::get(&calendar.time_zone).ok().zip(Timestamp::from_millisecond(at_ms).ok());
    let today = today.map(|(zone, at)| zone.to_datetime(at).date());
    if let (Some(last), Some(today)) = (last, today)
        && let Ok(days) = last.since(today).map(|left| left.get_days())
        && days < AHEAD_DAYS
    {
        let runs_out = match days {
            ..0 => format!("ran out on {last}, before {today}"),
            _ => format!("runs out on {last}, less than a year after {today}"),
        };
        found.push(format!("its list of holidays and dates {runs_out}: add those that follow"));
    }
    found
}
