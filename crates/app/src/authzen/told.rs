//! What is answered.

use super::sent::AccessEntity;
use crate::{
    Governance,
    refused::{Kind, Refused},
    request::view::{PolicyView, VerdictView},
};
use remit_domain::{
    decision::Verdict,
    id::PolicyId,
    request::{Answer, Confirming, Requestable},
};
use serde::Serialize;
use utoipa::ToSchema;

/// The answer to one evaluation.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AccessDecision {
    /// Whether it may be done as it stands.
    pub decision: bool,
    /// Why.
    pub context: DecisionContext,
}

/// Why something may or may not be done.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
pub struct DecisionContext {
    /// In words, where it may not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The policies that determine it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub policies: Vec<PolicyView>,
    /// Whose yes it needs, each once for each: with all of them it may be done.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<Confirming>,
    /// Policies that stand against it until these have said yes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub until: Vec<PolicyView>,
    /// What would change a denial, and who may bring it about.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub requestable: Vec<Requestable>,
    /// What is not known here, where that is why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unknown: Option<UnknownPart>,
    /// Why it could not be evaluated, where it could not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<EvaluationError>,
    /// What this evaluation is known by, where it can be asked for what was denied.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evaluation_id: Option<String>,
    /// When it was evaluated, where it can be asked for what was denied.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub evaluated_at: Option<String>,
    /// That it can be asked for what was denied (`POST /access/v1/requests`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_request: Option<RequestableDenial>,
    /// The approval that lets it be done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approval: Option<Approval>,
    /// What to do, where an approval was named that does not let it be done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_action: Option<NextAction>,
    /// In how many seconds to evaluate once more, where that is it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u32>,
}

/// What to do where an approval does not let something be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum NextAction {
    /// Ask for it.
    Request,
    /// Evaluate once more, later.
    Retry,
    /// Nothing: it will not be done.
    None,
}

/// That what is denied can be asked for.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RequestableDenial {
    /// Which way it goes: `confirmation`.
    pub template: &'static str,
    /// Until when.
    #[schema(format = DateTime)]
    pub expires_at: String,
}

/// An approval.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Approval {
    /// By what it is known.
    pub id: String,
    /// Until when it counts.
    #[schema(format = DateTime)]
    pub approved_until: String,
}

/// What of a question is not known here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum UnknownPart {
    /// Who.
    Subject,
    /// What is done, or it is not done to such a resource.
    Action,
    /// To what.
    Resource,
}

/// Why one of several evaluations could not be evaluated.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct EvaluationError {
    /// Of which kind.
    pub kind: EvaluationErrorKind,
    /// In words.
    pub message: String,
}

/// A kind of error in one of several evaluations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EvaluationErrorKind {
    /// It is not of the form that is asked for.
    BadRequest,
    /// A connector that must be asked does not say what is true.
    Unreachable,
    /// More actions of the catalogue are asked about at once than are evaluated: ask again about the rest.
    TooMany,
}

/// The answer to several evaluations: of each in their order, or of the only one where none was listed.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(untagged)]
pub enum AccessDecisions {
    /// Of each, in their order.
    Several(SeveralDecisions),
    /// Of the only one.
    One(Box<AccessDecision>),
}

/// The answers to several evaluations.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SeveralDecisions {
    /// In the order in which they were asked.
    pub evaluations: Vec<AccessDecision>,
}

/// What of the results of a search is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FoundPage {
    /// Send it as `page.token` for the next part; empty where there is none.
    pub next_token: String,
    /// How many results are in this part.
    pub count: usize,
}

/// What else there is to say of the results.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct FoundContext {
    /// Why there are none, where that is not by policy alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Actions that can be evaluated with arguments alone, so that they are not among the results.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub need_arguments: Vec<String>,
}

/// Subjects or resources that were found.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FoundEntities {
    /// Which part this is.
    pub page: FoundPage,
    /// What else there is to say.
    pub context: FoundContext,
    /// Each.
    pub results: Vec<AccessEntity>,
}

