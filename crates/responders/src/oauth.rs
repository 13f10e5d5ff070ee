//! Tokens of an authorization server for Remit itself: OAuth 2.0 client credentials (RFC 6749, section 4.4). One token
//! is fetched for all who need one, kept until shortly before it expires, and fetched anew once where it is not taken.
//!
//! The grant is one form and one answer. The crates that speak the whole of OAuth bring an HTTP client's, a URL's and a
//! clock's own crates with them, thirty-five that nothing else here has.

use crate::{
    ApiKey, EndpointError, Failure,
    endpoint::{Body, Endpoint, refusal},
};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use form_urlencoded::{Serializer, byte_serialize};
use hyper::{
    Method,
    body::Bytes,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue},
};
pub use remit_oauth::client_key::ClientKey;
use remit_oauth::{assertion, client_key::Asserted};
use serde::Deserialize;
use std::{fmt, sync::Arc, time::Duration};
use tokio::{sync::Mutex, time::Instant};

/// Bytes of an answer that are read at most.
const ANSWER_MAX: usize = 64 * 1024;
/// Longest token, in bytes: servers refuse longer headers.
const TOKEN_MAX: usize = 6 * 1024;
/// How long before it expires a token is used no more, at most.
const MARGIN: Duration = Duration::from_secs(60);
/// How long a token is kept whose server does not say when it expires, and the longest that any is.
const UNSAID: Duration = Duration::from_secs(60);
const KEPT_MAX: Duration = Duration::from_secs(24 * 3_600);

/// Who asks, of whom, and for what.
#[derive(Debug, Clone)]
pub struct ClientCredentials {
    /// Where tokens are given out.
    pub token_url: String,
    /// As whom.
    pub client_id: String,
    /// By what it is seen who asks.
    pub proof: ClientProof,
    /// What else is asked with: `scope`, `audience`, `resource`.
    pub with: Vec<(&'static str, String)>,
}

/// By what an authorization server sees who asks.
#[derive(Debug, Clone)]
pub enum ClientProof {
    /// A secret in the header (`client_secret_basic`).
    Basic(ApiKey),
    /// A secret in the body (`client_secret_post`).
    Post(ApiKey),
    /// A text that a key of ours signs (`private_key_jwt`): no secret is sent.
    Key(Box<SigningKey>),
}

/// A key of ours, with what it signs beside who asks.
#[derive(Clone)]
pub struct SigningKey {
    /// The key.
    pub key: ClientKey,
    /// By which name the server knows it, where it has several.
    pub kid: Option<String>,
    /// Of whom is asked, as the server calls itself.
    pub audience: String,
    /// The time in seconds since 1970.
    pub now: fn() -> i64,
    /// What nobody guesses; nothing where there is none.
    pub random: Arc<dyn Fn() -> Option<[u8; 16]> + Send + Sync>,
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").field("key", &self.key).field("audience", &self.audience).finish_non_exhaustive()
    }
}

impl SigningKey {
    /// What shows once that a client asks.
    fn assertion(&self, client_id: &str) -> Result<String, Failure> {
        let unsigned = || Failure::Unsendable("what shows who asks could not be signed".to_owned());
        let jti = URL_SAFE_NO_PAD.encode((self.random)().ok_or_else(unsigned)?);
        let (audience, kid) = (self.audience.as_str(), self.kid.as_deref());
        let asserted = Asserted { client_id, audience, kid, jti: &jti, now: (self.now)() };
        self.key.assertion(&asserted).map_err(|_| unsigned())
    }
}

/// Where tokens come from.
pub(crate) struct AccessTokens {
    endpoint: Endpoint,
    of: ClientCredentials,
    held: Mutex<Option<CachedToken>>,
}

struct CachedToken {
    token: Token,
    until: Instant,
}

/// A token as it is sent.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Token(HeaderValue);

#[derive(Deserialize)]
struct Answer {
    access_token: String,
    token_type: String,
    expires_in: Option<u64>,
}

impl fmt::Debug for AccessTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens").field("endpoint", &self.endpoint).finish_non_exhaustive()
    }
}

