//! Records as files: what is read, and what is refused in which words.

use super::world::World;
use remit_capacity::forecast::{
    DemandForecast, DemandHistory, ForecastTerms, KnownTimes, Observation, SlotClock, UnreadTable, forecast,
    read_history, read_holidays, read_outages, written,
};

fn read(text: &str) -> Result<DemandHistory, UnreadTable> {
    read_history(text, World::clock(), KnownTimes::default())
}

/// A record in which every week is the same: `volume` times hour, weekday and intent, from 8 to 18.
fn same_weeks(weeks: usize, volume: u64) -> Vec<Observation> {
    let clock = World::clock();
    let days = clock.days(jiff::civil::date(2026, 3, 2), weeks * 7).unwrap();
    let mut rows = Vec::new();
    for day in days.iter().filter(|day| day.weekday < 6) {
        for (place, slot) in day.clock_slots.iter().enumerate().filter(|(_, slot)| (16..36).contains(*slot)) {
            for intent in 1..=2 {
                rows.push(Observation {
                    second: day.begins + place as i64 * 1_800,
                    intent: format!("intent {intent}"),
                    queue: "one".to_owned(),
                    arrived: (volume * intent * *slot as u64 * (day.weekday as u64 + 1)) as f64,
                    kept: None,
                    handling_seconds: None,
                    recontacts: None,
                    abandoned: None,
                });
            }
        }
    }
    rows
}

fn ahead(rows: &[Observation]) -> DemandForecast {
    let history = DemandHistory::new(World::clock(), rows, KnownTimes::default()).unwrap();
    forecast(&history, &ForecastTerms { paths: 5, weeks: 1, ..ForecastTerms::default() }).unwrap()
}

#[test]
fn weeks_that_are_the_same_go_on_whatever_their_scale_also_where_clocks_are_changed() {
    for volume in [1, 30] {
        // The fourth week has 23 hours less; what is forecast is by the clock.
        let made = ahead(&same_weeks(8, volume));
        assert_eq!(made.all.slots.len(), 336);
        // The last day on record is a Saturday.
        for (number, day) in (6..13).map(|number| number % 7).zip(&made.all.days) {
            let want = (0..48).filter(|slot| (16..36).contains(slot)).sum::<u64>() * volume * 3 * (number + 1);
            let want = if number < 6 { want as f64 } else { 0.0 };
            assert!((day.arrived.mean - want).abs() <= 0.02 * want, "{volume} {number}: {} {want}", day.arrived.mean);
        }
        let closed: Vec<_> = made.all.slots.iter().filter(|slot| slot.begins.contains("T03:")).collect();
        assert!(closed.iter().all(|slot| slot.arrived.high == 0.0) && closed.len() == 14);
        assert!(made.notes.iter().any(|note| note.contains("taken for closed")), "{:?}", made.notes);
    }
    // Days of 23 and 25 hours ahead have 46 and 50 half-hours.
    let spring = World { weeks: 6, ..World::new(1) };
    let made = forecast(&spring.history(), &ForecastTerms { paths: 1, ..ForecastTerms::default() }).unwrap();
    assert_eq!(made.all.slots.len(), 334);
    assert_eq!(made.paths[0].arrived.len(), 2 * 334);
}

#[test]
fn a_file_says_what_rows_say() {
    let world = World { weeks: 5, ..World::new(1) };
    let rows = world.rows();
    let history = read_history(&written(&World::clock(), &rows), World::clock(), world.known()).unwrap();
    let made = |history| forecast(&history, &ForecastTerms { paths: 3, ..ForecastTerms::default() }).unwrap();
    assert_eq!(made(history), made(world.history()));
}

#[test]
fn a_gap_is_told_from_zeros_and_from_closed_hours() {
    let gaps = |world: World| world.history().gaps();
    let usual = World { weeks: 6, ..World::new(5) };
    assert_eq!(gaps(usual.clone()), 0);
    assert_eq!(gaps(World { gaps: vec![10, 20], ..usual.clone() }), 96);
    // Few cases: empty slots are zeros.
    assert_eq!(gaps(World { volume: 20.0, ..usual.clone() }), 0);
    // A holiday without any row is closed.
    assert_eq!(gaps(World { gaps: vec![10], holidays: vec![10], ..usual }), 0);
}

