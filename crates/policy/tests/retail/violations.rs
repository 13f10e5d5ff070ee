//! What breaks a rule is refused by the rule that names it: right requests of the real database, each made wrong in one
//! way.

use super::{
    data,
    judge::{Asks, Shop},
};
use remit_domain::{
    request::{Answer, Confirming},
    signal::Value as Seen,
};
use remit_sandbox::Sandbox;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Violations of each rule at least, and looked at for each at most.
const LEAST: usize = 20;
const MOST: usize = 40;
const PENDING: [&str; 4] = [
    "cancel_pending_order",
    "modify_pending_order_items",
    "modify_pending_order_address",
    "modify_pending_order_payment",
];
const DELIVERED: [&str; 2] = ["return_delivered_order_items", "exchange_delivered_order_items"];
const POLICIES: &str = include_str!("../../../../bundles/shop/policies/requests.cedar");

/// A request that is right but for the customer's yes.
#[derive(Clone)]
struct Right {
    account: String,
    action: &'static str,
    arguments: Map<String, Value>,
}

impl Right {
    fn with(&self, name: &str, value: Value) -> Self {
        let mut other = self.clone();
        other.arguments.insert(name.to_owned(), value);
        other
    }

    fn text(&self, name: &str) -> &str {
        self.arguments.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    fn first(&self, name: &str) -> &str {
        self.arguments.get(name).and_then(|list| list[0].as_str()).unwrap_or_default()
    }
}

/// The database, by what is asked of it here.
struct Database {
    all: Value,
    /// The product of each item.
    product_of: BTreeMap<String, String>,
}

impl Database {
    fn of(text: &str) -> Self {
        let all: Value = serde_json::from_str(text).unwrap();
        let mut product_of = BTreeMap::new();
        for (product, is) in all["products"].as_object().unwrap() {
            product_of.extend(is["variants"].as_object().unwrap().keys().map(|item| (item.clone(), product.clone())));
        }
        Self { all, product_of }
    }

    fn orders(&self, status: &str) -> impl Iterator<Item = (&String, &Value)> {
        self.all["orders"].as_object().unwrap().iter().filter(move |(_, order)| order["status"] == status)
    }

    fn users(&self) -> &Map<String, Value> {
        self.all["users"].as_object().unwrap()
    }

    /// The variants of an item's product, that item left out.
    fn others(&self, item: &str, available: bool) -> impl Iterator<Item = &str> {
        let variants = self.all["products"][&self.product_of[item]]["variants"].as_object().unwrap();
        let fits = move |(_, is): &(&String, &Value)| is["available"] == available;
        let item = item.to_owned();
        variants.iter().filter(fits).map(|(name, _)| name.as_str()).filter(move |name| *name != item)
    }

    /// An item of another product that can be had.
    fn foreign(&self, item: &str) -> &str {
        let products = self.all["products"].as_object().unwrap();
        let (_, other) = products.iter().find(|(product, _)| **product != self.product_of[item]).unwrap();
        let had = other["variants"].as_object().unwrap().iter().find(|(_, is)| is["available"] == true);
        had.unwrap().0
    }

    fn methods(&self, account: &str) -> impl Iterator<Item = (&String, &Value)> {
        self.users()[account]["payment_methods"].as_object().unwrap().iter()
    }

    /// Somebody else, with a method of theirs.
    fn somebody_else(&self, account: &str) -> (&String, &String) {
        let of = |user: &'_ Value| user["payment_methods"].as_object().is_some_and(|methods| !methods.is_empty());
        let (other, user) = self.users().iter().find(|(id, user)| *id != account && of(user)).unwrap();
        (other, user["payment_methods"].as_object().unwrap().keys().next().unwrap())
    }

    fn paid_by(order: &Value) -> &str {
        order["payment_history"][0]["payment_method_id"].as_str().unwrap()
    }

    /// Requests on an order that are right if it is in the right state.
    fn on(&self, id: &str, order: &Value, actions: &[&'static str]) -> Vec<Right> {
        let account = order["user_id"].as_str().unwrap();
        let item = order["items"][0]["item_id"].as_str().unwrap();
        let credit = self.methods(account).find(|(_, is)| is["source"] != "gift_card").map(|(method, _)| method);
        let new = self.others(item, true).next();
        let mut address = self.users()[account]["address"].as_object().unwrap().clone();
        address.insert("order_id".to_owned(), json!(id));
        let paid = Self::paid_by(order);
        let other = self.methods(account).find(|(method, is)| *method != paid && is["source"] != "gift_card");
        let arguments = |action: &str| {
            Some(match action {
                "cancel_pending_order" => json!({ "order_id": id, "reason": "no longer needed" }),
                "modify_pending_order_address" => Value::Object(address.clone()),
                "modify_pending_order_payment" => json!({ "order_id": id, "payment_method_id": other?.0 }),
                "return_delivered_order_items" => {
                    json!({ "order_id": id, "item_ids": [item], "payment_method_id": paid })
                }
                _ => {
                    let items = json!({ "order_id": id, "item_ids": [item], "new_item_ids": [new?] });
                    let mut items = items.as_object().unwrap().clone();
                    items.insert("payment_method_id".to_owned(), json!(credit?));
                    Value::Object(items)
                }
            })
        };
        let right = |action: &&'static str| {
            let arguments = arguments(action)?.as_object()?.clone();
            Some(Right { account: account.to_owned(), action, arguments })
        };
        actions.iter().filter_map(right).collect()
    }

