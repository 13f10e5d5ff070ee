//! What a customer is asked to say yes or no to, on the smallest phone, with nothing but a keyboard: on the chat page,
//! and on the page of a link.

use crate::serving::{Client, Server, readable, take};
use remit_browser::{Browser, keys};
use serde_json::{Value, json};
use std::path::Path;

/// A member of staff who has the case of a customer whom core banking knows.
struct Desk {
    server: Server,
    admin: Client,
    crm: Client,
    ana: Client,
    case: String,
    epoch: Value,
}

impl Desk {
    /// Opens the chat page for that customer.
    fn start(data: &Path, browser: &Browser) -> Self {
        let server = Server::start(data, ([127, 0, 0, 1], 0).into());
        let (admin, ana) = (server.client("admin", None), server.client("staff", Some("ana")));
        let queues = ["general", "cards", "payments", "fraud", "care", "identity"];
        let note = json!({
            "name": "ana", "first_name": "Ana", "queues": queues, "languages": { "en": 5 },
            "skills": { "general": 3, "payments": 3 }, "capacity": { "chat": 3 },
        });
        admin.post("/v1/staff", &note);
        ana.post("/v1/staff/ana/presence", &json!({ "presence": "available" }));
        // A chat that a person started answers nothing.
        let core = server.client_of("integration", None, Some("core-banking"));
        let started = core.post("/v1/chats", &json!({ "customer": "ann" }));
        browser.resize(320, 568).unwrap();
        browser.open(&format!("{}{}", admin.url, started["url"].as_str().unwrap())).unwrap();
        browser.wait("document.activeElement.id === 'text'").unwrap();
        browser.press(&[], "I want to talk to a human about a fee").unwrap();
        browser.press(&[], keys::ENTER).unwrap();
        let taken = take(&ana, "ana");
        core.put("/v1/customers/ann/facts", &json!({ "facts": { "account": "cust-1009" } }));
        browser.wait("document.getElementById('status').innerText.trim() === 'Ana is with you.'").unwrap();
        let (case, epoch) = (taken["id"].as_str().unwrap().to_owned(), taken["holder"]["epoch"].clone());
        Self { server, admin, crm: core, ana, case, epoch }
    }

    fn ask(&self, action: &str, arguments: Value) -> String {
        let asked = json!({ "action": action, "arguments": arguments, "epoch": self.epoch });
        let asked = self.ana.post(&format!("/v1/cases/{}/requests", self.case), &asked);
        assert_eq!((&asked["state"], &asked["wanted"]), (&json!("waiting"), &json!(["customer"])), "{asked}");
        asked["id"].as_str().unwrap().to_owned()
    }

    fn request(&self, id: &str) -> Value {
        self.admin.get(&format!("/v1/requests/{id}"))
    }
}

/// What is in a list, as it reads.
pub(crate) fn text_of(browser: &Browser, selector: &str) -> String {
    browser.value(&format!("document.querySelector('{selector}').innerText")).unwrap().as_str().unwrap().to_owned()
}

/// Whether two buttons weigh the same: in size, colours and letters.
pub(crate) fn alike(browser: &Browser, yes: &str, no: &str) -> bool {
    let alike = format!(
        "(() => {{
           const look = (selector) => {{
             const node = document.querySelector(selector);
             const style = getComputedStyle(node);
             return [style.color, style.backgroundColor, style.borderColor, style.fontWeight, style.fontSize,
                     Math.round(node.getBoundingClientRect().height)].join();
           }};
           return look('{yes}') === look('{no}');
         }})()"
    );
    browser.value(&alike).unwrap() == json!(true)
}

const YES: &str = "#asked-list li button:first-child";
const NO: &str = "#asked-list li button:last-child";

