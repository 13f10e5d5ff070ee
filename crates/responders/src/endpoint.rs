//! One HTTP endpoint that is not trusted: requests go only there, and answers are read within bounds.

use crate::Failure;
use http_body_util::{BodyExt as _, Full};
use hyper::{
    Request, Response, Uri,
    body::{Body as _, Bytes, Incoming},
    header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER, USER_AGENT},
};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};
use rustls::{ClientConfig, RootCertStore, crypto::ring};
use std::{error::Error as StdError, fmt, sync::Arc, time::Duration};

/// The most bytes of an answer's status line and headers.
const HEAD_BYTES_MAX: usize = 64 * 1024;
/// How long an unused connection is kept.
const IDLE: Duration = Duration::from_secs(30);

/// Why an address cannot be an endpoint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EndpointError {
    /// Not an address.
    #[error(
        "the endpoint's address is not http://… or https://… with a host and, where it has one, a port that there is"
    )]
    Address,
    /// A user or password in the address would be shown wherever the address is.
    #[error("the endpoint's address holds a user or a password; give the key by itself")]
    Credentials,
    /// The key has characters that no header may have.
    #[error("the endpoint's key has characters that an HTTP header cannot carry")]
    Key,
    /// No certificates to trust, or no cryptography.
    #[error("TLS cannot be set up: {0}; on a system without certificates set SSL_CERT_FILE")]
    Tls(String),
}

/// Where requests go.
pub(crate) struct Endpoint {
    uri: Uri,
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
}

impl fmt::Debug for Endpoint {
    /// Shows no more than the host: a path or query may hold a key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Endpoint({}://{}/…)", self.uri.scheme_str().unwrap_or_default(), self.uri.host().unwrap_or_default())
    }
}

impl Endpoint {
    pub(crate) fn new(address: &str) -> Result<Self, EndpointError> {
        let uri: Uri = address.parse().map_err(|_| EndpointError::Address)?;
        let https = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err(EndpointError::Address),
        };
        let authority = uri.authority().filter(|authority| !authority.host().is_empty());
        let authority = authority.ok_or(EndpointError::Address)?.as_str();
        if authority.contains('@') {
            return Err(EndpointError::Credentials);
        }
        // A port that there is not would be passed over in silence, and a fragment with it.
        let port = authority.rsplit_once(':').filter(|(_, after)| !after.ends_with(']')).map(|(_, port)| port);
        if address.contains('#') || port.is_some_and(|port| !port.parse::<u16>().is_ok_and(|port| port != 0)) {
            return Err(EndpointError::Address);
        }
        let connector = HttpsConnectorBuilder::new();
        let connector = if https {
            let built = connector.with_provider_and_native_roots(ring::default_provider());
            built.map_err(|error| EndpointError::Tls(error.to_string()))?.https_only()
        } else {
            // Never used for TLS, so that a system without certificates can reach a model of its own.
            connector.with_tls_config(trusts_nobody()?).https_or_http()
        };
        let client = Client::builder(TokioExecutor::new())
            .timer(TokioTimer::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE)
            .http1_max_buf_size(HEAD_BYTES_MAX)
            .build(connector.enable_http1().build());
        Ok(Self { uri, client })
    }

    /// Posts JSON. An answer that is no success is a failure; redirects are not followed.
    pub(crate) async fn post(
        &self,
        body: Bytes,
        headers: impl IntoIterator<Item = (HeaderName, HeaderValue)>,
    ) -> Result<Response<Incoming>, Failure> {
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = hyper::Method::POST;
        *request.uri_mut() = self.uri.clone();
        let known = [
            (CONTENT_TYPE, HeaderValue::from_static("application/json")),
            (USER_AGENT, HeaderValue::from_static("remit")),
        ];
        request.headers_mut().extend(known.into_iter().chain(headers));
        let response = self
            .client
            .request(request)
            .await
            .map_err(|error| if error.is_connect() { Failure::Connect(chain(&error)) } else { broken(&error) })?;
        match response.status().as_u16() {
            200..=299 => Ok(response),
            429 | 503 => Err(Failure::Busy { retry_after: retry_after(response.headers()) }),
            status => Err(Failure::Status(status)),
        }
    }
}

