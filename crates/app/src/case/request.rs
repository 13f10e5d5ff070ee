//! What is sent to open a case, and to write on it.

use crate::{
    case::schema,
    field::{
        schema::values,
        sent::{self, Sent},
    },
    pipeline::measure::PostedReading,
};
use remit_domain::{
    case::{Channel, Requester},
    event::Mark,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// A request to take in.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OpenCase {
    /// Your own identifier of the customer; recorded only as a pseudonym.
    #[schema(max_length = 256, min_length = 1)]
    pub customer: String,
    /// What the customer wrote.
    #[schema(max_length = 32_768, min_length = 1)]
    pub text: String,
    /// Over which channel: `chat`, `email`, `web`, `phone` or `api`.
    #[schema(schema_with = schema::channel)]
    pub channel: Channel,
    /// Left out: who wrote follows from whose token this is sent with. An integration brings what the `customer` wrote,
    /// a member of staff relays it (`proxy`), a responder writes for itself (`autonomous`). Anything else is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schema::requester, deprecated)]
    pub requester: Option<Requester>,
    /// Readings that you have of the case.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub signals: Vec<PostedReading>,
    /// What the case is about, by the fields that the bundle declares. A date-time is written as RFC 3339, money in
    /// minor units.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "sent::once")]
    #[schema(schema_with = values)]
    pub fields: Sent,
    /// Which of the token's sources says what is in `signals` and `fields`; its first unless told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 64)]
    pub source: Option<String>,
    /// The value of the message's field `Auto-Submitted` (RFC 3834): `no` where a person sent it, `auto-generated`,
    /// `auto-replied` or another keyword where a machine did, which opens no case. Without it the usual forms of
    /// machines' messages are known by their words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 256, example = "auto-replied")]
    pub auto_submitted: Option<String>,
}

/// A message on a case.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PostMessage {
    /// What it says.
    #[schema(max_length = 32_768, min_length = 1)]
    pub text: String,
    /// The holder's lease, when the holder writes; without it the requester writes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch: Option<u64>,
    /// What the holder commits to with it, so that the next holder is told: `promise`, `refusal`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(schema_with = schema::marks)]
    pub marks: Vec<Mark>,
    /// The value of the message's field `Auto-Submitted` (RFC 3834), where the requester writes: what a machine sent is
    /// kept, and nothing follows from it. Without it the usual forms are known by their words; `no` says that a person
    /// wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 256, example = "auto-replied")]
    pub auto_submitted: Option<String>,
}
