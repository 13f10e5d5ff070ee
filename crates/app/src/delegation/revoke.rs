//! Delegations listed and ended. What is narrowed from one ends with it, at its next call: each call looks at the whole
//! chain.

use super::view::DelegationView;
use crate::{
    Caller, Parts,
    access::auth,
    customer,
    journal::{
        delegations::{self, EACH_MAX, given_on, of_customer},
        outbox,
    },
    operation::{ListDelegationsRefusal, RevokeDelegationRefusal},
    pipeline::authority,
    refused::{Kind, Refused},
};
use remit_domain::{
    delegation::{Delegation, RevocationCause},
    id::{CustomerId, DelegationId},
};
use remit_policy::actions::Permission;
use remit_store::{Commit, Entry};

/// Delegations of one customer that are listed, at most.
const LISTED_MAX: usize = 1_000;

/// What a customer granted, the newest first, and below each what its delegate gave on of it.
///
/// # Errors
/// [`ListDelegationsRefusal`] says when each arises.
pub async fn list_delegations(
    parts: &Parts,
    caller: &Caller,
    customer: &str,
) -> Result<Vec<DelegationView>, ListDelegationsRefusal> {
    auth::permit(&parts.governance, &parts.live, &parts.environment, caller, Permission::DELEGATION_READ)?;
    let pseudonym = CustomerId::try_from(customer.to_owned()).ok();
    let customer = pseudonym.unwrap_or_else(|| customer::customer_id(&parts.vault, customer));
    let now = parts.environment.now();
    let all =
        of_customer(&customer).page(&parts.journal.store, None, EACH_MAX as usize).await.map_err(Refused::internal)?;
    let mut views = Vec::with_capacity(all.len());
    // Each before what was given on of it, so that a chain can be read from its root.
    let mut next: Vec<String> = all.into_iter().rev().map(|entry| entry.id).collect();
    while let Some(id) = next.pop() {
        if views.len() >= LISTED_MAX {
            break;
        }
        let Ok(id) = id.parse::<DelegationId>() else { continue };
        let Some(known) = delegations::stored(&parts.journal, id).await? else { continue };
        views.push(DelegationView::of(&known.value, now));
        let given =
            given_on(id).page(&parts.journal.store, None, EACH_MAX as usize).await.map_err(Refused::internal)?;
        next.extend(given.into_iter().rev().map(|entry| entry.id));
    }
    Ok(views)
}

/// Ends a delegation, and with it all that are narrowed from it, for the organisation.
///
/// # Errors
/// [`RevokeDelegationRefusal`] says when each arises.
pub async fn revoke_delegation(
    parts: &Parts,
    caller: &Caller,
    delegation: &str,
) -> Result<DelegationView, RevokeDelegationRefusal> {
    auth::permit(&parts.governance, &parts.live, &parts.environment, caller, Permission::DELEGATION_REVOKE)?;
    let nobody = || Refused::new(Kind::NotFound, "there is no such delegation");
    let id: DelegationId = delegation.parse().map_err(|_| nobody())?;
    let entry = delegations::stored(&parts.journal, id).await?.ok_or_else(nobody)?;
    Ok(revoke(parts, caller, &entry, RevocationCause::Organisation).await?)
}

/// Ends a delegation as it was read; one that has ended stays as it ended.
pub(crate) async fn revoke(
    parts: &Parts,
    caller: &Caller,
    entry: &Entry<Delegation>,
    cause: RevocationCause,
) -> Result<DelegationView, Refused> {
    let (by, now) = (caller.pseudonym.to_string(), parts.environment.now());
    let Some((event, write, after)) = delegations::ended(entry, cause, &by, now)? else {
        return Ok(DelegationView::of(&entry.value, now));
    };
    let outbox = vec![outbox::requests_under(after.id, now)];
    let commit = Commit { items: vec![write], outbox, ..Commit::default() };
    authority::govern(parts, caller, &[event], commit).await.map_err(delegations::changed)?;
    Ok(DelegationView::of(&after, now))
}
