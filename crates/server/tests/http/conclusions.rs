//! Requests of which their connector never says what became: a person finds out and says so, and their limits are held
//! back no longer.

use super::{
    expected::Expected as _,
    harness::{Client, Got, id},
    requests::{Bank, CATALOGUE, POLICIES},
    requests_kept::found,
    sample_bundle::bank_asking_for,
};
use remit_app::governance::services::Services;
use remit_sandbox::Mischief;
use serde_json::{Value, json};

fn bank() -> Bank {
    let policies =
        POLICIES.replace("Action::\"request.withdraw\"", "Action::\"request.withdraw\", Action::\"request.conclude\"");
    let bundle = bank_asking_for(CATALOGUE, &[("policies/goodwill.cedar", &policies)]);
    Bank::under(bundle, Services::none(), "You charged me twice.")
}

/// A request that Ana asked for and of which nobody knows what became, nor will its connector say so.
fn unknown(bank: &Bank, minor: i64) -> Value {
    bank.plan_for(Mischief::Mute, 100);
    let asked = bank.ask(&bank.ana, minor);
    bank.answer(&bank.ben, &asked, "confirm").expect(200);
    bank.until(&asked, "unknown")
}

fn conclude(by: &Client, request: &Value, found: &Value) -> Got {
    by.post(&format!("/v1/requests/{}/conclude", id(request)), found)
}

/// Lets time pass, as much as it takes, until somebody has been told to look at so many requests, of which this is the
/// last.
pub(crate) fn given_up(bank: &Bank, request: &Value, count: usize) {
    let path = format!("/v1/requests/{}", id(request));
    let attempts = || bank.ana.get(&path).expect(200)["execution"]["attempts"].clone();
    while bank.exceptions() < count {
        let before = attempts();
        bank.clock.forward_ms(120_000);
        while attempts() == before && bank.exceptions() < count {
            std::thread::yield_now();
        }
    }
}

#[test]
fn what_its_connector_never_says_somebody_else_than_who_asked_concludes() {
    let bank = bank();
    let lead = bank.server.client(&["lead"]);
    let request = unknown(&bank, 700);
    let done = json!({ "how": "done", "reference": "BO-1", "amount": { "minor": 700, "currency": "GBP" } });
    given_up(&bank, &request, 1);
    conclude(&bank.ana, &request, &done).expect(403);
    conclude(&bank.server.client(&["integration"]), &request, &done).expect(403);
    for (wrong, field) in [
        (json!({ "how": "done" }), "reference"),
        (json!({ "how": "done", "reference": " " }), "reference"),
        (json!({ "how": "failed", "reference": "BO-1" }), "reference"),
        (json!({ "how": "done", "reference": "a\u{202e}b" }), "reference"),
        (json!({ "how": "done", "reference": "BO-1", "at": "yesterday" }), "at"),
        (
            json!({ "how": "done", "reference": "BO-1", "amount": { "minor": 7, "currency": "pounds" } }),
            "amount.currency",
        ),
    ] {
        let got = conclude(&bank.ben, &request, &wrong);
        assert_eq!((got.status, &got.body["field"]), (422, &json!(field)), "{}", got.body);
    }
    let known = conclude(&bank.ben, &request, &done).expect(200);
    assert_eq!((&known["state"], &known["effect"]["agrees"]), (&json!("done"), &json!("agrees")), "{known}");
    let read = lead.get(&format!("/v1/requests/{}", id(&request))).expect(200);
    let last = read["history"].as_array().unwrap().last().unwrap();
    assert_eq!((&last["step"], &last["by"]), (&json!("concluded"), &json!("ben")), "{read}");
    // It is said once, and of what nobody knows.
    conclude(&lead, &request, &json!({ "how": "failed" })).expect(409);
    conclude(&lead, &bank.ask(&bank.ana, 100), &json!({ "how": "failed" })).expect(409);
    assert_eq!((found(&bank), bank.exceptions(), bank.paid()), (Vec::new(), 1, 700));
}

#[test]
fn what_a_person_found_is_held_against_what_was_asked_for() {
    let bank = bank();
    let request = unknown(&bank, 700);
    given_up(&bank, &request, 1);
    let other = json!({ "how": "done", "reference": "BO-1", "amount": { "minor": 701, "currency": "GBP" } });
    let known = conclude(&bank.ben, &request, &other).expect(200);
    assert_eq!(known["effect"]["agrees"], "differs", "{known}");
    while bank.exceptions() < 2 {
        std::thread::yield_now();
    }
}

#[test]
fn what_was_not_carried_out_holds_nothing_back_and_is_not_said_while_it_may_still_be() {
    let bank = bank();
    let lead = bank.server.client(&["lead"]);
    let request = unknown(&bank, 700);
    let early = conclude(&lead, &request, &json!({ "how": "failed" })).expect(409);
    assert!(early["detail"].as_str().unwrap().starts_with("it may still be carried out until "), "{early}");
    given_up(&bank, &request, 1);
    // A limit of three in a day: this one, two more, and no fourth until it is known that it was not done.
    for minor in [100, 101] {
        bank.ask(&bank.ana, minor);
    }
    let path = format!("/v1/cases/{}/requests", bank.case);
    assert_eq!(bank.ana.post(&path, &bank.of(102)).body["type"], "/problems/limit_reached");
    let known = conclude(&lead, &request, &json!({ "how": "failed" })).expect(200);
    assert_eq!(known["state"], "failed", "{known}");
    bank.ask(&bank.ana, 102);
    assert_eq!(found(&bank), [""; 0]);
}

#[test]
fn a_person_who_is_not_noted_as_staff_asks_as_a_person() {
    let bank = bank();
    let asked = bank.ask(&bank.server.client(&["lead"]), 700);
    assert_eq!(asked["asked_by"]["kind"], "person", "{asked}");
    let decision = format!("/v1/decisions/{}", asked["decision"].as_str().unwrap());
    let lead = bank.server.client(&["lead"]);
    assert_eq!(lead.post(&format!("{decision}/replay"), &json!({})).expect(200)["same"], true);
    bank.answer(&bank.ben, &asked, "confirm").expect(200);
    bank.until(&asked, "done");
}
