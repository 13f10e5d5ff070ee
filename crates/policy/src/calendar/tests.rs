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
        dates: BTreeMap::new(),
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

/// 2026-12-24 is a Thursday.
#[test]
fn a_shift_over_midnight_belongs_to_the_evenings_day() {
    let nights = |holidays: &[&str]| Hours::new(&calendar("Europe/London", &DAYS, &["22:00-06:00"], holidays)).unwrap();
    let night = |hours: &Hours, from: &str| hours.worked_ms(ms(from), ms(from) + 12 * 60 * MINUTE_MS) / MINUTE_MS;
    let usual = nights(&[]);
    assert_eq!(night(&usual, "2026-12-24T18:00:00Z"), 8 * 60);
    assert!(usual.is_open(ms("2026-12-25T05:59:59Z")) && !usual.is_open(ms("2026-12-25T06:00:00Z")));
    // A holiday on the evening's day cuts the whole shift, and no more.
    let evening = nights(&["2026-12-24"]);
    assert_eq!(night(&evening, "2026-12-23T18:00:00Z"), 8 * 60);
    assert_eq!(night(&evening, "2026-12-24T18:00:00Z"), 0);
    assert_eq!(evening.reopens(ms("2026-12-24T12:00:00Z")), Some(ms("2026-12-25T22:00:00Z")));
    // One on the next day cuts nothing of it.
    let morning = nights(&["2026-12-25"]);
    assert_eq!(night(&morning, "2026-12-24T18:00:00Z"), 8 * 60);
    assert_eq!(night(&morning, "2026-12-25T18:00:00Z"), 0);
    // It ends at midnight like a day that is written to its end.
    let late = Hours::new(&calendar("Europe/London", &DAYS, &["18:00-00:00"], &[])).unwrap();
    assert_eq!(night(&late, "2026-12-24T18:00:00Z"), 6 * 60);
}

#[test]
fn it_says_when_it_closed_and_when_it_changes() {
    let office = office(&["09:00-12:00", "13:00-17:00"]);
    let at = |text: &str| ms(&format!("2026-{text}Z"));
    for (now, closed, changes) in [
        // A Thursday in London, an hour ahead of UTC in July.
        ("07-09T08:30:00", None, "07-09T11:00:00"),
        ("07-09T11:00:00", Some("07-09T11:00:00"), "07-09T12:00:00"),
        ("07-09T15:59:59", None, "07-09T16:00:00"),
        ("07-09T16:00:00", Some("07-09T16:00:00"), "07-10T08:00:00"),
        ("07-12T12:00:00", Some("07-10T16:00:00"), "07-13T08:00:00"),
        // Christmas is on a Friday.
        ("12-27T12:00:00", Some("12-24T17:00:00"), "12-28T09:00:00"),
    ] {
        assert_eq!(office.closed_since(at(now)), closed.map(at), "{now}");
        assert_eq!(office.changes(at(now)), Some(at(changes)), "{now}");
    }
    let always = Hours::new(&calendar("Europe/London", &DAYS, &["00:00-24:00"], &[])).unwrap();
    assert_eq!((always.closed_since(at("07-09T08:30:00")), always.changes(at("07-09T08:30:00"))), (None, None));
    let nights = Hours::new(&calendar("Europe/London", &DAYS, &["22:00-06:00"], &[])).unwrap();
    assert_eq!(nights.closed_since(at("07-09T12:00:00")), Some(at("07-09T05:00:00")));
    // A week and more away.
    let once = Hours::new(&calendar("Europe/London", &DAYS[..1], &["08:00-18:00"], &["2026-07-06", "2026-06-29"]));
    assert_eq!(once.unwrap().closed_since(at("07-09T12:00:00")), Some(at("06-22T17:00:00")));
}

