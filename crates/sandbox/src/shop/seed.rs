//! Fills the shop from a database in the form of the retail domain of tau2-bench.

use crate::{Failure, ask::is_plain, money::minor_of};
use rusqlite::{Connection, params};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// Bytes of it at most.
const BYTES_MAX: usize = 64 << 20;

#[derive(Deserialize)]
struct Shop {
    products: BTreeMap<String, Product>,
    users: BTreeMap<String, User>,
    orders: BTreeMap<String, Order>,
}

#[derive(Deserialize)]
struct Product {
    name: String,
    variants: BTreeMap<String, Variant>,
}

#[derive(Deserialize)]
struct Variant {
    #[serde(default)]
    options: BTreeMap<String, String>,
    available: bool,
    price: Box<RawValue>,
}

#[derive(Deserialize)]
struct User {
    name: Name,
    address: Address,
    email: String,
    payment_methods: BTreeMap<String, Method>,
}

#[derive(Deserialize)]
struct Name {
    first_name: String,
    last_name: String,
}

#[derive(Deserialize)]
struct Address {
    address1: String,
    #[serde(default)]
    address2: String,
    city: String,
    state: String,
    country: String,
    zip: String,
}

#[derive(Deserialize)]
struct Method {
    source: String,
    balance: Option<Box<RawValue>>,
}

#[derive(Deserialize)]
struct Order {
    user_id: String,
    address: Address,
    items: Vec<Item>,
    status: String,
    payment_history: Vec<Payment>,
}

#[derive(Deserialize)]
struct Item {
    item_id: String,
    price: Box<RawValue>,
}

#[derive(Deserialize)]
struct Payment {
    transaction_type: Transaction,
    amount: Box<RawValue>,
    payment_method_id: String,
}

#[derive(Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Transaction {
    Payment,
    Refund,
}

/// Fills it where it is empty; whether it was.
pub(crate) fn fill(database: &Connection, text: &str) -> Result<bool, Failure> {
    if database.prepare("SELECT 1 FROM shop_product")?.exists([])? {
        return Ok(false);
    }
    if text.len() > BYTES_MAX {
        return Err(Failure::Seed(format!("it has more than {BYTES_MAX} bytes; take a smaller one")));
    }
    let shop: Shop = serde_json::from_str(text).map_err(|error| Failure::Seed(error.to_string()))?;
    shop.products.iter().try_for_each(|(id, product)| of_product(database, id, product))?;
    shop.users.iter().try_for_each(|(id, user)| of_user(database, id, user))?;
    shop.orders.iter().try_for_each(|(id, order)| of_order(database, id, order))?;
    Ok(true)
}

fn of_product(database: &Connection, id: &str, product: &Product) -> Result<(), Failure> {
    database
        .execute("INSERT INTO shop_product (product_id, name) VALUES (?1, ?2)", [plain(id)?, plain(&product.name)?])?;
    let sql = "INSERT INTO shop_item (item_id, product_id, options, price, available) VALUES (?1, ?2, ?3, ?4, ?5)";
    for (item, variant) in &product.variants {
        let options: Vec<&str> = variant.options.values().map(String::as_str).collect();
        let price = minor(&variant.price, item)?;
        let row = params![plain(item)?, id, options.join(", "), price, variant.available];
        database.prepare_cached(sql)?.execute(row)?;
    }
    Ok(())
}

fn of_user(database: &Connection, id: &str, user: &User) -> Result<(), Failure> {
    let sql = "INSERT INTO shop_customer
               (customer_id, first_name, last_name, email, address1, address2, city, state, country, zip)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
    let (Name { first_name, last_name }, at) = (&user.name, &user.address);
    let [a, b, c, d, e, f] = at.parts();
    database.prepare_cached(sql)?.execute([
        plain(id)?,
        plain(first_name)?,
        plain(last_name)?,
        plain(&user.email)?,
        a,
        b,
        c,
        d,
        e,
        f,
    ])?;
    let sql = "INSERT INTO shop_method (method_id, customer_id, kind, balance, opening) VALUES (?1, ?2, ?3, ?4, ?4)";
    for (method, kind) in &user.payment_methods {
        let balance = kind.balance.as_ref().map(|balance| minor(balance, method)).transpose()?;
        database.prepare_cached(sql)?.execute(params![plain(method)?, id, kind.source, balance])?;
    }
    Ok(())
}

fn of_order(database: &Connection, id: &str, order: &Order) -> Result<(), Failure> {
    let sql = "INSERT INTO shop_order
               (order_id, customer_id, status, address1, address2, city, state, country, zip)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
    let [a, b, c, d, e, f] = order.address.parts();
    database.prepare_cached(sql)?.execute([plain(id)?, &order.user_id, &order.status, a, b, c, d, e, f])?;
    let sql = "INSERT INTO shop_order_item (order_id, position, item_id, price) VALUES (?1, ?2, ?3, ?4)";
    for (position, item) in (0_i64..).zip(&order.items) {
        database.prepare_cached(sql)?.execute(params![id, position, item.item_id, minor(&item.price, id)?])?;
    }
    let sql = "INSERT INTO shop_payment (order_id, method_id, minor) VALUES (?1, ?2, ?3)";
    for payment in &order.payment_history {
        let amount = minor(&payment.amount, id)?;
        let amount = if payment.transaction_type == Transaction::Payment { amount } else { -amount };
        database.prepare_cached(sql)?.execute(params![id, payment.payment_method_id, amount])?;
    }
    Ok(())
}

impl Address {
    fn parts(&self) -> [&str; 6] {
        [&self.address1, &self.address2, &self.city, &self.state, &self.country, &self.zip]
    }
}

/// The minor units of an amount, by its text in the file.
fn minor(amount: &RawValue, of: &str) -> Result<i64, Failure> {
    let read = minor_of(amount.get()).filter(|minor| *minor >= 0);
    read.ok_or_else(|| Failure::Seed(format!("`{of}` has an amount that is no number with two decimals at most")))
}

fn plain(text: &str) -> Result<&str, Failure> {
    let told = || Failure::Seed("a name or an identifier is empty, too long or has control characters".to_owned());
    is_plain(text).then_some(text).ok_or_else(told)
}
