//! What the shop does.

use super::{
    action::{Action, CURRENCY},
    order::{Line, Method, Order, Variant},
};
use crate::{
    Ask, Failure, Money, Refusal,
    facts::money,
    work::{Done, Work},
};
use rusqlite::params;
use serde_json::{Map, Value, json};

const AT_ONCE: &str = "at once";
const LATER: &str = "in 5 to 7 business days";
const ON_ARRIVAL: &str = "once the items have come back";

/// Carries the action out.
pub(crate) fn act(work: &Work<'_>, action: Action, ask: &Ask<'_>) -> Result<Done, Failure> {
    match action {
        Action::CancelOrder => cancel(work, ask),
        Action::ModifyItems => modify_items(work, ask),
        Action::ModifyAddress => modify_address(work, ask),
        Action::ModifyPayment => modify_payment(work, ask),
        Action::ModifyUserAddress => modify_user_address(work, ask),
        Action::ReturnItems => return_items(work, ask),
        Action::ExchangeItems => exchange_items(work, ask),
    }
}

fn cancel(work: &Work<'_>, ask: &Ask<'_>) -> Result<Done, Failure> {
    let (order, reason) = (order_of(work, ask)?, ask.need_text("reason")?);
    let cure = "it was paid back, or items of it are on their way back; name one that is paid and whole";
    if order.net() <= 0 || order.lines.iter().any(|line| !line.stays) {
        return Err(state(&order, cure));
    }
    let total = work.amount(order.net());
    let (mut left, mut to, mut at_once) = (total.max(0), Vec::new(), 0);
    let mut by_size = order.paid.clone();
    by_size.sort_by_key(|(_, minor)| -minor);
    for (method, paid) in by_size {
        let part = left.min(paid).max(0);
        left -= part;
        if part > 0 {
            let method = method_named(work, &method)?;
            pay(work, &order, &method, -part)?;
            at_once += if method.balance.is_some() { part } else { 0 };
            to.push(method.id);
        }
    }
    let refunded = total.max(0) - left;
    let sql = "UPDATE shop_order SET status = 'cancelled', cancel_reason = ?2 WHERE order_id = ?1";
    work.database.execute(sql, [&order.id, reason])?;
    let effect = json!({
        "order_id": order.id, "order_status": "cancelled", "refunded_to": to,
        "refunded_at_once": usd(at_once), "refunded_later": usd(refunded - at_once),
    });
    Ok(done(order.customer, Some(refunded), effect))
}

fn modify_items(work: &Work<'_>, ask: &Ask<'_>) -> Result<Done, Failure> {
    let (order, method) = (order_of(work, ask)?, method_of(work, ask)?);
    let (items, pairs) = swapped(work, ask, &order)?;
    let back = work.amount(price_back(&pairs));
    let paid = pay(work, &order, &method, -back)?;
    for (line, new) in &pairs {
        let sql = "UPDATE shop_order_item SET item_id = ?3, price = ?4 WHERE order_id = ?1 AND position = ?2";
        work.database.execute(sql, params![order.id, line.position, new.item, new.price])?;
    }
    let status = "pending (items modified)";
    set_status(work, &order, status)?;
    let new_items: Vec<&str> = pairs.iter().map(|(_, new)| new.item.as_str()).collect();
    let effect = json!({
        "order_id": order.id, "order_status": status, "item_ids": items, "new_item_ids": new_items,
        "payment_method_id": method.id, "difference": usd(-back), "paid": paid,
    });
    Ok(done(order.customer, Some(back), effect))
}

fn modify_address(work: &Work<'_>, ask: &Ask<'_>) -> Result<Done, Failure> {
    let (order, address) = (order_of(work, ask)?, address_of(ask)?);
    let sql = "UPDATE shop_order SET address1 = ?2, address2 = ?3, city = ?4, state = ?5, country = ?6, zip = ?7
               WHERE order_id = ?1";
    let [address1, address2, city, region, country, zip] = address;
    work.database.execute(sql, [&order.id, address1, address2, city, region, country, zip])?;
    let effect = json!({"order_id": order.id, "order_status": order.status, "address_changed": true});
    Ok(done(order.customer, None, effect))
}

