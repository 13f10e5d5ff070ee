//! One HTTP endpoint that is not trusted: requests go only there, and answers are read within bounds.

use crate::{
    Failure,
    reach::{PrivateAddress, PrivateHosts, Resolver},
};
use http_body_util::{BodyExt as _, Full};
use hyper::{
    Method, Request, Response, Uri,
    body::{Body as _, Bytes, Incoming},
    header::{CONTENT_TYPE, DATE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER, USER_AGENT},
    http::uri::PathAndQuery,
};
use hyper_rustls::{ConfigBuilderExt as _, HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};
use rustls::{ClientConfig, ConfigBuilder, RootCertStore, WantsVerifier, crypto::ring};
use std::{
    error::Error as StdError,
    fmt,
    sync::{Arc, LazyLock},
    time::Duration,
};

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
    /// Others gave the address, and it is none of the public internet's.
    #[error(
        "the endpoint's host is an address of this machine or of a private network; give a public one, or have whoever \
         runs the server name it (--private-host)"
    )]
    Private,
    /// No certificates to trust, or no cryptography.
    #[error("TLS cannot be set up: {0}; on a system without certificates set SSL_CERT_FILE")]
    Tls(String),
}

/// Where requests go.
pub(crate) struct Endpoint {
    uri: Uri,
    client: Client<HttpsConnector<HttpConnector<Resolver>>, Full<Bytes>>,
}

impl fmt::Debug for Endpoint {
    /// Shows no more than the host: a path or query may hold a key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Endpoint({}://{}/…)", self.uri.scheme_str().unwrap_or_default(), self.uri.host().unwrap_or_default())
    }
}

impl Endpoint {
    /// At an address that whoever runs the server gave: the bundle's, or of the options that it was started with.
    pub(crate) fn new(address: &str) -> Result<Self, EndpointError> {
        Self::by(read(address)?, Resolver::anywhere())
    }

    /// At an address that others gave, which leads to public addresses and these hosts alone.
    pub(crate) fn given(address: &str, hosts: &PrivateHosts) -> Result<Self, EndpointError> {
        let read = read(address)?;
        if read.0.host().is_some_and(|host| hosts.allow(host)) {
            Self::by(read, Resolver::guarded(hosts.clone()))
        } else {
            Err(EndpointError::Private)
        }
    }

    fn by((uri, https): (Uri, bool), resolver: Resolver) -> Result<Self, EndpointError> {
        let mut plain = HttpConnector::new_with_resolver(resolver);
        plain.enforce_http(false);
        let connector = HttpsConnectorBuilder::new();
        let connector = if https {
            connector.with_tls_config(TRUSTED.clone().map_err(EndpointError::Tls)?).https_only()
        } else {
            // Never used for TLS, so that a system without certificates can reach a model of its own.
            connector.with_tls_config(trusts_nobody()?).https_or_http()
        };
        let client = Client::builder(TokioExecutor::new())
            .timer(TokioTimer::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE)
            .http1_max_buf_size(HEAD_BYTES_MAX)
            .build(connector.enable_http1().wrap_connector(plain));
        Ok(Self { uri, client })
    }

    /// Posts JSON. An answer that is no success is a failure; redirects are not followed. `now` is the time in seconds
    /// since 1970, against which dates count where the endpoint does not tell its own.
    pub(crate) async fn post(
        &self,
        body: Bytes,
        headers: impl IntoIterator<Item = (HeaderName, HeaderValue)>,
        now: i64,
    ) -> Result<Response<Incoming>, Failure> {
        let response = self.send(body, headers).await?;
        refusal(&response, now).map_or(Ok(response), Err)
    }

    /// Posts JSON; any status is an answer.
    pub(crate) async fn send(
        &self,
        body: Bytes,
        headers: impl IntoIterator<Item = (HeaderName, HeaderValue)>,
    ) -> Result<Response<Incoming>, Failure> {
        let json = (CONTENT_TYPE, HeaderValue::from_static("application/json"));
        self.ask(Method::POST, "", body, std::iter::once(json).chain(headers)).await
    }

