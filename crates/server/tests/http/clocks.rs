//! Clocks that are set, staff who go home, and what customers are told meanwhile.

use crate::{
    chat::{staff, take},
    customer::Customer,
    hands::{Hands, TwoClocks},
    harness::{Client, Server, epoch, id},
    staff::{answer, offered, presence, work},
};
use remit_app::environment::block_on::block_on;
use remit_app::governance::services::Services;
use remit_domain::{Case, signal::Value as Reads};
use remit_store::{CaseWrite, Commit, Journal as _, Views as _};
use serde_json::{Value, json};

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
/// A Tuesday in March at ten in the morning.
pub(crate) const TEN: i64 = 1_773_136_800_000;

/// What `read` gives once `enough` says so; what the server does by itself takes it up to a second to notice.
pub(crate) fn until<T>(mut read: impl FnMut() -> T, enough: impl Fn(&T) -> bool) -> T {
    loop {
        let got = read();
        if enough(&got) {
            return got;
        }
        std::thread::yield_now();
    }
}

pub(crate) fn case(lead: &Client, case: &Value) -> Value {
    lead.get(&format!("/v1/cases/{}", id(case))).body
}

pub(crate) fn decision(lead: &Client, case: &Value) -> Value {
    lead.get(&format!("/v1/decisions/{}", case["decision"].as_str().unwrap())).body
}

fn say(lead: &Client, case: &Value, text: &str) {
    let got = lead.post(&format!("/v1/cases/{}/messages", id(case)), &json!({ "text": text }));
    assert_eq!(got.status, 201, "{}", got.body);
}

fn reply(staff: &Client, case: &Value, text: &str) {
    let body = json!({ "text": text, "epoch": epoch(case) });
    let got = staff.post(&format!("/v1/cases/{}/messages", id(case)), &body);
    assert_eq!(got.status, 201, "{}", got.body);
}

/// Chats, offers and their ends go on over a clock that is set by so much.
fn goes_on_when_the_clock_is_set(by_ms: i64) {
    let clocks = TwoClocks::at(TEN);
    let server = Server::start_on_clock(Box::new(clocks.clone()), Services::none());
    let lead = server.client(&["lead", "admin"]);
    let ana = staff(&server, &lead, "ana", "Ana");
    let ann = Customer::of(&lead, "ann");
    ann.say("I want to talk to a human about my transfer");
    let first = work(&ana, "ana", |work| offered(work) == 1)["offered"][0]["offer"]["id"].clone();
    clocks.set_by(by_ms);
    // What a customer may say at once, and one again after a while.
    let said = |text: &str| ann.post("messages", &json!({ "text": text })).status;
    let taken = (0..40).filter(|n| said(&format!("line {n}")) == 204).count();
    assert!((1..40).contains(&taken), "{taken}");
    clocks.pass(3_000);
    assert_eq!((said("one more"), said("and another")), (204, 429));
    // The offer that was made before ends in its time, and another is made in its own: at once, where the case went to
    // another queue meanwhile, so that there may be no moment without any.
    clocks.pass(61 * 1_000 + 1_000);
    let is_first = |case: &Value| case["offer"]["id"] == first;
    work(&ana, "ana", |work| !work["offered"].as_array().unwrap().iter().any(is_first));
    clocks.pass(11 * MINUTE_MS);
    if by_ms > 0 {
        // What was promised to ann is over by the clock on the wall, so that her case may be somebody else's by now.
        lead.open("bob", "I want to talk to a human about my transfer");
    }
    // Where the end of the offer before came to the floor only after that, another while has to pass; and an offer that
    // is made just before it does is over by then.
    let mut asked = 0;
    let taken = until(
        || {
            asked += 1;
            if asked % 3_000 == 0 {
                clocks.pass(11 * MINUTE_MS);
            }
            let work = ana.get("/v1/staff/ana/work").body;
            work["offered"].get(0).map(|offer| answer(&ana, offer, "accept"))
        },
        |taken| taken.as_ref().is_some_and(|taken| taken.status == 200),
    );
    let again = taken.unwrap().body["case"].clone();
    reply(&ana, &again, "I have it.");
    if by_ms < 0 {
        assert_eq!(ann.status()["text"], "Ana is with you.");
    }
    for queue in lead.get("/v1/queues").body.as_array().unwrap() {
        assert!(queue["expected_wait_ms"].as_i64().unwrap_or(0) >= 0, "{queue}");
    }
    let waited = |events: &Value| {
        let items = events["items"].as_array().unwrap().clone();
        items.iter().filter_map(|item| item["event"]["handoff"]["package"]["waited_ms"].as_i64()).collect::<Vec<_>>()
    };
    let told = lead.get(&format!("/v1/cases/{}/timeline?limit=200", id(&again))).body;
    assert!(waited(&told).iter().all(|ms| *ms >= 0), "{told}");
}

#[test]
fn a_clock_that_is_set_back_for_three_hours_stops_no_chat_and_no_offer() {
    goes_on_when_the_clock_is_set(-3 * HOUR_MS);
}

