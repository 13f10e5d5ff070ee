//! Webhooks over real HTTP: what arrives, in which order, signed by whom, and what becomes of what is refused.

use crate::{
    hands::OwnClock,
    harness::{Client, Server, id},
    inbox::{BROKEN, GONE, Inbox, Message, NOTHING, OK, taken},
};
use remit_app::environment::block_on::block_on;
use remit_store::{Journal as _, RecordRow};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::atomic::{AtomicUsize, Ordering},
};

/// What a customer wrote, to be found again wherever it went.
const WORDS: &str = "MARKER my card has not arrived";
const WINDOW_MS: i64 = 3 * 24 * 3_600_000;

/// Subscribes from the beginning of the ledger, and gives the subscription with its secret.
fn subscribe(client: &Client, inbox: &Inbox) -> Value {
    let got = client.post("/v1/subscriptions", &json!({ "name": "crm", "url": inbox.url(), "after": 0 }));
    assert_eq!(got.status, 201, "{}", got.body);
    got.body
}

fn newest(client: &Client) -> u64 {
    client.get("/readyz").body["records"].as_u64().unwrap()
}

/// A subscription once `enough` says so.
fn stands(client: &Client, subscription: &Value, enough: impl Fn(&Value) -> bool) -> Value {
    loop {
        let got = client.get(&format!("/v1/subscriptions/{}", id(subscription)));
        assert_eq!(got.status, 200, "{}", got.body);
        if enough(&got.body) {
            return got.body;
        }
    }
}

fn act(client: &Client, subscription: &Value, what: &str) -> Value {
    let got = client.post(&format!("/v1/subscriptions/{}/{what}", id(subscription)), &json!({}));
    assert_eq!(got.status, 200, "{what}: {}", got.body);
    got.body
}

/// Panics unless each case's events arrived in their order.
fn in_order<'a>(messages: impl Iterator<Item = &'a Message>) {
    let mut last: BTreeMap<String, u64> = BTreeMap::new();
    for message in messages {
        let before = last.insert(message.stream(), message.seq());
        assert!(before.is_none_or(|before| before < message.seq()), "{before:?} before {}", message.seq());
    }
}

#[test]
fn every_event_arrives_once_in_the_order_of_its_case_and_signed() {
    let (server, inbox) = (Server::start(), Inbox::start());
    let client = server.client(&["admin"]);
    client.open("zoe", WORDS);
    let subscription = subscribe(&client, &inbox);
    let secret = subscription["secret"].as_str().unwrap().to_owned();
    std::thread::scope(|scope| {
        for writer in 0..4 {
            let client = client.clone();
            scope.spawn(move || {
                for n in 0..5 {
                    let case = client.open(&format!("c{writer}-{n}"), WORDS);
                    for _ in 0..3 {
                        let got = client.post(&format!("/v1/cases/{}/messages", id(&case)), &json!({ "text": WORDS }));
                        assert_eq!(got.status, 201, "{}", got.body);
                    }
                }
            });
        }
    });
    let all = newest(&client);
    let arrived = inbox.wait_for_all(all);
    let seqs: BTreeSet<u64> = arrived.iter().map(Message::seq).collect();
    assert_eq!((arrived.len() as u64, seqs), (all, (1..=all).collect()), "each once");
    in_order(arrived.iter());
    let feed: BTreeMap<u64, RecordRow> =
        block_on(server.app.journal.store().feed(0, 100_000)).unwrap().into_iter().map(|row| (row.seq, row)).collect();
    for message in &arrived {
        assert_eq!(message.signed_by(&secret), 1, "{message:?}");
        let (body, known) = (message.json(), &feed[&message.seq()]);
        crate::described::hold_as("WebhookMessage", &body);
        assert_eq!(body["type"], format!("remit.{}.v1", known.kind));
        assert_eq!(body["data"]["event"], serde_json::from_slice::<Value>(&known.body).unwrap());
        assert_eq!((&body["data"]["kind"], message.stream()), (&json!(known.kind), known.stream.clone()));
        // Whose stream is a case finds it by itself too.
        let case = known.stream.strip_prefix("case/").map_or(Value::Null, Value::from);
        assert_eq!(body["data"]["case"], case);
        assert_eq!(body["timestamp"], body["data"]["at"]);
        assert_eq!(message.name(), format!("{}_{}", id(&subscription), message.seq()));
        assert_eq!(message.headers["content-type"], "application/json");
        assert!(!String::from_utf8_lossy(&message.body).contains("MARKER"), "a customer's words left the house");
    }
    let now = stands(&client, &subscription, |now| now["lag"] == 0);
    assert_eq!((&now["state"], &now["cursor"], &now["dead_letters"]), (&json!("active"), &json!(all), &json!(0)));
    let metrics = client.get("/metrics").body;
    let line = format!("remit_webhooks_total{{subscription=\"{}\",outcome=\"delivered\"}} {all}", id(&subscription));
    assert!(metrics.as_str().unwrap().contains(&line), "{metrics}");
}

