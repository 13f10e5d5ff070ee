//! What capacity is planned on, held against days of real messages: what moved is proposed once, decided on record,
//! and what was predicted is scored.

use crate::{
    chat::{refused, take},
    clocks::TEN,
    expected::put,
    hands::Hands,
    harness::{Client, Server, epoch, id, verified_served},
    sample_bundle::bank_and,
    staff::{presence, staff_client},
};
use remit_app::{
    capacity::{baseline, days::DemandWatch},
    governance::services::Services,
    refused::Kind,
    token::{self, NewToken},
};
use remit_ledger::checkpoint::Verifier;
use remit_policy::bundle::Bundle;
use remit_store::sqlite::DATABASE;
use serde_json::{Value, json};
use std::sync::Arc;

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;
const PROPOSALS: &str = "/v1/capacity/proposals";
/// The one queue that may have what is said.
const QUEUE: &str = "general";
const TEXT: &str = "I want to talk to a human about my transfer";
const ONLY: &str = r#"
@id("queue.only-one") @owner("head-of-support") @reason("What comes goes to one queue, however much it is")
forbid (principal is Queue, action == Action::"handle", resource) unless { principal == Queue::"general" };
"#;

/// A support to which so many come each day.
struct Desk {
    server: Server,
    bundle: Arc<Bundle>,
    clock: Hands,
    lead: Client,
    watch: DemandWatch,
    came: usize,
}

fn client(server: &Server, roles: &[&str]) -> Client {
    let new = NewToken {
        name: "test".into(),
        roles: roles.iter().map(|role| (*role).to_owned()).collect(),
        responder: None,
        source: None,
        sources: Vec::new(),
        staff: None,
        days: 300,
    };
    server.client_with(&token::make(&server.succession().current(), new).unwrap().token)
}

impl Desk {
    /// From the beginning of a Tuesday on.
    fn open() -> Self {
        let clock = Hands::at(TEN - 10 * HOUR_MS);
        let bundle = bank_and("", &[("policies/only.cedar", ONLY)]);
        let server = Server::start_under_clock(Arc::clone(&bundle), Box::new(clock.clone()), Services::none());
        let lead = client(&server, &["lead", "admin"]);
        Self { server, bundle, clock, lead, watch: DemandWatch::default(), came: 0 }
    }

    /// So many come on a day, at nine, and give up; then the day is over.
    fn day(&mut self, count: usize) {
        self.clock.pass(9 * HOUR_MS);
        self.come(count);
        self.clock.pass(15 * HOUR_MS);
    }

    fn come(&mut self, count: usize) {
        for _ in 0..count {
            self.came += 1;
            let case = self.lead.open(&format!("c{}", self.came), TEXT);
            assert_eq!(case["holder"]["name"], QUEUE, "{case}");
            let gone = self.lead.post(&format!("/v1/cases/{}/abandon", id(&case)), &json!({}));
            assert_eq!(gone.status, 200, "{}", gone.body);
        }
    }

    /// As the server does once a day.
    fn look(&mut self) {
        let app = self.server.succession().current();
        loop {
            match self.server.wait_for(baseline::look(&app, &mut self.watch)) {
                Ok(()) => return,
                // The server itself was first.
                Err(refused) if [Kind::Conflict, Kind::Changed].contains(&refused.kind) => {}
                Err(refused) => panic!("{refused:?}"),
            }
        }
    }

    fn days(&mut self, days: usize, count: usize) {
        for _ in 0..days {
            self.day(count);
            self.look();
        }
    }

    /// Days of so many until something is proposed; says after how many.
    fn until_proposed(&mut self, count: usize) -> usize {
        let before = self.proposals().len();
        for day in 1..=28 {
            self.days(1, count);
            if self.proposals().len() > before {
                return day;
            }
        }
        panic!("nothing is proposed: {:#?}", self.levels());
    }

    fn proposals(&self) -> Vec<Value> {
        let got = self.lead.get(PROPOSALS);
        assert_eq!(got.status, 200, "{}", got.body);
        got.body["items"].as_array().unwrap().clone()
    }

    fn decide(&self, proposal: &Value, how: &str, reason: &str) -> Value {
        let got = self.lead.post(&format!("{PROPOSALS}/{}/{how}", id(proposal)), &json!({ "reason": reason }));
        assert_eq!(got.status, 200, "{}", got.body);
        got.body
    }

    /// What is on record of levels of the queue: how each changed.
    fn levels(&self) -> Vec<Value> {
        let told = self.lead.get(&format!("/v1/streams/capacity/{QUEUE}/timeline?limit=200")).body;
        let items = told["items"].as_array().cloned().unwrap_or_default();
        items.into_iter().map(|item| item["event"].clone()).collect()
    }

