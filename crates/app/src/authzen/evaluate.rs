//! Whether somebody may do something: one evaluation, or several at once.

use super::{
    access_request::{self, ByApproval},
    asking::{Asking, CASE, Resource, unfit},
    sent::{AccessEntity, AskEvaluation, AskEvaluations, Semantic, wrong},
    told::{AccessDecision, AccessDecisions, SeveralDecisions, UnknownPart, policy},
};
use crate::{
    Caller, Governance, Parts,
    access::auth,
    delegated::{self, DelegateWish},
    operation::{EvaluateAccessRefusal, EvaluateSeveralRefusal},
    pipeline::load::of_request,
    refused::{Kind, Refused},
    request::{ask, view::PolicyView},
};
use remit_domain::{Case, id::PolicyId};
use remit_policy::{
    actions::{AskedOf, Permission},
    own_actions::{OwnQuestion, SaidEntity, Unasked},
};
use serde_json::{Map, Value};

/// How many actions of the catalogue are evaluated at once: what is true of each, a connector is asked.
pub(super) const REQUESTED_MAX: usize = 20;

/// Whether somebody may do something.
///
/// # Errors
/// [`EvaluateAccessRefusal`] says when each arises.
pub async fn evaluate_access(
    parts: &Parts,
    caller: &Caller,
    sent: Map<String, Value>,
) -> Result<AccessDecision, EvaluateAccessRefusal> {
    auth::permit(&parts.governance, &parts.live, &parts.environment, caller, Permission::ACCESS_EVALUATE)?;
    Ok(only(parts, caller, sent).await?)
}

/// Whether each of several things may be done, in their order.
///
/// # Errors
/// [`EvaluateSeveralRefusal`] says when each arises.
pub async fn evaluate_several(
    parts: &Parts,
    caller: &Caller,
    sent: Map<String, Value>,
) -> Result<AccessDecisions, EvaluateSeveralRefusal> {
    auth::permit(&parts.governance, &parts.live, &parts.environment, caller, Permission::ACCESS_EVALUATE)?;
    let listed = sent.get("evaluations").is_some_and(|listed| *listed != Value::Array(Vec::new()));
    if !listed {
        return Ok(AccessDecisions::One(Box::new(only(parts, caller, sent).await?)));
    }
    let asked = AskEvaluations::read(sent)?;
    let mut asking = Asking::new(parts, caller);
    let mut evaluations = Vec::with_capacity(asked.evaluations.len());
    for (nth, own) in asked.evaluations.iter().enumerate() {
        // One that cannot be evaluated is answered too, and lets nothing be done.
        let decision = one_of(&mut asking, nth, own, &asked).await.or_else(AccessDecision::failed)?;
        let is_last = match asked.options.evaluations_semantic {
            Semantic::ExecuteAll => false,
            Semantic::DenyOnFirstDeny => !decision.decision,
            Semantic::PermitOnFirstPermit => decision.decision,
        };
        evaluations.push(decision);
        if is_last {
            break;
        }
    }
    Ok(AccessDecisions::Several(SeveralDecisions { evaluations }))
}

async fn only(parts: &Parts, caller: &Caller, sent: Map<String, Value>) -> Result<AccessDecision, Refused> {
    let asked = AskEvaluation::read(&sent)?;
    decided(&mut Asking::new(parts, caller), &asked).await
}

async fn one_of(
    asking: &mut Asking<'_>,
    nth: usize,
    own: &Value,
    asked: &AskEvaluations,
) -> Result<AccessDecision, Refused> {
    let Some(own) = own.as_object() else { return Err(wrong(&format!("evaluations.{nth}"), "must be an object")) };
    decided(asking, &AskEvaluation::read_with(own, asked)?).await
}

/// The answer to one evaluation.
pub(super) async fn decided(asking: &mut Asking<'_>, asked: &AskEvaluation) -> Result<AccessDecision, Refused> {
    let name = &*asked.action.name;
    let permission = Permission::named(name);
    if permission.is_none() && !is_requested(&asking.parts.governance, name) {
        return own(&asking.parts.governance, asked);
    }
    let resource = match asking.resource(&asked.resource).await? {
        Ok(resource) => resource,
        Err(why) => return Ok(AccessDecision::unknown(UnknownPart::Resource, why)),
    };
    if let Some(why) = misplaced(name, permission.and_then(Permission::asked_of), &resource) {
        return Ok(AccessDecision::unknown(UnknownPart::Action, why));
    }
    let callers = match asking.subject(&asked.subject).await? {
        Ok(callers) => callers,
        Err(why) => return Ok(AccessDecision::unknown(UnknownPart::Subject, why)),
    };
    let (mut best, mut spite): (Option<AccessDecision>, _) = (None, None);
    for caller in &*callers {
        if let Some(denied) = uncovered(asking, caller, permission, name, &resource).await? {
            best.get_or_insert(denied);
            continue;
        }
        let decision = match (permission, &resource) {
            (Some(permission), resource) => {
                let case = if let Resource::Case(case) = resource { Some(of_request(case)) } else { None };
                let governance = &asking.parts.governance;
                AccessDecision::of_verdict(governance, &auth::verdict(governance, caller, permission, case))
            }
            (None, Resource::Case(case)) => {
                match access_request::approved(asking, case, asked).await? {
                    Some(ByApproval::Answer(decision)) => return Ok(*decision),
                    Some(ByApproval::Nothing(reason)) => spite = Some(reason),
                    None => {}
                }
                requested(asking, caller, case, asked).await?
            }
            (None, Resource::Organisation) => return Err(Refused::internal("a request for an action is on a case")),
        };
        if decision.decision {
            return Ok(decision);
        }
        // What a yes is wanted for is nearer to being done than what is denied.
        let nearer = |best: &AccessDecision| best.context.needs.is_empty() && !decision.context.needs.is_empty();
        if best.as_ref().is_none_or(nearer) {
            best = Some(decision);
        }
    }
    let best = best.ok_or_else(|| Refused::internal("a subject stands for nobody"))?;
    let told = access_request::offered(asking, asked, best)?;
    Ok(match spite {
        Some(reason) => access_request::in_spite_of(reason, told),
        None => told,
    })
}

