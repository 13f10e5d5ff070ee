//! What a customer granted, limited and taken back by them, on the smallest phone, with nothing but a keyboard.

use crate::{
    confirm::text_of,
    serving::{Server, readable},
};
use remit_browser::{Browser, keys};
use serde_json::json;
use std::path::Path;

#[test]
fn what_was_granted_is_limited_and_taken_back_by_a_press() {
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
    let asked = json!({
        "customer": "ann", "delegate": muse["id"], "scopes": ["support:ask", "case:open", "case:read"],
        "actions": ["refund_charge", "freeze_card"],
        "limits": { "max_amount": { "minor": 5000, "currency": "GBP" }, "max_count": 3 },
    });
    let made = crm.post("/v1/consents", &asked);
    browser.resize(320, 568).unwrap();
    browser.open(&format!("{}{}", admin.url, made["url"].as_str().unwrap())).unwrap();
    browser.wait("!document.getElementById('answers').hidden").unwrap();
    browser.tab_to("#yes", false).unwrap();
    browser.press(&[], keys::ENTER).unwrap();
    browser.wait("document.activeElement.id === 'title'").unwrap();

    let link = crm.post("/v1/customers/ann/delegations/link", &json!({}));
    browser.open("about:blank").unwrap();
    browser.open(&format!("{}{}", admin.url, link["url"].as_str().unwrap())).unwrap();
    browser.wait("document.getElementById('delegations').dataset.ready === 'yes'").unwrap();
    assert_eq!(browser.value("location.href").unwrap(), format!("{}/delegations", admin.url), "no secret stays");
    let told = text_of(&browser, "main");
    for part in [
        "Who may act for you at Northgate Bank",
        "Muse is a program of https://muse.example.",
        "Ask us to do this: Refund a charge.",
        "At most 50.00 GBP each time.",
        "It ends by itself:",
        "What it did",
        "Nothing yet.",
    ] {
        assert!(told.contains(part), "{part} is not in {told}");
    }
    assert_eq!(browser.value("document.documentElement.scrollWidth").unwrap(), 320);
    readable(&browser, "on the page of delegations");
    browser.picture(&pictures.join("delegations.png")).unwrap();

    // Less: half of it, and not the card.
    assert_eq!(browser.told("[aria-expanded]").unwrap(), ("button".to_owned(), "Allow less".to_owned()));
    browser.tab_to("[aria-expanded]", false).unwrap();
    browser.press(&[], keys::ENTER).unwrap();
    browser.wait("!document.querySelector('form').hidden").unwrap();
    assert_eq!(browser.value("document.documentElement.scrollWidth").unwrap(), 320);
    readable(&browser, "where it is limited");
    browser.picture(&pictures.join("delegations-less.png")).unwrap();
    browser
        .value(
            "(() => { const [each] = document.querySelectorAll('input[type=number]'); each.value = '25'; \
             const boxes = [...document.querySelectorAll('input[type=checkbox]')]; \
             boxes.find((box) => box.parentNode.innerText.includes('Freeze')).click(); return 1; })()",
        )
        .unwrap();
    browser.tab_to("form button", false).unwrap();
    browser.press(&[], keys::ENTER).unwrap();
    browser.wait("document.querySelector('main').innerText.includes('At most 25.00 GBP each time.')").unwrap();
    assert!(!text_of(&browser, "main").contains("Freeze"), "{}", text_of(&browser, "main"));
    let granted = admin.get("/v1/customers/ann/delegations");
    assert_eq!(granted[0]["actions"], json!(["refund_charge"]), "{granted}");

    // Taken back, and whoever is read to is brought to it.
    browser.tab_to("[data-state=active] .buttons button:last-child", false).unwrap();
    browser.press(&[], keys::ENTER).unwrap();
    browser.wait("document.querySelector('[data-state=revoked]') !== null").unwrap();
    browser.wait("document.activeElement.tagName === 'H2'").unwrap();
    assert!(text_of(&browser, "main").contains("This was taken back:"), "{}", text_of(&browser, "main"));
    assert_eq!(admin.get("/v1/customers/ann/delegations")[0]["state"], "revoked");
    browser.picture(&pictures.join("delegations-revoked.png")).unwrap();
    server.stop();
}
