//! The chat page on a phone, with nothing but a keyboard, from the first question to a person's answer.

use crate::serving::{Nginx, Server, open, readable, take};
use remit_app::Settings;
use remit_browser::{Browser, keys};
use remit_policy::address::Address;
use serde_json::json;
use std::{
    io::{BufRead as _, BufReader},
    path::Path,
    time::Duration,
};

/// What the newest message of an author says, with how it is headed.
fn newest(browser: &Browser, author: &str) -> (String, String) {
    let of = |part: &str| {
        let selector = format!("[...document.querySelectorAll('#messages .{author} {part}')].at(-1).innerText");
        browser.value(&selector).unwrap().as_str().unwrap().to_owned()
    };
    (of(".who"), of(".text"))
}

/// How long an event may take to come.
const PATIENCE: Duration = Duration::from_secs(60);
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
    let started = admin.post("/v1/chats", &json!({ "customer": "ann" }));
    let (link, chat) = (started["url"].as_str().unwrap(), started["id"].as_str().unwrap());

    let browser = Browser::start().unwrap();
    browser.resize(390, 780).unwrap();
    browser.open(&format!("{}{link}", admin.url)).unwrap();
    browser.wait("document.getElementById('who').textContent.startsWith('Ask your question')").unwrap();
    let stays = format!("{}/chat#{chat}", admin.url);
    assert_eq!(browser.value("location.href").unwrap(), stays, "the secret does not stay");
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

#[test]
fn somebody_with_a_phone_and_a_keyboard_is_called_when_they_want() {
    let (data, pictures) = (tempfile::tempdir().unwrap(), Path::new(env!("CARGO_TARGET_TMPDIR")));
    let server = Server::start(data.path(), ([127, 0, 0, 1], 0).into());
    let admin = server.client("admin", None);
    let started = admin.post("/v1/chats", &json!({ "customer": "ann" }));
    let browser = Browser::start().unwrap();
    browser.resize(320, 568).unwrap();
    browser.open(&format!("{}{}", admin.url, started["url"].as_str().unwrap())).unwrap();
    browser.wait("document.activeElement.id === 'text'").unwrap();
    assert_eq!(browser.value("document.getElementById('call').hidden").unwrap(), true, "nothing was said");
    browser.press(&[], "I want to talk to a human about my transfer").unwrap();
    browser.press(&[], keys::ENTER).unwrap();
    browser.wait("!document.getElementById('call').hidden").unwrap();
    assert_eq!(browser.told("#call").unwrap(), ("button".to_owned(), "Call me back".to_owned()));

    // The times are asked for, one is picked, and the call stands, by keyboard alone.
    let open = || {
        browser.tab_to("#call", true).unwrap();
        browser.press(&[], keys::ENTER).unwrap();
        browser.wait("document.activeElement.id === 'callback-day'").unwrap();
    };
    open();
    for (selector, role, name) in [
        ("#callback", "form", "When should we call you?"),
        ("#callback-day", "combobox", "Day"),
        ("#callback-confirm", "button", "Ask for this call"),
        ("#callback-keep", "button", "Back to the conversation"),
    ] {
        assert_eq!(browser.told(selector).unwrap(), (role.to_owned(), name.to_owned()), "{selector}");
    }
    assert_eq!(browser.value("document.documentElement.scrollWidth").unwrap(), 320);
    readable(&browser, "while a time is picked");
    browser.picture(&pictures.join("chat-callback.png")).unwrap();
    // Another day has times of its own.
    let first = "document.getElementById('callback-time').value";
    let today = browser.value(first).unwrap();
    browser.press(&[], keys::DOWN).unwrap();
    browser.wait(&format!("{first} !== '{}'", today.as_str().unwrap())).unwrap();
    let picked = browser.value(first).unwrap().as_str().unwrap().to_owned();
    browser.tab_to("#callback-confirm", false).unwrap();
    browser.press(&[], keys::ENTER).unwrap();
    browser.wait(&format!("{STATUS}.innerText.trim().startsWith('We will call you on')")).unwrap();
    browser.wait("document.activeElement.id === 'call' && document.getElementById('callback').hidden").unwrap();
    browser.wait("document.querySelector('#messages .remit:last-child .text').innerText.endsWith(').')").unwrap();
    let call = admin.get("/v1/cases")["items"][0]["deferrals"][0].clone();
    assert_eq!((&call["kind"], &call["until"]), (&json!("callback"), &json!(picked)));
    readable(&browser, "with a call");

    // It can be left as it is, and taken back.
    assert_eq!(browser.told("#call").unwrap().1, "Change the call");
    open();
    browser.press(&[], keys::ESCAPE).unwrap();
    browser.wait("document.getElementById('callback').hidden && document.activeElement.id === 'call'").unwrap();
    open();
    browser.tab_to("#callback-cancel", false).unwrap();
    browser.press(&[], keys::ENTER).unwrap();
    browser.wait(&format!("{STATUS}.innerText.trim().startsWith('You are waiting for a person')")).unwrap();
    assert!(admin.get("/v1/cases")["items"][0]["deferrals"].is_null());
    server.stop();
}

