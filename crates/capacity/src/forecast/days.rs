//! Days by the clock of a place, cut into slots: most have 24 hours, and two of a year 23 and 25 where clocks are
//! changed.
//!
//! A slot is known by the time that a clock there shows, since customers live by it: on the day of 23 hours the slots
//! of the hour that is left out are not there, and on that of 25 those of the hour that comes twice are there twice.

use crate::Uncomputable;
use jiff::{
    Timestamp,
    civil::{Date, DateTime},
    tz::{AmbiguousOffset, TimeZone},
};

/// Minutes of a slot that are possible.
pub(super) const INTERVALS: [u32; 3] = [15, 30, 60];
/// Days in a week.
pub(super) const WEEK: usize = 7;
const MINUTES_A_DAY: u32 = 1_440;

/// How time is cut: a place's clock, and how long a slot is.
#[derive(Debug, Clone)]
pub struct SlotClock {
    zone: TimeZone,
    zone_name: String,
    minutes: u32,
}

/// A day at that place.
#[derive(Debug, Clone, PartialEq)]
pub struct LocalDay {
    /// Its date.
    pub date: Date,
    /// Days since Monday.
    pub weekday: usize,
    /// When it begins, in seconds since 1970.
    pub begins: i64,
    /// What of a day of 24 hours each of its slots is, counted from midnight.
    pub clock_slots: Vec<usize>,
}

impl SlotClock {
    /// A clock, by the name of its zone and the minutes of a slot.
    ///
    /// # Errors
    /// When there is no such zone, or slots of other lengths are asked for.
    pub fn new(zone: &str, minutes: u32) -> Result<Self, Uncomputable> {
        if !INTERVALS.contains(&minutes) {
            let cure = "it must be 15, 30 or 60";
            return Err(Uncomputable::Input { what: "the interval in minutes", value: f64::from(minutes), cure });
        }
        let found = TimeZone::get(zone).map_err(|_| {
            let zone: String = zone.chars().take(60).collect();
            Uncomputable::Impossible(format!(
                "no time zone is called `{zone}`; name one as `Europe/Berlin` or `UTC` is named"
            ))
        })?;
        Ok(Self { zone: found, zone_name: zone.to_owned(), minutes })
    }

    /// The name of the zone.
    pub fn zone_name(&self) -> &str {
        &self.zone_name
    }

    /// Minutes of a slot.
    pub fn minutes(&self) -> u32 {
        self.minutes
    }

    /// Seconds of a slot.
    pub(super) fn seconds(&self) -> i64 {
        i64::from(self.minutes) * 60
    }

    /// Slots of a day of 24 hours.
    pub fn slots_a_day(&self) -> usize {
        (MINUTES_A_DAY / self.minutes) as usize
    }

    /// The date there at a moment.
    pub(super) fn date(&self, second: i64) -> Result<Date, Uncomputable> {
        let at = Timestamp::from_second(second).map_err(|_| too_far())?;
        Ok(at.to_zoned_datetime(self.zone.clone()).date())
    }

    /// A day.
    ///
    /// # Errors
    /// When it is at the end of the calendar, or clocks are changed on it by less than a slot.
    pub fn day(&self, date: Date) -> Result<LocalDay, Uncomputable> {
        let begin = |date: Date| date.to_zoned_datetime(self.zone.clone()).map_err(|_| too_far());
        let begins = begin(date)?.timestamp().as_second();
        let ends = begin(date.tomorrow().map_err(|_| too_far())?)?.timestamp().as_second();
        let (length, slot) = (ends - begins, self.seconds());
        if length % slot != 0 || length <= 0 {
            return Err(Uncomputable::Impossible(format!(
                "on {date} clocks in {} are changed by less than a slot of {} minutes; take shorter ones",
                self.zone_name, self.minutes
            )));
        }
        let count = usize::try_from(length / slot).map_err(|_| too_far())?;
        let weekday = usize::try_from(date.weekday().to_monday_zero_offset()).unwrap_or_default();
        let clock_slots = if count == self.slots_a_day() {
            (0..count).collect()
        } else {
            (0i64..).take(count).map(|place| self.clock_slot(begins + place * slot)).collect::<Result<_, _>>()?
        };
        Ok(LocalDay { date, weekday, begins, clock_slots })
    }

    fn clock_slot(&self, second: i64) -> Result<usize, Uncomputable> {
        let time = Timestamp::from_second(second).map_err(|_| too_far())?.to_zoned_datetime(self.zone.clone()).time();
        let minutes = i64::from(time.hour()) * 60 + i64::from(time.minute());
        usize::try_from(minutes / i64::from(self.minutes)).map_err(|_| too_far())
    }

