//! What a case is about: fields set at opening, by integrations and by staff, shown to who may see them, read by
//! policies, and erased with the customer.

use super::{
    activation::put_in_force,
    endpoint::Ai,
    expected::Expected as _,
    harness::{Client, Server, id},
    sample_bundle::bank_and,
};
use remit_app::governance::services::Services;
use remit_policy::bundle::Bundle;
use serde_json::{Value, json};
use std::sync::Arc;

const DECLARED: &str = r#"
[[field]]
name = "order"
type = "reference"
seen_by = ["staff", "ai"]
[[field]]
name = "amount"
type = "money"
personal = false
seen_by = ["staff", "ai", "policies"]
[[field]]
name = "plan"
type = "text"
seen_by = ["staff", "policies"]
[[field]]
name = "secret"
type = "text"
seen_by = ["nobody"]
[[field]]
name = "score"
type = "number"
sources = ["scoring"]
personal = false
"#;

const POLICIES: &str = r#"
@id("about.amount") @owner("head-of-support") @reason("Large amounts are for people")
forbid (principal is Ai, action == Action::"handle", resource)
when { context.fields has amount && context.fields.amount > 50000 };
@id("about.plan") @owner("head-of-support") @reason("A plan in doubt is for people")
forbid (principal is Ai, action == Action::"handle", resource)
when { context.fields has plan && context.fields.plan == "in doubt" };
"#;

const LATE: &str = "My new card has not arrived yet, when will it come?";

pub(crate) fn declared() -> Arc<Bundle> {
    bank_and(DECLARED, &[("policies/about.cedar", POLICIES)])
}

fn opened(crm: &Client, customer: &str, fields: Value) -> Value {
    let open = json!({ "customer": customer, "text": LATE, "channel": "chat", "fields": fields });
    crm.post("/v1/cases", &open).expect(201)
}

fn by_name(case: &Value) -> Vec<(String, Value, String)> {
    let fields = case["fields"].as_array().cloned().unwrap_or_default();
    let told = |field: &Value| {
        (
            field["name"].as_str().unwrap().to_owned(),
            field["value"].clone(),
            field["source"].as_str().unwrap().to_owned(),
        )
    };
    fields.iter().map(told).collect()
}

#[test]
fn fields_are_set_at_opening_and_decide_who_may_have_the_case() {
    let server = Server::start_with(declared(), Services::none());
    let crm = server.client_as(&["integration"], None, Some("crm"));
    let staff = server.client_as(&["staff"], Some("cards"), None);
    let plain = opened(&crm, "ann", json!({}));
    assert_eq!(plain["case"]["holder"]["name"], "cards-ai");
    let open =
        opened(&crm, "ann", json!({ "amount": 60_000, "order": "W2378156", "plan": "gold", "secret": "hidden" }));
    assert_ne!(open["case"]["holder"]["name"], "cards-ai", "{open}");
    let seen = staff.get(&format!("/v1/cases/{}", id(&open["case"]))).expect(200);
    let crm_said = |name: &str, value: Value| (name.to_owned(), value, "crm".to_owned());
    let mine =
        [crm_said("order", json!("W2378156")), crm_said("amount", json!(60_000)), crm_said("plan", json!("gold"))];
    assert_eq!(by_name(&seen), mine);

    let decision = open["decision"]["id"].as_str().unwrap();
    let recorded = server.client(&["auditor"]).get(&format!("/v1/decisions/{decision}")).expect(200);
    let signals = &recorded["decision"]["signals"];
    assert_eq!(signals["fields.amount"]["value"], 60_000);
    assert_eq!(signals["fields.plan"]["value"], "(another)", "a decision holds no more than policies tell apart");
    let replayed =
        server.client(&["auditor"]).post(&format!("/v1/decisions/{decision}/replay"), &json!({})).expect(200);
    assert_eq!(replayed["same"], true, "{replayed}");

    let timeline = server.client(&["auditor"]).get(&format!("/v1/cases/{}/timeline", id(&open["case"]))).expect(200);
    let timeline = timeline.to_string();
    for personal in ["W2378156", "gold", "hidden"] {
        assert!(!timeline.contains(&format!("\"{personal}\"")), "{personal} is on record");
    }
}

