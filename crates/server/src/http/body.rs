//! Request bodies: bounded, JSON in UTF-8, of exactly the declared form, or a problem that names the place.

use super::reply::Refused;
use crate::{app::Repeat, problem, problem::Problem};
use axum::{
    body::{Body, to_bytes},
    extract::{FromRequest, Request},
    http::{HeaderMap, Method, Uri, header::CONTENT_TYPE},
};
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};

/// Largest body of any request, in bytes.
pub(crate) const BODY_MAX: usize = 256 * 1024;
/// Longest idempotency key, in bytes.
const KEY_MAX: usize = 255;

/// A request's JSON body, and the key under which it can be repeated.
#[derive(Debug)]
pub(crate) struct Json<T> {
    pub(crate) value: T,
    pub(crate) repeat: Option<Repeat>,
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = Refused;

    async fn from_request(request: Request, _: &S) -> Result<Self, Refused> {
        let (parts, body) = request.into_parts();
        media_type(&parts.headers)?;
        let bytes = read(body).await?;
        let repeat = repeat(&parts.method, &parts.uri, &parts.headers, &bytes)?;
        Ok(Self { value: parse(&bytes)?, repeat })
    }
}

/// The key of a request without a body.
#[derive(Debug)]
pub(crate) struct NoBody {
    pub(crate) repeat: Option<Repeat>,
}

impl<S: Send + Sync> FromRequest<S> for NoBody {
    type Rejection = Refused;

    async fn from_request(request: Request, _: &S) -> Result<Self, Refused> {
        let (parts, body) = request.into_parts();
        let bytes = read(body).await?;
        if !bytes.is_empty() && parse::<serde_json::Map<String, serde_json::Value>>(&bytes)? != serde_json::Map::new() {
            return Err(Problem::new(problem::INVALID, "this request takes no body").into());
        }
        Ok(Self { repeat: repeat(&parts.method, &parts.uri, &parts.headers, &bytes)? })
    }
}

fn media_type(headers: &HeaderMap) -> Result<(), Problem> {
    let sent = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = sent.split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case("application/json") {
        Ok(())
    } else {
        Err(Problem::new(
            problem::MEDIA_TYPE,
            format!("the body came as `{}`", sent.chars().take(80).collect::<String>()),
        ))
    }
}

async fn read(body: Body) -> Result<axum::body::Bytes, Problem> {
    to_bytes(body, BODY_MAX)
        .await
        .map_err(|_| Problem::new(problem::TOO_LARGE, format!("more than {BODY_MAX} bytes, or the body broke off")))
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let text = std::str::from_utf8(bytes)
        .map_err(|e| Problem::new(problem::MALFORMED, format!("byte {} is not UTF-8", e.valid_up_to())))?;
    serde_json::from_str(text).map_err(|error| {
        let kind = if error.is_data() { problem::INVALID } else { problem::MALFORMED };
        Problem::new(kind, error.to_string())
    })
}

fn repeat(method: &Method, uri: &Uri, headers: &HeaderMap, body: &[u8]) -> Result<Option<Repeat>, Problem> {
    let Some(key) = headers.get("idempotency-key") else { return Ok(None) };
    let key = key.to_str().ok().filter(|key| !key.is_empty() && key.len() <= KEY_MAX && key.is_ascii());
    let Some(key) = key else {
        return Err(Problem::invalid("Idempotency-Key", format!("must be 1 to {KEY_MAX} visible ASCII characters")));
    };
    let mut hash = Sha256::new();
    for part in [method.as_str().as_bytes(), b" ", uri.path().as_bytes(), b"\n", body] {
        hash.update(part);
    }
    Ok(Some(Repeat { key: key.to_owned(), request: hash.finalize().into() }))
}
