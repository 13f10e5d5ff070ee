//! What is weighed beside policy, over real HTTP: preferences in money and in order, who served a customer before, the
//! hour where a desk works, what a case needs of staff, and what is other for a topic.

use crate::{
    hands::OwnClock,
    harness::{Client, Server, id},
    sample_bundle::{BANK, bank_with, loaded},
    staff::{offered, presence, staff_client, work},
};
use remit_app::{environment::clock, governance::services::Services};
use remit_policy::bundle::Bundle;
use serde_json::{Value, json};
use std::{path::PathBuf, sync::Arc};

const PERSON: &str = "I want to talk to a person about a payment";
const HOUR_MS: i64 = 3_600_000;

/// The sample bank with what a folder of `scenarios` adds to it: tables of `bundle.toml`, policies, and, where there is
/// more, what its policies see of responders and of the case.
pub(crate) fn bank_and(folder: &str) -> Arc<Bundle> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../scenarios").join(folder);
    let added = |name: &str| std::fs::read_to_string(root.join(name)).unwrap();
    let text = |name: &str| String::from_utf8(BANK.files().get(name).unwrap().to_vec()).unwrap();
    let mut schema = text("schema.cedarschema");
    for (file, place) in [("attributes.txt", "sla_risk_bp: Long,"), ("signals.txt", "type Facts = {")] {
        if root.join(file).exists() {
            schema = schema.replace(place, added(file).trim());
        }
    }
    let manifest = text("bundle.toml") + &added("bundle.toml");
    let files = BANK.files().clone().with("bundle.toml", manifest.into_bytes());
    let files = files.with("schema.cedarschema", schema.into_bytes());
    let files = files.with("policies/added.cedar", added("policies.cedar").into_bytes());
    loaded(files)
}

fn open(client: &Client, customer: &str, signals: Value) -> Value {
    let body = json!({ "customer": customer, "text": PERSON, "channel": "chat", "signals": signals });
    let got = client.post("/v1/cases", &body);
    assert_eq!(got.status, 201, "{}", got.body);
    got.body["case"].clone()
}

fn holder(case: &Value) -> &str {
    case["holder"]["name"].as_str().unwrap_or_default()
}

/// The decision that a case was given by, which is taken again, byte for byte.
fn decision(client: &Client, case: &Value) -> Value {
    let id = case["decision"].as_str().unwrap();
    let again = client.post(&format!("/v1/decisions/{id}/replay"), &json!({}));
    assert_eq!((again.status, &again.body["same"]), (200, &json!(true)), "{}", again.body);
    client.get(&format!("/v1/decisions/{id}")).body
}

fn candidate<'a>(decision: &'a Value, name: &str) -> &'a Value {
    let all = decision["decision"]["candidates"].as_array().unwrap();
    all.iter().find(|candidate| candidate["responder"] == *name).unwrap()
}

fn tells(decision: &Value, what: &str) -> bool {
    decision["explanation"].to_string().contains(what)
}

#[test]
fn a_preference_counts_in_money_from_its_hour_on_where_the_desk_works() {
    let clock = OwnClock::new();
    let server = Server::start_under(bank_and("weighed"), &clock);
    let client = server.client(&["admin", "integration"]);
    let morning = open(&client, "carol", json!([]));
    assert_eq!(holder(&morning), "payments");
    let told = decision(&client, &morning);
    assert_eq!(candidate(&told, "payments")["local"], json!({ "hour": 10, "weekday": 2, "date": 20_260_310 }));
    assert!(candidate(&told, "general")["considered"].is_null() && told["decision"]["considerations"].is_null());
    clock.forward_ms(11 * HOUR_MS);
    let client = server.client(&["admin", "integration"]);
    let evening = open(&client, "dora", json!([]));
    assert_eq!(holder(&evening), "general");
    let told = decision(&client, &evening);
    let (general, payments) = (candidate(&told, "general"), candidate(&told, "payments"));
    assert_eq!(general["considered"], json!(["prefer.general-late"]));
    assert_eq!(general["cost"]["preference_minor"], json!(-500));
    let total = |of: &Value| of["cost"]["total_minor"].as_i64().unwrap();
    assert!(total(general) < total(payments) && total(general) + 500 > total(payments), "{told}");
    let noted = &told["decision"]["considerations"]["prefer.general-late"];
    assert_eq!((&noted["owner"], &noted["effect"]["kind"]), (&json!("head-of-support"), &json!("amount")));
    let owner = "head-of-support (Maya Okafor, head of support)";
    let preferred = format!("preferred by 5.00 GBP, by `prefer.general-late` of {owner}: From eight");
    assert!(tells(&told, &preferred), "{told}");
    assert!(tells(&told, "Tuesday 2026-03-10, 21 h"), "{told}");
}