    /// Asks for what is below the endpoint's address by `below`, a path and a query; any status is an answer.
    pub(crate) async fn ask(
        &self,
        method: Method,
        below: &str,
        body: Bytes,
        headers: impl IntoIterator<Item = (HeaderName, HeaderValue)>,
    ) -> Result<Response<Incoming>, Failure> {
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = method;
        *request.uri_mut() = self.below(below)?;
        request.headers_mut().insert(USER_AGENT, HeaderValue::from_static("remit"));
        request.headers_mut().extend(headers);
        let answered = self.client.request(request).await;
        answered.map_err(|error| match error {
            error if is_private(&error) => Failure::Private,
            error if error.is_connect() => Failure::Connect(chain(&error)),
            error => broken(&error),
        })
    }
    /// An address below its own, on the same server.
    fn below(&self, path: &str) -> Result<Uri, Failure> {
        if path.is_empty() {
            return Ok(self.uri.clone());
        }
        let unsendable = || Failure::Unsendable("its path is none".to_owned());
        let mut parts = self.uri.clone().into_parts();
        let whole = format!("{}{path}", self.uri.path().trim_end_matches('/'));
        parts.path_and_query = Some(PathAndQuery::try_from(whole).map_err(|_| unsendable())?);
        Uri::from_parts(parts).map_err(|_| unsendable())
    }
}