/// Actions that were found.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FoundActions {
    /// Which part this is.
    pub page: FoundPage,
    /// What else there is to say.
    pub context: FoundContext,
    /// Each.
    pub results: Vec<FoundAction>,
}

/// An action that was found.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FoundAction {
    /// Its name.
    pub name: String,
}

impl AccessDecision {
    /// That something of what is asked is not known here.
    pub(super) fn unknown(part: UnknownPart, reason: impl Into<String>) -> Self {
        let reason = Some(reason.into());
        Self { decision: false, context: DecisionContext { reason, unknown: Some(part), ..DecisionContext::default() } }
    }

    /// That the state of what it is about forbids it, or that policy does not let the subject ask.
    pub(super) fn denied(reason: impl Into<String>, policies: Vec<PolicyView>) -> Self {
        let reason = Some(reason.into());
        Self { decision: false, context: DecisionContext { reason, policies, ..DecisionContext::default() } }
    }

    /// What the policies of the product's own interfaces say.
    pub(super) fn of_verdict(governance: &Governance, verdict: &Verdict) -> Self {
        let policies = verdict.policies.iter().chain(&verdict.errors).map(|id| policy(governance, id)).collect();
        match verdict.allow {
            true => Self { decision: true, context: DecisionContext { policies, ..DecisionContext::default() } },
            false => Self::denied(because(&policies), policies),
        }
    }

    /// What is answered about an exact request.
    pub(super) fn of_request(verdict: VerdictView) -> Self {
        let VerdictView { answer, policies, until, requestable, .. } = verdict;
        let (decision, reason, needs) = match answer {
            Answer::Allow => (true, None, Vec::new()),
            Answer::Needs { confirmations } => {
                let by: Vec<&str> = confirmations.iter().map(|by| by.as_str()).collect();
                (false, Some(format!("it needs a yes of the {}", by.join(" and of the "))), confirmations)
            }
            Answer::Deny => (false, Some(because(&policies)), Vec::new()),
        };
        let context = DecisionContext { reason, policies, needs, until, requestable, ..DecisionContext::default() };
        Self { decision, context }
    }

    /// The same without why it is denied: which rules stand against something of somebody else's tells what is true of
    /// it.
    pub(super) fn untold(mut self) -> Self {
        if !self.decision && self.context.needs.is_empty() {
            let reason = Some("policy denies it; which rules do is told to who works here".to_owned());
            self.context = DecisionContext { reason, ..DecisionContext::default() };
        }
        self
    }

    /// That it could not be evaluated, where that is told of one evaluation alone.
    ///
    /// # Errors
    /// When it is to be told of the whole request.
    pub(super) fn failed(refused: Refused) -> Result<Self, Refused> {
        let kind = match refused.kind {
            Kind::BadRequest => EvaluationErrorKind::BadRequest,
            Kind::Unreachable => EvaluationErrorKind::Unreachable,
            Kind::LimitReached => EvaluationErrorKind::TooMany,
            _ => return Err(refused),
        };
        let error = Some(EvaluationError { kind, message: refused.detail });
        Ok(Self { decision: false, context: DecisionContext { error, ..DecisionContext::default() } })
    }
}

/// A policy, as it is told.
pub(super) fn policy(governance: &Governance, id: &PolicyId) -> PolicyView {
    let note = governance.engine.note(id);
    PolicyView {
        id: id.to_string(),
        reason: note.map(|note| note.reason.to_string()).unwrap_or_default(),
        owner: note.map(|note| note.owner.to_string()).unwrap_or_default(),
    }
}

/// Why something is denied, in words.
fn because(policies: &[PolicyView]) -> String {
    let reasons: Vec<String> = policies.iter().map(|policy| format!("{}: {}", policy.id, policy.reason)).collect();
    if reasons.is_empty() { "no policy permits it".to_owned() } else { reasons.join("; ") }
}
