//! What customers were told stays as they were told it, whatever bundle governs by now.

use crate::{
    activation::{put_in_force, without_tests},
    chat::staff,
    clocks::TEN,
    customer::Customer,
    expected::Expected as _,
    hands::TwoClocks,
    harness::{Server, id},
    night::bank_working,
};
use remit_app::governance::services::Services;
use remit_policy::{bundle::Bundle, files::Files};
use serde_json::{Value, json};
use std::sync::Arc;

const HOUR_MS: i64 = 3_600_000;
const OTHER: &str = "calls_back = \"OTHERWISE {title} {time}\"\ncallback_agreed = \"OTHERWISE {time}\"\n\
                     ai_answers = \"OTHERWISE {title}\"\nchat_manager = \"OTHERWISE\"\n\
                     owner_acts = \"OTHERWISE {owner} {time}\"\n";

/// What Remit told on a conversation as its customer is shown it, oldest first.
fn shown(customer: &Customer) -> Vec<Value> {
    let messages = customer.conversation()["messages"].clone();
    messages.as_array().unwrap().iter().filter(|message| message["author"] != "you").cloned().collect()
}

/// The bank without its general desk, with other texts, its queues elsewhere.
fn otherwise(bundle: &Bundle) -> Arc<Bundle> {
    let manifest = String::from_utf8(bundle.files().get("bundle.toml").unwrap().to_vec()).unwrap();
    let manifest = manifest.replace("Europe/London", "Asia/Tokyo").replace("General desk", "Some desk");
    let files: Files = bundle.files().clone().with("bundle.toml", manifest.into_bytes());
    without_tests(&files.with("texts/en.toml", OTHER.into()))
}

#[test]
fn what_was_told_stays_whatever_bundle_comes_after() {
    let clocks = TwoClocks::at(TEN + 13 * HOUR_MS);
    let bundle = bank_working("08:00-18:00", &[]);
    let server = Server::start_under_clock(Arc::clone(&bundle), Box::new(clocks), Services::none());
    let lead = server.client(&["lead", "admin"]);
    staff(&server, &lead, "ana", "Ana");
    let ann = Customer::of(&lead, "ann");
    ann.say("I want to talk to a human about my transfer");
    let case = lead.get("/v1/cases").body["items"][0].clone();
    let agreed = json!({ "kind": "callback", "until": "2026-03-12T09:00:00Z" });
    let put_off = lead.post(&format!("/v1/cases/{}/deferrals", id(&case)), &agreed);
    assert_eq!(put_off.status, 201, "{}", put_off.body);
    let address = format!("/v1/cases/{}", id(&case));
    let read = || {
        let context = lead.get(&format!("{address}/context")).expect(200);
        let timeline = lead.get(&format!("{address}/timeline")).body["items"].clone();
        let told: Vec<Value> = timeline.as_array().unwrap().iter().map(|item| item["told"].clone()).collect();
        (lead.get(&format!("{address}/messages")).body, told, context["told"].clone(), shown(&ann))
    };
    let before = read();
    let told = json!(before.1).to_string();
    assert!(told.contains("Our General desk will get back to you once we open again, on Wednesday 11 March"), "{told}");
    assert!(told.contains("We will call you on Thursday 12 March, 09:00 (GMT)."), "{told}");
    let other = otherwise(&bundle);
    let changed = put_in_force(&lead, &other, "reason=other%20words");
    assert_eq!(changed.status, 200, "{}", changed.body);
    assert_eq!(read(), before);
    // What is told from now on is told in the words of now.
    let bob = Customer::of(&lead, "bob");
    bob.say("I want to talk to a human about my transfer");
    assert!(json!(shown(&bob)).to_string().contains("A person will answer (Payments desk)."), "{:?}", shown(&bob));
}

/// The bank in which no queue may have anything, so that whoever is accountable sees to it.
fn nobody_may(bundle: &Bundle) -> Arc<Bundle> {
    let nobody = "@id(\"nobody\")\n@owner(\"everyday-team\")\n@reason(\"No desk works today\")\n\
                  forbid (principal is Queue, action == Action::\"handle\", resource);\n";
    let files: Files = bundle.files().clone().with("policies/nobody.cedar", nobody.into());
    without_tests(&files)
}

#[test]
fn who_waits_for_an_owner_is_told_by_which_moment_on_a_clock() {
    let clocks = TwoClocks::at(TEN);
    let bundle = nobody_may(&bank_working("08:00-18:00", &[]));
    let server = Server::start_under_clock(Arc::clone(&bundle), Box::new(clocks), Services::none());
    let lead = server.client(&["lead", "admin"]);
    let ann = Customer::of(&lead, "ann");
    ann.say("I want to talk to a human about my transfer");
    let case = lead.get("/v1/cases").body["items"][0].clone();
    let exceptions = lead.get("/v1/exceptions").body["items"].clone();
    assert_eq!(exceptions[0]["case"], case["id"], "{exceptions}");
    let told = lead.get(&format!("/v1/cases/{}/timeline", id(&case))).body.to_string();
    assert!(told.contains(" is seeing to this and will act by Tuesday 10 March, 11:00 (GMT)."), "{told}");
    assert_eq!(shown(&ann)[0]["by"], exceptions[0]["due_at"]);
}
