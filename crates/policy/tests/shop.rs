//! The sample shop holds together, its own tests pass, and its desks in three time zones keep their hours.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test says what is wrong by panicking")]

use jiff::Timestamp as Moment;
use remit_domain::id::{ResponderId, Timestamp};
use remit_policy::{bundle::Bundle, engine::Engine, files::Files, suite};
use std::path::PathBuf;

fn shop() -> Bundle {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../bundles/shop");
    Bundle::load(Files::read(&root).unwrap()).unwrap_or_else(|findings| {
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
