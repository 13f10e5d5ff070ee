//! The format in which a database was made, against what its ledger says of it: one row, by which verification would
//! else ask for less than there has to be.

use super::{
    case_scan::{Found, unpacked},
    compression::Dictionaries,
    rest::kept,
    setup, streams,
};
use remit_ledger::entry::{EntryAbout, LogEntry};
use rusqlite::{Connection, OptionalExtension};
use std::collections::HashSet;

/// Since when a bundle that comes into force is on record: as the first of all where the database is no older.
const ACTIVATIONS_SINCE: i64 = 6;

/// How the kind of that record is called.
const ACTIVATED: &str = "bundle_activated";

/// The beginning of what the first start on a database of an earlier format puts on record, and no other: tokens, staff
/// and subscriptions that were there.
const MADE: &str = "'token_made', 'staff_noted', 'subscription_made'";
const BY_EARLIER: &[u8] = br#""by":"an earlier version""#;

/// The format in which the database was made, as far as it is known; what is wrong with how that is noted is found, and
/// then it is what the ledger says at least.
pub(super) fn held(
    connection: &Connection,
    tables: &HashSet<String>,
    found: Found<'_>,
) -> Result<Option<i64>, rusqlite::Error> {
    // A database of a format in which that is not noted yet.
    if !tables.contains("born") {
        return Ok(None);
    }
    let noted: Vec<i64> =
        connection.prepare("SELECT format FROM born")?.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    let mut wrong = |how: &str| found(kept("the database's", "first format", how));
    if noted.len() > 1 {
        wrong(&format!("{} are noted, and it was made once", noted.len()));
    }
    let noted = noted.into_iter().max();
    let (is, first) = (setup::format(connection)?, first(connection)?);
    if let Some(noted) = noted.filter(|noted| *noted > is) {
        wrong(&format!("it is noted as {noted}, and the database is of format {is}"));
    }
    let Some(first) = first else { return Ok(noted) };
    // What was made since each act of authority is on record is looked at as strictly as can be.
    let least = if noted >= Some(streams::SINCE) { None } else { least(connection, &first)? };
    match (noted, least) {
        (None, Some(least)) => {
            wrong(&format!("none is noted, and by its records it was made in format {least} or later"))
        }
        (Some(noted), Some(least)) if noted < least => {
            wrong(&format!("it is noted as {noted}, and by its records it was made in format {least} or later"));
        }
        (Some(noted), _) if noted >= streams::SINCE && matches!(first.about, EntryAbout::Case(_)) => {
            wrong(&format!("it is noted as {noted}, and its first record has a form of before"));
        }
        _ => {}
    }
    Ok(noted.max(least))
}

/// The first entry of the ledger; none where there is none yet, or it is none any more, which is found with the
/// records.
fn first(connection: &Connection) -> Result<Option<LogEntry>, rusqlite::Error> {
    let sql = "SELECT entry FROM events WHERE seq = 1";
    let bytes: Option<Vec<u8>> = connection.query_row(sql, [], |row| row.get(0)).optional()?;
    Ok(bytes.and_then(|bytes| LogEntry::from_bytes(&bytes).ok()))
}

/// The format in which the database was made at least, by its records.
fn least(connection: &Connection, first: &LogEntry) -> Result<Option<i64>, rusqlite::Error> {
    match first.about {
        EntryAbout::Stream(_) => Ok((!was_served(connection)?).then_some(streams::SINCE)),
        EntryAbout::Case(_) => Ok((first.kind == ACTIVATED).then_some(ACTIVATIONS_SINCE)),
    }
}

/// Whether the records begin with what a version of before format 8 had made, in a database in which it recorded
/// nothing.
fn was_served(connection: &Connection) -> Result<bool, rusqlite::Error> {
    let dictionaries = Dictionaries::load(connection)?;
    let sql = format!("SELECT body FROM events WHERE kind IN ({MADE}) AND actor = 'remit'");
    let mut bodies = connection.prepare(&sql)?;
    let mut rows = bodies.query([])?;
    while let Some(row) = rows.next()? {
        let body = unpacked(&dictionaries, row, 0)?;
        if body.windows(BY_EARLIER.len()).any(|part| part == BY_EARLIER) {
            return Ok(true);
        }
    }
    Ok(false)
}
