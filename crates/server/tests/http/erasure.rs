//! A customer's words are erased: at once for whoever reads them, told as pending while something of them is left on
//! the disk, without anybody else having to wait, and whatever is written at the same moment.

use crate::harness::{Client, Server, epoch, id, verified};
use remit_app::environment::block_on::block_on;
use remit_ledger::checkpoint::Verifier;
use remit_store::sqlite::DATABASE;
use rusqlite::Connection;
use serde_json::{Value, json};
use std::{
    path::Path,
    sync::atomic::{AtomicUsize, Ordering},
};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n and more";

fn erase(client: &Client, customer: &str) -> Value {
    let got = client.post("/v1/customers/erase", &json!({ "customer": customer }));
    assert_eq!(got.status, 200, "{}", got.body);
    got.body
}

/// The sealed key of the customer of a case, as it is stored.
fn key_of(data: &Path, case: &Value) -> Vec<u8> {
    let sql = "SELECT wrapped FROM customer_keys JOIN customers ON num = key WHERE id = ?1 AND opened_ms = -1";
    let database = Connection::open(data.join(DATABASE)).unwrap();
    database.query_row(sql, [case["customer"].as_str().unwrap()], |row| row.get(0)).unwrap()
}

/// Whether these bytes are in any file of the database.
fn is_on_disk(data: &Path, bytes: &[u8]) -> bool {
    ["", "-wal", "-shm"].iter().any(|end| {
        let file = std::fs::read(data.join(format!("{DATABASE}{end}"))).unwrap_or_default();
        file.windows(bytes.len()).any(|window| window == bytes)
    })
}

/// Reads the database until it is dropped, as a backup does.
fn reader(data: &Path) -> Connection {
    let reader = Connection::open(data.join(DATABASE)).unwrap();
    reader.execute_batch("BEGIN").unwrap();
    let _: i64 = reader.query_row("SELECT COUNT(*) FROM events", [], |row| row.get(0)).unwrap();
    reader
}

fn done(client: &Client, case: &Value) {
    while client.get(&format!("/v1/cases/{}", id(case))).body["erased"]["log"] != "done" {}
}

#[test]
fn while_the_database_is_read_others_go_on_and_what_is_left_is_told() {
    let server = Server::start();
    let admin = server.client(&["admin"]);
    let cases: Vec<Value> = (0..100).map(|_| admin.open("torvald", "my card has not arrived")).collect();
    let other = admin.open("bob", "my card has not arrived");
    let data = server.data.path().to_owned();
    let (key, kept) = (key_of(&data, &cases[0]), key_of(&data, &other));
    assert!(is_on_disk(&data, &key));
    let reading = reader(&data);
    let erased = erase(&admin, "torvald");
    assert_eq!((&erased["cases"], &erased["log"]), (&json!(100), &json!("pending")), "{erased}");
    assert!(is_on_disk(&data, &key), "what is told as pending is");
    // Nobody has to wait for who reads.
    assert_eq!(admin.get("/healthz").status, 200);
    let late = admin.open("cleo", "why was I charged twice");
    assert_eq!(admin.post(&format!("/v1/cases/{}/messages", id(&late)), &json!({ "text": "twice!" })).status, 201);
    for case in &cases {
        let messages = admin.get(&format!("/v1/cases/{}/messages", id(case)));
        assert_eq!((messages.status, &messages.body["items"][0]["text"]), (200, &Value::Null), "{}", messages.body);
    }
    let case = admin.get(&format!("/v1/cases/{}", id(&cases[0]))).body;
    assert_eq!(case["erased"]["log"], "pending", "{case}");
    assert_eq!(erase(&admin, "torvald")["log"], "pending", "asked again it says how far it is");

    drop(reading);
    done(&admin, &cases[0]);
    assert!(!is_on_disk(&data, &key), "what is told as done is");
    assert!(is_on_disk(&data, &kept), "others keep their keys");
    for case in &cases {
        let now = admin.get(&format!("/v1/cases/{}", id(case))).body;
        assert_eq!((&now["status"], &now["ending"]), (&json!("resolved"), &json!("erased")), "{now}");
    }
    let kinds: Vec<String> = block_on(remit_store::Journal::feed(server.app.journal.store(), 0, 10_000))
        .unwrap()
        .into_iter()
        .map(|row| row.kind)
        .collect();
    let count = |kind: &str| kinds.iter().filter(|other| *other == kind).count();
    assert_eq!((count("customer_erased"), count("words_erased"), count("erasure_completed")), (1, 100, 1));
    let again = admin.post("/v1/customers/erase", &json!({ "customer": "torvald" }));
    assert_eq!(again.status, 404, "{}", again.body);
}

