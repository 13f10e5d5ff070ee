//! The demand on record: counts by slot, queue and intent that agree with what was posted, and whom they are told.

use crate::{
    chat::{refused, staff, take},
    clocks::TEN,
    hands::TwoClocks,
    harness::{Client, Server, epoch, id},
    staff::{note, presence, staff_client},
};
use remit_app::governance::services::Services;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const MINUTE_MS: i64 = 60_000;
const DAY_MS: i64 = 1_440 * MINUTE_MS;
const HISTORY: &str = "/v1/capacity/history";
const TODAY: &str = "from=2026-03-10T00:00:00Z&to=2026-03-11T00:00:00Z";
const TRANSFER: &str = "I want to talk to a human about my transfer";

/// Messages of customers as the demo has them, those in one line without quotes.
fn messages(count: usize) -> Vec<String> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../bundles/bank-traffic/messages.csv");
    let file = std::fs::read_to_string(path).unwrap();
    let plain = file.lines().skip(1).filter(|line| !line.contains('"') && line.matches(',').count() == 5);
    plain.take(count).map(|line| line.split_once(',').unwrap().0.to_owned()).collect()
}

fn rows(client: &Client, query: &str) -> Vec<Value> {
    let got = client.get(&format!("{HISTORY}?{query}"));
    assert_eq!(got.status, 200, "{}", got.body);
    got.body["rows"].as_array().unwrap().clone()
}

/// The sum of a count, of the rows that this holds of.
fn sum(rows: &[Value], member: &str, of: impl Fn(&Value) -> bool) -> u64 {
    rows.iter().filter(|row| of(row)).map(|row| row[member].as_u64().unwrap()).sum()
}

/// The queue that had each case first, by its timeline; none of those that no queue had.
fn queues_of(client: &Client, cases: &[(String, String)]) -> Vec<Option<String>> {
    let queue = |(_, case): &(String, String)| {
        let timeline = client.get(&format!("/v1/cases/{case}/timeline?limit=200")).body;
        let to = |item: &Value| item["event"]["handoff"]["to"]["responder"].as_str().map(str::to_owned);
        let mut to = timeline["items"].as_array().unwrap().iter().filter_map(to);
        to.find(|responder| !responder.ends_with("-ai"))
    };
    cases.iter().map(queue).collect()
}

fn started(clocks: &TwoClocks) -> Server {
    Server::start_on_clock(Box::new(clocks.clone()), Services::none())
}

