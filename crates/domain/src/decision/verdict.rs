//! What policy answers, and what its policies say of themselves.

use crate::id::{OwnerId, PolicyId};
use serde::{Deserialize, Serialize};

/// Policy's answer about one candidate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Verdict {
    /// Whether it may. Without a policy that permits, it may not.
    pub allow: bool,
    /// The policies that determined it, sorted. Empty when nothing permits and nothing forbids.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub policies: Vec<PolicyId>,
    /// Policies that failed to evaluate, sorted. Any makes the verdict a deny.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<PolicyId>,
}

impl Verdict {
    /// Whether it may: allowed, and no policy failed to evaluate, since a failed `forbid` would be skipped.
    pub fn permits(&self) -> bool {
        self.allow && self.errors.is_empty()
    }
}

/// What a policy says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PolicyNote {
    /// `permit` or `forbid`.
    pub effect: PolicyEffect,
    /// Whose rule it is.
    pub owner: OwnerId,
    /// Why the rule exists, in plain words.
    #[cfg_attr(feature = "schema", schema(value_type = String))]
    pub reason: std::sync::Arc<str>,
    /// Whether it is an invariant, which took back what the policies allow.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub invariant: bool,
}

/// Whether a policy permits or forbids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum PolicyEffect {
    /// Makes it allowed unless something forbids it.
    Permit,
    /// Makes it denied whatever permits it.
    Forbid,
}
