//! Money is neither made nor lost, whatever is done in whatever order: what leaves orders arrives at payment methods,
//! and what leaves the bank's books arrives at accounts.

use super::{books, execute, facts, filled, minor};
use crate::{Failure, Sandbox};
use proptest::{prelude::*, sample::Index};
use serde_json::{Value, json};

/// Numbers by which one step is drawn from what is in the database.
#[derive(Debug, Clone)]
struct Step {
    action: Index,
    customer: Index,
    order: Index,
    method: Index,
    things: Vec<(Index, Index)>,
    minor: i64,
    in_full: bool,
}

prop_compose! {
    fn step()(
        action in any::<Index>(), customer in any::<Index>(), order in any::<Index>(), method in any::<Index>(),
        things in prop::collection::vec(any::<(Index, Index)>(), 1..4), minor in 1_i64..20_000,
        in_full in any::<bool>(),
    ) -> Step {
        Step { action, customer, order, method, things, minor, in_full }
    }
}

/// The first column of what a question finds.
fn column(sandbox: &Sandbox, sql: &str, of: &str) -> Vec<String> {
    let database = sandbox.lock();
    let mut statement = database.prepare(sql).unwrap();
    let rows = statement.query_map([of], |row| row.get(0)).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}

fn one(sandbox: &Sandbox, index: &Index, sql: &str, of: &str) -> String {
    let found = column(sandbox, sql, of);
    if found.is_empty() { String::new() } else { index.get(&found).clone() }
}

/// A request to the shop that could be meant: a customer's order, one of their payment methods, items of it and others
/// of the same products. A few customers, so that the same orders are met again.
fn shop(sandbox: &Sandbox, step: &Step) -> (&'static str, Value) {
    let customers = "SELECT customer_id FROM shop_customer WHERE customer_id > ?1
                     AND customer_id IN (SELECT customer_id FROM shop_method WHERE kind = 'gift_card') LIMIT 4";
    let customer = one(sandbox, &step.customer, customers, "m");
    let order = one(sandbox, &step.order, "SELECT order_id FROM shop_order WHERE customer_id = ?1", &customer);
    let method = one(sandbox, &step.method, "SELECT method_id FROM shop_method WHERE customer_id = ?1", &customer);
    let (mut items, mut new_items) = (Vec::new(), Vec::new());
    for (line, variant) in &step.things {
        let item = one(sandbox, line, "SELECT item_id FROM shop_order_item WHERE order_id = ?1", &order);
        let others = "SELECT b.item_id FROM shop_item AS a JOIN shop_item AS b USING (product_id) WHERE a.item_id = ?1";
        new_items.push(one(sandbox, variant, others, &item));
        items.push(item);
    }
    let arguments = json!({
        "order_id": order, "payment_method_id": method, "item_ids": items, "new_item_ids": new_items,
        "reason": "no longer needed", "user_id": customer, "address1": "1 Way", "city": "A", "state": "B",
        "country": "C",
        "zip": "1",
    });
    (Sandbox::actions().nth(step.action.index(7)).unwrap(), arguments)
}

/// A request to the bank that could be meant, for one of a few customers.
fn bank(sandbox: &Sandbox, step: &Step) -> (&'static str, Value) {
    let customer =
        one(sandbox, &step.customer, "SELECT customer_id FROM bank_customer WHERE customer_id > ?1 LIMIT 4", "");
    let accounts = "SELECT account_id FROM bank_account WHERE customer_id = ?1";
    let account = one(sandbox, &step.order, accounts, &customer);
    let of_kind = |kind: &str| {
        let sql = format!("SELECT id FROM bank_taken WHERE kind = '{kind}' AND account_id = ?1");
        one(sandbox, &step.method, &sql, &account)
    };
    let transfers = "SELECT transfer_id FROM bank_transfer WHERE account_id = ?1";
    let mut arguments = json!({
        "customer_id": customer, "account_id": account, "pay_out_to": one(sandbox, &step.method, accounts, &customer),
        "fee_id": of_kind("fee"), "charge_id": of_kind("charge"), "debit_id": of_kind("debit"),
        "transfer_id": one(sandbox, &step.method, transfers, &account),
        "card_id": one(sandbox, &step.method, "SELECT card_id FROM bank_card WHERE account_id = ?1", &account),
        "limit": {"minor": 100_000 + step.minor, "currency": "GBP"},
        "amount": {"minor": step.minor, "currency": "GBP"},
        "address1": "1 Way", "city": "A", "postcode": "B", "country": "GB",
    });
    let action = Sandbox::actions().nth(7 + step.action.index(12)).unwrap();
    if step.in_full && action != "pay_goodwill" {
        arguments.as_object_mut().unwrap().remove("amount");
    }
    (action, arguments)
}

/// Takes the steps; every key is used twice, and the books are looked at after each step. How many did something.
fn play(sandbox: &Sandbox, steps: &[Step], draw: fn(&Sandbox, &Step) -> (&'static str, Value)) -> usize {
    let mut acted = 0;
    for (number, step) in steps.iter().enumerate() {
        let (action, arguments) = draw(sandbox, step);
        let (key, told) = (number.to_string(), facts(sandbox, action, arguments.clone()));
        match execute(sandbox, &key, action, arguments.clone()) {
            Ok(statement) => {
                acted += 1;
                assert_eq!(execute(sandbox, &key, action, arguments).unwrap(), statement);
                if let Some(amount) = &statement.amount {
                    assert_eq!(minor(&told, "amount"), amount.minor, "{action}: {told:?}");
                }
            }
            Err(Failure::Refused(_)) => assert_eq!(sandbox.find(&key).unwrap(), None),
            Err(failure) => panic!("{action}: {failure}"),
        }
        assert_eq!(books::faults(sandbox), Vec::<&str>::new(), "{action}");
    }
    acted
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_leaves_orders_arrives_at_payment_methods(steps in prop::collection::vec(step(), 1..30)) {
        let sandbox = filled();
        let acted = play(&sandbox, &steps, shop);
        prop_assert_eq!(sandbox.effects(1_000).unwrap().len(), acted);
    }

    #[test]
    fn what_leaves_the_banks_books_arrives_at_accounts(steps in prop::collection::vec(step(), 1..30)) {
        let sandbox = filled();
        let acted = play(&sandbox, &steps, bank);
        prop_assert_eq!(sandbox.effects(1_000).unwrap().len(), acted);
    }
}

/// What is drawn above is worth drawing: each action does something in some of the sequences.
#[test]
fn every_action_comes_to_be_in_drawn_sequences() {
    use proptest::{strategy::ValueTree, test_runner::TestRunner};
    let mut runner = TestRunner::deterministic();
    let sandbox = filled();
    let steps: Vec<Step> = (0..400).map(|_| step().new_tree(&mut runner).unwrap().current()).collect();
    for (number, step) in steps.iter().enumerate() {
        for draw in [shop, bank] {
            let (action, arguments) = draw(&sandbox, step);
            let _ = execute(&sandbox, &format!("{action}/{number}"), action, arguments);
        }
    }
    let done = sandbox.effects(1_000).unwrap();
    for action in Sandbox::actions() {
        assert!(done.iter().any(|statement| statement.action == action), "{action}");
    }
    assert_eq!(books::faults(&sandbox), Vec::<&str>::new());
}
