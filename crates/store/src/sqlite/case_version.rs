//! What is stored of a case that a write depends on: its version, and who has it.

use rusqlite::{OptionalExtension, Transaction};

/// A case as it is in the database.
pub(super) struct StoredCase {
    pub(super) version: u64,
    pub(super) status: String,
    pub(super) holder: Option<String>,
}

pub(super) fn known_case(tx: &Transaction<'_>, id: &str) -> Result<Option<StoredCase>, rusqlite::Error> {
    tx.prepare_cached("SELECT version, status, holder FROM cases WHERE id = ?1")?
        .query_row([id], |row| {
            Ok(StoredCase { version: row.get::<_, i64>(0)?.cast_unsigned(), status: row.get(1)?, holder: row.get(2)? })
        })
        .optional()
}

/// The version of a case; 0 where there is none.
pub(super) fn version_of_case(tx: &Transaction<'_>, id: &str) -> Result<u64, rusqlite::Error> {
    Ok(known_case(tx, id)?.map_or(0, |known| known.version))
}