#[test]
fn what_waits_for_a_yes_is_read_answered_and_told_on_the_chat_page() {
    let (data, pictures) = (tempfile::tempdir().unwrap(), Path::new(env!("CARGO_TARGET_TMPDIR")));
    let browser = Browser::start().unwrap();
    let desk = Desk::start(data.path(), &browser);
    assert_eq!(browser.value("document.getElementById('asked').hidden").unwrap(), true, "nothing is asked");
    let fee = desk.ask("waive_fee", json!({ "fee_id": "fee-1009-1-1" }));
    browser.wait("document.querySelectorAll('#asked-list li').length === 1").unwrap();
    let card = text_of(&browser, "#asked-list li");
    for part in ["Waive a fee", "12.14 GBP goes back to the account", "Asked for by Ana", "You can answer until"] {
        assert!(card.contains(part), "{card}");
    }
    for (selector, role, name) in [
        ("#asked", "region", "Please read this, and say yes or no."),
        (YES, "button", "Yes, do it"),
        (NO, "button", "No"),
    ] {
        assert_eq!(browser.told(selector).unwrap(), (role.to_owned(), name.to_owned()), "{selector}");
    }
    assert!(alike(&browser, YES, NO), "yes and no weigh the same");
    assert_eq!(browser.value("document.documentElement.scrollWidth").unwrap(), 320);
    readable(&browser, "while something is asked");
    browser.picture(&pictures.join("chat-asked.png")).unwrap();
    assert_eq!(desk.request(&fee)["state"], "waiting", "what is shown is not answered");

    browser.tab_to(YES, true).unwrap();
    browser.press(&[], keys::ENTER).unwrap();
    browser.wait("document.getElementById('asked').hidden && document.activeElement.id === 'text'").unwrap();
    let last = "[...document.querySelectorAll('#messages .remit .text')].at(-1).innerText";
    browser.wait(&format!("{last}.startsWith('Done: Waive the fee')")).unwrap();
    let given = desk.request(&fee)["confirmations"][0].clone();
    assert_eq!((&given["via"], &given["by"]), (&json!("chat"), &json!("customer")), "{given}");
    assert!(given["seen_ms"].as_i64().unwrap() > 0, "{given}");

    // Two are answered at once, and what becomes of them stands in the conversation when it is loaded again.
    let debits = ["debit-1009-1-2", "debit-1009-1-3"]
        .map(|debit| desk.ask("reverse_direct_debit", json!({ "debit_id": debit })));
    browser.wait("!document.getElementById('asked-all').hidden").unwrap();
    assert_eq!(browser.told("#asked-yes").unwrap(), ("button".to_owned(), "Yes, do all 2".to_owned()));
    assert!(alike(&browser, "#asked-yes", "#asked-no"), "yes and no to all weigh the same");
    assert_eq!(browser.value("document.documentElement.scrollWidth").unwrap(), 320);
    readable(&browser, "while two are asked");
    browser.picture(&pictures.join("chat-asked-two.png")).unwrap();
    browser.tab_to("#asked-no", true).unwrap();
    browser.press(&[], keys::ENTER).unwrap();
    browser.wait("document.getElementById('asked').hidden").unwrap();
    let told = "[...document.querySelectorAll('#messages .remit .text')]\
                .filter((told) => told.innerText.startsWith('This will not be done')).length === 2";
    browser.wait(told).unwrap();
    for debit in &debits {
        let declined = desk.request(debit);
        assert_eq!(declined["state"], "declined", "{declined}");
    }
    let before = browser.value("document.getElementById('messages').innerText").unwrap();
    browser.reload().unwrap();
    browser.wait(told).unwrap();
    assert_eq!(browser.value("document.getElementById('messages').innerText").unwrap(), before);
    desk.server.stop();
}

#[test]
fn a_link_is_opened_without_effect_and_its_no_is_one_press() {
    let (data, pictures) = (tempfile::tempdir().unwrap(), Path::new(env!("CARGO_TARGET_TMPDIR")));
    let browser = Browser::start().unwrap();
    let desk = Desk::start(data.path(), &browser);
    let open = |request: &str| {
        let made = desk.crm.post(&format!("/v1/requests/{request}/link"), &json!({}));
        browser.open("about:blank").unwrap();
        browser.open(&format!("{}{}", desk.admin.url, made["url"].as_str().unwrap())).unwrap();
        browser.wait("!document.getElementById('answers').hidden").unwrap();
    };
    let fee = desk.ask("waive_fee", json!({ "fee_id": "fee-1009-1-1" }));
    open(&fee);
    assert_eq!(browser.value("location.href").unwrap(), format!("{}/confirm", desk.admin.url), "no secret stays");
    assert_eq!(browser.value("document.title").unwrap(), "Northgate Bank");
    let asked = text_of(&browser, "main");
    for part in ["Northgate Bank", "12.14 GBP goes back to the account", "Asked for by Ana", "You can answer until"] {
        assert!(asked.contains(part), "{asked}");
    }
    assert_eq!(browser.told("#yes").unwrap(), ("button".to_owned(), "Yes, do it".to_owned()));
    assert_eq!(browser.told("#no").unwrap(), ("button".to_owned(), "No".to_owned()));
    assert!(alike(&browser, "#yes", "#no"), "yes and no weigh the same");
    assert_eq!(browser.value("document.documentElement.scrollWidth").unwrap(), 320);
    readable(&browser, "on the page of a link");
    browser.picture(&pictures.join("confirm.png")).unwrap();
    browser.reload().unwrap();
    browser.wait("!document.getElementById('answers').hidden").unwrap();
    assert_eq!(desk.request(&fee)["state"], "waiting", "opening it changes nothing");

    browser.tab_to("#no", false).unwrap();
    browser.press(&[], keys::ENTER).unwrap();
    browser.wait("document.getElementById('requests').innerText.startsWith('This will not be done')").unwrap();
    browser.wait("document.getElementById('answers').hidden && document.activeElement.id === 'organisation'").unwrap();
    let declined = desk.request(&fee);
    assert_eq!((&declined["state"], declined["confirmations"].as_array().unwrap().len()), (&json!("declined"), 0));

    let again = desk.ask("waive_fee", json!({ "fee_id": "fee-1009-1-1" }));
    open(&again);
    browser.tab_to("#yes", false).unwrap();
    browser.press(&[], keys::ENTER).unwrap();
    browser.wait("document.getElementById('requests').innerText.startsWith('Done: Waive the fee')").unwrap();
    assert_eq!(desk.request(&again)["confirmations"][0]["via"], "link");
    browser.picture(&pictures.join("confirm-done.png")).unwrap();

    // One that is over says so.
    desk.admin.post("/v1/customers/erase", &json!({ "customer": "ann" }));
    browser.reload().unwrap();
    browser.wait("document.getElementById('organisation').innerText.includes('not valid any more')").unwrap();
    desk.server.stop();
}