    /// So many days from a date on.
    ///
    /// # Errors
    /// As [`SlotClock::day`].
    pub fn days(&self, first: Date, count: usize) -> Result<Vec<LocalDay>, Uncomputable> {
        let mut days = Vec::with_capacity(count);
        let mut date = first;
        for _ in 0..count {
            days.push(self.day(date)?);
            date = date.tomorrow().map_err(|_| too_far())?;
        }
        Ok(days)
    }

    /// The moments that a text names, in seconds since 1970: by RFC 3339 one; by the clock here one, or two where an
    /// hour comes twice.
    pub(super) fn moments(&self, text: &str) -> Result<(i64, Option<i64>), String> {
        let text = text.trim();
        if let Ok(at) = text.parse::<Timestamp>() {
            return Ok((at.as_second(), None));
        }
        let shown: String = text.chars().take(40).collect();
        let local = text.parse::<DateTime>().ok().filter(|_| text.len() >= 16).ok_or_else(|| {
            format!("`{shown}` is no moment; write 2026-03-30T09:30:00+02:00, or 2026-03-30T09:30 by the clock there")
        })?;
        let ambiguous = self.zone.to_ambiguous_timestamp(local);
        if matches!(ambiguous.offset(), AmbiguousOffset::Gap { .. }) {
            return Err(format!("clocks in {} never showed {shown}: they were put forward over it", self.zone_name));
        }
        let outside = |_| format!("{shown} is at the end of the calendar");
        let earlier = ambiguous.earlier().map_err(outside)?.as_second();
        let later = ambiguous.later().map_err(outside)?.as_second();
        Ok((earlier, (later != earlier).then_some(later)))
    }

    /// The date of a text, as `2026-12-25`.
    pub(super) fn parsed_date(text: &str) -> Result<Date, String> {
        let shown: String = text.trim().chars().take(40).collect();
        let date = text.trim().parse::<Date>().ok().filter(|_| text.trim().len() == 10);
        date.ok_or_else(|| format!("`{shown}` is no date; write it as 2026-12-25"))
    }

    /// A moment as a clock there shows it, with its distance from UTC.
    pub fn told(&self, second: i64) -> String {
        Timestamp::from_second(second).map_or_else(
            |_| "beyond the calendar".to_owned(),
            |at| at.to_zoned_datetime(self.zone.clone()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string(),
        )
    }
}

fn too_far() -> Uncomputable {
    Uncomputable::Impossible("a day is beyond the calendar, which goes from the year -9999 to 9999".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn days_on_which_clocks_change_have_46_and_50_half_hours() {
        let clock = SlotClock::new("Europe/Berlin", 30).unwrap();
        let spring = clock.day(date(2026, 3, 29)).unwrap();
        assert_eq!((spring.clock_slots.len(), spring.weekday), (46, 6));
        assert!(!spring.clock_slots.contains(&4) && !spring.clock_slots.contains(&5));
        let autumn = clock.day(date(2026, 10, 25)).unwrap();
        assert_eq!(autumn.clock_slots.iter().filter(|slot| **slot == 4).count(), 2);
        assert_eq!(autumn.clock_slots.len(), 50);
        assert_eq!(clock.day(date(2026, 3, 28)).unwrap().clock_slots.len(), 48);
        // Half an hour of change, and a midnight that is left out.
        assert_eq!(
            SlotClock::new("Australia/Lord_Howe", 30).unwrap().day(date(2026, 4, 5)).unwrap().clock_slots.len(),
            49
        );
        assert!(SlotClock::new("Australia/Lord_Howe", 60).unwrap().day(date(2026, 4, 5)).is_err());
        assert_eq!(
            SlotClock::new("Africa/Cairo", 60).unwrap().day(date(2026, 4, 24)).unwrap().clock_slots.first(),
            Some(&1)
        );
    }

    #[test]
    fn moments_are_read_by_rfc_3339_and_by_the_clock_there() {
        let clock = SlotClock::new("Europe/Berlin", 30).unwrap();
        assert_eq!(clock.moments("2026-03-30T09:30:00+02:00"), clock.moments("2026-03-30T09:30"));
        assert!(clock.moments("2026-03-29T02:30").unwrap_err().contains("put forward"));
        let (first, second) = clock.moments("2026-10-25 02:30").unwrap();
        assert_eq!(second, Some(first + 3_600));
        for wrong in ["", "soon", "2026-03-30", "2026-13-30T09:30", "\u{202e}"] {
            assert!(clock.moments(wrong).is_err(), "{wrong}");
        }
        assert!(SlotClock::new("Mars/Olympus", 30).is_err() && SlotClock::new("UTC", 7).is_err());
    }
}
