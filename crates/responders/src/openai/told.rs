//! Errors that an endpoint tells of in a body or a stream that began well.

use crate::Failure;
use serde_json::{Map, Value};
use std::time::Duration;

/// Where endpoints put the status.
const STATUS_KEYS: [&str; 8] =
    ["code", "status", "status_code", "statusCode", "http_status", "http_code", "httpStatus", "error_code"];
const KIND_KEYS: [&str; 5] = ["type", "code", "status", "error_type", "name"];
/// What an object has that is an error without being called one.
const WORDS_KEYS: [&str; 4] = ["message", "detail", "msg", "error_message"];

/// The failure that an object tells of, if it does. An `error` that is null, empty or false is none, as for OpenAI's
/// client.
pub(super) fn failure(object: &Map<String, Value>) -> Option<Failure> {
    let inner = ["error", "errors"].iter().find_map(|key| object.get(*key)).filter(|error| is_true(error));
    if let Some(error) = inner {
        return Some(of(error, object));
    }
    let is_error = |key: &str| {
        object.get(key).and_then(Value::as_str).is_some_and(|kind| kind.to_ascii_lowercase().contains("error"))
    };
    let bare = !object.contains_key("choices") && WORDS_KEYS.iter().any(|key| object.contains_key(*key));
    let whole = Value::Object(object.clone());
    (is_error("object") || is_error("type") || (bare && !object.contains_key("object"))).then(|| of(&whole, object))
}

/// The failure of an error of any form: text, object, or a list of them.
pub(super) fn of(error: &Value, around: &Map<String, Value>) -> Failure {
    let inside = match error {
        Value::Array(errors) => errors.first().unwrap_or(&Value::Null),
        Value::Object(object) => object.get("error").filter(|inner| inner.is_object()).unwrap_or(error),
        error => error,
    };
    let empty = Map::new();
    let object = inside.as_object().unwrap_or(&empty);
    let both = [object, around];
    let status = both.iter().find_map(|object| STATUS_KEYS.iter().find_map(|key| status(object.get(*key)?)));
    let named = || both.iter().find_map(|object| KIND_KEYS.iter().find_map(|key| kind(object.get(*key)?.as_str()?)));
    let in_words = || {
        let words = inside.as_str().or_else(|| WORDS_KEYS.iter().find_map(|key| object.get(*key)?.as_str()));
        words.and_then(in_words)
    };
    let wait = both.iter().find_map(|object| wait(object));
    match status.or_else(named).or_else(in_words) {
        Some(429 | 503 | 529) => Failure::Busy { retry_after: wait },
        Some(status) if wait.is_some() && Failure::Status(status).retryable() => Failure::Busy { retry_after: wait },
        Some(status) => Failure::Status(status),
        None => Failure::Told,
    }
}

/// As Python judges it, in which OpenAI's client is written.
fn is_true(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(values) => !values.is_empty(),
        Value::Object(object) => !object.is_empty(),
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::Bool(true) => true,
    }
}

fn status(value: &Value) -> Option<u16> {
    let number = match value {
        Value::Number(number) => number.as_f64()? as u64,
        Value::String(text) => text.trim().parse().ok()?,
        _ => return None,
    };
    u16::try_from(number).ok().filter(|status| (400..600).contains(status))
}

/// The status of an error's name: OpenAI's, Anthropic's, Google's, llama.cpp's, vLLM's and gateways'.
fn kind(name: &str) -> Option<u16> {
    let name: String = name.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_ascii_lowercase();
    let has = |parts: &[&str]| parts.iter().any(|part| name.contains(part));
    if has(&["ratelimit", "toomanyrequests", "resourceexhausted", "throttl", "insufficientquota", "quotaexceeded"]) {
        Some(429)
    } else if has(&["overload", "unavailable", "loading", "capacity", "busy"]) {
        Some(503)
    } else if has(&["timeout", "deadlineexceeded"]) {
        Some(504)
    } else if has(&["authentication", "invalidapikey", "unauthenticated", "unauthorized"]) {
        Some(401)
    } else if has(&["permission", "forbidden"]) {
        Some(403)
    } else if has(&["notfound"]) {
        Some(404)
    } else if has(&[
        "invalidrequest",
        "badrequest",
        "invalidargument",
        "contextlength",
        "exceedcontext",
        "unprocessable",
        "validation",
    ]) {
        Some(400)
    } else if has(&["servererror", "internal", "apierror", "enginedead", "generationerror"]) {
        Some(500)
    } else {
        None
    }
}

