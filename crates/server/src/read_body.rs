//! The body of a request as it was read, kept so that the request can be carried out anew.

use axum::body::Bytes;
use std::sync::{Arc, OnceLock};

/// The body of a request as it was read; nothing until then.
#[derive(Debug, Clone, Default)]
pub(crate) struct ReadBody(Arc<OnceLock<Bytes>>);

impl ReadBody {
    /// Notes what was read.
    pub(crate) fn note(&self, bytes: &Bytes) {
        let _ = self.0.set(bytes.clone());
    }

    /// What was read.
    pub(crate) fn get(&self) -> Option<&Bytes> {
        self.0.get()
    }
}
