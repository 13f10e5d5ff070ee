//! The migration of a database of an earlier format, once: a copy is brought to the newest format, held against the
//! original, made durable and put in its place. Whenever the process dies, the next start has either the original as it
//! was or the whole new one.
//!
//! In order: the log of writes is moved into the original and taken away; the copy is made, changed, held against the
//! original and against its own records (`migrated.rs`), and synced (fsync); the original gets a second name (a hard
//! link), and the copy takes its first one (rename). There is a database under the name at every moment, and no log of
//! writes beside it that another one wrote. Once the new one has been opened the original is overwritten and taken
//! away: keys that are destroyed later are in no copy.

use super::{
    DATABASE, Options, migrated, setup,
    step::{Check, MigrationStep, Progress, Stop},
    streams,
};
use crate::OpenError;
use rusqlite::{Connection, OpenFlags, TransactionBehavior, backup};
use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, Seek as _, Write as _},
    path::{Path, PathBuf},
    time::Duration,
};

#[cfg(test)]
mod tests;

/// The copy while it is made.
const COPY: &str = "remit.db.migrating";
/// What the original is called until the new one was opened, before the number of its format.
const BEFORE: &str = "remit.db.before-";
/// Pages that are copied before it is told how many were.
const PAGES: i32 = 4_096;
/// Room beyond that of the copy: for what grows with it, and what is written meanwhile.
const ROOM_MORE: u64 = 32 << 20;
/// Bytes that are overwritten at once.
const BLANK: usize = 1 << 20;

/// Brings the database in `data` to the newest format if it is of an earlier one. The directory's lock is held. Where
/// `check` says by what, the copy is held against its records too.
///
/// # Errors
/// [`OpenError::NotMigrated`], and what opening the original would be refused for. It is as it was.
pub(super) fn bring(
    data: &Path,
    options: &Options,
    check: Option<Check<'_>>,
    told: Progress<'_>,
) -> Result<(), OpenError> {
    let (path, copy) = (data.join(DATABASE), data.join(COPY));
    // A copy that was not finished. It is made anew where it is needed.
    let cleared = remove(&copy);
    let known = setup::newest_format();
    let Some(found) = earlier(&path, known) else {
        return cleared.map_err(|source| OpenError::File { path: copy.display().to_string(), source });
    };
    let before = data.join(format!("{BEFORE}{found}"));
    let original = Connection::open(&path).map_err(|error| setup::refusal(&path, &error))?;
    // What would stop a start stops this.
    setup::tree(&path, &original)?;
    let migrated = cleared.map_err(Stop::from).and_then(|()| {
        second_name_is_free(&path, &before)?;
        begin(&original, data, &path)?;
        let bytes = fs::metadata(&path)?.len();
        told(MigrationStep::Begun { from: found, to: known, bytes });
        make(&original, (&copy, found), options, told)?;
        migrated::verify(&original, &copy, found, told)?;
        if let Some(check) = check {
            migrated::judge(&path, &copy, &check, told)?;
        }
        drop(original);
        replace(data, (&path, &copy, &before), told)
    });
    migrated.map_err(|stop| {
        let _ = remove(&copy);
        OpenError::NotMigrated { path: path.display().to_string(), found, known, why: stop.told() }
    })
}

/// The format of the database in the directory `data`, and the newest, if it is of an earlier one: the next to open it
/// migrates it.
pub fn is_earlier(data: &Path) -> Option<(i64, i64)> {
    let known = setup::newest_format();
    earlier(&data.join(DATABASE), known).map(|found| (found, known))
}

