//! Who is offered what, over real HTTP: nobody who may not answer, nobody who works here no more; room that silent
//! customers leave; and who comes back.

use crate::{
    hands::OwnClock,
    harness::{Client, Server, epoch, id},
    sample_bundle::{BANK, bank_with, bank_with_file},
    staff::{answer, note, offered, presence, staff_client, work},
};
use remit_app::governance::services::Services;
use serde_json::{Value, json};
use std::sync::Arc;

const MINUTE: i64 = 60_000;

fn take(client: &Client, name: &str) -> Value {
    let one = work(client, name, |work| offered(work) == 1)["offered"][0].clone();
    let got = answer(client, &one, "accept");
    assert_eq!(got.status, 200, "{}", got.body);
    got.body["case"].clone()
}

fn now(client: &Client, case: &Value) -> Value {
    client.get(&format!("/v1/cases/{}", id(case))).body
}

fn events(client: &Client, case: &Value, kind: &str) -> Vec<Value> {
    let timeline = client.get(&format!("/v1/cases/{}/timeline?limit=200", id(case))).body;
    let items = timeline["items"].as_array().unwrap().iter().map(|item| item["event"].clone());
    items.filter(|event| event["type"] == kind).collect()
}

#[test]
fn who_is_removed_has_nothing_and_may_nothing_any_more() {
    let server = Server::start();
    let lead = server.client(&["lead", "admin", "integration"]);
    note(&lead, "ana", 2);
    let ana = staff_client(&server, "ana");
    presence(&ana, "ana", "available");
    let first = lead.open("carol", "I want to talk to a human about my transfer");
    let held = take(&ana, "ana");
    let hello = json!({ "text": "Hello", "epoch": epoch(&held) });
    assert_eq!(ana.post(&format!("/v1/cases/{}/messages", id(&held)), &hello).status, 201);
    // Who says anew that they are there has room for one more.
    presence(&ana, "ana", "busy");
    presence(&ana, "ana", "available");
    let second = lead.open("dora", "I want to talk to a human");
    work(&ana, "ana", |work| offered(work) == 1);
    assert_eq!(ana.delete("/v1/staff/ana").status, 403);
    assert_eq!(lead.delete("/v1/staff/ana").status, 204);
    // Nobody waits for an answer on the first one, and it goes back all the same.
    for case in [&first, &second] {
        let case = now(&lead, case);
        assert_eq!((&case["holder"]["staff"], &case["offer"]), (&Value::Null, &Value::Null), "{case}");
    }
    assert_eq!(ana.get("/v1/queues").status, 401, "their token stands no more");
    assert_eq!((lead.get("/v1/staff").body, lead.delete("/v1/staff/ana").status), (json!([]), 404));
    let history = lead.get("/v1/streams/staff/ana/timeline").body;
    assert_eq!(history["items"].as_array().unwrap().last().unwrap()["event"]["type"], "staff_removed");
    // Over a restart nothing of it comes back; and who is noted again begins anew.
    let data = server.stop();
    let server = Server::start_on(data, Arc::clone(&BANK), Services::none());
    let lead = server.client(&["lead", "admin"]);
    note(&lead, "ana", 2);
    assert_eq!(lead.get("/v1/staff").body[0]["presence"], "offline");
    let ana = staff_client(&server, "ana");
    presence(&ana, "ana", "available");
    work(&ana, "ana", |work| offered(work) >= 1);
}

