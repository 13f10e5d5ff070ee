//! A person is one, whatever they sign in as: what they asked for they confirm nowhere, and limits count all of it.

use crate::{
    harness::id,
    requests::{Bank, CATALOGUE, POLICIES},
    sample_bundle::bank_asking_for,
    sessions::{Browser, with_account},
};
use remit_app::governance::services::Services;
use serde_json::json;

#[test]
fn one_person_is_one_in_every_session_and_with_every_token_of_theirs() {
    let bank = Bank::new();
    let admin = bank.server.client(&["lead", "admin"]);
    with_account(&bank.server, &admin, "ana", &["lead"]);
    let first = Browser::signed_in(&bank.server, "ana");
    let asks = format!("/v1/cases/{}/requests", bank.case);
    let asked = first.post(&asks, &bank.of(700));
    assert_eq!(asked.status, 201, "{}", asked.body);
    let asked = asked.body;
    assert_eq!(asked["asked_by"], json!({ "kind": "person", "name": "ana" }));
    // She is who asked, whatever she shows: by her token of staff, and in another session.
    assert_eq!(bank.answer(&bank.ana, &asked, "confirm").status, 403);
    let second = Browser::signed_in(&bank.server, "ana");
    let confirm = format!("/v1/requests/{}/confirm", id(&asked));
    assert_eq!(second.post(&confirm, &json!({ "hash": asked["hash"] })).status, 403);
    // Who signs out asked all the same, as long as they may sign in.
    assert_eq!((first.sign_out().status, second.sign_out().status), (204, 204));
    assert_eq!(bank.answer(&bank.ben, &asked, "confirm").status, 200);
    bank.until(&asked, "done");
    let third = Browser::signed_in(&bank.server, "ana");
    let asked = third.post(&asks, &bank.of(701)).body;
    assert_eq!(admin.delete("/v1/staff/ana/account").status, 204);
    assert_eq!(bank.answer(&bank.ben, &asked, "confirm").status, 200);
    assert_eq!(bank.until(&asked, "withdrawn")["void"], "asker");
}

#[test]
fn limits_of_a_person_count_all_that_they_ask_for_in_whatever_session() {
    let limited = CATALOGUE.replace("by = \"action\"", "by = \"staff\"").replace("count = 3", "count = 1");
    let bundle = bank_asking_for(&limited, &[("policies/goodwill.cedar", POLICIES)]);
    let bank = Bank::under(bundle, Services::none(), "You charged me twice.");
    let admin = bank.server.client(&["lead", "admin"]);
    with_account(&bank.server, &admin, "ana", &["lead"]);
    let asks = format!("/v1/cases/{}/requests", bank.case);
    assert_eq!(Browser::signed_in(&bank.server, "ana").post(&asks, &bank.of(700)).status, 201);
    assert_eq!(Browser::signed_in(&bank.server, "ana").post(&asks, &bank.of(700)).status, 409);
    assert_eq!(bank.ana.post(&asks, &bank.of(700)).status, 409);
    assert_eq!(bank.ben.post(&asks, &bank.of(700)).status, 201);
}
