//! What is promised, against minutes that are counted one by one.

use super::*;
use proptest::prelude::*;
use remit_domain::{
    Event,
    id::{CaseId, DecisionId, Ids, MessageId},
};
use remit_policy::files::Files;
use serde_json::{Value, json};
use std::sync::LazyLock;

const MINUTE_MS: i64 = 60_000;

/// Queues of the bank that promise an end, each with a calendar of its own.
const QUEUES: [&str; 3] = ["general", "cards", "payments"];

const PROMISED: [i64; 3] = [480, 900, 300];

/// The bank with three desks: London's office, New York's with a lunch, and one in Santiago that is open at night, when
/// the clocks change there.
static BANK: LazyLock<Bundle> = LazyLock::new(|| {
    let root = std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../bundles/bank");
    let files = Files::read(&root).unwrap();
    let text = std::str::from_utf8(files.get("bundle.toml").unwrap()).unwrap().to_owned();
    let mut toml: toml::Table = text.parse().unwrap();
    let days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    let calendar = |name: &str, zone: &str, open: &[&str], ranges: &[&str]| {
        let hours: toml::Table =
            open.iter().map(|day| ((*day).to_owned(), toml::Value::try_from(ranges).unwrap())).collect();
        let holidays = ["2026-03-31", "2026-09-07"];
        toml::Value::try_from(json!({ "name": name, "time_zone": zone, "holidays": holidays, "hours": hours })).unwrap()
    };
    toml["calendar"].as_array_mut().unwrap().extend([
        calendar("general", "Europe/London", &days[..5], &["08:00-18:00"]),
        calendar("cards", "America/New_York", &days[..6], &["08:30-12:00", "13:00-17:15"]),
        calendar("payments", "America/Santiago", &days, &["00:00-02:30", "21:00-24:00"]),
    ]);
    for (name, minutes) in QUEUES.iter().zip(PROMISED) {
        let sla =
            json!({ "name": name, "first_reply_minutes": 60, "next_reply_minutes": 90, "resolution_minutes": minutes });
        toml["sla"].as_array_mut().unwrap().push(toml::Value::try_from(sla).unwrap());
        let queues = toml["queue"].as_array_mut().unwrap();
        let queue = queues.iter_mut().find(|queue| queue["name"].as_str() == Some(name)).unwrap();
        (queue["calendar"], queue["sla"]) =
            (toml::Value::try_from(name).unwrap(), toml::Value::try_from(name).unwrap());
    }
    let used = |kind: &str, name: &toml::Value| {
        toml["queue"].as_array().unwrap().iter().any(|queue| Some(queue[kind].as_str()) == Some(name.as_str()))
    };
    let unused = |kind: &str| -> Vec<toml::Value> {
        toml[kind].as_array().unwrap().iter().filter(|one| used(kind, &one["name"])).cloned().collect()
    };
    let (calendars, slas) = (unused("calendar"), unused("sla"));
    (toml["calendar"], toml["sla"]) = (calendars.into(), slas.into());
    let changed = toml::to_string(&toml).unwrap().into_bytes();
    Bundle::load(files.with("bundle.toml", changed)).unwrap_or_else(|findings| panic!("{findings:#?}"))
});

fn ms(at: &str) -> Timestamp {
    crate::environment::clock::parse_rfc3339(at).unwrap()
}

/// A case, told event by event.
struct Told {
    case: Case,
    ids: Ids,
}

impl Told {
    fn open(queue: &str, at: Timestamp) -> Self {
        let mut ids = Ids::new(at, 1 << 64);
        let id = CaseId::next(&mut ids);
        let event = json!({
            "type": "case_opened", "case": id, "customer": format!("cus_{}", "0".repeat(32)), "requester": "customer",
            "channel": "chat", "message": message(&mut ids, &json!({ "kind": "requester" })), "at": at,
        });
        let event: Event = serde_json::from_value(event).unwrap();
        let mut told = Self { case: Case::open(&event).unwrap(), ids };
        told.give(queue, at);
        told
    }

    fn apply(&mut self, event: Value) {
        self.case.apply(&serde_json::from_value(event).unwrap());
    }

    fn give(&mut self, queue: &str, at: Timestamp) {
        let id = DecisionId::next(&mut self.ids);
        let epoch = self.case.holder.as_ref().map_or(1, |holder| holder.epoch + 1);
        let package = json!({
            "messages": 1, "last_customer_message": null, "tried": [], "open_exceptions": [],
            "previous_decision": null, "waited_ms": 0,
        });
        self.apply(json!({
            "type": "decision_made",
            "decision": {
                "v": 1, "id": id, "case": self.case.id, "point": "route", "owner": "head-of-support",
                "trigger": { "kind": "case_opened" }, "at": at, "bundle": BANK.digest(), "holder": null, "handoffs": 0,
                "signals": {}, "candidates": [], "policies": {}, "outcome": { "kind": "assign", "responder": queue },
                "sequence": [],
            },
            "handoff": {
                "from": null, "to": { "responder": queue }, "accountable": "head-of-support", "epoch": epoch,
                "package": package,
            },
        }));
    }

