//! Opens and checks the database, and brings it to the newest format.

use super::Options;
use crate::{CHECKPOINT, OpenError, ReadError, patience};
use remit_ledger::{
    checkpoint::Checkpoint,
    hash::Hash,
    tile::{self, TILE_WIDTH},
    tree::Tree,
};
use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension, config::DbConfig, params};
use std::{
    fs::{self, File, TryLockError},
    io::{self, Write as _},
    path::Path,
    time::Duration,
};

pub(super) const MIGRATIONS: &[&str] = &[
    include_str!("0001.sql"),
    include_str!("0002.sql"),
    include_str!("0003.sql"),
    include_str!("0004.sql"),
    include_str!("0005.sql"),
    include_str!("0006.sql"),
    include_str!("0007.sql"),
    include_str!("0008.sql"),
    include_str!("0009.sql"),
];
/// `RMIT` in ASCII: says that the file is Remit's.
pub(super) const APPLICATION_ID: i64 = 0x524d_4954;
const STATEMENTS: usize = 64;
/// Steps of SQLite's machine, each far below a microsecond, after which a read looks whether it has taken too long.
const LOOK_EVERY: i32 = 1_000;
/// Bytes of a page: what a row in a tree without order costs to write.
const PAGE: i64 = 4096;
/// Pages in the log of writes from which on the writer itself moves what is left of them into the database, so that
/// the log begins anew: 256 MiB. Most were moved beside it by then.
pub(super) const BEGIN_ANEW: i64 = 65_536;
/// Memory for pages that the writer keeps at hand, in KiB. After a batch that split a page, SQLite walks through all of
/// them; the system's own cache has the others.
const WRITER_CACHE: i64 = 16_384;

pub(super) fn lock(data: &Path) -> Result<File, OpenError> {
    let file = |source| OpenError::File { path: data.display().to_string(), source };
    directory(data).map_err(file)?;
    let lock = private(&data.join("lock")).map_err(file)?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse(data.display().to_string())),
        Err(TryLockError::Error(source)) => Err(file(source)),
    }
}

/// Makes the data directory where it is not, for its owner alone.
fn directory(data: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(data)
}

/// Opens a file to read and write it; made for its owner alone where it is not there.
pub(super) fn private(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.create(true).truncate(false).read(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// The writer's connection. What is new `make` brings to the newest format.
pub(super) fn writer(path: &Path, options: &Options, make: Make<'_>) -> Result<Connection, OpenError> {
    if !path.exists() {
        not_behind(path, 0)?;
    }
    // SQLite makes the files beside it as this one is. Before any connection: where a process closes a file it loses
    // all its locks on it.
    drop(private(path).map_err(|source| OpenError::File { path: path.display().to_string(), source })?);
    open(path, options, make).map_err(|error| match error {
        Opening::Refused(refused) => refused,
        Opening::Sqlite(error) => refusal(path, &error),
    })
}

/// What SQLite's refusal of the database at `path` comes from: SQLite tells little of what the system said.
pub(super) fn refusal(path: &Path, error: &rusqlite::Error) -> OpenError {
    let (named, what) = (path.display().to_string(), error.to_string());
    let source = match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => io::ErrorKind::StorageFull.into(),
        Some(
            ErrorCode::CannotOpen
            | ErrorCode::PermissionDenied
            | ErrorCode::ReadOnly
            | ErrorCode::SystemIoFailure
            | ErrorCode::FileLockingProtocolFailed,
        ) => refused_file(path).unwrap_or_else(|| io::Error::other(what)),
        _ => return OpenError::Damaged { path: named, what },
    };
    OpenError::File { path: named, source }
}

/// What the system says when what SQLite does with the files of a database is done once more.
fn refused_file(path: &Path) -> Option<io::Error> {
    let mut tried = path.as_os_str().to_owned();
    tried.push("-try");
    let files = ["-wal", "-shm"].map(|end| {
        let mut beside = path.as_os_str().to_owned();
        beside.push(end);
        beside
    });
    let there = files.iter().map(Path::new).filter(|file| file.exists());
    let opened = std::iter::once(path).chain(there).try_for_each(|file| {
        File::options().read(true).write(true).open(file)?;
        Ok(())
    });
    opened.and_then(|()| fs::write(&tried, b"?")).and_then(|()| fs::remove_file(&tried)).err()
}

/// The format that this program writes.
pub(super) fn newest_format() -> i64 {
    i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX)
}

/// The format of a database.
pub(super) fn format(connection: &Connection) -> Result<i64, rusqlite::Error> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

