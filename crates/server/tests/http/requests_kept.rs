//! What is kept of requests for actions: what of limits is held back for them, held against the records; and what
//! becomes of it where somebody takes it away, or the customer is erased.

use super::{
    conclusions::given_up,
    expected::Expected as _,
    harness::{id, verified},
    requests::Bank,
};
use remit_ledger::{checkpoint::Signer, verify::Problem};
use remit_sandbox::Mischief;
use remit_store::sqlite::DATABASE;
use rusqlite::Connection;
use serde_json::json;

/// What verification finds of what is kept beside the records.
pub(crate) fn found(bank: &Bank) -> Vec<String> {
    // Any key: what is signed is not asked here.
    let key = Signer::new(remit_app::vault::keys::ORIGIN, &[0; 32]).verifier();
    let problems = verified(bank.server.data.path(), &key).problems;
    let kept = problems.iter().filter(|problem| matches!(problem, Problem::Kept { what, .. } if what != "file"));
    kept.map(ToString::to_string).collect()
}

fn change(bank: &Bank, sql: &str) {
    let changed = Connection::open(bank.server.data.path().join(DATABASE)).unwrap().execute(sql, []).unwrap();
    assert!(changed > 0, "{sql}");
}

#[test]
fn what_is_held_back_is_held_against_the_records_and_a_gap_keeps_no_request_from_ending() {
    let mut bank = Bank::new();
    bank.server.is_tampered_with();
    let asked = [100, 200, 300].map(|minor| bank.ask(&bank.ana, minor));
    assert_eq!(found(&bank), [""; 0]);
    let held = |nth: usize| format!("reservation {}:0", id(&asked[nth]));
    for (change_it, back, told) in [
        (
            "UPDATE reservations SET amount = amount + 1",
            "UPDATE reservations SET amount = amount - 1",
            "2 is held back",
        ),
        ("UPDATE reservations SET scope = 'x'", "UPDATE reservations SET scope = 'action'", "it is on another counter"),
        (
            "UPDATE reservations SET id = id || '9'",
            "UPDATE reservations SET id = substr(id, 1, length(id) - 1)",
            "it is of no request",
        ),
        (
            "UPDATE counters SET spent = spent + 1",
            "UPDATE counters SET spent = spent - 1",
            "1 is spent of it and 3 held back, and the records say 0 and 3",
        ),
        ("UPDATE counters SET scope = 'x'", "UPDATE counters SET scope = 'action'", "no record counts on it"),
        (
            "UPDATE outbox SET due_ms = due_ms + 7 WHERE id LIKE 'request:%'",
            "UPDATE outbox SET due_ms = due_ms - 7 WHERE id LIKE 'request:%'",
            "and the request at",
        ),
    ] {
        change(&bank, change_it);
        let problems = found(&bank);
        assert!(problems.iter().any(|problem| problem.contains(told)), "{change_it}: {problems:?}");
        change(&bank, back);
        assert_eq!(found(&bank), [""; 0], "{back}");
    }

    change(&bank, "DELETE FROM reservations");
    let problems = found(&bank);
    let gone = |nth: usize| format!("{}: its request goes on, and nothing is held back under it", held(nth));
    for nth in 0..asked.len() {
        assert!(problems.contains(&gone(nth)), "{problems:?}");
    }
    assert_eq!(bank.answer(&bank.ben, &asked[0], "decline").expect(200)["state"], "declined");
    bank.answer(&bank.ben, &asked[1], "confirm").expect(200);
    bank.until(&asked[1], "done");
    assert_eq!(bank.paid(), 200);
    // What came to pass is spent, and what was taken away is still missed.
    let problems = found(&bank);
    let counter = "1 is spent of it and 3 held back, and the records say 1 and 1";
    assert!(problems.iter().any(|problem| problem.contains(counter)), "{problems:?}");
    assert_eq!([0, 1, 2].map(|nth| problems.contains(&gone(nth))), [false, false, true], "{problems:?}");
}

