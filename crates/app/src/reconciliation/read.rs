//! Reconciliations read: one, and all of them.

use super::{RECONCILIATIONS, view::ReconciliationView};
use crate::{
    Caller, Parts,
    access::auth,
    case::query::{self, Page},
    operation::{GetReconciliationRefusal, ListReconciliationsRefusal},
    refused::{Kind, Refused},
};
use remit_domain::id::ReconciliationId;
use remit_policy::actions::Permission;

/// Reconciliations, newest first, a page of them.
///
/// # Errors
/// [`ListReconciliationsRefusal`] says when each arises.
pub async fn reconciliations(
    parts: &Parts,
    caller: &Caller,
    after: Option<&str>,
    limit: usize,
) -> Result<Page<ReconciliationView>, ListReconciliationsRefusal> {
    permit(parts, caller)?;
    query::begins_after::<ReconciliationId>(after)?;
    let listed = RECONCILIATIONS.page(&parts.journal.store, after, limit).await.map_err(Refused::internal)?;
    let next = (listed.len() == limit).then(|| listed.last().map(|entry| entry.id.clone())).flatten();
    let mut items = Vec::with_capacity(listed.len());
    for entry in listed {
        items.push(ReconciliationView::of(&parts.journal, &parts.vault, entry.value).await?);
    }
    Ok(Page { items, next })
}

/// One of them.
///
/// # Errors
/// [`GetReconciliationRefusal`] says when each arises.
pub async fn reconciliation(
    parts: &Parts,
    caller: &Caller,
    id: &str,
) -> Result<ReconciliationView, GetReconciliationRefusal> {
    permit(parts, caller)?;
    let id: ReconciliationId = id.parse().map_err(|error| Refused::new(Kind::NotFound, format!("{error}")))?;
    let entry = RECONCILIATIONS.get(&parts.journal.store, &id.to_string()).await.map_err(Refused::internal)?;
    let none = || Refused::new(Kind::NotFound, format!("no reconciliation {id} is on record"));
    Ok(ReconciliationView::of(&parts.journal, &parts.vault, entry.ok_or_else(none)?.value).await?)
}

fn permit(parts: &Parts, caller: &Caller) -> Result<(), Refused> {
    auth::permit(&parts.governance, &parts.live, &parts.environment, caller, Permission::RECONCILIATION_READ)
}
