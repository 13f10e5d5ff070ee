//! Nights: what waits for a desk that is closed, what customers are told of it, and who is offered it and when.

use crate::{
    chat::staff,
    clocks::TEN,
    customer::Customer,
    harness::{Server, TwoClocks, id},
    sample_bundle::bank_with,
    staff::{answer, offered, presence, staff_client, work},
};
use remit_app::governance::services::Services;
use remit_policy::bundle::Bundle;
use serde_json::{Value, json};
use std::sync::Arc;

const HOUR_MS: i64 = 3_600_000;
const TRANSFER: &str = "I want to talk to a human about my transfer";

/// The sample bank with a general desk, and a fraud desk, that work so each day, but on these holidays; while they are
/// closed, the one collects mails and both call chats back. The desk for identities never closes.
pub(crate) fn bank_working(range: &str, holidays: &[&str]) -> Arc<Bundle> {
    let days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    let hours: Vec<String> = days.iter().map(|day| format!("{day} = [\"{range}\"]")).collect();
    let holidays: Vec<String> = holidays.iter().map(|day| format!("\"{day}\"")).collect();
    let calendar = format!(
        "\n[[calendar]]\nname = \"desk\"\ntime_zone = \"Europe/London\"\nholidays = [{}]\n[calendar.hours]\n{}\n",
        holidays.join(", "),
        hours.join("\n")
    );
    bank_with(|toml| {
        let with = |toml: String, queue: &str, was: &str, keys: &str| {
            let name = format!("[[queue]]\nname = \"{queue}\"");
            let (before, after) = toml.split_once(&name).unwrap();
            format!("{before}{name}{}", after.replacen(&format!("calendar = \"{was}\""), keys, 1))
        };
        let calls_back = "calendar = \"desk\"\ncalls_back = [\"chat\"]";
        let toml = with(toml, "general", "always", &format!("{calls_back}\ncollects = [\"email\"]"));
        let toml = with(toml, "fraud", "always", calls_back);
        with(toml, "identity", "office", "calendar = \"always\"") + &calendar
    })
}

#[test]
fn who_chats_at_night_is_called_back_and_a_restart_forgets_no_night() {
    let clocks = TwoClocks::at(TEN + 13 * HOUR_MS);
    let bundle = bank_working("08:00-18:00", &[]);
    let server = Server::start_under_clock(Arc::clone(&bundle), Box::new(clocks.clone()), Services::none());
    let lead = server.client(&["lead", "admin"]);
    staff(&server, &lead, "ana", "Ana");
    let ann = Customer::of(&lead, "ann");
    ann.say(TRANSFER);
    let status = ann.status();
    let promise = "Nobody is here right now. Our General desk will get back to you once we open again, on Wednesday 11 \
                   March, 08:00 (GMT).";
    assert_eq!((&status["state"], &status["text"]), (&json!("waiting"), &json!(promise)), "{status}");
    let (opens, due) = (json!("2026-03-11T08:00:00.000Z"), json!("2026-03-11T10:00:00.000Z"));
    assert_eq!((&status["opens_at"], &status["due_at"]), (&opens, &due), "{status}");
    let messages = ann.conversation()["messages"].clone();
    let told = |message: &Value| message["author"] == "remit" && message["text"] == promise;
    assert!(messages.as_array().unwrap().iter().any(told), "{messages}");
    // What shows the case or the queue shows the same.
    let case = lead.get("/v1/cases").body["items"][0].clone();
    assert_eq!((&case["opens_at"], &case["due_at"]), (&opens, &due), "{case}");
    let queues = lead.get("/v1/queues").body;
    let general = queues.as_array().unwrap().iter().find(|queue| queue["name"] == "general").unwrap();
    assert_eq!((&general["open"], &general["opens_at"]), (&json!(false), &opens), "{general}");
    // The decision rests on it, and can be taken again.
    let id_of = case["decision"].as_str().unwrap();
    let decision = lead.get(&format!("/v1/decisions/{id_of}")).body;
    let collects = &decision["decision"]["collecting"]["general"];
    assert_eq!(collects, &json!({ "opens": TEN + 22 * HOUR_MS, "calls_back": true }), "{decision}");
    let promises = "promises to call the customer back once it opens, at 2026-03-11 08:00:00 Europe/London.";
    assert!(decision["explanation"]["chosen"].to_string().contains(promises), "{decision}");
    let replay = lead.post(&format!("/v1/decisions/{id_of}/replay"), &json!({})).body;
    assert_eq!(replay["same"], true, "{replay}");

    // Ana works at night, elsewhere: what waits for the morning is not offered to her, also after a restart.
    let data = server.stop();
    let server = Server::resume_under_clock((data, bundle), Box::new(clocks.clone()), Services::none());
    let lead = server.client(&["lead", "admin"]);
    let at_night = lead.open("bob", "I want to talk to a human, my identity cannot be verified");
    let ana = staff_client(&server, "ana");
    let first = work(&ana, "ana", |work| offered(work) > 0);
    let ids = |work: &Value| work["offered"].as_array().unwrap().iter().map(id).collect::<Vec<_>>();
    assert_eq!(ids(&first), [id(&at_night)]);
    assert_eq!(answer(&ana, &first["offered"][0], "accept").status, 200);
    clocks.pass(9 * HOUR_MS + 60_000);
    let ana = staff_client(&server, "ana");
    presence(&ana, "ana", "available");
    work(&ana, "ana", |work| ids(work).contains(&id(&case)));
}