#[test]
fn two_links_in_two_tabs_of_one_browser_speak_for_two_customers() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), ([127, 0, 0, 1], 0).into());
    let admin = server.client("admin", None);
    let link = |customer: &str| {
        let started = admin.post("/v1/chats", &json!({ "customer": customer }));
        format!("{}{}", admin.url, started["url"].as_str().unwrap())
    };
    let browser = Browser::start().unwrap();
    let enter = |link: &str| {
        browser.open(link).unwrap();
        browser.wait("document.activeElement.id === 'text'").unwrap();
    };
    let say = |text: &str| {
        browser.press(&[], text).unwrap();
        browser.press(&[], keys::ENTER).unwrap();
        let said =
            format!("[...document.querySelectorAll('#messages .you .text')].some((t) => t.textContent === '{text}')");
        browser.wait(&said).unwrap();
        browser.wait("document.getElementById('pending').hidden").unwrap();
    };
    let shown =
        || browser.value("[...document.querySelectorAll('#messages .you .text')].map((t) => t.textContent)").unwrap();
    let first = browser.tab().unwrap();
    enter(&link("ann"));
    let second = browser.open_tab().unwrap();
    enter(&link("bob"));
    // Ann goes on in the tab that was opened first, after Bob has come.
    browser.go_to(&first).unwrap();
    say("I am Ann");
    browser.go_to(&second).unwrap();
    say("I am Bob");
    browser.go_to(&first).unwrap();
    say("Still Ann");
    assert_eq!(shown(), json!(["I am Ann", "Still Ann"]));
    browser.reload().unwrap();
    browser.wait("document.querySelectorAll('#messages .you').length === 2").unwrap();
    assert_eq!(shown(), json!(["I am Ann", "Still Ann"]));
    browser.go_to(&second).unwrap();
    assert_eq!(shown(), json!(["I am Bob"]));
    let mut said: Vec<u64> =
        admin.get("/v1/cases")["items"].as_array().unwrap().iter().map(|c| c["messages"].as_u64().unwrap()).collect();
    said.sort_unstable();
    assert!(said.len() == 2 && said[0] < said[1], "one case for each: {said:?}");
    // A third link in Bob's tab is another chat, and the way back leads to Bob's.
    browser.value(&format!("location.href = '{}'", link("cyd"))).unwrap();
    browser
        .wait("document.querySelectorAll('#messages .you').length === 0 && document.activeElement.id === 'text'")
        .unwrap();
    say("I am Cyd");
    browser.value("history.back()").unwrap();
    browser.wait("document.querySelector('#messages .you .text').textContent === 'I am Bob'").unwrap();
    server.stop();
}

#[test]
fn a_plain_nginx_before_the_server_holds_nothing_back_and_makes_no_writes_foreign() {
    let (data, port) = (tempfile::tempdir().unwrap(), Nginx::port());
    let public = vec![Address::parse(&format!("http://localhost:{port}")).unwrap()];
    let app = open(data.path(), Settings { public, ..Settings::default() });
    let server = Server::serve(app, ([127, 0, 0, 1], 0).into());
    let nginx = Nginx::start(port, server.address);
    let admin = server.client("admin", None);
    // Events come as they happen, before there are many.
    let agent = ureq::Agent::config_builder().timeout_global(Some(PATIENCE)).build();
    let request = ureq::Agent::from(agent).get(format!("{}/v1/events", nginx.url));
    let events = request.header("authorization", format!("Bearer {}", admin.token)).call().unwrap();
    let mut lines = BufReader::new(events.into_body().into_reader()).lines().map(Result::unwrap);
    assert_eq!(lines.next().unwrap(), ":");
    admin.post("/v1/cases", &json!({ "customer": "bob", "text": "hello", "channel": "chat" }));
    assert!(lines.any(|line| line == "event: decision_made"));
    // A browser that says only which page asks, since the page is not one that it trusts.
    let started = admin.post("/v1/chats", &json!({ "customer": "ann" }));
    let link = started["url"].as_str().unwrap();
    let (origin, secret) = link.split_once("/chat#").unwrap();
    assert_eq!(origin, nginx.url);
    let enter = |origin: &str| {
        let request = admin.agent.post(format!("{}/chat/v1/session", nginx.url));
        let request = request.header("content-type", "application/json").header("origin", origin);
        request.send(json!({ "secret": secret }).to_string()).unwrap().status().as_u16()
    };
    assert_eq!((enter(origin), enter(&admin.url)), (200, 403), "nginx made `Host` the server's own");
    // And a real one.
    let browser = Browser::start().unwrap();
    browser.open(link).unwrap();
    browser.wait("document.activeElement.id === 'text'").unwrap();
    browser.press(&[], "How do I change my PIN?").unwrap();
    browser.press(&[], keys::ENTER).unwrap();
    browser.wait("document.querySelector('#messages .ai .text')").unwrap();
    server.stop();
}

fn base64(text: &str) -> Vec<u8> {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    STANDARD.decode(text).unwrap()
}
