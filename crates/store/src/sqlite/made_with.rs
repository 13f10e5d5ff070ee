//! The keys that a database was made with: what tells them from others is kept in it.

use super::SqliteStore;
use crate::ReadError;
use rusqlite::params;
use std::collections::BTreeMap;

impl SqliteStore {
    /// What tells each key that this database was made with from others, by the key's name.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn key_marks(&self) -> Result<BTreeMap<String, Vec<u8>>, ReadError> {
        let rows: Vec<(String, Vec<u8>)> =
            self.many("SELECT name, mark FROM keys", [], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.into_iter().collect())
    }

    /// Notes what tells the keys of this database from others: all of them, or none. Durable, and in the database
    /// itself when this returns, so that it is there also without the log of writes.
    ///
    /// # Errors
    /// When the database does not take it.
    pub fn mark_keys(&self, marks: &[(&str, [u8; 32])]) -> Result<(), ReadError> {
        self.rare(|side| {
            let transaction = side.unchecked_transaction()?;
            for (name, mark) in marks {
                transaction.execute("INSERT OR REPLACE INTO keys VALUES (?1, ?2)", params![name, mark])?;
            }
            transaction.commit()?;
            side.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(marks.len()))
        })?;
        Ok(())
    }

    /// Whether nothing is in it that a key is needed for, and no key is noted.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn is_blank(&self) -> Result<bool, ReadError> {
        let sql = "SELECT NOT EXISTS (SELECT 1 FROM keys) AND NOT EXISTS (SELECT 1 FROM events) \
                   AND NOT EXISTS (SELECT 1 FROM customers) AND NOT EXISTS (SELECT 1 FROM items)";
        Ok(self.one(sql, [], |row| row.get(0))?.unwrap_or(false))
    }

    /// Some customer with the key that seals their words, if there is one.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn some_customer(&self) -> Result<Option<(String, Vec<u8>)>, ReadError> {
        let sql = "SELECT id, wrapped FROM customers JOIN customer_keys ON num = key \
                   WHERE opened_ms = -1 AND wrapped <> zeroblob(length(wrapped)) LIMIT 1";
        self.one(sql, [], |row| Ok((row.get(0)?, row.get(1)?)))
    }

    /// The digest of the bundle that came into force last, if one ever did.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn bundle_in_force(&self) -> Result<Option<String>, ReadError> {
        self.one("SELECT digest FROM activations ORDER BY rowid DESC LIMIT 1", [], |row| row.get(0))
    }
}