    /// Right requests of every action, in turn.
    fn right(&self) -> Vec<Right> {
        let on = |status: &'static str, actions: &'static [&'static str]| {
            self.orders(status).flat_map(move |(id, order)| self.on(id, order, actions))
        };
        let address = |(account, user): (&String, &Value)| {
            let mut arguments = user["address"].as_object().unwrap().clone();
            arguments.insert("user_id".to_owned(), json!(account));
            Right { account: account.clone(), action: "modify_user_address", arguments }
        };
        let addresses = self.users().iter().take(MOST).map(address);
        on("pending", &PENDING).chain(on("delivered", &DELIVERED)).chain(addresses).collect()
    }
}

/// What is refused, by rule.
struct Refused<'a> {
    shop: &'a Shop,
    sandbox: &'a Sandbox,
    counts: BTreeMap<String, usize>,
    wrong: Vec<String>,
}

impl Refused<'_> {
    /// Holds requests that break a rule against it; it must refuse every one, whatever the customer says.
    fn by(&mut self, rule: &str, violations: impl Iterator<Item = Right>) {
        self.with(rule, violations.map(|wrong| (Asks::confirmed(&wrong.account), wrong)));
    }

    fn with(&mut self, rule: &str, violations: impl Iterator<Item = (Asks, Right)>) {
        for (asks, wrong) in violations.take(MOST) {
            let judged = self.shop.judge(self.sandbox, wrong.action, &wrong.arguments, &asks);
            let is_refused = match &judged.answer {
                Answer::Deny => true,
                Answer::Needs { .. } => rule == "request.confirmed",
                Answer::Allow => false,
            };
            if is_refused && judged.rules.iter().any(|named| named == rule) {
                *self.counts.entry(rule.to_owned()).or_default() += 1;
            } else {
                let arguments = Value::Object(wrong.arguments);
                self.wrong.push(format!("{rule}: {} {arguments} was {}", wrong.action, judged.says()));
            }
        }
    }
}

