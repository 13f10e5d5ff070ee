//! Who, to what and what: searches among what Remit can list, each result by the same evaluation as if it had been
//! asked for.

use super::{
    asking::{Asking, CASE, CUSTOMER, DELEGATION, INTEGRATION, ORGANISATION, RESPONDER, Resource, STAFF},
    evaluate::{REQUESTED_MAX, decided, is_requested},
    page::Part,
    sent::{AccessAction, AccessEntity, AskEvaluation, SearchActions, SearchResources, SearchSubjects},
    told::{FoundAction, FoundActions, FoundContext, FoundEntities, FoundPage},
};
use crate::{
    Caller, Governance, Parts,
    access::{auth, reading},
    journal::stored_case,
    operation::{SearchActionsRefusal, SearchResourcesRefusal, SearchSubjectsRefusal},
    refused::Refused,
};
use remit_domain::id::CaseId;
use remit_policy::{
    actions::Permission,
    own_actions::{OwnAction, OwnType},
};
use remit_store::{CaseFilter, Views as _};
use serde_json::{Map, Value};
use std::sync::Arc;

/// How many are evaluated for one part of the results at most.
const LOOKED_AT_MAX: usize = 500;
/// Cases that are read at once.
const READ_AT_ONCE: usize = 100;

/// Who of a type may do something.
///
/// # Errors
/// [`SearchSubjectsRefusal`] says when each arises.
pub async fn search_subjects(
    parts: &Arc<Parts>,
    caller: &Arc<Caller>,
    sent: Map<String, Value>,
) -> Result<FoundEntities, SearchSubjectsRefusal> {
    permit(parts, caller)?;
    let asked = SearchSubjects::read(&sent)?;
    let part = Part::of("subject", sent, &asked.page)?;
    if is_requested(&parts.governance, &asked.action.name) {
        // Connectors are asked from here alone.
        return Ok(subjects(parts, caller, &asked, &part).await?);
    }
    reading::read(parts, caller, async move |parts, caller| Ok(subjects(parts, caller, &asked, &part).await?)).await
}

/// To what of a type somebody may do something.
///
/// # Errors
/// [`SearchResourcesRefusal`] says when each arises.
pub async fn search_resources(
    parts: &Arc<Parts>,
    caller: &Arc<Caller>,
    sent: Map<String, Value>,
) -> Result<FoundEntities, SearchResourcesRefusal> {
    permit(parts, caller)?;
    let asked = SearchResources::read(&sent)?;
    let part = Part::of("resource", sent, &asked.page)?;
    if is_requested(&parts.governance, &asked.action.name) {
        return Ok(resources(parts, caller, &asked, &part).await?);
    }
    reading::read(parts, caller, async move |parts, caller| Ok(resources(parts, caller, &asked, &part).await?)).await
}

/// What somebody may do to something. Of the catalogue's actions those that take no arguments are evaluated, and of the
/// others it is told that they need some.
///
/// # Errors
/// [`SearchActionsRefusal`] says when each arises.
pub async fn search_actions(
    parts: &Parts,
    caller: &Caller,
    sent: Map<String, Value>,
) -> Result<FoundActions, SearchActionsRefusal> {
    permit(parts, caller)?;
    let asked = SearchActions::read(&sent)?;
    let part = Part::of("action", sent, &asked.page)?;
    Ok(actions(parts, caller, &asked, &part).await?)
}

fn permit(parts: &Parts, caller: &Caller) -> Result<(), Refused> {
    auth::permit(&parts.governance, &parts.live, &parts.environment, caller, Permission::ACCESS_SEARCH)
}

async fn subjects(
    parts: &Parts,
    caller: &Caller,
    asked: &SearchSubjects,
    part: &Part,
) -> Result<FoundEntities, Refused> {
    let mut asking = Asking::new(parts, caller);
    let (names, reason) = match own_action(&parts.governance, &asked.action.name) {
        Some(own) => listed(&own.subjects, &asked.subject.kind),
        None => listed_here(&asking, &asked.subject.kind),
    };
    let evaluations = names.into_iter().map(|name| {
        let subject = asked.subject.of(&name);
        let (action, resource, context) = (asked.action.clone(), asked.resource.clone(), asked.context.clone());
        (name, AskEvaluation { subject, action, resource, context })
    });
    let (found, page) = walk(&mut asking, part, evaluations.collect()).await?;
    let results = found.into_iter().map(|id| entity(&asked.subject.kind, id)).collect();
    Ok(FoundEntities { page, context: because(reason), results })
}

