//! By what words are read is a bundle's: its own situations and rules, who owns them, and whose word goes before them.

use crate::{
    customer::Customer,
    danger::say,
    harness::{Client, Server, id},
    sample_bundle::{BANK, bank_with, loaded},
};
use remit_app::governance::services::Services;
use remit_policy::bundle::Bundle;
use serde_json::{Value, json};
use std::sync::Arc;

/// What is read as a wish for a human, and as a question that AI responders answer.
const MISREAD: &str = "Please have somebody call me. My new card has not arrived yet, when will my new card arrive?";

/// The bank, believing the CRM on whether a human was asked for and on what a case is about.
fn believing() -> Arc<Bundle> {
    bank_with(|text| {
        let believed = |text: String, name: &str| {
            let from = format!("name = \"{name}\"\ntype");
            assert!(text.contains(&from), "{name}");
            text.replacen(&from, &format!("name = \"{name}\"\nauthoritative = [\"crm\", \"core-banking\"]\ntype"), 1)
        };
        believed(believed(text, "wants_human"), "intent")
    })
}

fn opened(client: &Client, customer: &str, text: &str, signals: &Value) -> Value {
    let body = json!({ "customer": customer, "text": text, "channel": "web", "signals": signals });
    let got = client.post("/v1/cases", &body);
    assert_eq!(got.status, 201, "{}", got.body);
    got.body
}

fn posted(client: &Client, case: &Value, signals: &Value) -> Value {
    let got = client.post(&format!("/v1/cases/{}/signals", id(case)), &json!({ "signals": signals }));
    assert_eq!(got.status, 200, "{}", got.body);
    got.body
}

fn timeline(client: &Client, case: &Value) -> Vec<Value> {
    let page = client.get(&format!("/v1/cases/{}/timeline?limit=200", id(case))).body;
    page["items"].as_array().unwrap().clone()
}

fn decision(client: &Client, case: &Value) -> Value {
    let decision = client.get(&format!("/v1/cases/{}", id(case))).body["decision"].as_str().unwrap().to_owned();
    let again = client.post(&format!("/v1/decisions/{decision}/replay"), &json!({}));
    assert_eq!((again.status, &again.body["same"]), (200, &json!(true)), "{}", again.body);
    client.get(&format!("/v1/decisions/{decision}")).body
}

/// What was measured of a signal, in the words of the explanation.
fn told_of(decision: &Value, signal: &str) -> String {
    let lines = decision["explanation"]["signals"].as_array().unwrap();
    let line = lines.iter().filter_map(Value::as_str).find(|line| line.starts_with(&format!("{signal} = ")));
    line.unwrap().to_owned()
}

#[test]
fn a_source_that_the_bundle_believes_takes_back_a_wish_that_was_misread() {
    let server = Server::start_with(believing(), Services::default());
    let crm = server.client(&["lead", "admin"]);
    let erp = server.client_as(&["lead", "admin"], None, Some("erp"));
    let no = json!([{ "name": "wants_human", "value": false }]);
    // At once.
    let case = opened(&crm, "ann", MISREAD, &no);
    assert_eq!(case["case"]["human_requested"], false, "{case}");
    assert_eq!(case["case"]["holder"]["kind"], "responder", "{case}");
    assert!(case["case"]["holder"]["name"].as_str().unwrap().ends_with("-ai"), "{case}");
    assert_eq!(case.get("not_counted"), None, "{case}");
    // Later, and whose word it was is on record.
    let case = opened(&crm, "bob", MISREAD, &json!([]))["case"].clone();
    assert_eq!(case["human_requested"], true, "{case}");
    let told = posted(&erp, &case, &no);
    assert_eq!(told["case"]["human_requested"], true, "{told}");
    let why = told["not_counted"][0]["why"].as_str().unwrap();
    assert!(why.contains("does not name `erp` as authoritative"), "{told}");
    let told = posted(&crm, &case, &no);
    assert_eq!(told["case"]["human_requested"], false, "{told}");
    let events = timeline(&crm, &case);
    let ended: Vec<&Value> = events.iter().filter(|item| item["event"]["type"] == "human_wish_ended").collect();
    let [one] = ended.as_slice() else { panic!("{events:#?}") };
    assert_eq!(one["event"]["source"], "crm");
    assert!(one["by"].as_str().is_some_and(|by| !by.is_empty()), "{one}");
    let told = told_of(&decision(&crm, &case), "wants_human");
    assert!(told.starts_with("wants_human = false, from crm"), "{told}");
    // Whoever asks after that has asked.
    assert_eq!(say(&crm, &case, "I want to talk to a real person")["human_requested"], true);
    let told = posted(&erp, &case, &no);
    let not = &told["not_counted"][0];
    assert_eq!((&not["name"], &not["counts"]), (&json!("human_requested"), &json!(true)), "{told}");
    assert!(not["why"].as_str().unwrap().contains("it does not name `erp`"), "{told}");
}

