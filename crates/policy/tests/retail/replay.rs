//! What is recorded as right is allowed once the customer has said yes.

use super::{
    data::{self, Recorded},
    judge::{Asks, Shop},
};
use std::collections::BTreeMap;

/// Of the sample's tasks one records what the written policy forbids: in task 105 the difference of an exchange is
/// $21.10, and the gift card that is to pay it has $17.00.
const EXCEPTION: &str = "105 exchange_delivered_order_items: denied by request.gift-card-difference";
const ACTIONS: usize = 120;

#[test]
fn every_recorded_action_needs_the_customer_s_yes_and_is_allowed_with_it() {
    let text = data::database();
    let shop = Shop::with(&text);
    let mut tasks = BTreeMap::<String, Vec<Recorded>>::new();
    for recorded in data::recorded(&serde_json::from_str(&text).unwrap()) {
        tasks.entry(recorded.task.clone()).or_default().push(recorded);
    }
    let (mut count, mut wrong) = (0, Vec::new());
    for (nth, (task, actions)) in tasks.iter().enumerate() {
        let sandbox = shop.sandbox(&format!("task-{nth}"));
        for (at, recorded) in actions.iter().enumerate() {
            let Recorded { customer, action, arguments, .. } = recorded;
            let judge = |asks: &Asks| shop.judge(&sandbox, action, arguments, asks);
            let (before, after) = (judge(&Asks::of(customer)), judge(&Asks::confirmed(customer)));
            if !after.is_allowed() {
                wrong.push(format!("{task} {action}: {}", after.says()));
            } else if !before.needs_the_customer_alone() {
                wrong.push(format!("{task} {action}, before the yes: {}", before.says()));
            }
            // What comes later in a task is asked of what this leaves behind, allowed or not.
            shop.carry_out(&sandbox, &format!("{task}/{at}"), action, arguments);
            count += 1;
        }
    }
    if data::is_other() {
        assert!(wrong.is_empty(), "{} of {count} are not allowed:\n{}", wrong.len(), wrong.join("\n"));
    } else {
        assert_eq!((count, wrong), (ACTIONS, vec![EXCEPTION.to_owned()]));
    }
}