#[test]
fn what_is_wrong_is_named_with_its_line() {
    let head = "start,intent,queue,arrived,kept_by_ai,handling_seconds,abandoned\n";
    let line = "2026-03-30T09:30,a,b,5,2,60,1\n";
    for (text, at, why) in [
        ("start,intent,queue,arived\n".to_owned(), 1, "`arived` is no column of it"),
        ("start,intent,queue\n".to_owned(), 1, "no column arrived"),
        ("start,start,arrived\n".to_owned(), 1, "stands there twice"),
        (format!("{head}{line}2026-03-30T10:00,a,b,5\n"), 3, "it has 4 cells"),
        (format!("{head}{line}{line}"), 3, "line 2 has the same start"),
        (format!("{head}{line}2026-03-30T09:00,a,b,5,2,60,1\n"), 3, "begins before line 2"),
        (format!("{head}2026-03-30T09:30,a,b,5,6,60,\n"), 2, "kept_by_ai is 6 of 5"),
        (format!("{head}2026-03-30T09:30,a,b,5,4,60,2\n"), 2, "2 gave up of 1"),
        (format!("{head}2026-03-30T09:30,a,b,5,5,60,\n"), 2, "60 seconds for each of none"),
        (format!("{head}2026-03-30T09:30,a,b,-1,,,\n"), 2, "arrived is `-1`"),
        (format!("{head}2026-03-30T09:30,a,b,NaN,,,\n"), 2, "arrived is `NaN`"),
        (format!("{head}2026-03-30T09:30,a,b,,,,\n"), 2, "arrived is empty"),
        (format!("{head}2026-03-30T09:30,a,b,5,,inf,\n"), 2, "handling_seconds is `inf`"),
        (format!("{head}2026-03-29T02:30,a,b,5,,,\n"), 2, "put forward"),
        (format!("{head}tomorrow,a,b,5,,,\n"), 2, "is no moment"),
    ] {
        let error = read(&text).unwrap_err();
        let UnreadTable::Line { line, why: told } = &error else { panic!("{text}: {error}") };
        assert!(*line == at && told.contains(why), "{text}: {error}");
    }
    assert!(read(head).unwrap_err().to_string().contains("no row"));
    assert!(read("").is_err());
    let hours: String =
        (0..60).map(|hour| format!("2026-03-{:02}T{:02}:00,a,b,5,,,\n", 2 + hour / 24, hour % 24)).collect();
    assert!(read(&format!("{head}{hours}")).unwrap_err().to_string().contains("interval of 60"));
    let mut known = KnownTimes::default();
    assert!(read_holidays("date,name\n25.12.2026,x\n", &mut known).unwrap_err().to_string().contains("no date"));
    let outage = "start,end\n2026-03-30T10:00,2026-03-30T09:00\n";
    assert!(read_outages(outage, &World::clock(), &mut known).unwrap_err().to_string().contains("before it begins"));
}

#[test]
fn an_hour_that_comes_twice_is_read_twice() {
    let text = "start,arrived\n2026-10-25T02:00,1\n2026-10-25T02:30,2\n2026-10-25T02:00,3\n2026-10-25T02:30,4\n\
                2026-10-25T03:00,5\n";
    assert_eq!(read(text).unwrap().day_count(), 1);
    assert!(read(&format!("{text}2026-10-25T02:30,6\n")).is_err());
}

#[test]
fn what_is_too_little_is_told_with_how_much_is_needed() {
    let refused = |rows: &[Observation], asked: &ForecastTerms| {
        let history = DemandHistory::new(World::clock(), rows, KnownTimes::default()).unwrap();
        forecast(&history, asked).unwrap_err().to_string()
    };
    let usual = ForecastTerms { paths: 1, ..ForecastTerms::default() };
    assert!(refused(&same_weeks(4, 1), &usual).contains("35 are needed"));
    assert!(refused(&same_weeks(6, 1), &ForecastTerms { weeks: 4, ..usual }).contains("56 are needed"));
    assert!(refused(&same_weeks(6, 0), &usual).contains("nothing came"));
    assert!(refused(&same_weeks(6, 1), &ForecastTerms { weeks: 0, ..usual }).contains("from 1 to 8"));
    assert!(refused(&same_weeks(6, 1), &ForecastTerms { level: 1.0, ..usual }).contains("0.5 to 0.99"));
    assert!(refused(&same_weeks(6, 1), &ForecastTerms { level: f64::NAN, ..usual }).contains("0.5 to 0.99"));
    let gaps = World { weeks: 6, gaps: (5..25).collect(), ..World::new(1) };
    assert!(refused(&gaps.rows(), &usual).contains("are gaps"));
    assert!(SlotClock::new("Europe/Atlantis", 30).unwrap_err().to_string().contains("no time zone"));
}
