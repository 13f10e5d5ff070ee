//! Why keys cannot be used.

use crate::environment::entropy::EntropyError;
use std::io;

/// Why keys or sealed words could not be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// A key file could not be read or written.
    #[error("key file {path}: {source}; {}", remit_store::cause::cure(source))]
    File {
        /// Which file.
        path: String,
        /// What went wrong.
        source: io::Error,
    },
    /// A key file does not hold 32 bytes.
    #[error("key file {0} does not hold 32 bytes; restore it from a backup, since no other one fits what is stored")]
    Length(String),
    /// There is no key file beside a database that was made with one.
    #[error(
        "{0} is missing, and the database beside it was made with it: restore it from its backup. A new one would open \
         nothing of what is sealed, and sign another ledger. To start anew, name an empty directory with --data"
    )]
    Missing(String),
    /// A key is not the one that the database beside it was made with.
    #[error(
        "{path} is not the key that the database beside it was made with ({why}): put the key back that belongs to the \
         database, or the database that belongs to the key"
    )]
    Foreign {
        /// Which file.
        path: String,
        /// What shows it.
        why: &'static str,
    },
    /// There are keys without a database.
    #[error(
        "{0} holds keys, and the database that was made with them is missing: restore it (remit.db, remit.db-wal, \
         remit.db-shm) from a backup. To start anew, name an empty directory with --data"
    )]
    NoDatabase(String),
    /// What tells the keys could not be read or noted.
    #[error("what tells the keys of this database from others: {0}")]
    Marks(#[from] remit_store::ReadError),
    /// What tells them from others could not be noted.
    #[error(transparent)]
    Unmarked(#[from] remit_store::WriteError),
    /// Sealed bytes do not open under the key.
    #[error("sealed words do not open: they were damaged, or sealed under another master key")]
    Unopenable,
    /// The key that sealed them is not there, and was not destroyed by an erasure.
    #[error("the key that sealed them is not there, and no erasure of them is on record; run `remit ledger verify`")]
    NoKey,
    /// The sealed bytes are not there, and were not erased.
    #[error("they are not there, and no erasure of them is on record; run `remit ledger verify`")]
    NotThere,
    /// No random bytes.
    #[error(transparent)]
    Entropy(#[from] EntropyError),
}
