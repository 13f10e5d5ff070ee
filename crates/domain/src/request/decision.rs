//! The record of one answer of policy about a request: at the decision point `act` when it is asked for, and again at
//! the moment at which it is carried out.

use super::{asker::Asker, confirmation::Confirming, value::Names};
use crate::{
    decision::PolicyNote,
    id::{
        ActionName, CaseId, CustomerId, DecisionId, Digest, OwnerId, PolicyId, RequestId, ResponderId, StaffId,
        Timestamp,
    },
    signal::Signals,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The version of the record that this code writes.
pub const REQUEST_VERSION: u16 = 1;

/// Policy's answer about a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(tag = "answer", rename_all = "snake_case", deny_unknown_fields)]
pub enum Answer {
    /// It may be carried out as it is.
    Allow,
    /// It may once these have said yes: the smallest of the sets that its action declares.
    Needs {
        /// By whom, each once for each yes.
        confirmations: Vec<Confirming>,
    },
    /// It may not, whoever confirms it.
    Deny,
}

/// What would change a denial, and who may bring it about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Requestable {
    /// The policy that stands against it.
    pub policy: PolicyId,
    /// What would have to be so, in the words of its `@requestable`.
    pub what: String,
    /// Who may give it: the policy's owner.
    pub owner: OwnerId,
}

/// The whole verdict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct RequestVerdict {
    /// The answer.
    pub answer: Answer,
    /// The policies that determined it: of `needs` those that permit it once it is confirmed.
    pub policies: Vec<PolicyId>,
    /// Of what needs a yes: the policies that stand against it until it is given.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub until: Vec<PolicyId>,
    /// Policies that could not be evaluated.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<PolicyId>,
    /// Of a denial, what would change it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub requestable: Vec<Requestable>,
}

/// Who has a case, who is offered it, and whose it is, as policy saw it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Parties {
    /// The responder that has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holder: Option<ResponderId>,
    /// The member of staff who has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub staff: Option<StaffId>,
    /// The member of staff who is offered it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offered: Option<StaffId>,
    /// The customer.
    pub customer: CustomerId,
}

/// The record of one evaluation of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct RequestDecision {
    /// Version of this record's form.
    pub v: u16,
    /// Which decision.
    pub id: DecisionId,
    /// On which request.
    pub request: RequestId,
    /// Of which case.
    pub case: CaseId,
    /// Whose that was.
    pub parties: Parties,
    /// Who owns the decision point `act`.
    pub owner: OwnerId,
    /// When.
    pub at: Timestamp,
    /// Which bundle governed.
    pub bundle: Digest,
    /// Which built-in policies governed beside it.
    pub baseline: Digest,
    /// Who asks, with what was true of them.
    pub principal: Asker,
    /// For what.
    pub action: ActionName,
    /// The hash of the exact request.
    pub hash: Digest,
    /// The arguments that policies see.
    pub arguments: Names,
    /// What is true of the request, as its connector says.
    pub facts: Names,
    /// Hours since actions that its policies look back at were last done for the customer.
    #[serde(default, skip_serializing_if = "Names::is_empty")]
    pub recent: Names,
    /// Who had said yes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub confirmed: Vec<Confirming>,
    /// The readings that counted.
    pub signals: Signals,
    /// Policy's answer.
    pub verdict: RequestVerdict,
    /// The policies that the verdict names.
    pub policies: BTreeMap<PolicyId, PolicyNote>,
}
