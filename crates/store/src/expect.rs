//! What a command expects of rows that it read: they are as they were, or the command is refused.

/// What a write expects to find in its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// Nothing.
    Absent,
    /// What has this version.
    Version(u64),
    /// Anything or nothing: the reason why a write that came between may be lost.
    Any(&'static str),
}

impl Expected {
    /// Whether a row agrees; `current` is its version, 0 where there is none.
    pub(crate) fn agrees(self, current: u64) -> bool {
        match self {
            Self::Absent => current == 0,
            Self::Version(version) => current == version,
            Self::Any(_) => true,
        }
    }
}

/// A row that a command read and does not write, with the version that it had then: 0 where there was none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expect {
    /// A case.
    Case {
        /// Which.
        id: String,
        /// The version that the command saw.
        version: u64,
    },
    /// An item.
    Item {
        /// What kind of item.
        kind: String,
        /// Which of its kind.
        id: String,
        /// The version that the command saw.
        version: u64,
    },
}
