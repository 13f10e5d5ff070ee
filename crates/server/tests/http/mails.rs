//! Mails as they arrive: only what was written now is read, and what a machine sent is kept and followed by nothing.

use crate::{
    endpoint::{Ai, MANY_AT_ONCE, settled, timeline},
    hands::TwoClocks,
    harness::{Client, Server, epoch, id},
    sample_bundle::bank_with,
};
use remit_app::governance::services::Services;
use serde_json::{Value, json};

const QUESTION: &str = "When will my new card arrive?";
const FOOTER: &str = "If you suspect fraud, call us at once. We never ask for your PIN. If you would like to speak to \
                      a person, reply HUMAN.";
const AWAY: &str = "I am out of the office until 16 March with limited access to email. In urgent cases please contact \
                    Jane Miller.";
const TEN: i64 = 1_773_136_800_000;

fn quoting(text: &str) -> String {
    format!(
        "{text}\n\nOn Fri, Mar 6, 2026 at 9:12 AM Example Bank <service@bank.example> wrote:\n> Dear customer,\n\
         > {FOOTER}\n"
    )
}

fn mail(client: &Client, customer: &str, text: &str) -> Value {
    let got = client.post("/v1/cases", &json!({ "customer": customer, "text": text, "channel": "email" }));
    assert_eq!(got.status, 201, "{}", got.body);
    got.body["case"].clone()
}

fn reply(client: &Client, case: &Value, text: &str) -> Value {
    let got = client.post(&format!("/v1/cases/{}/messages", id(case)), &json!({ "text": text }));
    assert_eq!(got.status, 201, "{}", got.body);
    got.body
}

fn now(client: &Client, case: &Value) -> Value {
    client.get(&format!("/v1/cases/{}", id(case))).body
}

fn messages(client: &Client, case: &Value) -> Vec<Value> {
    client.get(&format!("/v1/cases/{}/messages", id(case))).body["items"].as_array().unwrap().clone()
}

/// The readings of a case's newest measurement, by name.
fn readings(client: &Client, case: &Value) -> Vec<(String, Value)> {
    let events = timeline(client, &id(case));
    let measured = events.iter().rev().find(|item| item["event"]["type"] == "signals_measured").unwrap();
    let table = &measured["event"]["readings"];
    let column = |name: &str| {
        let columns = table["columns"].as_array().unwrap();
        columns.iter().position(|column| column == name).unwrap_or_else(|| panic!("{columns:?}"))
    };
    let (name, value) = (column("signal"), column("value"));
    let rows = table["rows"].as_array().unwrap().iter();
    rows.map(|row| (row[name].as_str().unwrap().to_owned(), row[value].clone())).collect()
}

fn reading(client: &Client, case: &Value, name: &str) -> Value {
    let readings = readings(client, case);
    let found = readings.iter().find(|(known, _)| known == name);
    found.unwrap_or_else(|| panic!("no {name} in {readings:?}")).1.clone()
}

#[test]
fn what_a_mail_quotes_is_kept_and_not_read() {
    let server = Server::start();
    let client = server.client(&["admin"]);
    let plain = mail(&client, "ann", QUESTION);
    assert!(plain["holder"]["name"].as_str().unwrap().ends_with("-ai"), "{plain}");
    for (customer, text) in [
        ("bea", quoting(QUESTION)),
        (
            "cem",
            format!(
                "{QUESTION}\n\n-----Original Message-----\nFrom: Bank\nSent: Friday\nTo: me\nSubject: x\n\n{FOOTER}"
            ),
        ),
        (
            "dan",
            format!(
                "<style>p.MsoNormal {{margin:0cm; font-family:\"Calibri\",sans-serif;}}</style>\n\
                 <p class=\"MsoNormal\">{QUESTION}</p>"
            ),
        ),
        (
            "eva",
            format!(
                "<div dir=\"ltr\">{QUESTION}</div><div class=\"gmail_quote\"><blockquote \
                 class=\"gmail_quote\">{FOOTER}</blockquote></div>"
            ),
        ),
        ("fay", format!("{QUESTION}\n-- \nFay\nFraud Prevention, speak to a human agent\n")),
    ] {
        let case = mail(&client, customer, &text);
        assert_eq!(case["holder"]["name"], plain["holder"]["name"], "{text}");
        assert_eq!((&case["human_requested"], case.get("situations")), (&json!(false), None), "{text}");
        for name in [
            "intent",
            "intent_confidence_bp",
            "out_of_scope_bp",
            "situation",
            "wants_human",
            "frustration_bp",
            "complexity_bp",
        ] {
            assert_eq!(reading(&client, &case, name), reading(&client, &plain, name), "{name} of {text}");
        }
        // All of it is there, and what was read of it is told.
        let said = &messages(&client, &case)[0];
        assert_eq!((&said["text"], &said["read"]["text"]), (&json!(text), &json!(QUESTION)));
    }
    assert_eq!(messages(&client, &plain)[0].get("read"), None);
    let quoted = mail(&client, "gil", &quoting(QUESTION));
    assert_eq!(messages(&client, &quoted)[0]["read"]["left_out"], json!(["quote"]));
    // What the customer writes themselves counts, above a quote as elsewhere.
    let fraud = mail(&client, "hal", &quoting("Somebody is taking money from my account right now!"));
    assert_eq!(fraud["situations"][0]["situation"], "fraud_in_progress", "{fraud}");
}

