//! Somebody's receiver of events: what is sent is signed as Standard Webhooks says, and only the answer's status
//! counts.

use crate::{
    Failure,
    endpoint::{Body, Endpoint, EndpointError},
    reach::PrivateHosts,
    signature::{ID, SIGNATURE, SigningSecret, TIMESTAMP, sign},
};
use hyper::{
    body::Bytes,
    header::{HeaderName, HeaderValue},
};
use std::time::Duration;
use tokio::time::timeout;

/// How long a receiver may take to answer.
const PATIENCE: Duration = Duration::from_secs(15);
/// How long the rest of an answer is read, so that its connection can be used again.
const REST: Duration = Duration::from_secs(1);
/// The most bytes of an answer's body that are read.
const REST_BYTES_MAX: usize = 4 * 1024;

/// A receiver of events.
#[derive(Debug)]
pub struct Receiver {
    endpoint: Endpoint,
    secret: SigningSecret,
    /// A secret that is being replaced, and until when (seconds since 1970) it signs too.
    previous: Option<(SigningSecret, i64)>,
}

impl Receiver {
    /// Sets the receiver up, at a public address or at one of these hosts; connects to nothing yet.
    ///
    /// # Errors
    /// When the address cannot be used.
    pub fn new(url: &str, hosts: &PrivateHosts, secret: SigningSecret) -> Result<Self, EndpointError> {
        Ok(Self { endpoint: Endpoint::given(url, hosts)?, secret, previous: None })
    }

    /// Signs with the secret before this one too, until a moment in seconds since 1970, so that both are believed while
    /// the receiver takes up the new one.
    #[must_use]
    pub fn signing_also(mut self, previous: SigningSecret, until: i64) -> Self {
        self.previous = Some((previous, until));
        self
    }

    fn signatures(&self, id: &str, now: i64, body: &[u8]) -> String {
        let mut signatures = sign(&self.secret, id, now, body);
        if let Some((previous, until)) = &self.previous
            && now < *until
        {
            signatures.push(' ');
            signatures.push_str(&sign(previous, id, now, body));
        }
        signatures
    }

    /// Sends `body` once, under `id`, at `now` (seconds since 1970). Received is what is answered with 2xx.
    ///
    /// # Errors
    /// When the receiver cannot be reached, is not in time, or answers with another status.
    pub async fn send(&self, id: &str, now: i64, body: Vec<u8>) -> Result<(), Failure> {
        let value = |text: String| {
            HeaderValue::try_from(text).map_err(|_| Failure::Unsendable("its id cannot be in a header".to_owned()))
        };
        let headers = [
            (HeaderName::from_static(ID), value(id.to_owned())?),
            (HeaderName::from_static(TIMESTAMP), HeaderValue::from(now)),
            (HeaderName::from_static(SIGNATURE), value(self.signatures(id, now, &body))?),
        ];
        let sending = self.endpoint.post(Bytes::from(body), headers, now);
        let answer = timeout(PATIENCE, sending).await.map_err(|_| Failure::Timeout)??;
        if let Ok(rest) = Body::new(answer, REST_BYTES_MAX) {
            let _ = timeout(REST, rest.whole(Vec::new())).await;
        }
        Ok(())
    }
}