#[test]
fn what_was_posted_is_counted_by_slot_queue_and_intent() {
    let clocks = TwoClocks::at(TEN);
    let server = started(&clocks);
    let lead = server.client(&["lead", "admin"]);
    let texts = messages(42);
    assert_eq!(texts.len(), 42);
    let mut cases = Vec::new();
    for (nth, text) in texts.iter().enumerate() {
        let opened = lead.post("/v1/cases", &json!({ "customer": format!("c{nth}"), "text": text, "channel": "chat" }));
        assert_eq!(opened.status, 201, "{}", opened.body);
        let minute = nth * 4 / 15 * 15;
        cases
            .push((format!("2026-03-10T{:02}:{:02}:00.000Z", 10 + minute / 60, minute % 60), id(&opened.body["case"])));
        clocks.pass(4 * MINUTE_MS);
    }
    // Who has not answered for long loses what it has meanwhile.
    let (counted, queues) = loop {
        let before = queues_of(&lead, &cases);
        let counted = rows(&lead, &format!("{TODAY}&slot=15"));
        if queues_of(&lead, &cases) == before {
            break (counted, before);
        }
    };
    // What each slot of a quarter of an hour had, and what of it came to no queue; and what each queue had.
    let mut posted: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    let mut left: BTreeMap<&str, u64> = BTreeMap::new();
    for ((start, _), queue) in cases.iter().zip(&queues) {
        let (came, kept) = posted.entry(start).or_default();
        (*came, *kept) = (*came + 1, *kept + u64::from(queue.is_none()));
        if let Some(queue) = queue {
            *left.entry(queue).or_default() += 1;
        }
    }
    assert!(posted.values().any(|(_, kept)| *kept > 0) && !left.is_empty(), "{posted:?}");
    for (start, expected) in &posted {
        let of = |row: &Value| row["start"] == **start;
        let told = (sum(&counted, "arrived", of), sum(&counted, "kept_by_ai", of));
        assert_eq!(told, *expected, "{start}: {counted:#?}");
    }
    assert_eq!(sum(&counted, "arrived", |_| true), 42, "there is nothing beside: {counted:#?}");
    for (queue, count) in &left {
        let of = |row: &Value| row["queue"] == **queue;
        let left = sum(&counted, "arrived", of) - sum(&counted, "kept_by_ai", of);
        assert_eq!(left, *count, "{queue}: {counted:#?}");
    }
    // In slots of half an hour they are added up, and what came before or after is not told.
    let halves = rows(&lead, TODAY);
    assert!(halves.iter().all(|row| row["start"].as_str().unwrap()[14..16].parse::<u32>().unwrap() % 30 == 0));
    assert_eq!((sum(&halves, "arrived", |_| true), halves.len() <= counted.len()), (42, true));
    let within = rows(&lead, "from=2026-03-10T10:30:00Z&to=2026-03-10T11:00:00Z");
    let half = |row: &Value| row["start"] == "2026-03-10T10:30:00.000Z";
    let same: Vec<Value> = halves.iter().filter(|row| half(row)).cloned().collect();
    assert_eq!(within, same);
    // As a file it has the same rows, with those columns that forecasts read.
    let file = lead.get(&format!("{HISTORY}.csv?{TODAY}"));
    let text = file.body.as_str().unwrap();
    let head = "start,intent,queue,arrived,kept_by_ai,handling_seconds,recontacts,abandoned";
    assert_eq!((text.lines().next(), text.lines().count()), (Some(head), halves.len() + 1), "{text}");
    let first = &halves[0];
    let line = format!(
        "2026-03-10T10:00:00+00:00,\"{}\",\"{}\",{},{},,0,0",
        first["intent"].as_str().unwrap(),
        first["queue"].as_str().unwrap(),
        first["arrived"],
        first["kept_by_ai"]
    );
    assert_eq!(text.lines().nth(1), Some(&*line));
    // Nobody's words, and nobody at all.
    assert!(!text.contains("c17") && texts.iter().all(|said| !text.contains(said.as_str())));
}

