//! Request bodies: bounded, JSON in UTF-8, of exactly the declared form, or a problem that names the place.

use super::request::Shared;
use crate::{problem, problem::Problem, read_body::ReadBody};
use axum::{
    body::{Body, Bytes},
    extract::{FromRequest, Request},
    http::{Extensions, HeaderMap, HeaderValue, Method, Uri, header::CONTENT_TYPE},
};
use futures_util::StreamExt as _;
use remit_app::{
    Parts, Repeat,
    case::attachment::{FILE_MAX, File},
};
use remit_statements::FileForm;
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256, digest::Update};
use std::time::Duration;
use tokio::sync::SemaphorePermit;

/// Largest body of any request, in bytes.
pub(crate) const BODY_MAX: usize = 256 * 1024;
/// Largest bundle with the names and lengths of its files, in bytes.
const BUNDLE_MAX: usize = 65 * 1024 * 1024;
/// Largest statement file, in bytes.
const STATEMENT_MAX: usize = 64 * 1024 * 1024;
/// How much of a body beyond that is read and dropped before the caller is cut off, in bytes.
const DROPPED_MAX: usize = 32 * 1024 * 1024;
/// How long a body may take to arrive, in seconds.
const BODY_SECONDS: u64 = 30;
/// Longest idempotency key, in bytes.
const KEY_MAX: usize = 255;

/// A request's JSON body, and the key under which it can be repeated.
#[derive(Debug)]
pub(crate) struct Json<T> {
    pub(crate) value: T,
    pub(crate) repeat: Option<Repeat>,
}

impl<T> Json<T> {
    /// That it is not to be repeated under a key: the answer holds a secret, which is kept nowhere. Says what to do
    /// instead.
    ///
    /// # Errors
    /// When it came with a key.
    pub(crate) fn is_no_repeat(&self, instead: &str) -> Result<(), Problem> {
        if self.repeat.is_none() {
            return Ok(());
        }
        let why = format!("is not taken here: the answer holds a secret, which is kept nowhere; {instead}");
        Err(Problem::invalid("Idempotency-Key", why))
    }
}

impl<T: DeserializeOwned + Send> FromRequest<Shared> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &Shared) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        media_type(&parts.headers)?;
        let bytes = Bytes::from(read(body, BODY_MAX).await?);
        note(&parts.extensions, &bytes);
        let repeat = repeat(&parts.method, &parts.uri, &parts.headers, &bytes)?;
        let value = parse(&bytes)?;
        app.journal.arrive().await;
        Ok(Self { value, repeat })
    }
}

/// The key of a request without a body.
#[derive(Debug)]
pub(crate) struct NoBody {
    pub(crate) repeat: Option<Repeat>,
}

impl<S: Send + Sync> FromRequest<S> for NoBody {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let bytes = Bytes::from(read(body, BODY_MAX).await?);
        note(&parts.extensions, &bytes);
        if !bytes.is_empty() && parse::<serde_json::Map<String, serde_json::Value>>(&bytes)? != serde_json::Map::new() {
            return Err(Problem::new(problem::INVALID, "this request takes no body"));
        }
        Ok(Self { repeat: repeat(&parts.method, &parts.uri, &parts.headers, &bytes)? })
    }
}

/// A request's body as a file, within the bound of files, with the key under which the request can be repeated, and the
/// room that the file takes until it is stored.
pub(crate) async fn file(
    app: &Parts,
    request: Request,
) -> Result<(File, Option<Repeat>, SemaphorePermit<'_>), Problem> {
    let full = || Problem::new(problem::BUSY, "as many files as there is room for are on their way");
    let room = app.environment.uploads.try_acquire().map_err(|_| full())?;
    let (parts, body) = request.into_parts();
    let bytes = read(body, FILE_MAX).await?;
    note(&parts.extensions, &Bytes::copy_from_slice(&bytes));
    let repeat = repeat(&parts.method, &parts.uri, &parts.headers, &bytes)?;
    Ok((File::new(sent_as(&parts.headers), bytes)?, repeat, room))
}

/// A request's body as the files of a bundle, and the room that they take until the request is answered.
///
/// # Errors
/// When as much is on its way as there is room for, or it is too large or too slow.
pub(crate) async fn bundle(app: &Parts, request: Request) -> Result<(Vec<u8>, SemaphorePermit<'_>), Problem> {
    let full = || Problem::new(problem::BUSY, "as many files as there is room for are on their way");
    let room = app.environment.uploads.try_acquire().map_err(|_| full())?;
    Ok((read(request.into_body(), BUNDLE_MAX).await?, room))
}

/// A request's body as a statement file and what form it has, and the room that it takes until the request is answered.
///
/// # Errors
/// When as much is on its way as there is room for, it is of no form that is read, too large or too slow.
pub(crate) async fn statement(
    app: &Parts,
    request: Request,
) -> Result<(FileForm, Vec<u8>, SemaphorePermit<'_>), Problem> {
    let full = || Problem::new(problem::BUSY, "as many files as there is room for are on their way");
    let room = app.environment.uploads.try_acquire().map_err(|_| full())?;
    let sent = sent_as(request.headers()).split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let file = read(request.into_body(), STATEMENT_MAX).await?;
    let form = match &*sent {
        "text/csv" => FileForm::Csv,
        "application/xml" | "text/xml" => FileForm::Camt053,
        _ => {
            let detail = "a statement is sent as `text/csv`, or as `application/xml` where it is camt.053";
            return Err(Problem::new(problem::MEDIA_TYPE, detail));
        }
    };
    Ok((form, file, room))
}

