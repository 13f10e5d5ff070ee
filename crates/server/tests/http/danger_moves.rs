//! A danger goes where there is help, by whatever way a case comes to somebody else: who has it goes or gives it back,
//! it ends in another case, an exception holds it, it has changed hands too often, its customer calls it solved, or a
//! promise runs out.

use crate::{
    clocks::TEN,
    customer::Customer,
    danger::{everywhere, say, taken},
    hands::TwoClocks,
    harness::{Client, Server, epoch, id},
    staff::{presence, staff_client},
};
use remit_app::governance::services::Services;
use serde_json::{Value, json};

const HUMAN: &str = "I would like to talk to a human please";
/// Where that may go.
const DESKS: [&str; 4] = ["general", "cards", "identity", "payments"];
pub(crate) const DANGER: &str = "I want to kill myself";

fn at(case: &Value, end: &str) -> String {
    format!("/v1/cases/{}/{end}", id(case))
}

fn now(client: &Client, case: &Value) -> Value {
    client.get(&format!("/v1/cases/{}", id(case))).body
}

fn holder(case: &Value) -> (&str, Option<&str>) {
    (case["holder"]["name"].as_str().unwrap_or_default(), case["holder"]["staff"].as_str())
}

/// Somebody who works on these desks, and is there.
pub(crate) fn on(server: &Server, lead: &Client, name: &str, queues: &[&str]) -> Client {
    let staff = json!({
        "name": name, "first_name": name, "queues": queues, "languages": { "en": 5 },
        "skills": { "general": 3, "fraud": 3, "safeguarding": 3, "payments": 3 }, "capacity": { "chat": 9 },
    });
    assert_eq!(lead.post("/v1/staff", &staff).status, 200);
    let client = staff_client(server, name);
    presence(&client, name, "available");
    client
}

#[test]
fn who_gives_back_or_leaves_somebody_in_danger_leaves_them_to_those_who_help() {
    let server = Server::start();
    let lead = server.client(&["lead", "admin"]);
    let gina = on(&server, &lead, "gina", &DESKS);
    for leaves in [false, true] {
        let case = taken(&gina, "gina", &lead.open(if leaves { "ann" } else { "bea" }, HUMAN));
        let asked = say(&lead, &case, DANGER);
        assert_eq!((holder(&asked).1, &asked["handover_question"]["to"]), (Some("gina"), &json!("care")));
        if leaves {
            presence(&gina, "gina", "offline");
        } else {
            let back = json!({ "epoch": epoch(&case), "reason": "return_to_queue", "note": "I have to go" });
            assert_eq!(gina.post(&at(&case, "handoffs"), &back).status, 201);
        }
        let case = loop {
            let case = now(&lead, &case);
            if holder(&case).1.is_none() {
                break case;
            }
        };
        assert_eq!(holder(&case), ("care", None), "{case}");
        assert_eq!(holder(&say(&lead, &case, "When will my card arrive?")), ("care", None));
    }
}

#[test]
fn an_override_hides_no_danger_that_it_did_not_know_of_and_who_gave_the_case_up_may_help_then() {
    let server = Server::start();
    let lead = server.client(&["lead", "admin"]);
    let gina = on(&server, &lead, "gina", &DESKS);
    let placed = |customer: &str, desks: [&str; 2]| {
        let case = lead.open(customer, HUMAN);
        let to = if holder(&case).0 == desks[0] { desks[1] } else { desks[0] };
        let got = lead.post(&at(&case, "overrides"), &json!({ "to": to, "reason": "x" }));
        assert_eq!(got.status, 201, "{}", got.body);
        got.body["case"].clone()
    };
    // Who has it by an override is asked, and what they give back goes on.
    let case = taken(&gina, "gina", &placed("ann", ["cards", "payments"]));
    assert_eq!(holder(&case).1, Some("gina"));
    for text in [DANGER, "please help me"] {
        let asked = say(&lead, &case, text);
        assert_eq!((holder(&asked).1, &asked["handover_question"]["to"]), (Some("gina"), &json!("care")), "{asked}");
    }
    let back = json!({ "epoch": epoch(&case), "reason": "return_to_queue" });
    let got = gina.post(&at(&case, "handoffs"), &back);
    assert_eq!((got.status, holder(&got.body["case"])), (201, ("care", None)), "{}", got.body);
    // The care team said that a case was not theirs, before anybody knew.
    let cora = on(&server, &lead, "cora", &["care"]);
    taken(&cora, "cora", &case);
    let cara = on(&server, &lead, "cara", &["care"]);
    let case = taken(&cara, "cara", &placed("bea", ["care", "care"]));
    let wrong = json!({ "epoch": epoch(&case), "reason": "wrong_team" });
    let got = cara.post(&at(&case, "handoffs"), &wrong);
    assert!(got.status == 201 && holder(&got.body["case"]).0 != "care", "{}", got.body);
    assert_eq!(holder(&say(&lead, &case, DANGER)), ("care", None));
}