#[test]
fn a_shift_over_a_change_of_clocks_counts_the_hours_that_pass() {
    for (zone, evening, hours) in [
        ("Europe/London", "2026-10-24T12:00:00Z", 9),    // back by an hour
        ("Europe/London", "2026-03-28T12:00:00Z", 7),    // ahead by an hour
        ("America/New_York", "2026-10-31T16:00:00Z", 9), // back, in another night
        ("America/New_York", "2026-03-07T17:00:00Z", 7),
        ("America/Santiago", "2026-04-04T15:00:00Z", 9), // back at midnight
        ("America/Santiago", "2026-09-05T16:00:00Z", 7), // midnight does not come
        ("Asia/Kathmandu", "2026-03-28T12:00:00Z", 8),   // never
    ] {
        let nights = Hours::new(&calendar(zone, &DAYS, &["22:00-06:00"], &[])).unwrap();
        let worked = nights.worked_ms(ms(evening), ms(evening) + 24 * 60 * MINUTE_MS);
        assert_eq!(worked, hours * 60 * MINUTE_MS, "{zone} {evening}");
    }
}

#[test]
fn dates_have_hours_of_their_own() {
    let mut half = calendar("Europe/London", &DAYS[..5], &["08:00-18:00"], &["2026-12-25"]);
    half.dates = BTreeMap::from([
        ("2026-12-24".to_owned(), vec!["08:00-12:00".to_owned()]),
        ("2026-12-27".to_owned(), vec!["20:00-02:00".to_owned()]),
    ]);
    let hours = Hours::new(&half).unwrap();
    let day = |from: &str| hours.worked_ms(ms(from), ms(from) + 24 * 60 * MINUTE_MS) / MINUTE_MS;
    assert_eq!(day("2026-12-23T00:00:00Z"), 10 * 60);
    assert_eq!((day("2026-12-24T00:00:00Z"), day("2026-12-25T00:00:00Z")), (4 * 60, 0));
    // A Sunday on which it opens all the same, into Monday.
    assert_eq!((day("2026-12-27T00:00:00Z"), day("2026-12-28T00:00:00Z")), (4 * 60, 12 * 60));
    let days = hours.days("2026-12-23", 5).unwrap();
    let told: Vec<_> = days.iter().map(|day| (day.weekday, day.differs, day.openings.len())).collect();
    assert_eq!(
        told,
        [
            ("wednesday", None, 1),
            ("thursday", Some("other hours"), 1),
            ("friday", Some("holiday"), 0),
            ("saturday", None, 0),
            ("sunday", Some("other hours"), 1)
        ]
    );
    // The shift into Monday is told on Sunday.
    let night = OpeningTime { opens_ms: ms("2026-12-27T20:00:00Z"), closes_ms: ms("2026-12-28T02:00:00Z") };
    assert_eq!((days[4].openings[0], days[4].date.as_str()), (night, "2026-12-27"));
    half.dates.insert("20261224".into(), vec![]);
    assert_eq!(Hours::new(&half).unwrap_err(), "`20261224` is to be written as 2026-12-24");
}

#[test]
fn where_it_opens_in_years_at_most_nothing_is_promised() {
    let monday: civil::Date = "2026-01-05".parse().unwrap();
    let mondays: Vec<String> = (0..200).map(|week| (monday + jiff::Span::new().weeks(week)).to_string()).collect();
    let mondays: Vec<&str> = mondays.iter().map(String::as_str).collect();
    let never = Hours::new(&calendar("Europe/London", &DAYS[..1], &["08:00-18:00"], &mondays)).unwrap();
    let at = ms("2026-01-05T10:00:00Z");
    assert_eq!((never.is_open(at), never.reopens(at), never.opens(at)), (false, None, None));
    let once = Hours::new(&calendar("Europe/London", &DAYS[..1], &["08:00-18:00"], &mondays[..100])).unwrap();
    assert_eq!(once.reopens(at), Some(ms("2027-12-06T08:00:00Z")));
}

