//! What goes wrong is what was planned, as often as it was.

use super::{NOW, ask, books, execute, facts, filled, minor, object};
use crate::{Failure, Mischief, On, Planned, Sandbox};
use serde_json::{Value, json};

fn plan(sandbox: &Sandbox, on: On, mischief: Mischief, times: u32) {
    sandbox.plan(&Planned { on, mischief, times }).unwrap();
}

fn key(name: &str) -> On {
    On::Key(name.to_owned())
}

fn goodwill() -> Value {
    json!({"account_id": "acc-1001-1", "amount": {"minor": 500, "currency": "GBP"}})
}

/// What goodwill the account got.
fn got(sandbox: &Sandbox) -> i64 {
    minor(&facts(sandbox, "pay_goodwill", goodwill()), "goodwill_365_days")
}

fn is_silent<T>(result: Result<T, Failure>) -> bool {
    matches!(result, Err(Failure::NoAnswer))
}

#[test]
fn silence_before_does_nothing_and_silence_after_does_it() {
    let sandbox = filled();
    plan(&sandbox, key("a"), Mischief::SilentBefore, 2);
    plan(&sandbox, key("b"), Mischief::SilentAfter, 1);
    for _ in 0..2 {
        assert!(is_silent(execute(&sandbox, "a", "pay_goodwill", goodwill())));
        assert_eq!((sandbox.find("a").unwrap(), got(&sandbox)), (None, 0));
    }
    execute(&sandbox, "a", "pay_goodwill", goodwill()).unwrap();
    assert!(is_silent(execute(&sandbox, "b", "pay_goodwill", goodwill())));
    assert_eq!(got(&sandbox), 1_000);
    let found = sandbox.find("b").unwrap().unwrap();
    assert_eq!(execute(&sandbox, "b", "pay_goodwill", goodwill()).unwrap(), found);
    assert_eq!((got(&sandbox), sandbox.planned().unwrap()), (1_000, Vec::new()));
}

#[test]
fn a_mute_one_says_nothing_of_what_it_did_until_it_is_over() {
    let sandbox = filled();
    plan(&sandbox, key("a"), Mischief::Mute, 3);
    assert!(is_silent(execute(&sandbox, "a", "pay_goodwill", goodwill())));
    assert!(is_silent(sandbox.find("a")));
    assert!(is_silent(execute(&sandbox, "a", "pay_goodwill", goodwill())));
    assert_eq!(sandbox.find("a").unwrap().unwrap().amount.unwrap().minor, 500);
    assert_eq!(got(&sandbox), 500);
}

#[test]
fn another_amount_is_done_and_stated() {
    let sandbox = filled();
    plan(&sandbox, On::Action("pay_goodwill".to_owned()), Mischief::OtherAmount { by: 50 }, 1);
    let statement = execute(&sandbox, "a", "pay_goodwill", goodwill()).unwrap();
    assert_eq!((statement.amount.unwrap().minor, got(&sandbox)), (550, 550));
    assert_eq!(execute(&sandbox, "b", "pay_goodwill", goodwill()).unwrap().amount.unwrap().minor, 500);
    assert_eq!(books::faults(&sandbox), Vec::<&str>::new());
    // The shop's books show that an order was paid back less than it cost.
    plan(&sandbox, key("c"), Mischief::OtherAmount { by: -1 }, 1);
    let cancelled = json!({"order_id": "#W2611340", "reason": "no longer needed"});
    let statement = execute(&sandbox, "c", "cancel_pending_order", cancelled).unwrap();
    assert_eq!(statement.amount.unwrap().minor, 53_664);
    assert_eq!(books::faults(&sandbox).len(), 1);
}

#[test]
fn what_is_only_said_is_not_done() {
    let sandbox = filled();
    plan(&sandbox, key("a"), Mischief::OnlySaid, 1);
    assert_eq!(execute(&sandbox, "a", "pay_goodwill", goodwill()).unwrap().amount.unwrap().minor, 500);
    assert_eq!((got(&sandbox), sandbox.find("a").unwrap()), (0, None));
    assert!(sandbox.statements(0, NOW + 1).unwrap().is_empty());
}

#[test]
fn two_more_happen_under_other_keys_as_far_as_the_books_let_them() {
    let sandbox = filled();
    plan(&sandbox, key("a"), Mischief::TwoMore, 1);
    plan(&sandbox, key("b"), Mischief::TwoMore, 1);
    execute(&sandbox, "a", "pay_goodwill", goodwill()).unwrap();
    assert_eq!((got(&sandbox), sandbox.effects(10).unwrap().len()), (1_500, 3));
    execute(&sandbox, "b", "freeze_card", json!({"card_id": "card-1001-1-1"})).unwrap();
    assert_eq!(sandbox.effects(10).unwrap().len(), 4);
    assert_eq!(books::faults(&sandbox), Vec::<&str>::new());
}

#[test]
fn what_is_planned_is_listed_taken_back_and_bounded() {
    let sandbox = filled();
    plan(&sandbox, key("a"), Mischief::Mute, 2);
    plan(&sandbox, key("a"), Mischief::OnlySaid, 1);
    let planned = sandbox.planned().unwrap();
    let read: Planned = serde_json::from_value(json!({
        "on": {"on": "key", "name": "a"}, "mischief": {"kind": "only_said"}, "times": 1,
    }))
    .unwrap();
    assert_eq!(planned, [read]);
    assert!(sandbox.forget(&key("a")).unwrap() && !sandbox.forget(&key("a")).unwrap());
    for (on, mischief, times) in [
        (key(""), Mischief::Mute, 1),
        (key("a"), Mischief::Mute, 0),
        (key("a"), Mischief::OtherAmount { by: 0 }, 1),
        (key("a"), Mischief::OtherAmount { by: i64::MIN }, 1),
    ] {
        let planned = Planned { on, mischief, times };
        assert!(matches!(sandbox.plan(&planned), Err(Failure::Refused(_))), "{planned:?}");
    }
    let arguments = object(goodwill());
    sandbox.execute("a", "h", &ask("pay_goodwill", &arguments), NOW).unwrap();
}
