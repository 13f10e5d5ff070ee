//! Connectors: services that carry actions out. Each is asked by one signed call with a deadline: what is true of a
//! request, to carry it out, or what became of it under its key.

use crate::{
    Failure,
    endpoint::{Endpoint, EndpointError},
    signature::SigningSecret,
    signed,
};
use hyper::body::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::time::Duration;
use tokio::time::timeout;

/// Bytes of a reply that are read at most.
const REPLY_MAX: usize = 64 * 1024;
/// Longest reference, and longest reason of a refusal, in characters.
const WORDS_MAX: usize = 200;

/// A service of the organisation's that carries actions out.
#[derive(Debug)]
pub struct ConnectorService {
    endpoint: Endpoint,
    secret: SigningSecret,
    deadline: Duration,
    now: fn() -> i64,
}

/// What a connector is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Wanted {
    /// What is true of the request.
    Facts,
    /// To carry it out, once under its key.
    Execute,
    /// What became of what it was asked to carry out under this key.
    Find,
}

/// A request as connectors are told of it.
#[derive(Debug, Clone, Serialize)]
pub struct ConnectorAsked {
    /// What for.
    pub wanted: Wanted,
    /// The request.
    pub request: String,
    /// The case.
    pub case: String,
    /// The customer's pseudonym.
    pub customer: String,
    /// What is to be done.
    pub action: String,
    /// With what, exactly.
    pub arguments: Map<String, Value>,
    /// SHA-256 of the exact request in canonical JSON.
    pub hash: String,
    /// The key under which it is carried out once, however often it is asked for.
    pub key: String,
    /// Who asks, as a kind and a name.
    pub asked_by: String,
    /// Who said yes, as kinds and names.
    pub confirmed_by: Vec<String>,
    /// The decision that permits it; none while facts are asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision: Option<String>,
    /// When it must not be carried out any more, in RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_after: Option<String>,
}

/// What a connector states of an effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatedEffect {
    /// By what the back office knows it.
    pub reference: String,
    /// How much was moved, in minor units of a currency.
    pub amount: Option<(i64, String)>,
    /// When, in RFC 3339.
    pub at: Option<String>,
}

/// What became of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConnectorOutcome {
    /// It was carried out.
    Done(StatedEffect),
    /// It was not, and will not be.
    Refused(String),
    /// Nothing is known under its key.
    NotFound,
}

#[derive(Deserialize)]
struct FactsReply {
    facts: Map<String, Value>,
}

#[derive(Deserialize)]
struct OutcomeReply {
    outcome: String,
    reference: Option<String>,
    amount: Option<AmountReply>,
    at: Option<String>,
    why: Option<String>,
}

#[derive(Deserialize)]
struct AmountReply {
    minor: i64,
    currency: String,
}

impl ConnectorService {
    /// Sets it up; connects to nothing yet. `now` gives the time in seconds since 1970.
    ///
    /// # Errors
    /// When the address cannot be used.
    pub fn new(url: &str, secret: SigningSecret, deadline: Duration, now: fn() -> i64) -> Result<Self, EndpointError> {
        Ok(Self { endpoint: Endpoint::new(url)?, secret, deadline, now })
    }

    /// What is true of a request.
    ///
    /// # Errors
    /// When it cannot be reached, is not in time, or tells what cannot be understood.
    pub async fn facts(&self, id: &str, asked: &ConnectorAsked) -> Result<Map<String, Value>, Failure> {
        let body = self.call(id, asked).await?;
        let reply: FactsReply = serde_json::from_slice(&body).map_err(|error| Failure::json(&error))?;
        Ok(reply.facts)
    }

    /// What became of a request that it was asked to carry out or to find. It is asked once: whether to ask again is
    /// for who knows what may not happen twice.
    ///
    /// # Errors
    /// When nothing is known of what became of it.
    pub async fn outcome(&self, id: &str, asked: &ConnectorAsked) -> Result<ConnectorOutcome, Failure> {
        outcome(&self.call(id, asked).await?)
    }

    async fn call(&self, id: &str, asked: &ConnectorAsked) -> Result<Vec<u8>, Failure> {
        let body = serde_json::to_vec(asked).map_err(|_| Failure::Unsendable("it cannot be written".to_owned()))?;
        let call = signed::call(&self.endpoint, &self.secret, id, Bytes::from(body), REPLY_MAX, self.now);
        let (_, body) = timeout(self.deadline, call).await.map_err(|_| Failure::Timeout)??;
        Ok(body)
    }
}

fn outcome(body: &[u8]) -> Result<ConnectorOutcome, Failure> {
    let reply: OutcomeReply = serde_json::from_slice(body).map_err(|error| Failure::json(&error))?;
    let words = |text: String| text.chars().filter(|letter| !letter.is_control()).take(WORDS_MAX).collect::<String>();
    match &*reply.outcome {
        "done" => {
            let reference = reply.reference.map(words).filter(|reference| !reference.trim().is_empty());
            let lacks = || Failure::Malformed("`done` without a `reference`".to_owned());
            let amount = reply.amount.map(|amount| (amount.minor, words(amount.currency)));
            Ok(ConnectorOutcome::Done(StatedEffect { reference: reference.ok_or_else(lacks)?, amount, at: reply.at }))
        }
        "refused" => Ok(ConnectorOutcome::Refused(reply.why.map(words).unwrap_or_default())),
        "not_found" => Ok(ConnectorOutcome::NotFound),
        _ => Err(Failure::Malformed("an `outcome` that is none of done, refused and not_found".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outcome_is_what_it_says_and_nothing_else() {
        let of = |body: &str| outcome(body.as_bytes());
        let done = r#"{"outcome":"done","reference":"r\n1","amount":{"minor":500,"currency":"GBP"},"more":1}"#;
        let stated = StatedEffect { reference: "r1".to_owned(), amount: Some((500, "GBP".to_owned())), at: None };
        assert_eq!(of(done).unwrap(), ConnectorOutcome::Done(stated));
        assert_eq!(
            of(r#"{"outcome":"refused","why":"frozen"}"#).unwrap(),
            ConnectorOutcome::Refused("frozen".to_owned())
        );
        assert_eq!(of(r#"{"outcome":"not_found"}"#).unwrap(), ConnectorOutcome::NotFound);
        for body in [
            "",
            "{}",
            "[]",
            r#"{"outcome":"done"}"#,
            r#"{"outcome":"done","reference":" "}"#,
            r#"{"outcome":"ok","reference":"r"}"#,
            r#"{"outcome":"done","reference":"r","amount":{"minor":5.5,"currency":"GBP"}}"#,
        ] {
            assert!(matches!(of(body), Err(Failure::Malformed(_))), "{body}");
        }
    }
}
