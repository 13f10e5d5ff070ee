//! Names of streams in databases of before format 8, which had identifiers alone: rewritten to kind and identifier.

use super::{compression::Dictionaries, step::MigrationStep};
use remit_ledger::stream::{DECISION, of_version_1};
use rusqlite::{Connection, Error, functions::FunctionFlags, params};
use std::collections::HashMap;

/// The format since which records name their stream by kind and identifier.
pub const SINCE: i64 = 8;
/// Records that are rewritten before it is told how many were.
const AT_ONCE: i64 = 100_000;

/// Gives each record the name of its stream, and those of streams that several identifiers stood for their places
/// anew. `told` hears how far it is.
pub(super) fn rename(connection: &Connection, told: &mut dyn FnMut(MigrationStep)) -> Result<(), Error> {
    let last: i64 = connection.query_row("SELECT COALESCE(MAX(seq), 0) FROM events", [], |row| row.get(0))?;
    if last == 0 {
        return Ok(());
    }
    let dictionaries = Dictionaries::load(connection)?;
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    connection.create_scalar_function("stream_of", 3, flags, move |called| {
        let (name, kind): (String, String) = (called.get(0)?, called.get(1)?);
        let body = called.get_raw(2).as_blob().ok().filter(|body| !body.is_empty());
        let body = body.map(|body| dictionaries.unpack(body)).transpose()?.unwrap_or_default();
        Ok(of_version_1(&name, &kind, &body))
    })?;
    // Made anew at the end, in one go and as the first format has it.
    connection.execute_batch("DROP INDEX events_stream")?;
    // Of a body only what a decision's identifier stood for is read.
    let sql = format!(
        "UPDATE events SET stream = stream_of(stream, kind, CASE WHEN stream GLOB '{DECISION}*' THEN body ELSE x'' \
         END) WHERE seq > ?1 AND seq <= ?2"
    );
    let mut done = 0;
    while done < last {
        connection.execute(&sql, params![done, done + AT_ONCE])?;
        done = (done + AT_ONCE).min(last);
        told(MigrationStep::Renamed { records: done.cast_unsigned(), of: last.cast_unsigned() });
    }
    places(connection)?;
    connection.execute_batch("CREATE UNIQUE INDEX events_stream ON events (stream, ver)")?;
    connection.remove_function("stream_of", 3)
}

/// The kinds of streams of which several identifiers of before may be one.
pub(super) fn may_be_joined(stream: &str) -> bool {
    stream.starts_with("responder/") || stream.starts_with("bundle/")
}

fn places(connection: &Connection) -> Result<(), Error> {
    let sql = "SELECT seq, stream FROM events WHERE stream GLOB 'responder/*' OR stream GLOB 'bundle/*' ORDER BY seq";
    let joined: Vec<(i64, String)> =
        connection.prepare(sql)?.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?;
    let mut last: HashMap<String, i64> = HashMap::new();
    let mut place = connection.prepare("UPDATE events SET ver = ?2 WHERE seq = ?1")?;
    for (seq, stream) in joined {
        let last = last.entry(stream).or_default();
        *last += 1;
        place.execute([seq, *last])?;
    }
    Ok(())
}
