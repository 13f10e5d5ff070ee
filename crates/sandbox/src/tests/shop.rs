//! What the shop does where the recorded actions do not show it: other ways to pay, and what its books refuse.

use super::{books, execute, facts, filled, minor, refused};
use crate::{Refusal, Sandbox, Statement};
use serde_json::{Value, json};

/// An order of $536.65 that was paid with a gift card, and the customer's other payment method.
const ORDER: &str = "#W2611340";
const GIFT_CARD: &str = "gift_card_1725971";

/// The customer's orders and methods, for tests that need another of a kind.
fn other_method(sandbox: &Sandbox, kind: &str) -> String {
    let sql = "SELECT method_id FROM shop_method WHERE kind = ?1 ORDER BY coalesce(balance, 0) DESC LIMIT 1";
    sandbox.lock().query_row(sql, [kind], |row| row.get(0)).unwrap()
}

fn on_card(sandbox: &Sandbox, card: &str) -> i64 {
    let method = json!({"order_id": ORDER, "payment_method_id": card});
    minor(&facts(sandbox, "modify_pending_order_payment", method), "method_balance")
}

fn cancelled(sandbox: &Sandbox, key: &str) -> Statement {
    execute(sandbox, key, "cancel_pending_order", json!({"order_id": ORDER, "reason": "no longer needed"})).unwrap()
}

#[test]
fn an_order_is_paid_back_once_and_has_no_items_then() {
    let sandbox = filled();
    let effect = cancelled(&sandbox, "a").effect;
    assert_eq!((minor(&effect, "refunded_at_once"), minor(&effect, "refunded_later")), (53_665, 0));
    let cancel = json!({"order_id": ORDER, "reason": "no longer needed"});
    assert!(matches!(refused(&sandbox, "b", "cancel_pending_order", cancel), Refusal::State { .. }));
    let items = json!({"order_id": ORDER, "item_ids": ["6469567736"], "payment_method_id": GIFT_CARD});
    assert!(matches!(refused(&sandbox, "b", "return_delivered_order_items", items), Refusal::State { .. }));
    let pay = json!({"order_id": ORDER, "payment_method_id": GIFT_CARD});
    assert!(matches!(refused(&sandbox, "b", "modify_pending_order_payment", pay), Refusal::State { .. }));
}

#[test]
fn another_method_pays_the_whole_order_and_is_paid_back_when_it_is_cancelled() {
    let sandbox = filled();
    let (before, card) = (on_card(&sandbox, GIFT_CARD), other_method(&sandbox, "credit_card"));
    let pay = json!({"order_id": ORDER, "payment_method_id": card});
    assert_eq!(facts(&sandbox, "modify_pending_order_payment", pay.clone())["payment_changed"], false);
    let statement = execute(&sandbox, "a", "modify_pending_order_payment", pay.clone()).unwrap();
    assert_eq!((statement.amount, minor(&statement.effect, "moved")), (None, 53_665));
    assert_eq!((&statement.effect["refunded_to"], &statement.effect["paid"]), (&json!([GIFT_CARD]), &json!("at once")));
    assert_eq!(on_card(&sandbox, GIFT_CARD), before + 53_665);
    let after = facts(&sandbox, "modify_pending_order_payment", pay);
    assert_eq!((&after["order_paid_by"], &after["payment_changed"]), (&json!(card), &json!(true)));
    let effect = cancelled(&sandbox, "b").effect;
    assert_eq!((&effect["refunded_to"], minor(&effect, "refunded_later")), (&json!([card]), 53_665));
    assert_eq!(books::faults(&sandbox), Vec::<&str>::new());
}

#[test]
fn a_gift_card_never_pays_more_than_is_on_it() {
    let sandbox = filled();
    let empty = "SELECT method_id FROM shop_method WHERE balance = (SELECT min(balance) FROM shop_method)";
    let card: String = sandbox.lock().query_row(empty, [], |row| row.get(0)).unwrap();
    let (has, pay) = (on_card(&sandbox, &card), json!({"order_id": ORDER, "payment_method_id": card}));
    let refusal = refused(&sandbox, "a", "modify_pending_order_payment", pay);
    assert!(
        matches!(&refusal, Refusal::TooLittle { has: told, needs, .. } if (told.minor, needs.minor) == (has, 53_665))
    );
    // The same card back and again, whatever is on it.
    let before = on_card(&sandbox, GIFT_CARD);
    let same = json!({"order_id": ORDER, "payment_method_id": GIFT_CARD});
    execute(&sandbox, "a", "modify_pending_order_payment", same).unwrap();
    assert_eq!(on_card(&sandbox, GIFT_CARD), before);
    assert_eq!(books::faults(&sandbox), Vec::<&str>::new());
}

#[test]
fn an_item_goes_back_once() {
    let sandbox = filled();
    let of = |items: Value| json!({"order_id": ORDER, "item_ids": items, "payment_method_id": GIFT_CARD});
    let twice = of(json!(["6469567736", "6469567736"]));
    assert!(matches!(refused(&sandbox, "a", "return_delivered_order_items", twice), Refusal::Argument { .. }));
    let before = on_card(&sandbox, GIFT_CARD);
    let statement = execute(&sandbox, "a", "return_delivered_order_items", of(json!(["6469567736"]))).unwrap();
    // It is paid once the item has come back.
    assert_eq!((statement.amount.unwrap().minor, on_card(&sandbox, GIFT_CARD)), (4_784, before));
    assert_eq!(statement.effect["order_status"], "return requested");
    let again = of(json!(["6469567736"]));
    assert!(matches!(refused(&sandbox, "b", "return_delivered_order_items", again), Refusal::Argument { .. }));
    let cancel = json!({"order_id": ORDER, "reason": "no longer needed"});
    assert!(matches!(refused(&sandbox, "b", "cancel_pending_order", cancel), Refusal::State { .. }));
}

#[test]
fn what_is_not_there_and_lists_that_do_not_fit_are_refused() {
    let sandbox = filled();
    let swap = |order: &str, method: &str, new: Value| {
        let items = ["6469567736"];
        json!({"order_id": order, "item_ids": items, "new_item_ids": new, "payment_method_id": method})
    };
    let kind = |arguments: Value| match refused(&sandbox, "a", "exchange_delivered_order_items", arguments) {
        Refusal::NotFound { kind, .. } => kind,
        Refusal::Argument { name, .. } => name,
        other => panic!("{other}"),
    };
    assert_eq!(kind(swap("#W0", GIFT_CARD, json!(["6469567736"]))), "order");
    assert_eq!(kind(swap(ORDER, "gift_card_0", json!(["6469567736"]))), "payment method");
    assert_eq!(kind(swap(ORDER, GIFT_CARD, json!(["0"]))), "item");
    assert_eq!(kind(swap(ORDER, GIFT_CARD, json!(["6469567736", "6469567736"]))), "new_item_ids");
    assert_eq!(kind(json!({})), "order_id");
    let address = json!({"user_id": "nobody", "address1": "1", "city": "A", "state": "B", "country": "C", "zip": "1"});
    assert!(matches!(
        refused(&sandbox, "a", "modify_user_address", address),
        Refusal::NotFound { kind: "customer", .. }
    ));
    assert!(sandbox.effects(1).unwrap().is_empty());
}