#[test]
fn what_may_be_a_slip_is_told() {
    let said = |calendar: &manifest::Calendar| mistakes(calendar).into_iter().map(|(what, _)| what).collect::<Vec<_>>();
    let mut nights = calendar("Europe/London", &DAYS[..2], &["22:00-06:00"], &[]);
    assert_eq!(said(&nights), Vec::<String>::new());
    nights.hours.insert("wednesday".into(), vec!["05:00-12:00".into()]);
    assert_eq!(said(&nights), ["`22:00-06:00` of tuesday and `05:00-12:00` of wednesday overlap"]);
    // The same of dates: 2026-12-22 is a Tuesday.
    nights.hours.insert("wednesday".into(), vec!["08:00-12:00".into()]);
    nights.dates.insert("2026-12-23".into(), vec!["05:30-08:00".into()]);
    assert_eq!(said(&nights), ["`22:00-06:00` of 2026-12-22 and `05:30-08:00` of 2026-12-23 overlap"]);
    nights.holidays.push("2026-12-23".into());
    assert!(said(&nights).iter().any(|what| what == "2026-12-23 is a holiday, and has hours of its own"));

    let doubted = |calendar: &manifest::Calendar, at: &str| doubts(calendar, ms(at));
    let mut always = calendar("Europe/London", &DAYS[..1], &["00:00-23:59"], &[]);
    let [minute] = &doubted(&always, "2026-01-01T00:00:00Z")[..] else { panic!("one doubt") };
    assert!(minute.contains("`00:00-23:59` of monday is closed for the minute before midnight"), "{minute}");
    always = calendar("Europe/London", &DAYS, &["08:00-18:00"], &["2026-12-25"]);
    assert_eq!(doubted(&always, "2025-12-25T12:00:00Z"), Vec::<String>::new());
    let [ends] = &doubted(&always, "2025-12-26T12:00:00Z")[..] else { panic!("one doubt") };
    assert!(ends.contains("runs out on 2026-12-25, less than a year after 2025-12-26"), "{ends}");
    let [ended] = &doubted(&always, "2027-01-01T12:00:00Z")[..] else { panic!("one doubt") };
    assert!(ended.contains("ran out on 2026-12-25, before 2027-01-01: add"), "{ended}");
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
    let told = |at| {
        let told = hours.wall_time(at).unwrap();
        (DAYS[told.weekday], told.day, told.month, told.time, told.zone)
    };
    assert_eq!(told(opens), ("monday", 28, 11, "08:00".into(), "GMT".into()));
    assert_eq!(told(hours.opens(ms("2026-07-04T00:00:00Z")).unwrap()), ("monday", 6, 6, "08:00".into(), "BST".into()));
    assert_eq!(hours.reopens(ms("2026-12-24T18:00:00Z")), Some(opens));
    assert_eq!(hours.reopens(ms("2026-12-24T17:59:59Z")), None, "it is open");
}

#[test]
fn customers_are_told_a_zone_by_what_is_called_so_nowhere_else() {
    let told = |zone: &str, at: &str| WallTime::of(&TimeZone::get(zone).unwrap(), ms(at)).unwrap().told_zone;
    let (winter, summer) = ("2026-01-15T00:00:00Z", "2026-07-15T00:00:00Z");
    for (zone, in_winter, in_summer) in [
        ("UTC", "UTC", "UTC"),
        ("Europe/London", "GMT", "BST, UTC+1"),
        ("Europe/Berlin", "CET", "CEST"),
        ("America/New_York", "EST", "EDT"),
        ("America/Los_Angeles", "PST, UTC-8", "PDT"),
        ("Asia/Manila", "UTC+8", "UTC+8"),
        ("Asia/Shanghai", "UTC+8", "UTC+8"),
        ("America/Havana", "UTC-5", "UTC-4"),
        ("Asia/Kolkata", "UTC+5:30", "UTC+5:30"),
        ("Europe/Dublin", "GMT", "UTC+1"),
        ("America/Sao_Paulo", "UTC-3", "UTC-3"),
    ] {
        assert_eq!([told(zone, winter), told(zone, summer)], [in_winter, in_summer], "{zone}");
    }
}