/// An answer's body, piece by piece, up to a number of bytes.
pub(crate) struct Body {
    incoming: Incoming,
    left: usize,
    bytes_max: usize,
}

impl Body {
    /// Refuses at once what says itself that it is too long.
    pub(crate) fn new(response: Response<Incoming>, bytes_max: usize) -> Result<Self, Failure> {
        let incoming = response.into_body();
        if usize::try_from(incoming.size_hint().lower()).unwrap_or(usize::MAX) > bytes_max {
            return Err(Failure::TooLarge { bytes_max });
        }
        Ok(Self { incoming, left: bytes_max, bytes_max })
    }

    /// The next piece; `None` at the end.
    pub(crate) async fn piece(&mut self) -> Result<Option<Bytes>, Failure> {
        while let Some(frame) = self.incoming.frame().await {
            let Ok(data) = frame.map_err(|error| broken(&error))?.into_data() else { continue };
            self.left = self.left.checked_sub(data.len()).ok_or(Failure::TooLarge { bytes_max: self.bytes_max })?;
            return Ok(Some(data));
        }
        Ok(None)
    }

    /// The whole of it.
    pub(crate) async fn whole(mut self) -> Result<Vec<u8>, Failure> {
        let mut whole = Vec::new();
        while let Some(piece) = self.piece().await? {
            whole.extend_from_slice(&piece);
        }
        Ok(whole)
    }
}

/// A header's value as text, where there is exactly one.
pub(crate) fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value)
}

fn trusts_nobody() -> Result<ClientConfig, EndpointError> {
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| EndpointError::Tls(error.to_string()))?;
    Ok(config.with_root_certificates(RootCertStore::empty()).with_no_client_auth())
}

/// Seconds only: the other form, a date, would need a clock.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    header(headers, RETRY_AFTER.as_str())?.trim().parse().ok().map(Duration::from_secs)
}

/// What a broken exchange after connecting is.
fn broken(error: &(dyn StdError + 'static)) -> Failure {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<hyper::Error>() {
            if error.is_parse_too_large() {
                return Failure::TooLarge { bytes_max: HEAD_BYTES_MAX };
            }
            if error.is_parse() {
                return Failure::Malformed("not HTTP".to_owned());
            }
        }
        cause = error.source();
    }
    Failure::Cut
}

/// An error with its causes. Those of connecting name addresses and certificates, nothing that was sent.
fn chain(error: &dyn StdError) -> String {
    let mut said = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        said.push_str(": ");
        said.push_str(&error.to_string());
        cause = error.source();
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_checked_and_shows_only_its_host() {
        let ports = ["http://models.example:99999/", "http://models.example:0/", "http://models.example:/"];
        let others = ["", "models.example", "/v1", "ftp://models.example/", "http://", "unix:///socket", "http://x/#y"];
        for address in ports.into_iter().chain(others) {
            assert_eq!(Endpoint::new(address).err(), Some(EndpointError::Address), "{address}");
        }
        assert_eq!(Endpoint::new("http://me:secret@models.example/").err(), Some(EndpointError::Credentials));
        let shown = format!("{:?}", Endpoint::new("http://models.example/key/abc?key=def").unwrap());
        assert_eq!(shown, "Endpoint(http://models.example/…)");
    }

    #[test]
    fn only_one_header_of_a_name_counts() {
        let mut headers = HeaderMap::new();
        assert_eq!(header(&headers, "retry-after"), None);
        headers.append(RETRY_AFTER, HeaderValue::from_static("7"));
        assert_eq!(retry_after(&headers), Some(Duration::from_secs(7)));
        headers.append(RETRY_AFTER, HeaderValue::from_static("8"));
        assert_eq!(retry_after(&headers), None);
    }
}
