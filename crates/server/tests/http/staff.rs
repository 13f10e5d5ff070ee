//! Staff over real HTTP: offers, presence, capacity, and what happens when many answer at once.

use crate::{
    harness::{Client, Server, epoch, id},
    sample_bundle::bank_with,
};
use remit_app::{governance::services::Services, token};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicUsize, Ordering},
};

const NAMES: [&str; 6] = ["ana", "ben", "cleo", "dev", "eve", "finn"];

/// Notes a member of staff of every common desk, with room for so many chats.
pub(crate) fn note(lead: &Client, name: &str, chats: u32) {
    let staff = json!({
        "name": name, "first_name": name, "queues": ["general", "cards", "payments", "identity", "fraud"],
        "languages": { "en": 5 }, "skills": { "general": 3, "fraud": 2 }, "capacity": { "chat": chats },
    });
    assert_eq!(lead.post("/v1/staff", &staff).status, 200);
}

pub(crate) fn presence(client: &Client, name: &str, presence: &str) {
    let got = client.post(&format!("/v1/staff/{name}/presence"), &json!({ "presence": presence }));
    assert_eq!((got.status, &got.body["presence"]), (200, &json!(presence)), "{}", got.body);
}

pub(crate) fn staff_client(server: &Server, name: &str) -> Client {
    let new = token::NewToken {
        name: name.into(),
        roles: vec!["staff".into()],
        responder: None,
        source: None,
        sources: Vec::new(),
        staff: Some(name.into()),
        days: 1,
    };
    let made = token::make(&server.succession().current(), new).unwrap();
    server.client_with(&made.token)
}

/// What a member of staff has to do, once `enough` says so.
pub(crate) fn work(client: &Client, name: &str, enough: impl Fn(&Value) -> bool) -> Value {
    loop {
        let got = client.get(&format!("/v1/staff/{name}/work"));
        assert_eq!(got.status, 200, "{}", got.body);
        if enough(&got.body) {
            return got.body;
        }
    }
}

pub(crate) fn offered(work: &Value) -> usize {
    work["offered"].as_array().unwrap().len()
}

pub(crate) fn answer(client: &Client, case: &Value, answer: &str) -> crate::harness::Got {
    let body = json!({ "offer": case["offer"]["id"], "answer": answer });
    client.post(&format!("/v1/cases/{}/offer", id(case)), &body)
}

#[test]
fn a_case_is_offered_accepted_answered_and_resolved_by_a_person() {
    let server = Server::start();
    let lead = server.client(&["lead", "admin"]);
    note(&lead, "ana", 2);
    let ana = staff_client(&server, "ana");
    presence(&ana, "ana", "available");
    let case = lead.open("carol", "I want to talk to a human about my transfer");
    let work_of = work(&ana, "ana", |work| offered(work) == 1);
    let case_offered = &work_of["offered"][0];
    assert_eq!(case_offered["id"], case["id"]);
    let taken = answer(&ana, case_offered, "accept");
    assert_eq!((taken.status, &taken.body["decision"]["outcome"]), (200, &json!("take")), "{}", taken.body);
    let taken = taken.body["case"].clone();
    assert_eq!((&taken["holder"]["staff"], epoch(&taken)), (&json!("ana"), epoch(&case) + 1));
    // The one decision that it took is on record and taken again, byte for byte.
    let decision = taken["decision"].as_str().unwrap();
    let again = lead.post(&format!("/v1/decisions/{decision}/replay"), &json!({}));
    assert_eq!((again.status, &again.body["same"]), (200, &json!(true)), "{}", again.body);
    // What the queue held under before is over, and nobody else of the staff writes on it.
    let late = json!({ "text": "hello from the queue", "epoch": epoch(&case) });
    let messages = format!("/v1/cases/{}/messages", id(&case));
    assert_eq!(lead.post(&messages, &late).body["type"], "/problems/lease_lost");
    note(&lead, "ben", 2);
    let ben = staff_client(&server, "ben");
    let hello = json!({ "text": "Hello, this is Ana", "epoch": epoch(&taken) });
    assert_eq!(ben.post(&messages, &hello).status, 403);
    assert_eq!(ana.post(&messages, &hello).status, 201);
    let context = ana.get(&format!("/v1/cases/{}/context", id(&case)));
    assert_eq!(context.status, 200);
    assert_eq!(context.body["conversation"][1], json!({ "author": "staff", "text": "Hello, this is Ana" }));
    assert!(context.body["summary"].as_str().unwrap().contains("asked for a human"), "{}", context.body);
    let done = ana.post(&format!("/v1/cases/{}/resolve", id(&case)), &json!({ "epoch": epoch(&taken) }));
    assert_eq!((done.status, &done.body["case"]["status"]), (200, &json!("resolved")));
    work(&ana, "ana", |work| offered(work) == 0 && work["held"] == json!([]));
    // Who comes back gets the person who had it.
    let back = lead.post(&format!("/v1/cases/{}/reopen", id(&case)), &json!({ "reason": "not solved" }));
    assert_eq!(back.status, 200);
    presence(&ben, "ben", "available");
    let again = work(&ana, "ana", |work| offered(work) == 1);
    assert_eq!(again["offered"][0]["id"], case["id"]);
}