#[test]
fn only_the_kinds_that_were_asked_for_are_sent() {
    let (server, inbox) = (Server::start(), Inbox::start());
    let client = server.client(&["admin"]);
    let wish = json!({ "name": "crm", "url": inbox.url(), "kinds": ["case_opened", "message_added"] });
    assert_eq!(client.post("/v1/subscriptions", &wish).status, 201);
    for customer in ["ann", "bob"] {
        let case = client.open(customer, WORDS);
        client.post(&format!("/v1/cases/{}/messages", id(&case)), &json!({ "text": WORDS }));
    }
    let arrived = inbox.wait(|arrived| arrived.len() >= 4);
    in_order(arrived.iter());
    let mut kinds: Vec<Value> = arrived.iter().map(|message| message.json()["type"].clone()).collect();
    kinds.sort_by_key(Value::to_string);
    let (opened, added) = ("remit.case_opened.v1", "remit.message_added.v1");
    assert_eq!(kinds, [opened, opened, added, added]);
}

#[test]
fn a_receiver_that_fails_for_one_case_holds_up_only_that_case() {
    let (clock, inbox) = (OwnClock::new(), Inbox::start());
    let server = Server::start_at(tempfile::tempdir().unwrap(), &clock);
    let client = server.client(&["admin"]);
    let before = newest(&client);
    let bad = id(&client.open("ann", WORDS));
    let upto = newest(&client);
    let poison = bad.clone();
    inbox.answer(move |message| if message["data"]["case"] == *poison { BROKEN } else { OK });
    let subscription = subscribe(&client, &inbox);
    let others: Vec<String> = ["bob", "cem", "dan"].iter().map(|name| id(&client.open(name, WORDS))).collect();
    let all = newest(&client);
    // What is of no case, as that the bundle came into force, goes by itself.
    let wanted = usize::try_from(all - upto + before).unwrap();
    let arrived = inbox.wait(|arrived| taken(arrived).count() == wanted);
    assert!(taken(&arrived).all(|message| message.case() != bad));
    assert!(others.iter().all(|other| taken(&arrived).any(|message| message.case() == *other)));
    let refused: BTreeSet<u64> =
        arrived.iter().filter(|message| message.answered == BROKEN).map(Message::seq).collect();
    assert_eq!(refused, BTreeSet::from([before + 1]), "nothing of the case goes before its first event");
    let now = stands(&client, &subscription, |now| now["waiting_cases"] == 1);
    assert_eq!(now["last_failure"]["failure"], "the endpoint answered with status 500");
    assert_eq!((&now["cursor"], &now["lag"]), (&json!(before), &json!(all - before)));
    // Once the receiver takes it, all of the case follows, in order.
    inbox.answer(|_| OK);
    clock.forward_ms(60_000);
    in_order(taken(&inbox.wait_for_all(all)));
    let now = stands(&client, &subscription, |now| now["lag"] == 0);
    assert_eq!((&now["state"], &now["waiting_cases"]), (&json!("active"), &json!(0)));
}

#[test]
fn a_restart_in_the_middle_loses_nothing() {
    let inbox = Inbox::start();
    // Every other attempt breaks off without an answer.
    let attempts = AtomicUsize::new(0);
    inbox.answer(move |_| if attempts.fetch_add(1, Ordering::Relaxed).is_multiple_of(2) { OK } else { NOTHING });
    let clock = OwnClock::new();
    let mut server = Server::start_at(tempfile::tempdir().unwrap(), &clock);
    subscribe(&server.client(&["admin"]), &inbox);
    let mut all = 0;
    for round in 0..3 {
        let client = server.client(&["admin"]);
        for n in 0..5 {
            client.open(&format!("c{round}-{n}"), WORDS);
        }
        all = newest(&client);
        // It stops while most is still on its way.
        inbox.wait(|arrived| arrived.len() > round * 5);
        server = Server::start_at(server.stop(), &clock);
        clock.forward_ms(60_000);
    }
    inbox.answer(|_| OK);
    clock.forward_ms(60_000);
    let arrived = inbox.wait_for_all(all);
    // Sent again or not, what arrives first of each event arrives in order.
    let mut seen = BTreeSet::new();
    in_order(taken(&arrived).filter(|message| seen.insert(message.seq())));
}

