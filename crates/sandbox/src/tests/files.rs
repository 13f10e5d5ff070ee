//! The database's file, what fills it, and the statement file.

use super::{HOUR, NOW, ask, filled, object, source};
use crate::{Failure, Sandbox};
use serde_json::json;
use std::{
    fs,
    sync::{Barrier, mpsc},
    thread,
    time::Duration,
};

#[test]
fn what_was_done_is_there_when_the_file_is_opened_again() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("sandbox.db");
    let arguments = object(json!({"card_id": "card-1001-1-1"}));
    let done = {
        let sandbox = Sandbox::open(&path).unwrap();
        assert!(sandbox.seed_bank(NOW).unwrap() && !sandbox.seed_bank(NOW + 1).unwrap());
        sandbox.execute("k", "h", &ask("freeze_card", &arguments), NOW).unwrap()
    };
    let sandbox = Sandbox::open(&path).unwrap();
    assert_eq!(sandbox.find("k").unwrap(), Some(done));
    assert_eq!(super::facts(&sandbox, "freeze_card", json!(arguments))["card_status"], "frozen");
    let marks = |sql: &str| sandbox.lock().query_row(sql, [], |row| row.get::<_, String>(0)).unwrap();
    assert_eq!(marks("PRAGMA journal_mode"), "wal");
    assert_eq!(marks("PRAGMA integrity_check"), "ok");
    let keeps_references: bool = sandbox.lock().query_row("PRAGMA foreign_keys", [], |row| row.get(0)).unwrap();
    assert!(keeps_references);
}

#[test]
fn many_may_open_a_new_file_at_once_and_one_fills_it() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("sandbox.db");
    let barrier = Barrier::new(8);
    let filled: Vec<bool> = thread::scope(|scope| {
        let open = || {
            barrier.wait();
            Sandbox::open(&path).unwrap().seed_bank(NOW).unwrap()
        };
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(open)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(filled.iter().filter(|filled| **filled).count(), 1);
}

#[test]
fn facts_do_not_wait_for_what_is_being_written_and_see_it_once_it_is() {
    let directory = tempfile::tempdir().unwrap();
    let sandbox = Sandbox::open(directory.path().join("sandbox.db")).unwrap();
    sandbox.seed_bank(NOW).unwrap();
    let status = || super::facts(&sandbox, "freeze_card", json!({"card_id": "card-1001-1-1"}))["card_status"].clone();
    let (told, hears) = mpsc::channel();
    let meanwhile = thread::scope(|scope| {
        let writing = sandbox.lock();
        writing.execute_batch("BEGIN IMMEDIATE; UPDATE bank_card SET status = 'frozen', frozen_by = 'bank'").unwrap();
        scope.spawn(|| told.send(status()));
        // One that waited would end when the lock is given back, and not before.
        let meanwhile = hears.recv_timeout(Duration::from_secs(60));
        writing.execute_batch("COMMIT").unwrap();
        meanwhile
    });
    assert_eq!(meanwhile.unwrap(), "active");
    assert_eq!(status(), "frozen");
    drop(sandbox);
    let left: Vec<_> = fs::read_dir(directory.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["sandbox.db"]);
}

#[test]
fn another_programs_file_is_left_as_it_is() {
    let directory = tempfile::tempdir().unwrap();
    let (text, database) = (directory.path().join("text"), directory.path().join("other.db"));
    fs::write(&text, "not a database, but long enough to be looked at as if it were one, ".repeat(20)).unwrap();
    rusqlite::Connection::open(&database).unwrap().execute_batch("CREATE TABLE mine (a) STRICT").unwrap_err();
    rusqlite::Connection::open(&database).unwrap().execute_batch("CREATE TABLE mine (a ANY) STRICT").unwrap();
    for path in [text, database] {
        let before = fs::read(&path).unwrap();
        assert!(matches!(Sandbox::open(&path), Err(Failure::Foreign(_))), "{}", path.display());
        assert_eq!(fs::read(&path).unwrap(), before);
    }
}

#[test]
fn a_shop_is_filled_whole_or_not_at_all() {
    let sandbox = Sandbox::in_memory().unwrap();
    let good = r##"{"products": {"p": {"name": "Cup", "variants": {"i": {"available": true, "price": 5.1}}}},
        "users": {"u": {"name": {"first_name": "A", "last_name": "B"}, "email": "a@b.example", "address": {"address1":
        "1", "city": "C", "state": "S", "country": "US", "zip": "1"}, "payment_methods": {"g": {"source": "gift_card",
        "balance": 0.07}}}}, "orders": {"o": {"user_id": "u", "address": {"address1": "1", "city": "C", "state": "S",
        "country": "US", "zip": "1"}, "items": [{"item_id": "i", "price": 5.1}], "status": "pending",
        "payment_history": [{"transaction_type": "payment", "amount": 5.1, "payment_method_id": "g"}]}}}"##;
    for (from, to) in [
        ("\"price\": 5.1}}", "\"price\": 5.101}}"),
        ("\"price\": 5.1}}", "\"price\": 51e-1}}"),
        ("0.07", "-0.07"),
        ("\"gift_card\"", "\"cheque\""),
        ("\"user_id\": \"u\"", "\"user_id\": \"x\""),
        ("\"payment_method_id\": \"g\"", "\"payment_method_id\": \"x\""),
        ("\"pending\"", "\"lost\""),
        ("\"name\": \"Cup\"", "\"name\": \"\""),
        ("\"payment\",", "\"gift\","),
        ("}}}", "}}"),
    ] {
        let bad = good.replacen(from, to, 1);
        assert_ne!(bad, good, "{from}");
        assert!(sandbox.seed_shop(&bad).is_err(), "{to}");
    }
    assert!(sandbox.seed_shop(good).unwrap() && !sandbox.seed_shop(&source("database.json")).unwrap());
    let facts =
        super::facts(&sandbox, "modify_pending_order_payment", json!({"order_id": "o", "payment_method_id": "g"}));
    assert_eq!((super::minor(&facts, "order_total"), super::minor(&facts, "method_balance")), (510, 7));
}

#[test]
fn a_day_is_told_as_a_file_that_says_when_and_how_much() {
    let sandbox = filled();
    let goodwill = object(json!({"account_id": "acc-1001-1", "amount": {"minor": 500, "currency": "GBP"}}));
    let card = object(json!({"card_id": "card-1001-1-1"}));
    let done = |key: &str, action: &str, arguments, at| sandbox.execute(key, "h", &ask(action, arguments), at).unwrap();
    let last = done("a,\"b\"", "pay_goodwill", &goodwill, NOW + HOUR);
    let first = done("c", "freeze_card", &card, NOW + 1);
    done("d", "resend_pin", &card, NOW + 24 * HOUR);
    assert_eq!(
        sandbox.statement_file(NOW, NOW + 24 * HOUR).unwrap(),
        "reference,time,action,amount_minor,currency,key\n\
         SBX-00000002,2026-09-21T14:13:20.001Z,freeze_card,,,c\n\
         SBX-00000001,2026-09-21T15:13:20Z,pay_goodwill,500,GBP,\"a,\"\"b\"\"\"\n"
    );
    assert_eq!(sandbox.statements(NOW, NOW + 24 * HOUR).unwrap(), [first.clone(), last]);
    assert_eq!(sandbox.effects(2).unwrap().last(), Some(&first));
    let kept = serde_json::to_value(&first).unwrap();
    assert_eq!(kept.get("amount"), None);
    let never = sandbox.execute("e", "h", &ask("freeze_card", &card), i64::MAX);
    assert!(matches!(never, Err(Failure::Refused(_))));
}
