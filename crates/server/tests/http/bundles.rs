//! A change of bundle over a data directory with open work: what is gone is told, moved on record, and never lost.

use crate::{
    harness::{Client, Server, epoch, id, open_moved},
    sample_bundle::{bank_with, bank_without},
    staff::{answer, presence, staff_client, work},
};
use remit_app::environment::block_on::block_on;
use remit_app::{
    boot::{BootError, OpenDirectory},
    bundle::{MoveError, PlanError},
    governance::services::Services,
};
use remit_store::Journal as _;
use serde_json::{Value, json};

const HUMAN: &str = "I want to talk to a person about my card";

fn note(lead: &Client, name: &str, queues: &[&str]) {
    let note = json!({
        "name": name, "first_name": name, "queues": queues, "languages": { "en": 5 },
        "skills": { "payments": 5, "general": 5 }, "capacity": { "chat": 4 },
    });
    assert_eq!(lead.post("/v1/staff", &note).status, 200);
}

/// A case that a human put in this queue.
fn put(lead: &Client, customer: &str, text: &str, queue: &str) -> Value {
    let case = lead.open(customer, text);
    let wish = json!({ "to": queue, "reason": "they know this one" });
    let got = lead.post(&format!("/v1/cases/{}/overrides", id(&case)), &wish);
    assert_eq!(got.status, 201, "{}", got.body);
    got.body["case"].clone()
}

fn case(client: &Client, case: &Value) -> Value {
    client.get(&format!("/v1/cases/{}", id(case))).body
}

/// What was decided last of a case, and whether it is the same when taken again.
fn decided(client: &Client, of: &Value) -> Value {
    let id = case(client, of)["decision"].as_str().unwrap().to_owned();
    assert_eq!(client.post(&format!("/v1/decisions/{id}/replay"), &json!({})).body["same"], true);
    client.get(&format!("/v1/decisions/{id}")).body
}

/// Events of a kind, in the order of the ledger.
fn events(server: &Server, kind: &str) -> Vec<Value> {
    let rows = block_on(server.app.journal.store().feed(0, 1_000)).unwrap();
    rows.iter().filter(|row| row.kind == kind).map(|row| serde_json::from_slice(&row.body).unwrap()).collect()
}

fn lost(opened: Result<remit_app::Parts, BootError>) -> String {
    match opened.unwrap_err() {
        error @ BootError::Plan(PlanError::Lost(_)) => error.to_string(),
        other => panic!("{other}"),
    }
}

