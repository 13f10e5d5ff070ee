//! The customer's chat over real HTTP: whose it is, what it shows, and what it refuses.

use crate::{
    attachments::PNG,
    customer::Customer,
    hands::OwnClock,
    harness::{Client, Got, Server, epoch, id},
    sample_bundle::bank_with,
};
use remit_app::{
    governance::{model_cache::ModelCache, services::Services},
    token,
};
use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader};

pub(crate) fn refused(got: &Got, status: u16, kind: &str, says: &str) {
    assert_eq!((got.status, &got.body["type"]), (status, &json!(format!("/problems/{kind}"))), "{}", got.body);
    assert!(got.body["detail"].as_str().unwrap().contains(says), "{}", got.body);
}

/// A member of staff who is there, with a token of their own.
pub(crate) fn staff(server: &Server, lead: &Client, name: &str, first_name: &str) -> Client {
    let note = json!({
        "name": name, "first_name": first_name, "queues": ["general", "cards", "payments", "identity", "fraud"],
        "languages": { "en": 5 }, "skills": { "general": 3 }, "capacity": { "chat": 3 },
    });
    assert_eq!(lead.post("/v1/staff", &note).status, 200);
    let new = token::NewToken {
        name: name.into(),
        roles: vec!["staff".into()],
        responder: None,
        source: None,
        sources: Vec::new(),
        staff: Some(name.into()),
        days: 1,
    };
    let made = token::make(&server.succession().current(), new).unwrap();
    let client = server.client_with(&made.token);
    let there = client.post(&format!("/v1/staff/{name}/presence"), &json!({ "presence": "available" }));
    assert_eq!(there.status, 200);
    client
}

/// Takes the next case that is offered, and gives it.
pub(crate) fn take(client: &Client, name: &str) -> Value {
    let offered = loop {
        let work = client.get(&format!("/v1/staff/{name}/work")).body;
        if let Some(case) = work["offered"].get(0) {
            break case.clone();
        }
    };
    let body = json!({ "offer": offered["offer"]["id"], "answer": "accept" });
    let taken = client.post(&format!("/v1/cases/{}/offer", id(&offered)), &body);
    assert_eq!(taken.status, 200, "{}", taken.body);
    taken.body["case"].clone()
}

