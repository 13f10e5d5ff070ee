//! Verifies the ledger of a data directory, or of a copy of one, without a server and without writing to it.

use super::{
    DATABASE, born,
    case_scan::{self, Judge, PlacedRecord, each_stream, unpacked},
    compression::Dictionaries,
    rest,
    setup::{self, full_tile, tree_at},
    spent, streams,
};
use crate::{CHECKPOINT, ReadError, erased::RecordedErasures};
use remit_ledger::{
    checkpoint::{Checkpoint, Verifier},
    entry::LogEntry,
    hash::Hash,
    offline::OfflineProof,
    proof::{self, TileSource},
    stream::of_version_1,
    tile::TILE_WIDTH,
    tree::Tree,
    verify::{EntryIndex, LogVerification, LookedAt, NotLookedAt, Problem, Report, StoredRecord},
};
use rusqlite::{Connection, OpenFlags, OptionalExtension, Row, params};
use std::path::Path;

/// Reads every record of the database in `data` and holds it against the ledger, and against a checkpoint that was kept
/// since the ledger was shorter, if there is one; then reads them stream by stream, and has `judge` hold what is kept
/// of each against them; then everything else. `progress` is told how many of how many readings were done.
///
/// # Errors
/// When the database cannot be read at all.
pub(super) fn verify(
    data: &Path,
    verifier: &Verifier,
    since: Option<&Checkpoint>,
    judge: &mut dyn Judge,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Report, ReadError> {
    verify_file(&data.join(DATABASE), verifier, since, judge, progress)
}

/// The same of the database at `path`, beside which its directory's checkpoint is kept.
///
/// # Errors
/// As [`verify`].
pub(super) fn verify_file(
    path: &Path,
    verifier: &Verifier,
    since: Option<&Checkpoint>,
    judge: &mut dyn Judge,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Report, ReadError> {
    let read = |error: rusqlite::Error| ReadError(error.to_string());
    let kept = setup::kept_checkpoint(path);
    let connection = open(path).map_err(read)?;
    setup::is_known(&connection, path).map_err(|error| ReadError(error.to_string()))?;
    run(&connection, verifier, (since, kept.as_deref()), judge, progress).map_err(read)
}

fn open(path: &Path) -> Result<Connection, rusqlite::Error> {
    Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)
}

/// Proof that a record is in the ledger of the database in `data`, as it was signed last. The record is named by its
/// number or by an identifier that it is found by; none if it is not there or not signed yet.
///
/// # Errors
/// When the database cannot be read, or what a proof needs of the ledger is not there.
pub(super) fn prove(data: &Path, record: &str) -> Result<Option<OfflineProof>, ReadError> {
    let read = |error: rusqlite::Error| ReadError(error.to_string());
    let connection = open(&data.join(DATABASE)).map_err(read)?;
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
    (since, kept): (Option<&Checkpoint>, Option<&str>),
    judge: &mut dyn Judge,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Report, rusqlite::Error> {
    // One state of the database, whatever a server writes meanwhile.
    let connection = &connection.unchecked_transaction()?;
    let total: i64 = connection.query_row("SELECT COALESCE(MAX(seq), 0) FROM events", [], |row| row.get(0))?;
    let (total, mut done) = (2 * total.cast_unsigned(), 0);
    let mut read = |records: u64| {
        if (done + records) / 1_000 > done / 1_000 {
            progress(done + records, total);
        }
        done += records;
    };
    let stored_tile = |level, index| full_tile(connection, level, index);
    let mut notes = connection.prepare("SELECT size, note FROM checkpoints ORDER BY size")?;
    let mut notes = notes.query([])?;
    // One that cannot be read is the end of them, and is missed below.
    let next_note = || {
        let row = notes.next().ok().flatten()?;
        Some((row.get::<_, i64>(0).ok()?.cast_unsigned(), rest::text(row, 1).ok()?))
    };
    let mut verification = LogVerification::new(verifier, next_note, stored_tile);
    since.into_iter().for_each(|checkpoint| verification.hold(checkpoint));
    let mut not_looked_at = Vec::new();
    let (found, newest_format) = (setup::format(connection)?, setup::newest_format());
    if found < newest_format {
        not_looked_at.push(NotLookedAt {
            what: "what a migration makes of it".to_owned(),
            why: format!(
                "the database is of format {found} and was read as it lies there; the next start brings it to format \
                 {newest_format}"
            ),
        });
    }
    match kept.map(|kept| verifier.open(kept)) {
        Some(Ok(checkpoint)) => {
            // It is written once the database has it.
            let newest = newest(connection)?.and_then(|note| Checkpoint::unverified(&note).ok());
            let newest = newest.map_or(0, |newest| newest.size);
            if checkpoint.size > newest {
                let how =
                    format!("it is over {} records, and the newest in the database over {newest}", checkpoint.size);
                verification.note(rest::kept("file", CHECKPOINT, &how));
            }
            verification.hold(&checkpoint);
        }
        Some(Err(error)) => verification.note(rest::kept("file", CHECKPOINT, &error.to_string())),
        None => not_looked_at.push(NotLookedAt {
            what: format!("the file `{CHECKPOINT}`"),
            why: "there is none beside the database, as in a copy made by itself or before the first is signed"
                .to_owned(),
        }),
    }
    let dictionaries = Dictionaries::load(connection)?;
    let tables = rest::tables(connection)?;
    judge.begin(born::held(connection, &tables, &mut |problem| verification.note(problem))?);
    let names_by_identifier = setup::format(connection)? < streams::SINCE;
    let mut erased = RecordedErasures::default();
    let sql = "SELECT seq, entry, body, salt, ts_ms, kind, stream, actor, subject FROM events ORDER BY seq";
    let mut records = connection.prepare(sql)?;
    let mut rows = records.query([])?;
    while let Some(row) = rows.next()? {
        let record = record(&dictionaries, row, names_by_identifier)?;
        erased.note(record.seq, &record.beside.kind, &record.beside.stream);
        verification.record(&record);
        read(1);
    }
    let mut customer = connection.prepare("SELECT customer FROM cases WHERE id = ?1")?;
    let erased = erased.by_customer(|case| customer.query_row([case], |row| row.get(0)).optional())?;
    let beside =
        case_scan::ScanContext { dictionaries: &dictionaries, tables: &tables, erased: &erased, names_by_identifier };
    let mut counted = rest::Counted::default();
    each_stream(connection, &beside, |name, stored| {
        in_order(&stored.records, |seq, how| verification.changed(seq, how));
        counted.add(stored);
        judge.stream(name, stored, &mut |problem| verification.note(problem));
        read(stored.records.len() as u64);
    })?;
    let ledger =
        rest::Ledger { records: verification.records(), erased: &erased, names_by_identifier, tables: &tables };
    let tiles_of = |level| verification.tiles_of(level);
    let mut problems = rest::ledger(connection, &ledger, &tiles_of)?;
    rest::rest(connection, &ledger, &dictionaries, judge, &mut counted, &mut |problem| problems.push(problem))?;
    spent::verify(connection, &tables, judge, &mut counted, &mut |problem| problems.push(problem))?;
    let customer_of = |case: &str| {
        let mut customer = connection.prepare_cached("SELECT customer FROM cases WHERE id = ?1").ok()?;
        customer.query_row([case], |row| row.get(0)).ok()
    };
    let (judged, unjudged) = judge.end(&customer_of, &mut |problem| problems.push(problem));
    problems.into_iter().for_each(|problem: Problem| verification.note(problem));
    let mut report = verification.finish();
    report.looked_at = counted.looked_at().chain(judged).filter(|looked: &LookedAt| looked.count > 0).collect();
    report.not_looked_at = not_looked_at.into_iter().chain(rest::absent(&tables)).chain(unjudged).collect();
    Ok(report)
}

fn record(
    dictionaries: &Dictionaries,
    row: &Row<'_>,
    names_by_identifier: bool,
) -> Result<StoredRecord, rusqlite::Error> {
    let (entry, body, salt): (Vec<u8>, _, Vec<u8>) = (row.get(1)?, unpacked(dictionaries, row, 2)?, row.get(3)?);
    let (kind, mut stream) = (rest::text(row, 5)?, rest::text(row, 6)?);
    // Before format 8 the column had what the entry says, which is otherwise told as it is.
    if names_by_identifier && LogEntry::from_bytes(&entry).is_ok_and(|entry| entry.about.as_str() == stream) {
        stream = of_version_1(&stream, &kind, &body);
    }
    let (actor, subject) = (rest::text(row, 7)?, row.get(8)?);
    let beside = EntryIndex { ts: row.get(4)?, kind, stream, actor, subject };
    Ok(StoredRecord {
        seq: row.get::<_, i64>(0)?.cast_unsigned(),
        entry,
        body,
        salt: salt.try_into().unwrap_or([0; 32]),
        beside,
    })
}

/// Whether a stream's records are numbered in the order in which they were written; whichever is not, `changed` hears
/// of.
fn in_order(records: &[PlacedRecord], mut changed: impl FnMut(u64, &str)) {
    let mut before = (0, 0);
    for &PlacedRecord { place, seq, .. } in records {
        if place != before.0 + 1 || seq <= before.1 {
            let how = format!("it is number {place} of its stream, behind number {} in record {}", before.0, before.1);
            changed(seq.cast_unsigned(), &how);
        }
        before = (place, seq);
    }
}
