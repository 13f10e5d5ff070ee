//! Steps of a migration, and why one stops.

use crate::Judge;
use remit_ledger::checkpoint::Verifier;
use rusqlite::ErrorCode;
use std::{fmt, io};

/// How far a migration is. Each is told once it is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MigrationStep {
    /// It begins: what it needs is there, and the original has no log of writes.
    Begun {
        /// The format of before.
        from: i64,
        /// The format after.
        to: i64,
        /// The original's size in bytes.
        bytes: u64,
    },
    /// Pages of the original are in the copy.
    Copied {
        /// How many.
        pages: u64,
        /// Of how many.
        of: u64,
    },
    /// Records of the copy have the names of their streams.
    Renamed {
        /// Up to which.
        records: u64,
        /// Of how many.
        of: u64,
    },
    /// The copy is of this format.
    Changed {
        /// Which.
        format: i64,
    },
    /// Records of the copy were held against the original's.
    Verified {
        /// Up to which.
        records: u64,
        /// Of how many.
        of: u64,
    },
    /// The copy was held against its own records, as a verification of the directory does.
    Judged {
        /// How many readings were done.
        readings: u64,
        /// Of how many.
        of: u64,
    },
    /// The disk has the copy.
    Synced,
    /// The original has its second name.
    Named,
    /// The copy is the database.
    Replaced,
    /// The new one was opened, and the original is gone.
    Ended,
}

/// By what a migrated copy is held against its records before it takes the original's place.
pub struct Check<'c> {
    /// The ledger's key.
    pub verifier: &'c Verifier,
    /// Makes who judges what the store knows nothing of.
    pub judge: &'c dyn Fn() -> Box<dyn Judge>,
}

impl fmt::Debug for Check<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Check").field("verifier", self.verifier).finish_non_exhaustive()
    }
}

/// Why a database is not migrated.
#[derive(Debug)]
pub(super) enum Stop {
    /// What SQLite says, of the original or the copy.
    Sqlite(rusqlite::Error),
    /// What the system says of files.
    System(io::Error),
    /// Anything else, in words.
    Why(String),
}

impl From<rusqlite::Error> for Stop {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::System(error)
    }
}

impl Stop {
    pub(super) fn told(&self) -> String {
        let full = "no space is left, for the database or for SQLite's temporary files; make room, and start again";
        match self {
            Self::Sqlite(error) if error.sqlite_error_code() == Some(ErrorCode::DiskFull) => full.to_owned(),
            Self::Sqlite(error) => format!("SQLite says: {error}; see that nothing is wrong with the disk"),
            Self::System(error) if error.kind() == io::ErrorKind::StorageFull => full.to_owned(),
            Self::System(error) => format!("the system says: {error}; {}", crate::cause::cure(error)),
            Self::Why(why) => why.clone(),
        }
    }
}

/// Who hears how far it is.
pub(super) type Progress<'t> = &'t mut dyn FnMut(MigrationStep);
