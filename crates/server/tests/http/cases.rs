//! The life of a case over HTTP.

use crate::harness::{Server, epoch, id};
use serde_json::json;
use std::collections::BTreeSet;

const CARD: &str = "My card still has not arrived after two weeks, when will it come?";

#[test]
fn a_case_is_opened_answered_handed_over_resolved_and_reopened() {
    let server = Server::start();
    let client = server.client(&["integration", "lead"]);
    let case = client.open("ann", "Can I talk to a real person please, my card payment was declined");
    assert_eq!(case["holder"]["kind"], "responder");
    assert_eq!(case["human_requested"], true);
    assert!(!case["holder"]["name"].as_str().unwrap().ends_with("-ai"), "{case}");
    assert!(case["customer"].as_str().unwrap().starts_with("cus_"));
    let at = format!("/v1/cases/{}", id(&case));

    let answered = client.post(&format!("{at}/messages"), &json!({ "text": "Hello, I am Bo.", "epoch": epoch(&case) }));
    assert_eq!(answered.status, 201, "{}", answered.body);
    let moved = client.post(
        &format!("{at}/handoffs"),
        &json!({ "epoch": epoch(&case), "reason": "wrong_team", "note": "for cards" }),
    );
    assert_eq!(moved.status, 201, "{}", moved.body);
    let case = &moved.body["case"];
    let resolved = client.post(&format!("{at}/resolve"), &json!({ "epoch": epoch(case) }));
    assert_eq!((resolved.status, &resolved.body["case"]["status"]), (200, &json!("resolved")), "{}", resolved.body);
    let reopened = client.post(&format!("{at}/reopen"), &json!({ "reason": "it is declined again" }));
    assert_eq!((reopened.status, &reopened.body["case"]["status"]), (200, &json!("open")), "{}", reopened.body);
    assert_eq!(client.get(&at).body["status"], "open");

    let messages = client.get(&format!("{at}/messages")).body;
    let said = |remit: bool| -> Vec<&str> {
        let by = messages["items"].as_array().unwrap().iter().filter(|m| (m["author"] == "remit") == remit);
        by.map(|m| m["text"].as_str().unwrap()).collect()
    };
    assert_eq!(said(false), ["Can I talk to a real person please, my card payment was declined", "Hello, I am Bo."]);
    // Every change of holder was announced.
    let desks: Vec<bool> = said(true).iter().map(|told| told.starts_with("A person of our ")).collect();
    assert_eq!(desks, [true, true, true], "{messages}");
    let timeline = client.get(&format!("{at}/timeline")).body;
    let kinds: Vec<&str> =
        timeline["items"].as_array().unwrap().iter().map(|item| item["event"]["type"].as_str().unwrap()).collect();
    assert!(kinds.starts_with(&["case_opened", "signals_measured", "decision_made"]), "{kinds:?}");
    assert!(kinds.ends_with(&["case_resolved", "case_reopened", "decision_made"]), "{kinds:?}");
}

#[test]
fn lists_are_walked_by_cursor_and_filtered() {
    let server = Server::start();
    let client = server.client(&["integration", "lead"]);
    let opened: BTreeSet<String> = (0..7).map(|n| id(&client.open(&format!("c{n}"), CARD))).collect();
    let (mut seen, mut after) = (Vec::new(), String::new());
    loop {
        let page = client.get(&format!("/v1/cases?limit=3{after}")).body;
        seen.extend(page["items"].as_array().unwrap().iter().map(id));
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
    }
    assert_eq!(seen.len(), 7, "each once");
    assert!(seen.is_sorted_by(|a, b| a > b), "newest first");
    assert_eq!(seen.into_iter().collect::<BTreeSet<_>>(), opened);
    let holder = client.get("/v1/cases?limit=1").body["items"][0]["holder"]["name"].as_str().unwrap().to_owned();
    let held = client.get(&format!("/v1/cases?holder={holder}&status=open")).body;
    assert!(held["items"].as_array().unwrap().iter().all(|case| case["holder"]["name"] == *holder));
    assert_eq!(client.get("/v1/cases?status=resolved").body["items"], json!([]));
}

#[test]
fn asking_where_a_case_would_go_records_nothing() {
    let server = Server::start();
    let client = server.client(&["integration"]);
    let before = client.get("/readyz").body["records"].clone();
    let asked = client.post("/v1/route", &json!({ "customer": "ann", "text": CARD, "channel": "chat" }));
    assert_eq!(asked.status, 200, "{}", asked.body);
    assert_eq!(asked.body["decision"]["candidates"].as_array().unwrap().len(), 12);
    assert_eq!(asked.body["decision"]["trigger"]["kind"], "asked");
    assert_eq!(client.get("/readyz").body["records"], before);
    let opened = client.open("ann", CARD);
    assert_eq!(opened["holder"]["name"], asked.body["decision"]["outcome"]["responder"], "the same is decided");
}

#[test]
fn of_an_ai_that_answers_late_nothing_takes_effect() {
    let server = Server::start();
    let ai = server.client(&["integration", "lead"]);
    let case = ai.open("ann", CARD);
    let (at, stale) = (format!("/v1/cases/{}", id(&case)), epoch(&case));
    let wrote = ai.post(&format!("{at}/messages"), &json!({ "text": "I want to speak to a human" }));
    let now = &wrote.body["case"];
    assert_eq!(epoch(now), stale + 1, "{}", wrote.body);
    let version = now["version"].clone();
    for (path, body) in [
        ("messages", json!({ "text": "Your card is on its way!", "epoch": stale })),
        ("handoffs", json!({ "epoch": stale, "reason": "unsure" })),
        ("resolve", json!({ "epoch": stale })),
        ("resolve", json!({ "epoch": stale + 7 })),
    ] {
        let refused = ai.post(&format!("{at}/{path}"), &body);
        assert_eq!((refused.status, &refused.body["type"]), (409, &json!("/problems/lease_lost")), "{}", refused.body);
        assert_eq!(refused.body["current_epoch"], stale + 1);
    }
    assert_eq!(ai.get(&at).body["version"], version);
    let texts = ai.get(&format!("{at}/messages")).body.to_string();
    assert!(!texts.contains("on its way"), "{texts}");
}