async fn resources(
    parts: &Parts,
    caller: &Caller,
    asked: &SearchResources,
    part: &Part,
) -> Result<FoundEntities, Refused> {
    let mut asking = Asking::new(parts, caller);
    let evaluation = |id: &str| AskEvaluation {
        subject: asked.subject.clone(),
        action: asked.action.clone(),
        resource: asked.resource.of(id),
        context: asked.context.clone(),
    };
    let (names, reason) = match (own_action(&parts.governance, &asked.action.name), &*asked.resource.kind) {
        (Some(own), kind) => listed(&own.resources, kind),
        (None, CASE) if asking.may(Permission::CASE_LIST) => {
            let (found, page) = walk_cases(&mut asking, part, evaluation).await?;
            let results = found.into_iter().map(|id| entity(CASE, id)).collect();
            return Ok(FoundEntities { page, context: FoundContext::default(), results });
        }
        (None, CASE) => (Vec::new(), Some("who asks may not list cases")),
        (None, ORGANISATION) => (vec![ORGANISATION.to_owned()], None),
        (None, _) => (Vec::new(), Some("there are no resources of this type")),
    };
    let evaluations = names.into_iter().map(|name| (name.clone(), evaluation(&name)));
    let (found, page) = walk(&mut asking, part, evaluations.collect()).await?;
    let results = found.into_iter().map(|id| entity(&asked.resource.kind, id)).collect();
    Ok(FoundEntities { page, context: because(reason), results })
}

async fn actions(parts: &Parts, caller: &Caller, asked: &SearchActions, part: &Part) -> Result<FoundActions, Refused> {
    let mut asking = Asking::new(parts, caller);
    let known = match (asking.resource(&asked.resource).await?, asking.subject(&asked.subject).await?) {
        (Ok(resource), Ok(_)) => Ok(resource),
        (Err(why), _) | (_, Err(why)) => Err(why),
    };
    let (mut names, mut need_arguments, mut reason) = (Vec::new(), Vec::new(), None);
    match known {
        Ok(resource) => {
            let of_case = matches!(resource, Resource::Case(_));
            let asked_here = |action: &Permission| action.asked_of().is_some_and(|of| of.admits(of_case));
            names.extend(Permission::ALL.into_iter().filter(asked_here).map(|action| action.to_string()));
            for spec in parts.governance.bundle.catalogue().iter().filter(|_| of_case) {
                let into = if spec.parameters.check(&Map::new()).is_ok() { &mut names } else { &mut need_arguments };
                into.push(spec.name.to_string());
            }
        }
        Err(why) => reason = Some(why),
    }
    let own = parts.governance.bundle.own_actions().iter();
    for own in own.filter(|own| own.is_between(&asked.subject.kind, &asked.resource.kind)) {
        reason = None;
        let into = if own.needs_properties() { &mut need_arguments } else { &mut names };
        into.push(own.name.clone());
    }
    let evaluations = sorted(names).into_iter().map(|name| {
        let (subject, resource, context) = (asked.subject.clone(), asked.resource.clone(), asked.context.clone());
        let evaluation = AskEvaluation { subject, action: AccessAction::named(&name), resource, context };
        (name, evaluation)
    });
    let (found, page) = walk(&mut asking, part, evaluations.collect()).await?;
    let results = found.into_iter().map(|name| FoundAction { name }).collect();
    Ok(FoundActions { page, context: FoundContext { reason, need_arguments: sorted(need_arguments) }, results })
}

/// All that Remit lists of a type of subjects; else why it lists none.
fn listed_here(asking: &Asking<'_>, kind: &str) -> (Vec<String>, Option<&'static str>) {
    let parts = asking.parts;
    let names = match kind {
        STAFF if asking.may(Permission::STAFF_READ) => {
            parts.live.floor.everybody().iter().map(|staff| staff.profile.id.to_string()).collect()
        }
        STAFF => return (Vec::new(), Some("who asks may not list staff")),
        RESPONDER => parts.governance.bundle.candidates().iter().map(|spec| spec.responder.to_string()).collect(),
        CUSTOMER | DELEGATION | INTEGRATION => {
            return (Vec::new(), Some("subjects of this type are evaluated one by one, and not listed"));
        }
        _ => return (Vec::new(), Some("there are no subjects of this type")),
    };
    (sorted(names), None)
}

