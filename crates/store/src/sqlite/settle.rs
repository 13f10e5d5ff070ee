//! Moves the log of writes into the database beside the writer, a little at a time, so that no command waits long
//! for it.
//!
//! While this goes on the writer goes on too, so that the log grows. Once it is long the writer moves the rest, which is
//! little, and begins the log anew.

use rusqlite::Connection;
use std::{sync::mpsc::Receiver, time::Duration};

/// Pages worth moving.
const STEP: i64 = 4_000;
/// How long to leave the disk to the writer in between.
const PAUSE: Duration = Duration::from_millis(100);

/// Runs until the writer, who tells of every batch, is gone.
#[expect(clippy::disallowed_methods, reason = "nobody waits for this thread, and it yields to others by time")]
pub(super) fn run(connection: &Connection, written: &Receiver<()>) {
    while written.recv().is_ok() {
        // What fails here is tried again at the next batch, and in the end by the writer.
        if unsettled(connection).is_ok_and(|pages| pages >= STEP) {
            let _ = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()));
        }
        std::thread::sleep(PAUSE);
    }
}

/// Pages in the log that are not in the database yet.
fn unsettled(connection: &Connection) -> Result<i64, rusqlite::Error> {
    connection.query_row("PRAGMA wal_checkpoint(NOOP)", [], |row| Ok(row.get::<_, i64>(1)? - row.get::<_, i64>(2)?))
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
        writer.execute_batch("CREATE TABLE some (bytes BLOB)").unwrap();
        for (rows, moved) in [(STEP / 2, false), (STEP, true)] {
            let sql = "WITH RECURSIVE n (k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM n WHERE k < ?1) \
                       INSERT INTO some SELECT randomblob(4000) FROM n";
            writer.execute(sql, [rows]).unwrap();
            let (told, written) = std::sync::mpsc::sync_channel(1);
            told.send(()).unwrap();
            drop(told);
            run(&beside, &written);
            assert_eq!(unsettled(&beside).unwrap() == 0, moved, "{rows}");
        }
    }
}
