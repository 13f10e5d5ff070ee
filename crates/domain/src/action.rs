//! Actions that an AI responder asks for. Policy is asked as that responder; what it permits is carried out by a
//! person, and what it denies is on record too.

use crate::{
    decision::{CandidateFacts, PolicyNote, Verdict},
    event::Words,
    id::{ActionName, CaseId, DecisionId, Digest, OwnerId, PolicyId, ResponderId, Timestamp},
    signal::Signals,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The record of one evaluation at the decision point `act`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ActionDecision {
    /// Version of this record's form.
    pub v: u16,
    /// Which decision; the action is known by it from then on.
    pub id: DecisionId,
    /// On which case.
    pub case: CaseId,
    /// Who owns the decision point.
    pub owner: OwnerId,
    /// When.
    pub at: Timestamp,
    /// Which bundle governed.
    pub bundle: Digest,
    /// Which built-in policies governed beside it, since version 2 of the record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline: Option<Digest>,
    /// Who asks, with what was true of it.
    pub principal: CandidateFacts,
    /// For what.
    pub action: ActionName,
    /// The exact arguments, by commitment.
    pub arguments: Words,
    /// The readings that counted.
    pub signals: Signals,
    /// Policy's answer.
    pub verdict: Verdict,
    /// The determining policies that the verdict names.
    pub policies: BTreeMap<PolicyId, PolicyNote>,
}

/// The version of the record that this code writes. Since version 2 invariants are held too.
pub const ACTION_VERSION: u16 = 2;

/// What policy said of an action, with all that it was asked with.
#[derive(Debug, Clone)]
pub struct ActionAnswer {
    /// Who asked, with what was true of it.
    pub principal: CandidateFacts,
    /// The readings that counted.
    pub signals: Signals,
    /// Policy's answer.
    pub verdict: Verdict,
    /// Notes of the policies that the verdict names.
    pub policies: BTreeMap<PolicyId, PolicyNote>,
    /// The bundle's digest.
    pub bundle: Digest,
    /// The digest of the built-in policies.
    pub baseline: Digest,
    /// Who owns the decision point `act`.
    pub owner: OwnerId,
}

/// A permitted action that nobody has carried out yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpenAction {
    /// What is to be done.
    pub action: ActionName,
    /// The exact arguments, by commitment.
    pub arguments: Words,
    /// Who asked for it.
    pub asked_by: ResponderId,
    /// When.
    pub at: Timestamp,
}

/// How an action ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ActionEnd {
    /// A person carried it out.
    Done,
    /// A person refused it.
    Refused,
}