impl Token {
    /// The value of its header, which no log shows.
    pub(crate) fn header(&self) -> HeaderValue {
        self.0.clone()
    }
}

impl AccessTokens {
    pub(crate) fn new(of: ClientCredentials) -> Result<Self, EndpointError> {
        Ok(Self { endpoint: Endpoint::new(&of.token_url)?, of, held: Mutex::new(None) })
    }

    /// A token that is good now. Where `refused` is the one that is held, another is fetched. Who comes while one is
    /// being fetched waits for that.
    pub(crate) async fn token(&self, refused: Option<&Token>) -> Result<Token, Failure> {
        let mut held = self.held.lock().await;
        if let Some(held) = held.as_ref()
            && held.until > Instant::now()
            && refused != Some(&held.token)
        {
            return Ok(held.token.clone());
        }
        *held = None;
        let (token, kept) = self.fetch().await?;
        *held = Some(CachedToken { token: token.clone(), until: Instant::now() + kept });
        Ok(token)
    }

    /// The form and the headers with which a token is asked for.
    fn asked(&self) -> Result<(String, Vec<(HeaderName, HeaderValue)>), Failure> {
        let mut form = Serializer::new(String::new());
        form.append_pair("grant_type", "client_credentials");
        let mut headers = vec![
            (CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded")),
            (ACCEPT, HeaderValue::from_static("application/json")),
        ];
        match &self.of.proof {
            ClientProof::Basic(secret) => {
                // Section 2.3.1: each of the two is encoded as in a form before they are put together.
                let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
                let pair = format!("{}:{}", encoded(&self.of.client_id), encoded(secret.reveal()));
                headers.push((AUTHORIZATION, sensitive(&format!("Basic {}", STANDARD.encode(pair)))?));
            }
            ClientProof::Post(secret) => {
                form.append_pair("client_id", &self.of.client_id).append_pair("client_secret", secret.reveal());
            }
            ClientProof::Key(key) => {
                let assertion = key.assertion(&self.of.client_id)?;
                form.append_pair("client_id", &self.of.client_id)
                    .append_pair("client_assertion_type", assertion::TYPE)
                    .append_pair("client_assertion", &assertion);
            }
        }
        for (name, value) in &self.of.with {
            form.append_pair(name, value);
        }
        Ok((form.finish(), headers))
    }

    async fn fetch(&self) -> Result<(Token, Duration), Failure> {
        let (form, headers) = self.asked()?;
        let response = self.endpoint.ask(Method::POST, "", Bytes::from(form), headers).await?;
        if let Some(failure) = refusal(&response, 0) {
            return Err(match failure {
                Failure::Status(status) | Failure::ForGood(status) => {
                    Failure::Malformed(format!("the authorization server gives no token, but status {status}"))
                }
                other => other,
            });
        }
        let body = Body::new(response, ANSWER_MAX)?.whole(Vec::new()).await?;
        let answer: Answer = serde_json::from_slice(&body).map_err(|error| Failure::json(&error))?;
        let malformed = |what: &str| Err(Failure::Malformed(what.to_owned()));
        if !answer.token_type.eq_ignore_ascii_case("bearer") {
            return malformed("a token of another type than Bearer");
        }
        // RFC 6750, section 2.1.
        let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte);
        let token = answer.access_token;
        if token.is_empty() || token.len() > TOKEN_MAX || !token.bytes().all(is_token) {
            return malformed("a token that no header can carry");
        }
        let lives = answer.expires_in.map_or(UNSAID, Duration::from_secs).min(KEPT_MAX);
        Ok((Token(sensitive(&format!("Bearer {token}"))?), lives.saturating_sub(MARGIN.min(lives / 10))))
    }
}

/// A header that is shown nowhere.
fn sensitive(text: &str) -> Result<HeaderValue, Failure> {
    let value = HeaderValue::from_str(text);
    let mut value = value.map_err(|_| Failure::Unsendable("its secret cannot be in a header".to_owned()))?;
    value.set_sensitive(true);
    Ok(value)
}