#[test]
fn who_may_not_answer_is_passed_over_and_that_is_told() {
    let forbids = "\n@id(\"staff.not-ben\") @owner(\"head-of-support\") @reason(\"Ben is in training\")\n\
                   forbid (principal, action == Action::\"message.answer\", resource)\n\
                   when { principal has staff && principal.staff == \"ben\" };\n";
    let bundle = bank_with_file("policies/api-access.cedar", |policies| policies + forbids);
    let server = Server::start_with(bundle, Services::none());
    let lead = server.client(&["lead", "admin", "integration"]);
    note(&lead, "ben", 2);
    let ben = staff_client(&server, "ben");
    presence(&ben, "ben", "available");
    let case = lead.open("carol", "I want to talk to a human about my transfer");
    let passed = loop {
        let case = now(&lead, &case);
        if !case["passed_over"].is_null() {
            break case;
        }
    };
    assert_eq!((&passed["passed_over"], &passed["offer"]), (&json!(["ben"]), &Value::Null));
    let told = events(&lead, &case, "offer_withheld");
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0]["withheld"]["action"], "message.answer");
    assert_eq!(told[0]["withheld"]["policies"], json!(["staff.not-ben"]));
    // Whoever may answer is offered it.
    note(&lead, "ana", 1);
    let ana = staff_client(&server, "ana");
    presence(&ana, "ana", "available");
    assert_eq!(take(&ana, "ana")["id"], case["id"]);
    assert!(events(&lead, &case, "offer_made").iter().all(|event| event["offer"]["staff"] == "ana"));
}

#[test]
fn a_silent_customer_takes_no_room_until_they_write_again() {
    let clock = OwnClock::new();
    let silent = |toml: String| toml.replace("silence_hours", "silent_minutes = 10\nsilence_hours");
    let server = Server::start_under(bank_with(silent), &clock);
    let lead = server.client(&["lead", "admin", "integration"]);
    note(&lead, "ana", 1);
    let ana = staff_client(&server, "ana");
    presence(&ana, "ana", "available");
    let say = |case: &Value, text: &str| {
        let got = lead.post(&format!("/v1/cases/{}/messages", id(case)), &json!({ "text": text }));
        assert_eq!(got.status, 201, "{}", got.body);
    };
    lead.open("carol", "I want to talk to a human about my transfer");
    let first = take(&ana, "ana");
    let hello = json!({ "text": "Hello, what is it about?", "epoch": epoch(&first) });
    assert_eq!(ana.post(&format!("/v1/cases/{}/messages", id(&first)), &hello).status, 201);
    lead.open("dora", "I want to talk to a human");
    assert_eq!(offered(&work(&ana, "ana", |_| true)), 0);
    clock.forward_ms(11 * MINUTE);
    let second = take(&ana, "ana");
    assert_ne!(second["id"], first["id"]);
    // Above what they can hold nothing new comes.
    say(&first, "It is about Tuesday");
    lead.open("emma", "I want to talk to a human");
    assert_eq!(offered(&work(&ana, "ana", |_| true)), 0);
    let resolve = |case: &Value| {
        let got = ana.post(&format!("/v1/cases/{}/resolve", id(case)), &json!({ "epoch": epoch(case) }));
        assert_eq!(got.status, 200, "{}", got.body);
    };
    resolve(&second);
    assert_eq!(offered(&work(&ana, "ana", |_| true)), 0);
    resolve(&first);
    take(&ana, "ana");
}

#[test]
fn who_comes_back_gets_their_own_case_first() {
    let clock = OwnClock::new();
    let keep = |toml: String| toml.replace("silence_hours", "keep_minutes = 30\nsilence_hours");
    let server = Server::start_under(bank_with(keep), &clock);
    let lead = server.client(&["lead", "admin", "integration"]);
    note(&lead, "ana", 1);
    let ana = staff_client(&server, "ana");
    presence(&ana, "ana", "available");
    lead.open("carol", "I want to talk to a human about my transfer");
    let held = take(&ana, "ana");
    presence(&ana, "ana", "offline");
    while !now(&lead, &held)["holder"]["staff"].is_null() {}
    // Somebody who matters more waits by now.
    lead.open("dora", "There are people in my account, I want to talk to a human");
    clock.forward_ms(60 * MINUTE);
    presence(&ana, "ana", "available");
    assert_eq!(take(&ana, "ana")["id"], held["id"]);
}
