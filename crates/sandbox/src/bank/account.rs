//! Accounts, and how money moves between them and the bank's own books.

use crate::{Failure, Refusal, work::Work};
use rusqlite::{Connection, OptionalExtension, Result, params};

/// An account.
pub(super) struct Account {
    pub(super) id: String,
    pub(super) customer: String,
    pub(super) currency: String,
    pub(super) balance: i64,
    pub(super) frozen: bool,
    pub(super) status: String,
}

/// Where an amount goes to or comes from, other than a customer's account.
#[derive(Debug, Clone, Copy)]
pub(super) enum Book {
    Charges,
    Fees,
    Debits,
    Goodwill,
    Transfers,
}

impl Account {
    pub(super) fn find(database: &Connection, id: &str) -> Result<Option<Self>> {
        let sql = "SELECT account_id, customer_id, currency, balance, frozen, status
                   FROM bank_account WHERE account_id = ?1";
        let account = |row: &rusqlite::Row<'_>| {
            Ok(Self {
                id: row.get(0)?,
                customer: row.get(1)?,
                currency: row.get(2)?,
                balance: row.get(3)?,
                frozen: row.get(4)?,
                status: row.get(5)?,
            })
        };
        database.prepare_cached(sql)?.query_row([id], account).optional()
    }

    /// The account, if it is there and money may go to it.
    pub(super) fn open(database: &Connection, id: &str) -> Result<Self, Failure> {
        let missing = || Refusal::NotFound { kind: "account", id: id.to_owned() };
        let account = Self::find(database, id)?.ok_or_else(missing)?;
        if account.status == "open" {
            return Ok(account);
        }
        let (id, state, cure) = (account.id, account.status, "name an account that is open");
        Err(Refusal::State { kind: "account", id, state, cure }.into())
    }
}

impl Book {
    const fn name(self) -> &'static str {
        match self {
            Self::Charges => "charges",
            Self::Fees => "fees",
            Self::Debits => "debits",
            Self::Goodwill => "goodwill",
            Self::Transfers => "transfers",
        }
    }
}

/// Moves an amount from one of the bank's books to an account.
pub(super) fn from_book(work: &Work<'_>, book: Book, to: &Account, minor: i64) -> Result<()> {
    let sql = "INSERT INTO bank_entry (effect, account_id, book, minor) VALUES (?1, NULL, ?2, ?3)";
    work.database.execute(sql, params![work.effect, book.name(), -minor])?;
    enter(work, to, minor)
}

/// Moves an amount from one account to another.
pub(super) fn between(work: &Work<'_>, from: &Account, to: &Account, minor: i64) -> Result<()> {
    enter(work, from, -minor)?;
    enter(work, to, minor)
}

fn enter(work: &Work<'_>, account: &Account, minor: i64) -> Result<()> {
    let sql = "INSERT INTO bank_entry (effect, account_id, book, minor) VALUES (?1, ?2, NULL, ?3)";
    work.database.execute(sql, params![work.effect, account.id, minor])?;
    let sql = "UPDATE bank_account SET balance = balance + ?2 WHERE account_id = ?1";
    work.database.execute(sql, params![account.id, minor])?;
    Ok(())
}
