//! What hours of work promise, on days that people remember and on random ones.

use super::*;
use proptest::prelude::*;
use std::collections::BTreeMap;

const MINUTE_MS: i64 = 60_000;

fn calendar(zone: &str, days: &[&str], ranges: &[&str], holidays: &[&str]) -> manifest::Calendar {
    let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    manifest::Calendar {
        name: "office".into(),
        time_zone: zone.into(),
        hours: days.iter().map(|day| ((*day).to_owned(), owned(ranges))).collect(),
        holidays: owned(holidays),
    }
}

/// London's, from Monday to Friday.
fn office(ranges: &[&str]) -> Hours {
    Hours::new(&calendar("Europe/London", &DAYS[..5], ranges, &["2026-12-25"])).unwrap()
}

fn ms(at: &str) -> i64 {
    at.parse::<Timestamp>().unwrap().as_millisecond()
}

#[test]
fn a_target_counts_opening_time_only() {
    let hours = office(&["13:00-18:00", "08:00-12:00"]);
    for (from, minutes, want) in [
        ("2026-01-05T09:00:00Z", 60, "2026-01-05T10:00:00Z"),
        ("2026-01-05T11:30:00Z", 60, "2026-01-05T13:30:00Z"), // over lunch
        ("2026-01-05T17:30:00Z", 60, "2026-01-06T08:30:00Z"), // over night
        ("2026-01-09T17:30:00Z", 60, "2026-01-12T08:30:00Z"), // over a weekend
        ("2026-12-24T17:00:00Z", 120, "2026-12-28T09:00:00Z"), // over a holiday and a weekend
        ("2026-03-27T18:30:00Z", 60, "2026-03-30T08:00:00Z"), // into summer time
        ("2026-01-10T10:00:00Z", 540, "2026-01-12T18:00:00Z"), // a whole day, to its last minute
    ] {
        let (from, want) = (ms(from), ms(want));
        assert_eq!(hours.after(from, minutes * MINUTE_MS), Some(want), "{from}");
        assert_eq!(hours.worked_ms(from, want), minutes * MINUTE_MS, "{from}");
    }
}

#[test]
fn hours_follow_the_zone_and_the_holidays() {
    let hours = office(&["08:00-12:00", "13:00-18:00"]);
    for (at, want) in [
        ("2026-07-01T07:00:00Z", true),  // 08:00 in summer time
        ("2026-01-05T07:30:00Z", false), // 07:30 in winter
        ("2026-01-05T12:30:00Z", false), // lunch
        ("2026-01-05T17:59:59Z", true),
        ("2026-01-05T18:00:00Z", false),
        ("2026-01-10T10:00:00Z", false), // Saturday
        ("2026-12-25T10:00:00Z", false), // a holiday, a Friday
    ] {
        assert_eq!(hours.is_open(ms(at)), want, "{at}");
    }
}

#[test]
fn ranges_that_overlap_count_once() {
    let overlapping = calendar("Europe/London", &DAYS, &["08:00-12:00", "10:00-14:00", "14:00-15:00"], &[]);
    let hours = Hours::new(&overlapping).unwrap();
    assert_eq!(hours.after(ms("2026-01-05T08:00:00Z"), 300 * MINUTE_MS), Some(ms("2026-01-05T13:00:00Z")));
    assert_eq!(hours.worked_ms(ms("2026-01-05T00:00:00Z"), ms("2026-01-06T00:00:00Z")), 420 * MINUTE_MS);
    let found = mistakes(&calendar("Europe/London", &DAYS[..1], &["10:00-14:00", "08:00-12:00"], &[]));
    assert_eq!(
        found.iter().map(|(what, _)| what.as_str()).collect::<Vec<_>>(),
        ["`08:00-12:00` and `10:00-14:00` of monday overlap"]
    );
    assert!(mistakes(&calendar("Europe/London", &DAYS, &["08:00-12:00", "12:00-14:00"], &["2026-12-25"])).is_empty());
    let twice = mistakes(&calendar("Europe/London", &DAYS, &["08:00-12:00"], &["2026-12-25", "2026-12-25"]));
    assert_eq!(twice.first().map(|(what, _)| what.as_str()), Some("the holiday 2026-12-25 is named twice"));
}