#[test]
fn a_declined_offer_moves_on_and_so_does_that_of_somebody_who_goes() {
    let server = Server::start();
    let lead = server.client(&["lead", "admin"]);
    for name in ["ana", "ben"] {
        note(&lead, name, 1);
    }
    let (ana, ben) = (staff_client(&server, "ana"), staff_client(&server, "ben"));
    presence(&ana, "ana", "available");
    lead.open("carol", "I want to talk to a human");
    let first = work(&ana, "ana", |work| offered(work) == 1)["offered"][0].clone();
    assert_eq!(answer(&ben, &first, "accept").status, 403, "it was not offered to them");
    presence(&ben, "ben", "available");
    assert_eq!(answer(&ana, &first, "busy").status, 200);
    assert_eq!(answer(&ana, &first, "accept").status, 403, "it is not theirs any more");
    let second = work(&ben, "ben", |work| offered(work) == 1)["offered"][0].clone();
    assert_eq!(second["id"], first["id"]);
    // Ben leaves: the offer is taken back on record.
    presence(&ben, "ben", "offline");
    assert_eq!(work(&ben, "ben", |_| true), json!({ "offered": [], "held": [] }));
    let timeline = lead.get(&format!("/v1/cases/{}/timeline", id(&first))).body;
    let ends: Vec<&Value> = timeline["items"].as_array().unwrap().iter().map(|item| &item["event"]["how"]).collect();
    assert!(ends.contains(&&json!("busy")) && ends.contains(&&json!("withdrawn")), "{timeline}");
}

#[test]
fn many_who_answer_at_once_take_each_case_once_and_nobody_gets_more_than_they_can() {
    const CASES: usize = 60;
    const ROOM: u32 = 3;
    let server = Server::start();
    let lead = server.client(&["lead", "admin"]);
    for name in NAMES {
        note(&lead, name, ROOM);
        presence(&lead, name, "available");
    }
    let cases: Vec<String> =
        (0..CASES).map(|n| id(&lead.open(&format!("c{n}"), "I want to talk to a human now please"))).collect();
    let done = AtomicUsize::new(0);
    let taken = std::sync::Mutex::new(BTreeMap::<String, usize>::new());
    std::thread::scope(|scope| {
        // Three hands for every member of staff, so that each offer is answered by several at once.
        for name in NAMES.iter().cycle().take(NAMES.len() * 3) {
            let client = staff_client(&server, name);
            let (done, taken) = (&done, &taken);
            scope.spawn(move || {
                while done.load(Ordering::Relaxed) < CASES {
                    let work = work(&client, name, |_| true);
                    let held = work["held"].as_array().unwrap().len() + offered(&work);
                    assert!(held <= ROOM as usize, "{name} has {held}: {work}");
                    for case in work["offered"].as_array().unwrap() {
                        let got = answer(&client, case, "accept");
                        match got.status {
                            200 => {
                                *taken.lock().unwrap().entry(id(case)).or_default() += 1;
                                let resolve = json!({ "epoch": epoch(&got.body["case"]) });
                                let got = client.post(&format!("/v1/cases/{}/resolve", id(case)), &resolve);
                                assert_eq!(got.status, 200, "{}", got.body);
                                done.fetch_add(1, Ordering::Relaxed);
                            }
                            // Another hand was faster.
                            403 | 409 => {}
                            other => panic!("{other}: {}", got.body),
                        }
                    }
                }
            });
        }
    });
    let taken = taken.into_inner().unwrap();
    assert_eq!(taken.len(), CASES);
    assert!(taken.values().all(|times| *times == 1), "{taken:?}");
    for case in cases {
        let timeline = lead.get(&format!("/v1/cases/{case}/timeline?limit=200")).body;
        let accepted = timeline["items"].as_array().unwrap().iter();
        let accepted = accepted.filter(|item| item["event"]["decision"]["outcome"]["kind"] == "take").count();
        assert_eq!(accepted, 1, "{timeline}");
    }
}

