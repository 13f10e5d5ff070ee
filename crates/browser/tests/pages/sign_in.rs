//! The page on which people who work here choose a password, sign in and out, on the smallest phone, with nothing but a
//! keyboard.

use crate::{
    confirm::text_of,
    serving::{Server, readable},
};
use remit_browser::{Browser, keys};
use serde_json::json;
use std::path::Path;

#[test]
fn somebody_chooses_a_password_signs_in_and_out_with_the_keyboard_alone() {
    let (data, pictures) = (tempfile::tempdir().unwrap(), Path::new(env!("CARGO_TARGET_TMPDIR")));
    let browser = Browser::start().unwrap();
    let server = Server::start(data.path(), ([127, 0, 0, 1], 0).into());
    let admin = server.client("admin", None);
    let made = admin.post("/v1/staff/dora/invitation", &json!({ "roles": ["auditor"] }));
    browser.resize(320, 568).unwrap();
    let fits = |when: &str| {
        assert_eq!(browser.value("document.documentElement.scrollWidth").unwrap(), 320, "{when}");
        readable(&browser, when);
    };
    let submit = |fields: &[(&str, &str)]| {
        for (field, text) in fields {
            browser.tab_to(field, false).unwrap();
            browser.press(&[], text).unwrap();
        }
        browser.press(&[], keys::ENTER).unwrap();
    };
    browser.open(&format!("{}{}", admin.url, made["url"].as_str().unwrap())).unwrap();
    browser.wait("!document.getElementById('password-form').hidden").unwrap();
    assert_eq!(browser.value("location.href").unwrap(), format!("{}/sign-in", admin.url), "no secret stays");
    assert_eq!(browser.value("document.title").unwrap(), "Choose a password");
    assert_eq!(
        browser.value("[document.getElementById('name').value, document.activeElement.id]").unwrap(),
        json!(["dora", "password"])
    );
    fits("where a password is chosen");
    browser.press(&[], "correct horse battery").unwrap();
    browser.press(&[], keys::ENTER).unwrap();
    browser.wait("document.title === 'Sign in'").unwrap();
    assert!(text_of(&browser, "#notice").contains("Your password is set"));

    // A wrong password says no more than that; another site's page is never gone on to.
    browser.open("about:blank").unwrap();
    browser.open(&format!("{}/sign-in?return=https://attacker.example/", admin.url)).unwrap();
    browser.wait("!document.getElementById('password-form').hidden").unwrap();
    fits("where somebody signs in");
    browser.picture(&pictures.join("sign-in.png")).unwrap();
    submit(&[("#name", "dora"), ("#password", "another password, no")]);
    browser.wait("!document.getElementById('notice').hidden").unwrap();
    assert_eq!(text_of(&browser, "#notice"), "There is no such name with this password.");
    browser.value("document.getElementById('password').value = ''").unwrap();
    submit(&[("#password", "correct horse battery")]);
    browser.wait("!document.getElementById('out-form').hidden").unwrap();
    assert_eq!(text_of(&browser, "#who"), "You are signed in as dora (auditor).");
    assert_eq!(browser.value("document.activeElement.id").unwrap(), "title");
    assert_eq!(browser.value("document.cookie").unwrap(), "", "no script reads the session");
    fits("where somebody is signed in");

    // What staff may open, opens; and signing out ends it.
    browser.open(&format!("{}/sandbox", admin.url)).unwrap();
    browser.arrive("document.querySelector('h1').textContent === 'Sandbox back office'").unwrap();
    browser.open(&format!("{}/sign-out", admin.url)).unwrap();
    browser.wait("!document.getElementById('out-form').hidden").unwrap();
    assert_eq!(admin.get("/v1/sessions").as_array().unwrap().len(), 1, "opening the page ends nothing");
    browser.tab_to("#out", false).unwrap();
    browser.press(&[], keys::ENTER).unwrap();
    browser.wait("!document.getElementById('password-form').hidden").unwrap();
    assert_eq!(text_of(&browser, "#notice"), "You are signed out.");
    assert_eq!(admin.get("/v1/sessions"), json!([]));

    // And on to where they wanted to go.
    browser.open(&format!("{}/sign-in?return=/sandbox", admin.url)).unwrap();
    browser.wait("!document.getElementById('password-form').hidden").unwrap();
    submit(&[("#name", "dora"), ("#password", "correct horse battery")]);
    browser.arrive("location.pathname === '/sandbox'").unwrap();

    // And never to another site, however its address is written.
    for elsewhere in ["/.//attacker.example/x", "/a/..//attacker.example/x", "/%2e//attacker.example/x"] {
        browser.open(&format!("{}/sign-out", admin.url)).unwrap();
        browser.wait("!document.getElementById('out-form').hidden").unwrap();
        browser.tab_to("#out", false).unwrap();
        browser.press(&[], keys::ENTER).unwrap();
        browser.wait("!document.getElementById('password-form').hidden").unwrap();
        browser.open(&format!("{}/sign-in?return={elsewhere}", admin.url)).unwrap();
        browser.wait("!document.getElementById('password-form').hidden").unwrap();
        submit(&[("#name", "dora"), ("#password", "correct horse battery")]);
        browser.wait("!document.getElementById('out-form').hidden").unwrap();
        let here = browser.value("location.origin").unwrap();
        assert_eq!(here, json!(admin.url), "{elsewhere}");
    }
    server.stop();
}
