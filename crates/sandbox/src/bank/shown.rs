//! What people are shown of a customer of the bank.

use crate::{
    bank::transfer::status,
    shown::{Cell, ROWS_MAX, Table, table},
};
use rusqlite::{Connection, Result, Row};

/// Their details, accounts, cards, what was taken from them, transfers, and what moved on their accounts.
pub(crate) fn shown(database: &Connection, customer: &str, now_ms: i64) -> Result<Vec<Table>> {
    let text = |row: &Row<'_>, at: usize| Ok::<_, rusqlite::Error>(Cell::text(row.get::<_, String>(at)?));
    let details = table(
        database,
        "Customer of the bank",
        &["name", "e-mail", "phone", "address", "address changed"],
        "SELECT name, email, phone, address1 || ', ' || postcode || ' ' || city || ', ' || country, address_changed_ms
         FROM bank_customer WHERE customer_id = ?1",
        &[&customer],
        |row| Ok(vec![text(row, 0)?, text(row, 1)?, text(row, 2)?, text(row, 3)?, Cell::moment(row.get(4)?)]),
    )?;
    let accounts = table(
        database,
        "Accounts",
        &["account", "kind", "state", "balance"],
        "SELECT account_id, kind, iif(frozen, 'frozen', status), balance, currency
         FROM bank_account WHERE customer_id = ?1 ORDER BY account_id LIMIT ?2",
        &[&customer, &ROWS_MAX],
        |row| Ok(vec![text(row, 0)?, text(row, 1)?, text(row, 2)?, money(row, 3)?]),
    )?;
    let cards = table(
        database,
        "Cards",
        &["card", "account", "state", "frozen by", "limit", "limit raised", "PIN sent", "replaced by"],
        "SELECT card_id, account_id, bank_card.status, frozen_by, max_minor, currency, limit_raised_ms, pin_sent_ms,
                coalesce(replaced_by, '')
         FROM bank_card JOIN bank_account USING (account_id) WHERE customer_id = ?1 ORDER BY card_id LIMIT ?2",
        &[&customer, &ROWS_MAX],
        |row| {
            let (raised, sent) = (Cell::moment(row.get(6)?), Cell::moment(row.get(7)?));
            Ok(vec![
                text(row, 0)?,
                text(row, 1)?,
                text(row, 2)?,
                text(row, 3)?,
                money(row, 4)?,
                raised,
                sent,
                text(row, 8)?,
            ])
        },
    )?;
    let taken = table(
        database,
        "Charges, fees and direct debits",
        &["what", "kind", "account", "of", "amount", "state", "came back", "when"],
        "SELECT id, bank_taken.kind, account_id, what, minor, currency, iif(settled, 'settled', 'pending'), returned,
                currency, at_ms
         FROM bank_taken JOIN bank_account USING (account_id) WHERE customer_id = ?1 ORDER BY at_ms DESC, id LIMIT ?2",
        &[&customer, &ROWS_MAX],
        |row| {
            let (back, at) = (money(row, 7)?, Cell::moment(row.get(9)?));
            Ok(vec![
                text(row, 0)?,
                text(row, 1)?,
                text(row, 2)?,
                text(row, 3)?,
                money(row, 4)?,
                text(row, 6)?,
                back,
                at,
            ])
        },
    )?;
    let transfers = table(
        database,
        "Transfers",
        &["transfer", "account", "payee", "amount", "state", "when"],
        "SELECT transfer_id, account_id, payee, minor, currency, cancelled, sent_ms
         FROM bank_transfer JOIN bank_account USING (account_id) WHERE customer_id = ?1
         ORDER BY sent_ms DESC, transfer_id LIMIT ?2",
        &[&customer, &ROWS_MAX],
        |row| {
            let (cancelled, sent_ms): (bool, i64) = (row.get(5)?, row.get(6)?);
            let state = Cell::text(status(cancelled, sent_ms, now_ms));
            Ok(vec![text(row, 0)?, text(row, 1)?, text(row, 2)?, money(row, 3)?, state, Cell::Moment(sent_ms)])
        },
    )?;
    let entries = table(
        database,
        "What was done on the accounts",
        &["account", "amount", "effect", "when"],
        "SELECT account_id, bank_entry.minor, bank_account.currency, effect.id, at_ms
         FROM bank_entry JOIN bank_account USING (account_id) JOIN effect ON effect.id = bank_entry.effect
         WHERE customer_id = ?1 ORDER BY bank_entry.id DESC LIMIT ?2",
        &[&customer, &ROWS_MAX],
        |row| {
            let reference = Cell::text(crate::statement::reference(row.get(3)?));
            Ok(vec![text(row, 0)?, money(row, 1)?, reference, Cell::moment(row.get(4)?)])
        },
    )?;
    Ok([details, accounts, cards, entries, taken, transfers].into_iter().flatten().collect())
}

/// An amount in two columns from `at` on.
fn money(row: &Row<'_>, at: usize) -> Result<Cell> {
    Ok(Cell::money(row.get(at)?, &row.get::<_, String>(at + 1)?))
}