/// In London 01:00 to 02:00 comes twice on 2026-10-25 and not at all on 2026-03-29.
#[test]
fn the_hour_that_comes_twice_and_the_one_that_does_not_come() {
    let sunday = |range: &str| Hours::new(&calendar("Europe/London", &DAYS[6..], &[range], &[])).unwrap();
    for (range, opens, closes) in [
        ("00:00-01:30", "2026-10-24T23:00:00Z", "2026-10-25T00:30:00Z"), // until the clock first shows 01:30
        ("01:30-05:00", "2026-10-25T00:30:00Z", "2026-10-25T05:00:00Z"),
        ("01:00-02:00", "2026-10-25T00:00:00Z", "2026-10-25T02:00:00Z"), // both of them
        ("00:00-01:30", "2026-03-29T00:00:00Z", "2026-03-29T01:00:00Z"), // the clock first shows more at 02:00
        ("01:30-05:00", "2026-03-29T01:00:00Z", "2026-03-29T04:00:00Z"),
    ] {
        let (hours, opens, closes) = (sunday(range), ms(opens), ms(closes));
        let day = 24 * 60 * MINUTE_MS;
        assert_eq!(hours.worked_ms(opens - day / 2, closes + day / 2), closes - opens, "{range}");
        let around = [opens - 1, opens, closes - 1, closes].map(|at| hours.is_open(at));
        assert_eq!(around, [false, true, true, false], "{range}");
        assert_eq!(hours.opens(opens - 1), Some(opens), "{range}");
    }
    let (gone, day) = (sunday("01:10-01:50"), ms("2026-03-29T00:00:00Z"));
    assert_eq!(gone.worked_ms(day, day + 24 * 60 * MINUTE_MS), 0);
}

#[test]
fn an_opening_is_told_as_people_there_say_it() {
    let hours = office(&["08:00-18:00"]);
    let opens = hours.opens(ms("2026-12-24T18:00:00Z")).unwrap();
    assert_eq!(hours.spoken(opens).unwrap(), "Monday 28 December, 08:00");
    assert_eq!(hours.spoken(hours.opens(ms("2026-07-04T00:00:00Z")).unwrap()).unwrap(), "Monday 6 July, 08:00");
}

/// Zones whose clocks change at midnight, by half an hour, by a whole day, or never.
const ZONES: [&str; 12] = [
    "Europe/London",
    "America/New_York",
    "Australia/Lord_Howe",
    "America/St_Johns",
    "Pacific/Apia",
    "America/Santiago",
    "America/Havana",
    "Asia/Beirut",
    "Africa/Casablanca",
    "Asia/Kathmandu",
    "America/Sao_Paulo",
    "UTC",
];

fn hhmm(minute: i64) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

prop_compose! {
    /// A calendar, and a moment close to which the clock may change.
    fn any_hours()(
        zone in prop::sample::select(&ZONES[..]),
        week in prop::collection::vec(prop::collection::vec((0..288_i64, 1..288_i64), 0..3), 7),
        days in prop::collection::btree_set(0..6_i64, 0..3),
        at in 800_000_000..1_900_000_000_i64,
        near in any::<bool>(),
        off in -4_000..4_000_i64,
    ) -> (manifest::Calendar, i64) {
        let named = TimeZone::get(zone).unwrap();
        let at = Timestamp::from_second(at - at % 60).unwrap();
        let change = named.following(at).next().filter(|_| near).map_or(at, |change| change.timestamp());
        let at_ms = change.as_millisecond() / MINUTE_MS * MINUTE_MS + off * MINUTE_MS;
        let first = named.to_datetime(Timestamp::from_millisecond(at_ms).unwrap()).date();
        let holidays = days.iter().map(|day| (first + jiff::Span::new().days(*day)).to_string()).collect();
        let range = |(from, long): &(i64, i64)| {
            let (from, to) = (from * 5, ((from + long) * 5).min(DAY_MINUTES));
            format!("{}-{}", hhmm(from), hhmm(to))
        };
        let open = |(day, ranges): (&&str, &Vec<(i64, i64)>)| ((*day).to_owned(), ranges.iter().map(range).collect());
        let hours: BTreeMap<String, Vec<String>> = DAYS.iter().zip(&week).map(open).collect();
        (manifest::Calendar { name: "any".into(), time_zone: zone.into(), hours, holidays }, at_ms)
    }
}