#[test]
fn what_breaks_a_rule_is_refused_by_the_rule_that_names_it() {
    let text = data::database();
    let (shop, database) = (Shop::with(&text), Database::of(&text));
    let sandbox = shop.sandbox("violations");
    let right: Vec<Right> = database.right();
    // What is made wrong below is right: each of these is allowed as soon as the customer says yes.
    let mut of_action = BTreeMap::<&str, usize>::new();
    for right in &right {
        let count = of_action.entry(right.action).or_default();
        if *count < MOST {
            let judged = shop.judge(&sandbox, right.action, &right.arguments, &Asks::confirmed(&right.account));
            assert!(judged.is_allowed(), "{} {:?}: {}", right.action, right.arguments, judged.says());
            *count += 1;
        }
    }
    assert!(of_action.len() == 7 && of_action.values().all(|count| *count >= LEAST), "{of_action:?}");

    let mut refused = Refused { shop: &shop, sandbox: &sandbox, counts: BTreeMap::new(), wrong: Vec::new() };
    // Every ninth, so that all actions are among those that are looked at.
    let spread = || right.iter().step_by(9);
    let on = |actions: &'static [&'static str]| right.iter().filter(move |right| actions.contains(&right.action));
    let of = |action: &'static str| right.iter().filter(move |right| right.action == action);
    let swaps = || right.iter().filter(|right| right.arguments.contains_key("new_item_ids")).step_by(7);

    who_asks_and_who_says_yes(&mut refused, &database, spread);
    let foreign = |right: &Right| right.with("payment_method_id", json!(database.somebody_else(&right.account).1));
    let paid = |right: &&Right| right.arguments.contains_key("payment_method_id");
    refused.by("request.own-method", right.iter().step_by(5).filter(paid).map(foreign));

    // In which state an order is.
    let in_state = |status: &'static str, actions: &'static [&'static str]| {
        database.orders(status).flat_map(|(id, order)| database.on(id, order, actions))
    };
    let closed = |actions| in_state("processed", actions).take(LEAST).chain(in_state("cancelled", actions).take(LEAST));
    refused.by("request.open-order", closed(&PENDING).step_by(2));
    refused.by("request.open-order", closed(&DELIVERED).step_by(2));
    for (rule, actions, wrong) in [
        ("request.cancel-pending", &PENDING[..1], "delivered"),
        ("request.modify-pending", &PENDING[1..], "delivered"),
        ("request.return-delivered", &DELIVERED[..1], "pending"),
        ("request.exchange-delivered", &DELIVERED[1..], "pending"),
    ] {
        for status in [wrong, "processed", "cancelled"] {
            refused.by(rule, in_state(status, actions).take(MOST / 3));
        }
    }

    // What is asked for.
    let reasons = ["found it cheaper", "changed my mind", "takes too long", "No longer needed", "no longer needed."];
    let other_reason = |(at, right): (usize, &Right)| right.with("reason", json!(reasons[at % reasons.len()]));
    refused.by("request.cancel-reason", of(PENDING[0]).enumerate().map(other_reason));
    let paid_by = |right: &Right| Database::paid_by(&database.all["orders"][right.text("order_id")]).to_owned();
    let same = |right: &Right| right.with("payment_method_id", json!(paid_by(right)));
    refused.by("request.other-method", of(PENDING[3]).map(same));
    let not_in_order = |right: &Right| {
        let order = &database.all["orders"][right.text("order_id")]["items"];
        let is_in = |item: &str| order.as_array().unwrap().iter().any(|line| line["item_id"] == item);
        let missing = database.others(right.first("item_ids"), false).find(|item| !is_in(item))?;
        Some(right.with("item_ids", json!([missing])))
    };
    let items = || right.iter().filter(|right| right.arguments.contains_key("item_ids")).step_by(9);
    refused.by("request.items-of-order", items().filter_map(not_in_order));
    let twice =
        |right: &Right| right.with("new_item_ids", json!([right.first("new_item_ids"), right.first("item_ids")]));
    refused.by("request.items-paired", swaps().map(twice));
    let sold_out = |right: &Right| {
        let none_left = database.others(right.first("item_ids"), false).next()?;
        Some(right.with("new_item_ids", json!([none_left])))
    };
    refused.by("request.items-available", swaps().filter_map(sold_out));
    let product = |right: &Right| right.with("new_item_ids", json!([database.foreign(right.first("item_ids"))]));
    refused.by("request.items-same-product", swaps().map(product));
    let same_item = |right: &Right| right.with("new_item_ids", json!([right.first("item_ids")]));
    refused.by("request.items-other-option", swaps().map(same_item));

    gift_cards(&mut refused, &database, &right);
    let elsewhere = |right: &Right| {
        let paid = paid_by(right);
        let is_other = |(method, is): &(&String, &Value)| **method != paid && is["source"] != "gift_card";
        let other = database.methods(&right.account).find(is_other)?.0;
        Some(right.with("payment_method_id", json!(other)))
    };
    refused.by("request.refund-method", of(DELIVERED[0]).filter_map(elsewhere));
    a_second_time(&mut refused, &on);

    let Refused { counts, wrong, .. } = refused;
    assert!(wrong.is_empty(), "{} were not refused as they should be:\n{}", wrong.len(), wrong.join("\n"));
    // Every rule that refuses was tried.
    for rule in rules() {
        let count = counts.get(rule).copied().unwrap_or_default();
        assert!(count >= LEAST, "`{rule}` has refused {count} of the violations, and at least {LEAST} must be tried");
    }
}

/// The rules that forbid, by their text.
fn rules() -> impl Iterator<Item = &'static str> {
    let of = |rule: &'static str| Some((rule.split_once('"')?.0, rule));
    let forbids = |(_, text): &(&str, &str)| text.contains("\nforbid (");
    POLICIES.split("@id(\"").skip(1).filter_map(of).filter(forbids).map(|(id, _)| id)
}