    fn customer(&mut self, at: Timestamp) {
        let message = message(&mut self.ids, &json!({ "kind": "requester" }));
        self.apply(json!({ "type": "message_added", "message": message, "at": at }));
    }

    fn answer(&mut self, at: Timestamp) {
        let author = json!({ "kind": "holder", "holder": { "responder": "general" }, "epoch": 1 });
        let message = message(&mut self.ids, &author);
        self.apply(json!({ "type": "message_added", "message": message, "at": at }));
    }

    fn resolve(&mut self, at: Timestamp) {
        self.apply(json!({ "type": "case_resolved", "holder": { "responder": "general" }, "at": at }));
    }

    fn reopen(&mut self, at: Timestamp) {
        self.apply(json!({ "type": "case_reopened", "reason": { "commit": "0", "bytes": 1 }, "at": at }));
    }

    fn promise(&self) -> RunningClock<'static> {
        running(&BANK, &self.case).unwrap()
    }
}

fn message(ids: &mut Ids, author: &Value) -> Value {
    let words = json!({ "commit": "0", "bytes": 1 });
    json!({ "id": MessageId::next(ids), "author": author, "words": words })
}

#[test]
fn the_time_in_which_the_customer_was_awaited_is_taken_from_opening_hours() {
    // Monday 17:00, answered at 22:00; the customer writes on Tuesday at noon, when 60 of 480 minutes have passed.
    let mut told = Told::open("general", ms("2026-01-05T17:00:00Z"));
    told.answer(ms("2026-01-05T22:00:00Z"));
    assert!(running(&BANK, &told.case).is_none(), "the customer is awaited");
    told.customer(ms("2026-01-06T12:00:00Z"));
    let next = told.promise();
    assert_eq!((next.clock, next.due), (SlaClock::NextReply, ms("2026-01-06T13:30:00Z")));
    // Without an answer until 18:00 it is 420 minutes; the customer, awaited over the night, writes when they open.
    told.answer(ms("2026-01-06T18:00:00Z"));
    told.customer(ms("2026-01-07T08:00:00Z"));
    let last = told.promise();
    assert_eq!((last.clock, last.due), (SlaClock::Resolution, ms("2026-01-07T09:00:00Z")));
    assert_eq!(last.left_bp(ms("2026-01-07T08:30:00Z")), 30 * 10_000 / 480);
    assert_eq!(last.left_bp(ms("2026-01-07T09:00:00Z")), 0);
    assert!(last.risk < ms("2026-01-07T08:00:00Z").plus_ms(1), "a quarter of it is less than what is left");
}

#[test]
fn a_case_goes_to_another_calendar_with_the_time_that_was_spent() {
    // An hour of Monday in London's office; New York is open from 13:30 in UTC, and promises 900 minutes.
    let mut told = Told::open("general", ms("2026-01-05T17:00:00Z"));
    told.give("cards", ms("2026-01-06T10:00:00Z"));
    // Of the first reply 60 + 120 minutes were spent in London, more than is promised: it is over.
    assert_eq!(told.promise().due, ms("2026-01-06T10:00:00Z"));
    told.answer(ms("2026-01-06T10:00:00Z"));
    told.customer(ms("2026-01-06T10:00:00Z"));
    let spent = told.case.waits.as_ref().unwrap().over().len();
    assert_eq!(spent, 1, "what was spent in New York before it opened is no time");
    assert_eq!(told.promise().due, ms("2026-01-06T15:00:00Z"));
}

#[test]
fn a_case_that_was_closed_for_days_has_not_run_meanwhile() {
    let mut told = Told::open("general", ms("2026-01-05T09:00:00Z"));
    told.resolve(ms("2026-01-05T09:30:00Z"));
    told.reopen(ms("2026-01-12T08:00:00Z"));
    told.give("general", ms("2026-01-12T08:00:00Z"));
    assert_eq!(told.promise().left_bp(ms("2026-01-12T08:00:00Z")), 10_000);
    assert_eq!(told.promise().due, ms("2026-01-12T09:00:00Z"));
}