#[test]
fn what_stood_on_a_case_stands_on_the_one_that_it_ends_in() {
    let server = Server::start();
    let lead = server.client(&["lead", "admin"]);
    let cara = on(&server, &lead, "cara", &["care"]);
    let other = lead.open("ann", "When will my card arrive?");
    assert_eq!(holder(&other), ("cards-ai", None));
    let case = taken(&cara, "cara", &lead.open("ann", DANGER));
    let merged = cara.post(&at(&case, "merge"), &json!({ "epoch": epoch(&case), "into": other["id"] }));
    assert_eq!(merged.status, 200, "{}", merged.body);
    let other = loop {
        let other = now(&lead, &other);
        if other["situations"].is_array() && holder(&other).0 != "cards-ai" {
            break other;
        }
    };
    assert_eq!((holder(&other).0, &other["situations"][0]["situation"]), ("care", &json!("self_harm")));
    let decided = other["decision"].as_str().unwrap();
    assert_eq!(lead.post(&format!("/v1/decisions/{decided}/replay"), &json!({})).body["same"], true);
    // And so does that a human was asked for.
    let gina = on(&server, &lead, "gina", &DESKS);
    let other = lead.open("bea", "How do I activate my card?");
    assert!(holder(&other).0.ends_with("-ai"), "{other}");
    let case = taken(&gina, "gina", &lead.open("bea", HUMAN));
    let merged = gina.post(&at(&case, "merge"), &json!({ "epoch": epoch(&case), "into": other["id"] }));
    assert_eq!(merged.status, 200, "{}", merged.body);
    while now(&lead, &other)["human_requested"] != true {}
    assert!(!holder(&now(&lead, &other)).0.ends_with("-ai"));
}

#[test]
fn no_word_and_no_silence_of_the_customer_ends_a_danger() {
    let clocks = TwoClocks::at(TEN);
    let server = Server::start_on_clock(Box::new(clocks.clone()), Services::none());
    let lead = server.client(&["lead", "admin"]);
    let ann = Customer::of(&lead, "ann");
    ann.say(DANGER);
    let solved = |key: &str| {
        let body = json!({ "solved": true }).to_string();
        ann.send("feedback", &[("idempotency-key", key)], body.as_bytes())
    };
    assert_eq!(solved("at once").body["type"], "/problems/conflict");
    let case = lead.get("/v1/cases?status=open").body["items"][0].clone();
    let cara = everywhere(&server, &lead, "cara");
    let case = taken(&cara, "cara", &case);
    let hello = json!({ "text": "Are you safe right now?", "epoch": epoch(&case) });
    assert_eq!(cara.post(&at(&case, "messages"), &hello).status, 201);
    assert_eq!(solved("after an answer").body["type"], "/problems/conflict");
    // What an integration hears is noted, and ends nothing.
    let heard = lead.post(&at(&case, "feedback"), &json!({ "solved": true }));
    assert_eq!((heard.status, &heard.body["case"]["status"]), (200, &json!("open")), "{}", heard.body);
    let left = lead.post(&at(&case, "abandon"), &json!({}));
    assert_eq!((left.status, &left.body["type"]), (409, &json!("/problems/conflict")), "{}", left.body);
    // Nobody hears from them: who answers for the case has to see to it.
    clocks.pass(60 * 3_600_000);
    let lead = server.client(&["lead", "admin"]);
    lead.open("somebody else", "When will my card arrive?");
    let exceptions = loop {
        let open = lead.get("/v1/exceptions").body["items"].clone();
        let mine: Vec<Value> =
            open.as_array().unwrap().iter().filter(|open| open["case"] == case["id"]).cloned().collect();
        if mine.iter().any(|open| open["kind"] == "raised") {
            break mine;
        }
    };
    assert!(exceptions.iter().all(|open| open["owner"] == "care-team"), "{exceptions:?}");
    assert_eq!(now(&lead, &case)["status"], "open");
}