#[test]
fn what_was_left_when_the_process_ended_is_done_after_the_next_start() {
    let server = Server::start();
    let admin = server.client(&["admin"]);
    let case = admin.open("torvald", "my card has not arrived");
    let key = key_of(server.data.path(), &case);
    let reading = reader(server.data.path());
    assert_eq!(erase(&admin, "torvald")["log"], "pending");
    let data = server.stop();
    assert!(is_on_disk(data.path(), &key));
    drop(reading);
    let server = Server::start_on(
        data,
        crate::sample_bundle::bank_with(|toml| toml),
        remit_app::governance::services::Services::none(),
    );
    let admin = server.client(&["admin"]);
    done(&admin, &case);
    assert!(!is_on_disk(server.data.path(), &key));
}

#[test]
fn what_was_open_ends_and_nothing_is_written_under_another_key() {
    let server = Server::start();
    let client = server.client(&["admin"]);
    let case = client.open("ann", "I want to speak to a human about my card");
    let at = format!("/v1/cases/{}", id(&case));
    let raise = json!({ "owner": "head-of-support", "due_at": "2030-01-01T00:00:00Z", "reason": "lost twice" });
    assert_eq!(client.post(&format!("{at}/exceptions"), &raise).status, 201);
    let exception = client.get("/v1/exceptions?state=open").body["items"][0]["id"].as_str().unwrap().to_owned();
    let kept = json!({ "text": "hello" });
    assert_eq!(client.post_once(&format!("{at}/messages"), "again", &kept).status, 201);
    assert_eq!(erase(&client, "ann")["log"], "done");
    let now = client.get(&at).body;
    assert_eq!(
        (&now["status"], &now["ending"], &now["erased"]["log"]),
        (&json!("resolved"), &json!("erased"), &json!("done"))
    );
    assert_eq!(client.get("/v1/exceptions?state=open").body["items"], json!([]));
    let ended = client.post(&format!("/v1/exceptions/{exception}/resolve"), &json!({ "reason": "found" }));
    assert_eq!(ended.status, 410, "{}", ended.body);
    // Of what was repeatable nothing is left: no answer, and nothing to confirm a guess by.
    let database = Connection::open(server.data.path().join(DATABASE)).unwrap();
    let left: i64 = database.query_row("SELECT COUNT(*) FROM idempotency", [], |row| row.get(0)).unwrap();
    assert_eq!(left, 0);
    // The customer comes again: new words, under a new key, on a new case alone.
    let new = client.open("ann", "me again");
    for (path, body) in [
        ("messages", json!({ "text": "words" })),
        ("messages", json!({ "text": "words", "epoch": epoch(&case) })),
        ("exceptions", raise),
        ("reopen", json!({ "reason": "words" })),
        ("overrides", json!({ "to": "general", "reason": "words" })),
        ("resolve", json!({ "epoch": epoch(&case), "note": "words" })),
        ("handoffs", json!({ "epoch": epoch(&case), "reason": "unsure", "note": "words" })),
        ("feedback", json!({ "solved": false, "satisfaction": 1 })),
        ("signals", json!({ "signals": [{ "name": "customer_tier", "value": "plus" }] })),
    ] {
        let got = client.post(&format!("{at}/{path}"), &body);
        if path == "feedback" {
            assert_eq!((got.status, &got.body["case"]["status"]), (200, &json!("resolved")), "{}", got.body);
        } else {
            assert_eq!((got.status, &got.body["type"]), (410, &json!("/problems/erased")), "{path}: {}", got.body);
        }
    }
    let file = client.send(&format!("{at}/attachments"), &[("content-type", "image/png")], PNG);
    assert_eq!(file.status, 410, "{}", file.body);
    let messages = client.get(&format!("/v1/cases/{}/messages", id(&new))).body;
    assert_eq!(messages["items"][0]["text"], "me again", "{messages}");
}

