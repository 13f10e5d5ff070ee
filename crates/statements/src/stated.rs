//! What a statement states, and why one cannot be read.

use remit_domain::{id::Timestamp, request::Money};

/// Most entries of a file.
pub const ENTRIES_MAX: usize = 1_000_000;
/// Longest value that is read, in bytes.
pub const VALUE_MAX: usize = 512;

/// One effect, as a file states it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatedEntry {
    /// By what whoever wrote the file knows it.
    pub reference: Option<String>,
    /// Under which key it was asked for.
    pub key: Option<String>,
    /// What went to the customer; below 0 what they paid.
    pub amount: Option<Money>,
    /// From when on it can have happened, and until when: a day, where the file names no more.
    pub from: Timestamp,
    /// The moment after the last one.
    pub to: Timestamp,
    /// Whether it takes an earlier effect back.
    pub takes_back: bool,
}

impl StatedEntry {
    /// When it happened, where the file says more than a day.
    pub fn moment(&self) -> Option<Timestamp> {
        (self.to == self.from.plus_ms(1)).then_some(self.from)
    }

    /// When it happened, as near as the file says: of a day, wherever on Earth it is meant, the middle.
    pub fn about(&self) -> Timestamp {
        self.from.plus_ms(self.to.since(self.from) / 2)
    }
}

/// What a file states.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stated {
    /// Its entries, in their order.
    pub entries: Vec<StatedEntry>,
    /// The time that it says it covers.
    pub covers: Option<(Timestamp, Timestamp)>,
}

/// Why a file is none that can be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// Not of the form that it is said to have.
    #[error("it is no {0}")]
    FileForm(&'static str),
    /// It lacks something.
    #[error("{at}: {what}")]
    At {
        /// The line, or the entry.
        at: String,
        /// What is wrong there.
        what: &'static str,
    },
    /// More than is read.
    #[error("it has more than {ENTRIES_MAX} entries")]
    TooMany,
}

pub(super) fn wrong(at: impl std::fmt::Display, what: &'static str) -> Unreadable {
    Unreadable::At { at: at.to_string(), what }
}

/// A value within its bound, without control letters.
pub(super) fn value(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty() && text.len() <= VALUE_MAX && !text.chars().any(char::is_control)).then(|| text.to_owned())
}

/// Three letters.
pub(super) fn currency(text: &str) -> Option<String> {
    (text.len() == 3 && text.bytes().all(|letter| letter.is_ascii_uppercase())).then(|| text.to_owned())
}
