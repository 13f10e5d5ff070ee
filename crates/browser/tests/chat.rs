//! The chat page on a phone, with nothing but a keyboard, from the first question to a person's answer.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test says what is wrong by panicking"
)]

use remit_browser::{Browser, TOO_FAINT, keys};
use remit_policy::{bundle::Bundle, files::Files};
use remit_server::{
    app::{App, services::Services, token},
    boot,
    clock::SystemClock,
    entropy::Entropy,
    serve::{self, Running},
};
use serde_json::{Value, json};
use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
};
use tokio::runtime::Runtime;

/// A server with the sample bank, on the machine's clock: what a browser meets.
struct Server {
    runtime: Runtime,
    running: Running,
    app: Arc<App>,
    address: SocketAddr,
}

fn seconds() -> i64 {
    use remit_server::clock::Clock as _;
    SystemClock.now().0 / 1_000
}

impl Server {
    fn start(data: &Path, address: SocketAddr) -> Self {
        let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../bundles/bank");
        let bundle = Bundle::load(Files::read(&root).unwrap()).unwrap_or_else(|findings| panic!("{findings:#?}"));
        let services = Services::of(&bundle, &|_| None, seconds).unwrap();
        let app = boot::open(data, Arc::new(bundle), Box::new(SystemClock), services, &mut |_| {}).unwrap();
        let (app, runtime) = (Arc::new(app), Runtime::new().unwrap());
        let running = runtime.block_on(serve::start(Arc::clone(&app), address)).unwrap();
        let address = running.address;
        Self { runtime, running, app, address }
    }

    fn stop(self) {
        self.runtime.block_on(self.running.stop()).unwrap();
    }

    fn client(&self, role: &str, staff: Option<&str>) -> Client {
        let new = token::NewToken {
            name: role.into(),
            roles: vec![role.into()],
            responder: None,
            source: None,
            staff: staff.map(ToOwned::to_owned),
            days: 1,
        };
        let made = token::make(self.app.store(), &Entropy::default(), self.app.now(), new).unwrap();
        let config = ureq::Agent::config_builder().http_status_as_error(false).max_idle_connections(0).build();
        Client { agent: config.into(), url: format!("http://{}", self.address), token: made.token }
    }
}

struct Client {
    agent: ureq::Agent,
    url: String,
    token: String,
}

impl Client {
    fn read(mut answer: ureq::http::Response<ureq::Body>) -> Value {
        let text = answer.body_mut().read_to_string().unwrap();
        assert!(answer.status().is_success(), "{text}");
        serde_json::from_str(&text).unwrap_or_default()
    }

    fn post(&self, path: &str, body: &Value) -> Value {
        let request = self.agent.post(format!("{}{path}", self.url)).header("content-type", "application/json");
        Self::read(request.header("authorization", format!("Bearer {}", self.token)).send(body.to_string()).unwrap())
    }

    fn get(&self, path: &str) -> Value {
        let request = self.agent.get(format!("{}{path}", self.url));
        Self::read(request.header("authorization", format!("Bearer {}", self.token)).call().unwrap())
    }
}

/// Takes the next case that is offered to `name`, and gives it.
fn take(client: &Client, name: &str) -> Value {
    let offered = loop {
        let work = client.get(&format!("/v1/staff/{name}/work"));
        if let Some(case) = work["offered"].get(0) {
            break case.clone();
        }
    };
    let offer = json!({ "offer": offered["offer"]["id"], "answer": "accept" });
    client.post(&format!("/v1/cases/{}/offer", offered["id"].as_str().unwrap()), &offer)["case"].clone()
}

/// What the newest message of an author says, with how it is headed.
fn newest(browser: &Browser, author: &str) -> (String, String) {
    let of = |part: &str| {
        let selector = format!("[...document.querySelectorAll('#messages .{author} {part}')].at(-1).innerText");
        browser.value(&selector).unwrap().as_str().unwrap().to_owned()
    };
    (of(".who"), of(".text"))
}

fn readable(browser: &Browser, when: &str) {
    for scheme in ["light", "dark"] {
        browser.prefer(scheme).unwrap();
        assert_eq!(browser.value(TOO_FAINT).unwrap(), json!([]), "{when}, {scheme}");
    }
    browser.prefer("light").unwrap();
}

