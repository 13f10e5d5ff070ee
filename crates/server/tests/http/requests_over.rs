//! Requests whose world changes while they wait or are carried out: the bundle, who said yes, the case, and what their
//! connector says; and who is told what of those that are denied.

use super::{
    activation::put_in_force,
    expected::Expected as _,
    harness::{epoch, id},
    requests::{Bank, CATALOGUE, POLICIES},
    sample_bundle::bank_asking_for,
};
use remit_app::governance::services::Services;
use remit_sandbox::Mischief;
use rusqlite::Connection;
use serde_json::{Value, json};

#[test]
fn who_was_told_to_carry_it_out_is_asked_what_became_of_it_wherever_new_ones_go() {
    let bank = Bank::new();
    bank.plan(Mischief::SilentAfter);
    let asked = bank.ask(&bank.ana, 700);
    bank.answer(&bank.ben, &asked, "confirm").expect(200);
    assert_eq!(bank.until(&asked, "unknown")["execution"]["connector"], "back-office");
    // From now on its connector is a service that knows of nothing, nor would say so.
    let moved = "kind = \"webhook\"\nurl = \"http://127.0.0.1:9/\"\nsecret_env = \"CORE_SECRET\"\ndeadline_ms = 50";
    let moved = CATALOGUE.replace("kind = \"sandbox\"", moved);
    let moved = bank_asking_for(&moved, &[("policies/goodwill.cedar", POLICIES)]);
    put_in_force(&bank.server.client(&["lead", "admin"]), &moved, "reason=moved").expect(200);
    bank.clock.forward_ms(10_000);
    assert_eq!(bank.until(&asked, "done")["effect"]["agrees"], "agrees");
    assert_eq!((bank.paid(), bank.exceptions()), (700, 0));
}

#[test]
fn of_what_is_denied_programs_are_told_no_more_when_they_read_it_than_when_they_ask() {
    let bank = Bank::new();
    let crm = bank.server.client(&["integration"]);
    let denied = bank.ask(&crm, 25_000);
    assert_eq!(denied["state"], "declined");
    let path = format!("/v1/requests/{}", id(&denied));
    let list = format!("/v1/cases/{}/requests", bank.case);
    let (read, listed) = (crm.get(&path).expect(200), crm.get(&list).expect(200)["items"][0].clone());
    for told in [&denied, &read, &listed] {
        assert_eq!((told.get("shown"), told.get("amount")), (None, None), "{told}");
    }
    assert_eq!(
        (&read["verdict"]["facts"], &read["history"][0]["verdict"]["facts"]),
        (&json!({}), &json!({})),
        "{read}"
    );
    // Who works here sees why.
    let read = bank.ana.get(&path).expect(200);
    assert_eq!((read["shown"].is_string(), &read["verdict"]["facts"]["account_found"]), (true, &json!(true)), "{read}");
    assert!(bank.ana.get(&list).expect(200)["items"][0]["shown"].is_string());
}

#[test]
fn a_yes_of_somebody_who_works_here_no_more_counts_no_more() {
    let bank = Bank::new();
    let asked = bank.ask(&bank.server.client(&["integration"]), 6_000);
    bank.answer(&bank.ben, &asked, "confirm").expect(200);
    let removed = bank.server.client(&["lead", "admin"]).delete("/v1/staff/ben");
    assert!(removed.status < 300, "{}", removed.body);
    bank.answer(&bank.ana, &asked, "confirm").expect(200);
    let void = bank.until(&asked, "withdrawn");
    assert_eq!((&void["void"], bank.paid()), (&json!("confirmer"), 0), "{void}");
}

#[test]
fn what_waits_ends_with_its_case() {
    let bank = Bank::new();
    let asked = bank.ask(&bank.ana, 100);
    let (admin, case) = (bank.server.client(&["admin"]), format!("/v1/cases/{}", bank.case));
    let lease = epoch(&admin.get(&case).expect(200));
    admin.post(&format!("{case}/resolve"), &json!({ "epoch": lease })).expect(200);
    let void = bank.until(&asked, "withdrawn");
    assert_eq!((&void["void"], bank.paid()), (&json!("case"), 0), "{void}");
}

/// The owner of every exception that is open.
fn owners(bank: &Bank) -> Vec<Value> {
    let open = bank.server.client(&["lead"]).get("/v1/exceptions?state=open").expect(200);
    open["items"].as_array().unwrap().iter().map(|one| one["owner"].clone()).collect()
}

#[test]
fn what_nobody_says_is_true_of_a_confirmed_request_ends_it_and_has_an_owner() {
    let owned = CATALOGUE.replace("kind = \"sandbox\"", "kind = \"sandbox\"\nowner = \"payments-team\"");
    let bundle = bank_asking_for(&owned, &[("policies/goodwill.cedar", POLICIES)]);
    let bank = Bank::under(bundle, Services::none(), "You charged me twice.");
    let asked = bank.ask(&bank.ana, 100);
    let books = Connection::open(bank.server.data.path().join("sandbox.sqlite")).unwrap();
    books.execute("ALTER TABLE bank_account RENAME TO gone", []).unwrap();
    bank.answer(&bank.ben, &asked, "confirm").expect(200);
    assert_eq!(bank.until(&asked, "confirmed").get("void"), None);
    bank.clock.forward_ms(31 * 60_000);
    let void = bank.until(&asked, "withdrawn");
    assert_eq!((&void["void"], bank.paid()), (&json!("untold"), 0), "{void}");
    while owners(&bank).is_empty() {
        std::thread::yield_now();
    }
    assert_eq!(owners(&bank), ["payments-team"]);
}

#[test]
fn a_limit_in_money_counts_each_currency_by_itself() {
    let limited =
        CATALOGUE.replace("count = 3", "minor = 1000").replace("amount = \"facts.amount\"", "amount = \"amount\"");
    let bundle = bank_asking_for(&limited, &[("policies/goodwill.cedar", POLICIES)]);
    let bank = Bank::under(bundle, Services::none(), "You charged me twice.");
    let ask = |minor: i64, currency: &str| {
        let mut of = bank.of(minor);
        of["arguments"]["amount"]["currency"] = json!(currency);
        bank.ana.post(&format!("/v1/cases/{}/requests", bank.case), &of)
    };
    ask(900, "GBP").expect(201);
    ask(900, "EUR").expect(201);
    let beyond = ask(200, "GBP");
    assert_eq!(beyond.body["type"], "/problems/limit_reached", "{}", beyond.body);
    assert!(beyond.body["detail"].as_str().unwrap().contains("1000 minor units of GBP"), "{}", beyond.body);
}
