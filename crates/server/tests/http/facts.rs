//! What is known of customers: said by integrations, read by policies and staff, sealed, and erased; cases found by the
//! exact value of a field; tokens of several sources.

use super::{
    expected::{Expected as _, put},
    harness::{Client, Server, id, verified},
    sample_bundle::bank_and,
};
use remit_app::governance::services::Services;
use remit_ledger::checkpoint::Signer;
use remit_policy::bundle::Bundle;
use rusqlite::Connection;
use serde_json::{Value, json};
use std::sync::Arc;

const DECLARED: &str = r#"
[[field]]
name = "order"
type = "reference"
sources = ["crm", "shop"]
[[field]]
name = "lines"
type = "number"
find = true
personal = false
[[fact]]
name = "tier"
type = "text"
values = ["standard", "private"]
seen_by = ["staff", "policies"]
sources = ["crm"]
[[fact]]
name = "name"
type = "text"
[[fact]]
name = "flags"
type = "list"
seen_by = ["staff", "ai"]
"#;

const POLICIES: &str = r#"
@id("about.tier") @owner("head-of-support") @reason("Private customers talk to people")
forbid (principal is Ai, action == Action::"handle", resource)
when { context.customer has tier && context.customer.tier == "private" && context.customer.tier_age_hours < 48 };
"#;

const LATE: &str = "My new card has not arrived yet, when will it come?";

fn declared() -> Arc<Bundle> {
    bank_and(DECLARED, &[("policies/about.cedar", POLICIES)])
}

fn open(crm: &Client, customer: &str, fields: Value) -> Value {
    let open = json!({ "customer": customer, "text": LATE, "channel": "chat", "fields": fields });
    crm.post("/v1/cases", &open).expect(201)
}

fn by_name(facts: &Value) -> Vec<(String, Value)> {
    let told = |fact: &Value| (fact["name"].as_str().unwrap().to_owned(), fact["value"].clone());
    facts.as_array().cloned().unwrap_or_default().iter().map(told).collect()
}

#[test]
fn who_comes_again_and_whose_key_is_gone_without_an_erasure_was_not_erased() {
    let server = Server::start_with(declared(), Services::none());
    let first = open(&server.client_as(&["integration"], None, Some("crm")), "gone", json!({}));
    let data = server.stop();
    let database = Connection::open(data.path().join("remit.db")).unwrap();
    let sql = "DELETE FROM customer_keys WHERE num = (SELECT key FROM customers WHERE id = ?1 AND opened_ms = -1)";
    assert_eq!(database.execute(sql, [first["case"]["customer"].as_str().unwrap()]).unwrap(), 1);
    drop(database);
    let mut server = Server::start_on(data, declared(), Services::none());
    server.is_tampered_with();
    let crm = server.client_as(&["integration"], None, Some("crm"));
    let opened = crm.post("/v1/cases", &json!({ "customer": "gone", "text": LATE, "channel": "chat" }));
    let noted = put(&crm, "/v1/customers/gone/facts", &json!({ "facts": { "tier": "private" } }));
    for got in [opened.expect(500), noted.expect(500)] {
        assert!(got["detail"].as_str().unwrap().contains("run `remit ledger verify`"), "{got}");
    }
}

