//! What a customer is asked who may let a delegate act for them, on the smallest phone, with nothing but a keyboard.

use crate::{
    confirm::{alike, text_of},
    serving::{Server, readable},
};
use remit_browser::{Browser, keys};
use serde_json::json;
use std::path::Path;

#[test]
fn what_a_delegate_may_do_is_read_in_plain_words_and_granted_by_one_press() {
    let (data, pictures) = (tempfile::tempdir().unwrap(), Path::new(env!("CARGO_TARGET_TMPDIR")));
    let browser = Browser::start().unwrap();
    let server = Server::start(data.path(), ([127, 0, 0, 1], 0).into());
    let (admin, crm) = (server.client("admin", None), server.client("integration", None));
    // The public key of RFC 8037, appendix A.2.
    let key = json!({ "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" });
    let muse = admin.post(
        "/v1/delegates",
        &json!({
            "name": "Muse", "class": "autonomous", "owner": "https://muse.example", "jwks": { "keys": [key] },
        }),
    );
    let open = || {
        let asked = json!({
            "customer": "ann", "delegate": muse["id"], "scopes": ["support:ask", "case:open", "case:read"],
            "actions": ["refund_charge"],
            "limits": { "max_amount": { "minor": 5000, "currency": "GBP" }, "max_count": 3, "window_hours": 24 },
        });
        let made = crm.post("/v1/consents", &asked);
        browser.open("about:blank").unwrap();
        browser.open(&format!("{}{}", admin.url, made["url"].as_str().unwrap())).unwrap();
        browser.wait("!document.getElementById('answers').hidden").unwrap();
    };
    browser.resize(320, 568).unwrap();
    open();
    assert_eq!(browser.value("location.href").unwrap(), format!("{}/consent", admin.url), "no secret stays");
    let asked = text_of(&browser, "main");
    for part in [
        "May Muse act for you at Northgate Bank?",
        "https://muse.example",
        "It decides by itself what it says and does.",
        "Ask us to do this: Refund a charge.",
        "At most 50.00 GBP each time.",
        "At most 3 times in 24 hours.",
        "It ends by itself:",
        "You can allow less or take this back at any time",
    ] {
        assert!(asked.contains(part), "{part} is not in {asked}");
    }
    assert_eq!(browser.told("#yes").unwrap(), ("button".to_owned(), "Yes, Muse may do this".to_owned()));
    assert_eq!(browser.told("#no").unwrap(), ("button".to_owned(), "No, Muse may not".to_owned()));
    assert!(alike(&browser, "#yes", "#no"), "yes and no weigh the same");
    assert_eq!(browser.value("document.documentElement.scrollWidth").unwrap(), 320);
    readable(&browser, "on the page of consent");
    browser.picture(&pictures.join("consent.png")).unwrap();
    browser.reload().unwrap();
    browser.wait("!document.getElementById('answers').hidden").unwrap();
    assert_eq!(admin.get("/v1/customers/ann/delegations"), json!([]), "opening it changes nothing");

    browser.tab_to("#no", false).unwrap();
    browser.press(&[], keys::ENTER).unwrap();
    browser.wait("document.activeElement.id === 'title'").unwrap();
    assert!(text_of(&browser, "main").contains("Nothing was granted."), "{}", text_of(&browser, "main"));
    assert_eq!(admin.get("/v1/customers/ann/delegations"), json!([]));

    open();
    browser.tab_to("#yes", false).unwrap();
    browser.press(&[], keys::ENTER).unwrap();
    browser.wait("document.activeElement.id === 'title'").unwrap();
    assert!(text_of(&browser, "main").contains("Done. Muse may act for you as you saw."));
    assert_eq!(admin.get("/v1/customers/ann/delegations")[0]["state"], "active");
    browser.picture(&pictures.join("consent-done.png")).unwrap();
    browser.reload().unwrap();
    browser.wait("document.getElementById('title').innerText.includes('not valid any more')").unwrap();
    server.stop();
}
