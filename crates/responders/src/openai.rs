//! Any endpoint that speaks OpenAI's chat completions: hosted, a gateway, or a model of one's own.
//!
//! The model may answer in words, call the tool `yield`, or call the tool `act` with a configured action. What the
//! customer wrote goes in as `user` messages, and the model is told that it is data.

mod call;
mod config;
mod conversation;
mod ending;
mod reply;
mod request;
mod told;
mod wire;

pub use config::{AnswerMax, OpenAiConfig};
pub use conversation::ConversationMax;

use crate::{
    Failure, KnowledgeService, Said, Turn, TurnAuthor, TurnMessage, YieldReason,
    endpoint::{Body, Endpoint, EndpointError, header, refusal},
    knowledge::{FoundPassage, asked},
    sse::Events,
};
use hyper::{
    body::Bytes,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue},
};
use reply::Reply;
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

/// The most bytes of a refusal that are looked at.
const REFUSAL_BYTES_MAX: usize = 16 * 1024;
/// The most bytes of one event of a stream, beside the answer.
const EVENT_BYTES_MAX: usize = 64 * 1024;

/// A service behind an OpenAI-compatible endpoint.
#[derive(Debug)]
pub struct OpenAiService {
    endpoint: Endpoint,
    authorization: Option<HeaderValue>,
    config: Box<OpenAiConfig>,
    articles: Arc<KnowledgeService>,
    /// Whether the endpoint has refused the older name of the bound.
    newer: AtomicBool,
}

impl OpenAiService {
    /// Sets the service up; connects to nothing yet.
    ///
    /// # Errors
    /// When the address or the key cannot be used.
    pub fn new(config: OpenAiConfig) -> Result<Self, EndpointError> {
        let (path, query) = match config.base_url.split_once('?') {
            Some((path, query)) => (path, format!("?{query}")),
            None => (config.base_url.as_str(), String::new()),
        };
        let endpoint = Endpoint::new(&format!("{}/chat/completions{query}", path.trim_end_matches('/')))?;
        let authorization = config.api_key.as_ref().map(|key| {
            let mut value = HeaderValue::try_from(format!("Bearer {}", key.reveal()))?;
            value.set_sensitive(true);
            Ok(value)
        });
        let authorization =
            authorization.transpose().map_err(|_: hyper::header::InvalidHeaderValue| EndpointError::Key)?;
        let (articles, newer) = (Arc::new(KnowledgeService::new(Vec::new())), AtomicBool::new(false));
        Ok(Self { endpoint, authorization, config: Box::new(config), articles, newer })
    }

    /// Takes articles, of which the model is given what fits a question.
    #[must_use]
    pub fn with_articles(mut self, articles: Arc<KnowledgeService>) -> Self {
        self.articles = articles;
        self
    }

    pub(crate) async fn turn(&self, turn: &Turn) -> Result<Said, Failure> {
        let articles = self.articles.found(&asked(turn), turn.intent.as_deref(), self.config.articles_max);
        let key = HeaderValue::from_str(&turn.turn_id)
            .map_err(|_| Failure::Unsendable("its id cannot be in a header".to_owned()))?;
        let reply = self.config.limits.within(&turn.turn_id, || self.attempt(key.clone(), &articles, turn)).await?;
        Ok(match reply.said(&self.config.actions) {
            Said::Answer { text, .. } if said_before(&text, turn) => {
                Said::yielded(YieldReason::ConversationStuck, "the model gave the same answer to another question")
            }
            Said::Answer { text, .. } => {
                let sources = request::cited(&text, &articles);
                Said::Answer { text, sources }
            }
            said => said,
        })
    }

