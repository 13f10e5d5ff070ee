//! Exceptions: work that left the standard path. Each has an owner, a due time and, at the end, a reason.

use crate::{
    id::{DecisionId, ExceptionId, OwnerId, Timestamp},
    vocabulary::Words,
};
use serde::{Deserialize, Serialize};

/// What went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ExceptionKind {
    /// No responder may have the case.
    NoResponder,
    /// The case has changed hands as often as the bundle allows.
    HandoffLimit,
    /// A policy failed to evaluate, so its verdicts were taken as deny.
    PolicyError,
    /// An invariant of the bundle took back what its policies allow.
    InvariantHeld,
    /// An SLA target was missed.
    SlaMissed,
    /// A customer was promised a call, and nobody called in time.
    CallbackMissed,
    /// A case came back from being put off, and nobody took it up in time.
    DeferralMissed,
    /// Raised by hand.
    Raised,
}

impl ExceptionKind {
    /// Whether such an exception takes the case with it, so that its owner holds the case.
    pub fn holds(self) -> bool {
        matches!(self, Self::NoResponder | Self::HandoffLimit)
    }

    /// The name used in records.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoResponder => "no_responder",
            Self::HandoffLimit => "handoff_limit",
            Self::PolicyError => "policy_error",
            Self::InvariantHeld => "invariant_held",
            Self::SlaMissed => "sla_missed",
            Self::CallbackMissed => "callback_missed",
            Self::DeferralMissed => "deferral_missed",
            Self::Raised => "raised",
        }
    }
}

/// One piece of work that left the standard path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Exception {
    /// Which exception.
    pub id: ExceptionId,
    /// What went wrong.
    pub kind: ExceptionKind,
    /// The team or person that must see to it.
    pub owner: OwnerId,
    /// By when.
    pub due: Timestamp,
    /// When it was raised.
    pub raised: Timestamp,
    /// The decision that raised it, if one did.
    pub decision: Option<DecisionId>,
    /// Who took it on, by the name of their token.
    pub taken_by: Option<String>,
    /// Who must see to it now, since it was overdue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub escalated_to: Option<OwnerId>,
}

/// That whoever took an exception on gave it up: it is open again, for whoever comes first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ExceptionGivenUp {
    /// Which.
    pub exception: ExceptionId,
    /// Who gave it up, by the identifier of their token.
    pub by: String,
    /// Why, by commitment.
    pub reason: Words,
    /// When.
    pub at: Timestamp,
}