/// Whether a database is Remit's, and of a format that this program knows.
///
/// # Errors
/// When it is not, or cannot be read.
pub(super) fn is_known(connection: &Connection, path: &Path) -> Result<(), OpenError> {
    let named = path.display().to_string();
    let number = |pragma: &str| {
        let read = connection.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0));
        read.map_err(|error| OpenError::Damaged { path: named.clone(), what: error.to_string() })
    };
    let (found, known) = (number("user_version")?, newest_format());
    if number("application_id")? != APPLICATION_ID {
        return Err(OpenError::Foreign(named));
    }
    if found > known { Err(OpenError::Newer { found, known }) } else { Ok(()) }
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

/// Brings a new database to the newest format.
pub(super) type Make<'m> = &'m dyn Fn(&mut Connection) -> Result<(), rusqlite::Error>;

fn open(path: &Path, options: &Options, make: Make<'_>) -> Result<Connection, Opening> {
    let mut connection = Connection::open(path)?;
    let number =
        |connection: &Connection, pragma: &str| connection.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0));
    let (application, found) = (number(&connection, "application_id")?, number(&connection, "user_version")?);
    let fresh = application == 0 && found == 0 && number(&connection, "page_count")? == 0;
    if fresh {
        // Before anything is written into it.
        not_behind(path, 0).map_err(Opening::Refused)?;
        connection.pragma_update(None, "page_size", PAGE)?;
    } else {
        let empty = application == 0 && found == 0 && number(&connection, "page_count")? == 1;
        // As a database of Remit was until its log of writes was first moved into it.
        if empty && connection.pragma_query_value(None, "journal_mode", |row| row.get::<_, String>(0))? == "wal" {
            return Err(Opening::Refused(OpenError::LogLost(path.display().to_string())));
        }
        is_known(&connection, path).map_err(Opening::Refused)?;
    }
    let known = newest_format();
    if !fresh && found < known {
        let why = "another program has it open; end that one, and start again".to_owned();
        return Err(Opening::Refused(OpenError::NotMigrated { path: path.display().to_string(), found, known, why }));
    }
    pragmas(&connection)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "wal_autocheckpoint", BEGIN_ANEW)?;
    connection.pragma_update(None, "cache_size", -WRITER_CACHE)?;
    if let Some(pages) = options.pages_max {
        connection.pragma_update(None, "max_page_count", pages)?;
    }
    // What is dropped is overwritten.
    connection.pragma_update(None, "secure_delete", "ON")?;
    // What was of an earlier format is of this one by now (`migrate.rs`).
    if fresh {
        make(&mut connection)?;
        connection.execute("INSERT INTO born VALUES (?1)", [known])?;
    }
    // Pages that are written anyway are overwritten where something of them is deleted or moved; others only when words
    // are erased.
    connection.pragma_update(None, "secure_delete", "FAST")?;
    if fresh {
        // So that the file says by itself what it is, also without its log of writes. Nobody waits here for who reads:
        // what then stays in the log is gone when it begins anew.
        connection.busy_timeout(Duration::ZERO)?;
        if connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).is_err() {
            connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))?;
        }
        patient(&connection)?;
    }
    // From here on the disk is waited for beside the writer.
    connection.pragma_update(None, "synchronous", "NORMAL")?;
    Ok(connection)
}

fn pragmas(connection: &Connection) -> Result<(), rusqlite::Error> {
    connection.pragma_update(None, "journal_mode", "WAL")?;
    patient(connection)
}

/// What every connection is like: it waits for locks, and prepares a statement once. SQLite else lets the values that
/// are bound have a say in the plan, and prepares a statement with a bound limit or moment anew for each.
pub(super) fn patient(connection: &Connection) -> Result<(), rusqlite::Error> {
    connection.busy_timeout(Duration::from_secs(30))?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(())
}