#[test]
fn what_became_of_a_case_is_counted_in_the_slot_in_which_it_came() {
    let clocks = TwoClocks::at(TEN);
    let server = started(&clocks);
    let lead = server.client(&["lead", "admin"]);
    let ana = staff(&server, &lead, "ana", "Ana");
    let gone = lead.open("ben", TRANSFER);
    let taken = take(&ana, "ana");
    assert_eq!(taken["id"], gone["id"]);
    presence(&ana, "ana", "busy");
    let helped = lead.open("ann", TRANSFER);
    clocks.pass(20 * MINUTE_MS);
    presence(&ana, "ana", "available");
    assert_eq!(lead.post(&format!("/v1/cases/{}/abandon", id(&gone)), &json!({})).status, 200);
    // It waits for twenty minutes, is in hand for seven, until the last word of two, and is closed an hour later.
    let taken = take(&ana, "ana");
    assert_eq!(taken["id"], helped["id"]);
    let at = |what: &str| format!("/v1/cases/{}/{what}", id(&helped));
    for minutes in [3, 4] {
        clocks.pass(minutes * MINUTE_MS);
        let said = ana.post(&at("messages"), &json!({ "text": "It is on its way", "epoch": epoch(&taken) }));
        assert_eq!(said.status, 201, "{}", said.body);
    }
    clocks.pass(60 * MINUTE_MS);
    let done = ana.post(&at("resolve"), &json!({ "epoch": epoch(&taken) }));
    assert_eq!(done.status, 200, "{}", done.body);
    let counted = rows(&lead, TODAY);
    let told = |case: &Value| {
        let row = counted.iter().find(|row| row["queue"] == case["holder"]["name"]).unwrap();
        let of = |member: &str| row[member].as_u64();
        ["arrived", "kept_by_ai", "handling_seconds", "recontacts", "abandoned"].map(of)
    };
    // While nobody was there for the first queue, another one took what came.
    assert_ne!(gone["holder"]["name"], helped["holder"]["name"]);
    assert_eq!(told(&gone), [Some(1), Some(0), None, Some(0), Some(1)], "{counted:#?}");
    assert_eq!(told(&helped), [Some(1), Some(0), Some(420), Some(0), Some(0)], "{counted:#?}");
    // Who comes back within the week counts, and who comes back later does not.
    clocks.pass(6 * DAY_MS);
    // Tokens of tests end within the day.
    let lead = server.client(&["lead", "admin"]);
    let back = lead.post(&at("reopen"), &json!({ "reason": "not solved" }));
    assert_eq!(back.status, 200, "{}", back.body);
    assert_eq!(sum(&rows(&lead, TODAY), "recontacts", |row| row["queue"] == helped["holder"]["name"]), 1);
    clocks.pass(2 * DAY_MS);
    let lead = server.client(&["lead", "admin"]);
    assert_eq!(lead.post(&format!("/v1/cases/{}/reopen", id(&gone)), &json!({ "reason": "again" })).status, 200);
    let kept = rows(&lead, TODAY);
    assert_eq!((kept.len(), sum(&kept, "recontacts", |_| true)), (2, 1), "{kept:#?}");
    // The same after a restart.
    let server = Server::resume(server.stop(), Box::new(clocks.clone()));
    assert_eq!(rows(&server.client(&["lead"]), TODAY), kept);
}

#[test]
fn what_is_not_on_record_is_no_row_and_who_may_not_is_refused() {
    let clocks = TwoClocks::at(TEN);
    let server = started(&clocks);
    let lead = server.client(&["lead", "admin"]);
    // The week before anybody came.
    assert_eq!(rows(&lead, ""), Vec::<Value>::new());
    lead.open("ann", TRANSFER);
    // A day that is not over is not told unless it is asked for.
    assert_eq!(rows(&lead, ""), Vec::<Value>::new());
    clocks.pass(3 * DAY_MS);
    let lead = server.client(&["lead", "admin"]);
    let told = lead.get(HISTORY).body;
    let expected = json!(["2026-03-06T00:00:00.000Z", "2026-03-13T00:00:00.000Z", 30]);
    assert_eq!(json!([told["from"], told["to"], told["slot"]]), expected);
    // What nobody came in has no row.
    assert_eq!((told["rows"].as_array().unwrap().len(), &told["rows"][0]["arrived"]), (1, &json!(1)), "{told}");
    for (query, says) in [
        ("from=yesterday", "`from`"),
        ("to=2026-03-10T10:01:00Z", "beginning of a slot"),
        ("slot=20", "15 or 30"),
        ("from=2026-03-11T00:00:00Z&to=2026-03-10T00:00:00Z", "before `to`"),
        ("from=2026-01-01T00:00:00Z&to=2026-03-10T00:00:00Z", "31 days"),
        ("to=9999999-01-01T00:00:00Z", "`to`"),
        ("queue=general", "unknown field"),
    ] {
        for path in [HISTORY.to_owned(), format!("{HISTORY}.csv")] {
            refused(&lead.get(&format!("{path}?{query}")), 422, "invalid", says);
        }
    }
    note(&lead, "ana", 1);
    // Who works on cases has no business with it.
    for client in [server.client(&["integration"]), staff_client(&server, "ana")] {
        refused(&client.get(HISTORY), 403, "forbidden", "capacity.read");
        refused(&client.get(&format!("{HISTORY}.csv")), 403, "forbidden", "capacity.read");
    }
}
