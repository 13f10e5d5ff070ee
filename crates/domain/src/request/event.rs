//! What is on record of a request, in its own stream: that it was asked for, and each change of it.

use super::{
    confirmation::{Confirmation, Link},
    decision::RequestDecision,
    effect::{Agreement, Effect, Reserved},
    standing::{Changed, RequestStanding},
    state::RequestState,
    value::Money,
};
use crate::{
    deferral::Wording,
    id::{ActionName, CustomerId, DelegateId, RequestId, Timestamp},
    vocabulary::Words,
};
use serde::{Deserialize, Serialize};

/// That a request was asked for on a case, in the case's stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct RequestNoted {
    /// Which.
    pub request: RequestId,
    /// For what.
    pub action: ActionName,
    /// The exact arguments, by commitment.
    pub arguments: Words,
    /// What who confirms it reads, by commitment.
    pub shown: Words,
    /// When.
    pub at: Timestamp,
}

/// That a request that was asked for on a case has ended, in the case's stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct RequestEnded {
    /// Which.
    pub request: RequestId,
    /// For what.
    pub action: ActionName,
    /// What who confirms it reads, by the commitment under which it was noted.
    pub shown: Words,
    /// How it ended.
    pub state: RequestState,
    /// What had changed, where it was void.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub void: Option<Changed>,
    /// By what the back office knows what was done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// Whether that is what was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agrees: Option<Agreement>,
    /// In which words the customer is told; none where it is not theirs to hear.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wording: Option<Wording>,
    /// When.
    pub at: Timestamp,
}

/// That a request was asked for, and what policy said of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct RequestAsked {
    /// Whose case it is on.
    pub customer: CustomerId,
    /// The exact arguments, by commitment.
    pub arguments: Words,
    /// What who confirms it reads, by commitment.
    pub shown: Words,
    /// What it moves, where it moves money.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Money>,
    /// What is held back of limits until it is known what became of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reserved: Vec<Reserved>,
    /// What must stay as it is for a yes to count.
    pub standing: RequestStanding,
    /// When it expires unless it is confirmed.
    pub due: Timestamp,
    /// The record of policy's answer.
    pub decision: RequestDecision,
}

/// A change of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct RequestChanged {
    /// Which.
    pub request: RequestId,
    /// What became of it.
    pub change: RequestChange,
    /// When.
    pub at: Timestamp,
}

/// What became of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum RequestChange {
    /// Somebody said yes to it.
    Confirmed {
        /// Who, to what, and over what.
        confirmation: Confirmation,
    },
    /// Somebody said no to it.
    Declined {
        /// Who, to what, and over what.
        confirmation: Confirmation,
    },
    /// A link was made by which the customer can answer it once, in the place of one that was made before.
    Linked {
        /// Which, without its secret.
        link: Link,
        /// Who asked for it, by the identifier of their token.
        by: String,
    },
    /// A code is shown to the customer beside it, by which they know that it is what their delegate asks for.
    CodeShown {
        /// The code (CIBA's `binding_message`), in the place of one that was shown before.
        code: String,
        /// Which delegate shows it to them too.
        by: DelegateId,
    },
    /// It was taken back.
    Withdrawn {
        /// Who took it back, by the identifier of their token.
        by: String,
    },
    /// Nobody confirmed it in time.
    Expired,
    /// It is no longer what was asked for or confirmed.
    Voided {
        /// What changed.
        changed: Changed,
        /// Policy's answer of now; none where the case has ended, the customer was erased, or who asked is no more.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        decision: Option<Box<RequestDecision>>,
    },
    /// It is being carried out.
    Executing {
        /// Policy's answer of now.
        decision: Box<RequestDecision>,
        /// Who is told to carry it out, by its name in the bundle that governs; not in records of an earlier version.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        connector: Option<ActionName>,
    },
    /// Its connector was asked once more.
    AskedAgain,
    /// How carrying it out ended.
    CarriedOut {
        /// In which way.
        effect: Effect,
    },
    /// A person found out what became of it, which its connector does not say.
    Concluded {
        /// What.
        effect: Effect,
        /// Who says so, by the identifier of their token.
        by: String,
    },
}

impl RequestChange {
    /// The record of policy's answer that it rests on, if it has one of its own.
    pub fn decision(&self) -> Option<&RequestDecision> {
        match self {
            Self::Executing { decision, .. } => Some(decision),
            Self::Voided { decision, .. } => decision.as_deref(),
            _ => None,
        }
    }
}
