//! Customers asked whether a delegate may act for them: by whom, for what, and their answer.

use crate::{
    delegate::{Desk, page, usual},
    expected::put,
};
use remit_oauth::client::ClientKey;
use serde_json::{Value, json};

#[test]
fn who_asks_for_consent_and_who_gives_it_are_two() {
    let desk = Desk::open();
    let muse = desk.delegate(12);
    let lead = desk.server.client(&["lead"]);
    let asked = json!({ "customer": "ann", "delegate": muse.id, "scopes": ["case:open"] });
    assert_eq!(lead.post("/v1/consents", &asked).status, 403);
    assert_eq!(desk.admin.post("/v1/consents", &asked).status, 403, "whoever has the secret can consent");
    let refused = |change: Value| {
        let mut asked = asked.clone();
        asked.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        desk.crm.post("/v1/consents", &asked)
    };
    for (change, field) in [
        (json!({ "delegate": "dlg_01ARZ3NDEKTSV4RRFFQ69G5FAV" }), "delegate"),
        (json!({ "scopes": [] }), "scopes"),
        (json!({ "scopes": ["case:read"], "actions": ["refund_charge"] }), "scopes"),
        (json!({ "actions": ["steal"] }), "actions"),
        (json!({ "actions": ["freeze_card", "freeze_card"] }), "actions"),
        (json!({ "days": 0 }), "days"),
        (json!({ "hours": 73 }), "hours"),
        (json!({ "limits": { "max_amount": { "minor": 1, "currency": "USD" } } }), "limits.max_amount"),
        (json!({ "limits": { "max_count": 0 } }), "limits.max_count"),
        (json!({ "limits": { "window_hours": 3 } }), "limits.window_hours"),
    ] {
        let got = refused(change.clone());
        assert_eq!((got.status, &got.body["field"]), (422, &json!(field)), "{change}: {}", got.body);
    }
    for (change, field) in [
        (json!({ "owner": "http://muse.example" }), "owner"),
        (json!({ "owner": "https://muse.example/x" }), "owner"),
        (json!({ "jwks": { "keys": [] } }), "jwks"),
        (json!({ "redirect_uris": ["http://evil.example/back"] }), "redirect_uris"),
        (json!({ "redirect_uris": ["https://muse.example/back#x"] }), "redirect_uris"),
        (json!({ "redirect_uris": ["https://muse.example/back?a=1&code=2"] }), "redirect_uris"),
        (json!({ "redirect_uris": ["https://muse.example/back?st%61te=x"] }), "redirect_uris"),
        (json!({ "name": "Mu\u{202e}se" }), "name"),
    ] {
        let mut new = json!({
            "name": "Muse", "class": "proxy", "owner": "https://muse.example",
            "jwks": { "keys": [muse.key.public().to_json()] },
        });
        new.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let got = desk.admin.post("/v1/delegates", &new);
        assert_eq!((got.status, &got.body["field"]), (422, &json!(field)), "{change}: {}", got.body);
    }
    // A no ends the link as much as a yes; and a link that is over, or guessed, shows nothing.
    let secret = muse.asked_of(&desk.crm, "ann", &usual());
    let refused = page(&desk.crm, "refuse", &json!({ "secret": secret }));
    assert_eq!((refused.status, refused.body), (200, json!({})));
    assert_eq!(page(&desk.crm, "read", &json!({ "secret": secret })).status, 410);
    let secret = muse.asked_of(&desk.crm, "ann", &usual());
    desk.clock.forward_ms(13 * 3_600_000);
    for secret in [&*secret, "remit_consent_guess", "remit_chat_x", ""] {
        assert_eq!(page(&desk.crm, "read", &json!({ "secret": secret })).status, 410, "{secret}");
    }
    assert_eq!(desk.admin.get("/v1/customers/ann/delegations").body, json!([]));
    // Other keys: whatever was given out before counts no more.
    let (mut muse, _) = desk.for_ann(13, &usual());
    assert_eq!(muse.get("/delegate/v1/cases").status, 200);
    desk.clock.forward_ms(2_000);
    let new = ClientKey::ed25519(&[14; 32]).unwrap();
    let path = format!("/v1/delegates/{}/keys", muse.id);
    assert_eq!(put(&desk.admin, &path, &json!({ "jwks": { "keys": [new.public().to_json()] } })).status, 200);
    assert_eq!(muse.get("/delegate/v1/cases").status, 401);
}
