//! Answers: JSON bodies, and problems as `application/problem+json`.

use super::request::Reply;
use crate::{problem, problem::Problem};
use axum::{
    body::{Body, Bytes},
    http::{
        HeaderName, HeaderValue, StatusCode,
        header::{self, CACHE_CONTROL},
    },
    response::{IntoResponse, Response},
};
use futures_util::{Stream, StreamExt as _, stream};
use remit_app::Done;
use remit_oauth::{dpop, web_bot_auth::ACCEPT_SIGNATURE};
use serde::Serialize;
use std::convert::Infallible;

/// Marks an answer that tells of nothing but what its own command made durable.
#[derive(Debug, Clone, Copy)]
struct Durable;

/// Marks an answer to a request that was decided under a bundle which another one has replaced since.
#[derive(Debug, Clone, Copy)]
struct Superseded;

/// Whether a request is to be carried out anew, since another bundle came into force while it was decided.
pub(crate) fn is_superseded(answer: &Response) -> bool {
    answer.extensions().get::<Superseded>().is_some()
}

/// Whether an answer tells of nothing but what its own command made durable.
pub(crate) fn is_durable(answer: &Response) -> bool {
    answer.extensions().get::<Durable>().is_some()
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.kind.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = self.to_json().to_string();
        let mut response = (status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if [problem::BUSY, problem::RATE_LIMITED, problem::SUPERSEDED].contains(&self.kind) {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        if let Some(seconds) = self.members.get("retry_after").and_then(serde_json::Value::as_i64) {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        if self.kind == problem::CHAT_ENDED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Cookie realm=\"chat\""));
        }
        if self.kind == problem::UNAUTHENTICATED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if [problem::PROVE_WHOM_YOU_ACT_FOR, problem::SIGNATURE_NOT_RECOGNISED].contains(&self.kind) {
            let metadata = self.members.get("protected_resource").and_then(serde_json::Value::as_str);
            if let Ok(challenge) = HeaderValue::try_from(dpop::challenge(None, None, metadata)) {
                headers.insert(header::WWW_AUTHENTICATE, challenge);
            }
        }
        if self.kind == problem::SIGNATURE_NOT_RECOGNISED {
            headers.insert("accept-signature", HeaderValue::from_static(ACCEPT_SIGNATURE));
        }
        if self.kind == problem::SUPERSEDED {
            response.extensions_mut().insert(Superseded);
        }
        response
    }
}

/// The answer to a command that made something.
pub(crate) fn created<T: Serialize>(done: Done<T>) -> Reply {
    told(StatusCode::CREATED, done)
}

/// An answer that is kept nowhere on its way.
pub(crate) fn private(mut response: Response) -> Response {
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    response
}

/// The answer to a command that changed something.
pub(crate) fn done<T: Serialize>(done: Done<T>) -> Reply {
    told(StatusCode::OK, done)
}

fn told<T: Serialize>(status: StatusCode, done: Done<T>) -> Reply {
    let (body, repeated) = match done {
        Done::Now { kept: Some(kept), .. } => (kept.into_json(), false),
        Done::Now { output, kept: None } => (serde_json::to_vec(&output).map_err(Problem::internal)?, false),
        Done::Before(kept) => (kept.into_json(), true),
    };
    let mut response = (status, body).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if repeated {
        headers.insert("idempotency-replayed", HeaderValue::from_static("true"));
    } else {
        response.extensions_mut().insert(Durable);
    }
    Ok(response)
}

/// `value` as a JSON answer.
pub(crate) fn json(value: &impl Serialize) -> Reply {
    let body = serde_json::to_vec(value).map_err(Problem::internal)?;
    let mut response = body.into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(response)
}

/// The first of a stream of server-sent events: a comment, so that whoever carries it on has something to carry at
/// once.
pub(crate) const COMMENT: Bytes = Bytes::from_static(b":\n\n");

/// A stream of server-sent events. Proxies are told to keep nothing of it, to leave it as it is, and to hold nothing
/// back, which nginx does unless it is told.
pub(crate) fn events<S: Stream<Item = Result<Bytes, Infallible>> + Send + 'static>(events: S) -> Response {
    let first = stream::once(async { Ok(COMMENT) });
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream")),
        (CACHE_CONTROL, HeaderValue::from_static("private, no-store, no-transform")),
        (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no")),
    ];
    (headers, Body::from_stream(first.chain(events))).into_response()
}

/// An event of such a stream; one with an `id` is where a reader goes on.
pub(crate) fn event(id: Option<u64>, kind: &str, data: &impl Serialize) -> Option<Bytes> {
    // JSON of one line: a line feed within a string is written as `\n`.
    let data = serde_json::to_string(data).ok()?;
    let id = id.map_or_else(String::new, |id| format!("id: {id}\n"));
    Some(format!("{id}event: {kind}\ndata: {data}\n\n").into())
}

/// `bytes` as they are.
pub(crate) fn octets(bytes: Vec<u8>) -> Response {
    ([(header::CONTENT_TYPE, "application/octet-stream")], bytes).into_response()
}
