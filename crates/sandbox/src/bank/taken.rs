//! What was taken from accounts and can come back: charges to cards, fees, direct debits.

use crate::{Failure, Money, Refusal, work::Work};
use rusqlite::{Connection, OptionalExtension, Result, params};

/// A charge, a fee or a direct debit.
pub(super) struct Taken {
    pub(super) id: String,
    pub(super) account: String,
    /// The merchant, the kind of fee, the creditor.
    pub(super) what: String,
    pub(super) minor: i64,
    /// How much of it came back.
    pub(super) returned: i64,
    pub(super) settled: bool,
    pub(super) at_ms: i64,
    kind: Kind,
}

/// What was taken.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    Charge,
    Fee,
    Debit,
}

impl Kind {
    /// As facts begin with it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Charge => "charge",
            Self::Fee => "fee",
            Self::Debit => "debit",
        }
    }

    /// As people say it.
    pub(super) const fn told(self) -> &'static str {
        match self {
            Self::Charge => "charge",
            Self::Fee => "fee",
            Self::Debit => "direct debit",
        }
    }

    /// The argument that names one.
    pub(super) const fn argument(self) -> &'static str {
        match self {
            Self::Charge => "charge_id",
            Self::Fee => "fee_id",
            Self::Debit => "debit_id",
        }
    }
}

impl Taken {
    pub(super) fn find(database: &Connection, kind: Kind, id: &str) -> Result<Option<Self>> {
        let sql = "SELECT id, account_id, what, minor, returned, settled, at_ms FROM bank_taken
                   WHERE id = ?1 AND kind = ?2";
        let taken = |row: &rusqlite::Row<'_>| {
            Ok(Self {
                id: row.get(0)?,
                account: row.get(1)?,
                what: row.get(2)?,
                minor: row.get(3)?,
                returned: row.get(4)?,
                settled: row.get(5)?,
                at_ms: row.get(6)?,
                kind,
            })
        };
        database.prepare_cached(sql)?.query_row([id, kind.name()], taken).optional()
    }

    /// What of it did not come back yet.
    pub(super) fn rest(&self) -> i64 {
        (self.minor - self.returned).max(0)
    }

    /// How much of it is to come back: what was asked for, or all that is left.
    pub(super) fn part(&self, asked: Option<Money>, currency: &str) -> Result<i64, Refusal> {
        let (kind, id) = (self.kind.told(), self.id.clone());
        if self.rest() == 0 {
            let cure = "it came back already, and comes back once";
            return Err(Refusal::State { kind, id, state: "settled with the customer".to_owned(), cure });
        }
        let Some(asked) = asked else { return Ok(self.rest()) };
        if asked.currency != currency {
            return Err(Refusal::Argument { name: "amount", must: "in the account's currency" });
        }
        if asked.minor > self.rest() {
            let has = Money::new(self.rest(), currency);
            return Err(Refusal::TooLittle { kind, id, has, needs: asked });
        }
        Ok(asked.minor)
    }

    /// Puts down that so much of it came back.
    pub(super) fn comes_back(&self, work: &Work<'_>, minor: i64) -> Result<(), Failure> {
        let sql = "UPDATE bank_taken SET returned = returned + ?2, returned_ms = ?3 WHERE id = ?1";
        work.database.execute(sql, params![self.id, minor, work.now_ms])?;
        Ok(())
    }
}
