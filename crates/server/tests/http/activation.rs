//! A bundle that comes into force in a running server: checked, previewed, switched under load, rolled back, listed.

use crate::{
    harness::{Client, Server, id},
    sample_bundle::{BANK, bank_with, bank_with_file, bank_without, loaded},
};
use remit_app::{
    access::auth,
    bundle::activate::{self, ActivateBundle},
    environment::block_on::block_on,
    operation::Refusal as _,
    refused::Kind,
};
use remit_policy::{bundle::Bundle, files::Files};
use remit_store::Journal as _;
use serde_json::{Value, json};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
};

const HUMAN: &str = "I want to talk to a person about my card";
const WRITERS: usize = 4;

/// A bundle without tests of its own, which say something of what is taken out here.
pub(crate) fn untested(bundle: &Bundle) -> Arc<Bundle> {
    without_tests(bundle.files())
}

/// The bundle of these files, but for its tests.
pub(crate) fn without_tests(files: &Files) -> Arc<Bundle> {
    let kept = files.all().filter(|(name, _)| !name.starts_with("tests/"));
    loaded(Files::new(kept.map(|(name, bytes)| (name.to_owned(), bytes.to_vec()))))
}

/// Says that it is over, however that comes about.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

pub(crate) fn put_in_force(lead: &Client, bundle: &Bundle, query: &str) -> crate::harness::Got {
    let path = format!("/v1/bundles?{query}");
    lead.send(&path, &[("content-type", "application/octet-stream")], &bundle.files().to_bytes())
}

fn in_queue(lead: &Client, customer: &str, queue: &str) -> Value {
    let case = lead.open(customer, HUMAN);
    let wish = json!({ "to": queue, "reason": "they know this one" });
    let got = lead.post(&format!("/v1/cases/{}/overrides", id(&case)), &wish);
    assert_eq!(got.status, 201, "{}", got.body);
    got.body["case"].clone()
}

fn holder(lead: &Client, case: &Value) -> String {
    lead.get(&format!("/v1/cases/{}", id(case))).body["holder"]["name"].as_str().unwrap().to_owned()
}

fn records(server: &Server) -> Vec<Value> {
    let rows = block_on(server.app.journal.store().feed(0, usize::MAX)).unwrap();
    rows.iter().map(|row| serde_json::from_slice(&row.body).unwrap()).collect()
}

/// By the ledger alone: each decision names the bundle that was in force at its place. Gives the bundles in order.
fn in_force_at_each_place(server: &Server) -> Vec<String> {
    let mut bundles: Vec<String> = Vec::new();
    let mut decisions = 0;
    for event in records(server) {
        match event["type"].as_str().unwrap() {
            "bundle_activated" => {
                assert_eq!(event["from"].as_str(), bundles.last().map(String::as_str), "one follows the other");
                bundles.push(event["to"].as_str().unwrap().to_owned());
            }
            "decision_made" => {
                assert_eq!(event["decision"]["bundle"].as_str(), bundles.last().map(String::as_str), "{event}");
                decisions += 1;
            }
            _ => {}
        }
    }
    assert!(decisions > 0);
    bundles
}

/// Reads until nothing is left to be decided anew.
fn decided_anew(lead: &Client, cases: &[Value], to: &str) {
    while cases.iter().any(|case| holder(lead, case) != to) {
        thread::yield_now();
    }
}

