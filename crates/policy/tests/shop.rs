//! The sample shop holds together, its own tests pass, and its desks in three time zones keep their hours.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test says what is wrong by panicking")]

use jiff::{
    Span, Timestamp as Moment,
    civil::{Date, Weekday},
    tz::TimeZone,
};
use remit_domain::id::{ResponderId, Timestamp};
use remit_policy::{bundle::Bundle, engine::Engine, files::Files, suite};
use std::{collections::BTreeSet, fs, path::PathBuf};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../bundles/shop")
}

fn shop() -> Bundle {
    Bundle::load(Files::read(&root()).unwrap()).unwrap_or_else(|findings| {
        panic!("{}", findings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
    })
}

#[test]
fn the_shop_loads_and_its_tests_pass() {
    let shop = shop();
    let report = suite::run(&shop, &Engine::new(&shop));
    let failures: Vec<String> = report.failures.iter().map(ToString::to_string).collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert!(report.passed >= 120, "{}", report.passed);
    assert!(shop.policies() >= 50, "{}", shop.policies());
    assert_eq!(shop.candidates().len(), 8);
}

/// Which desks are open at a moment, in the order of the bundle.
fn open(shop: &Bundle, at: &str) -> Vec<String> {
    let at = Timestamp(at.parse::<Moment>().unwrap().as_millisecond());
    let desks = shop.candidates().iter().filter(|spec| spec.queue.is_some()).map(|spec| &spec.responder);
    desks.filter(|desk: &&ResponderId| shop.is_open(desk, at)).map(ToString::to_string).collect()
}

#[test]
fn somebody_works_in_one_of_three_time_zones_and_at_night_only_some() {
    let shop = shop();
    const NEW_YORK: &str = "new-york-orders";
    const DUBLIN: [&str; 2] = ["dublin-returns", "dublin-payments"];
    const MANILA: &str = "manila-service";
    const DUTY: &str = "duty-managers";
    for (at, want) in [
        // A Wednesday in January: Manila is 8 hours before UTC, New York 5 behind.
        ("2027-01-13T05:00:00Z", vec![MANILA, DUTY]),
        ("2027-01-13T09:00:00Z", vec![DUBLIN[0], MANILA, DUBLIN[1], DUTY]),
        ("2027-01-13T13:30:00Z", vec![NEW_YORK, DUBLIN[0], DUBLIN[1], DUTY]),
        ("2027-01-13T15:00:00Z", vec![NEW_YORK, DUBLIN[0], MANILA, DUBLIN[1], DUTY]),
        ("2027-01-13T22:30:00Z", vec![NEW_YORK, DUTY]),
        // The same in July: in New York and Dublin it is an hour later.
        ("2027-07-14T07:00:00Z", vec![DUBLIN[0], MANILA, DUBLIN[1], DUTY]),
        ("2027-07-14T17:30:00Z", vec![NEW_YORK, MANILA, DUTY]),
        // Between the two changes of clocks in March, New York has changed and Dublin has not.
        ("2027-03-16T12:00:00Z", vec![NEW_YORK, DUBLIN[0], DUBLIN[1], DUTY]),
        // Weekends.
        ("2027-01-16T15:00:00Z", vec![NEW_YORK, DUTY]),
        ("2027-01-17T12:00:00Z", vec![DUTY]),
        ("2027-01-17T15:00:00Z", vec![MANILA, DUTY]),
        // Thanksgiving in New York, Saint Patrick's Day in Dublin, Rizal Day in Manila.
        ("2027-11-25T15:00:00Z", vec![DUBLIN[0], MANILA, DUBLIN[1], DUTY]),
        ("2027-03-17T13:00:00Z", vec![NEW_YORK, DUTY]),
        ("2027-12-30T10:00:00Z", vec![DUBLIN[0], DUBLIN[1], DUTY]),
    ] {
        assert_eq!(open(&shop, at), want, "{at}");
    }
}

/// Easter Sunday, by the anonymous Gregorian computus.
fn easter(year: i16) -> Date {
    let y = i32::from(year);
    let (a, b, c) = (y % 19, y / 100, y % 100);
    let h = (19 * a + b - b / 4 - (b - (b + 8) / 25 + 1) / 3 + 15) % 30;
    let l = (32 + 2 * (b % 4) + 2 * (c / 4) - h - c % 4) % 7;
    let n = h + l - 7 * ((a + 11 * h + 22 * l) / 451) + 114;
    Date::new(year, (n / 31) as i8, (n % 31 + 1) as i8).unwrap()
}

/// The holidays on which each desk is closed, by rule.
fn holidays(desk: &str, year: i16) -> BTreeSet<Date> {
    let day = |month, day| Date::new(year, month, day).unwrap();
    let nth = |month, nth, weekday| day(month, 1).nth_weekday_of_month(nth, weekday).unwrap();
    let before_easter = |days: i64| easter(year).checked_sub(Span::new().days(days)).unwrap();
    match desk {
        // Those that American shops keep.
        "new-york-orders" => [
            day(1, 1),
            nth(5, -1, Weekday::Monday),
            day(7, 4),
            nth(9, 1, Weekday::Monday),
            nth(11, 4, Weekday::Thursday),
            day(12, 25),
        ]
        .into(),
        // The public holidays of Ireland, and for one on a weekend the next day that is no weekend and none already.
        "dublin-returns" => {
            let first = day(2, 1);
            let brigid = if first.weekday() == Weekday::Friday { first } else { nth(2, 1, Weekday::Monday) };
            let monday = |month, which| nth(month, which, Weekday::Monday);
            let easter_monday = easter(year).tomorrow().unwrap();
            let own = [day(1, 1), brigid, day(3, 17), easter_monday, day(12, 25), day(12, 26)];
            let mut all: BTreeSet<Date> = own.into();
            all.extend([monday(5, 1), monday(6, 1), monday(8, 1), monday(10, -1)]);
            let weekend = |date: &Date| matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday);
            for date in own.into_iter().filter(weekend) {
                let mut days = std::iter::successors(Some(date), |date| date.tomorrow().ok());
                let substitute = days.find(|day| !weekend(day) && !all.contains(day)).unwrap();
                all.insert(substitute);
            }
            all
        }
        // The regular holidays of the Philippines, but those of the lunar calendar, which are proclaimed year by year.
        _ => [
            day(1, 1),
            before_easter(3),
            before_easter(2),
            day(4, 9),
            day(5, 1),
            day(6, 12),
            nth(8, -1, Weekday::Monday),
            day(11, 30),
            day(12, 25),
            day(12, 30),
        ]
        .into(),
    }
}

