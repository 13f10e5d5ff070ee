//! What wants somebody's yes asked for in the form of the AuthZEN Access Request and Approval Profile (Draft 1): a
//! denial that says that it can be asked for, the request that follows from it, how that stands, and the evaluation
//! that follows once it was approved.
//!
//! What is asked for is a request as any other here: it is confirmed by the same people, looked at once more and
//! carried out by Remit. It counts as approved once it was carried out, so that whoever enforces decisions does nothing
//! twice.

use super::{
    asking::{Asking, CASE, INTEGRATION, RESPONDER, STAFF},
    sent::{AccessAction, AccessEntity, AskEvaluation, wrong},
    told::{AccessDecision, Approval, DecisionContext, NextAction, RequestableDenial},
};
use crate::{
    Caller, Done, Environment, Governance, Journal, Parts, Repeat, Vault,
    access::auth,
    caller::principal::Principal,
    delegation::own_issuer::own_issuer,
    digest,
    environment::clock::rfc3339,
    journal::stored_case::stored_case,
    operation::{CancelAccessRequestRefusal, GetAccessRequestRefusal, SubmitAccessRequestRefusal},
    pipeline::{self, load::of_request},
    refused::{Kind, Refused},
    request::{
        approval::{self, ApprovalState},
        ask::{self, AskRequest},
        read,
        view::RequestView,
        withdraw,
    },
};
use remit_domain::{
    Case,
    id::{CaseId, Digest, Timestamp},
    request::RequestState,
};
use remit_oauth::seen::{NotFirst, Seen as _};
use remit_policy::{actions::Permission, engine::ApiCase};
use remit_responders::once;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

/// For what an evaluation is stamped that was denied.
const EVALUATION: &[u8] = b"access evaluation";
/// Whose denials are that were followed up, among what is seen once.
const FOLLOWED_UP: &str = "access evaluations";
/// The longest identifier of one, in bytes.
const EVALUATION_MAX: usize = 1_024;
/// For how long what was denied can be asked for, in milliseconds.
const FRESH_MS: i64 = 600_000;
/// How many seconds are left between two evaluations of what is not carried out yet.
const AGAIN_S: u32 = 5;
/// The path of what was asked for, in front of its identifier.
const PATH: &str = "/access/v1/requests/";
/// What stands for asking for a yes, for whoever has several ways.
const TEMPLATE: &str = "confirmation";

/// What is asked for that was denied.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
pub struct SubmitAccess {
    /// Who, as it was evaluated: whoever asks.
    #[serde(deserialize_with = "once")]
    #[schema(value_type = AccessEntity)]
    pub subject: Map<String, Value>,
    /// What they would do, as it was evaluated.
    #[serde(deserialize_with = "once")]
    #[schema(value_type = AccessAction)]
    pub action: Map<String, Value>,
    /// To what, as it was evaluated.
    #[serde(deserialize_with = "once")]
    #[schema(value_type = AccessEntity)]
    pub resource: Map<String, Value>,
    /// Several at once, which are not taken: ask for each.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(ignore)]
    pub items: Option<Value>,
    /// What was answered.
    pub denial: Denial,
}

/// What was answered to the evaluation that is followed up.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
pub struct Denial {
    /// `context.evaluation_id` of the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 1_024)]
    pub evaluation_id: Option<String>,
    /// `context.access_request.expires_at` of the answer.
    #[schema(format = DateTime)]
    pub expires_at: String,
}

/// What was asked for, and what came of it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AccessTask {
    /// It.
    pub task: TaskHandle,
    /// What came of it, once it is approved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<TaskResult>,
}

/// What was asked for.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TaskHandle {
    /// The request.
    pub id: String,
    /// How it stands.
    pub status: TaskStatus,
    /// Where that is read.
    pub status_endpoint: String,
    /// Until when it can be confirmed, while it waits for that.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub expires_at: Option<String>,
    /// What can be done about it, while something can.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub links: Option<TaskLinks>,
}