#[test]
fn what_is_refused_for_three_days_is_a_dead_letter_which_can_be_sent_again() {
    let (clock, inbox) = (OwnClock::new(), Inbox::start());
    let server = Server::start_at(tempfile::tempdir().unwrap(), &clock);
    let client = server.client(&["admin"]);
    let first = newest(&client) + 1;
    client.open("ann", WORDS);
    let refused = [first, first + 1];
    inbox.answer(move |message| if refused.contains(&message["data"]["seq"].as_u64().unwrap()) { BROKEN } else { OK });
    let subscription = subscribe(&client, &inbox);
    let at = format!("/v1/subscriptions/{}", id(&subscription));
    let dead = |client: &Client| client.get(&format!("{at}/dead")).body["items"].as_array().unwrap().clone();
    assert!(dead(&client).is_empty());
    for (seq, dead) in refused.into_iter().zip(1..) {
        // A token does not last as long as a window.
        let client = server.client(&["admin"]);
        inbox.wait(|arrived| arrived.iter().any(|message| message.seq() == seq));
        stands(&client, &subscription, |now| now["waiting_cases"] == 1);
        clock.forward_ms(WINDOW_MS);
        let client = server.client(&["admin"]);
        stands(&client, &subscription, |now| now["dead_letters"] == dead);
    }
    let client = server.client(&["admin"]);
    let all = newest(&client);
    inbox.wait(|arrived| taken(arrived).any(|message| message.seq() == all));
    stands(&client, &subscription, |now| now["lag"] == 0);
    // They are listed over a restart.
    let server = Server::start_at(server.stop(), &clock);
    let client = server.client(&["admin"]);
    let letters = dead(&client);
    let seqs: Vec<&Value> = letters.iter().map(|letter| &letter["seq"]).collect();
    assert_eq!(seqs, [&json!(first), &json!(first + 1)]);
    assert_eq!((&letters[0]["kind"], &letters[0]["tries"]), (&json!("case_opened"), &json!(2)), "{letters:?}");
    assert_eq!(letters[0]["failure"], "the endpoint answered with status 500");
    let page = client.get(&format!("{at}/dead?limit=1")).body;
    assert_eq!((&page["items"][0]["seq"], &page["next"]), (&json!(first), &json!(first.to_string())));
    assert_eq!(client.get(&format!("{at}/dead?after={first}")).body["items"][0]["seq"], first + 1);
    // One is sent again, the other is discarded.
    inbox.answer(|_| OK);
    inbox.forget();
    assert_eq!(client.post(&format!("{at}/dead/{first}/retry"), &json!({})).status, 204);
    inbox.wait(|arrived| arrived.iter().any(|message| message.seq() == first));
    stands(&client, &subscription, |now| now["dead_letters"] == 1);
    assert_eq!(client.delete(&format!("{at}/dead/{}", first + 1)).status, 204);
    assert!(dead(&client).is_empty());
    let dead_at = format!("{at}/dead/{first}");
    for got in [client.post(&format!("{dead_at}/retry"), &json!({})), client.delete(&dead_at)] {
        assert_eq!((got.status, &got.body["type"]), (404, &json!("/problems/not_found")), "{}", got.body);
    }
    assert_eq!(client.delete(&format!("{at}/dead/first")).status, 404);
}

#[test]
fn a_replay_sends_again_under_the_same_names() {
    let (server, inbox) = (Server::start(), Inbox::start());
    let client = server.client(&["admin"]);
    client.open("ann", WORDS);
    client.open("bob", WORDS);
    let all = newest(&client);
    let subscription = subscribe(&client, &inbox);
    let names = |messages: &[Message]| -> BTreeMap<u64, (String, Vec<u8>)> {
        messages.iter().map(|m| (m.seq(), (m.name().to_owned(), m.body.clone()))).collect()
    };
    let mut wanted = names(&inbox.wait_for_all(all));
    stands(&client, &subscription, |now| now["lag"] == 0);
    inbox.forget();
    let replay = |after: u64| {
        client.post(&format!("/v1/subscriptions/{}/replay", id(&subscription)), &json!({ "after": after }))
    };
    assert_eq!(replay(2).status, 200);
    // That it was made, and is replayed, is sent too.
    let before = |messages: &[Message]| messages.iter().filter(|message| message.seq() <= all).count() as u64;
    let again = inbox.wait(|arrived| before(arrived) == all - 2);
    in_order(again.iter());
    wanted.retain(|seq, _| (3..=all).contains(seq));
    let mut again = names(&again);
    again.retain(|seq, _| *seq <= all);
    assert!(again == wanted, "{:?} and {:?}", again.keys(), wanted.keys());
    let got = replay(newest(&client) + 1);
    assert_eq!((got.status, &got.body["field"]), (422, &json!("after")), "{}", got.body);
}

