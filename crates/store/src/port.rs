//! The port: what the rest of Remit asks of a store, and what a store promises.

use crate::{
    AttachmentRow, Coming, Commit, CommitError, Committed, ExceptionRow, IdempotencyRow, ItemRow, OutboxRow,
    OutcomeCount, OutcomeDelta, WordsRow,
};
use std::{collections::HashMap, future::Future};

/// The file in the data directory that has the newest checkpoint once more, outside the database: what was signed must
/// be there at the next start.
pub const CHECKPOINT: &str = "checkpoint";

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

/// A read went wrong.
#[derive(Debug, thiserror::Error)]
#[error("the database could not be read: {0}")]
pub struct ReadError(pub String);

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

/// A durable store.
///
/// Promises: what [`Store::commit`] acknowledged survives the death of the process and of the machine; a
/// refused commit leaves nothing; a case's versions are never skipped or written twice; positions are
/// dense and in commit order; a read sees every commit that was acknowledged before it began, and perhaps such as will
/// be acknowledged soon ([`Store::settled`] waits for them), but the feed only such as were.
pub trait Store: Send + Sync {
    /// Commits the effects of one command.
    fn commit(&self, commit: Commit) -> impl Future<Output = Result<Committed, CommitError>> + Send
    where
        Self: Sized;
    /// Announces a command that will be committed soon.
    fn coming(&self) -> Coming {
        Coming::default()
    }
    /// Waits until everything that a read can have seen before is durable. What was only read must not leave the
    /// process sooner; what was committed since has waited already.
    fn settled(&self) -> impl Future<Output = Result<(), ReadError>> + Send
    where
        Self: Sized;
    /// A case.
    fn case(&self, id: &str) -> Result<Option<CaseRow>, ReadError>;
    /// Cases, newest first, after the cursor `after` (an identifier).
    fn cases(&self, filter: &CaseFilter, after: Option<&str>, limit: usize) -> Result<Vec<CaseRow>, ReadError>;
    /// Cases of a customer whose words are sealed under a key, after one of them, in the order in which they were
    /// opened: when, and which.
    fn cases_under(
        &self,
        customer: &str,
        key: u64,
        after: Option<&(i64, String)>,
        limit: usize,
    ) -> Result<Vec<(i64, String)>, ReadError>;
    /// How many there are.
    fn count_under(&self, customer: &str, key: u64) -> Result<u64, ReadError>;
    /// Of the newest `limit` cases of a customer those that have been resolved since a moment, the newest first.
    fn resolved_of_customer(&self, customer: &str, since_ms: i64, limit: usize) -> Result<Vec<CaseRow>, ReadError>;
    /// How many cases a customer opened since a moment.
    fn recent_cases(&self, customer: &str, since_ms: i64) -> Result<u32, ReadError>;
    /// Events of a stream (`case/cas_…`) after a position, oldest first.
    fn records_of(&self, stream: &str, after: u64, limit: usize) -> Result<Vec<RecordRow>, ReadError>;
    /// The event that was appended with this subject.
    fn record_by_subject(&self, subject: &str) -> Result<Option<RecordRow>, ReadError>;
    /// Events after a position that are durable, oldest first.
    fn feed(&self, after: u64, limit: usize) -> Result<Vec<RecordRow>, ReadError>;
    /// The position of the newest event that is durable; 0 if there is none.
    fn last_seq(&self) -> Result<u64, ReadError>;
    /// Sealed words on a case, by their commitment.
    fn words(&self, case: &str, id: &str) -> Result<Option<WordsRow>, ReadError>;
    /// A sealed file on a case, by its commitment.
    fn attachment(&self, case: &str, id: &str) -> Result<Option<AttachmentRow>, ReadError>;
    /// A customer by pseudonym.
    fn customer(&self, id: &str) -> Result<Option<CustomerRow>, ReadError>;
    /// The key that seals the words of a customer's case, which was opened then.
    fn key_of_case(&self, customer: &str, opened_ms: i64, case: &str) -> Result<Option<CustomerRow>, ReadError>;
    /// An exception.
    fn exception(&self, id: &str) -> Result<Option<ExceptionRow>, ReadError>;
    /// Exceptions, newest first, after the cursor `after` (an identifier).
    fn exceptions(
        &self,
        filter: &ExceptionFilter,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<ExceptionRow>, ReadError>;
    /// Who owns exceptions in this state, by name.
    fn owners(&self, state: &str) -> Result<Vec<String>, ReadError>;
    /// Open cases by holder.
    fn depths(&self) -> Result<HashMap<String, i64>, ReadError>;
    /// All outcomes counted, by responder and intent; their kind is empty.
    fn outcomes(&self) -> Result<Vec<OutcomeDelta>, ReadError>;
    /// All outcomes counted by what happened.
    fn outcome_counts(&self) -> Result<Vec<OutcomeCount>, ReadError>;
    /// An answer to repeat.
    fn idempotency(&self, scope: &str, key: &str) -> Result<Option<IdempotencyRow>, ReadError>;
    /// What remains to be done of a kind and is due, in the order in which it became due and was added.
    fn due(&self, kind: &str, now_ms: i64, limit: usize) -> Result<Vec<OutboxRow>, ReadError>;
    /// When the next thing of a kind is due, if anything remains.
    fn next_due(&self, kind: &str) -> Result<Option<i64>, ReadError>;
    /// All items of a kind, by identifier.
    fn items(&self, kind: &str) -> Result<Vec<ItemRow>, ReadError>;
    /// Items of a kind, those with the greatest identifiers first, below the cursor `before` (an identifier).
    fn items_page(&self, kind: &str, before: Option<&str>, limit: usize) -> Result<Vec<ItemRow>, ReadError>;
    /// A token by the hash of its secret.
    fn token(&self, hash: &[u8; 32]) -> Result<Option<TokenRow>, ReadError>;
    /// Whether there is a record of one of these kinds. Reads them all where there is none.
    fn has_kind(&self, kinds: &[&str]) -> Result<bool, ReadError>;
    /// Whether a token stands.
    fn has_token(&self, id: &str) -> Result<bool, ReadError>;
    /// All tokens.
    fn tokens(&self) -> Result<Vec<TokenRow>, ReadError>;
    /// The name of a token, also of one that was revoked, until it is forgotten.
    fn token_name(&self, id: &str) -> Result<Option<String>, ReadError>;
    /// Forgets the name of a token that was revoked; says whether it was kept.
    fn forget_token_name(&self, id: &str) -> Result<bool, ReadError>;
    /// Keeps a bundle under its digest, for good. It comes into force with a commit that says so.
    fn keep_bundle(&self, digest: &str, bytes: &[u8]) -> Result<(), ReadError>;
    /// The digest of the bundle that came into force last, if one ever did.
    fn bundle_in_force(&self) -> Result<Option<String>, ReadError>;
    /// A bundle that was kept.
    fn bundle(&self, digest: &str) -> Result<Option<Vec<u8>>, ReadError>;
    /// The ledger's size and root.
    fn head(&self) -> Result<(u64, remit_ledger::hash::Hash), ReadError>;
    /// Publishes a checkpoint, if `size` is above that of the newest one; says whether it did.
    fn add_checkpoint(&self, size: u64, note: &str) -> Result<bool, ReadError>;
    /// The newest checkpoint: its size and note.
    fn checkpoint(&self) -> Result<Option<(u64, String)>, ReadError>;
    /// A tile of the ledger: full ones as stored, the last of each level as far as it goes.
    fn tile(&self, level: u8, index: u64) -> Result<Option<Vec<remit_ledger::hash::Hash>>, ReadError>;
}
