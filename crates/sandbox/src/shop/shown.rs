//! What people are shown of a customer of the shop.

use crate::shown::{Cell, ROWS_MAX, Table, table};
use rusqlite::{Connection, Result, Row};

/// The currency of everything in the shop.
const CURRENCY: &str = "USD";

/// Their details, payment methods, orders with items, and what was paid and is due.
pub(crate) fn shown(database: &Connection, customer: &str) -> Result<Vec<Table>> {
    let text = |row: &Row<'_>, at: usize| Ok::<_, rusqlite::Error>(Cell::text(row.get::<_, String>(at)?));
    let details = table(
        database,
        "Customer of the shop",
        &["name", "e-mail", "address"],
        "SELECT first_name || ' ' || last_name, email,
                address1 || ', ' || city || ', ' || state || ' ' || zip || ', ' || country
         FROM shop_customer WHERE customer_id = ?1",
        &[&customer],
        |row| Ok(vec![text(row, 0)?, text(row, 1)?, text(row, 2)?]),
    )?;
    let methods = table(
        database,
        "Payment methods",
        &["method", "kind", "on it"],
        "SELECT method_id, kind, balance FROM shop_method WHERE customer_id = ?1 ORDER BY method_id LIMIT ?2",
        &[&customer, &ROWS_MAX],
        |row| {
            let balance: Option<i64> = row.get(2)?;
            Ok(vec![text(row, 0)?, text(row, 1)?, balance.map_or(Cell::Nothing, |minor| Cell::money(minor, CURRENCY))])
        },
    )?;
    let orders = table(
        database,
        "Orders",
        &["order", "state", "cancelled since", "sent to"],
        "SELECT order_id, status, coalesce(cancel_reason, ''),
                address1 || ', ' || city || ', ' || state || ' ' || zip || ', ' || country
         FROM shop_order WHERE customer_id = ?1 ORDER BY order_id LIMIT ?2",
        &[&customer, &ROWS_MAX],
        |row| Ok(vec![text(row, 0)?, text(row, 1)?, text(row, 2)?, text(row, 3)?]),
    )?;
    let items = table(
        database,
        "Items",
        &["order", "item", "product", "price", "stays", "exchanged for"],
        "SELECT order_id, item_id, name || iif(options = '', '', ' (' || options || ')'), line.price,
                iif(stays, 'yes', 'no'), coalesce(new_item_id, '')
         FROM shop_order_item AS line JOIN shop_order USING (order_id) JOIN shop_item USING (item_id)
              JOIN shop_product USING (product_id)
         WHERE customer_id = ?1 ORDER BY order_id, position LIMIT ?2",
        &[&customer, &ROWS_MAX],
        |row| {
            let price = Cell::money(row.get(3)?, CURRENCY);
            Ok(vec![text(row, 0)?, text(row, 1)?, text(row, 2)?, price, text(row, 4)?, text(row, 5)?])
        },
    )?;
    let payments = |title, of: &str| {
        let sql = format!(
            "SELECT order_id, method_id, {of}.minor, coalesce(effect, 0)
             FROM {of} JOIN shop_order USING (order_id) WHERE customer_id = ?1 ORDER BY {of}.id DESC LIMIT ?2"
        );
        table(database, title, &["order", "method", "amount", "effect"], &sql, &[&customer, &ROWS_MAX], |row| {
            let effect: i64 = row.get(3)?;
            let effect = if effect == 0 { Cell::Nothing } else { Cell::text(crate::statement::reference(effect)) };
            Ok(vec![text(row, 0)?, text(row, 1)?, Cell::money(row.get(2)?, CURRENCY), effect])
        })
    };
    let paid = payments("What was paid, and paid back where it is below 0", "shop_payment")?;
    let due = payments("What is due once items have come back", "shop_due")?;
    Ok([details, methods, orders, paid, due, items].into_iter().flatten().collect())
}
