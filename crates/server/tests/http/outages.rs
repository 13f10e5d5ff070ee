//! Outages are no failures of judgement: counted apart, left alone for a while, tried again; and counting anew.

use crate::{
    endpoint::{Ai, MANY_AT_ONCE, second, settled, timeline},
    hands::OwnClock,
    harness::{Client, Server, id},
    sample_bundle::{bank_of_acts, bank_with},
};
use remit_app::environment::block_on::block_on;
use remit_app::governance::{model_cache::ModelCache, services::Services};
use remit_store::Journal as _;
use serde_json::{Value, json};
use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpListener,
    sync::atomic::{AtomicBool, Ordering},
    sync::{Arc, Mutex},
};

const QUESTION: &str = "When will my card arrive?";

fn outcome(client: &Client, responder: &str) -> Value {
    let all = client.get("/v1/outcomes").body;
    let of = |item: &&Value| item["responder"] == responder;
    all.as_array().unwrap().iter().find(of).cloned().unwrap_or(Value::Null)
}

#[test]
fn an_outage_neither_prices_an_ai_out_nor_stops_it_and_ends_by_itself() {
    let broken = Arc::new(AtomicBool::new(true));
    let is_broken = Arc::clone(&broken);
    let ai = Ai::start(move |_| {
        let rubbish = json!({ "say": "nothing that is known" });
        if is_broken.load(Ordering::Relaxed) { rubbish } else { json!({ "say": "answer", "text": "In four days." }) }
    });
    ai.set_open(true);
    let clock = OwnClock::new();
    let server = Server::start_on_clock(Box::new(clock.clone()), ai.services(MANY_AT_ONCE));
    let client = server.client(&["admin"]);
    let first = client.open("c0", QUESTION)["holder"]["name"].as_str().unwrap().to_owned();
    settled(&server, &client);
    let case = id(&client.open("c1", QUESTION));
    settled(&server, &client);
    let why = timeline(&client, &case);
    assert!(why.iter().any(|item| item["event"]["decision"]["trigger"]["reason"] == "no_answer"), "{why:?}");
    client.open("c2", QUESTION);
    settled(&server, &client);
    let left_alone = client.get("/v1/responders/unreachable").body;
    assert!(left_alone.as_array().unwrap().iter().any(|item| item["responder"] == first.as_str()), "{left_alone}");
    // Counted apart: nothing tells against it, and no breaker that judges answers has tripped.
    let counted = outcome(&client, &first);
    assert_eq!([&counted["resolved"], &counted["failed"], &counted["wrong"]], [0, 0, 0], "{counted}");
    assert_eq!(counted["resolves_bp"], counted["prior_bp"], "{counted}");
    assert_eq!(counted["counts"]["no_answer"], 3, "{counted}");
    assert_eq!(client.get("/v1/responders/stopped").body, json!([]));
    // A new case goes past it, by the rule that says so, and it is not asked.
    let asked = ai.turns().len();
    let case = client.open("c3", QUESTION);
    assert_ne!(case["holder"]["name"], first.as_str());
    let told = client.get(&format!("/v1/decisions/{}", case["decision"].as_str().unwrap())).body;
    assert!(told.to_string().contains("remit.unreachable"), "{told}");
    let again = client.post(&format!("/v1/decisions/{}/replay", case["decision"].as_str().unwrap()), &json!({}));
    assert_eq!(again.body["same"], true, "{}", again.body);
    settled(&server, &client);
    assert!(ai.turns().iter().skip(asked).all(|turn| turn["case"] != case["id"] || turn["tried"] != json!([])));
    // It is tried again by itself, and what it says then closes the breaker.
    broken.store(false, Ordering::Relaxed);
    clock.forward_ms(31_000);
    let case = client.open("c4", QUESTION);
    assert_eq!(case["holder"]["name"], first.as_str());
    settled(&server, &client);
    let messages = client.get(&format!("/v1/cases/{}/messages", id(&case))).body;
    assert!(messages.to_string().contains("In four days."), "{messages}");
    let left_alone = client.get("/v1/responders/unreachable").body;
    assert!(left_alone.as_array().unwrap().iter().all(|item| item["responder"] != first.as_str()), "{left_alone}");
}

#[test]
fn what_was_counted_is_set_back_with_a_reason_on_record() {
    let ai = Ai::start(|_| json!({ "say": "yield", "reason": "tool_failed" }));
    ai.set_open(true);
    let server = Server::start_with(bank_with(|toml| toml), ai.services(MANY_AT_ONCE));
    let client = server.client(&["admin"]);
    let first = client.open("c0", QUESTION)["holder"]["name"].as_str().unwrap().to_owned();
    settled(&server, &client);
    client.open("c1", QUESTION);
    settled(&server, &client);
    let before = outcome(&client, &first);
    assert_eq!((&before["failed"], &before["wrong"]), (&json!(2), &json!(2)), "{before}");
    let path = format!("/v1/responders/{first}/outcomes/reset");
    let wish = |intent: &Value| json!({ "intent": intent, "reason": "its tool was broken, and is mended" });
    assert_eq!(client.post(&path, &json!({ "intent": before["intent"], "reason": " " })).status, 422);
    assert_eq!(client.post(&path, &wish(&json!("no such intent"))).status, 404);
    assert_eq!(server.client(&["auditor"]).post(&path, &wish(&before["intent"])).status, 403);
    assert_eq!(client.post(&path, &wish(&before["intent"])).status, 204);
    let check = |client: &Client| {
        let now = outcome(client, &first);
        assert_eq!([&now["resolved"], &now["failed"], &now["wrong"]], [0, 0, 0], "{now}");
        assert_eq!((&now["resolves_bp"], &now["counts"]["reset"]), (&now["prior_bp"], &json!(1)), "{now}");
    };
    check(&client);
    assert_eq!(client.post(&path, &wish(&before["intent"])).status, 404, "there is nothing left");
    let rows = block_on(server.app.journal.store().feed(0, 100_000)).unwrap();
    let row = rows.iter().find(|row| row.kind == "outcomes_reset").unwrap();
    let event: Value = serde_json::from_slice(&row.body).unwrap();
    assert_eq!((&event["failed"], &event["reason"]), (&json!(2), &json!("its tool was broken, and is mended")));
    // The harness verifies the whole directory when it stops: what is counted is what the records say.
    let data = server.stop();
    let server = Server::start_on(data, bank_with(|toml| toml), Services::none());
    check(&server.client(&["admin"]));
}

