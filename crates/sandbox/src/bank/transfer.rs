//! Transfers: the amount leaves the balance when one is ordered, and the bank when it is sent.

use rusqlite::{Connection, OptionalExtension, Result};

/// A transfer.
pub(super) struct Transfer {
    pub(super) id: String,
    pub(super) account: String,
    pub(super) payee: String,
    pub(super) minor: i64,
    sent_ms: i64,
    cancelled: bool,
}

impl Transfer {
    pub(super) fn find(database: &Connection, id: &str) -> Result<Option<Self>> {
        let sql = "SELECT transfer_id, account_id, payee, minor, sent_ms, cancelled
                   FROM bank_transfer WHERE transfer_id = ?1";
        let transfer = |row: &rusqlite::Row<'_>| {
            Ok(Self {
                id: row.get(0)?,
                account: row.get(1)?,
                payee: row.get(2)?,
                minor: row.get(3)?,
                sent_ms: row.get(4)?,
                cancelled: row.get(5)?,
            })
        };
        database.prepare_cached(sql)?.query_row([id], transfer).optional()
    }

    /// Whether it was cancelled, is sent by now, or is still to be.
    pub(super) fn status(&self, now_ms: i64) -> &'static str {
        status(self.cancelled, self.sent_ms, now_ms)
    }
}

/// What has become of a transfer by now.
pub(super) fn status(cancelled: bool, sent_ms: i64, now_ms: i64) -> &'static str {
    match (cancelled, sent_ms <= now_ms) {
        (true, _) => "cancelled",
        (false, true) => "sent",
        (false, false) => "scheduled",
    }
}

/// How many transfers of the account are still to be sent.
pub(super) fn scheduled(database: &Connection, account: &str, now_ms: i64) -> Result<i64> {
    let sql = "SELECT count(*) FROM bank_transfer WHERE account_id = ?1 AND cancelled = 0 AND sent_ms > ?2";
    database.prepare_cached(sql)?.query_row(rusqlite::params![account, now_ms], |row| row.get(0))
}