/// Notes what was read of a request, so that it can be carried out anew.
fn note(extensions: &Extensions, bytes: &Bytes) {
    if let Some(read) = extensions.get::<ReadBody>() {
        read.note(bytes);
    }
}

/// What the body is said to be.
fn sent_as(headers: &HeaderMap) -> &str {
    headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

fn media_type(headers: &HeaderMap) -> Result<(), Problem> {
    let sent = sent_as(headers);
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

/// Reads a body within its bound and its time. What is beyond the bound is read and dropped up to another,
/// because a caller that is cut off while it sends does not see the answer.
pub(crate) async fn read(body: Body, bytes_max: usize) -> Result<Vec<u8>, Problem> {
    let reading = async {
        let (mut stream, mut bytes, mut dropped) = (body.into_data_stream(), Vec::new(), 0_usize);
        while let Some(chunk) = stream.next().await {
            let chunk = chunk.map_err(|_| Problem::new(problem::MALFORMED, "the body broke off"))?;
            if dropped == 0 && bytes.len() + chunk.len() <= bytes_max {
                bytes.extend_from_slice(&chunk);
            } else {
                dropped = dropped.saturating_add(chunk.len());
            }
            if dropped > DROPPED_MAX {
                break;
            }
        }
        if dropped == 0 {
            return Ok(bytes);
        }
        Err(Problem::new(problem::TOO_LARGE, format!("the body may have {bytes_max} bytes here")))
    };
    let late = |_| Problem::new(problem::TOO_SLOW, format!("the body was not there after {BODY_SECONDS} seconds"));
    tokio::time::timeout(Duration::from_secs(BODY_SECONDS), reading).await.map_err(late)?
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let text = std::str::from_utf8(bytes)
        .map_err(|e| Problem::new(problem::MALFORMED, format!("byte {} is not UTF-8", e.valid_up_to())))?;
    // What stands in the order of its members would be taken for what names them.
    if text.trim_start().starts_with('[') {
        return Err(Problem::new(problem::INVALID, "the body is a list; send an object that names each member"));
    }
    serde_json::from_str(text).map_err(|error| {
        if !error.is_data() {
            return Problem::new(problem::MALFORMED, error.to_string());
        }
        // Read again, more slowly, for the name of the field.
        let mut again = serde_json::Deserializer::from_str(text);
        let path = serde_path_to_error::deserialize::<_, T>(&mut again).err().map(|error| error.path().to_string());
        match path.filter(|path| path != ".") {
            Some(field) => Problem::invalid(&field, error),
            None => Problem::new(problem::INVALID, error.to_string()),
        }
    })
}

fn repeat(method: &Method, uri: &Uri, headers: &HeaderMap, body: &[u8]) -> Result<Option<Repeat>, Problem> {
    let Some(key) = headers.get("idempotency-key") else { return Ok(None) };
    let key = key.to_str().ok().filter(|key| !key.is_empty() && key.len() <= KEY_MAX && key.is_ascii());
    let Some(key) = key else {
        return Err(Problem::invalid("Idempotency-Key", format!("must be 1 to {KEY_MAX} visible ASCII characters")));
    };
    let mut hash = Sha256::new();
    same(&mut hash, method, uri, headers, body);
    Ok(Some(Repeat { key: key.to_owned(), request: hash.finalize().into() }))
}

/// Feeds `hash` with all that makes a request the same one: its method, path and query, what its body is said to be,
/// and the body. Each stands behind its length, so that none can pass for a part of another, and what is missing is not
/// what is empty.
fn same(hash: &mut impl Update, method: &Method, uri: &Uri, headers: &HeaderMap, body: &[u8]) {
    let query = uri.query().map(str::as_bytes);
    let sent_as = headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes);
    for part in [Some(method.as_str().as_bytes()), Some(uri.path().as_bytes()), query, sent_as, Some(body)] {
        let bytes = part.map_or(u64::MAX, |part| part.len() as u64);
        hash.update(&bytes.to_be_bytes());
        hash.update(part.unwrap_or_default());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn requests_that_differ_in_any_part_are_not_the_same() {
        let hashed = |method: Method, uri: &str, sent_as: Option<&'static str>, body: &[u8]| {
            let mut headers = HeaderMap::new();
            headers.extend(sent_as.map(|sent_as| (CONTENT_TYPE, HeaderValue::from_static(sent_as))));
            let mut hash = Sha256::new();
            same(&mut hash, &method, &uri.parse().unwrap(), &headers, body);
            hash.finalize()
        };
        let json = Some("application/json");
        let all = [
            hashed(Method::POST, "/v1/cases", json, b"{}"),
            hashed(Method::DELETE, "/v1/cases", json, b"{}"),
            hashed(Method::POST, "/v1/case", json, b"{}"),
            hashed(Method::POST, "/v1/cases?", json, b"{}"),
            hashed(Method::POST, "/v1/cases?epoch=2", json, b"{}"),
            hashed(Method::POST, "/v1/cases?epoch=999", json, b"{}"),
            hashed(Method::POST, "/v1/cases", Some("text/plain"), b"{}"),
            hashed(Method::POST, "/v1/cases", Some(""), b"{}"),
            hashed(Method::POST, "/v1/cases", None, b"{}"),
            hashed(Method::POST, "/v1/cases", None, b"application/json{}"),
            hashed(Method::POST, "/v1/cases", json, b""),
        ];
        assert_eq!(all.iter().collect::<HashSet<_>>().len(), all.len());
        assert_eq!(all[0], hashed(Method::POST, "/v1/cases", json, b"{}"));
    }
}
