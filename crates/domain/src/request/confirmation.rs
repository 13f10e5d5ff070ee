//! A yes or a no to one exact request, and whose.

use crate::id::{CustomerId, Digest, StaffId, Timestamp};
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
    /// When.
    pub at: Timestamp,
}
