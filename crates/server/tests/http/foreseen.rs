//! What a preview of another bundle says of open cases, of staff and of fields is what happens once it is in force.

use crate::{
    activation::{put_in_force, untested, without_tests},
    chat::staff,
    fields::declared,
    harness::{Client, Server, id},
    sample_bundle::{BANK, bank_with_file, bank_without},
};
use remit_app::governance::services::Services;
use remit_policy::bundle::Bundle;
use serde_json::{Value, json};
use std::{collections::BTreeMap, sync::Arc, thread};

const HUMAN: &str = "I want to talk to a person about my card";

const TRANSFER: &str = "I want to talk to a human about my transfer";

fn waiting_in(lead: &Client, queue: &str, count: usize) -> Vec<Value> {
    let case = |n: usize| {
        let case = lead.open(&format!("w{n}"), HUMAN);
        let wish = json!({ "to": queue, "reason": "they know this one" });
        lead.post(&format!("/v1/cases/{}/overrides", id(&case)), &wish).body["case"].clone()
    };
    (0..count).map(case).collect()
}

fn holder(lead: &Client, case: &Value) -> String {
    lead.get(&format!("/v1/cases/{}", id(case))).body["holder"]["name"].as_str().unwrap().to_owned()
}

/// How many cases are left to be decided anew, as operators see it.
fn left(lead: &Client) -> u64 {
    let metrics = lead.get("/metrics").body;
    let line = metrics.as_str().unwrap().lines().find(|line| line.starts_with("remit_cases_to_decide_anew "));
    line.unwrap().rsplit(' ').next().unwrap().parse().unwrap()
}

/// The bank without the desk for payments, of whose cases nobody else may have any.
fn closed() -> Arc<Bundle> {
    let without = bank_without("payments");
    let policies = String::from_utf8(without.files().get("policies/queues.cedar").unwrap().to_vec()).unwrap();
    let shut = "\n@id(\"queue.shut\")\n@owner(\"head-of-support\")\n@reason(\"No desk takes cases today\")\nforbid \
                (principal is Queue, action == Action::\"handle\", resource);\n";
    let files = without.files().clone().with("policies/queues.cedar", (policies + shut).into_bytes());
    without_tests(&files)
}

#[test]
fn a_preview_decides_each_case_as_the_activation_will() {
    let server = Server::start();
    let lead = server.client(&["lead", "admin"]);
    for (other, to) in [(untested(&bank_without("payments")), "general"), (closed(), "general")] {
        let cases = waiting_in(&lead, "payments", 5);
        let before: Vec<String> = cases.iter().map(|case| holder(&lead, case)).collect();
        assert!(before.iter().all(|holder| holder == "payments"), "{before:?}");
        let asked = put_in_force(&lead, &other, "preview=true");
        assert_eq!((asked.status, &asked.body["in_force"]), (200, &json!(false)), "{}", asked.body);
        let asks = asked.body["asks"].as_str().unwrap();
        assert!(asks.contains("5 open cases are in `payments`") && asks.contains("payments=QUEUE"), "{asks}");
        let query = format!("preview=true&moves=payments%3D{to}");
        let preview = put_in_force(&lead, &other, &query).body;
        assert_eq!(preview["asks"], Value::Null, "{preview}");
        let mut told: BTreeMap<String, u64> = BTreeMap::new();
        for foreseen in preview["foreseen"].as_array().unwrap().iter().filter(|one| one["from"] == "payments") {
            *told.entry(foreseen["to"].as_str().unwrap().to_owned()).or_default() +=
                foreseen["cases"].as_u64().unwrap();
        }
        let done = put_in_force(&lead, &other, &format!("reason=closed&moves=payments%3D{to}"));
        assert_eq!(done.status, 200, "{}", done.body);
        while left(&lead) > 0 {
            thread::yield_now();
        }
        // What operators see falls to nothing only once all is done.
        let mut became: BTreeMap<String, u64> = BTreeMap::new();
        cases.iter().for_each(|case| *became.entry(holder(&lead, case)).or_default() += 1);
        assert_eq!(told, became, "{preview}");
        assert_eq!(told.values().sum::<u64>(), 5);
        let exceptions = preview["foreseen"].as_array().unwrap().iter().filter(|one| one["exception"].is_string());
        assert_eq!(
            exceptions.count() > 0,
            told.keys().all(|to| BANK.candidates().iter().all(|s| s.responder.as_str() != to))
        );
        assert_eq!(lead.post("/v1/bundles/rollback", &json!({ "reason": "the next one" })).status, 200);
        while left(&lead) > 0 {
            thread::yield_now();
        }
    }
}

