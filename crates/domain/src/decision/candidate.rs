//! A candidate as it was considered.

use super::{facts::CandidateFacts, verdict::Verdict};
use crate::{cost::Cost, id::PolicyId};
use serde::{Deserialize, Serialize};

/// A candidate as it was considered: its facts, policy's verdict and every term of its expected cost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Candidate {
    /// What was true of it.
    #[serde(flatten)]
    pub facts: CandidateFacts,
    /// Whether it may.
    pub verdict: Verdict,
    /// What it would cost.
    pub cost: Cost,
    /// The considerations that apply to it, in the order in which they are declared.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub considered: Vec<PolicyId>,
}