#[test]
fn a_receiver_that_is_gone_is_left_alone_until_somebody_resumes() {
    let (server, inbox) = (Server::start(), Inbox::start());
    let client = server.client(&["admin"]);
    inbox.answer(|_| GONE);
    let subscription = subscribe(&client, &inbox);
    client.open("ann", WORDS);
    let now = stands(&client, &subscription, |now| now["state"] == "paused");
    assert_eq!(now["last_failure"]["failure"], "the endpoint answered with status 410");
    // That it is paused is put on record with where it stands.
    let paused = |row: &RecordRow| {
        let event: Value = serde_json::from_slice(&row.body).unwrap();
        event["change"]["kind"] == "paused" && event["by"] == "remit"
    };
    let is_on_record = || block_on(server.app.journal.store().feed(0, 100_000)).unwrap().iter().any(paused);
    stands(&client, &subscription, |_| is_on_record());
    client.open("bob", WORDS);
    let all = newest(&client);
    inbox.forget();
    inbox.answer(|_| OK);
    assert_eq!(act(&client, &subscription, "resume")["state"], "active");
    let arrived = inbox.wait_for_all(all);
    assert!(arrived.iter().all(|message| message.answered == OK), "nothing was sent while it was paused");
    in_order(arrived.iter());
}

#[test]
fn what_happens_during_a_pause_is_sent_after_it_and_nothing_once_deleted() {
    let (server, inbox) = (Server::start(), Inbox::start());
    let client = server.client(&["admin"]);
    let subscription = subscribe(&client, &inbox);
    client.open("ann", WORDS);
    inbox.wait_for_all(newest(&client));
    assert_eq!(act(&client, &subscription, "pause")["state"], "paused");
    client.open("bob", WORDS);
    // A test goes out all the same, so that what comes after it shows that nothing else did before.
    let before = inbox.wait(|_| true).len();
    assert_eq!(act(&client, &subscription, "test"), json!({ "delivered": true }));
    let test = inbox.wait(|arrived| arrived.len() > before)[before].clone();
    assert_eq!(test.json()["type"], "remit.test.v1");
    assert_eq!(test.signed_by(subscription["secret"].as_str().unwrap()), 1);
    assert_eq!(act(&client, &subscription, "resume")["state"], "active");
    inbox.wait_for_all(newest(&client));
    inbox.answer(|_| BROKEN);
    let failed = act(&client, &subscription, "test");
    assert_eq!(failed, json!({ "delivered": false, "failure": "the endpoint answered with status 500" }));
    let at = format!("/v1/subscriptions/{}", id(&subscription));
    assert_eq!(client.delete(&at).status, 204);
    assert_eq!((client.get(&at).status, client.delete(&at).status), (404, 404));
    assert_eq!(client.get("/v1/subscriptions").body, json!([]));
    let server = Server::start_on(server.stop(), crate::sample_bundle::bank_with(|toml| toml), Default::default());
    assert_eq!(server.client(&["admin"]).get("/v1/subscriptions").body, json!([]));
}

#[test]
fn a_secret_is_shown_once_kept_sealed_and_replaced_with_both_signing() {
    let (clock, inbox) = (OwnClock::new(), Inbox::start());
    let server = Server::start_at(tempfile::tempdir().unwrap(), &clock);
    let client = server.client(&["admin"]);
    let subscription = subscribe(&client, &inbox);
    let first = subscription["secret"].as_str().unwrap().to_owned();
    let got = client.post_once("/v1/subscriptions", "key-1", &json!({ "name": "crm", "url": inbox.url() }));
    assert_eq!((got.status, &got.body["field"]), (422, &json!("Idempotency-Key")), "{}", got.body);
    let turned = act(&client, &subscription, "rotate");
    let second = turned["secret"].as_str().unwrap().to_owned();
    assert!(turned["previous_secret_until"].is_string() && first != second, "{turned}");
    let at = format!("/v1/subscriptions/{}", id(&subscription));
    for told in [client.get(&at).body, client.get("/v1/subscriptions").body] {
        assert!(!told.to_string().contains("whsec_"), "{told}");
    }
    let signatures = |server: &Server| {
        inbox.forget();
        act(&server.client(&["admin"]), &subscription, "test");
        // Events are delivered beside it, some of them signed before it.
        let is_it = |message: &&Message| message.json()["type"] == "remit.test.v1";
        let arrived = inbox.wait(|arrived| arrived.iter().any(|message| is_it(&message)));
        let message = arrived.iter().rfind(is_it).unwrap().clone();
        (message.signed_by(&first), message.signed_by(&second))
    };
    assert_eq!(signatures(&server), (1, 1));
    // Sealed secrets open again after a restart, and the first one ends after a day.
    let server = Server::start_at(server.stop(), &clock);
    assert_eq!(signatures(&server), (1, 1));
    clock.forward_ms(24 * 3_600_000);
    assert_eq!(signatures(&server), (0, 1));
    for secret in [&first, &second] {
        let key = secret.strip_prefix("whsec_").unwrap().as_bytes();
        for file in ["remit.db", "remit.db-wal"] {
            let bytes = std::fs::read(server.data.path().join(file)).unwrap_or_default();
            assert!(!bytes.windows(key.len()).any(|window| window == key), "{file} holds a secret");
        }
    }
}