#[test]
fn a_request_that_nobody_knows_of_is_to_be_gone_on_with_until_somebody_has_to_see_to_it() {
    let mut bank = Bank::new();
    bank.server.is_tampered_with();
    bank.plan(Mischief::SilentBefore);
    let asked = bank.ask(&bank.ana, 100);
    bank.answer(&bank.ben, &asked, "confirm").expect(200);
    bank.until(&asked, "unknown");
    assert_eq!(found(&bank), [""; 0]);
    change(&bank, "UPDATE outbox SET due_ms = due_ms + 20000000 WHERE id LIKE 'request:%'");
    let problems = found(&bank);
    assert!(problems.iter().any(|problem| problem.contains("long after")), "{problems:?}");
    change(&bank, "DELETE FROM outbox WHERE id LIKE 'request:%'");
    let problems = found(&bank);
    assert!(problems.iter().any(|problem| problem.contains("it is not in the outbox")), "{problems:?}");
}

#[test]
fn what_was_begun_for_a_customer_who_is_erased_is_found_out_by_its_key() {
    let bank = Bank::new();
    bank.plan(Mischief::SilentAfter);
    let asked = bank.ask(&bank.ana, 100);
    bank.answer(&bank.ben, &asked, "confirm").expect(200);
    bank.until(&asked, "unknown");
    let admin = bank.server.client(&["admin"]);
    admin.post("/v1/customers/erase", &json!({ "customer": "ann" })).expect(200);
    while admin.get(&format!("/v1/cases/{}", bank.case)).expect(200)["erased"]["log"] != "done" {}
    bank.clock.forward_ms(10_000);
    assert_eq!(bank.until(&asked, "done")["effect"]["agrees"], "agrees");
    assert_eq!((bank.paid(), bank.exceptions()), (100, 0));
    assert_eq!(found(&bank), [""; 0]);
}

#[test]
fn what_nobody_says_of_a_customer_who_is_erased_has_an_owner() {
    let bank = Bank::new();
    bank.plan_for(Mischief::Mute, 100);
    let asked = bank.ask(&bank.ana, 100);
    bank.answer(&bank.ben, &asked, "confirm").expect(200);
    bank.until(&asked, "unknown");
    let admin = bank.server.client(&["admin"]);
    admin.post("/v1/customers/erase", &json!({ "customer": "ann" })).expect(200);
    while admin.get(&format!("/v1/cases/{}", bank.case)).expect(200)["erased"]["log"] != "done" {}
    given_up(&bank, &asked, 1);
    let open = bank.server.client(&["lead"]).get("/v1/exceptions?state=open").expect(200);
    assert!(open["items"][0]["owner"].is_string(), "{open}");
    assert_eq!(bank.until(&asked, "unknown").get("arguments"), None);
    assert_eq!((bank.exceptions(), found(&bank)), (1, Vec::new()));
}

#[test]
fn what_waits_for_a_customer_who_is_erased_is_void_at_once() {
    let bank = Bank::new();
    let asked = bank.ask(&bank.ana, 100);
    let admin = bank.server.client(&["admin"]);
    admin.post("/v1/customers/erase", &json!({ "customer": "ann" })).expect(200);
    // No time passes on this clock.
    let void = bank.until(&asked, "withdrawn");
    assert_eq!(void["void"], "erased", "{void}");
    while admin.get(&format!("/v1/cases/{}", bank.case)).expect(200)["erased"]["log"] != "done" {}
    let events = admin.get(&format!("/v1/streams/request/{}/timeline", id(&asked))).expect(200);
    let changed = events["items"].as_array().unwrap().iter().map(|item| item["event"]["change"]["changed"].clone());
    assert!(changed.clone().any(|changed| changed == json!("erased")), "{events}");
    assert_eq!((bank.answer(&bank.ben, &asked, "confirm").status, bank.paid()), (409, 0));
    assert_eq!(found(&bank), [""; 0]);
}

#[test]
fn a_lease_that_is_over_asks_for_nothing_whoever_names_it() {
    let bank = Bank::new();
    let lead = bank.server.client(&["lead"]);
    let mut of = bank.of(100);
    of["epoch"] = json!(999);
    for path in ["requests", "requests/preview"] {
        for by in [&bank.ana, &lead] {
            let refused = by.post(&format!("/v1/cases/{}/{path}", bank.case), &of);
            assert_eq!(
                (refused.status, &refused.body["type"]),
                (409, &json!("/problems/lease_lost")),
                "{}",
                refused.body
            );
        }
    }
    let listed = bank.ana.get(&format!("/v1/cases/{}/requests", bank.case)).expect(200);
    assert_eq!(listed["items"], json!([]));
}
