//! What customers granted, before their own eyes: seen, limited and taken back by the link that the organisation gives
//! them.

use crate::{
    delegate::{Desk, usual},
    harness::{Client, Got, got},
};
use serde_json::{Value, json};

/// What the page of a link sends.
pub(crate) fn own_page(client: &Client, path: &str, body: &Value) -> Got {
    let path = format!("/delegations/v1/{path}");
    let request = client.agent.post(format!("{}{path}", client.url)).header("content-type", "application/json");
    got("post", &path, request.send(body.to_string()).unwrap())
}

pub(crate) fn own_link(desk: &Desk, customer: &str) -> String {
    let made = desk.crm.post(&format!("/v1/customers/{customer}/delegations/link"), &json!({}));
    assert_eq!(made.status, 201, "{}", made.body);
    made.body["url"].as_str().unwrap().split_once('#').unwrap().1.to_owned()
}

#[test]
fn customers_see_limit_and_take_back_what_they_granted() {
    let desk = Desk::open();
    let (mut muse, delegation) = desk.for_ann(71, &usual());
    let case = muse.open("I was charged twice for a card payment, please give me my money back");
    let amount = json!({ "minor": 100, "currency": "GBP" });
    let refund =
        json!({ "action": "refund_charge", "arguments": { "charge_id": "charge-1020-1-2", "amount": amount } });
    assert_eq!(muse.post(&format!("/delegate/v1/cases/{case}/requests"), &refund).status, 201);
    let secret = own_link(&desk, "ann");
    let read = own_page(&desk.crm, "read", &json!({ "secret": secret, "language": "en-GB" })).body;
    assert_eq!(read["title"], "Who may act for you at Northgate Bank");
    let one = &read["delegations"][0];
    assert_eq!((&one["id"], &one["state"], &one["name"]), (&json!(delegation), &json!("active"), &json!("Muse")));
    assert!(one["stands"].as_str().unwrap().starts_with("It ends by itself: "), "{one}");
    assert!(one["limits"].to_string().contains("At most 50.00 GBP each time."), "{one}");
    let done = &one["done"][0];
    assert_eq!(done["text"], "I was charged twice for a card payment, please give me my money back");
    assert!(done["requests"][0].as_str().unwrap().contains("1.00 GBP"), "{done}");

    // Of what policy denies, which may be another's, the page tells nothing that is true of it.
    let others = json!({ "action": "refund_charge", "arguments": { "charge_id": "charge-1009-1-5",
        "amount": { "minor": 100, "currency": "GBP" } } });
    let denied = muse.post(&format!("/delegate/v1/cases/{case}/requests"), &others).body;
    assert_eq!(denied["state"], "declined", "{denied}");
    let read = own_page(&desk.crm, "read", &json!({ "secret": secret })).body;
    let done = read["delegations"][0]["done"][0]["requests"].to_string();
    assert!(done.contains("Our rules did not allow this: Refund a charge.") && !done.contains("89.54"), "{done}");

    // Less, and from the next call on.
    let narrow = |change: Value| {
        let mut said = json!({ "secret": secret, "delegation": delegation });
        said.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        own_page(&desk.crm, "narrow", &said)
    };
    for (change, field) in [
        (json!({ "max_amount": 5_001 }), "max_amount"),
        (json!({ "max_amount": 0 }), "max_amount"),
        (json!({ "max_total": 1 }), "max_total"),
        (json!({ "max_count": 0 }), "max_count"),
        (json!({ "max_count": 4 }), "delegation"),
        (json!({ "days": 0 }), "days"),
        (json!({ "scopes": [] }), "scopes"),
        (json!({ "actions": ["waive_fee"] }), "delegation"),
        (json!({ "actions": ["No!"] }), "actions"),
    ] {
        let got = narrow(change.clone());
        assert_eq!((got.status, &got.body["field"]), (422, &json!(field)), "{change}: {}", got.body);
    }
    let narrowed = narrow(json!({ "scopes": ["case:open", "case:read"], "actions": ["refund_charge"],
        "max_amount": 2_000, "max_count": 2, "days": 1 }));
    assert_eq!(narrowed.status, 200, "{}", narrowed.body);
    assert_eq!(narrowed.body["delegations"][0]["limited"]["max_amount"]["minor"], 2_000);
    let write = muse.post(&format!("/delegate/v1/cases/{case}/messages"), &json!({ "text": "Hello?" }));
    assert_eq!(write.status, 403, "{}", write.body);
    let more = json!({ "action": "refund_charge", "arguments": { "charge_id": "charge-1020-1-2",
        "amount": { "minor": 2_001, "currency": "GBP" } } });
    assert_eq!(muse.post(&format!("/delegate/v1/cases/{case}/requests"), &more).status, 409);
    assert_eq!(narrow(json!({ "max_amount": 2_001 })).status, 422, "what was limited is not widened again");

    let other = own_link(&desk, "ben");
    let revoke = |secret: &str| own_page(&desk.crm, "revoke", &json!({ "secret": secret, "delegation": delegation }));
    assert_eq!(revoke(&other).status, 404, "nobody takes back what is another's");
    assert_eq!(own_page(&desk.crm, "read", &json!({ "secret": other })).body["delegations"], json!([]));
    let revoked = revoke(&secret);
    assert_eq!(revoked.body["delegations"][0]["state"], "revoked", "{}", revoked.body);
    assert_eq!(muse.get("/delegate/v1/cases").status, 401);
    assert_eq!(narrow(json!({ "days": 1 })).status, 409);
    let stream = desk.admin.get(&format!("/v1/streams/delegation/{delegation}/timeline")).body;
    let kinds: Vec<&str> =
        stream["items"].as_array().unwrap().iter().map(|item| item["event"]["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["delegation_granted", "delegation_used", "delegation_changed", "delegation_changed"]);
}

#[test]
fn a_link_is_for_its_customer_and_its_time() {
    let desk = Desk::open();
    let secret = own_link(&desk, "ann");
    let (body, stamp) = secret.split_once('.').unwrap();
    let read = |secret: &str| own_page(&desk.crm, "read", &json!({ "secret": secret })).status;
    assert_eq!(read(&secret), 200);
    for wrong in [body, "", "remit_delegations_", &*format!("{body}.{}", "A".repeat(43)), &format!("{body}x.{stamp}")] {
        assert_eq!(read(wrong), 410, "{wrong}");
    }
    let path = "/v1/customers/ann/delegations/link";
    assert_eq!(desk.server.client(&["lead"]).post(path, &json!({})).status, 403);
    assert_eq!(desk.server.client(&["auditor"]).post(path, &json!({})).status, 403);
    for hours in [0, 73] {
        assert_eq!(desk.crm.post(path, &json!({ "hours": hours })).status, 422);
    }
    // Neither of the texts that travel passes for the other.
    let stamped = secret.strip_prefix("remit_delegations_").unwrap();
    let crossed = desk.crm.post("/v1/authorizations", &json!({ "authorization": stamped, "customer": "ann" }));
    assert_eq!(crossed.status, 422, "{}", crossed.body);
    desk.clock.forward_ms(3_600_000);
    assert_eq!(read(&secret), 410);
}
