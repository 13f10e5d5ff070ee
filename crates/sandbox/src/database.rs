//! The database: how it is opened, and what is asked of the file.

use crate::Failure;
use rusqlite::{Connection, ErrorCode, OpenFlags};
use std::{
    path::Path,
    time::{Duration, Instant},
};

/// `RSBX` in ASCII: says that the file is a sandbox's.
const APPLICATION_ID: i64 = 0x5253_4258;
/// The version of the tables.
const FORMAT: i64 = 1;
const SCHEMA: &str = include_str!("schema.sql");
/// How long one process waits for another one that writes.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long passes before what others prevented is tried again.
const PAUSE: Duration = Duration::from_millis(2);
/// Statements that a connection keeps ready: more than there are.
const STATEMENTS: usize = 64;

/// Opens the file, making it where it is not.
pub(crate) fn open(path: &Path) -> Result<Connection, Failure> {
    let mut connection = Connection::open(path)?;
    connection.busy_timeout(PATIENCE)?;
    made(&mut connection, &path.display().to_string())?;
    write_ahead(&connection)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    Ok(connection)
}

/// Has what is written go to a log first. SQLite does not wait by itself for others that open the file meanwhile.
#[expect(clippy::disallowed_methods, reason = "SQLite tells nobody when who has the file open lets go of it")]
fn write_ahead(connection: &Connection) -> Result<(), Failure> {
    let begun = Instant::now();
    loop {
        match connection.pragma_update(None, "journal_mode", "WAL") {
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) && begun.elapsed() < PATIENCE => {
                std::thread::sleep(PAUSE);
            }
            switched => return Ok(switched?),
        }
    }
}

/// Opens the file, which is there, to read beside who writes.
pub(crate) fn open_to_read(path: &Path) -> Result<Connection, Failure> {
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    connection.busy_timeout(PATIENCE)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.pragma_update(None, "trusted_schema", false)?;
    Ok(connection)
}

/// Opens one that is gone with it.
pub(crate) fn in_memory() -> Result<Connection, Failure> {
    let mut connection = Connection::open_in_memory()?;
    made(&mut connection, "the memory")?;
    Ok(connection)
}

fn number(connection: &Connection, sql: &str) -> rusqlite::Result<i64> {
    connection.query_row(sql, [], |row| row.get(0))
}

/// What says whose the file is, and of which format.
fn marks(connection: &Connection, path: &str) -> Result<(i64, i64), Failure> {
    let foreign = |error: rusqlite::Error| match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => Failure::Foreign(path.to_owned()),
        _ => error.into(),
    };
    let application = number(connection, "PRAGMA application_id").map_err(foreign)?;
    Ok((application, number(connection, "PRAGMA user_version")?))
}

/// Whether it is a sandbox's.
pub(crate) fn is_known(connection: &Connection, path: &str) -> Result<(), Failure> {
    match marks(connection, path)? == (APPLICATION_ID, FORMAT) {
        true => Ok(()),
        false => Err(Failure::Foreign(path.to_owned())),
    }
}

/// Makes the tables where nothing is yet; a file with something else in it is left alone.
fn made(connection: &mut Connection, path: &str) -> Result<(), Failure> {
    if marks(connection, path)? != (APPLICATION_ID, FORMAT) {
        let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        let found = marks(&transaction, path)?;
        let is_empty = number(&transaction, "SELECT count(*) FROM sqlite_schema")? == 0;
        if found == (0, 0) && is_empty {
            transaction.execute_batch(SCHEMA)?;
            transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
            transaction.pragma_update(None, "user_version", FORMAT)?;
            transaction.commit()?;
        } else if found != (APPLICATION_ID, FORMAT) {
            return Err(Failure::Foreign(path.to_owned()));
        }
    }
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    Ok(())
}
