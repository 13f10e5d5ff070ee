//! A key acts once, whoever uses it and how often.

use super::{HOUR, NOW, ask, books, execute, filled, object};
use crate::{Failure, Refusal, Sandbox};
use serde_json::json;
use std::{sync::Barrier, thread};

#[test]
fn the_same_key_again_changes_nothing_and_another_request_under_it_is_refused() {
    let sandbox = filled();
    let arguments = object(json!({"account_id": "acc-1001-1", "amount": {"minor": 2_500, "currency": "GBP"}}));
    let ask = ask("pay_goodwill", &arguments);
    let first = sandbox.execute("k", "h", &ask, NOW).unwrap();
    let balance = balance(&sandbox);
    assert_eq!(sandbox.execute("k", "h", &ask, NOW + HOUR).unwrap(), first);
    assert_eq!(sandbox.find("k").unwrap(), Some(first));
    assert_eq!(sandbox.find("other").unwrap(), None);
    let is_used = |result| matches!(result, Err(Failure::Refused(Refusal::KeyUsed(key))) if key == "k");
    assert!(is_used(sandbox.execute("k", "other", &ask, NOW)));
    assert!(is_used(sandbox.execute("k", "h", &super::ask("close_account", &arguments), NOW)));
    assert_eq!(self::balance(&sandbox), balance);
}

#[test]
fn a_refusal_leaves_nothing_and_its_key_free() {
    let sandbox = filled();
    let refusal = super::refused(&sandbox, "k", "waive_fee", json!({"fee_id": "fee-0"}));
    assert_eq!(refusal, Refusal::NotFound { kind: "fee", id: "fee-0".to_owned() });
    assert_eq!(sandbox.find("k").unwrap(), None);
    execute(&sandbox, "k", "resend_pin", json!({"card_id": "card-1001-1-1"})).unwrap();
    let refusal = super::refused(&sandbox, "l\n", "resend_pin", json!({"card_id": "card-1001-1-1"}));
    assert!(matches!(refusal, Refusal::Argument { name: "key", .. }));
    let refusal = super::refused(&sandbox, "m", "pay_everybody", json!({}));
    assert_eq!(refusal, Refusal::UnknownAction("pay_everybody".to_owned()));
}

/// Eight threads, four of them by a second connection as another process has it.
#[test]
fn eight_threads_with_one_key_act_once() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("sandbox.db");
    let (one, two) = (Sandbox::open(&path).unwrap(), Sandbox::open(&path).unwrap());
    assert!(one.seed_bank(NOW).unwrap());
    let before = balance(&one);
    let barrier = Barrier::new(8);
    let arguments = object(json!({"account_id": "acc-1001-1", "amount": {"minor": 100, "currency": "GBP"}}));
    let statements: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|number| {
                let sandbox = if number % 2 == 0 { &one } else { &two };
                let (barrier, arguments) = (&barrier, &arguments);
                scope.spawn(move || {
                    barrier.wait();
                    sandbox.execute("k", "h", &ask("pay_goodwill", arguments), NOW + number).unwrap()
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(statements.iter().all(|statement| *statement == statements[0]));
    assert_eq!(balance(&one), before + 100);
    assert_eq!(two.effects(10).unwrap(), statements[..1]);
    assert_eq!(books::faults(&one), Vec::<&str>::new());
}

fn balance(sandbox: &Sandbox) -> i64 {
    let sql = "SELECT balance FROM bank_account WHERE account_id = 'acc-1001-1'";
    sandbox.lock().query_row(sql, [], |row| row.get(0)).unwrap()
}
