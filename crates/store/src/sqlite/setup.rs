//! Opens and checks the database, and brings it to the newest format.

use super::Options;
use crate::{OpenError, ReadError};
use remit_ledger::tree::Tree;
use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension};
use std::{
    fs::{self, File, TryLockError},
    path::Path,
    time::Duration,
};

const MIGRATIONS: [&str; 1] = [include_str!("0001.sql")];
/// `RMIT` in ASCII: says that the file is Remit's.
const APPLICATION_ID: i64 = 0x524d_4954;
const STATEMENTS: usize = 64;

pub(super) fn lock(data: &Path) -> Result<File, OpenError> {
    let file = |source| OpenError::File { path: data.display().to_string(), source };
    fs::create_dir_all(data).map_err(file)?;
    let lock = File::options().create(true).truncate(false).write(true).open(data.join("lock")).map_err(file)?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse(data.display().to_string())),
        Err(TryLockError::Error(source)) => Err(file(source)),
    }
}

pub(super) fn writer(path: &Path, options: &Options) -> Result<Connection, OpenError> {
    open(path, options).map_err(|error| match error {
        Opening::Refused(refused) => refused,
        Opening::Sqlite(error) => {
            let (path, what) = (path.display().to_string(), error.to_string());
            match error.sqlite_error_code() {
                Some(ErrorCode::CannotOpen | ErrorCode::PermissionDenied | ErrorCode::ReadOnly) => {
                    OpenError::File { path, source: std::io::Error::other(what) }
                }
                _ => OpenError::Damaged { path, what },
            }
        }
    })
}

enum Opening {
    Refused(OpenError),
    Sqlite(rusqlite::Error),
}

impl From<rusqlite::Error> for Opening {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

fn open(path: &Path, options: &Options) -> Result<Connection, Opening> {
    let mut connection = Connection::open(path)?;
    let number =
        |connection: &Connection, pragma: &str| connection.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0));
    let (application, found) = (number(&connection, "application_id")?, number(&connection, "user_version")?);
    let fresh = application == 0 && found == 0 && number(&connection, "page_count")? == 0;
    if !fresh && application != APPLICATION_ID {
        return Err(Opening::Refused(OpenError::Foreign(path.display().to_string())));
    }
    let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    if found > known {
        return Err(Opening::Refused(OpenError::Newer { found, known }));
    }
    if fresh {
        connection.pragma_update(None, "page_size", 8192)?;
    }
    pragmas(&connection)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "wal_autocheckpoint", 1000)?;
    connection.pragma_update(None, "cache_size", -65_536)?;
    if let Some(pages) = options.pages_max {
        connection.pragma_update(None, "max_page_count", pages)?;
    }
    for (at, migration) in MIGRATIONS.iter().enumerate().skip(usize::try_from(found).unwrap_or(0)) {
        let transaction = connection.transaction()?;
        transaction.execute_batch(migration)?;
        transaction.pragma_update(None, "user_version", at as i64 + 1)?;
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.commit()?;
    }
    Ok(connection)
}

fn pragmas(connection: &Connection) -> Result<(), rusqlite::Error> {
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.busy_timeout(Duration::from_secs(30))?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(())
}

/// The ledger's edge, checked against the newest event.
pub(super) fn tree(path: &Path, connection: &Connection) -> Result<Tree, OpenError> {
    let damaged = |what: String| OpenError::Damaged { path: path.display().to_string(), what };
    let read = || -> Result<(Option<Vec<u8>>, u64), rusqlite::Error> {
        let edge = connection.query_row("SELECT edge FROM tree_state", [], |row| row.get(0)).optional()?;
        let last: i64 = connection.query_row("SELECT COALESCE(MAX(seq), 0) FROM events", [], |row| row.get(0))?;
        Ok((edge, u64::try_from(last).unwrap_or(0)))
    };
    let (edge, last) = read().map_err(|error| damaged(error.to_string()))?;
    let tree = edge
        .map_or_else(|| Ok(Tree::default()), |bytes| Tree::from_bytes(&bytes))
        .map_err(|e| damaged(e.to_string()))?;
    if tree.size() == last {
        Ok(tree)
    } else {
        Err(damaged(format!("the ledger has {} entries, but the newest event is number {last}", tree.size())))
    }
}

/// The connection of rare writes.
pub(super) fn side(path: &Path) -> Result<Connection, OpenError> {
    let open = || -> Result<Connection, rusqlite::Error> {
        let connection = Connection::open(path)?;
        pragmas(&connection)?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        Ok(connection)
    };
    open().map_err(|error| OpenError::Damaged { path: path.display().to_string(), what: error.to_string() })
}

pub(super) fn reader(path: &Path) -> Result<Connection, ReadError> {
    let open = || -> Result<Connection, rusqlite::Error> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags)?;
        connection.busy_timeout(Duration::from_secs(30))?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        connection.pragma_update(None, "cache_size", -8_192)?;
        Ok(connection)
    };
    open().map_err(|error| ReadError(error.to_string()))
}
