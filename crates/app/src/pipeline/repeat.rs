//! Requests that may come again: what was asked, and what it came to.

use crate::refused::Refused;
use serde::Serialize;

/// A repeatable request: the key that the caller chose, and what the request was.
#[derive(Debug, Clone)]
pub struct Repeat {
    /// The caller's key.
    pub key: String,
    /// SHA-256 of method, path, query, content type and body.
    pub request: [u8; 32],
}

/// What a use case came to, once it is durable.
#[derive(Debug, Clone)]
pub enum Done<T> {
    /// It was carried out.
    Now {
        /// What it came to.
        output: T,
        /// The same as it is kept, where it is: who answers with it need not write it again.
        kept: Option<Kept>,
    },
    /// The same request was carried out before, under the same key: its output, as it was kept then.
    Before(Kept),
}

/// A use case's output as it is kept for who repeats the request. It is told again as it was, whatever its type has
/// come to look like since, so that it is kept as it was written: as the JSON of its type.
#[derive(Debug, Clone)]
pub struct Kept(Vec<u8>);

impl Kept {
    /// What the store kept.
    pub(crate) fn stored(json: Vec<u8>) -> Self {
        Self(json)
    }

    /// The JSON.
    pub fn as_json(&self) -> &[u8] {
        &self.0
    }

    /// The JSON, to be told.
    pub fn into_json(self) -> Vec<u8> {
        self.0
    }

    /// An output as it is kept.
    pub(crate) fn of(output: &impl Serialize) -> Result<Self, Refused> {
        serde_json::to_vec(output).map(Self).map_err(Refused::internal)
    }
}
