//! Moves the log of writes (the write-ahead log) into the database, a checkpoint in SQLite's words, beside the writer,
//! so that no command waits long for it.
//!
//! A page that was written often since the last time is moved once, so that to move seldom costs least. While this goes
//! on the writer goes on too, and the log grows. Once it is long the writer moves the rest, waits for the disk to have
//! the database, and begins the log anew. All commands wait for that, so that shortly before little is left to be
//! moved, and the disk has the rest.

use super::{
    quiet::Quiet,
    setup::{self, BEGIN_ANEW, patient},
};
use crate::ReadError;
use rusqlite::Connection;
use std::{
    fs::File,
    path::Path,
    sync::{Arc, mpsc::Receiver},
    time::Duration,
};

/// Pages worth moving, and how long to leave the disk to the writer in between.
const STEP: i64 = BEGIN_ANEW / 16 * 7;
const PAUSE: Duration = Duration::from_millis(100);
/// The same once the log is so long that the writer soon begins it anew.
const SOON: i64 = BEGIN_ANEW / 16 * 15;
const SOON_STEP: i64 = 500;
const SOON_PAUSE: Duration = Duration::from_millis(10);

/// Runs until the writer, who tells of every batch, is gone. `database` is the file that pages are moved to.
#[expect(clippy::disallowed_methods, reason = "nobody waits for this thread, and it yields to others by time")]
pub(super) fn run(connection: &Connection, database: &File, written: &Receiver<()>) {
    while written.recv().is_ok() {
        // What fails here is tried again at the next batch, and in the end by the writer.
        let (log, moved) = log(connection).unwrap_or_default();
        let (step, pause) = if log < SOON { (STEP, PAUSE) } else { (SOON_STEP, SOON_PAUSE) };
        if log - moved >= step {
            let _ = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()));
            let _ = database.sync_data();
        }
        std::thread::sleep(pause);
    }
}

/// Pages that the writer itself moves at most before it begins the log anew because words were erased.
const FEW: i64 = 2_000;

/// Moves what is in the log into the database, beside the writer, so that the writer can begin the log anew at once.
pub(super) fn move_all(connection: &Connection, database: &File) -> Result<(), rusqlite::Error> {
    connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))?;
    database.sync_data().map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))
}

/// Moves what is in the log of the database at `path` into it and holds this process's own reads back for a moment, so
/// that a commit can begin the log anew; until what is given is dropped. Blocks, for `patience` at most after what it
/// moves. None if reads went on for so long.
pub(super) fn quieten(
    path: &Path,
    database: &File,
    gate: &Arc<Quiet>,
    patience: Duration,
) -> Result<Option<impl Send + Sized + use<>>, ReadError> {
    let failed = |error: &dyn std::fmt::Display| ReadError(error.to_string());
    let beside = setup::side(path).map_err(|error| failed(&error))?;
    move_all(&beside, database).map_err(|error| failed(&error))?;
    Ok(gate.close(patience))
}

/// Begins the log anew, as the writer: it is cut off, so that nothing that was overwritten is left in it. Not while
/// somebody reads what is in it, or much would have to be moved: nobody is waited for here.
pub(super) fn begin_anew(connection: &Connection) -> Result<bool, rusqlite::Error> {
    let (log_pages, moved) = log(connection)?;
    if log_pages - moved > FEW {
        return Ok(false);
    }
    connection.busy_timeout(Duration::ZERO)?;
    let busy = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, i64>(0));
    patient(connection)?;
    if busy? != 0 {
        return Ok(false);
    }
    let log_of = |path: &str| File::open(format!("{path}-wal"));
    // SQLite does not wait until the disk has the log's new length.
    Ok(connection.path().is_some_and(|path| log_of(path).and_then(|log| log.sync_all()).is_ok()))
}

/// Pages in the log, and how many of them are in the database.
fn log(connection: &Connection) -> Result<(i64, i64), rusqlite::Error> {
    connection.query_row("PRAGMA wal_checkpoint(NOOP)", [], |row| Ok((row.get(1)?, row.get(2)?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_pages_are_moved_and_few_are_left() {
        let directory = tempfile::tempdir().unwrap();
        let open = || Connection::open(directory.path().join("some.db")).unwrap();
        let (writer, beside) = (open(), open());
        writer.pragma_update(None, "journal_mode", "WAL").unwrap();
        writer.pragma_update(None, "wal_autocheckpoint", 0).unwrap();
        let database = File::open(directory.path().join("some.db")).unwrap();
        writer.execute_batch("CREATE TABLE some (bytes BLOB)").unwrap();
        for (rows, moved) in [(STEP / 2, false), (STEP, true)] {
            let sql = "WITH RECURSIVE n (k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM n WHERE k < ?1) \
                       INSERT INTO some SELECT randomblob(4000) FROM n";
            writer.execute(sql, [rows]).unwrap();
            let (told, written) = std::sync::mpsc::sync_channel(1);
            told.send(()).unwrap();
            drop(told);
            run(&beside, &database, &written);
            let (all, settled) = log(&beside).unwrap();
            assert_eq!(all == settled, moved, "{rows}");
        }
    }
}