#[test]
fn disguised_letters_change_nothing() {
    let server = Server::start();
    let client = server.client(&["admin"]);
    for (customer, text) in [
        ("ann", "I want to talk to a human"),
        ("bea", "I want to t\u{200b}alk to a hum\u{ad}an"),
        ("cem", "Ｉ ｗａｎｔ ｔｏ ｔａｌｋ ｔｏ ａ ｈｕｍａｎ"),
        ("dan", "I want tо tаlk tо а humаn"),
    ] {
        assert_eq!(mail(&client, customer, text)["human_requested"], true, "{text}");
    }
}

#[test]
fn a_danger_in_an_automatic_reply_opens_nothing_and_is_told_to_people() {
    let server = Server::start();
    let client = server.client(&["admin"]);
    let grave = format!("{AWAY} I want to kill myself.");
    let open = |customer: &str, text: &str, how: &str| {
        let body = json!({ "customer": customer, "text": text, "channel": "email", "auto_submitted": how });
        let got = client.post("/v1/cases", &body);
        assert_eq!((got.status, &got.body["opened"]), (200, &json!(false)), "{}", got.body);
        got.body
    };
    let told = open("ann", &grave, "auto-replied");
    assert_eq!(told["situation"], "self_harm", "{told}");
    assert!(told["detail"].as_str().unwrap().contains("show it to a person"), "{told}");
    assert_eq!(open("ann", AWAY, "auto-replied").get("situation"), None);
    // What a machine made up by itself speaks of nobody's danger.
    assert_eq!(open("ann", &grave, "auto-generated").get("situation"), None);
    // On a case it stands, and people get the case; nobody waits for an answer to it.
    let case = mail(&client, "bea", QUESTION);
    let told = client.post(
        &format!("/v1/cases/{}/messages", id(&case)),
        &json!({ "text": grave, "auto_submitted": "auto-replied" }),
    );
    assert_eq!(told.status, 201, "{}", told.body);
    let case = now(&client, &case);
    assert_eq!(case["situations"][0]["situation"], "self_harm", "{case}");
    assert!(!case["holder"]["name"].as_str().unwrap().ends_with("-ai"), "{case}");
    let said = messages(&client, &case);
    let of_machine = said.iter().filter(|message| message["auto_submitted"] == "auto-replied");
    assert_eq!(of_machine.map(|message| &message["text"]).collect::<Vec<_>>(), [&json!(grave)], "{said:#?}");
}

#[test]
fn what_is_passed_on_without_a_word_goes_where_it_belongs_and_nobody_is_sure_of_it() {
    let server = Server::start();
    let client = server.client(&["admin"]);
    let forward = format!(
        "---------- Forwarded message ---------\nFrom: A <a@b.example>\nDate: Fri, Mar 6, 2026\nSubject: card\n\
         To: me\n\n{QUESTION} I want to talk to a human."
    );
    let case = mail(&client, "ann", &forward);
    assert_eq!(
        reading(&client, &case, "intent"),
        reading(&client, &mail(&client, "bea", &format!("{QUESTION} I want to talk to a human.")), "intent")
    );
    assert_eq!(reading(&client, &case, "intent_abstained"), json!(true));
    assert_eq!(case["human_requested"], false, "{case}");
    assert!(!case["holder"]["name"].as_str().unwrap().ends_with("-ai"), "{case}");
    assert_eq!(messages(&client, &case)[0]["read"], json!({ "text": "", "left_out": ["forward"] }));
}

