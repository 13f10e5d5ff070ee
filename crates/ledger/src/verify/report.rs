//! What verification found: how much was looked at, and every problem.

use serde::Serialize;
use std::fmt;

/// What of a log is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "problem", rename_all = "snake_case")]
pub enum Problem {
    /// A record's entry or body was changed.
    Changed {
        /// Which record.
        seq: u64,
        /// In what way.
        how: String,
    },
    /// Records are missing.
    Missing {
        /// The first.
        from: u64,
        /// The last.
        to: u64,
    },
    /// A record stands where another one was.
    Reordered {
        /// Where it stands.
        seq: u64,
        /// Where it says it belongs.
        says: u64,
    },
    /// A stored tile does not match the records under it.
    Tile {
        /// The tile's level.
        level: u8,
        /// The tile's index.
        index: u64,
        /// The first record under it.
        from: u64,
        /// The last record under it.
        to: u64,
    },
    /// A checkpoint is not good.
    Checkpoint {
        /// Over how many records it says it is.
        size: u64,
        /// Why not.
        why: String,
    },
    /// The signed root is not the root of the records.
    Root {
        /// The signed size.
        size: u64,
        /// The signed root.
        signed: String,
        /// The root of the records.
        found: String,
    },
    /// There are fewer records than were signed.
    Shortened {
        /// The signed size.
        signed: u64,
        /// How many there are.
        found: u64,
    },
    /// There is no checkpoint although there are records that should be under one.
    NoCheckpoint,
    /// What is kept of a case beside its records is not what they make of it.
    Case {
        /// The case.
        case: String,
        /// In what way.
        how: String,
    },
    /// Something else that is kept is not as it should be.
    Kept {
        /// What kind of thing.
        what: String,
        /// Which of them.
        which: String,
        /// In what way.
        how: String,
    },
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Changed { seq, how } => write!(f, "record {seq} was changed: {how}"),
            Self::Missing { from, to } if from == to => write!(f, "record {from} is missing"),
            Self::Missing { from, to } => write!(f, "records {from} to {to} are missing"),
            Self::Reordered { seq, says } => {
                write!(f, "record {seq} was moved: its entry says that it is record {says}")
            }
            Self::Tile { level, index, from, to } => {
                write!(f, "tile {index} of level {level} does not match records {from} to {to} under it")
            }
            Self::Checkpoint { size, why } => write!(f, "the checkpoint over {size} records is not good: {why}"),
            Self::Kept { what, which, how } => write!(f, "{what} {which}: {how}"),
            Self::Root { size, signed, found } => {
                write!(f, "the root over the first {size} records was signed as {signed}, and is {found}")
            }
            Self::Shortened { signed, found } => write!(f, "{signed} records were signed, and there are {found}"),
            Self::NoCheckpoint => f.write_str("there are records, and no checkpoint that signs them"),
            Self::Case { case, how } => write!(f, "case {case} is not what its records make of it: {how}"),
        }
    }
}

/// What verification found.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// How many records there are.
    pub records: u64,
    /// The root over them.
    pub root: String,
    /// The size that the newest checkpoint signs.
    pub signed: Option<u64>,
    /// Records after the newest checkpoint: chained, not yet signed.
    pub unsigned_tail: u64,
    /// Checkpoints, each held against the records.
    pub checkpoints: u64,
    /// Full tiles, each made anew.
    pub tiles: u64,
    /// What else was looked at, and how much of it.
    pub looked_at: Vec<LookedAt>,
    /// What was not looked at, and why.
    pub not_looked_at: Vec<NotLookedAt>,
    /// What is not as it should be; at most 1,000 are listed.
    pub problems: Vec<Problem>,
}

/// Something that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LookedAt {
    /// What, in the plural.
    pub what: String,
    /// How many.
    pub count: u64,
}

/// Something that was not looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NotLookedAt {
    /// What.
    pub what: String,
    /// Why not.
    pub why: String,
}

impl Report {
    /// Whether all is as it should be.
    pub fn is_good(&self) -> bool {
        self.problems.is_empty()
    }
}
