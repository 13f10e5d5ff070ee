//! Requests whose connector takes its time to say what is true of them, while something else changes.

use super::{
    endpoint::{Ai, SECRET, second},
    expected::{Expected as _, put},
    harness::{Client, id},
    requests::{Bank, CATALOGUE, POLICIES},
    sample_bundle::bank_asking_for,
};
use remit_app::governance::services::Services;
use serde_json::{Value, json};

/// A back office behind a webhook: it says what is true when it is let go, and does whatever it is told to.
fn back_office() -> Ai {
    Ai::start(|asked| match asked["wanted"].as_str() {
        Some("facts") => json!({ "facts": {
            "account_found": true, "account_customer": "ann", "amount": asked["arguments"]["amount"],
        } }),
        _ => json!({ "outcome": "done", "reference": "R-1", "amount": asked["arguments"]["amount"] }),
    })
}

/// A bank that has its goodwill paid by it, and pays none to who is blocked.
pub(crate) fn bank(back_office: &Ai) -> Bank {
    let webhook = format!(
        "kind = \"webhook\"\nurl = \"{}\"\nsecret_env = \"CORE\"\ndeadline_ms = 60000\nin_the_clear = true",
        back_office.url()
    );
    let catalogue = CATALOGUE.replace("kind = \"sandbox\"", &webhook);
    let policies = format!(
        "{POLICIES}\n@id(\"goodwill.blocked\")\n@owner(\"risk\")\n@reason(\"Nothing is paid to who is blocked\")\n\
         forbid (principal, action == Action::\"pay_goodwill\", resource)\n\
         when {{ context.customer has account && context.customer.account == \"blocked\" }};\n"
    );
    let bundle = bank_asking_for(&catalogue, &[("policies/goodwill.cedar", &policies)]);
    let services = Services::none();
    Bank::connected(bundle, services, "You charged me twice.", &|_| Some(SECRET.to_owned()), second)
}

/// What a request comes to that is confirmed, and of which this changes while facts are asked for.
fn void(change: impl FnOnce(&Bank, &Client)) -> Value {
    let back_office = back_office();
    let bank = bank(&back_office);
    back_office.set_open(true);
    let admin = bank.server.client(&["lead", "admin"]);
    let asked = bank.ask(&bank.ana, 700);
    let before = back_office.turns().len();
    back_office.set_open(false);
    bank.answer(&bank.ben, &asked, "confirm").expect(200);
    back_office.wait_for(before + 1);
    change(&bank, &admin);
    back_office.set_open(true);
    // Whoever asked may be gone: somebody else looks.
    let path = format!("/v1/requests/{}", id(&asked));
    let ended = loop {
        let now = admin.get(&path).expect(200);
        if !["confirmed", "waiting", "executing"].contains(&now["state"].as_str().unwrap()) {
            break now;
        }
        std::thread::yield_now();
    };
    let told = back_office.turns();
    assert!(told.iter().all(|turn| turn["wanted"] == "facts"), "it was told to pay: {ended}");
    ended["void"].clone()
}

/// The token of a member of staff.
fn token_of(admin: &Client, staff: &str) -> String {
    let tokens = admin.get("/v1/tokens").expect(200);
    let of = tokens.as_array().unwrap().iter().find(|token| token["staff"] == staff).unwrap();
    format!("/v1/tokens/{}", of["id"].as_str().unwrap())
}

#[test]
fn nothing_is_carried_out_on_what_was_so_before_its_connector_answered() {
    let moved = |bank: &Bank, admin: &Client| {
        let given = json!({ "to": "complaints", "reason": "They know it" });
        drop(admin.post(&format!("/v1/cases/{}/overrides", bank.case), &given).expect(201));
    };
    assert_eq!(void(moved), "holder");
    let revoked = |_: &Bank, admin: &Client| drop(admin.delete(&token_of(admin, "ana")).expect(204));
    assert_eq!(void(revoked), "asker");
    let removed = |_: &Bank, admin: &Client| assert!(admin.delete("/v1/staff/ben").status < 300);
    assert_eq!(void(removed), "confirmer");
    let blocked = |bank: &Bank, _: &Client| {
        let core = bank.server.client_as(&["integration"], None, Some("core-banking"));
        put(&core, "/v1/customers/ann/facts", &json!({ "facts": { "account": "blocked" } })).expect(200);
    };
    assert_eq!(void(blocked), "verdict");
}

#[test]
fn who_may_ask_no_more_once_its_connector_answered_has_asked_for_nothing() {
    let back_office = back_office();
    let bank = bank(&back_office);
    let admin = bank.server.client(&["lead", "admin"]);
    let path = format!("/v1/cases/{}/requests", bank.case);
    std::thread::scope(|scope| {
        let asking = scope.spawn(|| bank.ana.post(&path, &bank.of(700)));
        back_office.wait_for(1);
        admin.delete(&token_of(&admin, "ana")).expect(204);
        back_office.set_open(true);
        assert_eq!(asking.join().unwrap().status, 403);
    });
    assert_eq!(admin.get(&path).expect(200)["items"], json!([]));
}

#[test]
fn what_was_asked_for_is_taken_back_by_who_asked_and_by_people() {
    let back_office = back_office();
    let bank = bank(&back_office);
    back_office.set_open(true);
    let (one, other) = (bank.server.client(&["integration"]), bank.server.client(&["integration"]));
    let lead = bank.server.client(&["lead"]);
    let withdraw =
        |by: &Client, request: &Value| by.post(&format!("/v1/requests/{}/withdraw", id(request)), &json!({})).status;
    let asked = bank.ask(&bank.ana, 700);
    assert_eq!((withdraw(&one, &asked), withdraw(&lead, &asked)), (403, 200));
    let asked = bank.ask(&one, 701);
    assert_eq!((withdraw(&other, &asked), withdraw(&one, &asked)), (403, 200));
}