fn modify_user_address(work: &Work<'_>, ask: &Ask<'_>) -> Result<Done, Failure> {
    let (user, address) = (ask.need_text("user_id")?, address_of(ask)?);
    let sql = "UPDATE shop_customer SET address1 = ?2, address2 = ?3, city = ?4, state = ?5, country = ?6, zip = ?7
               WHERE customer_id = ?1";
    let [address1, address2, city, region, country, zip] = address;
    if work.database.execute(sql, [user, address1, address2, city, region, country, zip])? == 0 {
        return Err(not_found("customer", user));
    }
    Ok(done(user.to_owned(), None, json!({"user_id": user, "address_changed": true})))
}

fn modify_payment(work: &Work<'_>, ask: &Ask<'_>) -> Result<Done, Failure> {
    let (order, method) = (order_of(work, ask)?, method_of(work, ask)?);
    let net = order.net();
    if net <= 0 {
        return Err(state(&order, "nothing is paid for it that another payment method could pay"));
    }
    let mut refunded_to = Vec::new();
    let mut paid = AT_ONCE;
    for (from, minor) in order.paid.iter().filter(|(_, minor)| *minor != 0) {
        let from = method_named(work, from)?;
        let when = pay(work, &order, &from, -minor)?;
        paid = if when == AT_ONCE { paid } else { when };
        refunded_to.push(from.id);
    }
    // Read again: it may be one of those that were just paid back to.
    pay(work, &order, &method_named(work, &method.id)?, net)?;
    let effect = json!({
        "order_id": order.id, "order_status": order.status, "payment_method_id": method.id, "moved": usd(net),
        "refunded_to": refunded_to, "paid": paid,
    });
    Ok(done(order.customer, None, effect))
}

fn return_items(work: &Work<'_>, ask: &Ask<'_>) -> Result<Done, Failure> {
    let (order, method) = (order_of(work, ask)?, method_of(work, ask)?);
    let items = ask.need_texts("item_ids")?;
    let lines = lines_of(&order, &items)?;
    let back = work.amount(lines.iter().map(|line| line.variant.price).sum());
    lines.iter().try_for_each(|line| leaves(work, &order, line, None))?;
    due(work, &order, &method, back)?;
    let status = "return requested";
    set_status(work, &order, status)?;
    let effect = json!({
        "order_id": order.id, "order_status": status, "item_ids": items, "payment_method_id": method.id,
        "paid": ON_ARRIVAL,
    });
    Ok(done(order.customer, Some(back), effect))
}

fn exchange_items(work: &Work<'_>, ask: &Ask<'_>) -> Result<Done, Failure> {
    let (order, method) = (order_of(work, ask)?, method_of(work, ask)?);
    let (items, pairs) = swapped(work, ask, &order)?;
    let back = work.amount(price_back(&pairs));
    pairs.iter().try_for_each(|(line, new)| leaves(work, &order, line, Some(new)))?;
    due(work, &order, &method, back)?;
    let status = "exchange requested";
    set_status(work, &order, status)?;
    let new_items: Vec<&str> = pairs.iter().map(|(_, new)| new.item.as_str()).collect();
    let effect = json!({
        "order_id": order.id, "order_status": status, "item_ids": items, "new_item_ids": new_items,
        "payment_method_id": method.id, "difference": usd(-back), "paid": ON_ARRIVAL,
    });
    Ok(done(order.customer, Some(back), effect))
}

