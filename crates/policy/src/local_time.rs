//! What the clock on the wall shows at a moment in a time zone.

use crate::manifest::Manifest;
use jiff::{Timestamp as Moment, tz::TimeZone};
use remit_domain::{decision::LocalTime, id::Timestamp};

/// What the clock of `zone` shows at `now`; none for a moment out of all calendars.
pub(crate) fn local_time(zone: &TimeZone, now: Timestamp) -> Option<LocalTime> {
    let at = zone.to_datetime(Moment::from_millisecond(now.0).ok()?);
    Some(LocalTime {
        hour: i64::from(at.hour()),
        weekday: i64::from(at.date().weekday().to_monday_one_offset()),
        date: i64::from(at.year()) * 10_000 + i64::from(at.month()) * 100 + i64::from(at.day()),
    })
}

/// The time zone of a bundle: the one that it names, or else that of its first calendar. What is wrong with a calendar
/// is told where it is read.
pub(crate) fn zone_of(manifest: &Manifest) -> TimeZone {
    let first = || manifest.calendars.first().map(|calendar| calendar.time_zone.as_str());
    let name = manifest.time_zone.as_deref().or_else(first).unwrap_or("UTC");
    TimeZone::get(name).unwrap_or(TimeZone::UTC)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_zone_has_its_own_hour_day_and_date() {
        // 2026-12-31 23:30 in UTC, a Thursday.
        let now = Timestamp(1_798_759_800_000);
        for (zone, hour, weekday, date) in [
            ("UTC", 23, 4, 20_261_231),
            ("Europe/Berlin", 0, 5, 20_270_101),
            ("America/New_York", 18, 4, 20_261_231),
            ("Asia/Kathmandu", 5, 5, 20_270_101),
        ] {
            let shown = local_time(&TimeZone::get(zone).unwrap(), now);
            assert_eq!(shown, Some(LocalTime { hour, weekday, date }), "{zone}");
        }
        assert_eq!(local_time(&TimeZone::UTC, Timestamp(i64::MAX)), None);
    }
}