#[test]
fn what_is_known_of_a_customer_decides_the_next_case_and_is_shown_to_staff() {
    let server = Server::start_with(declared(), Services::none());
    let crm = server.client_as(&["integration"], None, Some("crm"));
    // Before there is any case of theirs.
    let known = put(&crm, "/v1/customers/ann/facts", &json!({ "facts": { "tier": "private", "name": "Ann Archer" } }));
    let known = known.expect(200);
    assert_eq!(
        by_name(&known["facts"]),
        [("tier".to_owned(), json!("private")), ("name".to_owned(), json!("Ann Archer"))]
    );
    let first = open(&crm, "ann", json!({}));
    assert_ne!(first["case"]["holder"]["name"], "cards-ai", "{first}");
    let staff = server.client_as(&["staff"], Some("cards"), None);
    let seen = staff.get(&format!("/v1/cases/{}", id(&first["case"]))).expect(200);
    assert_eq!(by_name(&seen["customer_facts"]).len(), 2, "{seen}");
    let auditor = server.client(&["auditor"]);
    let decision = first["decision"]["id"].as_str().unwrap().to_owned();
    let recorded = auditor.get(&format!("/v1/decisions/{decision}")).expect(200);
    assert_eq!(recorded["decision"]["signals"]["customer.tier"]["value"], "private");
    assert_eq!(recorded["decision"]["signals"]["customer.tier"]["source"], "crm");
    assert_eq!(recorded["decision"]["signals"]["customer.tier_age_hours"]["value"], 0);

    // By the pseudonym too, and what is not named stays.
    let pseudonym = known["customer"].as_str().unwrap();
    let path = format!("/v1/customers/{pseudonym}/facts");
    let known = put(&crm, &path, &json!({ "facts": { "tier": null, "flags": ["fragile"] } })).expect(200);
    assert_eq!(
        by_name(&known["facts"]),
        [("name".to_owned(), json!("Ann Archer")), ("flags".to_owned(), json!(["fragile"]))]
    );
    assert_eq!(open(&crm, "ann", json!({}))["case"]["holder"]["name"], "cards-ai");
    // What was known before what is known by now says nothing.
    let old = json!({ "facts": { "name": "Ann Smith" }, "at": "2001-01-01T00:00:00Z" });
    put(&crm, &path, &old).expect(200);
    let known = staff.get(&path).expect(200);
    assert_eq!(by_name(&known["facts"])[0], ("name".to_owned(), json!("Ann Archer")));
    let events = auditor.get(&format!("/v1/streams/customer/{pseudonym}/timeline")).expect(200).to_string();
    assert!(events.contains("customer_facts_set") && !events.contains("Archer"), "{events}");
}

#[test]
fn the_newest_message_counts_also_where_it_takes_a_fact_away() {
    let server = Server::start_with(declared(), Services::none());
    let crm = server.client_as(&["integration"], None, Some("crm"));
    let (old, older) = ("2020-01-01T00:00:00Z", "1970-01-01T00:00:00Z");
    let say = |tier: Value, at: Option<&str>| {
        let mut said = json!({ "facts": { "tier": tier } });
        if let Some(at) = at {
            said["at"] = json!(at);
        }
        by_name(&put(&crm, "/v1/customers/eve/facts", &said).expect(200)["facts"])
    };
    let is = |tier: &str| vec![("tier".to_owned(), json!(tier))];
    assert_eq!(say(json!("private"), Some(old)), is("private"));
    assert_eq!(say(Value::Null, Some(older)), is("private"), "an older message takes nothing away");
    assert_eq!(say(Value::Null, None), []);
    assert_eq!(say(json!("private"), Some(old)), [], "an older message brings nothing back");
    let staff = server.client_as(&["staff"], Some("cards"), None);
    staff.get("/v1/customers/eve/facts").expect(404);
    assert_eq!(open(&crm, "eve", json!({}))["case"]["holder"]["name"], "cards-ai");
    assert_eq!(say(json!("standard"), None), is("standard"));
}

#[test]
fn what_is_known_anew_decides_what_is_open_and_in_no_hands() {
    let server = Server::start_with(declared(), Services::none());
    let (crm, admin) = (server.client_as(&["integration"], None, Some("crm")), server.client(&["admin"]));
    let (mine, theirs) = (open(&crm, "jan", json!({})), open(&crm, "kim", json!({})));
    let now = |case: &Value| admin.get(&format!("/v1/cases/{}", id(&case["case"]))).expect(200);
    let known = |facts: Value| put(&crm, "/v1/customers/jan/facts", &json!({ "facts": facts })).expect(200);
    // Policies do not see a name, and an age by the hour alone.
    known(json!({ "name": "Jan" }));
    known(json!({ "tier": "standard" }));
    while now(&mine)["decision"] == mine["decision"]["id"] {
        std::thread::yield_now();
    }
    let trigger = |case: &Value| {
        let decision = case["decision"].as_str().unwrap().to_owned();
        let recorded = admin.get(&format!("/v1/decisions/{decision}")).expect(200);
        recorded["decision"]["trigger"]["kind"].clone()
    };
    let kept = now(&mine);
    assert_eq!((&kept["holder"]["name"], trigger(&kept)), (&json!("cards-ai"), json!("facts_set")));
    known(json!({ "tier": "standard" }));
    known(json!({ "tier": "private" }));
    while now(&mine)["holder"]["name"] == "cards-ai" {
        std::thread::yield_now();
    }
    let timeline = admin.get(&format!("/v1/cases/{}/timeline", id(&mine["case"]))).expect(200).to_string();
    assert_eq!(timeline.matches("\"facts_set\"").count(), 2, "{timeline}");
    assert_eq!(trigger(&now(&mine)), json!("facts_set"));
    let moved = now(&mine)["decision"].as_str().unwrap().to_owned();
    let again = admin.post(&format!("/v1/decisions/{moved}/replay"), &json!({})).expect(200);
    assert_eq!(again["same"], true, "{again}");
    assert_eq!(now(&theirs)["decision"], theirs["decision"]["id"], "of somebody else nothing is known anew");
}

