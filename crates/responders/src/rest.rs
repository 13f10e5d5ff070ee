//! An HTTP service of an organisation's that knows nothing of Remit: asked by one call with a deadline, with a token
//! where one is wanted. What is sent, and what an answer means, is for who asks.

use crate::{
    EndpointError, Failure,
    endpoint::{Body, Endpoint},
    oauth::{AccessTokens, ClientCredentials},
};
use hyper::{
    Method,
    body::Bytes,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue},
};
use serde_json::Value;
use std::time::Duration;
use tokio::time::timeout;

/// Bytes of an answer that are read at most.
const ANSWER_MAX: usize = 256 * 1024;
/// By which a service says that it does not take a token.
const UNAUTHORIZED: u16 = 401;

/// An HTTP service.
#[derive(Debug)]
pub struct RestService {
    endpoint: Endpoint,
    tokens: Option<AccessTokens>,
    key_header: HeaderName,
    deadline: Duration,
}

/// Why an HTTP service cannot be set up.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RestError {
    /// Its address, or that of its tokens.
    #[error(transparent)]
    Endpoint(#[from] EndpointError),
    /// The header for keys.
    #[error("`{0}` is no header")]
    Header(String),
}

/// What is asked.
#[derive(Debug, Clone)]
pub struct RestCall {
    /// By which method.
    pub method: &'static str,
    /// Below the service's address, with the query.
    pub path: String,
    /// JSON.
    pub body: Option<Value>,
    /// Under which key something is done once.
    pub key: Option<String>,
}

/// What is answered.
#[derive(Debug, Clone, PartialEq)]
pub struct RestAnswer {
    /// The status.
    pub status: u16,
    /// The body; nothing where it is no JSON.
    pub body: Option<Value>,
}

impl RestAnswer {
    /// What it is where it says nothing that was agreed on; `why` holds none of its words.
    pub fn unclear(&self, why: &str) -> Failure {
        match self.status {
            200..300 => Failure::Malformed(format!("{why} (status {})", self.status)),
            other => Failure::Status(other),
        }
    }
}

impl RestService {
    /// Sets it up; connects to nothing yet.
    ///
    /// # Errors
    /// When an address or the header cannot be used.
    pub fn new(
        url: &str,
        tokens: Option<ClientCredentials>,
        key_header: &str,
        deadline: Duration,
    ) -> Result<Self, RestError> {
        let header = HeaderName::try_from(key_header).map_err(|_| RestError::Header(key_header.to_owned()))?;
        let tokens = tokens.map(AccessTokens::new).transpose()?;
        Ok(Self { endpoint: Endpoint::new(url)?, tokens, key_header: header, deadline })
    }

    /// Asks once; any status is an answer. A token that is not taken is replaced, once, and the same call is made again
    /// under the same key: a service that does not know who asks has done nothing.
    ///
    /// # Errors
    /// When nothing is known of what became of it.
    pub async fn ask(&self, call: &RestCall) -> Result<RestAnswer, Failure> {
        timeout(self.deadline, self.answered(call)).await.map_err(|_| Failure::Timeout)?
    }

    async fn answered(&self, call: &RestCall) -> Result<RestAnswer, Failure> {
        let Some(tokens) = &self.tokens else { return self.once(call, None).await };
        let token = tokens.token(None).await?;
        let answer = self.once(call, Some(token.header())).await?;
        if answer.status != UNAUTHORIZED {
            return Ok(answer);
        }
        let another = tokens.token(Some(&token)).await?;
        self.once(call, Some(another.header())).await
    }

    async fn once(&self, call: &RestCall, token: Option<HeaderValue>) -> Result<RestAnswer, Failure> {
        let unsendable = |what: &str| Failure::Unsendable(what.to_owned());
        let method = Method::from_bytes(call.method.as_bytes()).map_err(|_| unsendable("its method is none"))?;
        let mut headers = vec![(ACCEPT, HeaderValue::from_static("application/json"))];
        headers.extend(token.map(|token| (AUTHORIZATION, token)));
        if let Some(key) = &call.key {
            let key = HeaderValue::from_str(key).map_err(|_| unsendable("its key cannot be in a header"))?;
            headers.push((self.key_header.clone(), key));
        }
        let body = match &call.body {
            Some(body) => {
                headers.push((CONTENT_TYPE, HeaderValue::from_static("application/json")));
                Bytes::from(serde_json::to_vec(body).map_err(|_| unsendable("it cannot be written"))?)
            }
            None => Bytes::new(),
        };
        let response = self.endpoint.ask(method, &call.path, body, headers).await?;
        let status = response.status().as_u16();
        let body = Body::new(response, ANSWER_MAX)?.whole(Vec::new()).await?;
        Ok(RestAnswer { status, body: serde_json::from_slice(&body).ok() })
    }
}
