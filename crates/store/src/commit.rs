//! What one command writes: rows that become durable together, and why none of them did.

use crate::{Counter, Expect, Expected, OutcomeDelta, Spend, TokenRow};

/// The effects of one command. All of them become durable together, or none does.
#[derive(Debug, Default)]
pub struct Commit {
    /// The case afterwards, with the version that the command saw.
    pub case: Option<CaseWrite>,
    /// What happened, in order.
    pub records: Vec<Record>,
    /// A customer to note, unless already noted with this key. With another one the command is refused.
    pub customer: Option<NewCustomer>,
    /// The number of the key that sealed what is in it. Once that is destroyed the command is refused.
    pub sealed_under: Option<u64>,
    /// Sealed words.
    pub words: Vec<WordsRow>,
    /// Sealed files.
    pub attachments: Vec<AttachmentRow>,
    /// Exceptions as they are now.
    pub exceptions: Vec<ExceptionRow>,
    /// Outcomes to count.
    pub outcomes: Vec<OutcomeDelta>,
    /// The answer to repeat when the same request comes again.
    pub idempotency: Option<IdempotencyRow>,
    /// The number of a key to destroy, and with it whatever it sealed. Refused where it is destroyed already.
    pub erase: Option<u64>,
    /// A case whose sealed words, files and kept answers are to be deleted.
    pub clear: Option<String>,
    /// Whether the log of writes is to be begun anew, so that nothing is left in it of what was overwritten. Refused,
    /// and not waited for, while somebody reads what is in it.
    pub begin_log_anew: bool,
    /// What remains to be done because of this. A row with an identifier that is there already takes its place.
    pub outbox: Vec<OutboxRow>,
    /// The outbox row that this command is done for: it goes, and the command with it is refused if it has gone.
    pub claim: Option<String>,
    /// Outbox rows that need not be done any more.
    pub cancel: Vec<String>,
    /// Items as they are from now on, each with what it expects to find in its place.
    pub items: Vec<ItemWrite>,
    /// Rows that must be as the command saw them, though it does not write them.
    pub expect: Vec<Expect>,
    /// What is taken from counters.
    pub spend: Vec<Spend>,
    /// Tokens that are made or revoked. One that is revoked must stand; a disk that is full for everything else has
    /// room for that.
    pub tokens: Vec<TokenChange>,
    /// The bundle that is in force from now on.
    pub activation: Option<ActivationRow>,
}

impl Commit {
    /// Takes along what another one writes of another stream: records, items, the outbox and counters.
    pub fn with(&mut self, other: Self) {
        self.records.extend(other.records);
        self.items.extend(other.items);
        self.outbox.extend(other.outbox);
        self.cancel.extend(other.cancel);
        self.spend.extend(other.spend);
        self.expect.extend(other.expect);
    }
}

/// A case's row. `state` is opaque to the store.
#[derive(Debug, Clone)]
pub struct CaseWrite {
    /// The case; identifiers sort by the time they were made.
    pub id: String,
    /// The version that the command saw; 0 for a new case.
    pub expected_version: u64,
    /// The version afterwards.
    pub version: u64,
    /// `open` or `resolved`.
    pub status: String,
    /// Who has it.
    pub holder: Option<String>,
    /// `responder` or `owner`.
    pub holder_kind: Option<String>,
    /// Who answers for it.
    pub accountable: Option<String>,
    /// Whose it is.
    pub customer: String,
    /// What it is about.
    pub intent: Option<String>,
    /// When it was opened, in milliseconds since the Unix epoch.
    pub opened_ms: i64,
    /// When it last changed, in milliseconds since the Unix epoch.
    pub updated_ms: i64,
    /// The whole case.
    pub state: Vec<u8>,
}

/// An event to append.
#[derive(Debug, Clone)]
pub struct Record {
    /// The kind of event.
    pub kind: &'static str,
    /// The stream that it is of, by kind and identifier: `case/cas_…`.
    pub stream: String,
    /// Who caused it.
    pub actor: String,
    /// When, in milliseconds since the Unix epoch.
    pub ts_ms: i64,
    /// An identifier by which it can be looked up.
    pub subject: Option<String>,
    /// The event.
    pub body: Vec<u8>,
    /// The commitment's salt.
    pub salt: [u8; 32],
    /// The commitment to `body` under `salt`.
    pub commit: [u8; 32],
}

impl Record {
    /// Whether it is of this case.
    pub(crate) fn is_of(&self, case: &str) -> bool {
        self.stream.strip_prefix("case/") == Some(case)
    }
}

/// A customer to note.
#[derive(Debug, Clone)]
pub struct NewCustomer {
    /// Pseudonym.
    pub id: String,
    /// The customer's key, wrapped.
    pub wrapped_key: Vec<u8>,
    /// The number of the destroyed key in whose place it comes.
    pub replaces: Option<u64>,
}

/// Sealed words.
#[derive(Debug, Clone)]
pub struct WordsRow {
    /// The commitment that names them.
    pub id: String,
    /// The case.
    pub case: String,
    /// The bytes, sealed under the key of the case's customer.
    pub sealed: Vec<u8>,
}

