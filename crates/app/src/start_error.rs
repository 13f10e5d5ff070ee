//! Why a data directory cannot be served.

use crate::{refused::Refused, vault::keys::KeyError};

/// Why the server could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The store would not open.
    #[error(transparent)]
    Store(#[from] remit_store::OpenError),
    /// A read at start failed.
    #[error("reading the store: {0}")]
    Read(#[from] remit_store::ReadError),
    /// The keys would not open.
    #[error(transparent)]
    Keys(#[from] KeyError),
    /// The system gives no threads.
    #[error("starting the threads that read: {0}")]
    Threads(std::io::Error),
    /// What an earlier version did without a record could not be put on record.
    #[error("putting on record what an earlier version made: {0}")]
    Record(Refused),
    /// Sessions that were begun in a way that counts no more could not be ended.
    #[error("ending sessions that were begun in a way that counts no more: {0}")]
    Sessions(Refused),
    /// The bundle could not be put in force.
    #[error("putting the bundle in force: {0}")]
    Activate(Refused),
}