/// What tells the keys from others with which the database in `data` was made, by the key's name, where it is of an
/// earlier format and says so; nothing is changed by it.
pub fn earlier_key_marks(data: &Path) -> BTreeMap<String, Vec<u8>> {
    let path = data.join(DATABASE);
    let read = || -> Result<BTreeMap<String, Vec<u8>>, rusqlite::Error> {
        let connection = Connection::open_with_flags(&path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        let mut marks = connection.prepare("SELECT name, mark FROM keys")?;
        marks.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
    };
    // Formats before 6 have no marks, and what cannot be read is told of when it is opened.
    earlier(&path, setup::newest_format()).and_then(|_| read().ok()).unwrap_or_default()
}

/// The format of the database at `path`, if it is Remit's and of an earlier one. What cannot be read is told of when it
/// is opened.
fn earlier(path: &Path, known: i64) -> Option<i64> {
    let read = || -> Result<Option<i64>, rusqlite::Error> {
        let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        let ours = connection.pragma_query_value(None, "application_id", |row| row.get::<_, i64>(0))?;
        let found = setup::format(&connection)?;
        Ok(Some(found).filter(|found| ours == setup::APPLICATION_ID && (1..known).contains(found)))
    };
    read().ok().flatten()
}

/// Takes the second name away where it is another name of the original: a migration ended before the copy took its
/// place.
fn second_name_is_free(path: &Path, before: &Path) -> Result<(), Stop> {
    if !before.try_exists()? {
        return Ok(());
    }
    if !is_same(path, before)? {
        let why = format!("{} lies beside it, and is another database; move it somewhere else", before.display());
        return Err(Stop::Why(why));
    }
    Ok(fs::remove_file(before)?)
}

/// Whether two names are of one file.
fn is_same(one: &Path, other: &Path) -> io::Result<bool> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        let (one, other) = (fs::metadata(one)?, fs::metadata(other)?);
        Ok((one.dev(), one.ino()) == (other.dev(), other.ino()))
    }
    #[cfg(not(unix))]
    Ok(fs::canonicalize(one)? == fs::canonicalize(other)?)
}

/// Looks whether there is room, and moves the log of writes into the original.
fn begin(original: &Connection, data: &Path, path: &Path) -> Result<(), Stop> {
    let log = fs::metadata(beside(path, "-wal")).map_or(0, |log| log.len());
    let size = fs::metadata(path)?.len() + log;
    has_room(size, room(data))?;
    original.busy_timeout(Duration::from_secs(5))?;
    let busy: i64 = original.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    if busy != 0 {
        return Err(Stop::Why("another program has it open; end that one, and start again".to_owned()));
    }
    Ok(())
}

/// Whether so many free bytes hold a copy of a database of this size.
fn has_room(size: u64, free: Option<u64>) -> Result<(), Stop> {
    // Records have longer names, and so has their index; pages that are left by the way stay in the file.
    let needed = size + size / 4 + ROOM_MORE;
    let Some(free) = free.filter(|free| *free < needed) else { return Ok(()) };
    let mib = |bytes: u64| bytes.div_ceil(1 << 20);
    Err(Stop::Why(format!(
        "it is migrated as a copy, which needs {} MiB beside it, and {} MiB are free; make room, or move the data \
         directory to a larger disk, and start again",
        mib(needed),
        mib(free)
    )))
}

/// Bytes that are free for this user; none where the system does not say.
fn room(data: &Path) -> Option<u64> {
    #[cfg(unix)]
    {
        let disk = rustix::fs::statvfs(data).ok()?;
        Some(disk.f_bavail.saturating_mul(disk.f_frsize))
    }
    #[cfg(not(unix))]
    {
        let _ = data;
        None
    }
}

/// Makes the copy, of the newest format.
fn make(original: &Connection, (copy, found): (&Path, i64), options: &Options, told: Progress<'_>) -> Result<(), Stop> {
    drop(setup::private(copy)?);
    let mut connection = Connection::open(copy)?;
    {
        let copying = backup::Backup::new(original, &mut connection)?;
        loop {
            let more = copying.step(PAGES)?;
            let progress = copying.progress();
            let pages = |count: i32| u64::try_from(count).unwrap_or(0);
            let of = pages(progress.pagecount);
            told(MigrationStep::Copied { pages: of.saturating_sub(pages(progress.remaining)), of });
            match more {
                backup::StepResult::Done => break,
                backup::StepResult::More => {}
                _ => return Err(Stop::Why("another program writes it; end that one, and start again".to_owned())),
            }
        }
    }
    // A copy that is broken off is thrown away.
    connection.pragma_update(None, "journal_mode", "DELETE")?;
    connection.pragma_update(None, "journal_mode", "OFF")?;
    connection.pragma_update(None, "synchronous", "OFF")?;
    if let Some(pages) = options.pages_max {
        connection.pragma_update(None, "max_page_count", pages)?;
    }
    // What is dropped is overwritten.
    connection.pragma_update(None, "secure_delete", "ON")?;
    apply(&mut connection, found, told)?;
    connection.close().map_err(|(_, error)| error)?;
    Ok(())
}