#[test]
fn of_many_who_take_the_case_at_once_one_does() {
    let server = Server::start();
    let client = server.client(&["integration", "lead"]);
    let case = client.open("ann", CARD);
    let (at, held) = (format!("/v1/cases/{}/handoffs", id(&case)), epoch(&case));
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let hand = || client.post(&at, &json!({ "epoch": held, "reason": "unsure" })).status;
        let threads: Vec<_> = (0..12).map(|_| scope.spawn(hand)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 1, "{statuses:?}");
    assert!(statuses.iter().all(|status| [201, 409].contains(status)), "{statuses:?}");
}

#[test]
fn the_same_request_twice_is_carried_out_once() {
    let server = Server::start();
    let client = server.client(&["integration", "lead"]);
    let body = json!({ "customer": "ann", "text": CARD, "channel": "chat" });
    let answers: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| client.post_once("/v1/cases", "key-1", &body))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let ids: BTreeSet<String> = answers.iter().map(|got| id(&got.body["case"])).collect();
    assert_eq!(ids.len(), 1);
    let replayed = |got: &&crate::harness::Got| got.headers.contains_key("idempotency-replayed");
    assert_eq!(answers.iter().filter(replayed).count(), 7);
    assert_eq!(client.get("/v1/cases").body["items"].as_array().unwrap().len(), 1);

    let other = client.post_once("/v1/cases", "key-1", &json!({ "customer": "bob", "text": CARD, "channel": "chat" }));
    assert_eq!((other.status, &other.body["type"]), (409, &json!("/problems/idempotency_key_reused")));
    // Another caller's keys are its own.
    let stranger = server.client(&["integration"]);
    assert_eq!(stranger.post_once("/v1/cases", "key-1", &body).headers.get("idempotency-replayed"), None);
}

#[test]
fn an_authoritative_source_wins_over_what_was_measured() {
    let server = Server::start();
    let crm = server.client_as(&["integration", "lead"], None, Some("core-banking"));
    let case = crm.open("ann", CARD);
    let posted = crm.post(
        &format!("/v1/cases/{}/signals", id(&case)),
        &json!({ "signals": [{ "name": "account_frozen", "value": true }] }),
    );
    assert_eq!(posted.status, 200, "{}", posted.body);
    let decision = posted.body["decision"]["id"].as_str().unwrap();
    let record = crm.get(&format!("/v1/decisions/{decision}")).body;
    let reading = &record["decision"]["signals"]["account_frozen"];
    assert_eq!((&reading["value"], &reading["source"]), (&json!(true), &json!("core-banking")), "{reading}");
    assert_eq!(posted.body["case"]["holder"]["name"], "fraud", "a frozen account is no AI's work");
    // What another source says later changes nothing.
    let chatbot = server.client_as(&["integration", "lead"], None, Some("chatbot"));
    let posted = chatbot.post(
        &format!("/v1/cases/{}/signals", id(&case)),
        &json!({ "signals": [{ "name": "account_frozen", "value": false }] }),
    );
    assert_eq!(posted.body["case"]["holder"]["name"], "fraud", "{}", posted.body);
}

#[test]
fn exceptions_are_listed_taken_on_and_resolved() {
    let server = Server::start();
    let lead = server.client(&["integration", "lead", "staff"]);
    let case = lead.open("ann", CARD);
    let at = format!("/v1/cases/{}/exceptions", id(&case));
    let due = "2027-01-01T00:00:00Z";
    let raised =
        lead.post(&at, &json!({ "owner": "head-of-support", "due_at": due, "reason": "the courier lost a whole bag" }));
    assert_eq!(raised.status, 201, "{}", raised.body);
    let listed = lead.get("/v1/exceptions?state=open").body;
    let exception = listed["items"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(listed["items"][0]["owner"], "head-of-support");
    let taken = lead.send(&format!("/v1/exceptions/{exception}/own"), &[], b"");
    assert_eq!(taken.status, 200, "{}", taken.body);
    // It is theirs from then on: nobody else takes it on, and they may say so again.
    let other = server.client(&["lead"]).send(&format!("/v1/exceptions/{exception}/own"), &[], b"");
    assert_eq!((other.status, &other.body["type"]), (409, &json!("/problems/conflict")), "{}", other.body);
    assert_eq!(lead.send(&format!("/v1/exceptions/{exception}/own"), &[], b"").status, 200);
    assert_eq!(lead.get("/v1/exceptions?state=taken").body["items"].as_array().unwrap().len(), 1);
    let resolved = lead.post(&format!("/v1/exceptions/{exception}/resolve"), &json!({ "reason": "found" }));
    assert_eq!(resolved.status, 200, "{}", resolved.body);
    assert_eq!(lead.get("/v1/exceptions?state=open").body["items"], json!([]));
    let again = lead.post(&format!("/v1/exceptions/{exception}/resolve"), &json!({ "reason": "found" }));
    assert_eq!(again.status, 404, "{}", again.body);
}