#[test]
fn an_ai_answers_a_human_is_asked_for_and_comes_and_the_customer_is_told_each_plainly() {
    let bundle = bank_with(|toml| toml);
    let services = Services::of(&bundle, &ModelCache::of(None), &|_| None, || 1_773_136_800).unwrap();
    let server = Server::start_with(bundle, services);
    let lead = server.client(&["lead", "admin"]);
    let ann = Customer::of(&lead, "ann");
    let begun = ann.conversation();
    assert_eq!((&begun["organisation"], &begun["status"]["state"]), (&json!("Northgate Bank"), &json!("new")));
    ann.say("How do I change my PIN?");
    let told = ann.follow("0", |kind, data| kind == "message" && data["author"] == "ai");
    let answer = &told.last().unwrap().1;
    assert!(answer["text"].as_str().unwrap().contains("changed at any cash machine"), "{answer}");
    let title = answer["name"].as_str().unwrap();
    let status = ann.status();
    assert_eq!(status["state"], "ai");
    assert_eq!(status["text"], format!("An AI assistant ({title}) is answering."));
    assert_eq!(status["can_ask_human"], true);
    // One click, and it goes to people: nobody is there, and nobody claims to know how long it takes.
    assert_eq!(ann.post("human", &json!({})).status, 204);
    let status = ann.status();
    assert_eq!((&status["state"], &status["can_ask_human"]), (&json!("waiting"), &json!(false)), "{status}");
    assert_eq!(ann.post("human", &json!({})).status, 204, "once more changes nothing");
    let said = ann.said();
    assert_eq!((said.len(), &said[2]["text"]), (3, &json!("I would like to talk to a person, please.")));
    let case = lead.get("/v1/cases").body["items"][0].clone();
    assert_eq!((&case["requester"], &case["channel"]), (&json!("customer"), &json!("chat")));
    assert_eq!(case["human_requested"], true);
    // Somebody comes, is announced by first name, and answers.
    let ana = staff(&server, &lead, "ana", "Ana");
    let place = said[2]["seq"].to_string();
    let taken = take(&ana, "ana");
    let hello = json!({ "text": "Hello, this is Ana", "epoch": epoch(&taken) });
    assert_eq!(ana.post(&format!("/v1/cases/{}/messages", id(&taken)), &hello).status, 201);
    let told = ann.follow(&place, |kind, _| kind == "status");
    let [(_, waits), (_, comes), (_, message), (_, status)] = told.as_slice() else { panic!("{told:?}") };
    assert!(waits["text"].as_str().unwrap().starts_with("A person will answer ("), "{waits}");
    assert_eq!((&comes["author"], &comes["text"]), (&json!("remit"), &json!("Ana is with you now.")));
    assert_eq!((&message["author"], &message["name"]), (&json!("person"), &json!("Ana")));
    assert_eq!((&status["state"], &status["text"]), (&json!("person"), &json!("Ana is with you.")));
    let page = ann.conversation().to_string();
    for inside in [case["customer"].as_str().unwrap(), "accountable", "decision", "epoch", "cas_"] {
        assert!(!page.contains(inside), "{inside} is of the inside: {page}");
    }
    // The end, and what then can be done.
    let resolve = json!({ "epoch": epoch(&taken) });
    assert_eq!(ana.post(&format!("/v1/cases/{}/resolve", id(&taken)), &resolve).status, 200);
    assert_eq!(ann.status()["state"], "closed");
    refused(&ann.post("messages", &json!({ "text": "thanks" })), 409, "conflict", "resolved");
    assert_eq!(ann.post("feedback", &json!({ "satisfaction": 4 })).status, 204);
    refused(&ann.post("feedback", &json!({ "satisfaction": 6 })), 422, "invalid", "1 to 5");
    assert_eq!(ann.post("feedback", &json!({ "solved": false })).status, 204);
    assert_eq!((&ann.status()["state"], &ann.status()["can_confirm"]), (&json!("waiting"), &json!(false)));
    let again = take(&ana, "ana");
    let sorry = json!({ "text": "Sorry, now it is.", "epoch": epoch(&again) });
    assert_eq!(ana.post(&format!("/v1/cases/{}/messages", id(&again)), &sorry).status, 201);
    assert_eq!(ann.status()["can_confirm"], true);
    assert_eq!(ann.post("feedback", &json!({ "solved": true })).status, 204);
    assert_eq!(ann.status()["state"], "closed");
    assert_eq!(lead.get("/v1/cases").body["items"].as_array().unwrap().len(), 1);
}

#[test]
fn what_happens_while_one_listens_is_told_and_status_follows_the_case() {
    let server = Server::start();
    let client = server.client(&["admin"]);
    let ann = Customer::of(&client, "ann");
    std::thread::scope(|scope| {
        let (told, hear) = std::sync::mpsc::channel();
        let listening = ann.listen("0");
        scope.spawn(move || {
            for line in BufReader::new(listening.into_body().into_reader()).lines() {
                if let Some(data) = line.unwrap().strip_prefix("data: ")
                    && told.send(serde_json::from_str::<Value>(data).unwrap()).is_err()
                {
                    break;
                }
            }
        });
        assert_eq!(hear.recv().unwrap()["state"], "new");
        ann.say("When will my card arrive?");
        assert_eq!(hear.recv().unwrap()["text"], "When will my card arrive?");
        assert!(hear.recv().unwrap()["text"].as_str().unwrap().ends_with(", an AI, is answering."));
        assert_eq!(hear.recv().unwrap()["state"], "ai");
        let case = client.get("/v1/cases").body["items"][0].clone();
        let answer = json!({ "text": "In four days.", "epoch": epoch(&case) });
        assert_eq!(client.post(&format!("/v1/cases/{}/messages", id(&case)), &answer).status, 201);
        let heard = hear.recv().unwrap();
        assert_eq!((&heard["author"], &heard["text"]), (&json!("ai"), &json!("In four days.")));
        assert_eq!(hear.recv().unwrap()["can_confirm"], true);
        ann.post("human", &json!({}));
        assert_eq!(hear.recv().unwrap()["author"], "you");
        assert_eq!(hear.recv().unwrap()["author"], "remit");
        let status = hear.recv().unwrap();
        // Nobody's presence was ever noted, so that no figure is borne out by anybody.
        assert_eq!(status["state"], "waiting");
        assert_eq!(status.get("wait_minutes"), None, "{status}");
        assert!(status["text"].as_str().unwrap().ends_with(": we can't say how long right now."), "{status}");
        // Erasing ends the chat and with it the stream.
        assert_eq!(client.post("/v1/customers/erase", &json!({ "customer": "ann" })).status, 200);
        while hear.recv().is_ok() {}
        refused(&ann.get("conversation"), 401, "chat_ended", "no such chat");
    });
}