/// The failure that an answer's status is.
pub(crate) fn refusal<B>(response: &Response<B>, now: i64) -> Option<Failure> {
    let retry_after = retry_after(response.headers(), now);
    let failure = match response.status().as_u16() {
        200..=299 => return None,
        429 | 503 | 529 => Failure::Busy { retry_after },
        status => Failure::Status(status),
    };
    // Servers of OpenAI's say themselves whether to try again.
    Some(match header(response.headers(), "x-should-retry") {
        Some("false") => Failure::Status(response.status().as_u16()).for_good(),
        Some("true") => Failure::Busy { retry_after },
        _ if failure.retryable() && retry_after.is_some() => Failure::Busy { retry_after },
        _ => failure,
    })
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

    /// The same with another bound from here on. What says itself that it is longer than `told_max` is refused at once.
    pub(crate) fn bounded(mut self, bytes_max: usize, told_max: usize) -> Result<Self, Failure> {
        if usize::try_from(self.incoming.size_hint().lower()).unwrap_or(usize::MAX) > told_max {
            return Err(Failure::TooLarge { bytes_max: told_max });
        }
        (self.left, self.bytes_max) = (self.left.min(bytes_max), bytes_max);
        Ok(self)
    }

    /// The whole of it, after what was read already.
    pub(crate) async fn whole(mut self, mut whole: Vec<u8>) -> Result<Vec<u8>, Failure> {
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
    Ok(tls().map_err(EndpointError::Tls)?.with_root_certificates(RootCertStore::empty()).with_no_client_auth())
}

fn tls() -> Result<ConfigBuilder<ClientConfig, WantsVerifier>, String> {
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    config.with_safe_default_protocol_versions().map_err(|error| error.to_string())
}

/// How long an answer asks to be left alone: in seconds, also with a fraction, as a date of any form of HTTP (RFC 9110,
/// 10.2.3 and 5.6.7), or in milliseconds as OpenAI and Azure have it. A date counts from the answer's own date, so that
/// clocks need not agree; one that is past is no wait.
fn retry_after(headers: &HeaderMap, now: i64) -> Option<Duration> {
    let milliseconds = ["retry-after-ms", "x-ms-retry-after-ms"]
        .iter()
        .find_map(|name| header(headers, name)?.trim().parse::<f64>().ok());
    let text = || header(headers, RETRY_AFTER.as_str()).map(str::trim);
    let seconds = milliseconds.map(|ms| ms / 1_000.0).or_else(|| text()?.parse::<f64>().ok());
    if let Some(seconds) = seconds {
        // Not a number, negative, or beyond all measure: nothing is asked that can be kept to.
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let since_1970 = |text: &str| {
        let zoned = ["+0000", "-0000", "UTC", "UT", "Z"].iter().find_map(|zone| text.strip_suffix(zone));
        let gmt = zoned.map_or_else(|| text.to_owned(), |rest| format!("{} GMT", rest.trim_end()));
        let date = httpdate::parse_http_date(&gmt).ok()?;
        i64::try_from(date.duration_since(std::time::UNIX_EPOCH).ok()?.as_secs()).ok()
    };
    let until = since_1970(text()?)?;
    let told = header(headers, DATE.as_str()).and_then(|date| since_1970(date.trim()));
    Some(Duration::from_secs(u64::try_from(until.saturating_sub(told.unwrap_or(now))).unwrap_or(0)))
}

/// An address that can be an endpoint, and whether it is reached by TLS.
fn read(address: &str) -> Result<(Uri, bool), EndpointError> {
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
    Ok((uri, https))
}

/// Whom the system trusts, read once: it takes a while.
static TRUSTED: LazyLock<Result<ClientConfig, String>> =
    LazyLock::new(|| Ok(tls()?.with_native_roots().map_err(|error| error.to_string())?.with_no_client_auth()));

/// Whether nothing was connected to since the address is private.
fn is_private(error: &(dyn StdError + 'static)) -> bool {
    error.is::<PrivateAddress>() || error.source().is_some_and(is_private)
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
    fn waits_are_read_in_each_of_their_forms() {
        const NOW: i64 = 1_770_000_000; // Mon, 02 Feb 2026 02:40:00 GMT
        let asked = |given: &[(&'static str, &str)]| {
            let mut headers = HeaderMap::new();
            for (name, value) in given {
                headers.append(*name, HeaderValue::from_str(value).unwrap());
            }
            retry_after(&headers, NOW).map(|wait| wait.as_millis())
        };
        for (value, wanted) in [
            ("7", Some(7_000)),
            (" 0 ", Some(0)),
            ("1.5", Some(1_500)),
            ("Mon, 02 Feb 2026 02:40:30 GMT", Some(30_000)),
            ("Monday, 02-Feb-26 02:40:30 GMT", Some(30_000)),
            ("Mon Feb  2 02:40:30 2026", Some(30_000)),
            ("Mon, 02 Feb 2026 02:40:30 +0000", Some(30_000)),
            ("Mon, 02 Feb 2026 02:39:00 GMT", Some(0)),
            ("-3", None),
            ("inf", None),
            ("soon", None),
            ("", None),
        ] {
            assert_eq!(asked(&[("retry-after", value)]), wanted, "{value}");
        }
        assert_eq!(asked(&[]), None);
        assert_eq!(asked(&[("retry-after-ms", "250"), ("retry-after", "9")]), Some(250));
        assert_eq!(asked(&[("retry-after-ms", "x"), ("retry-after", "9")]), Some(9_000));
        assert_eq!(asked(&[("retry-after", "7"), ("retry-after", "8")]), None, "only one header of a name counts");
        let dated = [("date", "Mon, 02 Feb 2026 05:00:00 GMT"), ("retry-after", "Mon, 02 Feb 2026 05:00:05 GMT")];
        assert_eq!(asked(&dated), Some(5_000), "the endpoint's clock is three hours ahead");
    }

    #[test]
    fn an_endpoint_may_say_itself_whether_to_try_again() {
        let refused = |status: u16, headers: &[(&str, &str)]| {
            let mut response = Response::builder().status(status);
            for (name, value) in headers {
                response = response.header(*name, *value);
            }
            refusal(&response.body(()).unwrap(), 0)
        };
        assert_eq!(refused(200, &[]), None);
        assert_eq!(
            refused(500, &[("retry-after", "3")]),
            Some(Failure::Busy { retry_after: Some(Duration::from_secs(3)) })
        );
        assert_eq!(refused(400, &[("retry-after", "3")]), Some(Failure::Status(400)));
        assert!(refused(400, &[("x-should-retry", "true")]).unwrap().retryable());
        assert!(!refused(503, &[("x-should-retry", "false")]).unwrap().retryable());
    }
}
