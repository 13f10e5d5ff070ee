//! Verifies the ledger of a data directory, or of a copy of one, without a server and without writing to it.

use super::{DATABASE, packed::Shapes};
use crate::ReadError;
use remit_ledger::{
    checkpoint::Verifier,
    tile,
    verify::{Report, StoredRecord, Verification},
};
use rusqlite::{Connection, OpenFlags, OptionalExtension, params};
use std::path::Path;

/// Reads every record of the database in `data` and holds it against the ledger. `progress` is told how
/// many of how many records were read.
///
/// # Errors
/// When the database cannot be read at all.
pub fn verify(data: &Path, verifier: &Verifier, progress: &mut dyn FnMut(u64, u64)) -> Result<Report, ReadError> {
    let read = |error: rusqlite::Error| ReadError(error.to_string());
    let path = data.join(DATABASE);
    let connection = Connection::open_with_flags(&path, OpenFlags::SQLITE_OPEN_READ_ONLY).map_err(read)?;
    run(&connection, verifier, progress).map_err(read)
}

fn run(
    connection: &Connection,
    verifier: &Verifier,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Report, rusqlite::Error> {
    let note: Option<String> = connection
        .query_row("SELECT note FROM checkpoints ORDER BY size DESC LIMIT 1", [], |row| row.get(0))
        .optional()?;
    let total: i64 = connection.query_row("SELECT COALESCE(MAX(seq), 0) FROM events", [], |row| row.get(0))?;
    let mut tiles = connection.prepare("SELECT hashes FROM tiles WHERE level = ?1 AND idx = ?2")?;
    let mut verification = Verification::new(note.as_deref(), verifier, |level, index| {
        let bytes: Option<Vec<u8>> =
            tiles.query_row(params![level, index.cast_signed()], |row| row.get(0)).optional().ok().flatten();
        bytes.and_then(|bytes| tile::hashes(&bytes))
    });
    let shapes = Shapes::load(connection)?;
    let mut records = connection.prepare("SELECT seq, entry, body, salt FROM events ORDER BY seq")?;
    let mut rows = records.query([])?;
    while let Some(row) = rows.next()? {
        let seq = row.get::<_, i64>(0)?.cast_unsigned();
        let salt: Vec<u8> = row.get(3)?;
        let salt = salt.try_into().unwrap_or([0; 32]);
        // What does not unpack is no longer what was recorded, and is judged as it lies there.
        let stored = row.get_ref(2)?.as_blob()?;
        let body = shapes.unpack(stored).unwrap_or_else(|_| stored.to_vec());
        verification.record(&StoredRecord { seq, entry: row.get(1)?, body, salt });
        if seq.is_multiple_of(1_000) {
            progress(seq, total.cast_unsigned());
        }
    }
    Ok(verification.finish())
}
