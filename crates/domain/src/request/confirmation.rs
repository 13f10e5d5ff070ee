//! A yes or a no to one exact request, and whose.

use crate::id::{CustomerId, Digest, RequestId, StaffId, Timestamp};
use serde::{Deserialize, Serialize};

/// By whom something is confirmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Confirming {
    /// The customer whose case it is.
    Customer,
    /// A member of staff who may confirm it and neither asked for it nor confirmed it before.
    Staff,
}

impl Confirming {
    /// In words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Staff => "staff",
        }
    }
}

/// Over what a confirmation came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Via {
    /// The customer's chat page.
    Chat,
    /// A link that can be used once.
    Link,
    /// The interface, by a person's token.
    Api,
}

/// Who confirmed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Confirmer {
    /// The customer.
    Customer {
        /// Who.
        customer: CustomerId,
    },
    /// A member of staff.
    Staff {
        /// Who.
        staff: StaffId,
        /// How many open cases they had.
        cases: u32,
    },
}

impl Confirmer {
    /// As what their yes counts.
    pub fn confirming(&self) -> Confirming {
        match self {
            Self::Customer { .. } => Confirming::Customer,
            Self::Staff { .. } => Confirming::Staff,
        }
    }
}

/// The list in which a request was answered together with others. Its confirmations are in one commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Batch {
    /// How many were listed.
    pub count: u32,
    /// The hash of the list: SHA-256 of the canonical JSON (RFC 8785) of its requests, each with its hash, in their
    /// order.
    pub list: Digest,
}

/// A link by which the customer can answer once, without its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "schema", schema(as = RequestLink))]
#[serde(deny_unknown_fields)]
pub struct Link {
    /// The hash of its secret, from which nobody finds that.
    pub digest: Digest,
    /// The requests that it shows, in their order.
    pub requests: Vec<RequestId>,
    /// When it ends.
    pub expires: Timestamp,
}

/// A yes or a no to one exact request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Confirmation {
    /// Who.
    pub by: Confirmer,
    /// Over what it came.
    pub via: Via,
    /// The hash of the request that was shown.
    pub hash: Digest,
    /// For how long they had it before them, in milliseconds, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen_ms: Option<i64>,
    /// With which others it was shown and answered, where it was not alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch: Option<Batch>,
    /// When.
    pub at: Timestamp,
}
