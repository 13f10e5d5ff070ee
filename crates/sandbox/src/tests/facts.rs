//! Facts: flat, of the same names whatever is asked, and true.

use super::{NOW, ask, execute, facts, filled, minor, object};
use crate::{Ask, Failure, NEVER_HOURS, Sandbox};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// Arguments that any action may have.
const NAMES: [&str; 13] = [
    "order_id",
    "payment_method_id",
    "item_ids",
    "new_item_ids",
    "user_id",
    "account_id",
    "card_id",
    "fee_id",
    "charge_id",
    "debit_id",
    "transfer_id",
    "amount",
    "pay_out_to",
];

fn is_flat(value: &Value) -> bool {
    match value {
        Value::Bool(_) | Value::String(_) => true,
        Value::Number(number) => number.is_i64(),
        Value::Array(values) => values.iter().all(Value::is_string),
        Value::Object(money) => money.len() == 2 && money["minor"].is_i64() && money["currency"].is_string(),
        Value::Null => false,
    }
}

/// Whether two facts are of one kind.
fn is_alike(one: &Value, other: &Value) -> bool {
    std::mem::discriminant(one) == std::mem::discriminant(other)
}

fn anything() -> impl Strategy<Value = Value> {
    let known = [
        "#W2611340",
        "gift_card_1725971",
        "6469567736",
        "james_li_5688",
        "acc-1001-1",
        "card-1001-1-1",
        "fee-1001-1-1",
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,300}".prop_map(Value::from),
        prop::sample::select(known.to_vec()).prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 64, 120, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..120).prop_map(Value::from),
            prop::collection::hash_map("minor|currency|.{0,3}", inner, 0..3)
                .prop_map(|object| Value::Object(object.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_asked_facts_have_the_same_names_and_kinds_and_acting_breaks_nothing(
        given in prop::collection::hash_map(prop::sample::select(NAMES.to_vec()), anything(), 0..6),
        customer in prop::option::of(".{0,20}"),
    ) {
        let arguments: Map<String, Value> = given.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let sandbox = filled();
        for action in Sandbox::actions() {
            let ask = Ask { action, arguments: &arguments, customer: customer.as_deref() };
            let (some, none) = (sandbox.facts(&ask, NOW).unwrap(), facts(&sandbox, action, json!({})));
            prop_assert!(some.keys().eq(none.keys()), "{action}: {some:?}");
            prop_assert!(some.values().all(is_flat), "{action}: {some:?}");
            prop_assert!(some.iter().all(|(name, value)| is_alike(value, &none[name])), "{action}: {some:?}");
            let done = sandbox.execute(action, "h", &ask, NOW);
            prop_assert!(matches!(done, Ok(_) | Err(Failure::Refused(_))), "{action}: {done:?}");
        }
        prop_assert_eq!(super::books::faults(&sandbox), Vec::<&str>::new());
    }
}

#[test]
fn what_is_missing_is_told_by_values_that_mean_nothing() {
    let sandbox = filled();
    let told = facts(&sandbox, "exchange_delivered_order_items", json!({"order_id": 5}));
    assert_eq!(
        Value::Object(told),
        json!({
            "customer_found": false, "order_found": false, "order_customer": "", "order_status": "none",
            "order_total": {"minor": 0, "currency": "USD"}, "order_paid_by": "", "order_items": [],
            "method_customer": "", "method_kind": "none", "method_balance": {"minor": 0, "currency": "USD"},
            "items_in_order": false, "items_count": 0, "item_names": [], "new_items_count": 0, "new_item_names": [],
            "new_items_same_product": false, "new_items_available": false,
            "difference": {"minor": 0, "currency": "USD"}, "amount": {"minor": 0, "currency": "USD"},
        })
    );
    let told = facts(&sandbox, "refund_charge", json!({}));
    assert_eq!(told["address_changed_hours_ago"], NEVER_HOURS);
    assert!(sandbox.facts(&ask("pay_everybody", &Map::new()), NOW).is_err());
}

#[test]
fn an_item_listed_twice_must_be_there_twice() {
    let sandbox = filled();
    let of = |items: Value, new: Value| {
        let method = "gift_card_7245904";
        let arguments =
            json!({"order_id": "#W4316152", "item_ids": items, "new_item_ids": new, "payment_method_id": method});
        facts(&sandbox, "exchange_delivered_order_items", arguments)
    };
    let (kettle, other, third) = ("7292993796", "3761330360", "9647374798");
    let right = of(json!([kettle, kettle]), json!([other, third]));
    assert!(right["items_in_order"] == true && right["new_items_same_product"] == true, "{right:?}");
    assert_eq!(of(json!([kettle, kettle, kettle]), json!([other, other, other]))["items_in_order"], false);
    assert_eq!(of(json!([kettle, kettle]), json!([other, kettle]))["new_items_same_product"], false);
    assert_eq!(of(json!([kettle, kettle]), json!([other]))["new_items_same_product"], false);
    assert_eq!(of(json!([kettle]), json!(["6469567736"]))["new_items_same_product"], false);
}

#[test]
fn facts_follow_what_is_done() {
    let sandbox = filled();
    let of = |action: &str, arguments: &Value| facts(&sandbox, action, arguments.clone());
    let order =
        json!({"order_id": "#W2611340", "payment_method_id": "gift_card_1725971", "reason": "no longer needed"});
    let before = of("modify_pending_order_payment", &order);
    assert_eq!(before["order_customer"], "james_li_5688");
    assert_eq!(before["order_paid_by"], "gift_card_1725971");
    assert_eq!((before["order_status"].as_str(), minor(&before, "order_total")), (Some("processed"), 53_665));
    execute(&sandbox, "a", "cancel_pending_order", order.clone()).unwrap();
    let after = of("modify_pending_order_payment", &order);
    assert_eq!(after["order_status"], "cancelled");
    assert_eq!(minor(&after, "method_balance"), minor(&before, "method_balance") + 53_665);
    assert_eq!(minor(&of("cancel_pending_order", &order), "amount"), 0);
    let known = object(json!({"user_id": "james_li_5688"}));
    let ask = Ask { action: "modify_user_address", arguments: &known, customer: Some("james_li_5688") };
    let told = sandbox.facts(&ask, NOW).unwrap();
    assert!(told["user_found"] == true && told["customer_found"] == true);
}

#[test]
fn the_page_on_the_sandbox_names_every_action_and_every_fact() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/sandbox.md");
    let (page, sandbox) = (std::fs::read_to_string(path).unwrap(), filled());
    for action in Sandbox::actions() {
        let facts = facts(&sandbox, action, json!({}));
        for name in std::iter::once(action).chain(facts.keys().map(String::as_str)) {
            assert!(page.contains(&format!("`{name}`")), "{name}");
        }
    }
}
