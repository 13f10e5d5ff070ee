//! By what is decided: the bundle in force, and what was made of it. Nothing of it changes; another bundle makes
//! another.

pub mod articles;
pub mod connectors;
pub(crate) mod enricher;
mod http_service;
pub mod model_cache;
pub mod reader;
pub mod resolve_names;
pub mod services;

use crate::governance::services::Services;
use remit_domain::{decision::ReadBy, id::Digest};
use remit_policy::{bundle::Bundle, engine::Engine};
use remit_signals::message_reader::MessageReader;
use std::sync::Arc;

/// The bundle in force, and what answers under it.
pub struct Governance {
    /// The bundle.
    pub bundle: Arc<Bundle>,
    /// What policy says.
    pub(crate) engine: Engine,
    /// What messages say.
    pub(crate) reader: Arc<MessageReader>,
    /// By what words are read, as decisions name it.
    pub(crate) read_by: ReadBy,
    /// The AI services that answer by themselves.
    pub(crate) services: Services,
}

impl std::fmt::Debug for Governance {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Governance").field("bundle", &self.bundle.digest()).finish_non_exhaustive()
    }
}

impl Governance {
    pub(crate) fn new(bundle: Arc<Bundle>, reader: MessageReader, services: Services) -> Self {
        let read_by = ReadBy {
            readings: bundle.readings_digest(),
            intents: bundle.intents_digest(),
            encoder: reader.encoder().map(|encoder| Digest::from_bytes(encoder.digest())),
        };
        Self { engine: Engine::new(&bundle), reader: Arc::new(reader), read_by, services, bundle }
    }
}