#[test]
fn an_ai_is_asked_what_was_written_now() {
    let ai = Ai::start(|_| json!({ "say": "answer", "text": "In five days." }));
    ai.set_open(true);
    let server = Server::start_with(bank_with(|toml| toml), ai.services(MANY_AT_ONCE));
    let client = server.client(&["admin"]);
    let case = mail(&client, "ann", &quoting(QUESTION));
    settled(&server, &client);
    // A machine answers: it is kept, and the AI is not asked again.
    let away = reply(&client, &case, AWAY);
    assert_eq!(away.get("decision"), None, "{away}");
    settled(&server, &client);
    assert_eq!(ai.turns().len(), 1);
    assert_eq!(now(&client, &case).get("waiting_since"), None);
    // An answer without a word of its own changes nothing of what the case is about, and says so to who has it.
    let before = now(&client, &case)["holder"].clone();
    reply(&client, &case, &quoting(""));
    assert_eq!(now(&client, &case)["holder"], before);
    assert!(readings(&client, &case).iter().all(|(name, _)| name != "intent"));
    settled(&server, &client);
    let texts: Vec<Vec<String>> = ai.turns().iter().map(texts).collect();
    let nothing = "[a message without words of the customer's own]";
    assert_eq!(texts, [vec![QUESTION], vec![QUESTION, "In five days.", nothing]]);
}