/// What can be done about what was asked for.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TaskLinks {
    /// Where it is taken back.
    pub cancel: String,
}

/// How it stands with what was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TaskStatus {
    /// Somebody's yes is waited for, or it is being carried out.
    Pending,
    /// It was confirmed and carried out.
    Approved,
    /// Policy denied it, or somebody said no.
    Denied,
    /// Nobody confirmed it in time.
    Expired,
    /// It was taken back.
    Cancelled,
    /// It was not carried out, or is no longer what was confirmed.
    Failed,
}

/// What came of what was asked for.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TaskResult {
    /// What to do with it: evaluate once more (`reevaluate`), with `approval` in the context.
    pub mode: &'static str,
    /// The approval.
    pub approval: Approval,
}

/// What an evaluation that was denied is known by.
#[derive(Debug, Serialize, Deserialize)]
struct Stamped {
    /// Who asked for it.
    by: String,
    /// The SHA-256 of what was asked.
    of: Digest,
    until: Timestamp,
}

/// Whether a subject is who asks: nobody asks for what somebody else would do.
fn is_self(caller: &Caller, subject: &AccessEntity) -> bool {
    match (&caller.principal, &*subject.kind) {
        (Principal::Staff { staff, .. }, STAFF) => staff.as_str() == subject.id,
        (Principal::Responder(name), RESPONDER) => *name == subject.id,
        (Principal::Integration | Principal::Person(_), INTEGRATION) => *caller.token == *subject.id,
        _ => false,
    }
}

fn digest_of(asked: &AskEvaluation) -> Result<Digest, Refused> {
    digest::of_json(&json!({ "subject": asked.subject, "resource": asked.resource, "action": asked.action }))
}

/// A denial of what wants somebody's yes, with how it is asked for, where who asks for the evaluation is who would do
/// it.
pub(super) fn offered(
    asking: &Asking<'_>,
    asked: &AskEvaluation,
    mut denied: AccessDecision,
) -> Result<AccessDecision, Refused> {
    let Parts { environment, vault, .. } = asking.parts;
    let can = !denied.decision && !denied.context.needs.is_empty() && is_self(asking.caller, &asked.subject);
    if !can || own_issuer(environment).is_err() {
        return Ok(denied);
    }
    let now = environment.now();
    let until = now.plus_ms(FRESH_MS);
    let stamped = Stamped { by: asking.caller.token.to_string(), of: digest_of(asked)?, until };
    let body = serde_json::to_vec(&stamped).map_err(Refused::internal)?;
    denied.context.evaluation_id = Some(vault.delegate_tokens.stamped(EVALUATION, &body));
    denied.context.evaluated_at = Some(rfc3339(now));
    denied.context.access_request = Some(RequestableDenial { template: TEMPLATE, expires_at: rfc3339(until) });
    Ok(denied)
}

