//! The log of overrides, as they are reviewed: what a human chose against the system, why, and which rules stood
//! against it.

use crate::{
    Caller, Parts,
    access::{auth, who},
    case::query::{self, Page},
    environment::clock::rfc3339,
    operation::ListOverridesRefusal,
    pipeline::{load, sealing},
    refused::Refused,
};
use remit_domain::{
    Case, Event,
    command::Effects,
    decision::{Decision, Outcome, Trigger},
    event::Words,
    id::{CaseId, DecisionId},
};
use remit_policy::actions::Permission;
use remit_store::{Collection, Entry, Expected, ItemWrite, Journal as _, Views as _};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A human's decision against the system.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct OverrideView {
    /// The decision; ask for the whole record at `/v1/decisions/{id}`.
    pub decision: String,
    /// The case.
    pub case: String,
    /// When.
    #[schema(format = DateTime)]
    pub at: String,
    /// Who decided, by the name of their token.
    pub by: String,
    /// Who had the case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Who was given it.
    pub to: String,
    /// Whom the system would have chosen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instead_of: Option<String>,
    /// Whether policy permits who was given it.
    pub permitted: bool,
    /// The policies that stood against it, or permitted it: theirs to review.
    pub policies: Vec<String>,
    /// Why; nothing once the words were erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Overrides as they are listed, by decision.
pub(crate) const OVERRIDES: Collection<OverrideItem> = Collection::new("override");

/// An override as listed; the record itself is in the ledger.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct OverrideItem {
    pub(crate) case: CaseId,
    pub(crate) reason: Words,
}

/// The item of the override among what happened.
pub(crate) fn items(effects: &Effects) -> Vec<ItemWrite> {
    let words = effects.events.iter().find_map(|event| match event {
        Event::DecisionMade { decision, handoff: Some(handoff) } => Some((decision.id, handoff.package.note.clone()?)),
        _ => None,
    });
    let item = |(id, reason): (DecisionId, Words)| {
        let item = OverrideItem { case: effects.case.id, reason };
        OVERRIDES.write(id.to_string(), Expected::Absent, &item).ok()
    };
    words.and_then(item).into_iter().collect()
}

/// Overrides, newest first.
///
/// # Errors
/// [`ListOverridesRefusal`] says when each arises.
pub async fn overrides(
    parts: &Parts,
    caller: &Caller,
    after: Option<&str>,
    limit: usize,
) -> Result<Page<OverrideView>, ListOverridesRefusal> {
    auth::permit(&parts.governance, &parts.live, &parts.environment, caller, Permission::DECISION_READ)?;
    query::begins_after::<DecisionId>(after)?;
    let rows = parts.journal.store.items_page(OVERRIDES.kind(), after, limit).await.map_err(Refused::internal)?;
    let next = (rows.len() == limit).then(|| rows.last().map(|row| row.id.clone())).flatten();
    let mut items = Vec::with_capacity(rows.len());
    for row in rows {
        let Ok(Entry { id, value: item, .. }) = OVERRIDES.entry(row) else { continue };
        let Some(record) = parts.journal.store.record_by_subject(&id).await.map_err(Refused::internal)? else {
            continue;
        };
        let Event::DecisionMade { decision, .. } = serde_json::from_slice(&record.body).map_err(Refused::internal)?
        else {
            continue;
        };
        let case: Case =
            load::for_views(&parts.governance, &parts.journal, &parts.environment, &item.case.to_string()).await?;
        let reason = sealing::open_words(&parts.journal, &parts.vault, &parts.environment, &case, &item.reason).await?;
        items.extend(view(&decision, who::named(&parts.journal, &parts.vault, &record.actor).await?, reason));
    }
    Ok(Page { items, next })
}

fn view(decision: &Decision, by: String, reason: Option<String>) -> Option<OverrideView> {
    let Trigger::Overridden { to, .. } = &decision.trigger else { return None };
    let given = decision.candidates.iter().find(|candidate| &candidate.facts.responder == to);
    let from = decision.holder.as_ref().map(|holder| holder.name().to_owned());
    let allowed = decision.candidates.iter().filter(|candidate| candidate.verdict.permits());
    let best = allowed.min_by_key(|candidate| (candidate.cost.total_minor, candidate.facts.responder.clone()));
    Some(OverrideView {
        decision: decision.id.to_string(),
        case: decision.case.to_string(),
        at: rfc3339(decision.at),
        by,
        instead_of: best.map(|candidate| candidate.facts.responder.to_string()),
        from,
        to: match &decision.outcome {
            Outcome::Assign { responder } => responder.to_string(),
            _ => to.to_string(),
        },
        permitted: given.is_some_and(|candidate| candidate.verdict.permits()),
        policies: given.map_or_else(Vec::new, |c| c.verdict.policies.iter().map(ToString::to_string).collect()),
        reason,
    })
}