fn texts(turn: &Value) -> Vec<String> {
    let said = turn["messages"].as_array().unwrap().iter();
    said.map(|message| message["text"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_machines_message_opens_no_case() {
    let server = Server::start();
    let client = server.client(&["admin"]);
    let post = |body: &Value| client.post("/v1/cases", body);
    let opened = |body: &Value| {
        let got = post(body);
        (got.status, got.body["opened"].clone(), got.body["known_by"].clone(), got.body["auto_submitted"].clone())
    };
    let of = |text: &str| json!({ "customer": "ann", "text": text, "channel": "email" });
    let told = |text: &str, field: &str| {
        let mut body = of(text);
        body["auto_submitted"] = json!(field);
        body
    };
    assert_eq!(opened(&of(AWAY)), (200, json!(false), json!("text"), json!("auto-replied")));
    assert_eq!(
        opened(&told(QUESTION, "auto-generated; x=y")),
        (200, json!(false), json!("field"), json!("auto-generated"))
    );
    // The same request again is the same answer, and nothing is on record.
    let key = ("once", &of(AWAY));
    let [first, again] = [0, 1].map(|_| client.post_once("/v1/cases", key.0, key.1));
    assert_eq!((first.status, first.body), (again.status, again.body));
    assert_eq!(client.get("/v1/cases").body["items"], json!([]));
    let route = client.post("/v1/route", &of(AWAY));
    assert_eq!((route.status, &route.body["field"]), (422, &json!("text")), "{}", route.body);
    // Whoever knows that a person wrote it says so.
    assert_eq!(post(&told(AWAY, "no")).status, 201);
    assert_eq!(post(&told(QUESTION, "by hand")).status, 422);
    let metrics = client.get("/metrics").body.to_string();
    assert!(
        metrics.contains("remit_automatic_messages_total{known_by=\\\"text\\\",became=\\\"not_opened\\\"} 3"),
        "{metrics}"
    );
}

#[test]
fn a_machines_message_on_a_case_is_kept_and_nothing_follows() {
    let server = Server::start();
    let client = server.client(&["admin"]);
    let case = mail(&client, "ann", "I want to talk to a human");
    let before = now(&client, &case);
    let path = format!("/v1/cases/{}/messages", id(&case));
    let bounce = json!({ "text": "Your account was stolen, I want to kill you", "auto_submitted": "auto-generated" });
    let got = client.post(&path, &bounce);
    assert_eq!((got.status, got.body.get("decision")), (201, None), "{}", got.body);
    let after = now(&client, &case);
    for same in ["holder", "status", "human_requested", "situations", "waiting_since", "decision", "handoffs"] {
        assert_eq!(after.get(same), before.get(same), "{same}");
    }
    let last = messages(&client, &case).last().unwrap().clone();
    assert_eq!(
        (&last["auto_submitted"], &last["text"], last.get("read")),
        (&json!("auto-generated"), &bounce["text"], None)
    );
    let events = timeline(&client, &id(&case));
    let newest = &events.last().unwrap()["event"];
    assert_eq!(
        (&newest["type"], &newest["message"]["auto_submitted"]),
        (&json!("message_added"), &json!("auto-generated"))
    );
    // A lease is a responder's: what it writes is written by no machine of the customer's.
    let as_holder = json!({ "text": "x", "epoch": epoch(&after), "auto_submitted": "auto-replied" });
    assert_eq!(client.post(&path, &as_holder).status, 422);
    // It reopens nothing, and is kept all the same.
    let holder = after["holder"]["name"].as_str().unwrap();
    let desk = server.client_as(&["responder"], Some(holder), None);
    let resolved = desk.post(&format!("/v1/cases/{}/resolve", id(&case)), &json!({ "epoch": epoch(&after) }));
    assert_eq!(resolved.status, 200, "{}", resolved.body);
    assert_eq!(client.post(&path, &json!({ "text": QUESTION })).status, 409);
    let got = client.post(&path, &json!({ "text": AWAY }));
    assert_eq!((got.status, &got.body["case"]["status"]), (201, &json!("resolved")), "{}", got.body);
    assert_eq!(messages(&client, &case).last().unwrap()["auto_submitted"], "auto-replied");
}

#[test]
fn a_machines_message_breaks_no_silence() {
    let clocks = TwoClocks::at(TEN);
    let server = Server::start_on_clock(Box::new(clocks.clone()), Services::none());
    let client = server.client(&["lead", "admin"]);
    let case = mail(&client, "ann", QUESTION);
    let holder = case["holder"]["name"].as_str().unwrap().to_owned();
    let desk = server.client_as(&["responder"], Some(&holder), None);
    let answer = json!({ "text": "In five days.", "epoch": epoch(&case) });
    assert_eq!(desk.post(&format!("/v1/cases/{}/messages", id(&case)), &answer).status, 201);
    reply(&client, &case, AWAY);
    assert_eq!(now(&client, &case).get("waiting_since"), None);
    clocks.pass(49 * 3_600_000);
    let client = server.client(&["lead", "admin"]);
    client.open("somebody else", QUESTION);
    let ended = loop {
        let now = now(&client, &case);
        if now["status"] == "resolved" {
            break now;
        }
    };
    assert_eq!(ended["ending"], "silent", "{ended}");
}

#[test]
fn a_text_that_nobody_sees_is_empty_and_identifiers_are_trimmed() {
    let server = Server::start();
    let client = server.client(&["admin"]);
    for text in ["\u{200b}", "\u{feff}\u{feff}", " \u{200d}\n", "\u{2800}", "\u{3164}", "\u{7}\u{0}"] {
        for (field, body) in [
            ("text", json!({ "customer": "ann", "text": text, "channel": "email" })),
            ("customer", json!({ "customer": text, "text": "Hello", "channel": "email" })),
        ] {
            let got = client.post("/v1/cases", &body);
            assert_eq!((got.status, &got.body["field"]), (422, &json!(field)), "{text:?}: {}", got.body);
        }
    }
    let case = mail(&client, "4417", QUESTION);
    for customer in [" 4417", "4417\r\n", "\u{feff}4417\u{a0}", "\t4417\u{200b}"] {
        assert_eq!(mail(&client, customer, QUESTION)["customer"], case["customer"], "{customer:?}");
    }
    for other in ["44 17", "4418"] {
        assert_ne!(mail(&client, other, QUESTION)["customer"], case["customer"], "{other:?}");
    }
    let composed = mail(&client, "José", QUESTION);
    assert_eq!(mail(&client, "Jose\u{301} ", QUESTION)["customer"], composed["customer"]);
    assert_ne!(mail(&client, "JOSÉ", QUESTION)["customer"], composed["customer"]);
    let erased = client.post("/v1/customers/erase", &json!({ "customer": " 4417 " }));
    assert_eq!((erased.status, &erased.body["cases"]), (200, &json!(5)), "{}", erased.body);
}

#[test]
fn a_machine_s_mail_is_answered_the_same_under_its_key_and_another_request_under_it_is_refused() {
    let server = Server::start();
    let client = server.client(&["integration", "lead"]);
    let away = json!({ "customer": "ann", "text": AWAY, "channel": "email", "auto_submitted": "auto-replied" });
    let first = client.post_once("/v1/cases", "away", &away);
    assert_eq!((first.status, &first.body["opened"]), (200, &json!(false)), "{}", first.body);
    let again = client.post_once("/v1/cases", "away", &away);
    assert_eq!((again.status, &again.body), (200, &first.body));
    assert_eq!(again.headers["idempotency-replayed"], "true");
    let other = json!({ "customer": "ann", "text": QUESTION, "channel": "email" });
    let refused = client.post_once("/v1/cases", "away", &other);
    assert_eq!((refused.status, &refused.body["type"]), (409, &json!("/problems/idempotency_key_reused")));
    let opened = client.post_once("/v1/cases", "question", &other);
    assert_eq!(opened.status, 201, "{}", opened.body);
    let refused = client.post_once("/v1/cases", "question", &away);
    assert_eq!((refused.status, &refused.body["type"]), (409, &json!("/problems/idempotency_key_reused")));
    assert_eq!(client.get("/v1/cases").body["items"].as_array().unwrap().len(), 1);
}
