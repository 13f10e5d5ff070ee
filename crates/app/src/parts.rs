//! What use cases may hold, in parts of their own kind. Each function is given the parts that it works with, so that
//! its signature says what it can reach; [`Parts`] is for those that need most of them, and does nothing itself.

use crate::{Environment, Governance, Journal, Live, Vault, vault::opened::Opener};
use std::sync::Arc;

/// All parts, as a request or a job is given them: under one governance from its beginning to its end.
#[derive(Debug, Clone)]
pub struct Parts {
    /// By what is decided.
    pub governance: Arc<Governance>,
    /// What is on record.
    pub journal: Arc<Journal>,
    /// Keys, and what can be erased.
    pub vault: Arc<Vault>,
    /// What is known in memory.
    pub live: Arc<Live>,
    /// Time, randomness, bounds, and what operators see.
    pub environment: Arc<Environment>,
}

impl Parts {
    /// What opens what is sealed.
    pub(crate) fn opener(&self) -> Opener<'_> {
        Opener::of(&self.journal, &self.vault, &self.environment)
    }
}
