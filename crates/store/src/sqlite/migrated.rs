//! Holds a migrated copy of a database against its original: the same records under the same hashes, the same
//! checkpoints, as many rows in each table; and against its own records, as a verification of the directory does.

use super::{
    compression::Dictionaries,
    rest,
    setup::full_tile,
    step::{Check, MigrationStep, Stop},
    streams, verify,
};
use remit_ledger::{
    checkpoint::Checkpoint, entry::LogEntry, hash::Hash, stream::of_version_1, tree::Tree, verify::Report,
};
use rusqlite::{Connection, OpenFlags, Row, types::Value};
use std::{collections::HashMap, path::Path};

/// Records that are held before it is told how many were.
const AT_ONCE: u64 = 100_000;
/// Tables that no migration changes and that the ledger is built of: the same rows, not only as many.
const SAME: [&str; 4] = [
    "SELECT size, note FROM checkpoints ORDER BY size",
    "SELECT level, idx, hashes FROM tiles ORDER BY level, idx",
    "SELECT one, size FROM ledger_head",
    "SELECT number, kind, bytes FROM shapes ORDER BY number",
];

/// Holds the copy against the original, which is of the format `found`.
pub(super) fn verify(
    original: &Connection,
    copy: &Path,
    found: i64,
    told: &mut dyn FnMut(MigrationStep),
) -> Result<(), Stop> {
    let copy = Connection::open_with_flags(copy, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let whole: String = copy.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if whole != "ok" {
        return Err(Stop::Why(format!("it is damaged ({whole}); restore the data directory from a backup")));
    }
    if let Some(problem) = rest::schema(&copy)?.first() {
        return Err(differs(&problem.to_string()));
    }
    for table in rest::tables(original)? {
        let count = |connection: &Connection| -> Result<i64, rusqlite::Error> {
            connection.query_row(&format!("SELECT COUNT(*) FROM \"{table}\""), [], |row| row.get(0))
        };
        let (before, after) = (count(original)?, count(&copy)?);
        if before != after {
            return Err(differs(&format!("there were {before} rows in `{table}`, and there are {after}")));
        }
    }
    for sql in SAME {
        same(original, &copy, sql)?;
    }
    records(original, &copy, found, told)
}

/// Holds the copy against its own records: what is kept of them is what they make of it, and all that is signed is as
/// it was signed. `path` is the original's.
pub(super) fn judge(
    path: &Path,
    copy: &Path,
    check: &Check<'_>,
    told: &mut dyn FnMut(MigrationStep),
) -> Result<(), Stop> {
    let verified = |of: &Path, progress: &mut dyn FnMut(u64, u64)| -> Result<Report, Stop> {
        let report = verify::verify_file(of, check.verifier, None, &mut *(check.judge)(), progress);
        report.map_err(|error| Stop::Why(error.0))
    };
    let Report { problems: found, records, .. } =
        verified(copy, &mut |readings, of| told(MigrationStep::Judged { readings, of }))?;
    let Some(first) = found.first() else {
        told(MigrationStep::Judged { readings: 2 * records, of: 2 * records });
        return Ok(());
    };
    let how = match found.len() {
        1 => first.to_string(),
        all => format!("{first}; and {} more", all - 1),
    };
    // Where the original is not as it must be, that is to be seen to first.
    if verified(path, &mut |_, _| {})?.problems.is_empty() { Err(differs(&how)) } else { Err(unreadable(&how)) }
}

/// What is told where the copy is not as it must be: an error of this program, since the original was read well.
fn differs(how: &str) -> Stop {
    Stop::Why(format!("the copy is not what it was made from: {how}. Report this; go on with the Remit that wrote it"))
}

fn values(row: &Row<'_>, columns: usize) -> Result<Vec<Value>, rusqlite::Error> {
    (0..columns).map(|at| row.get(at)).collect()
}

/// Whether what `sql` finds is the same in both.
fn same(original: &Connection, copy: &Connection, sql: &str) -> Result<(), Stop> {
    let (mut before, mut after) = (original.prepare(sql)?, copy.prepare(sql)?);
    let columns = before.column_count();
    let (mut before, mut after) = (before.query([])?, after.query([])?);
    loop {
        let one = before.next()?.map(|row| values(row, columns)).transpose()?;
        let other = after.next()?.map(|row| values(row, columns)).transpose()?;
        if one != other {
            return Err(differs(&format!("another row is found by `{sql}`")));
        }
        if one.is_none() {
            return Ok(());
        }
    }
}

/// Columns of a record that stay as they are, in their order.
const KEPT: &str = "seq, kind, actor, ts_ms, subject, body, salt, entry";
const KEPT_COLUMNS: usize = 8;

/// Each record: as it was, readable, in its stream; and all of them under the roots that were signed.
fn records(
    original: &Connection,
    copy: &Connection,
    found: i64,
    told: &mut dyn FnMut(MigrationStep),
) -> Result<(), Stop> {
    let sql = format!("SELECT {KEPT}, stream, ver FROM events ORDER BY seq");
    let (mut before, mut after) = (original.prepare(&sql)?, copy.prepare(&sql)?);
    let (mut before, mut after) = (before.query([])?, after.query([])?);
    let of: i64 = copy.query_row("SELECT COUNT(*) FROM events", [], |row| row.get(0))?;
    let dictionaries = Dictionaries::load(copy)?;
    let (mut tree, mut full) = (Tree::default(), Vec::new());
    let mut notes = copy.prepare("SELECT note FROM checkpoints ORDER BY size")?;
    let mut notes = notes.query_map([], |row| row.get::<_, String>(0))?;
    let mut joined: HashMap<String, i64> = HashMap::new();
    let mut signed = notes.next().transpose()?;
    loop {
        while let Some(note) = &signed {
            let Ok(checkpoint) = Checkpoint::unverified(note) else {
                return Err(unreadable("a checkpoint is none"));
            };
            if checkpoint.size > tree.size() {
                break;
            }
            if checkpoint.size != tree.size() || checkpoint.root != tree.root() {
                return Err(unreadable(&format!(
                    "the first {} records are not those that were signed",
                    checkpoint.size
                )));
            }
            signed = notes.next().transpose()?;
        }
        let (Some(one), Some(other)) = (before.next()?, after.next()?) else { break };
        let seq = tree.size() + 1;
        if one.get::<_, i64>(0)? != seq.cast_signed() {
            return Err(unreadable(&format!("record {seq} is missing")));
        }
        if values(one, KEPT_COLUMNS)? != values(other, KEPT_COLUMNS)? {
            return Err(differs(&format!("record {seq} is another")));
        }
        let body = dictionaries.unpack(other.get_ref(5)?.as_blob().map_err(rusqlite::Error::from)?);
        let entry = other.get_ref(7)?.as_blob().map_err(rusqlite::Error::from)?;
        let (Ok(body), Ok(_)) = (body, LogEntry::from_bytes(entry)) else {
            return Err(unreadable(&format!("record {seq} cannot be read")));
        };
        let (was, is): (String, String) = (rest::text(one, 8)?, rest::text(other, 8)?);
        let (place, new_place): (i64, i64) = (one.get(9)?, other.get(9)?);
        let renamed = found < streams::SINCE;
        let wanted = if renamed { of_version_1(&was, &rest::text(one, 1)?, &body) } else { was };
        let wanted_place = match renamed && streams::may_be_joined(&is) {
            true => {
                let last = joined.entry(is.clone()).or_default();
                *last += 1;
                *last
            }
            false => place,
        };
        if (&is, new_place) != (&wanted, wanted_place) {
            let how = format!("record {seq} is number {new_place} of {is}, and was to be {wanted_place} of {wanted}");
            return Err(differs(&how));
        }
        full.clear();
        tree.append(Hash::leaf(entry), &mut full);
        if full.iter().any(|tile| full_tile(copy, tile.level, tile.index).as_ref() != Some(&tile.hashes)) {
            return Err(unreadable(&format!("the ledger's tiles up to record {seq} are not those of its records")));
        }
        if seq.is_multiple_of(AT_ONCE) {
            told(MigrationStep::Verified { records: seq, of: of.cast_unsigned() });
        }
    }
    let head: i64 = copy.query_row("SELECT COALESCE(MAX(size), 0) FROM ledger_head", [], |row| row.get(0))?;
    if tree.size() != of.cast_unsigned() || head != of || signed.is_some() {
        return Err(unreadable(&format!("the ledger has {head} entries, and there are {of} records")));
    }
    told(MigrationStep::Verified { records: tree.size(), of: of.cast_unsigned() });
    Ok(())
}

/// What is told where the original itself is not as it must be.
fn unreadable(how: &str) -> Stop {
    Stop::Why(format!("{how}: `remit ledger verify` names what was changed; restore the data directory from a backup"))
}
