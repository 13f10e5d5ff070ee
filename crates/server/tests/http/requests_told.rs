//! What those who have a case know of the requests on it, and what the customer is told of how these end.

use crate::{
    endpoint::{Ai, MANY_AT_ONCE, settled, timeline},
    expected::Expected as _,
    harness::Client,
    requests::Bank,
};
use remit_sandbox::Mischief;
use serde_json::{Value, json};

/// An AI responder that asks for 5 pounds of goodwill unless that is asked for already, and otherwise says so.
fn asking_once() -> Ai {
    let ai = Ai::start(|turn| match turn["requests"].as_array() {
        Some(requests) if !requests.is_empty() => {
            json!({ "say": "answer", "text": format!("It is {}.", requests[0]["state"].as_str().unwrap()) })
        }
        _ => {
            let amount = json!({ "minor": 500, "currency": "GBP" });
            let arguments = json!({ "account_id": "acc-1002-1", "amount": amount, "reason": "a late card" });
            json!({ "say": "act", "action": "pay_goodwill", "arguments": arguments })
        }
    });
    ai.set_open(true);
    ai
}

const SHOWN: &str = "Pay 5.00 GBP of goodwill to account acc-1002-1: a late card.";

/// What the customer was told by Remit itself, but for who has the case.
fn told(client: &Client, case: &str) -> Vec<String> {
    let messages = client.get(&format!("/v1/cases/{case}/messages")).expect(200);
    let told = messages["items"].as_array().unwrap().iter().filter(|message| message["author"] == "remit");
    told.map(|message| message["text"].as_str().unwrap().to_owned()).filter(|text| text.contains(SHOWN)).collect()
}

/// Waits until a request's end stands on its case.
fn ended(bank: &Bank, request: &Value) -> Value {
    loop {
        let events = timeline(&bank.ana, &bank.case);
        let is_its =
            |item: &&Value| item["event"]["type"] == "request_ended" && item["event"]["request"] == request["id"];
        if let Some(ended) = events.iter().find(is_its) {
            return ended.clone();
        }
        std::thread::yield_now();
    }
}

fn says(bank: &Bank, text: &str) {
    let integration = bank.server.client(&["integration"]);
    integration.post(&format!("/v1/cases/{}/messages", bank.case), &json!({ "text": text })).expect(201);
    settled(&bank.server, &bank.ana);
}

#[test]
fn an_ai_knows_what_it_asked_for_and_what_became_of_it() {
    let ai = asking_once();
    let bank = Bank::with(ai.services(MANY_AT_ONCE), "When will my card arrive?");
    settled(&bank.server, &bank.ana);
    let listed = bank.ana.get(&format!("/v1/cases/{}/requests", bank.case)).expect(200);
    let asked = listed["items"][0].clone();
    assert_eq!((&asked["state"], &asked["shown"]), (&json!("waiting"), &json!(SHOWN)), "{listed}");
    says(&bank, "And then?");
    let turns = ai.turns();
    assert_eq!((turns.len(), turns[0].get("requests")), (2, None), "{turns:?}");
    let known = &turns[1]["requests"][0];
    assert_eq!((&known["id"], &known["action"]), (&asked["id"], &json!("pay_goodwill")), "{known}");
    assert_eq!((&known["shown"], &known["state"]), (&json!(SHOWN), &json!("waiting")), "{known}");
    assert_eq!((&known["waits_for"], &known["until"]), (&json!(["staff"]), &asked["due_at"]), "{known}");
    assert_eq!(known["asked_by"], asked["asked_by"]["name"], "{known}");
    let context = bank.ana.get(&format!("/v1/cases/{}/context", bank.case)).expect(200);
    let line = format!("asked for this: \"{SHOWN}\" It is waiting for staff until ");
    assert!(context["summary"].as_str().unwrap().contains(&line), "{context}");

    // Somebody says no: the customer hears it from Remit, and the AI is not asked because of that.
    bank.answer(&bank.ben, &asked, "decline").expect(200);
    ended(&bank, &asked);
    assert_eq!(told(&bank.ana, &bank.case), [format!("This will not be done, and nothing was changed: {SHOWN}")]);
    settled(&bank.server, &bank.ana);
    assert_eq!(ai.turns().len(), 2);
    says(&bank, "Is it there?");
    let turns = ai.turns();
    let known = &turns[2]["requests"][0];
    assert_eq!((&known["state"], &known["why"]), (&json!("declined"), &json!("a member of staff said no to it")));
    let listed = bank.ana.get(&format!("/v1/cases/{}/requests", bank.case)).expect(200);
    assert_eq!(listed["items"].as_array().unwrap().len(), 1, "it was asked for once");
}

#[test]
fn a_customer_hears_that_it_was_done_and_never_that_it_was_where_that_is_not_sure() {
    let ai = asking_once();
    let of_ai = |mischief: Option<Mischief>| {
        let bank = Bank::with(ai.services(MANY_AT_ONCE), "When will my card arrive?");
        mischief.into_iter().for_each(|mischief| bank.plan(mischief));
        settled(&bank.server, &bank.ana);
        let asked = bank.ana.get(&format!("/v1/cases/{}/requests", bank.case)).expect(200)["items"][0].clone();
        bank.answer(&bank.ben, &asked, "confirm").expect(200);
        let event = ended(&bank, &asked)["event"].clone();
        (told(&bank.ana, &bank.case), event)
    };
    let (heard, event) = of_ai(None);
    let reference = event["reference"].as_str().unwrap();
    assert_eq!(heard, [format!("Done: {SHOWN} The reference is {reference}.")]);
    let (heard, event) = of_ai(Some(Mischief::OtherAmount { by: 5 }));
    assert_eq!((&event["state"], &event["agrees"]), (&json!("done"), &json!("differs")));
    assert_eq!(heard, [format!("This was carried out, and a colleague is checking it: {SHOWN}")]);

    // What staff ask for and staff agree to is theirs to tell; the case knows of it.
    let bank = Bank::with(ai.services(MANY_AT_ONCE), "You charged me twice.");
    let asked = bank.ask(&bank.ana, 500);
    bank.answer(&bank.ben, &asked, "confirm").expect(200);
    bank.until(&asked, "done");
    let event = ended(&bank, &asked)["event"].clone();
    assert_eq!((&event["state"], event.get("wording")), (&json!("done"), None), "{event}");
    let messages = bank.ana.get(&format!("/v1/cases/{}/messages", bank.case)).expect(200);
    assert!(!messages.to_string().contains("Done: "), "{messages}");
}