#[test]
fn a_clock_that_is_set_ahead_for_three_hours_stops_no_chat_and_no_offer() {
    goes_on_when_the_clock_is_set(3 * HOUR_MS);
}

#[test]
fn who_goes_home_leaves_the_case_to_others_once_its_customer_waits() {
    let clocks = TwoClocks::at(TEN);
    let server = Server::start_on_clock(Box::new(clocks.clone()), Services::none());
    let lead = server.client(&["lead", "admin"]);
    let ana = staff(&server, &lead, "ana", "Ana");
    let ann = Customer::of(&lead, "ann");
    ann.say("I want to talk to a human about my transfer");
    let held = take(&ana, "ana");
    reply(&ana, &held, "Where did you send it?");
    assert_eq!(ann.status()["text"], "Ana is with you.");
    presence(&ana, "ana", "offline");
    // It stays hers while the customer has nothing to ask, and nobody is told that she is there.
    assert_eq!(ann.status()["text"], "Ana is not here right now. Write, and Ana or a colleague will answer.");
    assert_eq!(case(&lead, &held)["holder"]["staff"], "ana");
    ann.say("My transfer has still not arrived");
    let back = until(|| case(&lead, &held), |case| case["holder"].get("staff").is_none());
    assert_eq!(back["holder"]["name"], held["holder"]["name"], "the queue has it, and nobody else");
    let why = decision(&lead, &back);
    assert_eq!(why["decision"]["trigger"], json!({ "kind": "staff_gone", "staff": "ana" }), "{why}");
    assert!(why["explanation"].to_string().contains("`ana`, who had the case, is not there"), "{why}");
    let replay = lead.post(&format!("/v1/decisions/{}/replay", back["decision"].as_str().unwrap()), &json!({}));
    assert_eq!(replay.body["same"], true, "{}", replay.body);
    let status = ann.status();
    assert_eq!(status.get("wait_minutes"), None, "{status}");
    assert!(
        status["text"].as_str().unwrap().ends_with(": nobody is here right now, so we can't say how long."),
        "{status}"
    );
    let told = ann.conversation()["messages"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(
        (&told["author"], told["text"].as_str().unwrap().starts_with("A person will answer")),
        (&json!("remit"), true)
    );
    // Days later she is back, and has it first.
    clocks.pass(HOUR_MS);
    presence(&ana, "ana", "available");
    let again = take(&ana, "ana");
    assert_eq!(id(&again), id(&held));
    // She goes while the customer waits already: who is there is asked at once.
    let ben = staff(&server, &lead, "ben", "Ben");
    presence(&ana, "ana", "offline");
    let bens = take(&ben, "ben");
    assert_eq!(id(&bens), id(&held));
    assert_eq!(bens["human_requested"], case(&lead, &held)["human_requested"]);
}

#[test]
fn who_is_away_for_long_leaves_the_case_too_and_a_restart_forgets_nobody_who_has_gone() {
    let clocks = TwoClocks::at(TEN);
    let server = Server::start_on_clock(Box::new(clocks.clone()), Services::none());
    let lead = server.client(&["lead", "admin"]);
    let ana = staff(&server, &lead, "ana", "Ana");
    let first = lead.open("ann", "I want to talk to a human about my transfer");
    let second = lead.open("bob", "I want to talk to a human about my account");
    // Work comes back to somebody one by one.
    let two = || {
        let first = take(&ana, "ana");
        clocks.pass(2 * MINUTE_MS);
        [first, take(&ana, "ana")]
    };
    let held = two();
    presence(&ana, "ana", "away");
    clocks.pass(14 * MINUTE_MS);
    say(&lead, &first, "My transfer has still not arrived");
    // Something that the floor looks at, so that it has looked.
    let ben = staff(&server, &lead, "ben", "Ben");
    presence(&ben, "ben", "offline");
    assert_eq!(case(&lead, &first)["holder"]["staff"], "ana");
    clocks.pass(2 * MINUTE_MS);
    for case_of in [&first, &second] {
        until(|| case(&lead, case_of), |case| case["holder"].get("staff").is_none());
    }
    presence(&ana, "ana", "available");
    let again = two();
    assert_eq!(again.len(), held.len());
    let mine = &again[0];
    reply(&ana, mine, "I am back.");
    presence(&ana, "ana", "offline");
    let data = server.stop();
    let server = Server::start_on(data, crate::sample_bundle::bank_with(|toml| toml), Services::none());
    let lead = server.client(&["lead", "admin"]);
    // The other one's customer was waiting when she left.
    let other = &again[1];
    until(|| case(&lead, other), |case| case["holder"].get("staff").is_none());
    assert_eq!(case(&lead, mine)["holder"]["staff"], "ana");
    say(&lead, mine, "My transfer has still not arrived");
    until(|| case(&lead, mine), |case| case["holder"].get("staff").is_none());
}

#[test]
fn where_nobody_s_presence_was_ever_noted_no_figure_is_told() {
    let clocks = TwoClocks::at(TEN);
    let server = Server::start_on_clock(Box::new(clocks.clone()), Services::none());
    let lead = server.client(&["lead", "admin"]);
    let ann = Customer::of(&lead, "ann");
    ann.say("I want to talk to a human about my transfer");
    let status = ann.status();
    assert_eq!((&status["state"], status.get("wait_minutes")), (&json!("waiting"), None), "{status}");
    assert!(status["text"].as_str().unwrap().ends_with("we can't say how long right now."), "{status}");
    let held = lead.get("/v1/cases").body["items"][0].clone();
    let told = lead.get(&format!("/v1/cases/{}/messages", id(&held))).body;
    assert!(told.to_string().contains("will answer. We can't say how long that takes."), "{told}");
    // A desk that is closed says when it opens.
    let to = json!({ "to": "cards", "reason": "it is about a card" });
    assert_eq!(lead.post(&format!("/v1/cases/{}/overrides", id(&held)), &to).status, 201);
    clocks.pass(13 * HOUR_MS);
    let lead = server.client(&["lead", "admin"]);
    let start = json!({ "customer": "ann", "case": id(&held) });
    let status = Customer::start(&lead, &start).status();
    assert!(
        status["text"]
            .as_str()
            .unwrap()
            .ends_with(": we are closed now, and open again on Wednesday 11 March, 07:00 (GMT)."),
        "{status}"
    );
    assert_eq!(status["opens_at"], "2026-03-11T07:00:00.000Z");
}

/// The state of a case as an earlier version of the program kept it.
fn as_kept_before(state: &[u8]) -> Vec<u8> {
    let mut state: Value = serde_json::from_slice(state).unwrap();
    let fields = state.as_object_mut().unwrap();
    assert!(fields.remove("waits").is_some());
    fields.insert("awaited_since".into(), json!(TEN));
    fields.insert("awaited_ms".into(), json!(HOUR_MS));
    serde_json::to_vec(&state).unwrap()
}

#[test]
fn a_case_that_an_earlier_version_kept_is_read_and_goes_on_as_its_records_say() {
    let hands = Hands::at(TEN);
    let server = Server::start_on_clock(Box::new(hands.clone()), Services::none());
    let lead = server.client(&["lead", "admin"]);
    let opened = lead.open("ann", "I want to talk to a human about my transfer");
    hands.pass(10 * MINUTE_MS);
    reply(&lead, &opened, "Where did you send it?");
    hands.pass(HOUR_MS);
    let row = block_on(server.app.journal.store().case(&id(&opened))).unwrap().unwrap();
    let kept: Case = serde_json::from_slice(&row.state).unwrap();
    let holder = kept.holder.clone().unwrap();
    let intent = kept.readings.of("intent").find_map(|reading| match &reading.value {
        Reads::Name(name) => Some(name.to_string()),
        _ => None,
    });
    let write = CaseWrite {
        id: row.id.clone(),
        expected_version: row.version,
        version: row.version,
        status: kept.status.as_str().to_owned(),
        holder: Some(holder.who.name().to_owned()),
        holder_kind: Some("responder".to_owned()),
        accountable: Some(holder.accountable.to_string()),
        customer: kept.customer.to_string(),
        intent,
        opened_ms: kept.opened.0,
        updated_ms: kept.updated.0,
        state: as_kept_before(&row.state),
    };
    let commit = Commit { case: Some(write), ..Commit::default() };
    tokio::runtime::Runtime::new()
        .unwrap()
        .block_on(server.app.journal.store().commit(commit, remit_store::InFlight::default()))
        .unwrap();
    let stored = block_on(server.app.journal.store().case(&id(&opened))).unwrap().unwrap();
    assert!(serde_json::from_slice::<Value>(&stored.state).unwrap().get("waits").is_none());
    // That is how it was left, and it is as its records say: `ledger verify` is held against it at the end of each
    // test.
    let data = server.stop();
    let key = remit_ledger::checkpoint::Signer::new(remit_app::vault::keys::ORIGIN, &[0; 32]).verifier();
    let wrong: Vec<_> = crate::harness::verified(data.path(), &key).problems;
    assert!(!wrong.iter().any(|problem| format!("{problem:?}").starts_with("Case")), "{wrong:?}");
    let server = Server::resume(data, Box::new(hands.clone()));
    let lead = server.client(&["lead", "admin"]);
    say(&lead, &opened, "My transfer has still not arrived");
    let row = block_on(server.app.journal.store().case(&id(&opened))).unwrap().unwrap();
    let state: Value = serde_json::from_slice(&row.state).unwrap();
    let over = json!([{ "queue": kept.holder.unwrap().who.name(), "from": TEN, "until": TEN + 10 * MINUTE_MS }]);
    assert_eq!((&state["waits"]["over"], state.get("awaited_ms")), (&over, None), "{state}");
    assert_eq!(state["waiting_since"], TEN + 10 * MINUTE_MS + HOUR_MS);
}
