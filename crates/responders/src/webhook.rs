//! Somebody's own service, called with the turn as JSON and signed both ways as Standard Webhooks says.
//!
//! The request's `webhook-id` is the turn's id, so a repetition can be told. The reply carries the same id, its own
//! timestamp, and a signature over its own body. Status 202 with a signed reply says that the answer comes later.

use crate::{
    EndpointLimits, Failure, Said, Turn, YieldReason,
    endpoint::{Endpoint, EndpointError},
    once,
    shown::clean,
    signature::SigningSecret,
    signed,
};
use hyper::{StatusCode, body::Bytes};
use serde::Deserialize;
use serde_json::{Map, Value};

/// What a webhook needs.
#[derive(Debug, Clone)]
pub struct WebhookConfig {
    /// Where turns are posted.
    pub url: String,
    /// What both sides sign with.
    pub secret: SigningSecret,
    /// Bounds of a turn.
    pub limits: EndpointLimits,
    /// The time in seconds since 1970.
    pub now: fn() -> i64,
}

/// A service that is called by webhook.
#[derive(Debug)]
pub struct WebhookService {
    endpoint: Endpoint,
    secret: SigningSecret,
    limits: EndpointLimits,
    now: fn() -> i64,
}

impl WebhookService {
    /// Sets the service up; connects to nothing yet.
    ///
    /// # Errors
    /// When the address cannot be used.
    pub fn new(config: WebhookConfig) -> Result<Self, EndpointError> {
        let WebhookConfig { url, secret, limits, now } = config;
        Ok(Self { endpoint: Endpoint::new(&url)?, secret, limits, now })
    }

    pub(crate) async fn turn(&self, turn: &Turn) -> Result<Said, Failure> {
        let body = serde_json::to_vec(turn).map_err(|_| Failure::Unsendable("it cannot be written".to_owned()))?;
        let body = Bytes::from(body);
        self.limits.within(&turn.turn_id, || self.attempt(&turn.turn_id, body.clone())).await
    }

    async fn attempt(&self, id: &str, body: Bytes) -> Result<Said, Failure> {
        let bytes_max = self.limits.whole_bytes_max();
        let (status, body) = signed::call(&self.endpoint, &self.secret, id, body, bytes_max, self.now).await?;
        if status == StatusCode::ACCEPTED {
            return Ok(Said::Later);
        }
        match read_reply(&body)? {
            Said::Answer { text, .. } if text.len() > self.limits.answer_bytes_max => {
                Err(Failure::TooLarge { bytes_max: self.limits.answer_bytes_max })
            }
            said => Ok(said),
        }
    }
}

#[derive(Deserialize)]
#[serde(tag = "say", rename_all = "snake_case", deny_unknown_fields)]
enum Reply {
    Answer {
        text: String,
        #[serde(default)]
        sources: Vec<String>,
    },
    Act {
        action: String,
        #[serde(default, deserialize_with = "once")]
        arguments: Map<String, Value>,
    },
    Yield {
        reason: YieldReason,
        note: Option<String>,
    },
}

/// Reads a reply: `{"say": "answer", "text": …, "sources": […]}`, `{"say": "act", "action": …, "arguments": {…}}` or
/// `{"say": "yield", "reason": …, "note": …}`. The signature is not its business.
///
/// # Errors
/// When it is anything else, also with a field too many, or an answer without words.
pub fn read_reply(body: &[u8]) -> Result<Said, Failure> {
    match serde_json::from_slice(body).map_err(|error| Failure::json(&error))? {
        Reply::Answer { text, sources } => match clean(&text) {
            text if text.trim().is_empty() => Err(Failure::Malformed("an answer without words".to_owned())),
            text => Ok(Said::Answer { text, sources }),
        },
        Reply::Act { action, .. } if action.is_empty() => {
            Err(Failure::Malformed("an action without a name".to_owned()))
        }
        Reply::Act { action, arguments } => Ok(Said::Act { action, arguments }),
        Reply::Yield { reason, note } => Ok(Said::Yield { reason, note: note.as_deref().map(clean) }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_has_exactly_one_of_three_forms() {
        let check = |body: &str, wanted: Option<Said>| assert_eq!(read_reply(body.as_bytes()).ok(), wanted, "{body}");
        let answer = |text: &str, sources: &[&str]| {
            Some(Said::Answer { text: text.to_owned(), sources: sources.iter().map(|&s| s.to_owned()).collect() })
        };
        check(r#"{"say":"answer","text":"Yes."}"#, answer("Yes.", &[]));
        check(r#"{"say":"answer","text":"Pay \u202e00.1\u0007"}"#, answer("Pay 00.1", &[]));
        check(r#"{"say":"answer","text":"\u200b"}"#, None);
        check(r#"{"text":"Yes.","sources":["fees"],"say":"answer"}"#, answer("Yes.", &["fees"]));
        check(
            r#"{"say":"act","action":"refund","arguments":{"pence":5}}"#,
            Some(Said::Act {
                action: "refund".to_owned(),
                arguments: Map::from_iter([("pence".to_owned(), Value::from(5))]),
            }),
        );
        check(
            r#"{"say":"yield","reason":"wants_human"}"#,
            Some(Said::Yield { reason: YieldReason::WantsHuman, note: None }),
        );
        for body in [
            "",
            "null",
            "{}",
            r#"{"say":"later"}"#,
            r#"{"say":"answer"}"#,
            r#"{"say":"answer","text":" "}"#,
            r#"{"say":"answer","text":"Yes.","text":"No."}"#,
            r#"{"say":"answer","text":"Yes.","action":"refund"}"#,
            r#"{"say":"answer","text":"Yes."}{"say":"answer"}"#,
            r#"{"say":"act","action":""}"#,
            r#"{"say":"act","action":"refund","arguments":[]}"#,
            r#"{"say":"act","action":"refund","arguments":{"pence":5,"pence":9}}"#,
            r#"{"say":"act","arguments":{"amount":{"minor":5,"minor":9}},"action":"refund"}"#,
            r#"{"say":"yield"}"#,
            r#"{"say":"yield","reason":"bored"}"#,
        ] {
            check(body, None);
        }
    }

    #[test]
    fn every_reason_has_the_name_that_endpoints_are_told() {
        for name in YieldReason::NAMES {
            let body = format!(r#"{{"say":"yield","reason":"{name}"}}"#);
            assert!(matches!(read_reply(body.as_bytes()), Ok(Said::Yield { .. })), "{name}");
        }
    }

    #[test]
    fn an_error_quotes_nothing_of_the_reply() {
        let error = read_reply(br#"{"say":"sk-secret","sk-secret":1}"#).unwrap_err().to_string();
        assert!(!error.contains("sk-secret"), "{error}");
    }
}