#[test]
fn one_request_says_one_thing_of_a_signal() {
    let server = Server::start_with(believing(), Services::default());
    let crm = server.client(&["lead", "admin"]);
    let case = crm.open("ann", "When will my new card arrive?");
    let wish = |asked: bool| json!({ "name": "wants_human", "value": asked });
    let at = format!("/v1/cases/{}/signals", id(&case));
    for signals in [json!([wish(true), wish(false)]), json!([wish(false), wish(true)])] {
        let got = crm.post(&at, &json!({ "signals": signals }));
        assert_eq!(got.status, 422, "{}", got.body);
        for said in ["`wants_human = true`", "`wants_human = false`"] {
            assert!(got.body.to_string().contains(said), "{}", got.body);
        }
        let body = json!({ "customer": "bob", "text": "hello", "channel": "web", "signals": signals });
        assert_eq!(crm.post("/v1/cases", &body).status, 422);
    }
    assert_eq!(crm.get(&format!("/v1/cases/{}", id(&case))).body["human_requested"], false);
    // The same thing said twice is no contradiction.
    assert_eq!(posted(&crm, &case, &json!([wish(true), wish(true)]))["case"]["human_requested"], true);
}

#[test]
fn a_wish_that_is_heard_and_a_reading_that_agrees_are_told_as_they_are() {
    let server = Server::start_with(believing(), Services::default());
    let crm = server.client(&["lead", "admin"]);
    let erp = server.client_as(&["lead", "admin"], None, Some("erp"));
    let case = crm.open("ann", "When will my new card arrive?");
    // Remit's own reading says the same.
    let told = posted(&erp, &case, &json!([{ "name": "language", "value": "en" }]));
    assert_eq!(told.get("not_counted"), None, "{told}");
    let told = posted(&erp, &case, &json!([{ "name": "wants_human", "value": true }]));
    assert_eq!(told["case"]["human_requested"], true, "{told}");
    let not = &told["not_counted"][0];
    assert_eq!((&not["name"], &not["counts"]), (&json!("wants_human"), &json!(false)), "{told}");
    assert!(not["why"].as_str().unwrap().contains("heard all the same"), "{told}");
}

#[test]
fn what_the_customer_pressed_a_button_for_is_taken_back_by_nobody() {
    let server = Server::start_with(believing(), Services::default());
    let crm = server.client(&["lead", "admin"]);
    let ann = Customer::of(&crm, "ann");
    assert_eq!(ann.post("messages", &json!({ "text": "When will my new card arrive?" })).status, 204);
    assert_eq!(ann.post("human", &json!({})).status, 204);
    let case = crm.get("/v1/cases").body["items"][0].clone();
    let told = posted(&crm, &case, &json!([{ "name": "wants_human", "value": false }]));
    assert_eq!(told["case"]["human_requested"], true, "{told}");
    let not = &told["not_counted"][0];
    assert_eq!((&not["name"], &not["counts"]), (&json!("human_requested"), &json!(true)), "{told}");
    assert!(not["why"].as_str().unwrap().contains("pressed the button"), "{told}");
}

#[test]
fn an_intent_that_the_bundle_believes_brings_its_topic_and_is_not_doubted() {
    let server = Server::start_with(believing(), Services::default());
    let crm = server.client(&["lead", "admin"]);
    let erp = server.client_as(&["lead", "admin"], None, Some("erp"));
    let text = "hello there";
    let plain = opened(&crm, "ann", text, &json!([]))["case"].clone();
    assert!(!plain["holder"]["name"].as_str().unwrap().ends_with("-ai"), "{plain}");
    let intent = json!([{ "name": "intent", "value": "verify_my_identity" }]);
    let case = opened(&crm, "bob", text, &intent);
    assert_eq!(case["case"]["holder"]["name"], "onboarding-ai", "{case}");
    assert_eq!(case.get("not_counted"), None, "{case}");
    let case = case["case"].clone();
    let decided = decision(&crm, &case);
    for (signal, want) in [
        ("topic", "topic = identity (follows from the intent verify_my_identity), from crm"),
        ("intent_confidence_bp", "intent_confidence_bp = 100.0 %"),
        ("intent_abstained", "intent_abstained = false"),
    ] {
        let told = told_of(&decided, signal);
        assert!(told.starts_with(want), "{told}");
    }
    // A topic of another source goes against it, and what that source itself says of its doubts counts.
    let told = posted(&erp, &case, &json!([{ "name": "topic", "value": "cards" }]));
    let not = &told["not_counted"][0];
    assert_eq!((&not["counts"], &not["source"]), (&json!("identity"), &json!("crm")), "{told}");
    assert!(not["why"].as_str().unwrap().contains("follows from the intent"), "{told}");
    let doubted = json!([intent[0].clone(), { "name": "intent_confidence_bp", "value": 4_000 }]);
    let case = opened(&crm, "eve", text, &doubted);
    assert_ne!(case["case"]["holder"]["name"], "onboarding-ai", "{case}");
    // Of two that are believed the newer counts.
    let core = server.client_as(&["lead", "admin"], None, Some("core-banking"));
    let told = posted(&core, &case["case"], &json!([{ "name": "intent", "value": "age_limit" }]));
    assert_eq!(told.get("not_counted"), None, "{told}");
}