#[test]
fn desks_are_closed_on_the_holidays_of_their_country_and_on_no_other_day() {
    let shop = shop();
    for (desk, zone, weekend) in [
        ("new-york-orders", "America/New_York", &[Weekday::Sunday][..]),
        ("dublin-returns", "Europe/Dublin", &[Weekday::Saturday, Weekday::Sunday]),
        ("manila-service", "Asia/Manila", &[Weekday::Saturday, Weekday::Sunday]),
    ] {
        let (name, zone) = (ResponderId::new(desk).unwrap(), TimeZone::get(zone).unwrap());
        for year in [2026, 2027] {
            let holidays = holidays(desk, year);
            let days = std::iter::successors(Date::new(year, 1, 1).ok(), |date| date.tomorrow().ok());
            for date in days.take_while(|date| date.year() == year) {
                let ten = zone.to_timestamp(date.at(10, 0, 0, 0)).unwrap().as_millisecond();
                let works = !holidays.contains(&date) && !weekend.contains(&date.weekday());
                assert_eq!(shop.is_open(&name, Timestamp(ten)), works, "{desk}: {date}, {:?}", date.weekday());
            }
        }
    }
}

/// A table's rows, by the names of its columns.
fn rows(file: &str) -> Vec<Vec<(String, String)>> {
    let bytes = fs::read(root().join(file)).unwrap();
    let mut reader = csv::Reader::from_reader(bytes.as_slice());
    let header = reader.headers().unwrap().clone();
    let row = |record: csv::StringRecord| {
        header.iter().zip(&record).map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    };
    reader.records().map(|record| row(record.unwrap())).collect()
}

#[test]
fn nothing_of_the_traffic_is_learnt_from_and_every_intent_has_both() {
    let of = |row: &Vec<(String, String)>, name: &str| {
        row.iter().find(|(column, _)| column == name).map(|(_, value)| value.clone()).unwrap()
    };
    let (learnt, traffic) = (rows("intents.csv"), rows("traffic.csv"));
    let texts: BTreeSet<String> = learnt.iter().map(|row| of(row, "text")).collect();
    assert!(traffic.iter().all(|row| !texts.contains(&of(row, "text"))));
    let intents = |rows: &[Vec<(String, String)>]| rows.iter().map(|row| of(row, "intent")).collect::<BTreeSet<_>>();
    let shown = intents(&traffic);
    assert!(shown.is_superset(&intents(&learnt)), "{shown:?}");
}