/// Moves money between a payment method and an order: above 0 to the order. Says when it is there.
fn pay(work: &Work<'_>, order: &Order, method: &Method, minor: i64) -> Result<&'static str, Failure> {
    if minor == 0 {
        return Ok(AT_ONCE);
    }
    if let Some(balance) = method.balance {
        if balance < minor {
            let (kind, id) = ("gift card", method.id.clone());
            let (has, needs) = (Money::new(balance, CURRENCY), Money::new(minor, CURRENCY));
            return Err(Refusal::TooLittle { kind, id, has, needs }.into());
        }
        let sql = "UPDATE shop_method SET balance = balance - ?2 WHERE method_id = ?1";
        work.database.execute(sql, params![method.id, minor])?;
    }
    let sql = "INSERT INTO shop_payment (order_id, method_id, minor, effect) VALUES (?1, ?2, ?3, ?4)";
    work.database.execute(sql, params![order.id, method.id, minor, work.effect])?;
    Ok(if minor > 0 || method.balance.is_some() { AT_ONCE } else { LATER })
}

/// Puts down what is paid once items have come back.
fn due(work: &Work<'_>, order: &Order, method: &Method, minor: i64) -> Result<(), Failure> {
    let sql = "INSERT INTO shop_due (order_id, method_id, minor, effect) VALUES (?1, ?2, ?3, ?4)";
    work.database.execute(sql, params![order.id, method.id, minor, work.effect])?;
    Ok(())
}

/// An item goes back to the shop, for another one or for money.
fn leaves(work: &Work<'_>, order: &Order, line: &Line, new: Option<&Variant>) -> Result<(), Failure> {
    let sql = "UPDATE shop_order_item SET stays = 0, new_item_id = ?3 WHERE order_id = ?1 AND position = ?2";
    work.database.execute(sql, params![order.id, line.position, new.map(|new| &new.item)])?;
    Ok(())
}

fn set_status(work: &Work<'_>, order: &Order, status: &str) -> Result<(), Failure> {
    work.database.execute("UPDATE shop_order SET status = ?2 WHERE order_id = ?1", [&order.id, status])?;
    Ok(())
}

/// The items that are given, and each line of the order with what comes in its place.
type Swapped<'a, 'o> = (Vec<&'a str>, Vec<(&'o Line, Variant)>);

fn swapped<'a, 'o>(work: &Work<'_>, ask: &Ask<'a>, order: &'o Order) -> Result<Swapped<'a, 'o>, Failure> {
    let (items, new_items) = (ask.need_texts("item_ids")?, ask.need_texts("new_item_ids")?);
    let lines = lines_of(order, &items)?;
    if lines.len() != new_items.len() {
        let must = "a list of as many items as `item_ids`, in the same order";
        return Err(Refusal::Argument { name: "new_item_ids", must }.into());
    }
    let new = new_items.iter().map(|item| Variant::find(work.database, item)?.ok_or_else(|| not_found("item", item)));
    let pairs = lines.into_iter().zip(new).map(|(line, new)| Ok((line, new?))).collect::<Result<_, Failure>>()?;
    Ok((items, pairs))
}

/// What the customer gets back for the items, less what the new ones cost.
fn price_back(pairs: &[(&Line, Variant)]) -> i64 {
    pairs.iter().map(|(line, new)| line.variant.price - new.price).sum()
}

/// The lines of the order that have these items, of those that are still there.
fn lines_of<'o>(order: &'o Order, items: &[&str]) -> Result<Vec<&'o Line>, Failure> {
    if order.net() <= 0 {
        return Err(state(order, "what was paid for it went back, and its items with it"));
    }
    let must = "items of the order that are still there, each as often as it is in it";
    let picked = order.picked(items, |line| line.stays);
    picked.ok_or_else(|| Refusal::Argument { name: "item_ids", must }.into())
}

fn order_of(work: &Work<'_>, ask: &Ask<'_>) -> Result<Order, Failure> {
    let id = ask.need_text("order_id")?;
    Order::find(work.database, id)?.ok_or_else(|| not_found("order", id))
}

fn method_of(work: &Work<'_>, ask: &Ask<'_>) -> Result<Method, Failure> {
    method_named(work, ask.need_text("payment_method_id")?)
}

fn method_named(work: &Work<'_>, id: &str) -> Result<Method, Failure> {
    Method::find(work.database, id)?.ok_or_else(|| not_found("payment method", id))
}

/// The parts of an address, as tables have them.
fn address_of<'a>(ask: &Ask<'a>) -> Result<[&'a str; 6], Refusal> {
    Ok([
        ask.need_text("address1")?,
        ask.may_text("address2")?,
        ask.need_text("city")?,
        ask.need_text("state")?,
        ask.need_text("country")?,
        ask.need_text("zip")?,
    ])
}

fn not_found(kind: &'static str, id: &str) -> Failure {
    Refusal::NotFound { kind, id: id.to_owned() }.into()
}

fn state(order: &Order, cure: &'static str) -> Failure {
    Refusal::State { kind: "order", id: order.id.clone(), state: order.status.clone(), cure }.into()
}

fn usd(minor: i64) -> Value {
    money(&Money::new(minor, CURRENCY))
}

fn done(customer: String, amount: Option<i64>, effect: Value) -> Done {
    let effect = if let Value::Object(effect) = effect { effect } else { Map::new() };
    Done { customer, amount: amount.map(|minor| Money::new(minor, CURRENCY)), effect }
}