/// A sealed file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttachmentRow {
    /// The commitment that names it.
    pub id: String,
    /// The case.
    pub case: String,
    /// The bytes, sealed under the key of the case's customer.
    pub sealed: Vec<u8>,
}

/// An exception's row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExceptionRow {
    /// The exception.
    pub id: String,
    /// The case.
    pub case: String,
    /// Its kind.
    pub kind: String,
    /// Who must see to it.
    pub owner: String,
    /// By when, in milliseconds since the Unix epoch.
    pub due_ms: i64,
    /// `open`, `taken` or `resolved`.
    pub state: String,
    /// Who took it on.
    pub taken_by: Option<String>,
    /// The whole exception.
    pub body: Vec<u8>,
}

/// A change of who may call.
#[derive(Debug, Clone)]
pub enum TokenChange {
    /// A token is made.
    Add(Box<TokenRow>),
    /// The token with this identifier is revoked; its name is kept.
    Revoke(String),
}

/// An answer to repeat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyRow {
    /// Whose key it is.
    pub scope: String,
    /// The key.
    pub key: String,
    /// The case that it was about, with whose words it goes.
    pub case: Option<String>,
    /// What was asked.
    pub request_hash: [u8; 32],
    /// What it came to.
    pub response: Vec<u8>,
    /// Until when it is kept, in milliseconds since the Unix epoch.
    pub expires_ms: i64,
}

/// Something to be done: an effect, or a moment to look at something again. Done at least once; what is done
/// in a commit that claims the row is done exactly once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxRow {
    /// Names it.
    pub id: String,
    /// What kind of thing.
    pub kind: String,
    /// The case.
    pub case: String,
    /// From when on, in milliseconds since the Unix epoch.
    pub due_ms: i64,
    /// What it needs to be done.
    pub body: Vec<u8>,
}

/// An item as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// What kind of item.
    pub kind: String,
    /// Names it within its kind.
    pub id: String,
    /// Its version: another after each write, and never the same again, not even where it was forgotten between.
    pub version: u64,
    /// What it is.
    pub body: Vec<u8>,
}

/// An item to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemWrite {
    /// What kind of item.
    pub kind: String,
    /// Names it within its kind.
    pub id: String,
    /// What it expects to find in its place.
    pub expected: Expected,
    /// What it is from now on; none to forget it.
    pub body: Option<Vec<u8>>,
}

/// A bundle that comes into force. It was kept before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActivationRow {
    /// Its digest.
    pub digest: String,
    /// When, in milliseconds since the Unix epoch.
    pub at_ms: i64,
}

/// Where a commit's records stand. Positions are dense, begin at 1, and follow the order of commits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Committed {
    /// The first record's position.
    pub first_seq: u64,
    /// The last record's position.
    pub last_seq: u64,
}

/// Why nothing was committed.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// The case has changed since the command saw it.
    #[error("the case is at version {current} now")]
    VersionConflict {
        /// The version now.
        current: u64,
    },
    /// A case that the command read is at another version now.
    #[error("the case {id} is at version {current} now")]
    CaseConflict {
        /// Which.
        id: String,
        /// Its version now; 0 where it is not there.
        current: u64,
    },
    /// An item is not as the command expected it.
    #[error("the {kind} {id} is at version {current} now")]
    ItemConflict {
        /// What kind of item.
        kind: String,
        /// Which of its kind.
        id: String,
        /// Its version now; 0 where it is not there.
        current: u64,
    },
    /// More was to be taken than is left.
    #[error("{left} is left of {} for {}", counter.key, counter.scope)]
    Overdrawn {
        /// Of what.
        counter: Counter,
        /// How much is left under the limit that was given; of a reservation, how much is held back.
        left: u64,
    },
    /// What was held back under this name was settled or released, or never held back.
    #[error("nothing is held back under {id}")]
    ReservationGone {
        /// Which.
        id: String,
    },
    /// Something is held back under this name already.
    #[error("something is held back under {id} already")]
    ReservationHeld {
        /// Which.
        id: String,
    },
    /// What it was decided under does not govern any more. Told by who lets commits through to the store, not by it.
    #[error("another bundle came into force since it was decided")]
    Superseded,
    /// The key was used for another request.
    #[error("the idempotency key was used for another request")]
    KeyReused,
    /// The request was answered before; this is the answer.
    #[error("the request was answered before")]
    Replayed {
        /// What it came to.
        response: Vec<u8>,
    },
    /// What this was to be done for has been done already; or the token to revoke does not stand.
    #[error("this has been done already")]
    Done,
    /// The key that sealed what is in it is destroyed, or is not the customer's.
    #[error("the customer's key is another one now")]
    KeyGone,
    /// Somebody reads what is in the log of writes.
    #[error("the log of writes is being read")]
    LogInUse,
    /// Too many commands wait.
    #[error("too many commands wait to be written")]
    Busy,
    /// No space is left.
    #[error("no space is left for the database")]
    StorageFull,
    /// The store has stopped.
    #[error("the store has stopped")]
    Stopped,
    /// Anything else.
    #[error("the database refused the write: {0}")]
    Failed(String),
}