#[test]
fn a_new_danger_waits_for_no_count_and_behind_no_exception() {
    let server = Server::start();
    let lead = server.client(&["lead", "admin"]);
    let placed = |customer: &str| {
        let case = lead.open(customer, HUMAN);
        for to in ["cards", "general", "cards", "general", "cards"] {
            let wish = json!({ "to": to, "reason": "they know this one" });
            let got = lead.post(&at(&case, "overrides"), &wish);
            assert_eq!(got.status, 201, "{}", got.body);
        }
        now(&lead, &case)
    };
    let case = placed("ann");
    assert_eq!(case["handoffs"], 5);
    assert_eq!(holder(&say(&lead, &case, DANGER)), ("care", None));
    // Held by an exception.
    let case = placed("bea");
    let cards = server.client_as(&["responder"], Some("cards"), None);
    let given_up = json!({ "epoch": epoch(&case), "reason": "wrong_team" });
    let got = cards.post(&at(&case, "handoffs"), &given_up);
    assert_eq!((got.status, &got.body["case"]["holder"]["kind"]), (201, &json!("owner")), "{}", got.body);
    assert_eq!(holder(&say(&lead, &case, DANGER)), ("care", None));
    // And a lead says where such a case goes, which resolves the exception.
    let case = placed("cleo");
    let given_up = json!({ "epoch": epoch(&case), "reason": "wrong_team" });
    assert_eq!(cards.post(&at(&case, "handoffs"), &given_up).body["case"]["holder"]["kind"], "owner");
    let wish = json!({ "to": "payments", "reason": "it is about a transfer after all" });
    let got = lead.post(&at(&case, "overrides"), &wish);
    assert_eq!((got.status, holder(&got.body["case"])), (201, ("payments", None)), "{}", got.body);
    let open = lead.get("/v1/exceptions?state=open").body["items"].clone();
    assert!(open.as_array().unwrap().iter().all(|open| open["case"] != case["id"]), "{open}");
}

#[test]
fn no_override_goes_against_an_invariant_and_the_refusal_names_it() {
    let server = Server::start();
    let lead = server.client(&["lead", "admin"]);
    let case = lead.open("ann", DANGER);
    for to in ["general", "cards-ai"] {
        let got = lead.post(&at(&case, "overrides"), &json!({ "to": to, "reason": "x" }));
        assert_eq!((got.status, &got.body["type"]), (409, &json!("/problems/conflict")), "{to}: {}", got.body);
        assert!(got.body["detail"].as_str().unwrap().contains("invariant.self-harm"), "{}", got.body);
    }
    assert_eq!(holder(&now(&lead, &case)), ("care", None));
}

#[test]
fn neither_a_promise_at_risk_nor_a_posted_reading_takes_a_case_from_who_is_there() {
    let clocks = TwoClocks::at(TEN);
    let server = Server::start_on_clock(Box::new(clocks.clone()), Services::none());
    let lead = server.client(&["lead", "admin", "integration"]);
    let ana = on(&server, &lead, "ana", &["cards"]);
    let case = lead.open("ann", "I want to talk to a human about my card that has not arrived");
    let wish = json!({ "to": "cards", "reason": "theirs" });
    lead.post(&at(&case, "overrides"), &wish);
    let case = taken(&ana, "ana", &case);
    // At work with it, and offered nothing else: who lets offers run out would count as away.
    presence(&ana, "ana", "busy");
    let hello = json!({ "text": "I look into it.", "epoch": epoch(&case) });
    assert_eq!(ana.post(&at(&case, "messages"), &hello).status, 201);
    let asked = say(&lead, &case, "My transfer to a friend has not arrived");
    assert_eq!(holder(&asked), ("cards", Some("ana")), "{asked}");
    let kept = ana.post(&at(&case, "keep"), &json!({ "epoch": epoch(&case) }));
    assert!(kept.status == 200 || asked["handover_question"].is_null(), "{}", kept.body);
    for hour in 1..8 {
        clocks.pass(3_600_000);
        presence(&ana, "ana", "busy");
        lead.open(&format!("somebody {hour}"), "When will my card arrive?");
        server.wait_for_due("timer", server.app.environment.now());
        assert_eq!(holder(&now(&lead, &case)), ("cards", Some("ana")), "after {hour} hours");
    }
    let crm = server.client_as(&["integration"], None, Some("crm"));
    let posted = crm.post(&at(&case, "signals"), &json!({ "signals": [{ "name": "account_frozen", "value": true }] }));
    assert!(posted.status < 300, "{}", posted.body);
    assert_eq!(holder(&now(&lead, &case)), ("cards", Some("ana")));
}

#[test]
fn only_a_person_asks_for_a_machine() {
    let server = Server::start();
    let lead = server.client(&["lead", "admin"]);
    let case = lead.open("ann", HUMAN);
    let queue = server.client_as(&["responder"], case["holder"]["name"].as_str(), None);
    let wish = json!({ "epoch": epoch(&case), "reason": "return_to_ai" });
    let got = queue.post(&at(&case, "handoffs"), &wish);
    assert_eq!((got.status, &got.body["type"]), (403, &json!("/problems/forbidden")), "{}", got.body);
}