#[test]
fn a_fact_that_is_changed_where_it_is_stored_is_found() {
    let server = Server::start_with(declared(), Services::none());
    let crm = server.client_as(&["integration"], None, Some("crm"));
    for (customer, tier) in [("lea", "private"), ("max", "private")] {
        put(&crm, &format!("/v1/customers/{customer}/facts"), &json!({ "facts": { "tier": tier } })).expect(200);
    }
    let data = server.stop();
    let key = Signer::new(remit_app::vault::keys::ORIGIN, &[0; 32]).verifier();
    let found = || -> Vec<String> {
        let problems = verified(data.path(), &key).problems;
        problems.iter().map(ToString::to_string).filter(|found| !found.contains("checkpoint")).collect()
    };
    assert_eq!(found(), [""; 0]);
    let database = Connection::open(data.path().join("remit.db")).unwrap();
    let mut stored = database.prepare("SELECT id, body FROM items WHERE kind = 'customer_facts' ORDER BY id").unwrap();
    let stored = stored.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    let stored: Vec<(String, Vec<u8>)> = stored.map(Result::unwrap).collect();
    let items: Vec<Value> = stored.iter().map(|(_, body)| serde_json::from_slice(body).unwrap()).collect();
    let (id, sealed) = (&stored[0].0, items[0]["sealed"].as_str().unwrap());
    let with = |at: usize| {
        let put = if sealed.as_bytes()[at] == b'A' { "B" } else { "A" };
        format!("{}{put}{}", &sealed[..at], &sealed[at + 1..])
    };
    let unopened = "they do not open under the customer's key, or are not what was committed to";
    for (sealed, told) in [
        (with(0), unopened),
        (with(sealed.len() / 2), unopened),
        (items[1]["sealed"].as_str().unwrap().to_owned(), unopened),
        (sealed[..sealed.len() - 4].to_owned(), "they are of another length than is on record"),
    ] {
        let mut item = items[0].clone();
        item["sealed"] = json!(sealed);
        let body = serde_json::to_vec(&item).unwrap();
        let changed = "UPDATE items SET body = ?1 WHERE kind = 'customer_facts' AND id = ?2";
        assert_eq!(database.execute(changed, rusqlite::params![body, id]).unwrap(), 1);
        assert!(found().iter().any(|found| found.contains(told)), "{:?}", found());
    }
}

#[test]
fn a_case_is_found_by_a_value_of_each_type() {
    let declared: String = [
        ("order", "reference", ""),
        ("amount", "money", "personal = false\n"),
        ("share", "number", ""),
        ("departure", "date_time", ""),
        ("cities", "list", ""),
        ("gift", "truth", "personal = false\n"),
        ("cabin", "text", ""),
    ]
    .iter()
    .map(|(name, kind, more)| format!("[[field]]\nname = \"{name}\"\ntype = \"{kind}\"\nfind = true\n{more}"))
    .collect();
    let server = Server::start_with(bank_and(&declared, &[]), Services::none());
    let (crm, admin) = (server.client_as(&["integration"], None, Some("crm")), server.client(&["admin"]));
    let case = id(&open(
        &crm,
        "nia",
        json!({
            "order": "W/1&2", "amount": 12_900, "share": -3, "departure": "2026-12-24T18:30:00+01:00",
            "cities": ["Oslo", "Bergen"], "gift": true, "cabin": "first class",
        }),
    )["case"]);
    open(&crm, "oda", json!({ "order": "W", "amount": 129, "share": 3, "cities": ["Oslo"], "gift": false }));
    let found = |query: &str| -> Vec<String> {
        let page = admin.get(&format!("/v1/cases?{query}")).expect(200);
        page["items"].as_array().unwrap().iter().map(id).collect()
    };
    for query in [
        "field.order=W%2F1%262",
        "field.amount=12900",
        "field.share=-3",
        "field.departure=2026-12-24T18:30:00%2B01:00",
        // The same moment, said otherwise.
        "field.departure=2026-12-24T17:30:00Z",
        "field.cities=Oslo,Bergen",
        // A list is a set of names.
        "field.cities=Bergen,Oslo",
        "field.cities=%5B%22Oslo%22,%22Bergen%22%5D",
        "field.gift=true",
        "field.cabin=first%20class",
        "field.cabin=first+class&field.gift=true&field.share=-3",
    ] {
        assert_eq!(found(query), std::slice::from_ref(&case), "{query}");
    }
    for query in
        ["field.order=W/1", "field.amount=1290", "field.departure=2026-12-24T18:30:00Z", "field.cities=Oslo,Rome"]
    {
        assert_eq!(found(query), [""; 0], "{query}");
    }
    crm.post(&format!("/v1/cases/{case}/fields"), &json!({ "fields": { "amount": null, "cities": ["Rome"] } }))
        .expect(200);
    let none: [String; 0] = [];
    assert_eq!((found("field.amount=12900"), found("field.cities=Bergen,Oslo")), (none.to_vec(), none.to_vec()));
    assert_eq!(found("field.cities=Rome"), std::slice::from_ref(&case));
    admin.post("/v1/customers/erase", &json!({ "customer": "nia" })).expect(200);
    while !found("field.gift=true").is_empty() {
        std::thread::yield_now();
    }
    assert_eq!(found("field.cabin=first%20class"), [""; 0]);
}

