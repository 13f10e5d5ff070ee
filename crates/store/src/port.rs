//! The port: what the rest of Remit asks of a store, and what a store promises.

mod error;
mod evidence;
mod journal;
mod store;
mod verification;
mod views;

pub use error::{ReadError, WriteError};
pub use evidence::Evidence;
pub use journal::Journal;
pub use store::Store;
pub use verification::{CustomerOf, Found, Judge, PlacedRecord, Stored, Verification};
pub use views::Views;

/// The file in the data directory that has the newest checkpoint once more, outside the database: what was signed must
/// be there at the next start.
pub const CHECKPOINT: &str = "checkpoint";

/// The kind of item under which the name of a revoked token is kept, as text.
pub const REVOKED_TOKEN: &str = "revoked_token";

/// Why a store would not open.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has it.
    #[error("{0} is in use by another Remit process; stop that process, or name another data directory")]
    InUse(String),
    /// It was written by a newer Remit.
    #[error("the database has format {found}, this Remit knows up to {known}; run the newer Remit")]
    Newer {
        /// Format found.
        found: i64,
        /// Newest format known.
        known: i64,
    },
    /// It is damaged.
    #[error(
        "the database at {path} is damaged: {what}; restore the data directory from a backup, or move it aside to \
         start anew"
    )]
    Damaged {
        /// Where.
        path: String,
        /// In what way.
        what: String,
    },
    /// It is of another program.
    #[error("{0} is a database of another program; name another data directory")]
    Foreign(String),
    /// Commands that it had acknowledged are gone.
    #[error(
        "{path} has {has} records, and {signed} of it were signed, as the file `{CHECKPOINT}` beside it says: its log \
         of writes ({path}-wal) is missing or not its own, or it is an older copy. Put the log back, or a whole copy \
         of the directory; to go on from what is there, without the others, move the file `{CHECKPOINT}` aside"
    )]
    Behind {
        /// Where.
        path: String,
        /// How many records there are.
        has: u64,
        /// How many were signed.
        signed: u64,
    },
    /// It is of an earlier format, and could not be brought to the newest. Nothing of it was changed.
    #[error(
        "{path} is of format {found}, and could not be brought to format {known}: {why}. It is as it was before, and \
         the Remit that wrote it goes on with it"
    )]
    NotMigrated {
        /// Where.
        path: String,
        /// Its format.
        found: i64,
        /// The newest format.
        known: i64,
        /// Why not, and what helps.
        why: String,
    },
    /// Nothing is in it, and its log of writes is not there.
    #[error(
        "{0} is of no use without its log of writes ({0}-wal), which is missing; put it back beside it, or restore the \
         data directory from a backup"
    )]
    LogLost(String),
    /// Something about files.
    #[error("{path}: {source}; {}", crate::cause::cure(source))]
    File {
        /// Where.
        path: String,
        /// Why.
        source: std::io::Error,
    },
}

/// A case as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseRow {
    /// The case.
    pub id: String,
    /// Its version.
    pub version: u64,
    /// The whole case.
    pub state: Vec<u8>,
}

/// An event as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordRow {
    /// Its position.
    pub seq: u64,
    /// The kind of event.
    pub kind: String,
    /// The stream that it is of, by kind and identifier: `case/cas_…`.
    pub stream: String,
    /// Who caused it.
    pub actor: String,
    /// When, in milliseconds since the Unix epoch.
    pub ts_ms: i64,
    /// The event.
    pub body: Vec<u8>,
    /// The ledger's entry.
    pub entry: Vec<u8>,
    /// The commitment's salt.
    pub salt: [u8; 32],
}

/// A customer as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomerRow {
    /// The number of the key.
    pub key: u64,
    /// The key, wrapped; nothing once it is destroyed.
    pub wrapped_key: Option<Vec<u8>>,
}

/// An API token as stored; the secret itself is not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenRow {
    /// Identifier.
    pub id: String,
    /// SHA-256 of the secret.
    pub hash: [u8; 32],
    /// Name.
    pub name: String,
    /// Roles.
    pub roles: Vec<String>,
    /// The responder on whose behalf it writes.
    pub responder: Option<String>,
    /// The source name of the readings that it posts.
    pub source: Option<String>,
    /// The member of staff who uses it.
    pub staff: Option<String>,
    /// When it was made, in milliseconds since the Unix epoch.
    pub created_ms: i64,
    /// When it ends, in milliseconds since the Unix epoch.
    pub expires_ms: i64,
}

/// Which cases to list.
#[derive(Debug, Clone, Default)]
pub struct CaseFilter {
    /// `open` or `resolved`.
    pub status: Option<String>,
    /// Who has it.
    pub holder: Option<String>,
    /// Who answers for it.
    pub accountable: Option<String>,
}

/// Which exceptions to list.
#[derive(Debug, Clone, Default)]
pub struct ExceptionFilter {
    /// `open`, `taken` or `resolved`.
    pub state: Option<String>,
    /// Who must see to it.
    pub owner: Option<String>,
}
