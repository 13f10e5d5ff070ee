//! The pages of the sandbox: for whom they are, and that what stands in them is what was done, whatever it is called.

use crate::{
    expected::Expected as _,
    harness::{Client, Server},
    requests::Bank,
    sample_bundle::bank_of_acts,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use remit_app::{Parts, governance::services::Services};
use remit_sandbox::{Ask, Statement};
use serde_json::json;

/// What a browser gets that was told this token as a password.
fn page(client: &Client, path: &str) -> (u16, String, ureq::http::HeaderMap) {
    let told = STANDARD.encode(format!("anybody:{}", client.token));
    let asked = client.agent.get(format!("{}{path}", client.url)).header("authorization", format!("Basic {told}"));
    read(asked.call().unwrap())
}

fn read(mut answer: ureq::http::Response<ureq::Body>) -> (u16, String, ureq::http::HeaderMap) {
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    (status, answer.body_mut().read_to_string().unwrap(), headers)
}

fn pay(app: &Parts, key: &str) -> Statement {
    let now = app.environment.now();
    let arguments = json!({ "account_id": "acc-1002-1", "amount": { "minor": 1, "currency": "GBP" } });
    let ask = Ask { action: "pay_goodwill", arguments: arguments.as_object().unwrap(), customer: None };
    app.environment.sandbox.open(now).unwrap().execute(key, key, &ask, now.0).unwrap()
}

#[test]
fn who_has_no_token_is_asked_for_one_and_who_may_not_see_it_does_not() {
    let server = Server::start();
    let client = server.client(&["auditor"]);
    let (status, _, headers) = read(client.agent.get(format!("{}/sandbox", client.url)).call().unwrap());
    let asks = headers["www-authenticate"].to_str().unwrap();
    assert!(status == 401 && asks.starts_with("Basic realm="), "{status} {asks}");
    let stranger = Client { token: "remit_nobody".to_owned(), ..client.clone() };
    assert_eq!(page(&stranger, "/sandbox").0, 401);
    assert_eq!(page(&server.client(&["integration"]), "/sandbox").0, 403);
    assert_eq!(page(&client, "/sandbox").0, 200);
    // A program sends its token as it always does.
    let asked = client.agent.get(format!("{}/sandbox", client.url));
    let bearer = asked.header("authorization", format!("Bearer {}", client.token)).call().unwrap();
    assert_eq!(bearer.status(), 200);
    assert_eq!(page(&client, "/sandbox?tables=all").0, 422);
    assert_eq!(page(&client, &format!("/sandbox?key={}", "k".repeat(300))).0, 422);
    assert_eq!(page(&client, "/sandbox/customers/nobody").0, 404);
    // Elsewhere a password is none.
    assert_eq!(page(&client, "/v1/cases").0, 401);
    // Where the bundle has no sandbox, there is none to be seen.
    let without = Server::start_with(bank_of_acts(), Services::none());
    let (status, told, _) = page(&without.client(&["auditor"]), "/sandbox");
    assert!(status == 404 && told.contains("kind = \\\"sandbox\\\""), "{told}");
}

#[test]
fn what_was_done_stands_there_newest_first_and_is_escaped() {
    let server = Server::start();
    let client = server.client(&["auditor"]);
    let app = &server.app;
    let first = pay(app, "first");
    let hostile = "<script>alert(1)</script>\"'&%2e";
    pay(app, hostile);
    let (status, shown, headers) = page(&client, "/sandbox");
    assert_eq!(status, 200);
    assert!(!shown.contains("<script") && shown.contains("&lt;script&gt;"), "{shown}");
    let policy = headers["content-security-policy"].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none';") && !policy.contains("unsafe"), "{policy}");
    assert!(headers["cache-control"] == "no-store" && headers["x-content-type-options"] == "nosniff");
    // Its key leads to it alone.
    let link = shown.split("/sandbox?key=").nth(1).unwrap().split('"').next().unwrap();
    let (_, found, _) = page(&client, &format!("/sandbox?key={link}"));
    assert!(found.contains("SBX-00000002") && !found.contains("SBX-00000001"), "{found}");
    // Older ones are on the next page, and each once.
    (0..60).for_each(|number| drop(pay(app, &format!("key-{number}"))));
    let (_, newest, _) = page(&client, "/sandbox");
    assert!(newest.contains("key-59") && !newest.contains(&first.reference), "{newest}");
    let older = newest.split("href=\"/sandbox?before=").nth(1).unwrap().split('"').next().unwrap();
    let (_, older, _) = page(&client, &format!("/sandbox?before={older}"));
    assert!(older.contains(&first.reference) && !older.contains("key-59"), "{older}");
    let (_, customer, _) = page(&client, "/sandbox/customers/cust-1002");
    for told in ["acc-1002-1", &first.reference, "card-1002-1-1", "0.01 GBP"] {
        assert!(customer.contains(told), "{told}: {customer}");
    }
}

#[test]
fn a_request_names_the_page_on_which_its_effect_is_seen() {
    let bank = Bank::with(Services::none(), "You charged me twice.");
    let asked = bank.ask(&bank.ana, 500);
    bank.answer(&bank.ben, &asked, "confirm").expect(200);
    let done = bank.until(&asked, "done");
    let place = done["execution"]["page"].as_str().unwrap();
    let (status, shown, _) = page(&bank.server.client(&["auditor"]), place);
    assert!(status == 200 && shown.contains(done["effect"]["reference"].as_str().unwrap()), "{shown}");
    assert!(shown.contains("5.00 GBP"), "{shown}");
    let steps: Vec<&str> =
        done["history"].as_array().unwrap().iter().map(|step| step["step"].as_str().unwrap()).collect();
    assert_eq!(steps, ["asked", "confirmed", "executing", "carried_out"]);
    assert_eq!(done["arguments"]["account_id"], "acc-1002-1");
    assert_eq!((&done["execution"]["connector"], &done["execution"]["attempts"]), (&json!("back-office"), &json!(1)));
}
