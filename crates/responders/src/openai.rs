//! Any endpoint that speaks OpenAI's chat completions: hosted, a gateway, or a model of one's own.
//!
//! The model may answer in words, call the tool `yield`, or call the tool `act` with a configured action. What the
//! customer wrote goes in as `user` messages, and the model is told that it is data.

mod reply;
mod request;

use crate::{
    ApiKey, Failure, Limits, Said, Turn,
    endpoint::{Body, Endpoint, EndpointError, header},
    sse::Events,
};
use hyper::{
    body::Bytes,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue},
};
use reply::Reply;

/// What an OpenAI-compatible service needs.
#[derive(Debug, Clone)]
pub struct OpenAiConfig {
    /// The address before `/chat/completions`, for example `https://api.openai.com/v1`; a query is kept.
    pub base_url: String,
    /// The model's name.
    pub model: String,
    /// The key, where the endpoint wants one.
    pub api_key: Option<ApiKey>,
    /// What the organisation tells the model; rules of Remit's own follow it.
    pub system: String,
    /// The sampling temperature; not sent if absent, since some models refuse it.
    pub temperature: Option<f32>,
    /// The actions that the model may ask for; without any it is not offered the tool.
    pub actions: Vec<String>,
    /// Bounds of a turn.
    pub limits: Limits,
}

/// A service behind an OpenAI-compatible endpoint.
#[derive(Debug)]
pub struct OpenAiService {
    endpoint: Endpoint,
    authorization: Option<HeaderValue>,
    config: OpenAiConfig,
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
        Ok(Self { endpoint, authorization, config })
    }

    pub(crate) async fn turn(&self, turn: &Turn) -> Result<Said, Failure> {
        let body = request::body(&self.config, turn).to_string();
        let body = Bytes::from(body);
        let key = HeaderValue::from_str(&turn.turn_id)
            .map_err(|_| Failure::Unsendable("its id cannot be in a header".to_owned()))?;
        let reply = self.config.limits.within(&turn.turn_id, || self.attempt(key.clone(), body.clone())).await?;
        Ok(reply.said(&self.config.actions))
    }

    async fn attempt(&self, key: HeaderValue, body: Bytes) -> Result<Reply, Failure> {
        let headers = [
            (HeaderName::from_static("idempotency-key"), key),
            (ACCEPT, HeaderValue::from_static("text/event-stream, application/json")),
        ];
        let authorization = self.authorization.clone().map(|value| (AUTHORIZATION, value));
        let response = self.endpoint.post(body, headers.into_iter().chain(authorization)).await?;
        let streamed = header(response.headers(), CONTENT_TYPE.as_str())
            .is_some_and(|kind| kind.trim_start().to_ascii_lowercase().starts_with("text/event-stream"));
        let body = Body::new(response, self.config.limits.answer_bytes_max)?;
        if streamed { read_stream(body).await } else { Reply::whole(&body.whole().await?) }
    }
}

/// Reads until the stream says that it is done; what comes after is of no interest.
async fn read_stream(mut body: Body) -> Result<Reply, Failure> {
    let (mut events, mut reply) = (Events::default(), Reply::default());
    while let Some(piece) = body.piece().await? {
        for data in events.push(&piece)? {
            if data.trim() == "[DONE]" {
                return Ok(reply);
            }
            reply.add(&data)?;
        }
    }
    // Some endpoints end without the word; a reason to finish is as good.
    if reply.finished() { Ok(reply) } else { Err(Failure::Cut) }
}