#[test]
fn a_calendar_may_be_open_on_dates_alone() {
    let mut calendar = calendar("Europe/London", &[], &[], &[]);
    assert_eq!(Hours::new(&calendar).unwrap_err(), "it is never open");
    calendar.dates = [("2026-12-25".to_owned(), Vec::new())].into();
    assert_eq!(Hours::new(&calendar).unwrap_err(), "it is never open", "a date on which it is closed");
    calendar.dates = [("2026-12-24".to_owned(), vec!["10:00-12:00".to_owned()])].into();
    let hours = Hours::new(&calendar).unwrap();
    let (opens, closes) = (ms("2026-12-24T10:00:00Z"), ms("2026-12-24T12:00:00Z"));
    let around = [opens - 1, opens, closes - 1, closes].map(|at| hours.is_open(at));
    assert_eq!(around, [false, true, true, false]);
    assert_eq!((hours.opens(ms("2026-11-01T00:00:00Z")), hours.opens(closes)), (Some(opens), None));
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
        dated in prop::collection::btree_map(0..6_i64, prop::collection::vec((0..288_i64, 1..288_i64), 0..3), 0..3),
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
            // What goes beyond midnight ends on the next day, and before it begins.
            let (from, to) = (from * 5, (from + long) * 5);
            format!("{}-{}", hhmm(from), hhmm(if to > DAY_MINUTES { to - DAY_MINUTES } else { to }))
        };
        let open = |(day, ranges): (&&str, &Vec<(i64, i64)>)| ((*day).to_owned(), ranges.iter().map(range).collect());
        let hours: BTreeMap<String, Vec<String>> = DAYS.iter().zip(&week).map(open).collect();
        let holidays: Vec<String> = holidays;
        let date = |(day, ranges): (&i64, &Vec<(i64, i64)>)| {
            let date = (first + jiff::Span::new().days(*day)).to_string();
            (!holidays.contains(&date)).then(|| (date, ranges.iter().map(range).collect()))
        };
        let dates = dated.iter().filter_map(date).collect();
        (manifest::Calendar { name: "any".into(), time_zone: zone.into(), hours, holidays, dates }, at_ms)
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
        // What of today holds now, and what of yesterday that goes beyond midnight.
        let (today, yesterday) = (most.date(), most.date().yesterday().unwrap());
        let now = format!("{:02}:{:02}", most.hour(), most.minute());
        let within = |range: &String, day_after: bool| {
            let (from, to) = range.split_once('-').unwrap();
            match (from < to, day_after) {
                (true, false) => (from..to).contains(&now.as_str()),
                (false, false) => from <= now.as_str(),
                (false, true) => now.as_str() < to,
                (true, true) => false,
            }
        };
        let of = |date: civil::Date| match calendar.dates.get(&date.to_string()) {
            Some(ranges) => ranges.clone(),
            None if calendar.holidays.contains(&date.to_string()) => vec![],
            None => calendar.hours[DAYS[usize::try_from(date.weekday().to_monday_zero_offset()).unwrap()]].clone(),
        };
        let open_now = of(today).iter().any(|range| within(range, false));
        open.push(open_now || of(yesterday).iter().any(|range| within(range, true)));
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

#[test]
fn a_shift_belongs_to_the_day_of_its_beginning_also_where_the_clock_never_showed_that_day() {
    // Samoa had no Friday, 30 December 2011.
    let hours = Hours::new(&calendar("Pacific/Apia", &DAYS[4..5], &["22:00-06:00"], &[])).unwrap();
    let days = hours.days("2011-12-29", 3).unwrap();
    let told = days.iter().map(|day| (day.date.as_str(), day.openings.len())).collect::<Vec<_>>();
    assert_eq!(told, [("2011-12-29", 0), ("2011-12-30", 1), ("2011-12-31", 0)]);
    assert_eq!(days[1].openings[0].closes_ms - days[1].openings[0].opens_ms, 6 * 60 * MINUTE_MS);
}

#[test]
fn the_last_day_that_can_be_told_is_told() {
    let hours = office(&["08:00-18:00"]);
    let days = hours.days("9999-12-30", 7).unwrap();
    assert_eq!(days.iter().map(|day| (day.date.as_str(), day.openings.len())).collect::<Vec<_>>(), [("9999-12-30", 1)]);
}

#[test]
fn zones_of_no_place_and_ranges_with_signs_are_mistakes() {
    let found = |zone: &str, range: &str| {
        let found = mistakes(&calendar(zone, &DAYS[..1], &[range], &[]));
        found.into_iter().map(|(what, _)| what).collect::<Vec<_>>()
    };
    assert_eq!(found("Europe/London", "8:00-17:00"), Vec::<String>::new());
    for zone in ["Factory", "Etc/Unknown", "etc/unknown"] {
        assert_eq!(found(zone, "08:00-17:00"), [format!("`{zone}` is the zone of no place")]);
    }
    for range in ["+8:00-09:00", "08:+0-09:00", "008:00-09:00", "8:0-9:00"] {
        assert_eq!(found("Europe/London", range), [format!("`{range}` is no range such as 08:00-20:00")]);
    }
}