    /// The same after a restart.
    fn restarted(self) -> Self {
        let Self { server, bundle, clock, came, .. } = self;
        let place = (server.stop(), Arc::clone(&bundle));
        let server = Server::resume_under_clock(place, Box::new(clock.clone()), Services::none());
        let lead = client(&server, &["lead", "admin"]);
        Self { server, bundle, clock, lead, watch: DemandWatch::default(), came }
    }
}

fn day_of(moment: &Value) -> i64 {
    let at = remit_app::environment::clock::parse_rfc3339(moment.as_str().unwrap()).unwrap();
    (at.0 - (TEN - 10 * HOUR_MS)) / DAY_MS
}

#[test]
fn what_moved_is_proposed_once_and_planned_on_once_that_is_accepted() {
    let mut desk = Desk::open();
    // The first day is not whole; nothing is known before four weeks are there.
    desk.days(28, 6);
    assert!(desk.levels().is_empty(), "{:#?}", desk.levels());
    desk.days(2, 6);
    let learned = desk.levels();
    let volume = learned.iter().find(|one| one["measure"] == "volume").unwrap();
    assert_eq!(volume["change"]["planned"]["level"], 6_000_000, "{volume}");
    assert_eq!((desk.proposals(), learned.len()), (Vec::new(), 1), "{learned:#?}");
    // From day 30 on more than twice as many come.
    let after = desk.until_proposed(14);
    desk.days(5, 14);
    let proposed = desk.proposals();
    let [proposal] = proposed.as_slice() else { panic!("{proposed:#?}") };
    let of = |member: &str| proposal[member].clone();
    let expected = json!([QUEUE, "volume", "open", "duty-manager", true, 6_000_000]);
    let told = json!([of("queue"), of("measure"), of("state"), of("owner"), of("is_up"), of("before")]);
    assert_eq!(told, expected, "{proposal:#}");
    assert!((29..=32).contains(&day_of(&proposal["since"])), "{proposal:#}");
    assert_eq!(day_of(&proposal["found"]), 30 + after as i64, "{proposal:#}");
    assert!(proposal["once_in_days"].as_u64() >= Some(365), "{proposal:#}");
    let number = |at: &str| proposal.pointer(at).and_then(Value::as_i64).unwrap();
    assert!((12_500_000..=15_500_000).contains(&number("/after/mean")), "{proposal:#}");
    assert!(number("/after/low") < number("/after/mean") && number("/after/mean") < number("/after/high"));
    assert!(number("/predicted/low") < 14_000_000 && number("/predicted/high") > 14_000_000, "{proposal:#}");
    // Nobody had any of it in hand, and AI kept nothing of it: what cannot be said is said, with why.
    assert_eq!(proposal["staffing"], json!({ "kind": "unsaid", "why": "no_handling" }));
    assert_eq!(proposal["threshold"], json!({ "kind": "unsaid", "why": "too_few_cases", "cases": 0 }));
    // Who may not is refused, what is none is told, and a reason is wanted.
    let at = format!("{PROPOSALS}/{}", id(proposal));
    assert_eq!(desk.lead.get(&at).body, *proposal);
    let auditor = client(&desk.server, &["auditor"]);
    assert_eq!(auditor.get(&at).status, 200);
    refused(&auditor.post(&format!("{at}/accept"), &json!({ "reason": "so" })), 403, "forbidden", "capacity.decide");
    refused(&client(&desk.server, &["integration"]).get(PROPOSALS), 403, "forbidden", "capacity.read");
    refused(&desk.lead.post(&format!("{at}/accept"), &json!({ "reason": "" })), 422, "invalid", "reason");
    let nobody = format!("{PROPOSALS}/pro_01KKBK0TF82Z5S8TC0Z2V1A000");
    refused(&desk.lead.get(&nobody), 404, "not_found", "no such proposal");
    refused(&desk.lead.post(&format!("{nobody}/decline"), &json!({ "reason": "so" })), 404, "not_found", "");
    assert_eq!(put(&desk.lead, &at, &json!({})).status, 405);
    // It is planned on from then on: as many raise nothing, and what was decided is decided.
    let accepted = desk.decide(proposal, "accept", "a shop that we are with has opened");
    let told = json!([accepted["state"], accepted["reason"], accepted["decided_by"]]);
    assert_eq!(told, json!(["accepted", "a shop that we are with has opened", "test"]));
    for how in ["accept", "decline"] {
        let again = desk.lead.post(&format!("{at}/{how}"), &json!({ "reason": "again" }));
        refused(&again, 409, "conflict", "was accepted");
    }
    let mut desk = desk.restarted();
    desk.days(28, 14);
    let after = desk.proposals();
    let [scored] = after.as_slice() else { panic!("{after:#?}") };
    let score = json!({ "came": 14_000_000, "held": true, "days": 28 });
    assert_eq!((&scored["state"], &scored["score"]), (&json!("accepted"), &score), "{scored:#}");
    // The other way it is proposed from the new level, down to the old one.
    desk.until_proposed(6);
    let fell = desk.proposals()[0].clone();
    assert_eq!((&fell["measure"], &fell["is_up"]), (&json!("volume"), &json!(false)), "{fell:#}");
    assert!(fell["before"].as_i64() > Some(12_500_000), "{fell:#}");
    let kinds: Vec<Value> = desk.levels().iter().map(|one| one["change"]["kind"].clone()).collect();
    let volume = ["learned", "proposed", "accepted", "scored"];
    assert!(volume.iter().all(|kind| kinds.contains(&json!(kind))), "{kinds:?}");
    // All of it is held against its records, and what is changed beside them is found.
    let key = Verifier::parse(desk.lead.get("/ledger/key").body.as_str().unwrap().trim()).unwrap();
    let data = desk.server.stop();
    let problems = verified_served(data.path(), &key).problems;
    assert!(problems.is_empty(), "{problems:?}");
    let database = rusqlite::Connection::open(data.path().join(DATABASE)).unwrap();
    let changed = database.execute("DELETE FROM items WHERE kind = 'baseline proposal'", []).unwrap();
    assert_eq!(changed, 2);
    drop(database);
    let problems = verified_served(data.path(), &key).problems;
    assert_eq!(problems.len(), 2, "{problems:?}");
}

