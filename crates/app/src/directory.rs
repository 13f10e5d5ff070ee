//! A data directory: the database and the keys that belong together, opened for this process alone.

use crate::{
    StartError,
    environment::entropy::Entropy,
    evidence::view_check::ViewCheck,
    journal::OpenStore,
    vault::keys::{self, KeyError, Keys, ORIGIN},
};
use remit_ledger::checkpoint::Signer;
use remit_store::{
    CHECKPOINT, Judge, OpenError, Verification,
    sqlite::{
        self, DATABASE, MigrationCheck, MigrationStep, Options, RESERVE, SqliteStore, earlier_key_marks, is_earlier,
    },
};
use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// Where keys lie in a data directory.
pub const KEYS: &str = "keys";

/// A data directory that is open. Nobody else has it until this is dropped.
#[derive(Debug)]
pub struct Directory {
    /// Where it is.
    pub path: PathBuf,
    /// The database.
    pub store: OpenStore,
    /// The keys that it was made with.
    pub keys: Keys,
}

impl Directory {
    /// Opens `data`, making it where it is not there. What belongs together is there together, or nothing is opened.
    ///
    /// # Errors
    /// When another process has it; when a part of it is missing, damaged or another directory's; when it is of an
    /// earlier format and cannot be migrated, or is not what its records say; when the system refuses.
    pub fn open(data: &Path, options: Options) -> Result<Self, StartError> {
        Self::open_telling(data, options, &mut |_| {})
    }

    /// The same. `told` hears how far it is where the database is migrated.
    ///
    /// # Errors
    /// As [`Directory::open`].
    pub fn open_telling(
        data: &Path,
        options: Options,
        told: &mut dyn FnMut(MigrationStep),
    ) -> Result<Self, StartError> {
        is_there(data)?;
        let keys = data.join(KEYS);
        let before = before_migration(data, &keys)?;
        let verifier = before.map(|keys| Signer::new(ORIGIN, keys.ledger_seed()).verifier());
        let judge = || -> Box<dyn Judge> { Box::new(view_check(&keys)) };
        let check = verifier.as_ref().map(|verifier| MigrationCheck { verifier, judge: &judge });
        let store = match SqliteStore::open_checked(data, options.clone(), check, told) {
            // A first start was killed before anything was committed: a database is made before its keys.
            Err(OpenError::LogLost(_)) if !keys.exists() => {
                begin_anew(data)?;
                SqliteStore::open(data, options)?
            }
            opened => opened?,
        };
        private(data)?;
        let keys = Keys::open(&keys, &store, &Entropy::default())?;
        Ok(Self { path: data.to_owned(), keys, store })
    }
}

/// The keys by which a database of an earlier format is held against its records when it is migrated; none where it is
/// not to be, or was left before it had keys.
///
/// # Errors
/// When they are another's: who has other keys has put another database in the place of theirs.
fn before_migration(data: &Path, keys: &Path) -> Result<Option<Keys>, StartError> {
    let marks = earlier_key_marks(data);
    if is_earlier(data).is_none() || (marks.is_empty() && !keys.exists()) {
        return Ok(None);
    }
    let own = Keys::read(keys)?;
    if !marks.is_empty() {
        own.are_marked(keys, &marks)?;
    }
    Ok(Some(own))
}

/// What holds everything in a data directory against its records, with the keys in `keys` where they can be read.
pub fn view_check(keys: &Path) -> ViewCheck {
    match Keys::read(keys) {
        Ok(keys) => ViewCheck::with(keys),
        Err(error) => ViewCheck::without(error.to_string()),
    }
}

/// The data directory at `data`, or a copy of one, to be verified as it lies there: nothing is written to it, and a
/// server may use it meanwhile.
pub fn as_it_lies(data: &Path) -> impl Verification {
    sqlite::UnopenedDirectory::at(data)
}

/// Takes away a database in which nothing is.
fn begin_anew(data: &Path) -> Result<(), OpenError> {
    for end in ["", "-wal", "-shm"] {
        let path = data.join(format!("{DATABASE}{end}"));
        match fs::remove_file(&path) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => {
                return Err(OpenError::File { path: path.display().to_string(), source });
            }
            _ => {}
        }
    }
    Ok(())
}

