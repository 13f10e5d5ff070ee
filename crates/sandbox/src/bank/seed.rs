//! Fills the bank with customers who do not exist.

use super::customer::HOUR_MS;
use crate::{Failure, NEVER_HOURS};
use rusqlite::{Connection, params};
use serde::Deserialize;

/// Made by `data/make.py`.
const BANK: &str = include_str!("../../data/bank.json");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Bank {
    customers: Vec<Customer>,
    accounts: Vec<Account>,
    cards: Vec<Card>,
    taken: Vec<Taken>,
    transfers: Vec<Transfer>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Customer {
    customer_id: String,
    name: String,
    email: String,
    phone: String,
    address1: String,
    address2: String,
    city: String,
    postcode: String,
    country: String,
    address_changed_hours_ago: Option<i64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Account {
    account_id: String,
    customer_id: String,
    kind: String,
    currency: String,
    balance_minor: i64,
    frozen: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Card {
    card_id: String,
    account_id: String,
    frozen_by: String,
    limit_minor: i64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Taken {
    id: String,
    kind: String,
    account_id: String,
    what: String,
    minor: i64,
    returned_minor: i64,
    settled: bool,
    hours_ago: i64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Transfer {
    transfer_id: String,
    account_id: String,
    payee: String,
    minor: i64,
    sent_hours_ago: i64,
}

/// Fills it where it is empty, with everything as long ago from `now_ms` as the file says; whether it was empty.
pub(crate) fn fill(database: &Connection, now_ms: i64) -> Result<bool, Failure> {
    if database.prepare("SELECT 1 FROM bank_customer")?.exists([])? {
        return Ok(false);
    }
    let bank: Bank = serde_json::from_str(BANK).map_err(|error| Failure::Seed(error.to_string()))?;
    let ago = |hours: i64| now_ms - hours.clamp(-NEVER_HOURS, NEVER_HOURS) * HOUR_MS;
    let sql = "INSERT INTO bank_customer VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
    for one in &bank.customers {
        let at = (&one.address1, &one.address2, &one.city, &one.postcode, &one.country);
        let changed = one.address_changed_hours_ago.map(ago);
        let row = params![one.customer_id, one.name, one.email, one.phone, at.0, at.1, at.2, at.3, at.4, changed];
        database.execute(sql, row)?;
    }
    let sql = "INSERT INTO bank_account (account_id, customer_id, kind, currency, balance, opening, frozen)
               VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?6)";
    for one in &bank.accounts {
        let row = params![one.account_id, one.customer_id, one.kind, one.currency, one.balance_minor, one.frozen];
        database.execute(sql, row)?;
    }
    let sql = "INSERT INTO bank_card (card_id, account_id, status, frozen_by, max_minor) VALUES (?1, ?2, ?3, ?4, ?5)";
    for one in &bank.cards {
        let status = if one.frozen_by == "none" { "active" } else { "frozen" };
        database.execute(sql, params![one.card_id, one.account_id, status, one.frozen_by, one.limit_minor])?;
    }
    let sql = "INSERT INTO bank_taken (id, kind, account_id, what, minor, returned, returned_ms, settled, at_ms)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
    for one in &bank.taken {
        let at_ms = ago(one.hours_ago);
        let (back, back_ms) = (one.returned_minor, (one.returned_minor > 0).then_some(at_ms));
        database.execute(
            sql,
            params![one.id, one.kind, one.account_id, one.what, one.minor, back, back_ms, one.settled, at_ms],
        )?;
    }
    let sql = "INSERT INTO bank_transfer (transfer_id, account_id, payee, minor, sent_ms) VALUES (?1, ?2, ?3, ?4, ?5)";
    for one in &bank.transfers {
        let sent = ago(one.sent_hours_ago);
        database.execute(sql, params![one.transfer_id, one.account_id, one.payee, one.minor, sent])?;
    }
    Ok(true)
}