const STATUS: &str = "document.getElementById('status')";
const PNG: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==";

#[test]
fn somebody_with_a_phone_and_a_keyboard_is_answered_by_an_ai_and_then_by_a_person() {
    let (data, pictures) = (tempfile::tempdir().unwrap(), Path::new(env!("CARGO_TARGET_TMPDIR")));
    let server = Server::start(data.path(), ([127, 0, 0, 1], 0).into());
    let (admin, ana) = (server.client("admin", None), server.client("staff", Some("ana")));
    let queues = ["general", "cards", "payments", "fraud", "care", "identity"];
    admin.post(
        "/v1/staff",
        &json!({
            "name": "ana", "first_name": "Ana", "queues": queues, "languages": { "en": 5 },
            "skills": { "general": 3, "cards": 3 }, "capacity": { "chat": 3 },
        }),
    );
    ana.post("/v1/staff/ana/presence", &json!({ "presence": "available" }));
    let link = admin.post("/v1/chats", &json!({ "customer": "ann" }))["url"].as_str().unwrap().to_owned();

    let browser = Browser::start().unwrap();
    browser.resize(390, 780).unwrap();
    browser.open(&format!("{}{link}", admin.url)).unwrap();
    browser.wait("document.getElementById('who').textContent.startsWith('Ask your question')").unwrap();
    assert_eq!(browser.value("location.href").unwrap(), format!("{}/chat", admin.url), "the secret does not stay");
    assert_eq!(browser.value("document.title").unwrap(), "Northgate Bank");
    readable(&browser, "at the beginning");

    // The focus is where one writes. Markup is text.
    browser.wait("document.activeElement.id === 'text'").unwrap();
    browser.press(&[], "How do I change my <b>PIN</b>?").unwrap();
    browser.press(&[], keys::ENTER).unwrap();
    browser.wait("document.querySelector('#messages .ai .text')").unwrap();
    assert_eq!(newest(&browser, "you").1, "How do I change my <b>PIN</b>?");
    assert_eq!(browser.value("document.querySelectorAll('#messages b').length").unwrap(), 0);
    let (head, answer) = newest(&browser, "ai");
    assert!(head.contains("AI") && head.contains("assistant"), "{head}");
    assert!(answer.contains("changed at any cash machine"), "{answer}");
    browser.wait(&format!("{STATUS}.textContent.includes('An AI assistant (')")).unwrap();
    browser.picture(&pictures.join("chat-ai.png")).unwrap();

    // A human is one key away.
    for (selector, role, name) in [
        ("#log", "log", "Conversation"),
        ("#text", "textbox", "Your message"),
        ("#send", "button", "Send"),
        ("#attach", "button", "Attach a file"),
        ("#human", "button", "Talk to a person"),
        ("#status", "status", ""),
    ] {
        assert_eq!(browser.told(selector).unwrap(), (role.to_owned(), name.to_owned()), "{selector}");
    }
    browser.tab_to("#human", true).unwrap();
    browser.press(&[], keys::ENTER).unwrap();
    browser.wait(&format!("{STATUS}.dataset.state === 'waiting'")).unwrap();
    let waiting = browser.value(&format!("{STATUS}.innerText")).unwrap().as_str().unwrap().trim().to_owned();
    assert!(waiting.starts_with("You are waiting for a person"), "{waiting}");
    assert!(waiting.ends_with("minute.") || waiting.ends_with("minutes.") || waiting.ends_with("now."), "{waiting}");
    assert_eq!(browser.value("document.activeElement.id").unwrap(), "text", "the focus is not lost with the button");
    readable(&browser, "while waiting");
    browser.picture(&pictures.join("chat-waiting.png")).unwrap();

    // A person takes it, and is there by first name.
    let taken = take(&ana, "ana");
    let id = taken["id"].as_str().unwrap();
    let say = |text: &str| {
        ana.post(&format!("/v1/cases/{id}/messages"), &json!({ "text": text, "epoch": taken["holder"]["epoch"] }));
    };
    say("Hello Ann, this is Ana. What do you need?");
    browser.wait("document.querySelector('#messages .person .text')").unwrap();
    let (head, answer) = newest(&browser, "person");
    assert!(head.starts_with("Ana") && !head.contains("AI"), "{head}");
    assert_eq!(answer, "Hello Ann, this is Ana. What do you need?");
    browser.wait(&format!("{STATUS}.innerText.trim() === 'Ana is with you.'")).unwrap();

    // A file, and what is loaded again is there once.
    let file = data.path().join("receipt.png");
    std::fs::write(&file, base64(PNG)).unwrap();
    browser.choose("#file", &file).unwrap();
    browser.wait("document.querySelector('#messages .you .file img').naturalWidth === 1").unwrap();
    browser.press(&[], "A word that I do not send yet").unwrap();
    let before = browser.value("document.getElementById('messages').innerText").unwrap();
    browser.reload().unwrap();
    browser.wait("document.querySelectorAll('#messages li:not(.remit)').length === 5").unwrap();
    browser.wait(&format!("{STATUS}.innerText.trim() === 'Ana is with you.'")).unwrap();
    assert_eq!(browser.value("document.getElementById('messages').innerText").unwrap(), before);
    assert_eq!(browser.value("document.getElementById('text').value").unwrap(), "A word that I do not send yet");

    // The server goes and comes back: what was written meanwhile is said once, and the page listens again by itself.
    let address = server.address;
    server.stop();
    browser.wait("document.activeElement.id === 'text'").unwrap();
    browser.press(&[], keys::ENTER).unwrap();
    browser.wait("!document.getElementById('pending').hidden && !document.getElementById('notice').hidden").unwrap();
    browser.picture(&pictures.join("chat-offline.png")).unwrap();
    let server = Server::start(data.path(), address);
    browser
        .wait("[...document.querySelectorAll('#messages .you .text')].at(-1).innerText.startsWith('A word')")
        .unwrap();
    browser.wait("document.getElementById('pending').hidden && document.getElementById('notice').hidden").unwrap();
    say(&format!("Long: {}", "w".repeat(400)));
    browser
        .wait("[...document.querySelectorAll('#messages .person .text')].at(-1).innerText.startsWith('Long')")
        .unwrap();
    assert_eq!(browser.value("document.querySelectorAll('#messages li:not(.remit)').length").unwrap(), 7);

    // Nothing is cut off on the smallest phone, and all of it is readable.
    browser.resize(320, 568).unwrap();
    assert_eq!(browser.value("document.documentElement.scrollWidth").unwrap(), 320);
    readable(&browser, "with a person");
    browser.picture(&pictures.join("chat-320.png")).unwrap();
    browser.prefer("dark").unwrap();
    browser.resize(1280, 800).unwrap();
    browser.picture(&pictures.join("chat-desktop-dark.png")).unwrap();
    browser.prefer("light").unwrap();
    browser.picture(&pictures.join("chat-desktop.png")).unwrap();

    // The end, and another request after it, by keyboard.
    browser.tab_to("#solved", true).unwrap();
    browser.press(&[], keys::ENTER).unwrap();
    browser.wait("!document.getElementById('closed').hidden").unwrap();
    readable(&browser, "when closed");
    browser.picture(&pictures.join("chat-closed.png")).unwrap();
    browser.tab_to("#rate button:last-child", false).unwrap();
    assert_eq!(browser.told("#rate").unwrap(), ("group".to_owned(), "How satisfied are you, from 1 to 5?".to_owned()));
    browser.press(&[], keys::ENTER).unwrap();
    browser.wait("document.activeElement.id === 'another'").unwrap();
    browser.press(&[], keys::ENTER).unwrap();
    browser.wait("document.activeElement.id === 'text'").unwrap();
    browser.press(&[], "When will my card arrive?").unwrap();
    browser.press(&[], keys::ENTER).unwrap();
    browser.wait("[...document.querySelectorAll('#messages .you .text')].at(-1).innerText.startsWith('When')").unwrap();
    browser.wait(&format!("{STATUS}.dataset.state !== 'closed'")).unwrap();
    let cases = admin.get("/v1/cases");
    assert_eq!(cases["items"].as_array().unwrap().len(), 2);

    // A link that is over says so.
    admin.post("/v1/customers/erase", &json!({ "customer": "ann" }));
    browser.wait("document.getElementById('notice').innerText.includes('not valid any more')").unwrap();
    assert_eq!(browser.value("document.getElementById('form').hidden").unwrap(), true);
    server.stop();
}

fn base64(text: &str) -> Vec<u8> {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    STANDARD.decode(text).unwrap()
}
