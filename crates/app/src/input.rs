//! What reads, files and the chat's entry are asked with, beside what they are about.

use crate::case::query::PAGE_MAX;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Which cases to list.
#[derive(Debug, Clone, Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ListCases {
    /// `open` or `resolved`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// The holder's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub holder: Option<String>,
    /// The name of who answers for the case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accountable: Option<String>,
    /// The `next` of the page before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// How many at most; 50 unless told.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 200)]
    pub limit: Option<usize>,
}

/// Which exceptions to list.
#[derive(Debug, Clone, Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ListExceptions {
    /// `open`, `taken` or `resolved`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// The owner's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// The `next` of the page before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// How many at most; 50 unless told.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 200)]
    pub limit: Option<usize>,
}

/// Which part of a list to read.
#[derive(Debug, Clone, Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ListPart {
    /// The `next` of the page before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// How many at most; 50 unless told.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 200)]
    pub limit: Option<usize>,
}

impl ListPart {
    /// The beginning of a list, as much of it as one page can hold.
    pub fn longest() -> Self {
        Self { after: None, limit: Some(PAGE_MAX) }
    }
}

/// What of the sandbox back office to show.
#[derive(Debug, Clone, Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ShowSandbox {
    /// What was done under this key alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// What was done before the one with this reference.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
    /// The customers after the one of this identifier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

/// Whose consults to list.
#[derive(Debug, Clone, Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ListConsults {
    /// The queue that was asked; all unless told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queue: Option<String>,
}

/// Where a stream of events begins.
#[derive(Debug, Clone, Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FollowEvents {
    /// The position in the ledger after which to begin; the newest unless told. The `Last-Event-ID` header, which
    /// browsers send when they reconnect, takes its place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// Events of this stream alone, by kind and identifier: `case/cas_…`, `staff/ana`. Of all unless told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stream: Option<String>,
}

/// Which part of a conversation to read.
#[derive(Debug, Clone, Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReadConversation {
    /// The `next` of the page before, or the `seq` of the last message seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

/// Who adds a file.
#[derive(Debug, Clone, Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddAttachment {
    /// The holder's lease, when the holder adds it; without it the requester does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub epoch: Option<u64>,
}

/// Whose words to destroy.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EraseCustomer {
    /// Your own identifier of the customer.
    #[schema(max_length = 256, min_length = 1)]
    pub customer: String,
}

/// The secret of a chat's link.
#[derive(Debug, Clone, Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EnterChat {
    /// What stands behind `#` in the link.
    #[serde(default)]
    pub secret: String,
}

/// The chat that a link leads to.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct EnteredChat {
    /// Its identifier, which each request names in its address.
    pub chat: String,
}

/// What a server that is ready says.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Ready {
    /// Always true; otherwise the answer is a problem.
    pub ready: bool,
    /// Digest of the bundle in force.
    pub bundle: String,
    /// Entries in the ledger.
    pub records: u64,
}