#[test]
fn a_kept_request_confirms_nobodys_guess() {
    use sha2::{Digest as _, Sha256};
    let server = Server::start();
    let client = server.client(&["admin"]);
    let body = json!({ "customer": "ann", "text": "my card", "channel": "chat" });
    let first = client.post_once("/v1/cases", "k", &body);
    assert_eq!(first.status, 201);
    assert_eq!(client.post_once("/v1/cases", "k", &body).body, first.body);
    let database = Connection::open(server.data.path().join(DATABASE)).unwrap();
    let kept: Vec<u8> = database.query_row("SELECT request_hash FROM idempotency", [], |row| row.get(0)).unwrap();
    let guess = Sha256::digest(format!("POST /v1/cases\n{body}"));
    assert_ne!(kept, guess.to_vec());
}

/// One who writes, until they have finished or failed.
struct Writing<'c>(&'c AtomicUsize);

impl Drop for Writing<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Customers write, add files and are erased, all at once. Whatever was acknowledged can be read or was erased.
#[test]
fn whatever_is_written_while_its_customer_is_erased_is_refused_or_can_be_read() {
    const CUSTOMERS: [&str; 3] = ["ann", "bob", "cleo"];
    const WRITERS: usize = 6;
    const ROUNDS: usize = 40;
    let server = Server::start();
    let client = server.client(&["admin"]);
    let (writing, erased) = (AtomicUsize::new(WRITERS), AtomicUsize::new(0));
    let cases = std::thread::scope(|scope| {
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| {
                let (client, writing) = (client.clone(), &writing);
                scope.spawn(move || {
                    let _writing = Writing(writing);
                    let mut cases = Vec::new();
                    for round in 0..ROUNDS {
                        let case = client.open(CUSTOMERS[(writer + round) % 3], "my card has not arrived");
                        let at = format!("/v1/cases/{}", id(&case));
                        for got in [
                            client.post(&format!("{at}/messages"), &json!({ "text": "hello?" })),
                            client.send(&format!("{at}/attachments"), &[("content-type", "image/png")], PNG),
                        ] {
                            assert!(matches!(got.status, 201 | 410), "{}", got.body);
                        }
                        cases.push(at);
                    }
                    cases
                })
            })
            .collect();
        for customer in CUSTOMERS {
            let (client, writing, erased) = (client.clone(), &writing, &erased);
            scope.spawn(move || {
                while writing.load(Ordering::SeqCst) > 0 {
                    let got = client.post("/v1/customers/erase", &json!({ "customer": customer }));
                    assert!(matches!(got.status, 200 | 404), "{}", got.body);
                    erased.fetch_add(usize::from(got.status == 200), Ordering::SeqCst);
                }
            });
        }
        writers.into_iter().flat_map(|writer| writer.join().unwrap()).collect::<Vec<_>>()
    });
    assert!(erased.load(Ordering::SeqCst) > CUSTOMERS.len(), "customers were erased while they wrote");
    let mut kept = 0;
    for at in &cases {
        let case = client.get(at).body;
        let messages = client.get(&format!("{at}/messages"));
        assert_eq!(messages.status, 200, "{}", messages.body);
        for message in messages.body["items"].as_array().unwrap() {
            let gone = !case["erased"].is_null() && message["author"] != "remit";
            assert_eq!(message["text"].is_null(), gone, "{message} of {case}");
            for file in message["attachments"].as_array().into_iter().flatten() {
                let got = client.get(&format!("{at}/attachments/{}", file["id"].as_str().unwrap()));
                assert_eq!(got.status, if gone { 410 } else { 200 });
            }
        }
        kept += usize::from(case["erased"].is_null());
    }
    assert!(kept < cases.len());
    let metrics = client.get("/metrics").body;
    assert!(metrics.as_str().unwrap().contains("remit_words_unreadable_total 0"), "{metrics}");
    let key = Verifier::parse(client.get("/ledger/key").body.as_str().unwrap().trim()).unwrap();
    let data = server.stop();
    assert_eq!(verified(data.path(), &key).problems, []);
}