#[test]
fn a_clock_that_was_set_back_makes_nothing_negative() {
    let mut told = Told::open("general", ms("2026-01-05T12:00:00Z"));
    told.answer(ms("2026-01-05T09:05:00Z"));
    told.customer(ms("2026-01-05T09:06:00Z"));
    let promise = told.promise();
    assert_eq!(promise.left_bp(ms("2026-01-05T06:00:00Z")), 10_000);
    assert_eq!((promise.due, promise.clock), (ms("2026-01-05T10:36:00Z"), SlaClock::NextReply));
    assert_eq!(told.case.waited_ms(ms("2026-01-05T06:00:00Z")), 0);
}

/// What happens to a case, so many minutes after what came before.
#[derive(Debug, Clone, Copy)]
enum Turn {
    Customer,
    Answer,
    Give(usize),
    CloseAndReopen(i64),
}

fn any_turn() -> impl Strategy<Value = (i64, Turn)> {
    let turn = prop_oneof![
        3 => Just(Turn::Customer),
        3 => Just(Turn::Answer),
        2 => (0..3_usize).prop_map(Turn::Give),
        1 => (1..4_000_i64).prop_map(Turn::CloseAndReopen),
    ];
    (prop_oneof![0..30_i64, 0..3_000_i64], turn)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever happens to a case, each promise is kept until as many minutes as it promises were counted one by one:
    /// of those in which the customer waits, the ones in which the queue is open that has the case then.
    #[test]
    fn promises_are_due_when_their_minutes_have_been_counted(
        start in 0..520_000_i64,
        first in 0..3_usize,
        turns in prop::collection::vec(any_turn(), 0..14),
    ) {
        let mut at = ms("2026-01-01T00:00:00Z").plus_ms(start * MINUTE_MS);
        let opened = at;
        let mut told = Told::open(QUEUES[first], at);
        // Of each minute: whose hours count, if any do.
        let (mut counted, mut queue, mut waits): (Vec<Option<usize>>, usize, bool) = (Vec::new(), first, true);
        let mut waiting_from = 0;
        for (minutes, turn) in turns {
            counted.extend((0..minutes).map(|_| Some(queue).filter(|_| waits)));
            at = at.plus_ms(minutes * MINUTE_MS);
            match turn {
                Turn::Customer => {
                    told.customer(at);
                    if !waits {
                        waiting_from = counted.len();
                    }
                    waits = true;
                }
                Turn::Answer => {
                    told.answer(at);
                    waits = false;
                }
                Turn::Give(to) => {
                    told.give(QUEUES[to], at);
                    queue = to;
                }
                Turn::CloseAndReopen(closed) => {
                    told.resolve(at);
                    counted.extend((0..closed).map(|_| None));
                    at = at.plus_ms(closed * MINUTE_MS);
                    told.reopen(at);
                    told.give(QUEUES[queue], at);
                    (waits, waiting_from) = (true, counted.len());
                }
            }
        }
        let Some(promise) = running(&BANK, &told.case) else {
            prop_assert!(!waits);
            return Ok(());
        };
        prop_assert!(waits);
        let open = |minute: usize, queue: usize| {
            let at = opened.plus_ms(minute as i64 * MINUTE_MS);
            BANK.is_open(&ResponderId::new(QUEUES[queue]).unwrap(), at)
        };
        let worked = |from: usize| {
            let over = counted.iter().enumerate().skip(from);
            over.filter(|(minute, queue)| queue.is_some_and(|queue| open(*minute, queue))).count() as i64
        };
        let now = counted.len();
        let due = |from: usize, promised: i64| {
            let left = promised - worked(from);
            if left <= 0 {
                return None;
            }
            let mut ahead = (now..now + 200_000).filter(|minute| open(*minute, queue));
            let last = ahead.nth(usize::try_from(left - 1).unwrap())?;
            Some(opened.plus_ms((last as i64 + 1) * MINUTE_MS))
        };
        let reply = if told.case.replies == 0 { 60 } else { 90 };
        let (reply_due, end_due) = (due(waiting_from, reply), due(0, PROMISED[queue]));
        let sooner = match (reply_due, end_due) {
            (Some(reply), Some(end)) => Some(reply.min(end)),
            _ => None,
        };
        match sooner {
            Some(sooner) => prop_assert_eq!(promise.due, sooner),
            None => prop_assert!(promise.due <= at, "over already, and said to be due at {:?}", promise.due),
        }
        let (promised, from) = match promise.clock {
            SlaClock::Resolution => (PROMISED[queue], 0),
            _ => (reply, waiting_from),
        };
        let left = (promised - worked(from)) * 10_000;
        prop_assert_eq!(promise.left_bp(at), (left / promised).clamp(-1_000_000, 10_000));
        prop_assert!(promise.risk <= promise.due);
    }
}
