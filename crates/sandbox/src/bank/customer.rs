//! Customers of the bank, and what was done for them before.

use crate::NEVER_HOURS;
use rusqlite::{Connection, OptionalExtension, Result, params};

/// Milliseconds of an hour.
pub(super) const HOUR_MS: i64 = 3_600_000;
/// Milliseconds of a day.
pub(super) const DAY_MS: i64 = 24 * HOUR_MS;

pub(super) fn found(database: &Connection, id: &str) -> Result<bool> {
    database.prepare_cached("SELECT 1 FROM bank_customer WHERE customer_id = ?1")?.exists([id])
}

/// Hours since the customer's address was changed.
pub(super) fn address_changed_hours_ago(database: &Connection, id: &str, now_ms: i64) -> Result<i64> {
    let sql = "SELECT address_changed_ms FROM bank_customer WHERE customer_id = ?1";
    let changed: Option<Option<i64>> = database.prepare_cached(sql)?.query_row([id], |row| row.get(0)).optional()?;
    Ok(hours_since(changed.flatten(), now_ms))
}

/// Fees of the customer's that were waived within a year, in number.
pub(super) fn fees_waived(database: &Connection, id: &str, now_ms: i64) -> Result<i64> {
    let sql = "SELECT count(*) FROM bank_taken JOIN bank_account USING (account_id)
               WHERE customer_id = ?1 AND bank_taken.kind = 'fee' AND returned > 0 AND returned_ms > ?2";
    database.prepare_cached(sql)?.query_row(params![id, now_ms - 365 * DAY_MS], |row| row.get(0))
}

/// What was paid to the account as goodwill within a year.
pub(super) fn goodwill(database: &Connection, account: &str, now_ms: i64) -> Result<i64> {
    let sql = "SELECT coalesce(sum(to_account.minor), 0) FROM bank_entry AS to_account
               JOIN bank_entry AS of_book ON of_book.effect = to_account.effect AND of_book.book = 'goodwill'
               JOIN effect ON effect.id = to_account.effect
               WHERE to_account.account_id = ?1 AND at_ms > ?2";
    database.prepare_cached(sql)?.query_row(params![account, now_ms - 365 * DAY_MS], |row| row.get(0))
}

/// Whole hours since a moment, or a number for one that never was.
pub(super) fn hours_since(moment_ms: Option<i64>, now_ms: i64) -> i64 {
    moment_ms.map_or(NEVER_HOURS, |moment| (now_ms.saturating_sub(moment)).max(0) / HOUR_MS)
}