#[test]
fn bundles_come_into_force_under_load_and_no_request_is_refused() {
    let server = Server::start();
    let lead = server.client(&["lead", "admin"]);
    let waiting: Vec<Value> = (0..6).map(|n| in_queue(&lead, &format!("w{n}"), "payments")).collect();
    let without = untested(&bank_without("payments"));
    let (ended, done) = (AtomicBool::new(false), AtomicUsize::new(0));
    thread::scope(|scope| {
        for writer in 0..WRITERS {
            let (lead, ended, done) = (lead.clone(), &ended, &done);
            scope.spawn(move || {
                let mut number = 0;
                while !ended.load(Ordering::Relaxed) {
                    let case = lead.open(&format!("c{writer}-{number}"), "where is my card?");
                    let say = json!({ "text": "It has not come, and I want a person" });
                    let said = lead.post(&format!("/v1/cases/{}/messages", id(&case)), &say);
                    assert_eq!(said.status, 201, "{}", said.body);
                    number += 1;
                    done.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        let _over = Over(&ended);
        let more = || {
            let before = done.load(Ordering::Relaxed);
            while done.load(Ordering::Relaxed) < before + WRITERS {
                thread::yield_now();
            }
        };
        more();
        let moved = put_in_force(&lead, &without, "reason=the%20desk%20closes&moves=payments%3Dgeneral");
        assert_eq!(moved.status, 200, "{}", moved.body);
        assert_eq!((&moved.body["in_force"], &moved.body["moves"][0]["cases"]), (&json!(true), &json!(6)));
        more();
        let back = lead.post("/v1/bundles/rollback", &json!({ "reason": "it was a mistake" }));
        assert_eq!(back.status, 200, "{}", back.body);
        assert_eq!(back.body["to"], BANK.digest().as_str());
        more();
    });
    // Whatever was decided anew before it was rolled back: nobody has a case who is not there.
    assert!(waiting.iter().all(|case| ["payments", "general"].contains(&holder(&lead, case).as_str())));
    assert!(lead.get("/metrics").body.as_str().unwrap().contains("remit_cases_orphaned 0"));
    let (bank, without) = (BANK.digest().to_string(), without.digest().to_string());
    assert_eq!(in_force_at_each_place(&server), [bank.clone(), without, bank]);
    // The ledger names who had it done, as of each act of authority, and whoever reads a history is told their name.
    let rows = block_on(server.app.journal.store().feed(0, usize::MAX)).unwrap();
    let acts = rows.iter().filter(|row| row.kind == "bundle_activated").skip(1);
    let named = acts.map(|row| (row.actor.clone(), serde_json::from_slice::<Value>(&row.body).unwrap()["by"].clone()));
    let named: Vec<(String, Value)> = named.collect();
    assert_eq!(named.len(), 2);
    for (actor, by) in &named {
        assert!(actor.starts_with("tok_") && by == actor.as_str(), "{named:?}");
    }
    let history = lead.get("/v1/streams/bundle/in_force/timeline").body;
    let items = history["items"].as_array().unwrap();
    assert!(items.len() == 3 && items.iter().skip(1).all(|item| item["by"] != "remit"), "{history}");
}

#[test]
fn what_was_open_in_a_desk_that_is_gone_goes_where_it_was_said_beside_requests() {
    let server = Server::start();
    let lead = server.client(&["lead", "admin"]);
    let waiting: Vec<Value> = (0..20).map(|n| in_queue(&lead, &format!("w{n}"), "payments")).collect();
    let without = untested(&bank_without("payments"));
    let asked = put_in_force(&lead, &without, "reason=the%20desk%20closes");
    assert_eq!((asked.status, &asked.body["type"]), (409, &json!("/problems/conflict")), "{}", asked.body);
    let detail = asked.body["detail"].as_str().unwrap();
    assert!(detail.contains("20 open cases are in `payments`, which is gone: where to?"), "{detail}");
    assert_eq!(asked.body["survey"]["gone"]["payments"]["waiting"], 20);
    for (query, why) in [
        ("moves=payments%3Dgeneral", "reason"),
        ("reason=x&moves=payments%3Dnowhere", "no responder `nowhere`"),
        ("reason=x&moves=payments", "OLD=NEW"),
        ("reason=x&from=abc", "from"),
    ] {
        let refused = put_in_force(&lead, &without, query);
        assert_eq!(refused.status, 422, "{query}: {}", refused.body);
        assert!(refused.body["detail"].as_str().unwrap().contains(why), "{query}: {}", refused.body);
    }
    let preview = put_in_force(&lead, &without, "preview=true&moves=payments%3Dgeneral");
    assert_eq!(preview.status, 200, "{}", preview.body);
    assert_eq!(
        (&preview.body["in_force"], &preview.body["changed"]["responders_gone"]),
        (&json!(false), &json!(1)),
        "a preview changes nothing"
    );
    assert_eq!(lead.get("/v1/bundles").body["items"].as_array().unwrap().len(), 1);

    let from = BANK.digest();
    let query = format!("reason=the%20desk%20closes&moves=payments%3Dgeneral&from={from}");
    let moved = put_in_force(&lead, &without, &query);
    assert_eq!(moved.status, 200, "{}", moved.body);
    decided_anew(&lead, &waiting, "general");
    let late = put_in_force(&lead, &BANK, &format!("reason=x&from={from}"));
    assert_eq!((late.status, &late.body["in_force"]), (409, &json!(without.digest().as_str())), "{}", late.body);
    let again = put_in_force(&lead, &without, "reason=once%20more");
    assert_eq!((again.status, &again.body["in_force"]), (200, &json!(true)), "what is in force already stays so");

    let listed = lead.get("/v1/bundles").body["items"].clone();
    assert_eq!(listed.as_array().unwrap().len(), 2);
    let newest = &listed[1];
    assert_eq!((&newest["reason"], &newest["in_force"]), (&json!("the desk closes"), &json!(true)));
    assert_eq!((&newest["by"], &newest["from"]), (&json!("test"), &json!(from.as_str())));
    assert_eq!(listed[0]["in_force"], false);
    let exported = lead.agent.get(format!("{}/v1/bundles/{}", lead.url, without.digest()));
    let mut exported = exported.header("authorization", format!("Bearer {}", lead.token)).call().unwrap();
    let files = Files::received(&exported.body_mut().read_to_vec().unwrap()).unwrap();
    assert_eq!(files.digest(), *without.digest());
    let compared = lead.get(&format!("/v1/bundles/{}/compare/{from}", without.digest())).body;
    let gone = json!({ "section": "queue", "name": "payments", "how": "gone" });
    assert!(compared["differs"].as_array().unwrap().contains(&gone), "{compared}");
    assert_eq!(compared["files"]["changed"], json!(["bundle.toml", "policies/queues.cedar"]));
    assert!(!compared["files"]["gone"].as_array().unwrap().is_empty());
    assert_eq!(lead.get(&format!("/v1/bundles/{}", "0".repeat(64))).status, 404);
    in_force_at_each_place(&server);
}

#[test]
fn a_bundle_that_cannot_govern_is_refused_with_findings_and_changes_nothing() {
    let server = Server::start();
    let lead = server.client(&["lead", "admin"]);
    let before = records(&server).len();
    let send = |files: &Files| {
        let body = files.to_bytes();
        lead.send("/v1/bundles?reason=x", &[("content-type", "application/octet-stream")], &body)
    };
    let broken = send(&BANK.files().clone().with("policies/queues.cedar", b"permit (".to_vec()));
    assert_eq!((broken.status, &broken.body["type"]), (422, &json!("/problems/invalid")), "{}", broken.body);
    let findings = broken.body["findings"].as_array().unwrap();
    assert!(findings.iter().any(|finding| finding["file"] == "policies/queues.cedar"), "{findings:?}");
    assert!(findings.iter().all(|finding| !finding["cure"].as_str().unwrap().is_empty()));
    let untrue = "[[test]]\nname = \"untrue\"\nallow = [\"payments-ai\"]\n[test.signals]\nintent_confidence_bp = 9500\n\
                  intent_abstained = false\nlanguage = \"en\"\nintent = \"card_arrival\"\n";
    let untrue = send(&BANK.files().clone().with("tests/untrue.toml", untrue.as_bytes().to_vec()));
    assert_eq!((untrue.status, &untrue.body["findings"][0]["file"]), (422, &json!("tests/untrue.toml")));
    let stranger = send(&BANK.files().clone().with("../../etc/passwd", b"x".to_vec()));
    assert!(stranger.body["detail"].as_str().unwrap().contains("no file of a bundle"), "{}", stranger.body);
    let nothing = lead.send("/v1/bundles?reason=x", &[("content-type", "application/json")], b"{}");
    assert_eq!(nothing.status, 422, "{}", nothing.body);
    assert_eq!(server.client(&["integration"]).get("/v1/bundles").status, 403);
    let refused = put_in_force(&server.client(&["lead"]), &BANK, "reason=x");
    assert_eq!(refused.status, 403, "{}", refused.body);
    assert_eq!(lead.post("/v1/bundles/rollback", &json!({ "reason": "x" })).status, 404, "there is none before");
    // Two tokens were made meanwhile, and nothing else.
    assert_eq!(records(&server).len(), before + 2);
}

#[test]
fn two_bundles_at_once_come_into_force_one_after_the_other() {
    let server = Server::start();
    let lead = server.client(&["lead", "admin"]);
    let named = |name: &str| {
        let name = name.to_owned();
        bank_with(move |text| text.replacen("name = \"", &format!("name = \"{name} "), 1))
    };
    let (one, other) = (named("One"), named("Other"));
    lead.open("carol", HUMAN);
    thread::scope(|scope| {
        for bundle in [&one, &other] {
            let lead = lead.clone();
            scope.spawn(move || {
                let got = put_in_force(&lead, bundle, "reason=at%20once");
                assert_eq!(got.status, 200, "{}", got.body);
            });
        }
    });
    lead.open("dora", HUMAN);
    let in_order = in_force_at_each_place(&server);
    let mut both = in_order[1..].to_vec();
    both.sort_unstable();
    let mut wanted = [one.digest().to_string(), other.digest().to_string()];
    wanted.sort_unstable();
    assert_eq!(both, wanted);
}

#[test]
fn who_may_not_keep_a_case_under_another_bundle_loses_it_and_what_people_have_stays_theirs() {
    let server = Server::start();
    let lead = server.client(&["lead", "admin"]);
    let asked = lead.open("carol", HUMAN);
    let queue = holder(&lead, &asked);
    let closed = bank_with_file("policies/queues.cedar", |text| {
        let forbid = format!(
            "{text}\n@id(\"queue.rest\")\n@owner(\"head-of-support\")\n@reason(\"The desk takes no cases for a \
             while\")\nforbid (principal == Queue::\"{queue}\", action == Action::\"handle\", resource);\n"
        );
        forbid
    });
    let closed = untested(&closed);
    let preview = put_in_force(&lead, &closed, "preview=true");
    assert_eq!((preview.status, &preview.body["survey"]["not_permitted"]), (200, &json!(1)), "{}", preview.body);
    assert_eq!(put_in_force(&lead, &closed, "reason=a%20rest").status, 200);
    while holder(&lead, &asked) == queue {
        thread::yield_now();
    }
    let now = lead.get(&format!("/v1/cases/{}", id(&asked))).body;
    let why = lead.get(&format!("/v1/decisions/{}", now["decision"].as_str().unwrap())).body;
    assert_eq!(why["decision"]["trigger"]["kind"], "policies_changed", "{why}");
    let replayed = lead.post(&format!("/v1/decisions/{}/replay", now["decision"].as_str().unwrap()), &json!({}));
    assert_eq!(replayed.body["same"], true);
    in_force_at_each_place(&server);
}

#[test]
fn rollbacks_at_once_go_back_from_what_was_in_force_and_each_is_on_record() {
    let server = Server::start();
    let lead = server.client(&["lead", "admin"]);
    let without = untested(&bank_without("payments"));
    assert_eq!(put_in_force(&lead, &without, "reason=x").status, 200);
    let back: Vec<_> = thread::scope(|scope| {
        let one = || lead.post("/v1/bundles/rollback", &json!({ "reason": "it was a mistake" }));
        let all: Vec<_> = (0..6).map(|_| scope.spawn(one)).collect();
        all.into_iter().map(|one| one.join().unwrap()).collect()
    });
    let (done, refused): (Vec<_>, Vec<_>) = back.into_iter().partition(|got| got.status == 200);
    assert!(!done.is_empty() && done.iter().all(|got| got.body["from"] != got.body["to"]));
    assert!(refused.iter().all(|got| (got.status, &got.body["type"]) == (409, &json!("/problems/conflict"))));
    let bundles = lead.get("/v1/bundles?limit=200").body["items"].as_array().unwrap().clone();
    // Each went back to what was in force before the one from which it went.
    assert_eq!(bundles.len(), 2 + done.len());
    for at in 2..bundles.len() {
        assert_eq!(bundles[at]["digest"], bundles[at - 2]["digest"], "{bundles:?}");
    }
}

#[test]
fn a_token_that_was_revoked_while_its_bundle_was_made_ready_puts_nothing_in_force() {
    let server = Server::start();
    let (lead, other) = (server.client(&["lead", "admin"]), server.client(&["admin"]));
    let header = format!("Bearer {}", other.token);
    let parts = &server.app;
    let caller = block_on(auth::caller(&parts.journal, &parts.live, &parts.environment, Some(&header))).unwrap();
    // It was let in, and is revoked before the switch.
    assert_eq!(lead.delete(&format!("/v1/tokens/{}", caller.token)).status, 204);
    let asked = ActivateBundle { reason: Some("x".to_owned()), ..ActivateBundle::default() };
    let files = untested(&bank_without("payments")).files().to_bytes();
    let refused = server.wait_for(activate::activate_bundle(server.succession(), &caller, asked, &files)).unwrap_err();
    assert_eq!(refused.kind(), Kind::Forbidden, "{refused}");
    // Requests go on, under what was in force.
    lead.open("ann", "where is my card?");
    assert_eq!(in_force_at_each_place(&server), [BANK.digest().to_string()]);
}