/// What an approval that is named in an evaluation comes to.
#[derive(Debug)]
pub(super) enum ByApproval {
    /// This answer, whatever policy says by now.
    Answer(Box<AccessDecision>),
    /// Nothing, for this reason: it is evaluated as if none were named.
    Nothing(&'static str),
}

/// What the approval comes to that an evaluation names; nothing where it names none.
pub(super) async fn approved(
    asking: &Asking<'_>,
    case: &Case,
    asked: &AskEvaluation,
) -> Result<Option<ByApproval>, Refused> {
    let Some(sent) = asked.context.get("approval") else { return Ok(None) };
    let id = sent.get("id").and_then(Value::as_str).ok_or_else(|| wrong("context.approval.id", "must be a text"))?;
    let (name, arguments) = (&*asked.action.name, &asked.action.properties);
    let Parts { environment, journal, .. } = asking.parts;
    let stands = if is_self(asking.caller, &asked.subject) {
        approval::approval(environment, journal, asking.caller, id, case, name, arguments).await?
    } else {
        ApprovalState::Unknown
    };
    let (reason, next_action, retry_after) = match stands {
        ApprovalState::Carried(until) => {
            let approval = Some(Approval { id: id.to_owned(), approved_until: rfc3339(until) });
            let context = DecisionContext { approval, ..DecisionContext::default() };
            return Ok(Some(ByApproval::Answer(Box::new(AccessDecision { decision: true, context }))));
        }
        ApprovalState::UnderWay => ("grant_pending", NextAction::Retry, Some(AGAIN_S)),
        ApprovalState::Over => return Ok(Some(ByApproval::Nothing("approval_expired"))),
        ApprovalState::OfAnother => return Ok(Some(ByApproval::Nothing("out_of_scope"))),
        ApprovalState::Ended => ("policy_denied", NextAction::None, None),
        ApprovalState::Unknown => ("approval_unverifiable", NextAction::None, None),
    };
    let context = DecisionContext {
        reason: Some(reason.to_owned()),
        next_action: Some(next_action),
        retry_after,
        ..DecisionContext::default()
    };
    Ok(Some(ByApproval::Answer(Box::new(AccessDecision { decision: false, context }))))
}

/// A denial of which an approval that was named does not take anything away, with what to do.
pub(super) fn in_spite_of(reason: &'static str, mut denied: AccessDecision) -> AccessDecision {
    if !denied.decision {
        denied.context.reason = Some(reason.to_owned());
        let can = denied.context.access_request.is_some();
        denied.context.next_action = Some(if can { NextAction::Request } else { NextAction::None });
    }
    denied
}

/// Asks for what was denied because it wants somebody's yes.
///
/// # Errors
/// [`SubmitAccessRequestRefusal`] says when each arises.
pub async fn submit_access_request(
    parts: &Parts,
    caller: &Caller,
    repeat: Option<&Repeat>,
    sent: SubmitAccess,
) -> Result<Done<AccessTask>, SubmitAccessRequestRefusal> {
    let SubmitAccess { subject, action, resource, items, denial } = sent;
    own_issuer(&parts.environment)?;
    if items.is_some() {
        return Err(wrong("items", "is not taken: ask for each by itself").into());
    }
    let whole = [("subject", subject), ("action", action), ("resource", resource)];
    let whole: Map<String, Value> = whole.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
    let asked = AskEvaluation::read(&whole)?;
    permitted(&parts.governance, &parts.journal, &parts.environment, caller, &asked.resource).await?;
    let show = |view: RequestView| AccessTask::of(&view, &parts.environment);
    // Whoever sends the same under the same key is answered as before, also once the denial is over.
    let asked = async {
        is_denied(&parts.environment, &parts.vault, caller, &asked, &denial)?;
        let AskEvaluation { action, resource, .. } = asked;
        if resource.kind != CASE {
            return Err(unbound("what is asked for is done to a case").into());
        }
        let ask = AskRequest { action: action.name, arguments: action.properties, epoch: None };
        let asked = ask::ask_shown(parts, caller, repeat, &resource.id, &ask, show).await;
        Ok::<_, SubmitAccessRequestRefusal>(asked?)
    };
    pipeline::or_earlier_answer(&parts.journal, &parts.vault, caller, repeat, asked).await
}

/// That policy lets who asks request something on what it is to be done to, before they are told anything of it.
async fn permitted(
    governance: &Governance,
    journal: &Journal,
    environment: &Environment,
    caller: &Caller,
    resource: &AccessEntity,
) -> Result<(), Refused> {
    let case = match resource.id.parse::<CaseId>() {
        Ok(id) if resource.kind == CASE => stored_case(journal, id).await?,
        _ => None,
    };
    let case = case.as_ref().map_or_else(ApiCase::default, of_request);
    auth::permit_on(governance, environment, caller, Permission::REQUEST_ASK, case)
}

fn unbound(why: &str) -> Refused {
    Refused::new(Kind::DenialUnbound, why)
}

/// That just this was denied to who asks for it, a short while ago, and that nothing followed from it yet.
fn is_denied(
    environment: &Environment,
    vault: &Vault,
    caller: &Caller,
    asked: &AskEvaluation,
    denial: &Denial,
) -> Result<(), Refused> {
    let Some(id) = denial.evaluation_id.as_ref().filter(|id| id.len() <= EVALUATION_MAX) else {
        return Err(unbound("send context.evaluation_id of the answer as denial.evaluation_id"));
    };
    let body = vault.delegate_tokens.unstamped(EVALUATION, id);
    let stamped = body.and_then(|body| serde_json::from_slice::<Stamped>(&body).ok());
    let stamped = stamped.ok_or_else(|| unbound("denial.evaluation_id is none that was given out here"))?;
    if stamped.by != *caller.token || stamped.of != digest_of(asked)? || !is_self(caller, &asked.subject) {
        return Err(unbound("what is asked for is not what denial.evaluation_id was given out for, letter by letter"));
    }
    if stamped.until <= environment.now() {
        let why = format!("the denial could be followed up until {}: evaluate once more", rfc3339(stamped.until));
        return Err(Refused::new(Kind::DenialExpired, why));
    }
    if denial.expires_at != rfc3339(stamped.until) {
        return Err(unbound("denial.expires_at is not context.access_request.expires_at of the answer"));
    }
    let used = digest::of_secret(id).to_string();
    let first = vault.delegate_tokens.seen.first_time(FOLLOWED_UP, &used, stamped.until.0, environment.now().0);
    first.map_err(|error| match error {
        NotFirst::Busy => Refused::new(Kind::Busy, "too many denials are followed up at once"),
        _ => unbound("the denial was followed up already: evaluate once more"),
    })
}

/// How it stands with what was asked for.
///
/// # Errors
/// [`GetAccessRequestRefusal`] says when each arises.
pub async fn get_access_request(
    parts: &Parts,
    caller: &Caller,
    request: &str,
) -> Result<AccessTask, GetAccessRequestRefusal> {
    let view = read::request(parts, caller, request).await.map_err(Refused::from)?;
    Ok(AccessTask::of(&view, &parts.environment))
}

/// Takes back what was asked for and is not being carried out yet.
///
/// # Errors
/// [`CancelAccessRequestRefusal`] says when each arises.
pub async fn cancel_access_request(
    parts: &Parts,
    caller: &Caller,
    request: &str,
) -> Result<AccessTask, CancelAccessRequestRefusal> {
    let done = withdraw::withdraw_request(parts, caller, None, request).await.map_err(Refused::from)?;
    match done {
        Done::Now { output, .. } => Ok(AccessTask::of(&output, &parts.environment)),
        Done::Before(_) => Err(Refused::internal("a request was taken back before").into()),
    }
}

impl AccessTask {
    fn of(view: &RequestView, environment: &Environment) -> Self {
        let status = TaskStatus::of(view);
        let status_endpoint = environment.public_link(&format!("{PATH}{}", view.id));
        let waits = view.state == RequestState::Waiting;
        let links = waits.then(|| TaskLinks { cancel: format!("{status_endpoint}/cancel") });
        let expires_at = waits.then(|| view.due_at.clone());
        let approval = || Approval { id: view.id.clone(), approved_until: rfc3339(approval::until(view.due)) };
        let result = (status == TaskStatus::Approved).then(|| TaskResult { mode: "reevaluate", approval: approval() });
        Self { task: TaskHandle { id: view.id.clone(), status, status_endpoint, expires_at, links }, result }
    }
}

impl TaskStatus {
    fn of(view: &RequestView) -> Self {
        match view.state {
            RequestState::Asked
            | RequestState::Waiting
            | RequestState::Confirmed
            | RequestState::Executing
            | RequestState::Unknown => Self::Pending,
            RequestState::Done => Self::Approved,
            RequestState::Declined => Self::Denied,
            RequestState::Expired => Self::Expired,
            RequestState::Withdrawn if view.void.is_none() => Self::Cancelled,
            RequestState::Withdrawn | RequestState::Failed => Self::Failed,
        }
    }
}
