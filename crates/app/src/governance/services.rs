//! The AI services that the bundle configures, with the bounds under which each is asked.

use crate::governance::{articles, connectors::Connectors, enricher::Enricher, model_cache::ModelCache};
use remit_policy::{
    bundle::{Bundle, CandidateSpec},
    manifest::{Service as Configured, ServiceKind},
};
use remit_responders::{
    ApiKey, EndpointLimits, KnowledgeService, OpenAiService, Service, WebhookService,
    openai::{AnswerMax, ConversationMax, OpenAiConfig},
    signature::SigningSecret,
    webhook::WebhookConfig,
};
use std::{collections::HashMap, sync::Arc, time::Duration};
use tokio::sync::{Mutex, Semaphore};

/// Every AI service that answers by itself, by responder; and what is asked before a case is decided first.
#[derive(Debug, Default)]
pub struct Services {
    by_responder: HashMap<String, Arc<AiService>>,
    enricher: Option<Arc<Enricher>>,
    connectors: Connectors,
}

/// One AI service and its bounds.
#[derive(Debug)]
pub(crate) struct AiService {
    pub(crate) service: Service,
    /// How many cases it works on at once.
    pub(crate) room: Semaphore,
    /// How long a customer waits for its answer at most, in milliseconds.
    pub(crate) patience_ms: i64,
    /// How long passes at least between two turns.
    pace: Duration,
    next: Mutex<tokio::time::Instant>,
}

/// Why a service could not be set up.
#[derive(Debug, thiserror::Error)]
#[error("the service of `{responder}`: {what}")]
pub struct ServiceError {
    responder: String,
    what: String,
}

/// Bytes of an answer that are taken at most.
const ANSWER_MAX: usize = 256 * 1024;

/// Tokens of an answer at most, unless told: enough for a long answer, and for a slow model to end within its patience.
const TOKENS_MAX: u32 = 1_024;

/// Bytes of a conversation that are sent at most, unless told: some 6,000 tokens.
const CONVERSATION_MAX: u32 = 24_000;

impl Services {
    /// No AI service answers by itself.
    pub fn none() -> Self {
        Self::default()
    }