#[test]
fn a_responder_sees_what_an_ai_may_see() {
    let server = Server::start_with(declared(), Services::none());
    let crm = server.client_as(&["integration"], None, Some("crm"));
    let open = opened(&crm, "bea", json!({ "amount": 100, "order": "W1", "plan": "gold" }));
    assert_eq!(open["case"]["holder"]["name"], "cards-ai");
    let ai = server.client_as(&["responder"], Some("cards-ai"), None);
    let seen = ai.get(&format!("/v1/cases/{}/context", id(&open["case"]))).expect(200);
    let names: Vec<String> = by_name(&seen["case"]).into_iter().map(|(name, ..)| name).collect();
    assert_eq!(names, ["order", "amount"]);
}

#[test]
fn an_open_case_is_decided_anew_and_keeps_what_stands() {
    let server = Server::start_with(declared(), Services::none());
    let crm = server.client_as(&["integration"], None, Some("crm"));
    let open = opened(&crm, "cem", json!({ "order": "W1" }));
    let path = format!("/v1/cases/{}/fields", id(&open["case"]));
    let after = crm.post(&path, &json!({ "fields": { "order": "W2" } })).expect(200);
    assert_eq!(after["decision"], Value::Null, "policies do not see it");
    let after = crm.post(&path, &json!({ "fields": { "plan": "in doubt" } })).expect(200);
    assert_eq!(after["decision"]["outcome"], "assign", "{after}");
    assert_ne!(after["case"]["holder"]["name"], "cards-ai");
    // What was sealed before is opened for the next decision.
    let wrote =
        crm.post(&format!("/v1/cases/{}/messages", id(&open["case"])), &json!({ "text": "Any news of my card?" }));
    let decision = wrote.expect(201)["decision"]["id"].as_str().unwrap().to_owned();
    let recorded = server.client(&["auditor"]).get(&format!("/v1/decisions/{decision}")).expect(200);
    assert_eq!(recorded["decision"]["signals"]["fields.plan"]["value"], "in doubt");
    crm.post(&path, &json!({ "fields": { "plan": null } })).expect(200);
    let seen = server.client(&["admin"]).get(&format!("/v1/cases/{}", id(&open["case"]))).expect(200);
    assert_eq!(by_name(&seen), [("order".to_owned(), json!("W2"), "crm".to_owned())]);
}

#[test]
fn a_bundle_that_comes_into_force_is_held_against_what_is_sealed_of_open_cases() {
    let unasked = bank_and(DECLARED, &[]);
    let server = Server::start_with(unasked, Services::none());
    let crm = server.client_as(&["integration"], None, Some("crm"));
    let doubted = opened(&crm, "gil", json!({ "plan": "in doubt" }));
    let gold = opened(&crm, "hed", json!({ "plan": "gold" }));
    assert_eq!(
        (&doubted["case"]["holder"]["name"], &gold["case"]["holder"]["name"]),
        (&json!("cards-ai"), &json!("cards-ai"))
    );
    let lead = server.client(&["lead", "admin"]);
    let preview = put_in_force(&lead, &declared(), "preview=true");
    assert_eq!((preview.status, &preview.body["survey"]["not_permitted"]), (200, &json!(1)), "{}", preview.body);
    assert_eq!(put_in_force(&lead, &declared(), "reason=plans").status, 200);
    let holder = |case: &Value| lead.get(&format!("/v1/cases/{}", id(&case["case"]))).body["holder"]["name"].clone();
    while holder(&doubted) == "cards-ai" {
        std::thread::yield_now();
    }
    assert_eq!(holder(&gold), "cards-ai");
}

#[test]
fn what_does_not_fit_is_refused_and_says_what_would() {
    let server = Server::start_with(declared(), Services::none());
    let crm = server.client_as(&["integration"], None, Some("crm"));
    let open = opened(&crm, "dan", json!({}));
    let path = format!("/v1/cases/{}/fields", id(&open["case"]));
    for (fields, told) in [
        (json!({}), "at least one field"),
        (json!({ "colour": "red" }), "declares no field \"colour\": it has order, amount"),
        (json!({ "amount": "much" }), "`amount` takes an amount in minor units"),
        (json!({ "order": "two words" }), "`order` takes a reference"),
        (json!({ "score": 3 }), "`score` is set by scoring, and not by `crm`"),
    ] {
        let refused = crm.post(&path, &json!({ "fields": fields })).expect(422);
        assert!(refused.to_string().contains(told.replace('"', "\\\"").as_str()), "{refused}");
    }
    let nameless = server.client_as(&["integration"], None, None);
    let refused = nameless.post(&path, &json!({ "fields": { "amount": 3 } })).expect(422);
    assert!(refused.to_string().contains("this token has no source"), "{refused}");
    server.client(&["auditor"]).post(&path, &json!({ "fields": { "amount": 3 } })).expect(403);
    server
        .client_as(&["integration"], None, Some("scoring"))
        .post(&path, &json!({ "fields": { "score": 3 } }))
        .expect(200);
}