#[test]
fn what_a_queue_had_that_is_taken_out_is_told_and_goes_where_it_is_said_with_whoever_has_it() {
    let server = Server::start();
    let lead = server.client(&["lead", "admin"]);
    let first = events(&server, "bundle_activated");
    assert_eq!((first.len(), &first[0]["from"]), (1, &Value::Null));
    note(&lead, "ana", &["payments"]);
    note(&lead, "ben", &["payments", "cards"]);
    let ana = staff_client(&server, "ana");
    let ben = staff_client(&server, "ben");
    presence(&ana, "ana", "available");
    let held = put(&lead, "carol", HUMAN, "payments");
    let offers = work(&ana, "ana", |work| work["offered"].as_array().unwrap().len() == 1);
    let taken = answer(&ana, &offers["offered"][0], "accept");
    assert_eq!(taken.status, 200, "{}", taken.body);
    presence(&ana, "ana", "busy");
    let waiting = put(&lead, "dora", HUMAN, "payments");
    let danger = put(&lead, "emil", "My partner beats me and has taken my card", "payments");
    let question = json!({ "epoch": epoch(&taken.body["case"]), "queue": "payments", "question": "Is it out?" });
    let asked = ana.post(&format!("/v1/cases/{}/consults", id(&held)), &question);
    assert_eq!(asked.status, 201, "{}", asked.body);
    let data = server.stop();

    let (bank, without) = (bank_with(|same| same), bank_without("payments"));
    let told = lost(open_moved(data.path(), &without, &[]));
    for said in ["payments", "general", "--move payments=", "nothing was changed"] {
        assert!(told.contains(said), "{said}: {told}");
    }
    let counts: Vec<&str> =
        told.lines().find(|line| line.trim().starts_with("payments")).unwrap().split_whitespace().collect();
    assert_eq!(counts, ["payments", "2", "1", "0", "1", "2"], "{told}");
    let refused = |moves: &[&str]| match open_moved(data.path(), &without, moves) {
        Err(BootError::Plan(PlanError::Move(error))) => error,
        _ => panic!("{moves:?} means nothing"),
    };
    assert!(matches!(refused(&["payments=nowhere"]), MoveError::Unknown { queues, .. } if queues.contains("general")));
    assert!(matches!(refused(&["payments=cards-ai"]), MoveError::ToAi { .. }));
    let refusal = refused(&["payments=general", "cards=general"]);
    assert!(matches!(refusal, MoveError::NotGone { gone, .. } if gone.contains("payments")));
    let opened = OpenDirectory::open(data.path(), &mut |_| {}).unwrap();
    assert_eq!(opened.in_force().unwrap().unwrap().digest, *bank.digest(), "nothing has changed");
    drop(opened);

    let app = open_moved(data.path(), &without, &["payments=general"]).unwrap();
    let server = Server::serve(app, data);
    let (lead, ana) = (server.client_with(&lead.token), server.client_with(&ana.token));
    let activated = events(&server, "bundle_activated").pop().unwrap();
    assert_eq!(
        (&activated["from"], &activated["to"]),
        (&json!(bank.digest().as_str()), &json!(without.digest().as_str()))
    );
    assert_eq!(activated["moves"], json!([{ "from": "payments", "to": "general", "cases": 3 }]));
    assert_eq!((&activated["by"], &activated["changed"]["responders_gone"]), (&json!("the tests"), &json!(1)));
    assert_eq!(activated["changed"]["policies_gone"], 1);

    // The person keeps the case, which is the next desk's now, and goes on with it; the customer hears nothing of it.
    let now = case(&lead, &held);
    assert_eq!((&now["holder"]["name"], &now["holder"]["staff"]), (&json!("general"), &json!("ana")));
    assert_eq!(now["accountable"], "everyday-team");
    let say = json!({ "text": "It is with you by Friday.", "epoch": epoch(&now) });
    assert_eq!(ana.post(&format!("/v1/cases/{}/messages", id(&held)), &say).status, 201);
    assert_eq!(ana.get("/v1/staff/ana/work").body["held"][0]["id"], now["id"]);
    let why = decided(&lead, &held);
    assert_eq!(why["decision"]["trigger"]["kind"], "holder_gone");
    assert!(why["explanation"]["summary"].as_str().unwrap().starts_with("`ana` keeps the case"), "{why}");
    // Who waits goes where it was said; who is in danger goes to those who may help, since the general desk may not.
    assert_eq!(case(&lead, &waiting)["holder"]["name"], "general");
    let why = decided(&lead, &waiting);
    assert!(why["explanation"]["because"].as_str().unwrap().contains("named `general`"), "{why}");
    assert_eq!(case(&lead, &danger)["holder"]["name"], "care");
    let staff = lead.get("/v1/staff").body;
    assert_eq!(staff[0]["queues"], json!(["general"]));
    assert_eq!(staff[1]["queues"], json!(["general", "cards"]));
    let open = lead.get("/v1/consults?queue=general").body;
    assert_eq!(open[0]["case"], now["id"], "{open}");
    let ben = server.client_with(&ben.token);
    let advice = json!({ "consult": open[0]["id"], "answer": "It is." });
    assert_eq!(ben.post(&format!("/v1/cases/{}/advice", id(&held)), &advice).status, 201);
    assert!(lead.get("/metrics").body.as_str().unwrap().contains("remit_cases_orphaned 0"));
}

#[test]
fn a_change_of_bundle_that_was_cut_off_goes_on_at_the_next_start() {
    let server = Server::start();
    let lead = server.client(&["lead", "admin"]);
    let cases: Vec<Value> = (0..20).map(|n| put(&lead, &format!("c{n}"), HUMAN, "payments")).collect();
    let data = server.stop();
    let without = bank_without("payments");
    // It comes into force, and the process is gone before a case is moved.
    drop(open_moved(data.path(), &without, &["payments=general"]).unwrap());
    let server = Server::start_on(data, without, Services::none());
    let lead = server.client(&["lead", "admin"]);
    assert!(cases.iter().all(|moved| case(&lead, moved)["holder"]["name"] == "general"));
    assert_eq!(events(&server, "bundle_activated").len(), 2);
}

#[test]
fn who_answers_for_a_case_is_who_the_bundle_in_force_names() {
    let server = Server::start();
    let lead = server.client(&["lead", "admin"]);
    let held = put(&lead, "carol", HUMAN, "payments");
    assert_eq!(held["accountable"], "payments-team");
    let data = server.stop();
    let of_others = |text: String| {
        let (was, is) =
            ("Payments desk\"\naccountable = \"payments-team\"", "Payments desk\"\naccountable = \"cards-team\"");
        assert!(text.contains(was));
        text.replace(was, is)
    };
    let server = Server::start_on(data, bank_with(of_others), Services::none());
    let lead = server.client_with(&lead.token);
    let now = case(&lead, &held);
    assert_eq!(now["accountable"], "cards-team");
    assert_eq!((&now["holder"]["name"], epoch(&now)), (&json!("payments"), epoch(&held)), "the lease goes on");
    assert_eq!(decided(&lead, &held)["decision"]["trigger"]["kind"], "bundle_changed");
}