    /// The services of `bundle`, with secrets from `environment` and the time in seconds from `now`; vectors of its
    /// articles are taken from `cache` and kept there.
    ///
    /// # Errors
    /// When a secret is missing or an address cannot be used.
    pub fn of(
        bundle: &Bundle,
        cache: &ModelCache,
        environment: &(impl Fn(&str) -> Option<String> + Clone + Send + Sync + 'static),
        now: fn() -> i64,
    ) -> Result<Self, ServiceError> {
        let mut services = HashMap::new();
        // Every responder that answers from articles has the same, which are read once.
        let mut articles: Option<Arc<KnowledgeService>> = None;
        for spec in bundle.candidates() {
            let Some(configured) = &spec.service else { continue };
            let failed = |what| ServiceError { responder: spec.responder.to_string(), what };
            if articles.is_none() && reads_articles(configured) {
                articles =
                    Some(Arc::new(articles::knowledge(bundle, cache).map_err(|error| failed(error.to_string()))?));
            }
            let service = service(bundle, spec, configured, articles.as_ref(), environment, now).map_err(failed)?;
            services.insert(spec.responder.to_string(), Arc::new(AiService::new(service, configured)));
        }
        let services = Self { by_responder: services, ..Self::default() };
        services.connected(bundle, environment, now)?.enriched(bundle, environment, now)
    }

    /// With what `bundle` has asked before a case is decided first.
    ///
    /// # Errors
    /// When its secret is missing or its address cannot be used.
    pub fn enriched(
        mut self,
        bundle: &Bundle,
        environment: &dyn Fn(&str) -> Option<String>,
        now: fn() -> i64,
    ) -> Result<Self, ServiceError> {
        let enricher = Enricher::of(bundle, environment, now);
        let enricher = enricher.map_err(|what| ServiceError { responder: "[enrichment]".to_owned(), what })?;
        self.enricher = enricher.map(Arc::new);
        Ok(self)
    }

    /// With those who carry out the actions of `bundle`, and by what those of earlier ones are set up.
    ///
    /// # Errors
    /// When a secret is missing or an address cannot be used.
    pub fn connected(
        mut self,
        bundle: &Bundle,
        environment: &(impl Fn(&str) -> Option<String> + Clone + Send + Sync + 'static),
        now: fn() -> i64,
    ) -> Result<Self, ServiceError> {
        let connectors = Connectors::of(bundle, Arc::new(environment.clone()), now);
        self.connectors = connectors.map_err(|what| ServiceError { responder: "[[connector]]".to_owned(), what })?;
        Ok(self)
    }

    /// Adds or replaces one.
    #[must_use]
    pub fn with(mut self, responder: &str, service: Service, configured: &Configured) -> Self {
        self.by_responder.insert(responder.to_owned(), Arc::new(AiService::new(service, configured)));
        self
    }

    /// The same without what is asked before a case is decided first, and whether there was any.
    #[must_use]
    pub fn without_enrichment(mut self) -> (Self, bool) {
        let enriches = self.enricher.take().is_some();
        (self, enriches)
    }

    pub(crate) fn get(&self, responder: &str) -> Option<&Arc<AiService>> {
        self.by_responder.get(responder)
    }

    /// Who carries actions out.
    pub(crate) fn connectors(&self) -> &Connectors {
        &self.connectors
    }

    pub(crate) fn enricher(&self) -> Option<&Arc<Enricher>> {
        self.enricher.as_ref()
    }
}

impl AiService {
    fn new(service: Service, configured: &Configured) -> Self {
        let room = usize::try_from(configured.concurrency).unwrap_or(usize::MAX).min(Semaphore::MAX_PERMITS);
        Self {
            service,
            room: Semaphore::new(room),
            patience_ms: i64::from(configured.patience_seconds) * 1_000,
            pace: Duration::from_secs(60) / configured.per_minute.max(1),
            next: Mutex::new(tokio::time::Instant::now()),
        }
    }

    /// Waits until it may be asked again, and says whether it had to.
    pub(crate) async fn pace(&self) -> bool {
        let (now, mut next) = (tokio::time::Instant::now(), self.next.lock().await);
        let at = (*next).max(now);
        *next = at + self.pace;
        drop(next);
        tokio::time::sleep_until(at).await;
        at > now
    }
}

fn service(
    bundle: &Bundle,
    spec: &CandidateSpec,
    configured: &Configured,
    articles: Option<&Arc<KnowledgeService>>,
    environment: &dyn Fn(&str) -> Option<String>,
    now: fn() -> i64,
) -> Result<Service, String> {
    let limits = EndpointLimits {
        patience: Duration::from_secs(configured.patience_seconds.into()),
        attempts: configured.attempts,
        backoff: Duration::from_millis(250),
        answer_bytes_max: ANSWER_MAX,
    };
    let secret = || match &configured.secret_env {
        Some(name) => environment(name)
            .map(Some)
            .ok_or_else(|| format!("set the environment variable {name}, which holds its secret")),
        None => Ok(None),
    };
    let url = configured.url.clone().unwrap_or_default();
    match configured.kind {
        ServiceKind::Knowledge => {
            articles.map(|articles| Service::Knowledge(Arc::clone(articles))).ok_or_else(|| "no articles".to_owned())
        }
        ServiceKind::Openai => {
            let config = OpenAiConfig {
                base_url: url,
                model: configured.model.clone().unwrap_or_default(),
                api_key: secret()?.map(ApiKey::new),
                system: configured.prompt.clone().unwrap_or_else(|| prompt(bundle, spec)),
                temperature: configured.temperature,
                tools: configured.tools,
                system_role: configured.system_role,
                answer_max: answer_max(configured),
                conversation_max: conversation_max(configured),
                articles_max: usize::try_from(configured.articles).unwrap_or(usize::MAX),
                actions: bundle.actions().iter().map(ToString::to_string).collect(),
                limits,
                now,
            };
            let service = OpenAiService::new(config).map_err(|error| error.to_string())?;
            Ok(Service::OpenAi(match articles {
                Some(articles) if configured.articles > 0 => service.with_articles(Arc::clone(articles)),
                _ => service,
            }))
        }
        ServiceKind::Webhook => {
            let secret = secret()?.unwrap_or_default();
            let secret = SigningSecret::parse(&secret).map_err(|error| error.to_string())?;
            let config = WebhookConfig { url, secret, limits, now };
            WebhookService::new(config).map(Service::Webhook).map_err(|error| error.to_string())
        }
    }
}

fn answer_max(configured: &Configured) -> AnswerMax {
    match (configured.max_completion_tokens, configured.max_tokens.unwrap_or(TOKENS_MAX)) {
        (Some(most), _) => AnswerMax::CompletionTokens(most),
        (None, 0) => AnswerMax::Unsaid,
        (None, most) => AnswerMax::Tokens(most),
    }
}

fn conversation_max(configured: &Configured) -> ConversationMax {
    let size = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
    match configured.conversation_tokens {
        Some(most) => ConversationMax::Tokens(size(most)),
        None => ConversationMax::Bytes(size(configured.conversation_bytes.unwrap_or(CONVERSATION_MAX))),
    }
}

/// Whether a service answers from the bundle's articles.
fn reads_articles(configured: &Configured) -> bool {
    match configured.kind {
        ServiceKind::Knowledge => true,
        ServiceKind::Openai => configured.articles > 0,
        ServiceKind::Webhook => false,
    }
}

fn prompt(bundle: &Bundle, spec: &CandidateSpec) -> String {
    format!(
        "You are \"{}\" at {}, an AI in customer support for these topics: {}. Answer briefly and only what you are \
         sure of; otherwise yield.",
        spec.title,
        bundle.name(),
        spec.topics.join(", ")
    )
}
