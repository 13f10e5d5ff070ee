//! What is true of a request to the shop now.

use super::{
    action::{Action, CURRENCY},
    order::{Method, Order, Variant},
};
use crate::{Ask, facts::Facts};
use rusqlite::{Connection, Result};

/// Everything that policy may want to know; what is not there is told by values that mean nothing.
pub(crate) fn facts(database: &Connection, action: Action, ask: &Ask<'_>, facts: &mut Facts) -> Result<()> {
    facts.flag("customer_found", customer_found(database, ask.customer)?);
    if action == Action::ModifyUserAddress {
        facts.flag("user_found", customer_found(database, ask.text("user_id"))?);
        return Ok(());
    }
    let order = ask.text("order_id").map(|id| Order::find(database, id)).transpose()?.flatten();
    of_order(order.as_ref(), facts);
    if action.names_method() {
        let method = ask.text("payment_method_id").map(|id| Method::find(database, id)).transpose()?.flatten();
        facts.text("method_customer", method.as_ref().map_or("", |method| &method.customer));
        facts.text("method_kind", method.as_ref().map_or("none", |method| &method.kind));
        facts.money("method_balance", method.and_then(|method| method.balance).unwrap_or(0), CURRENCY);
    }
    if action.names_items() {
        of_items(database, action, order.as_ref(), ask, facts)?;
    }
    if action == Action::ModifyPayment {
        facts.flag("payment_changed", order.as_ref().is_some_and(|order| order.paid.len() > 1));
    }
    if action == Action::CancelOrder {
        facts.money("amount", order.as_ref().map_or(0, Order::net), CURRENCY);
    }
    Ok(())
}

fn customer_found(database: &Connection, id: Option<&str>) -> Result<bool> {
    let sql = "SELECT 1 FROM shop_customer WHERE customer_id = ?1";
    id.map_or(Ok(false), |id| database.prepare_cached(sql)?.exists([id]))
}

fn of_order(order: Option<&Order>, facts: &mut Facts) {
    facts.flag("order_found", order.is_some());
    facts.text("order_customer", order.map_or("", |order| &order.customer));
    facts.text("order_status", order.map_or("none", |order| &order.status));
    facts.money("order_total", order.map_or(0, Order::total), CURRENCY);
    facts.text("order_paid_by", order.and_then(Order::paid_by).unwrap_or_default());
    let lines = order.map(|order| order.lines.as_slice()).unwrap_or_default();
    facts.texts("order_items", lines.iter().map(|line| line.variant.item.as_str()));
}

fn of_items(
    database: &Connection,
    action: Action,
    order: Option<&Order>,
    ask: &Ask<'_>,
    facts: &mut Facts,
) -> Result<()> {
    let items = ask.texts("item_ids").unwrap_or_default();
    let picked = order.filter(|_| !items.is_empty()).and_then(|order| order.picked(&items, |_| true));
    facts.flag("items_in_order", picked.is_some());
    facts.number("items_count", count(items.len()));
    let picked: Vec<&Variant> = picked.unwrap_or_default().into_iter().map(|line| &line.variant).collect();
    facts.texts("item_names", picked.iter().map(|variant| variant.name.as_str()));
    let price: i64 = picked.iter().map(|variant| variant.price).sum();
    if !action.swaps() {
        facts.money("amount", price, CURRENCY);
        return Ok(());
    }
    let new_items = ask.texts("new_item_ids").unwrap_or_default();
    let new = new_items.iter().map(|item| Variant::find(database, item)).collect::<Result<Option<Vec<Variant>>>>()?;
    let new = new.unwrap_or_default();
    let is_pair = |old: &&Variant, new: &Variant| old.product == new.product && old.item != new.item;
    let are_paired = !picked.is_empty() && picked.len() == new.len();
    facts.number("new_items_count", count(new_items.len()));
    facts.texts("new_item_names", new.iter().map(|variant| variant.name.as_str()));
    facts.flag("new_items_same_product", are_paired && picked.iter().zip(&new).all(|(old, new)| is_pair(old, new)));
    facts.flag("new_items_available", !new.is_empty() && new.iter().all(|variant| variant.available));
    let new_price: i64 = new.iter().map(|variant| variant.price).sum();
    let difference = if are_paired { new_price - price } else { 0 };
    facts.money("difference", difference, CURRENCY);
    facts.money("amount", -difference, CURRENCY);
    Ok(())
}

fn count(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}