/// An action that the bundle's schema declares for other systems.
fn own_action<'p>(governance: &'p Governance, name: &str) -> Option<&'p OwnAction> {
    governance.bundle.own_actions().iter().find(|own| own.name == name)
}

/// All that there are of a type, as the schema lists them; else why none are listed.
fn listed(types: &[OwnType], kind: &str) -> (Vec<String>, Option<&'static str>) {
    match OwnType::named(types, kind).map(|known| &known.values) {
        Some(Some(values)) => (values.iter().cloned().collect(), None),
        Some(None) => (Vec::new(), Some("the bundle's schema lists none of this type; they are evaluated one by one")),
        None => (Vec::new(), Some("the action is not about this type")),
    }
}

fn sorted(mut names: Vec<String>) -> Vec<String> {
    names.sort_unstable();
    names
}

fn entity(kind: &str, id: String) -> AccessEntity {
    AccessEntity { kind: kind.to_owned(), id, properties: Map::new() }
}

fn because(reason: Option<&str>) -> FoundContext {
    FoundContext { reason: reason.map(ToOwned::to_owned), need_arguments: Vec::new() }
}

/// How many evaluations of an action are made for one part of the results.
fn most(governance: &Governance, action: &str) -> usize {
    if is_requested(governance, action) { REQUESTED_MAX } else { LOOKED_AT_MAX }
}

/// Those of what is listed, in the order of their names, that may be done; and which part of the results they are.
async fn walk(
    asking: &mut Asking<'_>,
    part: &Part,
    listed: Vec<(String, AskEvaluation)>,
) -> Result<(Vec<String>, FoundPage), Refused> {
    let (mut found, mut looked_at, mut last) = (Vec::new(), 0, part.after.clone());
    for (name, evaluation) in listed.into_iter().filter(|(name, _)| part.after.as_ref().is_none_or(|at| name > at)) {
        if found.len() >= part.limit || looked_at >= most(&asking.parts.governance, &evaluation.action.name) {
            let page = part.told(found.len(), Some(last))?;
            return Ok((found, page));
        }
        looked_at += 1;
        if decided(asking, &evaluation).await?.decision {
            found.push(name.clone());
        }
        last = Some(name);
    }
    let page = part.told(found.len(), None)?;
    Ok((found, page))
}

/// Cases on which it may be done, the newest first; and which part of the results they are.
async fn walk_cases(
    asking: &mut Asking<'_>,
    part: &Part,
    evaluation: impl Fn(&str) -> AskEvaluation,
) -> Result<(Vec<String>, FoundPage), Refused> {
    let after = part.after.as_deref().map(str::parse::<CaseId>).transpose();
    let after = after.map_err(|_| super::sent::wrong("page.token", "must be the `next_token` of the page before"))?;
    let (mut found, mut looked_at, mut last) = (Vec::new(), 0, after.map(|id| id.to_string()));
    let journal = &asking.parts.journal;
    loop {
        let rows = journal.store.cases(&CaseFilter::default(), last.as_deref(), READ_AT_ONCE).await;
        let rows = rows.map_err(Refused::internal)?;
        let is_end = rows.len() < READ_AT_ONCE;
        for row in rows {
            let evaluation = evaluation(&row.id);
            if found.len() >= part.limit || looked_at >= most(&asking.parts.governance, &evaluation.action.name) {
                let page = part.told(found.len(), Some(last))?;
                return Ok((found, page));
            }
            looked_at += 1;
            let case = stored_case::case_of(journal, &row.state).await?;
            if asking.know(&row.id, Some(case)).is_ok() && decided(asking, &evaluation).await?.decision {
                found.push(row.id.clone());
            }
            last = Some(row.id);
        }
        if is_end {
            let page = part.told(found.len(), None)?;
            return Ok((found, page));
        }
    }
}
