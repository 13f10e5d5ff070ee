//! Verifies the ledger of a data directory, or of a copy of one, without a server and without writing to it.

use super::{
    DATABASE,
    packed::Shapes,
    setup::{full_tile, tree_at},
    stored::{Judge, Placed, each_case, unpacked},
};
use crate::ReadError;
use remit_ledger::{
    checkpoint::{Checkpoint, Verifier},
    hash::Hash,
    offline::OfflineProof,
    proof::{self, TileSource},
    tile::TILE_WIDTH,
    tree::Tree,
    verify::{Beside, Report, StoredRecord, Verification},
};
use rusqlite::{Connection, OpenFlags, OptionalExtension, params};
use std::path::Path;

/// Reads every record of the database in `data` and holds it against the ledger, and against a checkpoint that was kept
/// since the ledger was shorter, if there is one; then reads them case by case, and has `judge` hold what is kept of each
/// case against them. `progress` is told how many of how many readings were done.
///
/// # Errors
/// When the database cannot be read at all.
pub fn verify(
    data: &Path,
    verifier: &Verifier,
    since: Option<&Checkpoint>,
    judge: &Judge<'_>,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Report, ReadError> {
    let read = |error: rusqlite::Error| ReadError(error.to_string());
    run(&open(data).map_err(read)?, verifier, since, judge, progress).map_err(read)
}

fn open(data: &Path) -> Result<Connection, rusqlite::Error> {
    Connection::open_with_flags(data.join(DATABASE), OpenFlags::SQLITE_OPEN_READ_ONLY)
}

/// Proof that a record is in the ledger of the database in `data`, as it was signed last. The record is named by its
/// number or by an identifier that it is found by; none if it is not there or not signed yet.
///
/// # Errors
/// When the database cannot be read, or what a proof needs of the ledger is not there.
pub fn prove(data: &Path, record: &str) -> Result<Option<OfflineProof>, ReadError> {
    let read = |error: rusqlite::Error| ReadError(error.to_string());
    let connection = open(data).map_err(read)?;
    let note = newest(&connection).map_err(read)?;
    let sql = "SELECT seq, entry FROM events WHERE seq = ?1 OR subject = ?2";
    let found = connection.query_row(sql, params![record.parse::<i64>().ok(), record], |row| {
        Ok((row.get::<_, i64>(0)?.cast_unsigned(), row.get::<_, Vec<u8>>(1)?))
    });
    let (Some((seq, entry)), Some(checkpoint)) = (found.optional().map_err(read)?, note) else { return Ok(None) };
    let Checkpoint { size, root, .. } =
        Checkpoint::unverified(&checkpoint).map_err(|error| ReadError(error.to_string()))?;
    let Some(index) = seq.checked_sub(1).filter(|index| *index < size) else { return Ok(None) };
    let edge = tree_at(&connection, size).map_err(ReadError)?;
    let path = proof::inclusion(&Tiles { connection: &connection, edge }, index, size);
    let path = path.map_err(|error| ReadError(error.to_string()))?;
    if !proof::includes(&Hash::leaf(&entry), index, size, &path, &root) {
        let what = format!("record {seq} is not as it was signed, or another is not; run `remit ledger verify`");
        return Err(ReadError(what));
    }
    Ok(Some(OfflineProof { entry, index, path, checkpoint }))
}

/// The ledger's tiles: full ones as stored, and its edge.
struct Tiles<'c> {
    connection: &'c Connection,
    edge: Tree,
}

impl TileSource for Tiles<'_> {
    fn tile(&self, level: u8, index: u64, width: usize) -> Option<Vec<Hash>> {
        if width < TILE_WIDTH {
            return self.edge.partial(level).get(..width).map(<[Hash]>::to_vec);
        }
        full_tile(self.connection, level, index)
    }
}

/// The newest checkpoint as it was signed.
fn newest(connection: &Connection) -> Result<Option<String>, rusqlite::Error> {
    connection.query_row("SELECT note FROM checkpoints ORDER BY size DESC LIMIT 1", [], |row| row.get(0)).optional()
}

fn run(
    connection: &Connection,
    verifier: &Verifier,
    since: Option<&Checkpoint>,
    judge: &Judge<'_>,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Report, rusqlite::Error> {
    // One state of the database, whatever a server writes meanwhile.
    let connection = &connection.unchecked_transaction()?;
    let note = newest(connection)?;
    let total: i64 = connection.query_row("SELECT COALESCE(MAX(seq), 0) FROM events", [], |row| row.get(0))?;
    let (total, mut done) = (2 * total.cast_unsigned(), 0);
    let mut read = |records: u64| {
        if (done + records) / 1_000 > done / 1_000 {
            progress(done + records, total);
        }
        done += records;
    };
    let stored = |level, index| full_tile(connection, level, index);
    let mut verification = Verification::new(note.as_deref(), verifier, stored);
    since.into_iter().for_each(|checkpoint| verification.hold(checkpoint));
    let shapes = Shapes::load(connection)?;
    let sql = "SELECT seq, entry, body, salt, ts_ms, kind, stream, actor, subject FROM events ORDER BY seq";
    let mut records = connection.prepare(sql)?;
    let mut rows = records.query([])?;
    while let Some(row) = rows.next()? {
        let seq = row.get::<_, i64>(0)?.cast_unsigned();
        let salt: Vec<u8> = row.get(3)?;
        let salt = salt.try_into().unwrap_or([0; 32]);
        let body = unpacked(&shapes, row, 2)?;
        let (ts, kind, case, actor, subject) = (row.get(4)?, row.get(5)?, row.get(6)?, row.get(7)?, row.get(8)?);
        let beside = Beside { ts, kind, case, actor, subject };
        verification.record(&StoredRecord { seq, entry: row.get(1)?, body, salt, beside });
        read(1);
    }
    each_case(connection, &shapes, |name, stored| {
        in_order(&stored.records, |seq, how| verification.changed(seq, how));
        if let Some(how) = judge(stored) {
            verification.case(name, how);
        }
        read(stored.records.len() as u64);
    })?;
    Ok(verification.finish())
}

/// Whether a case's records are numbered in the order in which they were written; whichever is not, `changed` hears of.
fn in_order(records: &[Placed], mut changed: impl FnMut(u64, &str)) {
    let mut before = (0, 0);
    for &Placed { place, seq, .. } in records {
        if place != before.0 + 1 || seq <= before.1 {
            let how = format!("it is number {place} of its case, behind number {} in record {}", before.0, before.1);
            changed(seq.cast_unsigned(), &how);
        }
        before = (place, seq);
    }
}