/// Brings a database of the format `found` to the newest.
pub(super) fn apply(connection: &mut Connection, found: i64, told: Progress<'_>) -> Result<(), rusqlite::Error> {
    for (at, sql) in setup::MIGRATIONS.iter().enumerate().skip(usize::try_from(found).unwrap_or(0)) {
        let format = at as i64 + 1;
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute_batch(sql)?;
        if format == streams::SINCE {
            streams::rename(&transaction, told)?;
        }
        transaction.pragma_update(None, "user_version", format)?;
        transaction.pragma_update(None, "application_id", setup::APPLICATION_ID)?;
        transaction.commit()?;
        told(MigrationStep::Changed { format });
    }
    Ok(())
}

/// Puts the copy in the original's place, which keeps its second name.
fn replace(data: &Path, (path, copy, before): (&Path, &Path, &Path), told: Progress<'_>) -> Result<(), Stop> {
    File::open(copy)?.sync_all()?;
    // The one that closed the original last has taken its log away, if nobody else has it open.
    let log = beside(path, "-wal");
    if fs::metadata(&log).is_ok_and(|log| log.len() > 0) {
        return Err(Stop::Why("another program writes it; end that one, and start again".to_owned()));
    }
    remove(&log)?;
    remove(&beside(path, "-shm"))?;
    sync(data)?;
    told(MigrationStep::Synced);
    fs::hard_link(path, before).map_err(|error| {
        let cure = "the data directory must be on a file system that has hard links";
        Stop::Why(format!("the system does not give it a second name, {}: {error}; {cure}", before.display()))
    })?;
    sync(data)?;
    told(MigrationStep::Named);
    fs::rename(copy, path)?;
    sync(data)?;
    told(MigrationStep::Replaced);
    Ok(())
}

/// Takes originals away whose migrated copy was opened. What is in them is overwritten first.
pub(super) fn end(data: &Path, told: Progress<'_>) -> io::Result<()> {
    for file in fs::read_dir(data)? {
        let file = file?;
        let ours = |name: &str| name.strip_prefix(BEFORE).is_some_and(|format| format.parse::<u32>().is_ok());
        let path = file.path();
        if !file.file_name().to_str().is_some_and(ours) || is_same(&path, &data.join(DATABASE))? {
            continue;
        }
        blank(&path)?;
        fs::remove_file(&path)?;
        sync(data)?;
        told(MigrationStep::Ended);
    }
    Ok(())
}

fn blank(path: &Path) -> io::Result<()> {
    let mut file = File::options().write(true).open(path)?;
    let (mut left, nothing) = (file.metadata()?.len(), vec![0_u8; BLANK]);
    file.rewind()?;
    while left > 0 {
        let part = nothing.get(..usize::try_from(left).unwrap_or(BLANK).min(BLANK)).unwrap_or_default();
        file.write_all(part)?;
        left -= part.len() as u64;
    }
    file.sync_all()
}

fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    name.into()
}

/// Takes a file away with what SQLite writes beside it.
fn remove(path: &Path) -> io::Result<()> {
    for end in ["", "-journal", "-wal", "-shm"] {
        match fs::remove_file(beside(path, end)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

/// Makes what was named, renamed and taken away in a directory durable.
fn sync(directory: &Path) -> io::Result<()> {
    #[cfg(unix)]
    File::open(directory)?.sync_all()?;
    #[cfg(not(unix))]
    let _ = directory;
    Ok(())
}