#[test]
fn asking_for_what_policy_permits_is_no_failure() {
    let ai = Ai::start(|turn| {
        let new_card = turn["messages"][0]["text"].as_str().unwrap().contains("new card");
        let action = if new_card { "book_a_visit" } else { "write_off" };
        json!({ "say": "act", "action": action, "arguments": {} })
    });
    ai.set_open(true);
    let server = Server::start_with(bank_of_acts(), ai.services(MANY_AT_ONCE));
    let client = server.client(&["admin"]);
    let first = client.open("c0", "When will my new card arrive?")["holder"]["name"].as_str().unwrap().to_owned();
    settled(&server, &client);
    let counted = outcome(&client, &first);
    assert_eq!((&counted["failed"], &counted["counts"]["asked"]), (&json!(0), &json!(1)), "{counted}");
    // What policy does not permit is one, as before.
    client.open("c1", QUESTION);
    settled(&server, &client);
    let all = client.get("/v1/outcomes").body;
    let yielded = |item: &&Value| item["counts"]["yielded"].as_i64().is_some();
    let counted: Vec<&Value> = all.as_array().unwrap().iter().filter(yielded).collect();
    assert!(!counted.is_empty() && counted.iter().all(|item| item["failed"].as_i64().unwrap() > 0), "{all}");
}

/// An OpenAI-compatible endpoint that says the same to everybody; what it was sent is kept.
fn model(text: &'static str) -> (String, Arc<Mutex<Vec<Value>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/v1", listener.local_addr().unwrap());
    let seen: Arc<Mutex<Vec<Value>>> = Arc::default();
    let kept = Arc::clone(&seen);
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let mut lines = reader.by_ref().lines().map_while(Result::ok);
            let length = lines.by_ref().take_while(|line| !line.is_empty()).fold(0, |length, line| {
                line.to_ascii_lowercase().strip_prefix("content-length: ").map_or(length, |n| n.parse().unwrap())
            });
            let mut body = vec![0; length];
            reader.read_exact(&mut body).unwrap();
            kept.lock().unwrap().push(serde_json::from_slice(&body).unwrap());
            let choice =
                json!({ "index": 0, "message": { "role": "assistant", "content": text }, "finish_reason": "stop" });
            let body = json!({ "choices": [choice] }).to_string();
            let head = format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", body.len());
            stream.write_all(format!("{head}{body}").as_bytes()).unwrap();
        }
    });
    (url, seen)
}

fn with_model(url: &str, keys: &str) -> Server {
    let toml = format!("kind = \"openai\"\nurl = \"{url}\"\nmodel = \"small\"\n{keys}");
    let bundle = bank_with(|manifest| manifest.replace("kind = \"knowledge\"\n", &format!("{toml}\n")));
    let services = Services::of(&bundle, &ModelCache::of(None), &|_| None, second).unwrap();
    Server::start_with(bundle, services)
}

#[test]
fn a_customer_sees_the_answer_of_a_model_and_nothing_else() {
    let (url, seen) = model("The customer asks for the PIN.\n</think>\n\nAt any cash machine [Your PIN].<|im_end|>");
    let server = with_model(&url, "max_tokens = 300\ntemperature = 0.2");
    let client = server.client(&["admin"]);
    let case = id(&client.open("ann", "How do I change my PIN?"));
    settled(&server, &client);
    let messages = client.get(&format!("/v1/cases/{case}/messages")).body;
    assert_eq!(messages["items"][2]["text"], "At any cash machine [Your PIN].", "{messages}");
    assert!(!messages.to_string().contains("think"), "{messages}");
    let sent = seen.lock().unwrap()[0].clone();
    assert_eq!((&sent["max_tokens"], sent["tools"].as_array().map(Vec::len)), (&json!(300), Some(2)), "{sent}");
    let system = sent["messages"][0]["content"].as_str().unwrap();
    assert!(system.contains("\n\nArticles:\n[{") && system.contains("cash machine"), "{system}");
}

#[test]
fn a_call_written_as_text_gives_the_case_away_with_its_reason() {
    let (url, seen) = model("<tool_call>{\"name\":\"yield\",\"arguments\":{\"reason\":\"wants_human\"}}</tool_call>");
    let server = with_model(&url, "tools = false\nsystem_role = false\narticles = 0\nconversation_bytes = 2000");
    let client = server.client(&["admin"]);
    let case = id(&client.open("ann", "How do I change my PIN?"));
    settled(&server, &client);
    let events = timeline(&client, &case);
    assert!(events.iter().any(|item| item["event"]["decision"]["trigger"]["reason"] == "wants_human"), "{events:?}");
    let now = client.get(&format!("/v1/cases/{case}")).body;
    assert_eq!(now["human_requested"], true, "{now}");
    assert!(!now["holder"]["name"].as_str().unwrap().ends_with("-ai"), "{now}");
    let sent = seen.lock().unwrap()[0].clone();
    assert_eq!((sent.get("tools"), &sent["messages"][0]["role"]), (None, &json!("user")), "{sent}");
}