#[test]
fn who_waits_and_who_has_what_outlives_a_restart() {
    let server = Server::start();
    let lead = server.client(&["lead", "admin"]);
    note(&lead, "ana", 1);
    presence(&lead, "ana", "available");
    let (first, second) = (lead.open("a", "I want to talk to a human"), lead.open("b", "Give me a human please"));
    let ana = staff_client(&server, "ana");
    let case = work(&ana, "ana", |work| offered(work) == 1)["offered"][0].clone();
    assert_eq!(answer(&ana, &case, "accept").status, 200);
    let data = server.stop();
    let server = Server::start_on(data, bank_with(|toml| toml), Services::none());
    let ana = staff_client(&server, "ana");
    let held = work(&ana, "ana", |_| true)["held"][0].clone();
    assert_eq!((&held["id"], &held["holder"]["staff"]), (&case["id"], &json!("ana")));
    let resolve = json!({ "epoch": epoch(&held) });
    assert_eq!(ana.post(&format!("/v1/cases/{}/resolve", id(&held)), &resolve).status, 200);
    let next = work(&ana, "ana", |work| offered(work) == 1)["offered"][0].clone();
    let other = if first["id"] == case["id"] { &second } else { &first };
    assert_eq!(next["id"], other["id"]);
}

#[test]
fn what_is_noted_of_staff_is_checked() {
    let server = Server::start();
    let (lead, staff) = (server.client(&["lead"]), server.client(&["integration"]));
    let ana = json!({
        "name": "ana", "first_name": "Ana", "queues": ["general"], "languages": { "en": 5 }, "capacity": { "chat": 2 },
    });
    assert_eq!(staff.post("/v1/staff", &ana).status, 403);
    for (field, value, says) in [
        ("name", json!("Ana!"), "staff member's name"),
        ("queues", json!(["cards-ai"]), "no queue `cards-ai`"),
        ("languages", json!({ "en": 6 }), "levels go from 1 to 5"),
        ("capacity", json!({ "smoke": 1 }), "no channel"),
        ("capacity", json!({ "chat": 1_000_000 }), "at most 1000"),
    ] {
        let mut wrong = ana.clone();
        wrong[field] = value;
        let got = lead.post("/v1/staff", &wrong);
        assert_eq!(got.status, 422, "{}", got.body);
        assert!(got.body["detail"].as_str().unwrap().contains(says), "{}", got.body);
    }
    assert_eq!(lead.get("/v1/staff").body, json!([]));
    assert_eq!(lead.post("/v1/staff/ana/presence", &json!({ "presence": "available" })).status, 404);
    assert_eq!(lead.post("/v1/staff", &ana).body["presence"], "offline");
    // Staff speak for themselves alone.
    let ben = staff_client(&server, "ben");
    assert_eq!(ben.post("/v1/staff/ana/presence", &json!({ "presence": "available" })).status, 403);
    assert!(lead.get("/v1/queues").body.as_array().unwrap().len() == 8);
}