fn who_asks_and_who_says_yes<'a, I: Iterator<Item = &'a Right>>(
    refused: &mut Refused<'_>,
    database: &Database,
    spread: impl Fn() -> I,
) {
    let asks = |right: &Right, change: &dyn Fn(&mut Asks)| {
        let mut asks = Asks::confirmed(&right.account);
        change(&mut asks);
        (asks, right.clone())
    };
    let unproved = |right: &Right| asks(right, &|asks| asks.identity_proved = false);
    refused.with("request.identity", spread().map(unproved));
    let unknown = |right: &Right| asks(right, &|asks| asks.account = None);
    refused.with("request.identity", spread().map(unknown));
    let another = |right: &Right| {
        let other = database.somebody_else(&right.account).0;
        asks(right, &|asks| asks.account = Some(other.clone()))
    };
    let is_address = |right: &&Right| right.action == "modify_user_address";
    refused.with("request.own-order", spread().filter(|right| !is_address(right)).map(another));
    let addresses: Vec<Right> = database.right().into_iter().filter(|right| is_address(&right)).collect();
    refused.with("request.own-address", addresses.iter().map(another));
    let silent = |right: &Right| asks(right, &|asks| asks.confirmed.clear());
    refused.with("request.confirmed", spread().map(silent));
    let by_staff = |right: &Right| asks(right, &|asks| asks.confirmed = vec![Confirming::Staff]);
    refused.with("request.confirmed", spread().map(by_staff));
    for (rule, signal, value) in [
        ("request.ai-own", "requester", Seen::name("proxy")),
        ("request.ai-own", "requester", Seen::name("autonomous")),
        ("request.ai-unsafe", "situation", Seen::name("fraud_in_progress")),
        ("request.ai-sure", "intent_abstained", Seen::Bool(true)),
        ("request.ai-sure", "intent_confidence_bp", Seen::Long(5_999)),
    ] {
        let reads = |right: &Right| asks(right, &|asks| asks.signals = vec![(signal, value.clone())]);
        refused.with(rule, spread().map(reads));
    }
}

/// Gift cards on which there is too little.
fn gift_cards(refused: &mut Refused<'_>, database: &Database, right: &[Right]) {
    let cents = |amount: &Value| (amount.as_f64().unwrap() * 100.0).round() as i64;
    let card = |right: &Right| {
        let is_card = |(_, is): &(&String, &Value)| is["source"] == "gift_card";
        let (card, is) = database.methods(&right.account).find(is_card)?;
        Some((card.clone(), cents(&is["balance"])))
    };
    let price = |item: &str| {
        let variants = &database.all["products"][&database.product_of[item]]["variants"];
        cents(&variants[item]["price"])
    };
    let for_the_whole = database.orders("pending").filter_map(|(id, order)| {
        let account = order["user_id"].as_str()?.to_owned();
        let arguments = json!({ "order_id": id, "payment_method_id": "" }).as_object()?.clone();
        let asked = Right { account, action: "modify_pending_order_payment", arguments };
        let (card, balance) = card(&asked)?;
        let total: i64 = order["items"].as_array()?.iter().map(|line| cents(&line["price"])).sum();
        let lacks = balance < total && card != Database::paid_by(order);
        lacks.then(|| asked.with("payment_method_id", json!(card)))
    });
    refused.by("request.gift-card-total", for_the_whole);
    let for_the_rest = right.iter().filter(|right| right.arguments.contains_key("new_item_ids")).filter_map(|right| {
        let (card, balance) = card(right)?;
        let order = database.all["orders"][right.text("order_id")]["items"].as_array()?;
        // The variant that costs most of the product, in the place of what was paid for this one.
        let dearest = database.others(right.first("item_ids"), true).max_by_key(|item| price(item))?;
        let paid = cents(&order.iter().find(|line| line["item_id"] == right.first("item_ids"))?["price"]);
        let lacks = balance < price(dearest) - paid;
        let with = || right.with("new_item_ids", json!([dearest])).with("payment_method_id", json!(card));
        lacks.then(with)
    });
    refused.by("request.gift-card-difference", for_the_rest);
}

/// What was done to an order already is not done again.
fn a_second_time<'a, I: Iterator<Item = &'a Right>>(
    refused: &mut Refused<'_>,
    on: &impl Fn(&'static [&'static str]) -> I,
) {
    let (shop, sandbox) = (refused.shop, refused.sandbox);
    let done = |right: &Right| {
        let key = format!("{} {}", right.action, right.text("order_id"));
        shop.carry_out(sandbox, &key, right.action, &right.arguments).is_some()
    };
    let mut later = Vec::new();
    for payment in on(&PENDING[3..]).take(LEAST) {
        assert!(done(payment));
        later.push(payment.clone());
    }
    refused.by("request.payment-once", later.into_iter());
    let changed: Vec<&str> = on(&PENDING[1..2]).skip(LEAST).take(MOST).filter(|right| done(right)).map(order).collect();
    let again = on(&PENDING).filter(|right| changed.contains(&order(right))).cloned();
    refused.by("request.changed-once", again);
    let exchanged: Vec<&str> = on(&DELIVERED[1..]).take(LEAST).filter(|right| done(right)).map(order).collect();
    let returned: Vec<&str> =
        on(&DELIVERED[..1]).skip(2 * LEAST).take(LEAST).filter(|right| done(right)).map(order).collect();
    for orders in [exchanged, returned] {
        let again = on(&DELIVERED).filter(|right| orders.contains(&order(right))).cloned();
        refused.by("request.exchanged-once", again);
    }
}

fn order(right: &Right) -> &str {
    right.text("order_id")
}
