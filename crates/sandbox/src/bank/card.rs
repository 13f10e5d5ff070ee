//! Cards: in use, frozen, replaced by another one, or cancelled with their account.

use crate::{Failure, Refusal};
use rusqlite::{Connection, OptionalExtension, Result};

/// A card.
pub(super) struct Card {
    pub(super) id: String,
    pub(super) account: String,
    pub(super) status: String,
    /// Who froze it: the customer, the bank, or nobody.
    pub(super) frozen_by: String,
    pub(super) max_minor: i64,
    pub(super) limit_raised_ms: Option<i64>,
    pub(super) pin_sent_ms: Option<i64>,
}

impl Card {
    pub(super) fn find(database: &Connection, id: &str) -> Result<Option<Self>> {
        let sql = "SELECT card_id, account_id, status, frozen_by, max_minor, limit_raised_ms, pin_sent_ms
                   FROM bank_card WHERE card_id = ?1";
        let card = |row: &rusqlite::Row<'_>| {
            Ok(Self {
                id: row.get(0)?,
                account: row.get(1)?,
                status: row.get(2)?,
                frozen_by: row.get(3)?,
                max_minor: row.get(4)?,
                limit_raised_ms: row.get(5)?,
                pin_sent_ms: row.get(6)?,
            })
        };
        database.prepare_cached(sql)?.query_row([id], card).optional()
    }

    /// The card, if it is there and in one of these states.
    pub(super) fn in_state(
        database: &Connection,
        id: &str,
        states: &[&str],
        cure: &'static str,
    ) -> Result<Self, Failure> {
        let missing = || Refusal::NotFound { kind: "card", id: id.to_owned() };
        let card = Self::find(database, id)?.ok_or_else(missing)?;
        if states.contains(&card.status.as_str()) {
            return Ok(card);
        }
        Err(Refusal::State { kind: "card", id: card.id, state: card.status, cure }.into())
    }
}

/// How many cards of the account are in use or frozen.
pub(super) fn in_use(database: &Connection, account: &str) -> Result<i64> {
    let sql = "SELECT count(*) FROM bank_card WHERE account_id = ?1 AND status IN ('active', 'frozen')";
    database.prepare_cached(sql)?.query_row([account], |row| row.get(0))
}

/// An identifier that no card has: the old one's with the next number behind it.
pub(super) fn next_id(database: &Connection, old: &str) -> Result<String> {
    let stem = old.rsplit_once("-R").map_or(old, |(stem, _)| stem);
    let sql = "SELECT count(*) FROM bank_card WHERE card_id = ?1 OR substr(card_id, 1, length(?1) + 2) = ?1 || '-R'";
    let count: i64 = database.prepare_cached(sql)?.query_row([stem], |row| row.get(0))?;
    Ok(format!("{stem}-R{count}"))
}
