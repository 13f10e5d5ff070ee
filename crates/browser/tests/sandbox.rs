//! The sandbox's pages in a browser: asked for with a token as the password, read on a phone, and without any script.

use remit_app::{Settings, boot, environment::clock::SystemClock, governance::services::Services, token};
use remit_browser::{Browser, TOO_FAINT, keys};
use remit_policy::{bundle::Bundle, files::Files};
use remit_sandbox::Ask;
use serde_json::json;
use std::{path::Path, sync::Arc};
use tokio::runtime::Runtime;

/// A key that would be a script if it were put into a page as it is.
const HOSTILE: &str = "<img src=x onerror=document.title='hurt'>";

#[test]
fn what_was_done_is_found_by_its_key_and_read_on_a_phone() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../bundles/bank");
    let bundle = Bundle::load(Files::read(&root).unwrap()).unwrap_or_else(|findings| panic!("{findings:#?}"));
    let data = tempfile::tempdir().unwrap();
    let (clock, services) = (Box::new(SystemClock), Services::none());
    let app = boot::open(data.path(), Arc::new(bundle), clock, services, Settings::default(), &mut |_| {}).unwrap();
    let new = token::NewToken {
        name: "auditor".into(),
        roles: vec!["auditor".into()],
        responder: None,
        source: None,
        sources: Vec::new(),
        staff: None,
        days: 1,
    };
    let now = app.environment.now();
    let token = token::make(&app, new).unwrap().token;
    for key in ["first", HOSTILE] {
        let arguments = json!({ "account_id": "acc-1002-1", "amount": { "minor": 1_250, "currency": "GBP" } });
        let ask = Ask { action: "pay_goodwill", arguments: arguments.as_object().unwrap(), customer: None };
        app.environment.sandbox.open(now).unwrap().execute(key, key, &ask, now.0).unwrap();
    }
    let runtime = Runtime::new().unwrap();
    let running = runtime.block_on(remit_server::serve::start(Arc::new(app), ([127, 0, 0, 1], 0).into())).unwrap();
    let browser = Browser::start().unwrap();
    browser.resize(320, 640).unwrap();
    browser.open(&format!("http://anybody:{token}@{}/sandbox", running.address)).unwrap();
    let shown = browser.wait("document.querySelector('h1') && document.body.innerText").unwrap();
    let shown = shown.as_str().unwrap();
    assert!(shown.contains(HOSTILE) && shown.contains("12.50 GBP"), "{shown}");
    assert_eq!(browser.value("document.title").unwrap(), "Sandbox back office");
    // Only its tables are wider than a phone, and move by themselves.
    let fits = "document.documentElement.scrollWidth <= innerWidth";
    assert_eq!(browser.value(fits).unwrap(), true);
    assert_eq!(browser.value("document.scripts.length").unwrap(), 0);
    for scheme in ["light", "dark"] {
        browser.prefer(scheme).unwrap();
        assert_eq!(browser.value(TOO_FAINT).unwrap(), json!([]), "{scheme}");
    }
    // With the keyboard alone: a key is looked for, and whose account it was is followed.
    browser.tab_to("#key", false).unwrap();
    browser.press(&[], "first").unwrap();
    browser.press(&[], keys::ENTER).unwrap();
    browser
        .arrive("location.search === '?key=first' && document.querySelectorAll('tbody')[0].rows.length === 1")
        .unwrap();
    browser.tab_to("a[href='/sandbox/customers/cust-1002']", false).unwrap();
    browser.press(&[], keys::ENTER).unwrap();
    browser.arrive("document.querySelector('h1').textContent === 'cust-1002'").unwrap();
    let customer = browser.value("document.body.innerText").unwrap();
    let customer = customer.as_str().unwrap();
    assert!(customer.contains("acc-1002-1") && customer.contains("SBX-00000001"), "{customer}");
    assert_eq!(browser.value(fits).unwrap(), true);
    runtime.block_on(running.stop()).unwrap();
}
