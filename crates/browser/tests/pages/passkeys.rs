//! Passkeys in a real browser, with the device that it has for tests: registered, signed in with and removed on the
//! smallest phone, with nothing but a keyboard.

use crate::{
    confirm::text_of,
    serving::{Nginx, Server, open, readable},
};
use remit_app::Settings;
use remit_browser::{Browser, keys};
use remit_policy::address::Address;
use serde_json::json;
use std::path::Path;

const PASSWORD: &str = "correct horse battery";

#[test]
fn somebody_registers_a_passkey_signs_in_with_it_removes_it_and_does_not_any_more() {
    let (data, pictures) = (tempfile::tempdir().unwrap(), Path::new(env!("CARGO_TARGET_TMPDIR")));
    let browser = Browser::start().unwrap();
    let port = Nginx::port();
    let url = format!("http://localhost:{port}");
    let settings = Settings { public: vec![Address::parse(&url).unwrap()], ..Settings::default() };
    let server = Server::serve(open(data.path(), settings), ([127, 0, 0, 1], port).into());
    let admin = server.client("admin", None);
    let made = admin.post("/v1/staff/dora/invitation", &json!({ "roles": ["auditor"] }));
    browser.resize(320, 568).unwrap();
    let fits = |when: &str| {
        assert_eq!(browser.value("document.documentElement.scrollWidth").unwrap(), 320, "{when}");
        readable(&browser, when);
    };
    let press = |selector: &str| {
        browser.tab_to(selector, false).unwrap();
        browser.press(&[], keys::ENTER).unwrap();
    };
    let notice = |words: &str| {
        browser.wait(&format!("document.getElementById('notice').textContent.includes({words:?})")).unwrap();
    };
    let at_sign_in = || {
        browser.open("about:blank").unwrap();
        browser.open(&format!("{url}/sign-in")).unwrap();
        browser.wait("!document.getElementById('password-form').hidden").unwrap();
    };
    let sign_out = || {
        browser.open(&format!("{url}/sign-out")).unwrap();
        browser.wait("!document.getElementById('out-form').hidden").unwrap();
        press("#out");
        browser.wait("!document.getElementById('password-form').hidden").unwrap();
    };
    let by_password = || {
        browser.tab_to("#name", true).unwrap();
        browser.press(&[], "dora").unwrap();
        browser.tab_to("#password", false).unwrap();
        browser.press(&[], PASSWORD).unwrap();
        browser.press(&[], keys::ENTER).unwrap();
    };
    browser.open(made["url"].as_str().unwrap()).unwrap();
    browser.wait("document.activeElement.id === 'password'").unwrap();
    assert_eq!(browser.value("document.getElementById('passkey-form').hidden").unwrap(), true, "no passkey has a link");
    browser.press(&[], PASSWORD).unwrap();
    browser.press(&[], keys::ENTER).unwrap();
    browser.wait("document.title === 'Sign in'").unwrap();
    by_password();
    browser.wait("!document.getElementById('out-form').hidden").unwrap();

    // A device that does not make sure who is there makes none.
    let device = browser.add_device(false).unwrap();
    browser.tab_to("#account", false).unwrap();
    browser.press(&[], keys::ENTER).unwrap();
    browser.arrive("location.pathname === '/account' && !document.getElementById('add-form').hidden").unwrap();
    fits("before there is a passkey");
    browser.tab_to("#passkey-name", false).unwrap();
    browser.press(&[], "<b>laptop</b>").unwrap();
    browser.press(&[], keys::ENTER).unwrap();
    notice("The device made no passkey");
    assert_eq!(browser.passkeys(&device).unwrap().len(), 0);
    browser.remove_device(&device).unwrap();
    let device = browser.add_device(true).unwrap();
    press("#add");
    notice("The passkey is there");
    assert_eq!(text_of(&browser, "#passkeys h3"), "<b>laptop</b>", "what somebody wrote is text");
    assert_eq!(browser.value("document.activeElement.id").unwrap(), "title");
    assert_eq!(browser.passkeys(&device).unwrap().len(), 1);
    fits("where there is a passkey");
    browser.picture(&pictures.join("account.png")).unwrap();
    // The device has one already.
    browser.tab_to("#passkey-name", false).unwrap();
    browser.press(&[], "again").unwrap();
    browser.press(&[], keys::ENTER).unwrap();
    notice("it has one already");

    sign_out();
    at_sign_in();
    fits("where somebody signs in with a passkey");
    browser.picture(&pictures.join("sign-in-passkey.png")).unwrap();
    // The same passkey, on a device that does not make sure who is there, and on one that does.
    let kept = browser.passkeys(&device).unwrap();
    browser.remove_device(&device).unwrap();
    let device = browser.add_device(false).unwrap();
    browser.add_passkey(&device, &kept[0]).unwrap();
    press("#passkey");
    notice("No passkey signed you in");
    browser.remove_device(&device).unwrap();
    let device = browser.add_device(true).unwrap();
    browser.add_passkey(&device, &kept[0]).unwrap();
    press("#passkey");
    browser.wait("!document.getElementById('out-form').hidden").unwrap();
    assert_eq!(text_of(&browser, "#who"), "You are signed in as dora (auditor).");
    assert_eq!(admin.get("/v1/sessions")[0]["way"], "passkey");

    // Removed, after it was asked for twice, it signs nobody in any more; and it ended the session that it began.
    browser.open(&format!("{url}/account")).unwrap();
    browser.wait("document.querySelector('#passkeys button')").unwrap();
    press("#passkeys button");
    assert_eq!(admin.get("/v1/staff/dora/passkeys").as_array().unwrap().len(), 1, "it asks once more");
    press("#passkeys button");
    browser.arrive("location.pathname === '/sign-in' && !document.getElementById('password-form').hidden").unwrap();
    assert_eq!(admin.get("/v1/staff/dora/passkeys"), json!([]));
    press("#passkey");
    notice("not known here");
    by_password();
    browser.arrive("location.pathname === '/account' && !document.getElementById('add-form').hidden").unwrap();

    // A copy of a device's passkey is found once the device went on.
    browser.remove_device(&device).unwrap();
    let device = browser.add_device(true).unwrap();
    browser.tab_to("#passkey-name", false).unwrap();
    browser.press(&[], "phone").unwrap();
    browser.press(&[], keys::ENTER).unwrap();
    notice("The passkey is there");
    let copied = browser.passkeys(&device).unwrap();
    assert_ne!(copied[0]["credentialId"], kept[0]["credentialId"]);
    sign_out();
    press("#passkey");
    browser.wait("!document.getElementById('out-form').hidden").unwrap();
    sign_out();
    browser.remove_device(&device).unwrap();
    let device = browser.add_device(true).unwrap();
    browser.add_passkey(&device, &copied[0]).unwrap();
    press("#passkey");
    notice("somebody may have a copy of it");
    assert_eq!(admin.get("/v1/staff/dora/passkeys")[0]["doubted"], true);
    server.stop();
}