#[test]
fn what_is_declined_is_not_proposed_again_until_it_moves_on() {
    let mut desk = Desk::open();
    desk.days(30, 6);
    desk.until_proposed(14);
    let proposal = desk.proposals()[0].clone();
    let declined = desk.decide(&proposal, "decline", "a campaign, which ends");
    assert_eq!(declined["state"], "declined");
    // It stays so: nothing is proposed.
    desk.days(20, 14);
    assert_eq!(desk.proposals().len(), 1, "{:#?}", desk.proposals());
    // It moves on, and is proposed again, from what is planned on.
    desk.until_proposed(32);
    let again = desk.proposals()[0].clone();
    let told = json!([again["before"], again["is_up"], again["state"]]);
    assert_eq!(told, json!([6_000_000, true, "open"]), "{again:#}");
    assert!(again["after"]["mean"].as_i64() > Some(25_000_000), "{again:#}");
    desk.decide(&again, "decline", "it ends soon");
    // And back where it was: that is noted, proposed is nothing, and what was predicted did not come.
    desk.days(36, 6);
    let all = desk.proposals();
    let kinds: Vec<Value> = desk.levels().iter().map(|one| one["change"]["kind"].clone()).collect();
    assert_eq!(all.len(), 2, "{all:#?}");
    assert!(kinds.contains(&json!("returned")), "{kinds:?}");
    assert_eq!(all[0]["score"]["held"], false, "{:#}", all[0]);
    let desk = desk.restarted();
    assert_eq!(desk.proposals(), all);
}

#[test]
fn what_it_takes_is_proposed_with_what_comes_of_it() {
    let mut desk = Desk::open();
    desk.days(10, 6);
    // Somebody takes one, for half an hour, and then works here no more.
    desk.clock.pass(9 * HOUR_MS);
    let note = json!({
        "name": "ana", "first_name": "Ana", "queues": [QUEUE], "languages": { "en": 5 }, "skills": { "general": 3 },
        "capacity": { "chat": 1 },
    });
    assert_eq!(desk.lead.post("/v1/staff", &note).status, 200);
    let ana = staff_client(&desk.server, "ana");
    presence(&ana, "ana", "available");
    let case = desk.lead.open("ann", TEXT);
    let taken = take(&ana, "ana");
    desk.clock.pass(HOUR_MS / 2);
    let said = ana.post(
        &format!("/v1/cases/{}/messages", id(&case)),
        &json!({ "text": "It is on its way", "epoch": epoch(&taken) }),
    );
    assert_eq!(said.status, 201, "{}", said.body);
    let done = ana.post(&format!("/v1/cases/{}/resolve", id(&case)), &json!({ "epoch": epoch(&taken) }));
    assert_eq!(done.status, 200, "{}", done.body);
    assert_eq!(desk.lead.delete("/v1/staff/ana").status, 204);
    desk.come(5);
    desk.clock.pass(29 * HOUR_MS / 2);
    desk.days(19, 6);
    desk.until_proposed(16);
    let proposal = desk.proposals()[0].clone();
    let staffing = &proposal["staffing"]["staffing"];
    assert_eq!(proposal["staffing"]["kind"], "people", "{proposal:#}");
    assert!(staffing["proposed"].as_u64() >= staffing["people"].as_u64(), "{staffing}");
    for share in ["before", "unchanged", "changed"] {
        assert!(staffing[share]["bp"].as_i64().is_some_and(|bp| (0..=10_000).contains(&bp)), "{staffing}");
    }
    // Cases come at nine.
    assert_eq!(staffing["hour"].as_u64().map(|hour| hour % 24), Some(9), "{staffing}");
}