#[test]
fn old_facts_are_seen_with_their_age() {
    let server = Server::start_with(declared(), Services::none());
    let crm = server.client_as(&["integration"], None, Some("crm"));
    let old = json!({ "facts": { "tier": "private" }, "at": "2026-03-01T00:00:00Z" });
    put(&crm, "/v1/customers/bea/facts", &old).expect(200);
    assert_eq!(open(&crm, "bea", json!({}))["case"]["holder"]["name"], "cards-ai", "that was long ago");
}

#[test]
fn what_does_not_fit_is_refused() {
    let server = Server::start_with(declared(), Services::none());
    let crm = server.client_as(&["integration"], None, Some("crm"));
    let path = "/v1/customers/cem/facts";
    for (body, told) in [
        (json!({ "facts": {} }), "at least one fact"),
        (json!({ "facts": { "colour": "red" } }), "declares no fact"),
        (json!({ "facts": { "tier": "golden" } }), "`tier` takes a text: one of standard, private"),
        (json!({ "facts": { "name": "x" }, "at": "2999-01-01T00:00:00Z" }), "not ahead of now"),
        (json!({ "facts": { "name": "x" }, "source": "erp" }), "is none of this token's sources, which are: crm"),
    ] {
        let refused = put(&crm, path, &body).expect(422);
        assert!(refused.to_string().contains(told), "{refused}");
    }
    let other = server.client_as(&["integration"], None, Some("shop"));
    let refused = put(&other, path, &json!({ "facts": { "tier": "private" } })).expect(422);
    assert!(refused.to_string().contains("`tier` is said by crm, and not by `shop`"), "{refused}");
    put(&server.client(&["auditor"]), path, &json!({ "facts": { "name": "x" } })).expect(403);
    server.client_as(&["staff"], Some("cards"), None).get(path).expect(404);
}

#[test]
fn facts_are_erased_with_the_customer_and_may_be_said_anew() {
    let server = Server::start_with(declared(), Services::none());
    let crm = server.client_as(&["integration"], None, Some("crm"));
    let path = "/v1/customers/dan/facts";
    put(&crm, path, &json!({ "facts": { "tier": "private", "name": "Dan" } })).expect(200);
    let first = open(&crm, "dan", json!({ "order": "W1" }));
    let admin = server.client(&["admin"]);
    admin.post("/v1/customers/erase", &json!({ "customer": "dan" })).expect(200);
    admin.get(path).expect(404);
    let seen = admin.get(&format!("/v1/cases/{}", id(&first["case"]))).expect(200);
    assert_eq!((&seen["customer_facts"], &seen["fields"]), (&Value::Null, &Value::Null), "{seen}");
    let decision = first["decision"]["id"].as_str().unwrap();
    let again = admin.post(&format!("/v1/decisions/{decision}/replay"), &json!({})).expect(200);
    assert_eq!(again["same"], true, "{again}");
    put(&crm, path, &json!({ "facts": { "name": "Daniel" } })).expect(200);
    assert_eq!(by_name(&admin.get(path).expect(200)["facts"]), [("name".to_owned(), json!("Daniel"))]);
}