#[test]
fn a_preview_tells_what_leaves_a_desk_that_is_closed_under_the_bundle() {
    let server = Server::start();
    let lead = server.client(&["lead", "admin"]);
    let cases: Vec<Value> = (0..3).map(|n| lead.open(&format!("w{n}"), TRANSFER)).collect();
    assert!(cases.iter().all(|case| holder(&lead, case) == "payments"), "{cases:?}");
    let shut = untested(&bank_with_file("bundle.toml", |text| {
        let (before, desk) = text.split_once("[[queue]]\nname = \"payments\"").unwrap();
        let desk = desk.replacen("calendar = \"long\"", "calendar = \"sundays\"", 1);
        let sundays = "[[calendar]]\nname = \"sundays\"\ntime_zone = \"Europe/London\"\n[calendar.hours]\n\
                       sunday = [\"09:00-10:00\"]\n\n";
        format!("{before}{sundays}[[queue]]\nname = \"payments\"{desk}")
    }));
    let preview = put_in_force(&lead, &shut, "preview=true").body;
    let to = preview["foreseen"][0]["to"].as_str().unwrap_or_else(|| panic!("{preview}"));
    assert_ne!(to, "payments");
    let told = json!([{ "from": "payments", "to": to, "because": "closed", "cases": 3 }]);
    assert_eq!(preview["foreseen"], told, "{preview}");
    let differs = json!([
        { "section": "calendar", "name": "sundays", "how": "new" },
        { "section": "queue", "name": "payments", "how": "changed", "keys": ["calendar"] },
    ]);
    let differ = preview["differs"].as_array().unwrap().iter().filter(|one| one["section"] != "file");
    assert_eq!(json!(differ.collect::<Vec<_>>()), differs, "{preview}");
    assert_eq!(put_in_force(&lead, &shut, "reason=closed").status, 200);
    for case in &cases {
        while holder(&lead, case) == "payments" {
            thread::yield_now();
        }
        assert_eq!(holder(&lead, case), to);
    }
}

#[test]
fn staff_of_a_desk_that_is_gone_are_told_of_and_come_back_with_it() {
    let server = Server::start();
    let lead = server.client(&["lead", "admin"]);
    for name in ["ana", "ben"] {
        staff(&server, &lead, name, name);
    }
    let queues = |name: &str| {
        let staff = lead.get("/v1/staff").body;
        let of = staff.as_array().unwrap_or_else(|| staff["items"].as_array().unwrap());
        of.iter().find(|one| one["name"] == name).unwrap()["queues"].clone()
    };
    let all = json!(["general", "cards", "payments", "identity", "fraud"]);
    let without = untested(&bank_without("payments"));
    let rest = json!(["general", "cards", "identity", "fraud"]);
    let preview = put_in_force(&lead, &without, "preview=true").body;
    assert_eq!(preview["staff"][0], json!({ "staff": "ana", "from": all, "to": rest }), "{preview}");
    let figures = &BANK.digest().as_str()[..8];
    let done = put_in_force(&lead, &without, &format!("reason=closed&from={figures}")).body;
    assert_eq!((&done["in_force"], &done["staff"]), (&json!(true), &preview["staff"]), "{done}");
    assert_eq!((queues("ana"), queues("ben")), (rest.clone(), rest.clone()));
    // Whom somebody noted since stays as they were noted.
    let note = json!({
        "name": "ben", "first_name": "ben", "queues": ["general"], "languages": { "en": 5 },
        "skills": { "general": 3 }, "capacity": { "chat": 3 },
    });
    assert_eq!(lead.post("/v1/staff", &note).status, 200);
    let back = lead.post("/v1/bundles/rollback", &json!({ "reason": "a mistake" })).body;
    assert_eq!(back["staff"], json!([{ "staff": "ana", "from": rest, "to": all }]), "{back}");
    assert_eq!((queues("ana"), queues("ben")), (all, json!(["general"])));
}

#[test]
fn fields_that_go_with_values_on_open_cases_are_told() {
    let bundle = declared();
    let server = Server::start_with(Arc::clone(&bundle), Services::none());
    let lead = server.client(&["lead", "admin"]);
    let opened = json!({ "customer": "ann", "channel": "chat", "text": HUMAN, "fields": { "order": "W1" } });
    let opened = server.client_as(&["integration"], None, Some("crm")).post("/v1/cases", &opened);
    assert_eq!(opened.status, 201, "{}", opened.body);
    let preview = put_in_force(&lead, &untested(&bank_with_file("bundle.toml", |text| text)), "preview=true").body;
    assert_eq!(preview["survey"]["fields"], json!({ "order": 1 }), "{preview}");
}
