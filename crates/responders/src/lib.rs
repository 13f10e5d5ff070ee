//! AI responders: what is asked of one for a turn of a case, what it may say, and the services that say it.
//!
//! A service is given one [`Turn`] and returns one [`Said`] or one [`Failure`], within its patience and within
//! bounded memory, whatever the endpoint behind it does. It decides nothing about the case: who may handle it,
//! and whether an action runs, is asked of policy by whoever calls [`Service::turn`].
//!
//! INVARIANT: nothing that an endpoint wrote, and no key or secret, is in an error or in `Debug` output.

mod called;
pub mod connector;
pub mod document;
mod endpoint;
mod enrichment;
mod failure;
pub mod knowledge;
mod limits;
mod loose;
pub mod oauth;
mod once;
pub mod openai;
pub mod provider;
pub mod reach;
mod reasons;
mod receiver;
pub mod rest;
mod secret;
mod shown;
pub mod signature;
mod signed;
mod sse;
mod turn;
pub mod webhook;
mod written;

pub use connector::ConnectorService;
pub use endpoint::EndpointError;
pub use enrichment::{EnrichmentAsked, EnrichmentService, EnrichmentTold};
pub use failure::Failure;
pub use knowledge::KnowledgeService;
pub use limits::EndpointLimits;
pub use once::once;
pub use openai::OpenAiService;
pub use receiver::Receiver;
pub use rest::RestService;
pub use secret::ApiKey;
pub use turn::{Said, Turn, TurnAuthor, TurnMessage, TurnRequest, YieldReason};
pub use webhook::WebhookService;

/// A configured AI service behind an `ai` responder.
#[derive(Debug)]
pub enum Service {
    /// Quotes the bundle's articles; needs no network.
    Knowledge(std::sync::Arc<KnowledgeService>),
    /// Any endpoint that speaks OpenAI's chat completions.
    OpenAi(OpenAiService),
    /// Somebody's own service, called with signed JSON.
    Webhook(WebhookService),
}

impl Service {
    /// What the service says to this turn. Returns within the service's patience.
    ///
    /// # Errors
    /// When the endpoint cannot be reached, is not in time, or says what cannot be understood.
    pub async fn turn(&self, turn: &Turn) -> Result<Said, Failure> {
        match self {
            Self::Knowledge(service) => Ok(service.turn(turn)),
            Self::OpenAi(service) => service.turn(turn).await,
            Self::Webhook(service) => service.turn(turn).await,
        }
    }
}