#[test]
fn a_customer_sees_and_writes_on_their_own_case_alone() {
    let server = Server::start();
    let client = server.client(&["admin"]);
    let (ann, bob) = (Customer::of(&client, "ann"), Customer::of(&client, "bob"));
    ann.say("When will my card arrive?");
    bob.say("How do I change my PIN?");
    let (of_ann, of_bob) = (ann.conversation().to_string(), bob.conversation().to_string());
    assert!(of_ann.contains("arrive") && !of_ann.contains("PIN"), "{of_ann}");
    assert!(of_bob.contains("PIN") && !of_bob.contains("arrive"), "{of_bob}");
    let file = [("content-type", "image/png"), ("idempotency-key", "file")];
    assert_eq!(ann.send("attachments", &file, PNG).status, 204);
    let name = ann.said()[1]["attachments"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(ann.get(&format!("attachments/{name}")).status, 200);
    refused(&bob.get(&format!("attachments/{name}")), 404, "not_found", "no such file");
    // A link goes on with a case of its own customer, and of nobody else's.
    let case = client.get("/v1/cases").body["items"].as_array().unwrap().clone();
    let case = case.iter().find(|case| case["messages"] == 2).unwrap();
    let wrong = client.post("/v1/chats", &json!({ "customer": "bob", "case": case["id"] }));
    refused(&wrong, 422, "invalid", "not a case of this customer");
    let again = Customer::start(&client, &json!({ "customer": "ann", "case": case["id"] }));
    assert_eq!(again.conversation()["messages"], ann.conversation()["messages"]);
    // A chat is no token, a token is no chat, and no token has the role of a customer.
    assert_eq!(server.client_with(&ann.secret).get("/v1/cases").status, 401);
    let role = json!({ "name": "x", "roles": ["customer"], "days": 1 });
    refused(&client.post("/v1/tokens", &role), 422, "invalid", "`customer` is no role");
    for roles in [["staff"], ["responder"], ["lead"], ["auditor"]] {
        assert_eq!(server.client(&roles).post("/v1/chats", &json!({ "customer": "ann" })).status, 403, "{roles:?}");
    }
    assert_eq!(server.client(&["integration"]).post("/v1/chats", &json!({ "customer": "ann" })).status, 201);
}

#[test]
fn links_that_are_forged_expired_or_sent_by_other_sites_are_refused() {
    let clock = OwnClock::new();
    let server = Server::start_under(bank_with(|toml| toml), &clock);
    let client = server.client(&["admin"]);
    let ann = Customer::of(&client, "ann");
    let forged = |secret: &str| Customer::with(&client, &ann.chat, secret);
    let (before, rest) = ann.secret.split_at(ann.secret.len() / 2);
    let changed = format!("{before}{}{}", if rest.starts_with('A') { 'B' } else { 'A' }, &rest[1..]);
    for secret in ["", "x", "remit_chat_", &client.token, &changed, &"remit_chat_".repeat(1_000)] {
        let nobody = forged(secret);
        refused(&nobody.get("conversation"), 401, "chat_ended", "chat");
        refused(&nobody.enter(secret, &[]), 401, "chat_ended", "chat");
        assert_eq!(nobody.post("messages", &json!({ "text": "hello" })).status, 401);
    }
    let hello = json!({ "text": "hello" }).to_string();
    for headers in [
        [("sec-fetch-site", "cross-site"), ("idempotency-key", "k")],
        [("sec-fetch-site", "same-site"), ("idempotency-key", "k")],
        [("sec-fetch-site", "none"), ("idempotency-key", "k")],
        [("origin", "https://evil.example"), ("idempotency-key", "k")],
        [("origin", "null"), ("idempotency-key", "k")],
    ] {
        refused(&ann.send("messages", &headers, hello.as_bytes()), 403, "cross_site", "another site");
        refused(&ann.enter(&ann.secret, &headers), 403, "cross_site", "another site");
    }
    // What a form of another site could send needs no leave to be sent, and is not taken.
    let form = [("content-type", "text/plain"), ("idempotency-key", "k")];
    refused(&ann.send("messages", &form, hello.as_bytes()), 415, "media_type", "text/plain");
    refused(&ann.send("messages", &[], hello.as_bytes()), 422, "invalid", "Idempotency-Key");
    let own = [("sec-fetch-site", "same-origin"), ("origin", "https://support.example"), ("idempotency-key", "k")];
    assert_eq!(ann.send("messages", &own, hello.as_bytes()).status, 204, "behind a proxy the browser's word counts");
    for hours in [0, 73] {
        let got = client.post("/v1/chats", &json!({ "customer": "ann", "hours": hours }));
        refused(&got, 422, "invalid", "hours");
    }
    let short = Customer::start(&client, &json!({ "customer": "ann", "hours": 1 }));
    assert_eq!(short.get("conversation").status, 200);
    clock.forward_ms(3_600_000);
    refused(&short.get("conversation"), 401, "chat_ended", "time is over");
    assert_eq!(ann.get("conversation").status, 200);
}

#[test]
fn what_is_sent_again_is_said_once_and_two_first_messages_open_one_case() {
    let server = Server::start();
    let client = server.client(&["admin"]);
    let ann = Customer::of(&client, "ann");
    let say = |key: &str, text: &str| {
        let body = json!({ "text": text }).to_string();
        ann.send("messages", &[("idempotency-key", key)], body.as_bytes())
    };
    assert_eq!(say("a", "When will my card arrive?").status, 204);
    assert_eq!(say("a", "When will my card arrive?").status, 204);
    refused(&say("a", "something else"), 409, "idempotency_key_reused", "another request");
    assert_eq!(say("b", "It is late.").status, 204);
    assert_eq!(say("b", "It is late.").status, 204);
    assert_eq!(ann.said().len(), 2);
    let bob = Customer::of(&client, "bob");
    std::thread::scope(|scope| {
        for key in 0..8 {
            let bob = &bob;
            let (agent, url, chat, cookie) = (&bob.agent, &bob.url, &bob.chat, bob.cookie());
            scope.spawn(move || {
                let request = agent.post(format!("{url}/chat/v1/{chat}/messages"));
                let request = request.header("content-type", "application/json").header("cookie", cookie);
                let body = json!({ "text": format!("message {key}") }).to_string();
                assert_eq!(request.header("idempotency-key", key.to_string()).send(body).unwrap().status(), 204);
            });
        }
    });
    assert_eq!(bob.said().len(), 8);
    assert_eq!(client.get("/v1/cases").body["items"].as_array().unwrap().len(), 2);
    // The link outlives the process, and knows its case.
    let before = ann.conversation();
    let server = Server::start_on(server.stop(), bank_with(|toml| toml), Services::none());
    let client = server.client(&["admin"]);
    let ann = Customer::with(&client, &ann.chat, &ann.secret);
    assert_eq!(ann.conversation(), before);
    ann.say("Still waiting.");
    assert_eq!(client.get("/v1/cases").body["items"].as_array().unwrap().len(), 2);
}

#[test]
fn another_request_begins_once_the_first_is_resolved_and_both_are_shown() {
    let server = Server::start();
    let client = server.client(&["admin"]);
    let ann = Customer::of(&client, "ann");
    ann.say("When will my card arrive?");
    let case = client.get("/v1/cases").body["items"][0].clone();
    let another = json!({ "text": "How do I change my PIN?", "another": true });
    assert_eq!(ann.post("messages", &another).status, 204, "while the first is open it is a message of it");
    assert_eq!(client.get("/v1/cases").body["items"].as_array().unwrap().len(), 1);
    let resolve = json!({ "epoch": epoch(&case) });
    assert_eq!(client.post(&format!("/v1/cases/{}/resolve", id(&case)), &resolve).status, 200);
    assert_eq!(ann.post("messages", &json!({ "text": "One more thing", "another": true })).status, 204);
    assert_eq!(client.get("/v1/cases").body["items"].as_array().unwrap().len(), 2);
    let texts: Vec<Value> = ann.said().iter().map(|message| message["text"].clone()).collect();
    assert_eq!(texts, ["When will my card arrive?", "How do I change my PIN?", "One more thing"]);
    assert_ne!(ann.status()["state"], "closed");
    // A case that is found to be the same as another goes on there, and the chat with it.
    let merged = client.get("/v1/cases").body["items"][0].clone();
    let other = client.open("ann", "When will my card arrive?");
    let merge = json!({ "epoch": epoch(&merged), "into": other["id"] });
    assert_eq!(client.post(&format!("/v1/cases/{}/merge", id(&merged)), &merge).status, 200);
    ann.say("Are you still there?");
    assert_eq!(client.get(&format!("/v1/cases/{}", id(&other))).body["messages"], 2);
    let places: Vec<u64> =
        ann.conversation()["messages"].as_array().unwrap().iter().map(|m| m["seq"].as_u64().unwrap()).collect();
    assert!(places.is_sorted(), "{places:?}");
    assert_eq!(ann.said().last().unwrap()["text"], "Are you still there?");
}

#[test]
fn markup_comes_back_as_text_and_files_stay_within_their_bounds() {
    let server = Server::start();
    let client = server.client(&["admin"]);
    let ann = Customer::of(&client, "ann");
    let file = |media_type: &str, key: &str, bytes: &[u8]| {
        ann.send("attachments", &[("content-type", media_type), ("idempotency-key", key)], bytes)
    };
    refused(&file("image/png", "a", PNG), 409, "conflict", "say something first");
    let markup = "<img src=x onerror=alert(1)> </script><script>alert(2)</script> & \u{202e}";
    ann.say(markup);
    assert_eq!(ann.conversation()["messages"][0]["text"], markup);
    refused(&file("image/png", "b", b"<svg/>"), 415, "media_type", "`text/plain`");
    refused(&file("text/html", "c", b"<p>"), 415, "media_type", "what is taken");
    refused(&file("image/png", "d", &[PNG, &vec![0; 5 << 20]].concat()), 413, "too_large", "5242880");
    assert_eq!(file("text/plain", "e", b"<script>alert(3)</script>").status, 204);
    assert_eq!(file("text/plain", "e", b"<script>alert(3)</script>").status, 204);
    let messages = ann.said();
    assert_eq!(messages.len(), 2, "sent twice, added once");
    let name = messages[1]["attachments"][0]["id"].as_str().unwrap();
    let got = ann.get(&format!("attachments/{name}"));
    assert_eq!(got.headers["content-type"], "text/plain");
    assert_eq!(got.headers["x-content-type-options"], "nosniff");
    assert_eq!(got.headers["content-disposition"], "attachment; filename=\"attachment.txt\"");
    refused(&ann.post("messages", &json!({ "text": "x".repeat(32_769) })), 422, "invalid", "32768");
    refused(&ann.post("messages", &json!({ "text": " " })), 422, "invalid", "text");
}

#[test]
fn one_customer_cannot_flood_and_others_do_not_feel_it() {
    let clock = OwnClock::new();
    let server = Server::start_under(bank_with(|toml| toml), &clock);
    let client = server.client(&["admin"]);
    let (ann, bob) = (Customer::of(&client, "ann"), Customer::of(&client, "bob"));
    let got = (0..29).map(|n| ann.post("messages", &json!({ "text": format!("message {n}") })));
    let late = got.filter(|got| got.status != 204).collect::<Vec<_>>();
    assert!(late.len() >= 4, "{}", late.len());
    refused(&late[0], 429, "too_often", "go on in");
    assert!(late[0].headers["retry-after"].to_str().unwrap().parse::<u32>().unwrap() >= 1);
    bob.say("hello");
    clock.forward_ms(3_000);
    ann.say("and on it goes");
    let streams: Vec<_> = (0..9).map(|_| ann.listen("0")).collect();
    let statuses: Vec<u16> = streams.iter().map(|stream| stream.status().as_u16()).collect();
    assert_eq!(statuses, [200, 200, 200, 200, 200, 200, 200, 200, 429]);
}

#[test]
fn the_page_loads_nothing_from_elsewhere_and_is_framed_by_nobody() {
    let server = Server::start();
    let client = server.client(&["admin"]);
    for (path, kind) in [("/chat", "text/html"), ("/chat/page.css", "text/css"), ("/chat/page.js", "text/javascript")] {
        let mut answer = client.agent.get(format!("{}{path}", server.url)).call().unwrap();
        assert_eq!(answer.status(), 200);
        let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
        assert_eq!(header("content-type"), format!("{kind}; charset=utf-8"));
        let csp = header("content-security-policy");
        for part in ["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "form-action 'none'"] {
            assert!(csp.contains(part) && !csp.contains("unsafe"), "{csp}");
        }
        for (name, value) in
            [("cache-control", "no-store"), ("x-content-type-options", "nosniff"), ("referrer-policy", "no-referrer")]
        {
            assert_eq!(header(name), value);
        }
        let text = answer.body_mut().read_to_string().unwrap();
        assert!(!text.contains("://") && !text.contains("innerHTML") && text.len() < 20_000, "{path}");
    }
}