/// That a delegate's delegation does not let it do something, whatever policy says; nothing where it does, or where
/// somebody else asks.
async fn uncovered(
    asking: &Asking<'_>,
    caller: &Caller,
    permission: Option<Permission>,
    action: &str,
    resource: &Resource,
) -> Result<Option<AccessDecision>, Refused> {
    if caller.principal.represented().is_none() {
        return Ok(None);
    }
    let case = if let Resource::Case(case) = resource { Some(case.id) } else { None };
    let wish = permission.map_or(DelegateWish::Action(action), DelegateWish::Permission);
    match delegated::covers(&asking.parts.journal, caller, wish, case).await {
        Ok(()) => Ok(None),
        Err(refused) if matches!(refused.kind, Kind::Forbidden | Kind::NotFound | Kind::Conflict) => {
            Ok(Some(AccessDecision::denied(refused.detail, Vec::new())))
        }
        Err(refused) => Err(refused),
    }
}

/// Whether an action is one of the bundle's catalogue, which is requested exactly.
pub(super) fn is_requested(governance: &Governance, action: &str) -> bool {
    governance.bundle.requested(action).is_some()
}

/// The answer about an action that the bundle's schema declares for other systems.
fn own(governance: &Governance, asked: &AskEvaluation) -> Result<AccessDecision, Refused> {
    fn said(of: &AccessEntity) -> SaidEntity<'_> {
        SaidEntity { kind: &of.kind, id: &of.id, properties: &of.properties }
    }
    let question = OwnQuestion {
        subject: said(&asked.subject),
        action: &asked.action.name,
        properties: &asked.action.properties,
        resource: said(&asked.resource),
        context: &asked.context,
    };
    match governance.engine.own(&question) {
        Ok(verdict) => Ok(AccessDecision::of_verdict(governance, &verdict)),
        Err(Unasked::Action) => {
            let why = format!(
                "there is no action `{}`: neither one of Remit's, nor in the bundle's catalogue or schema",
                asked.action.name
            );
            Ok(AccessDecision::unknown(UnknownPart::Action, why))
        }
        Err(Unasked::Subject(why)) => Ok(AccessDecision::unknown(UnknownPart::Subject, why)),
        Err(Unasked::Resource(why)) => Ok(AccessDecision::unknown(UnknownPart::Resource, why)),
        Err(Unasked::Unfit(unfit)) => Err(wrong(&unfit.at, &unfit.why)),
    }
}

/// Why nobody is ever asked whether this is done to such a resource.
fn misplaced(action: &str, of: Option<AskedOf>, resource: &Resource) -> Option<String> {
    let case = matches!(resource, Resource::Case(_));
    let of = of.unwrap_or(AskedOf::Case);
    if of.admits(case) {
        return None;
    }
    let of = if of == AskedOf::Case { "a case" } else { "the organisation" };
    Some(format!("`{action}` is asked of {of} alone"))
}

/// The answer about an action of the catalogue on a case: what a preview of the same request answers the same caller.
async fn requested(
    asking: &mut Asking<'_>,
    caller: &Caller,
    case: &Case,
    asked: &AskEvaluation,
) -> Result<AccessDecision, Refused> {
    let name = &*asked.action.name;
    if let Some(silent) = asking.silent.get(name) {
        return Err(silent.clone());
    }
    if asking.requested >= REQUESTED_MAX {
        let detail =
            format!("{REQUESTED_MAX} actions of the catalogue are evaluated at once; ask again about the rest");
        return Err(Refused::new(Kind::LimitReached, detail));
    }
    asking.requested += 1;
    let answered = ask::verdict_of(asking.parts, caller, &case.id.to_string(), name, &asked.action.properties).await;
    let refused = match answered {
        Ok(verdict) => {
            let told = AccessDecision::of_request(verdict);
            return Ok(if asking.caller.sees_denials() { told } else { told.untold() });
        }
        Err(refused) => refused,
    };
    match refused.kind {
        Kind::Forbidden => {
            let policies = named(&asking.parts.governance, &refused);
            Ok(AccessDecision::denied(refused.detail, policies))
        }
        Kind::Conflict | Kind::Erased | Kind::LimitReached => Ok(AccessDecision::denied(refused.detail, Vec::new())),
        Kind::NotFound => Ok(AccessDecision::unknown(UnknownPart::Resource, format!("there is no such {CASE}"))),
        Kind::Unreachable => {
            asking.silent.insert(name.to_owned(), refused.clone());
            Err(refused)
        }
        _ => Err(unfit(refused)),
    }
}

/// The policies that a refusal names.
fn named(governance: &Governance, refused: &Refused) -> Vec<PolicyView> {
    let named = refused.members.get("policies").and_then(Value::as_array).into_iter().flatten();
    let named = named.filter_map(|id| PolicyId::new(id.as_str()?).ok());
    named.map(|id| policy(governance, &id)).collect()
}