/// Whether there is a data directory at `data` to be opened.
///
/// # Errors
/// When the system does not let us look, or there are keys whose database is missing.
pub fn is_there(data: &Path) -> Result<bool, StartError> {
    let path = data.join(DATABASE);
    let there = path.try_exists().map_err(|source| OpenError::File { path: path.display().to_string(), source })?;
    let keys = data.join(KEYS);
    // A database is made before its keys, so that keys without one have lost it.
    if !there && keys::NAMES.iter().any(|name| keys.join(name).exists()) {
        return Err(KeyError::NoDatabase(keys.display().to_string()).into());
    }
    Ok(there)
}

/// What lies in a data directory.
const OURS: [&str; 10] = [
    DATABASE,
    "remit.db-wal",
    "remit.db-shm",
    KEYS,
    "models",
    "lock",
    RESERVE,
    CHECKPOINT,
    "checkpoint.new",
    FIRST_TOKEN,
];

/// The file in the data directory that has the first token where no terminal shows it.
pub const FIRST_TOKEN: &str = "first-token";

/// Takes from others what they may read of a data directory: earlier versions, and whoever made it, left that to the
/// umask. A directory in which other things lie, or that is somebody else's, is left as it is, and told.
#[cfg(unix)]
fn private(data: &Path) -> Result<(), OpenError> {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
    let told = |source: io::Error| OpenError::File { path: data.display().to_string(), source };
    let mine = |file: &fs::Metadata| file.uid() == rustix::process::geteuid().as_raw();
    let set = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode));
    let files =
        OURS.iter().map(|name| data.join(name)).chain(keys::NAMES.iter().map(|name| data.join(KEYS).join(name)));
    for path in files {
        let open = fs::symlink_metadata(&path).ok().filter(|file| file.mode() & 0o077 != 0 && mine(file));
        if let Some(file) = open.filter(|file| !file.is_symlink()) {
            set(&path, if file.is_dir() { 0o700 } else { 0o600 }).map_err(told)?;
        }
    }
    let directory = fs::metadata(data).map_err(told)?;
    if directory.mode() & 0o077 == 0 {
        return Ok(());
    }
    let ours =
        |entry: io::Result<fs::DirEntry>| entry.is_ok_and(|entry| OURS.iter().any(|name| entry.file_name() == *name));
    if mine(&directory) && fs::read_dir(data).map_err(told)?.all(ours) {
        tracing::info!(directory = %data.display(), "the data directory is from now on for its owner alone");
        return set(data, 0o700).map_err(told);
    }
    tracing::warn!(directory = %data.display(), "others may look into the data directory; `chmod 700` keeps them out");
    Ok(())
}

#[cfg(not(unix))]
fn private(_: &Path) -> Result<(), OpenError> {
    Ok(())
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o7777
    }

    #[test]
    fn a_directory_is_for_its_owner_alone_also_one_that_was_not() {
        let outer = tempfile::tempdir().unwrap();
        let data = outer.path().join("data");
        let files = [DATABASE, "remit.db-wal", "remit.db-shm", "lock", RESERVE, "keys/master.key", "keys/ledger.key"];
        let directory = Directory::open(&data, Options::default()).unwrap();
        let held = || {
            assert_eq!((mode(&data), mode(&data.join(KEYS))), (0o700, 0o700));
            files.iter().for_each(|file| assert_eq!(mode(&data.join(file)), 0o600, "{file}"));
        };
        held();
        drop(directory);
        fs::set_permissions(&data, fs::Permissions::from_mode(0o755)).unwrap();
        // The log of writes goes with the last connection.
        for file in files.into_iter().filter(|file| data.join(file).exists()) {
            fs::set_permissions(data.join(file), fs::Permissions::from_mode(0o644)).unwrap();
        }
        fs::set_permissions(data.join(KEYS), fs::Permissions::from_mode(0o777)).unwrap();
        let directory = Directory::open(&data, Options::default()).unwrap();
        held();
        drop(directory);
        // What lies beside it may be for others.
        fs::write(data.join("theirs"), b"").unwrap();
        fs::set_permissions(&data, fs::Permissions::from_mode(0o1777)).unwrap();
        drop(Directory::open(&data, Options::default()).unwrap());
        assert_eq!(mode(&data), 0o1777);
    }

    #[test]
    fn keys_without_their_database_stop_the_start() {
        let data = tempfile::tempdir().unwrap();
        drop(Directory::open(data.path(), Options::default()).unwrap());
        fs::remove_file(data.path().join(DATABASE)).unwrap();
        let refused = Directory::open(data.path(), Options::default()).unwrap_err().to_string();
        assert!(refused.contains("restore it"), "{refused}");
        assert!(!data.path().join(DATABASE).exists());
    }
}