#[test]
fn a_customer_goes_to_who_served_them_before_for_as_long_as_the_bundle_says() {
    let clock = OwnClock::new();
    let server = Server::start_under(bank_and("weighed"), &clock);
    let client = server.client(&["admin", "integration"]);
    let first = open(&client, "carol", json!([]));
    let given = client.post(
        &format!("/v1/cases/{}/overrides", id(&first)),
        &json!({ "to": "general", "reason": "the payments desk is in a meeting" }),
    );
    assert_eq!(given.status, 201, "{}", given.body);
    let epoch = given.body["case"]["holder"]["epoch"].clone();
    let was_with = |told: &Value| told["decision"]["signals"]["was_with_payments"]["value"].clone();
    let (before, after) = (decision(&client, &first), decision(&client, &given.body["case"]));
    assert_eq!((was_with(&before), was_with(&after)), (json!(false), json!(true)));
    assert!(candidate(&before, "payments")["had_before"].is_null());
    assert_eq!(candidate(&after, "payments")["had_before"], json!(true));
    let done = client.post(&format!("/v1/cases/{}/resolve", id(&first)), &json!({ "epoch": epoch }));
    assert_eq!(done.status, 200, "{}", done.body);
    let again = open(&client, "carol", json!([]));
    assert_eq!(holder(&again), "general", "{again}");
    let told = decision(&client, &again);
    assert_eq!(candidate(&told, "general")["served_before"], json!(true));
    assert!(candidate(&told, "payments")["served_before"].is_null());
    assert!(tells(&told, "by `prefer.who-served` of head-of-support"), "{told}");
    assert_eq!(holder(&open(&client, "dora", json!([]))), "payments", "nobody has served them");
    clock.forward_ms(31 * 24 * HOUR_MS);
    let client = server.client(&["admin", "integration"]);
    assert_eq!(holder(&open(&client, "carol", json!([]))), "payments", "that was too long ago");
}

#[test]
fn an_order_goes_before_every_cost() {
    let server = Server::start_with(bank_and("weighed"), Services::none());
    let client = server.client(&["admin", "integration"]);
    let private = json!([{ "name": "customer_tier", "value": "private" }]);
    let case = open(&client, "carol", private);
    assert_eq!(holder(&case), "private", "{case}");
    let told = decision(&client, &case);
    let sequence = told["decision"]["sequence"].as_array().unwrap();
    assert_eq!(sequence.first(), Some(&json!("general")), "{told}");
    assert!(tells(&told, "`private` goes first by `order.private` of private-team"), "{told}");
}

#[test]
fn a_case_is_offered_to_those_alone_who_have_the_skills_that_it_needs() {
    let server = Server::start_with(bank_and("weighed"), Services::none());
    let client = server.client(&["admin", "integration", "lead"]);
    for (name, level) in [("ana", 3), ("ben", 4)] {
        let staff = json!({
            "name": name, "first_name": name, "queues": ["fraud"], "languages": { "en": 5 },
            "skills": { "fraud": level }, "capacity": { "chat": 2 },
        });
        assert_eq!(client.post("/v1/staff", &staff).status, 200);
    }
    let (ana, ben) = (staff_client(&server, "ana"), staff_client(&server, "ben"));
    presence(&ana, "ana", "available");
    let case = open(&client, "carol", json!([{ "name": "account_frozen", "value": true }]));
    assert_eq!(holder(&case), "fraud", "{case}");
    let told = decision(&client, &case);
    assert!(tells(&told, "needs fraud at level 4, by `need.frozen` of fraud-team"), "{told}");
    // It says what it waits for, and its customer is told no wait for those who cannot take it.
    let shown = client.get(&format!("/v1/cases/{}", id(&case))).body;
    let lacking = json!([{ "staff": "ana", "level": 3 }]);
    let needs = json!([{ "skill": "fraud", "level": 4, "asked_by": ["need.frozen"], "lacking": lacking }]);
    assert_eq!(shown["needs"], needs, "{shown}");
    assert_eq!(shown["exceptions"], Value::Null, "ben has it");
    let messages = client.get(&format!("/v1/cases/{}/messages", id(&case))).body;
    let told = messages["items"].as_array().unwrap().iter().find(|message| message["author"] == "remit").unwrap();
    assert!(!told["text"].as_str().unwrap().contains("minute"), "{told}");
    presence(&ben, "ben", "available");
    let taken = work(&ben, "ben", |work| offered(work) == 1);
    assert_eq!(taken["offered"][0]["id"], case["id"]);
    assert_eq!(offered(&work(&ana, "ana", |_| true)), 0);
}