/// Takes away what a case's words need, by SQL that has the case in the place of `?1`.
fn without(data: &Path, sql: &str, case: &str) {
    let changed = Connection::open(data.join(DATABASE)).unwrap().execute(sql, [case]).unwrap();
    assert!(changed > 0, "{sql}");
}

#[test]
fn an_erasure_excuses_nothing_of_who_came_back() {
    const KEY: &str = "DELETE FROM customer_keys WHERE num = (SELECT key FROM customers WHERE stream = ?1)";
    const KEY_OVERWRITTEN: &str = "UPDATE customer_keys SET wrapped = zeroblob(length(wrapped)) \
                                   WHERE num = (SELECT key FROM customers WHERE stream = ?1)";
    const WHICH_KEY: &str = "UPDATE customers SET key = NULL WHERE stream = ?1";
    const WORDS: &str = "DELETE FROM words WHERE stream = ?1";
    const KEY_AND_WORDS: [&str; 2] = [KEY, WORDS];
    let server = Server::start();
    let admin = server.client(&["admin", "integration", "staff", "auditor"]);
    let first = admin.open("back", "my card has not arrived");
    erase(&admin, "back");
    done(&admin, &first);
    let again = id(&admin.open("back", "and still it has not"));
    let verifier = Verifier::parse(admin.get("/ledger/key").body.as_str().unwrap().trim()).unwrap();
    let data = server.stop();
    assert_eq!(verified(data.path(), &verifier).problems, []);
    Connection::open(data.path().join(DATABASE))
        .unwrap()
        .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
        .unwrap();
    let whole = std::fs::read(data.path().join(DATABASE)).unwrap();
    let ways: [(&[&str], &str); 5] = [
        (&[KEY], "is destroyed"),
        (&[KEY_OVERWRITTEN], "is destroyed"),
        (&[WHICH_KEY], "the customer's key is not there"),
        (&[WORDS], "it is not there, and no erasure is on record"),
        (&KEY_AND_WORDS, "it is not there, and no erasure is on record"),
    ];
    for (ways, told) in ways {
        for end in ["-wal", "-shm"] {
            let _ = std::fs::remove_file(data.path().join(format!("{DATABASE}{end}")));
        }
        std::fs::write(data.path().join(DATABASE), &whole).unwrap();
        ways.iter().for_each(|sql| without(data.path(), sql, &again));
        let problems: Vec<String> = verified(data.path(), &verifier).problems.iter().map(ToString::to_string).collect();
        assert!(problems.iter().any(|found| found.contains(told)), "{ways:?}: {problems:?}");
    }

    // Nobody is told that it was erased: it cannot be read, and somebody has to see to it.
    let mut server = Server::resume(data, Box::new(crate::hands::Morning));
    server.is_tampered_with();
    let admin = server.client(&["admin", "integration", "staff", "auditor"]);
    assert!(admin.get(&format!("/v1/cases/{again}")).body["erased"].is_null());
    assert!(admin.get(&format!("/v1/cases/{again}/messages")).body["items"][0]["text"].is_null());
    let wrote = admin.post(&format!("/v1/cases/{again}/messages"), &json!({ "text": "Hello?" }));
    assert_eq!(
        (wrote.status, wrote.body["type"].as_str().unwrap().ends_with("internal")),
        (500, true),
        "{}",
        wrote.body
    );
    let metrics = admin.get("/metrics").body;
    assert!(!metrics.as_str().unwrap().contains("remit_words_unreadable_total 0"), "{metrics}");
    let of_before = admin.post(&format!("/v1/cases/{}/messages", id(&first)), &json!({ "text": "Hello?" }));
    assert_eq!(of_before.status, 410, "{}", of_before.body);
}
