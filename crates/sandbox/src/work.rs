//! What an action is carried out with, and what it leaves.

use crate::{Money, Statement, money::MINOR_MAX, statement::reference};
use rusqlite::Connection;
use serde_json::{Map, Value};

/// A transaction in which one effect comes about.
pub(crate) struct Work<'c> {
    /// The database, within a transaction.
    pub(crate) database: &'c Connection,
    /// The number of the effect.
    pub(crate) effect: i64,
    /// Now, in milliseconds since 1970.
    pub(crate) now_ms: i64,
    /// Minor units by which the amount is wrong, where mischief says so; otherwise 0.
    pub(crate) off_by: i64,
}

impl Work<'_> {
    /// What goes to the customer where it ought to be `minor`.
    pub(crate) fn amount(&self, minor: i64) -> i64 {
        minor.saturating_add(self.off_by).clamp(-MINOR_MAX, MINOR_MAX)
    }
}

/// What an action did.
pub(crate) struct Done {
    /// Whose order, account or card it was.
    pub(crate) customer: String,
    /// What went to the customer, below 0 where it came from there; none where the action moves no money.
    pub(crate) amount: Option<Money>,
    /// What else there is to say, as flat values without personal data.
    pub(crate) effect: Map<String, Value>,
}

impl Done {
    pub(crate) fn stated(self, work: &Work<'_>, key: &str, action: &str) -> Statement {
        let reference = reference(work.effect);
        let (key, action) = (key.to_owned(), action.to_owned());
        let Self { customer, amount, effect } = self;
        Statement { reference, key, action, customer, at_ms: work.now_ms, amount, effect }
    }
}