#[test]
fn what_nobody_who_is_noted_has_is_an_exception_at_once() {
    let server = Server::start_with(bank_and("weighed"), Services::none());
    let client = server.client(&["admin", "integration", "lead"]);
    let ana = |skills: Value| {
        json!({
            "name": "ana", "first_name": "Ana", "queues": ["fraud"], "languages": { "en": 5 }, "skills": skills,
            "capacity": { "chat": 1 },
        })
    };
    let unknown = client.post("/v1/staff", &ana(json!({ "frod": 4 })));
    assert_eq!((unknown.status, &unknown.body["type"]), (422, &json!("/problems/invalid")), "{}", unknown.body);
    assert!(unknown.body.to_string().contains("fraud"), "it says which there are: {}", unknown.body);
    assert_eq!(client.post("/v1/staff", &ana(json!({ "fraud": 3 }))).status, 200);
    let case = open(&client, "carol", json!([{ "name": "account_frozen", "value": true }]));
    let shown = loop {
        let shown = client.get(&format!("/v1/cases/{}", id(&case))).body;
        if shown["exceptions"].is_array() {
            break shown;
        }
    };
    assert_eq!((&shown["exceptions"][0]["kind"], holder(&shown)), (&json!("raised"), "fraud"), "{shown}");
    assert_eq!(shown["needs"][0]["nobody_has_it"], json!(true), "{shown}");
}

#[test]
fn whoever_leaves_soon_goes_before_those_who_have_waited_a_little_longer() {
    let clock = OwnClock::new();
    let server = Server::start_under(bank_and("weighed"), &clock);
    let client = server.client(&["admin", "integration", "lead"]);
    let first = open(&client, "carol", json!([]));
    clock.forward_ms(60_000);
    let departure = clock::rfc3339(clock::Clock::now(&clock).plus_ms(2 * HOUR_MS));
    let body = json!({
        "customer": "dora", "text": PERSON, "channel": "chat", "fields": { "departure": departure },
    });
    let got = client.post("/v1/cases", &body);
    assert_eq!(got.status, 201, "{}", got.body);
    let second = got.body["case"].clone();
    assert_eq!((holder(&first), holder(&second)), ("payments", "payments"));
    let told = decision(&client, &second);
    assert!(tells(&told, "preferred by 90 % of its cost, by `prefer.payments-before-departure`"), "{told}");
    let staff = json!({
        "name": "ana", "first_name": "Ana", "queues": ["payments"], "languages": { "en": 5 }, "skills": {},
        "capacity": { "chat": 1 },
    });
    assert_eq!(client.post("/v1/staff", &staff).status, 200);
    let ana = staff_client(&server, "ana");
    presence(&ana, "ana", "available");
    let taken = work(&ana, "ana", |work| offered(work) == 1);
    assert_eq!(taken["offered"][0]["id"], second["id"], "{first}");
}

#[test]
fn a_desk_that_cannot_be_in_time_costs_what_missing_the_date_does() {
    let clock = OwnClock::new();
    let server = Server::start_under(bank_and("weighed"), &clock);
    let client = server.client(&["admin", "integration", "lead"]);
    let staff = json!({
        "name": "ana", "first_name": "Ana", "queues": ["payments"], "languages": { "en": 5 }, "skills": {},
        "capacity": { "chat": 1 },
    });
    assert_eq!(client.post("/v1/staff", &staff).status, 200);
    let leaves = |customer: &str, in_ms: i64| {
        let departure = clock::rfc3339(clock::Clock::now(&clock).plus_ms(in_ms));
        let fields = json!({ "departure": departure });
        let body = json!({ "customer": customer, "text": PERSON, "channel": "chat", "fields": fields });
        let opened = client.post("/v1/cases", &body).body["case"].clone();
        decision(&client, &opened)
    };
    // Nobody of the desk is there.
    let told = leaves("carol", 2 * HOUR_MS);
    let (payments, general) = (candidate(&told, "payments"), candidate(&told, "general"));
    assert_eq!(payments["due_risk_bp"], json!(10_000), "{told}");
    assert!(payments["cost"]["due_minor"].as_i64() > Some(0), "{told}");
    assert!(general["due_risk_bp"].is_null() && general["cost"]["due_minor"].is_null(), "{told}");
    assert!(tells(&told, "+ missing its date") && tells(&told, "(100.0 % risk)"), "{told}");
    let terms = ["handling_minor", "delay_minor", "failure_minor", "due_minor", "preference_minor"];
    let sum: i64 = terms.iter().filter_map(|term| payments["cost"][term].as_i64()).sum();
    assert_eq!(payments["cost"]["total_minor"], json!(sum));
    // Who has left is missed by everybody.
    let told = leaves("dora", -HOUR_MS);
    assert!(candidate(&told, "payments")["due_risk_bp"].is_null(), "{told}");
}