/// The status that an error in words tells: only what is unmistakable.
fn in_words(words: &str) -> Option<u16> {
    let lower = words.to_ascii_lowercase();
    let has = |parts: &[&str]| parts.iter().any(|part| lower.contains(part));
    if has(&["rate limit", "too many requests"]) {
        Some(429)
    } else if has(&[
        "overloaded",
        "loading model",
        "is loading",
        "service unavailable",
        "at capacity",
        "try again later",
    ]) {
        Some(503)
    } else {
        let mut numbers = lower.split(|c: char| !c.is_ascii_digit()).filter(|part| part.len() == 3);
        numbers
            .find_map(|part| part.parse().ok())
            .filter(|status| (400..600).contains(status) && has(&["code", "status", "http"]))
    }
}

/// How long an error asks to be left alone.
fn wait(object: &Map<String, Value>) -> Option<Duration> {
    let number = |key: &str, object: &Map<String, Value>| match object.get(key)? {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().trim_end_matches('s').parse().ok(),
        _ => None,
    };
    let seconds = |object: &Map<String, Value>| {
        let whole = ["retry_after", "retryAfter", "retry-after", "retry_after_seconds", "retryDelay"];
        whole.iter().find_map(|key| number(key, object)).or_else(|| {
            ["retry_after_ms", "retry-after-ms"].iter().find_map(|key| Some(number(key, object)? / 1_000.0))
        })
    };
    let nested = || ["metadata", "headers"].iter().find_map(|key| object.get(*key)?.as_object().and_then(seconds));
    let listed = || object.get("details")?.as_array()?.iter().find_map(|detail| detail.as_object().and_then(seconds));
    seconds(object).or_else(nested).or_else(listed).and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn errors_of_every_form_count_as_their_status() {
        let busy = |seconds: Option<f64>| Some(Failure::Busy { retry_after: seconds.map(Duration::from_secs_f64) });
        for (told, wanted) in [
            (json!({ "error": { "code": 429, "message": "slow" } }), busy(None)),
            (json!({ "error": { "code": "429" } }), busy(None)),
            (json!({ "error": { "code": 503, "message": "Loading model", "type": "unavailable_error" } }), busy(None)),
            (
                json!({ "error": {
                    "message": "Rate limit reached", "type": "requests", "code": "rate_limit_exceeded",
                } }),
                busy(None),
            ),
            (json!({ "type": "error", "error": { "type": "overloaded_error", "message": "Overloaded" } }), busy(None)),
            (json!({ "error": { "code": 429, "metadata": { "retry_after": 2 } } }), busy(Some(2.0))),
            (
                json!({ "error": {
                    "code": 429, "status": "RESOURCE_EXHAUSTED", "details": [{ "retryDelay": "1.5s" }],
                } }),
                busy(Some(1.5)),
            ),
            (json!({ "error": "Too many requests" }), busy(None)),
            (json!({ "error": { "status": 502 } }), Some(Failure::Status(502))),
            (json!({ "error": { "code": 500.0 } }), Some(Failure::Status(500))),
            (json!({ "error": { "code": "context_length_exceeded" } }), Some(Failure::Status(400))),
            (
                json!({ "object": "error", "message": "no", "type": "BadRequestError", "code": 400 }),
                Some(Failure::Status(400)),
            ),
            (
                json!({ "object": "error", "message": "no", "type": "InternalServerError", "code": 500 }),
                Some(Failure::Status(500)),
            ),
            (json!({ "detail": "Service Unavailable" }), busy(None)),
            (json!({ "status": 504, "message": "upstream" }), Some(Failure::Status(504))),
            (json!({ "errors": [{ "code": 401, "message": "key" }] }), Some(Failure::Status(401))),
            (json!({ "error": { "message": "HTTP status 502 from upstream" } }), Some(Failure::Status(502))),
            (json!({ "error": { "message": "oh" } }), Some(Failure::Told)),
            (json!({ "error": true }), Some(Failure::Told)),
            (json!({ "error": null, "choices": [] }), None),
            (json!({ "error": {}, "choices": [] }), None),
            (json!({ "error": "", "choices": [] }), None),
            (json!({ "choices": [] }), None),
            (json!({ "object": "chat.completion.chunk" }), None),
            (json!({}), None),
        ] {
            assert_eq!(failure(told.as_object().unwrap()), wanted, "{told}");
        }
    }
}