#[test]
fn fields_are_erased_with_the_customer_and_decisions_are_taken_again_without_them() {
    let server = Server::start_with(declared(), Services::none());
    let crm = server.client_as(&["integration"], None, Some("crm"));
    let open = opened(&crm, "eva", json!({ "plan": "in doubt", "amount": 7 }));
    let admin = server.client(&["admin"]);
    admin.post("/v1/customers/erase", &json!({ "customer": "eva" })).expect(200);
    let seen = admin.get(&format!("/v1/cases/{}", id(&open["case"]))).expect(200);
    assert_eq!(by_name(&seen), []);
    let decision = open["decision"]["id"].as_str().unwrap();
    let replayed = admin.post(&format!("/v1/decisions/{decision}/replay"), &json!({})).expect(200);
    assert_eq!(replayed["same"], true, "{replayed}");
    let late = crm.post(&format!("/v1/cases/{}/fields", id(&open["case"])), &json!({ "fields": { "plan": "gold" } }));
    late.expect(410);
}

#[test]
fn an_ai_service_is_given_what_an_ai_may_see() {
    let ai = Ai::start(|_| json!({ "say": "answer", "text": "It is on its way." }));
    ai.set_open(true);
    let service = "kind = \"webhook\"\nurl = \"http://127.0.0.1:1/\"\nsecret_env = \"X\"\n";
    let server = Server::start_with(declared(), ai.services(service));
    let crm = server.client_as(&["integration"], None, Some("crm"));
    opened(&crm, "fay", json!({ "amount": 100, "order": "W1", "plan": "gold" }));
    ai.wait_for(1);
    let turn = &ai.turns()[0];
    assert_eq!(turn["fields"], json!({ "order": "W1", "amount": 100 }));
    let summary = turn["summary"].as_str().unwrap();
    assert!(summary.contains("order: W1.") && summary.contains("amount: 100 minor units of GBP."), "{summary}");
    assert!(!turn.to_string().contains("gold"), "{turn}");
}

#[test]
fn a_timeline_shows_values_to_who_may_see_them_and_names_the_others() {
    let server = Server::start_with(declared(), Services::none());
    let scoring = server.client_as(&["integration"], None, Some("scoring"));
    let bundle = DECLARED.replace(
        "sources = [\"scoring\"]\npersonal = false",
        "sources = [\"scoring\"]\npersonal = false\nseen_by = [\"policies\"]",
    );
    let lead = server.client(&["lead", "admin"]);
    let bundle = super::activation::untested(&bank_and(&bundle, &[("policies/about.cedar", POLICIES)]));
    assert_eq!(put_in_force(&lead, &bundle, "reason=closer").status, 200);
    let case = opened(&scoring, "ann", json!({ "score": 7, "amount": 1200 }))["case"].clone();
    let set = |client: &Client| {
        let items = client.get(&format!("/v1/cases/{}/timeline?limit=200", id(&case))).expect(200)["items"].clone();
        let items = items.as_array().unwrap().clone();
        items.into_iter().find(|item| item["event"]["type"] == "fields_set").unwrap()
    };
    let of = |item: &Value| (item["event"]["fields"].get("score").cloned(), item["withheld"].clone());
    let staff = server.client_as(&["staff"], Some("cards"), None);
    let ai = server.client_as(&["responder"], Some("cards-ai"), None);
    for client in [&staff, &ai] {
        let item = set(client);
        assert_eq!(of(&item), (None, json!(["score"])), "{item}");
        assert_eq!(item["event"]["fields"]["amount"]["plain"]["value"], 1200, "{item}");
    }
    // Who may read all events reads the record as it is.
    let item = set(&lead);
    assert_eq!((of(&item).0.is_some(), item.get("withheld")), (true, None), "{item}");
}
