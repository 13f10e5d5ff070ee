//! Actions that customers ask for themselves on a chat.

use crate::{
    asking::connected,
    customer::Customer,
    expected::{Expected as _, put},
    harness::Server,
    sample_bundle::BANK,
};
use serde_json::{Value, json};
use std::sync::Arc;

#[test]
fn a_customer_asks_says_yes_and_has_it_done() {
    let server = Server::start_with(Arc::clone(&BANK), connected(&BANK));
    let (lead, crm) = (server.client(&["lead"]), server.client(&["integration"]));
    let core = server.client_as(&["integration"], None, Some("core-banking"));
    assert_eq!(put(&core, "/v1/customers/ann/facts", &json!({ "facts": { "account": "cust-1020" } })).status, 200);
    let ann = Customer::start(&crm, &json!({ "customer": "ann" }));
    let refund = |charge: &str| {
        let amount = json!({ "minor": 2, "currency": "GBP" });
        json!({ "action": "refund_charge", "arguments": { "charge_id": charge, "amount": amount } })
    };
    // Nothing was said yet, so that there is no case.
    assert_eq!(ann.post("requests", &refund("charge-1020-1-2")).status, 409);
    ann.say("please give me my money back");
    for (wrong, field) in [
        (json!({ "action": "steal", "arguments": {} }), "action"),
        (json!({ "action": "refund_charge", "arguments": { "charge_id": 7 } }), "arguments"),
    ] {
        let got = ann.post("requests", &wrong);
        assert_eq!((got.status, &got.body["field"]), (422, &json!(field)), "{}", got.body);
    }
    let asked = ann.post("requests", &refund("charge-1020-1-2")).expect(201);
    assert_eq!((&asked["state"], &asked["needs"]), (&json!("waiting"), &json!(["customer"])), "{asked}");
    let shown = ann.get("requests").expect(200);
    assert_eq!(shown["requests"][0]["asked_by"], "Asked for by you.", "{shown}");
    let listed = json!({ "requests": [{ "request": asked["request"], "hash": asked["hash"] }], "seen_ms": 2_000 });
    assert_eq!(ann.post("requests/confirm", &listed).status, 204);
    let path = format!("/v1/requests/{}", asked["request"].as_str().unwrap());
    let done = loop {
        let request = lead.get(&path).expect(200);
        if request["state"] == "done" {
            break request;
        }
        std::thread::yield_now();
    };
    assert_eq!(
        (&done["asked_by"]["kind"], &done["effect"]["agrees"]),
        (&json!("customer"), &json!("agrees")),
        "{done}"
    );

    // Of what is somebody else's they learn no more than of what is nobody's.
    let told = |charge: &str| -> (Value, Value, Value) {
        let denied = ann.post("requests", &refund(charge)).expect(201);
        (denied["error"].clone(), denied["shown"].clone(), denied["amount"].clone())
    };
    assert_eq!(told("charge-1009-1-2"), told("charge-9999-9-9"));
    assert_eq!(told("charge-1009-1-2").0, "access_denied");
}
