//! Who a customer is and what a case is about, asked of somebody's own service before a case is decided: one signed
//! call with a deadline.

use crate::{
    Failure,
    endpoint::{Endpoint, EndpointError},
    signature::SigningSecret,
    signed,
};
use hyper::body::Bytes;
use serde::{Deserialize, Serialize, de::IgnoredAny};
use serde_json::Value;
use std::{collections::BTreeMap, time::Duration};
use tokio::time::timeout;

/// Bytes of a reply that are read at most.
const REPLY_MAX: usize = 64 * 1024;

/// Somebody's own service that knows customers and cases.
#[derive(Debug)]
pub struct EnrichmentService {
    endpoint: Endpoint,
    secret: SigningSecret,
    deadline: Duration,
    now: fn() -> i64,
}

/// What is asked.
#[derive(Debug, Clone, Serialize)]
pub struct EnrichmentAsked {
    /// The organisation's own identifier of the customer; none where the pseudonym alone is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer: Option<String>,
    /// The customer's pseudonym.
    pub pseudonym: String,
    /// Over which channel the case comes.
    pub channel: String,
    /// What is known of the case already.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<String, Value>,
    /// The facts that may be told.
    pub wants_facts: Vec<String>,
    /// The fields that may be told.
    pub wants_fields: Vec<String>,
}

/// What is told; other members say nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct EnrichmentTold {
    /// Facts of the customer.
    pub facts: BTreeMap<String, Value>,
    /// Fields of the case.
    pub fields: BTreeMap<String, Value>,
}

impl EnrichmentService {
    /// Sets the service up; connects to nothing yet. `now` gives the time in seconds since 1970.
    ///
    /// # Errors
    /// When the address cannot be used.
    pub fn new(url: &str, secret: SigningSecret, deadline: Duration, now: fn() -> i64) -> Result<Self, EndpointError> {
        Ok(Self { endpoint: Endpoint::new(url)?, secret, deadline, now })
    }

    /// What the service tells, within the deadline. It is asked once: whoever waits for it is a customer.
    ///
    /// # Errors
    /// When it cannot be reached, is not in time, or tells what cannot be understood.
    pub async fn ask(&self, id: &str, asked: &EnrichmentAsked) -> Result<EnrichmentTold, Failure> {
        let body = serde_json::to_vec(asked).map_err(|_| Failure::Unsendable("it cannot be written".to_owned()))?;
        let call = signed::call(&self.endpoint, &self.secret, id, Bytes::from(body), REPLY_MAX, self.now);
        let (_, body) = timeout(self.deadline, call).await.map_err(|_| Failure::Timeout)??;
        told(&body)
    }
}

/// What a reply tells. A list is none, though it could be read as the members in their order; nor is an object of other
/// members alone, which is the reply of another service.
fn told(body: &[u8]) -> Result<EnrichmentTold, Failure> {
    if body.trim_ascii_start().first() != Some(&b'{') {
        return Err(Failure::Malformed("no JSON object".to_owned()));
    }
    let members: BTreeMap<String, IgnoredAny> = serde_json::from_slice(body).map_err(|error| Failure::json(&error))?;
    if !members.is_empty() && !["facts", "fields"].iter().any(|name| members.contains_key(*name)) {
        return Err(Failure::Malformed("neither `facts` nor `fields`".to_owned()));
    }
    serde_json::from_slice(body).map_err(|error| Failure::json(&error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_is_an_object_whose_other_members_say_nothing() {
        let of = |body: &str| told(body.as_bytes());
        let tier = of("{ \"facts\": { \"tier\": \"plus\" }, \"version\": 3 }").unwrap();
        assert_eq!((tier.facts.len(), tier.fields.len()), (1, 0));
        assert_eq!(of(" {}").unwrap(), EnrichmentTold::default());
        for body in [
            "",
            "[]",
            "[{}, {}]",
            "null",
            "\"facts\"",
            "{ \"facts\": [] }",
            "{ \"facts\": {} ",
            "{ \"tier\": \"plus\" }",
        ] {
            assert!(matches!(of(body), Err(Failure::Malformed(_))), "{body}");
        }
    }
}