#[test]
fn who_posts_what_does_not_count_is_told_why() {
    let server = Server::start();
    let crm = server.client(&["lead", "admin"]);
    let erp = server.client_as(&["lead", "admin"], None, Some("erp"));
    let case = crm.open("ann", "My card was stolen");
    for (client, name, value, counts, source, why) in [
        (&crm, "handoffs", json!(5), json!(0), "remit", "knows it of the case itself"),
        (&crm, "language", json!("de"), json!("en"), "remit", "Remit's own reading goes first"),
        (&crm, "situation", json!("bereavement"), json!("fraud_in_progress"), "remit", "stands on the case"),
        (&crm, "situation", json!("none"), json!("fraud_in_progress"), "remit", "stands on the case"),
        (&erp, "customer_tier", json!("private"), json!("plus"), "crm", "names `crm` as authoritative"),
    ] {
        posted(&crm, &case, &json!([{ "name": "customer_tier", "value": "plus" }]));
        let told = posted(client, &case, &json!([{ "name": name, "value": value }]));
        let not = &told["not_counted"][0];
        assert_eq!((&not["name"], &not["value"]), (&json!(name), &value), "{told}");
        assert_eq!((&not["counts"], &not["source"]), (&counts, &json!(source)), "{told}");
        assert!(not["why"].as_str().unwrap().contains(why), "{told}");
    }
    // What was posted beside the opening of a case is told of likewise.
    let told = opened(&erp, "bob", "When will my card arrive?", &json!([{ "name": "language", "value": "pl" }]));
    assert_eq!(told["not_counted"][0]["counts"], "en", "{told}");
}

const STRANDED: &str = r#"[[situation]]
name = "stranded"
title = "Cannot travel on"
rank = 35
owner = "care-team"

[[rule]]
id = "stranded.stuck"
reads = "stranded"
pattern = "stuck|stranded * airport|station"
owner = "risk"
reason = "Says that they cannot travel on"
matches = ["We are stuck at the airport"]
"#;

#[test]
fn a_situation_of_the_bundle_s_own_is_read_stands_and_is_told_with_its_rule_and_owner() {
    let text = |name: &str| String::from_utf8(BANK.files().get(name).unwrap().to_vec()).unwrap();
    let schema = text("schema.cedarschema").replacen("\"bereavement\"]", "\"bereavement\", \"stranded\"]", 1);
    let manifest = text("bundle.toml").replacen("[readings]\n", "[readings]\noff = [\"fraud.fake\"]\n", 1);
    let files = BANK.files().clone().with("schema.cedarschema", schema.into_bytes());
    let files = files.with("readings/own.toml", STRANDED.into()).with("bundle.toml", manifest.into_bytes());
    let bundle = loaded(files);
    let server = Server::start_with(bundle, Services::default());
    let lead = server.client(&["lead", "admin"]);
    let case = lead.open("ann", "We are stranded at the airport and the card does not work");
    assert_eq!(case["situations"][0]["situation"], "stranded", "{case}");
    assert!(!case["holder"]["name"].as_str().unwrap().ends_with("-ai"), "{case}");
    let rule = "rule `stranded.stuck` of readings/own.toml:8, owned by risk: Says that they cannot travel on";
    let told = told_of(&decision(&lead, &case), "situation");
    assert!(told.contains(rule), "{told}");
    let events = timeline(&lead, &case);
    let named = |kind: &str| events.iter().find(|item| item["event"]["type"] == kind).unwrap()["rules"].clone();
    assert!(named("signals_measured").as_array().unwrap().contains(&json!(rule)), "{events:#?}");
    assert_eq!(named("situation_noted"), json!([rule]), "{events:#?}");
    // By its rank it is graver than fraud and less grave than a threat.
    for (text, gravest) in [("and my card was stolen", "stranded"), ("I know where you live", "threat")] {
        say(&lead, &case, text);
        let told = told_of(&decision(&lead, &case), "situation");
        assert!(told.starts_with(&format!("situation = {gravest}")), "{text}: {told}");
    }
    // A rule of a pack that is switched off reads nothing, and the others are told with their pack.
    let case = lead.open("bob", "This looks like a fake website");
    assert_eq!(case.get("situations"), None, "{case}");
    let case = lead.open("eve", "I want to kill myself");
    let told = told_of(&decision(&lead, &case), "situation");
    assert!(told.contains("rule `self_harm.kill_myself` of pack en, owned by care-team: "), "{told}");
}