/// Of each minute from `from_ms` on whether it is open, by watching the clock on the wall: what it has shown at the
/// most so far says in which range it is.
fn watched(calendar: &manifest::Calendar, from_ms: i64, minutes: usize) -> Vec<bool> {
    let zone = TimeZone::get(&calendar.time_zone).unwrap();
    let shows = |at: i64| zone.to_datetime(Timestamp::from_millisecond(at).unwrap());
    let mut most = shows(from_ms - 3 * 24 * 60 * MINUTE_MS);
    let before = (0..2 * 24 * 60).map(|minute| from_ms + (minute - 2 * 24 * 60) * MINUTE_MS);
    before.for_each(|at| most = most.max(shows(at)));
    let mut open = Vec::with_capacity(minutes);
    for at in (0..minutes as i64).map(|minute| from_ms + minute * MINUTE_MS) {
        most = most.max(shows(at));
        let day = DAYS[usize::try_from(most.weekday().to_monday_zero_offset()).unwrap()];
        let now = format!("{:02}:{:02}", most.hour(), most.minute());
        let within = |range: &String| {
            let (from, to) = range.split_once('-').unwrap();
            (from..to).contains(&now.as_str())
        };
        let works = !calendar.holidays.contains(&most.date().to_string());
        open.push(works && calendar.hours[day].iter().any(within));
    }
    open
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Hours say of each minute, and of each number of minutes, what counting minutes by the clock on the wall says.
    #[test]
    fn they_count_as_the_clock_on_the_wall_shows((calendar, from) in any_hours(), work in 1..3_000_usize) {
        let Ok(hours) = Hours::new(&calendar) else { return Ok(()) };
        let open = watched(&calendar, from, 4 * 24 * 60);
        let mut worked = 0;
        for (minute, open) in open.iter().enumerate() {
            let at = from + minute as i64 * MINUTE_MS;
            prop_assert_eq!(hours.is_open(at), *open, "minute {}", minute);
            prop_assert_eq!(hours.is_open(at + MINUTE_MS - 1), *open, "end of minute {}", minute);
            if minute % 97 == 0 {
                prop_assert_eq!(hours.worked_ms(from, at), worked * MINUTE_MS, "until minute {}", minute);
            }
            worked += i64::from(*open);
        }
        let by_minute = open.iter().enumerate().filter(|(_, open)| **open).nth(work - 1);
        if let Some((minute, _)) = by_minute {
            let due = hours.after(from, work as i64 * MINUTE_MS);
            prop_assert_eq!(due, Some(from + (minute as i64 + 1) * MINUTE_MS));
        }
    }

    /// Whether it is open, what was worked and when work is done are one and the same, to the millisecond.
    #[test]
    fn being_open_and_counting_agree(
        (calendar, from) in any_hours(),
        asked in prop::collection::vec((0..200_000_000_i64, 1..90_000_000_i64), 1..40),
    ) {
        let Ok(hours) = Hours::new(&calendar) else { return Ok(()) };
        for (off, work) in asked {
            let at = from + off;
            prop_assert_eq!(hours.worked_ms(at, at + 1), i64::from(hours.is_open(at)));
            prop_assert_eq!(hours.worked_ms(at, at - 1), 0);
            let Some(due) = hours.after(at, work) else { continue };
            prop_assert!(hours.is_open(due - 1), "work is done in opening time");
            prop_assert_eq!((hours.worked_ms(at, due), hours.worked_ms(at, due - 1)), (work, work - 1));
            let Some(opens) = hours.opens(at) else { continue };
            prop_assert!(hours.is_open(opens) && hours.worked_ms(at, opens) == 0);
            let (half, rest) = (work / 2, work - work / 2);
            let again = hours.after(at, half).and_then(|then| hours.after(then, rest));
            prop_assert_eq!(again, Some(due), "a pause of no length changes nothing");
        }
    }
}