#[test]
fn cases_are_found_by_the_exact_value_of_a_field() {
    let server = Server::start_with(declared(), Services::none());
    let crm = server.client_as(&["integration"], None, Some("crm"));
    let admin = server.client(&["admin"]);
    let first = id(&open(&crm, "eva", json!({ "order": "W1", "lines": 2 }))["case"]);
    let second = id(&open(&crm, "fay", json!({ "order": "W1", "lines": 3 }))["case"]);
    open(&crm, "gus", json!({ "order": "W10" }));
    let found = |query: &str| -> Vec<String> {
        let page = admin.get(&format!("/v1/cases?{query}")).expect(200);
        page["items"].as_array().unwrap().iter().map(id).collect()
    };
    assert_eq!(found("field.order=W1"), [second.clone(), first.clone()], "newest first");
    assert_eq!(found("field.order=W1&field.lines=2"), std::slice::from_ref(&first));
    assert_eq!(found("field.lines=2&status=resolved"), Vec::<String>::new());
    assert_eq!(found("status=open&field.order=W2"), Vec::<String>::new());
    let page = admin.get("/v1/cases?field.order=W1&limit=1").expect(200);
    assert_eq!(page["next"], json!(second));
    assert_eq!(found(&format!("field.order=W1&limit=1&after={second}")), std::slice::from_ref(&first));
    // By what it is now, and not by what it was.
    crm.post(&format!("/v1/cases/{first}/fields"), &json!({ "fields": { "order": "W2" } })).expect(200);
    assert_eq!((found("field.order=W1"), found("field.order=W2")), (vec![second.clone()], vec![first.clone()]));
    admin.post("/v1/customers/erase", &json!({ "customer": "eva" })).expect(200);
    for (query, told) in [
        ("field.colour=red", "is no field that cases are found by; these are: order, lines"),
        ("field.lines=two", "`lines` takes a whole number"),
        ("field.order=W1&field.order=W2", "names a field twice"),
        ("colour=red", "unknown field `colour`"),
        ("queue=cards", "or `field.NAME`"),
    ] {
        let refused = admin.get(&format!("/v1/cases?{query}")).expect(422);
        assert!(refused.to_string().contains(told), "{refused}");
    }
}

#[test]
fn a_token_may_have_several_sources() {
    let server = Server::start_with(declared(), Services::none());
    let admin = server.client(&["admin"]);
    let wish = json!({ "name": "hub", "roles": ["integration"], "source": "shop", "sources": ["crm"] });
    let made = admin.post("/v1/tokens", &wish).expect(201);
    assert_eq!((&made["source"], &made["sources"]), (&json!("shop"), &json!(["shop", "crm"])));
    let hub = server.client_with(made["token"].as_str().unwrap());
    let case = id(&open(&hub, "hal", json!({ "order": "W1" }))["case"]);
    let by = |source: &str| {
        let set = json!({ "fields": { "order": "W2" }, "source": source });
        hub.post(&format!("/v1/cases/{case}/fields"), &set)
    };
    by("crm").expect(200);
    let seen = admin.get(&format!("/v1/cases/{case}")).expect(200);
    assert_eq!(seen["fields"][0]["source"], "crm");
    assert!(by("erp").expect(422).to_string().contains("which are: shop, crm"));
    put(&hub, "/v1/customers/hal/facts", &json!({ "facts": { "tier": "private" } })).expect(422);
    put(&hub, "/v1/customers/hal/facts", &json!({ "facts": { "tier": "private" }, "source": "crm" })).expect(200);
    let unknown = json!({ "name": "x", "roles": ["integration"], "sources": ["erp"] });
    let refused = admin.post("/v1/tokens", &unknown).expect(422);
    assert!(refused.to_string().contains("erp"), "{refused}");
}

#[test]
fn a_chat_is_started_with_what_the_site_knows_of_its_customer() {
    let server = Server::start_with(declared(), Services::none());
    let crm = server.client_as(&["integration"], None, Some("crm"));
    let start = json!({ "customer": "ida", "facts": { "tier": "private", "name": "Ida" } });
    crm.post("/v1/chats", &start).expect(201);
    let known = server.client(&["admin"]).get("/v1/customers/ida/facts").expect(200);
    assert_eq!(by_name(&known["facts"])[0], ("tier".to_owned(), json!("private")));
    let customer = super::customer::Customer::of(&server.client(&["admin"]), "ida");
    customer.say(LATE);
    let cases = server.client(&["admin"]).get("/v1/cases").expect(200);
    assert_ne!(cases["items"][0]["holder"]["name"], "cards-ai", "{cases}");
    let wrong = json!({ "customer": "ida", "facts": { "tier": "golden" } });
    crm.post("/v1/chats", &wrong).expect(422);
}
