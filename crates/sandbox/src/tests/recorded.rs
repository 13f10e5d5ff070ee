//! The right actions that tau2-bench records of its tasks, carried out in the whole database.

use super::{ask, books, filled, minor, source};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

#[derive(Deserialize)]
struct Recorded {
    task: String,
    customer: String,
    action: String,
    arguments: Map<String, Value>,
}

/// The actions of each task.
fn tasks() -> BTreeMap<String, Vec<Recorded>> {
    let mut tasks = BTreeMap::<String, Vec<Recorded>>::new();
    for line in source("actions.jsonl").lines() {
        let recorded: Recorded = serde_json::from_str(line).unwrap();
        tasks.entry(recorded.task.clone()).or_default().push(recorded);
    }
    tasks
}

#[test]
fn every_recorded_action_is_carried_out_once_and_states_what_facts_said() {
    let mut count = 0;
    for (task, actions) in tasks() {
        let sandbox = filled();
        for (number, recorded) in actions.iter().enumerate() {
            let (key, ask) = (format!("{task}/{number}"), ask(&recorded.action, &recorded.arguments));
            let facts = sandbox.facts(&ask, super::NOW).unwrap();
            let statement =
                sandbox.execute(&key, "h", &ask, super::NOW).unwrap_or_else(|error| panic!("{key}: {error}"));
            let stated = statement.amount.as_ref().map(|amount| amount.minor);
            assert_eq!(facts.get("amount").map(|amount| amount["minor"].as_i64().unwrap()), stated, "{key}");
            assert_eq!(statement.customer, recorded.customer, "{key}");
            assert_eq!(sandbox.execute(&key, "h", &ask, super::NOW + 1).unwrap(), statement, "{key}");
            count += 1;
        }
        assert_eq!(books::faults(&sandbox), Vec::<&str>::new(), "{task}");
        assert_eq!(sandbox.effects(1_000).unwrap().len(), actions.len(), "{task}");
    }
    assert_eq!(count, 120);
}

/// What policy would ask, in the words of facts. One recorded action is none that the shop's policy allows.
#[test]
fn facts_say_of_recorded_actions_that_they_are_right_but_for_one() {
    let mut wrong = Vec::new();
    for (task, actions) in tasks() {
        let sandbox = filled();
        for (number, recorded) in actions.iter().enumerate() {
            let ask = ask(&recorded.action, &recorded.arguments);
            let facts = sandbox.facts(&ask, super::NOW).unwrap();
            let mut hold = |name: &str, holds: bool| {
                if !holds {
                    wrong.push(format!("{task} {}: {name}", recorded.action));
                }
            };
            let is = |name: &str, text: &str| facts.get(name).is_none_or(|value| value == text);
            let yes = |name: &str| facts.get(name).is_none_or(|value| value == true);
            for name in ["user_found", "order_found", "items_in_order", "new_items_same_product", "new_items_available"]
            {
                hold(name, yes(name));
            }
            hold("order_customer", is("order_customer", &recorded.customer));
            hold("method_customer", is("method_customer", &recorded.customer));
            let delivered = recorded.action.contains("_delivered_");
            hold("order_status", is("order_status", if delivered { "delivered" } else { "pending" }));
            if let Some(difference) = facts.get("difference") {
                let is_covered = minor(&facts, "method_balance") >= difference["minor"].as_i64().unwrap();
                hold("method_balance", is_covered || facts["method_kind"] != "gift_card");
            }
            if recorded.action.starts_with("return_") {
                let method = &recorded.arguments["payment_method_id"];
                hold("order_paid_by", facts["order_paid_by"] == *method || facts["method_kind"] == "gift_card");
            }
            sandbox.execute(&number.to_string(), "h", &ask, super::NOW).unwrap();
        }
    }
    // $21.10 more, from a gift card with $17.00.
    assert_eq!(wrong, ["105 exchange_delivered_order_items: method_balance"]);
}