/// The ledger's edge, made from its tiles and newest events, and held against its head and the newest
/// signed checkpoint: what is gone or was changed since stops the start.
pub(super) fn tree(path: &Path, connection: &Connection) -> Result<Tree, OpenError> {
    let damaged = |what: String| OpenError::Damaged { path: path.display().to_string(), what };
    let sqlite = |error: rusqlite::Error| refusal(path, &error);
    let number = |sql: &str| -> Result<u64, OpenError> {
        let found: Option<i64> = connection.query_row(sql, [], |row| row.get(0)).optional().map_err(sqlite)?;
        Ok(found.map_or(0, i64::cast_unsigned))
    };
    let last = number("SELECT COALESCE(MAX(seq), 0) FROM events")?;
    let kept = not_behind(path, last)?;
    let head = number("SELECT size FROM ledger_head")?;
    if head != last {
        return Err(damaged(format!("the ledger has {head} entries, but the newest event is number {last}")));
    }
    let sql = "SELECT size, note FROM checkpoints ORDER BY size DESC LIMIT 1";
    let signed: Option<(i64, String)> =
        connection.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?))).optional().map_err(sqlite)?;
    let mut held = Vec::from_iter(kept);
    if let Some((size, note)) = signed {
        let size = size.cast_unsigned();
        if size > last {
            return Err(damaged(format!("{size} entries were signed, but the newest event is number {last}")));
        }
        held.push(Checkpoint::unverified(&note).map_err(|error| damaged(error.to_string()))?);
    }
    for Checkpoint { size, root, .. } in held {
        if tree_at(connection, size).map_err(damaged)?.root() != root {
            let what = format!("the first {size} entries are not those that were signed; run `remit ledger verify`");
            return Err(damaged(what));
        }
    }
    tree_at(connection, last).map_err(damaged)
}

/// The newest checkpoint as it is kept beside the database at `path`, if it can be read.
///
/// # Errors
/// When more was signed than the `has` records that the database has.
fn not_behind(path: &Path, has: u64) -> Result<Option<Checkpoint>, OpenError> {
    let kept = kept_checkpoint(path).and_then(|note| Checkpoint::unverified(&note).ok());
    match kept.as_ref().filter(|kept| kept.size > has) {
        Some(kept) => Err(OpenError::Behind { path: path.display().to_string(), has, signed: kept.size }),
        None => Ok(kept),
    }
}

/// The same as it is written.
pub(super) fn kept_checkpoint(path: &Path) -> Option<String> {
    fs::read_to_string(path.with_file_name(CHECKPOINT)).ok()
}

/// Keeps a checkpoint beside the database at `path`. The disk is not waited for: what the file said before is true too.
pub(super) fn keep_checkpoint(path: &Path, note: &str) -> io::Result<()> {
    let kept = path.with_file_name(CHECKPOINT);
    let aside = kept.with_extension("new");
    let mut file = private(&aside)?;
    file.set_len(0)?;
    file.write_all(note.as_bytes())?;
    fs::rename(&aside, &kept)
}

/// The edge of the ledger when it had `size` entries.
pub(super) fn tree_at(connection: &Connection, size: u64) -> Result<Tree, String> {
    let read = || -> Result<Vec<Hash>, rusqlite::Error> {
        let full = size - size % TILE_WIDTH as u64;
        connection
            .prepare("SELECT entry FROM events WHERE seq > ?1 AND seq <= ?2 ORDER BY seq")?
            .query_map([full.cast_signed(), size.cast_signed()], |row| Ok(Hash::leaf(row.get_ref(0)?.as_blob()?)))?
            .collect()
    };
    let leaves = read().map_err(|error| error.to_string())?;
    Tree::restore(size, leaves, |level, index| full_tile(connection, level, index)).map_err(|error| error.to_string())
}

/// A full tile as it is stored; none if it is not there or cannot be read.
pub(super) fn full_tile(connection: &Connection, level: u8, index: u64) -> Option<Vec<Hash>> {
    let mut stored = connection.prepare_cached("SELECT hashes FROM tiles WHERE level = ?1 AND idx = ?2").ok()?;
    let bytes = stored.query_row(params![level, index.cast_signed()], |row| row.get::<_, Vec<u8>>(0)).ok()?;
    tile::hashes(&bytes)
}

/// The connection of rare writes.
pub(super) fn side(path: &Path) -> Result<Connection, OpenError> {
    let open = || -> Result<Connection, rusqlite::Error> {
        let connection = Connection::open(path)?;
        pragmas(&connection)?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "wal_autocheckpoint", 0)?;
        Ok(connection)
    };
    open().map_err(|error| refusal(path, &error))
}

pub(super) fn reader(path: &Path) -> Result<Connection, ReadError> {
    let open = || -> Result<Connection, rusqlite::Error> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut connection = Connection::open_with_flags(path, flags)?;
        patient(&connection)?;
        connection.progress_handler(LOOK_EVERY, Some(patience::is_over))?;
        connection.pragma_update(None, "cache_size", -8_192)?;
        Ok(connection)
    };
    open().map_err(|error| ReadError(error.to_string()))
}