#[test]
fn what_cannot_be_subscribed_to_is_refused_by_field() {
    let (server, inbox) = (Server::start(), Inbox::start());
    let client = server.client(&["admin"]);
    let check = |change: Value, field: &str, names: &str| {
        let mut wish = json!({ "name": "crm", "url": inbox.url() });
        wish.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let got = client.post("/v1/subscriptions", &wish);
        assert_eq!((got.status, &got.body["field"]), (422, &json!(field)), "{wish}: {}", got.body);
        assert!(got.body["detail"].as_str().unwrap().contains(names), "{wish}: {}", got.body);
    };
    for url in ["", "crm", "/events", "ftp://crm.example/", "file:///etc/passwd", "http:", "https://a b/"] {
        check(json!({ "url": url }), "url", "https://");
    }
    check(json!({ "url": "http://crm.example/events" }), "url", "--webhooks-in-the-clear");
    check(json!({ "url": "http://10.0.0.7/events" }), "url", "--webhooks-in-the-clear");
    check(json!({ "url": "https://me:secret@crm.example/" }), "url", "password");
    for port in ["99999", "65536", "0", ""] {
        check(json!({ "url": format!("https://crm.example:{port}/remit") }), "url", "port from 1 to 65535");
        check(json!({ "url": format!("http://127.0.0.1:{port}/remit") }), "url", "port from 1 to 65535");
    }
    for host in ["", ".", "127.1", "0x7f000001", "crm..example", "cr%6d.example"] {
        check(json!({ "url": format!("https://{host}:8443/") }), "url", "name its host");
    }
    check(json!({ "url": format!("https://crm.example/{}", "x".repeat(2_048)) }), "url", "2048");
    check(json!({ "url": "https://crm.example/#part" }), "url", "`#`");
    check(json!({ "name": "" }), "name", "is empty");
    check(json!({ "name": "n".repeat(65) }), "name", "at most 64");
    check(json!({ "name": "a\nb" }), "name", "U+000A");
    check(json!({ "kinds": [] }), "kinds", "at least one");
    check(json!({ "kinds": ["case_opened", "case_opend"] }), "kinds", "`case_opend` is no kind of event");
    check(json!({ "kinds": "case_opened" }), "kinds", "");
    check(json!({ "after": 1_000_000 }), "after", "newest");
    check(json!({ "secret": "whsec_mine" }), "secret", "unknown field");
    assert_eq!(client.get("/v1/subscriptions").body, json!([]), "nothing was made");
    for wish in ["https://crm.example/events", "http://localhost:1/", "http://127.0.0.1:1/a?b=c"] {
        assert_eq!(client.post("/v1/subscriptions", &json!({ "name": "crm", "url": wish })).status, 201, "{wish}");
    }
}

#[test]
fn only_so_many_subscriptions_are_made_and_only_by_who_may() {
    let server = Server::start();
    for role in ["integration", "responder", "staff", "auditor"] {
        let client = server.client(&[role]);
        assert_eq!(client.get("/v1/subscriptions").status, 403, "{role}");
        assert_eq!(client.post("/v1/subscriptions", &json!({ "name": "x", "url": "https://x.example" })).status, 403);
    }
    let client = server.client(&["admin"]);
    let make = || client.post("/v1/subscriptions", &json!({ "name": "x", "url": "http://127.0.0.1:1/" }));
    for n in 0..64 {
        assert_eq!(make().status, 201, "{n}");
    }
    let got = make();
    assert_eq!((got.status, &got.body["type"]), (409, &json!("/problems/limit_reached")), "{}", got.body);
    assert!(got.body["detail"].as_str().unwrap().contains("64"), "{}", got.body);
}