    async fn attempt(&self, key: HeaderValue, articles: &[FoundPassage<'_>], turn: &Turn) -> Result<Reply, Failure> {
        let mut newer = self.newer.load(Ordering::Relaxed);
        let response = loop {
            let body = Bytes::from(request::body(&self.config, articles, turn, newer).to_string());
            let headers = [
                (HeaderName::from_static("idempotency-key"), key.clone()),
                (ACCEPT, HeaderValue::from_static("text/event-stream, application/json")),
            ];
            let authorization = self.authorization.clone().map(|value| (AUTHORIZATION, value));
            let response = self.endpoint.send(body, headers.into_iter().chain(authorization)).await?;
            let Some(failure) = refusal(&response, (self.config.now)()) else { break response };
            let renames = matches!(self.config.answer_max, AnswerMax::Tokens(_)) && !newer;
            if failure != Failure::Status(400) || !renames || !wants_newer_name(response).await {
                return Err(failure);
            }
            newer = true;
            self.newer.store(true, Ordering::Relaxed);
        };
        let limits = &self.config.limits;
        let told = header(response.headers(), CONTENT_TYPE.as_str())
            .is_some_and(|kind| kind.trim_start().to_ascii_lowercase().starts_with("text/event-stream"));
        let mut body = Body::new(response, limits.streamed_bytes_max())?;
        if !told {
            body = body.bounded(limits.streamed_bytes_max(), limits.whole_bytes_max())?;
        }
        let mut begin = Vec::new();
        while begin.trim_ascii().is_empty() {
            let Some(piece) = body.piece().await? else { break };
            begin.extend_from_slice(&piece);
        }
        // Some servers call a stream JSON, and JSON a stream.
        let reply = if is_stream(&begin, told) {
            read_stream(begin, body, limits.answer_bytes_max).await?
        } else {
            Reply::whole(
                &body.bounded(limits.whole_bytes_max(), limits.whole_bytes_max())?.whole(begin).await?,
                limits.answer_bytes_max,
            )?
        };
        if reply.is_broken() { Err(Failure::Told) } else { Ok(reply) }
    }
}

/// Whether an AI responder gave this answer before, and the customer asks something else now.
fn said_before(text: &str, turn: &Turn) -> bool {
    let questions = || turn.messages.iter().filter(|message| message.author == TurnAuthor::Customer);
    let newest = questions().next_back().map(|message| message.text.trim());
    let asked_again = questions().filter(|message| Some(message.text.trim()) == newest).count() > 1;
    let said = |message: &TurnMessage| message.author == TurnAuthor::Ai && message.text.trim() == text.trim();
    !asked_again && turn.messages.iter().any(said)
}

/// Whether a refusal asks for the bound of the answer by its newer name.
async fn wants_newer_name(response: hyper::Response<hyper::body::Incoming>) -> bool {
    let Ok(body) = Body::new(response, REFUSAL_BYTES_MAX) else { return false };
    body.whole(Vec::new()).await.is_ok_and(|text| String::from_utf8_lossy(&text).contains("max_completion_tokens"))
}

fn is_stream(begin: &[u8], told: bool) -> bool {
    let begin = begin.strip_prefix(b"\xef\xbb\xbf").unwrap_or(begin).trim_ascii_start();
    let is_json = begin.starts_with(b"{") || begin.starts_with(b"[");
    let fields: [&[u8]; 6] = [b":", b"data:", b"event:", b"id:", b"retry:", b"error:"];
    !is_json && (told || fields.iter().any(|field| begin.starts_with(field)))
}

/// Reads until the stream says that it is done; what comes after is of no interest.
async fn read_stream(begin: Vec<u8>, mut body: Body, bytes_max: usize) -> Result<Reply, Failure> {
    let (mut events, mut reply) = (Events::new(bytes_max.saturating_add(EVENT_BYTES_MAX)), Reply::new(bytes_max));
    let mut piece = Bytes::from(begin);
    loop {
        for data in events.push(&piece)? {
            if data.trim_start().starts_with("[DONE]") {
                return Ok(reply);
            }
            reply.add(&data)?;
        }
        match body.piece().await? {
            Some(next) => piece = next,
            None => break,
        }
    }
    match events.last()? {
        Some(data) if data.trim_start().starts_with("[DONE]") => return Ok(reply),
        // What is half cannot be read and says nothing.
        Some(data) => drop(reply.add(&data)),
        None => {}
    }
    // Some endpoints end without the word; a reason to finish is as good.
    if reply.finished() { Ok(reply) } else { Err(Failure::Cut) }
}
