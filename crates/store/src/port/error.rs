//! What goes wrong with a read, and with the few writes that are no commit.

use crate::CommitError;

/// A read went wrong.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the database could not be read: {0}")]
pub struct ReadError(pub String);

/// Why a write of the port that is no commit was not made. It left nothing.
#[derive(Debug, Clone, thiserror::Error)]
pub enum WriteError {
    /// Too many writes wait.
    #[error("too many writes wait to be made")]
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

impl From<ReadError> for WriteError {
    /// What a write follows from could not be read.
    fn from(error: ReadError) -> Self {
        Self::Failed(error.to_string())
    }
}

impl From<WriteError> for CommitError {
    fn from(error: WriteError) -> Self {
        match error {
            WriteError::Busy => Self::Busy,
            WriteError::StorageFull => Self::StorageFull,
            WriteError::Stopped => Self::Stopped,
            WriteError::Failed(why) => Self::Failed(why),
        }
    }
}