#[test]
fn how_well_a_language_is_spoken_counts_in_policies_and_in_offers() {
    let text = |name: &str| String::from_utf8(BANK.files().get(name).unwrap().to_vec()).unwrap();
    let schema = text("schema.cedarschema").replace("sla_risk_bp: Long,", "sla_risk_bp: Long, language_level: Long,");
    let need = r#"
[[need]]
name = "need.language"
owner = "payments-team"
reason = "Payments are explained by who speaks the language well"
queues = ["payments"]
language = 3
"#;
    let policy = r#"
@id("language.payments") @owner("payments-team") @reason("Who hardly speaks it is no help")
forbid (principal == Queue::"payments", action == Action::"handle", resource) when { principal.language_level < 2 };
"#;
    let files = BANK.files().clone().with("schema.cedarschema", schema.into_bytes());
    let files = files.with("bundle.toml", (text("bundle.toml") + need).into_bytes());
    let files = files.with("policies/language.cedar", policy.into());
    let clock = OwnClock::new();
    let server = Server::start_under(loaded(files), &clock);
    let client = server.client(&["admin", "integration", "lead"]);
    for (name, level) in [("ana", 1), ("ben", 4)] {
        let staff = json!({
            "name": name, "first_name": name, "queues": ["payments"], "languages": { "en": level },
            "capacity": { "chat": 2 },
        });
        assert_eq!(client.post("/v1/staff", &staff).status, 200);
    }
    let (ana, ben) = (staff_client(&server, "ana"), staff_client(&server, "ben"));
    presence(&ana, "ana", "available");
    let first = open(&client, "carol", json!([]));
    let told = decision(&client, &first);
    assert_eq!(candidate(&told, "payments")["language_level"], json!(1), "{told}");
    // Of a desk for which nobody is noted, what the bundle says.
    assert_eq!(candidate(&told, "general")["language_level"], json!(5), "{told}");
    assert_eq!(candidate(&told, "payments")["verdict"]["policies"], json!(["language.payments"]), "{told}");
    presence(&ben, "ben", "available");
    clock.forward_ms(2_000);
    let second = open(&client, "dora", json!([]));
    assert_eq!(holder(&second), "payments", "{second}");
    let told = decision(&client, &second);
    assert_eq!(candidate(&told, "payments")["language_level"], json!(4), "{told}");
    assert!(tells(&told, "needs the customer's language at level 3, by `need.language` of payments-team"), "{told}");
    let taken = work(&ben, "ben", |work| offered(work) == 1);
    assert_eq!(taken["offered"][0]["id"], second["id"]);
    assert_eq!(offered(&work(&ana, "ana", |_| true)), 0);
}

#[test]
fn what_handling_costs_and_what_is_expected_can_be_other_for_a_topic() {
    let dearer = bank_with(|toml| {
        let of = "name = \"payments\"\ntitle = \"Payments desk\"";
        assert!(toml.contains(of));
        let topics = ["cards", "card_trouble", "payments", "cash", "transfers", "top_up", "exchange", "money_back"];
        let other = topics.map(|topic| format!("{topic} = {{ handling_minor = 9000, prior_resolve_bp = 1000 }}"));
        toml.replace(of, &format!("{of}\nby_topic = {{ {} }}", other.join(", ")))
    });
    let server = Server::start_with(dearer, Services::none());
    let client = server.client(&["admin", "integration"]);
    let case = open(&client, "carol", json!([]));
    let told = decision(&client, &case);
    let payments = candidate(&told, "payments");
    let weight = json!(50);
    assert_eq!(
        (&payments["handling_minor"], &payments["prior_bp"], &payments["prior_weight"]),
        (&json!(9_000), &json!(1_000), &weight),
        "{told}"
    );
    assert_ne!(holder(&case), "payments", "{told}");
}
