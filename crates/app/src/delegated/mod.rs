//! What delegates do for the customers that they represent: ask and open, read and write what was opened under their
//! delegation, and request what it names. They are shown what customers are shown, and nothing of the inside.

pub mod cases;
pub mod requests;

use crate::{
    Caller, Journal,
    caller::principal::Represented,
    journal::delegations::{self, DelegatedCase, cases_of},
    refused::{Kind, Refused},
};
use remit_domain::{
    delegation::Scope,
    id::{CaseId, DelegationId},
};

/// Whom a delegate represents, where a token of theirs has this scope.
fn within(caller: &Caller, scope: Scope) -> Result<&Represented, Refused> {
    let of = represented(caller)?;
    if of.grant.scopes.contains(&scope) {
        return Ok(of);
    }
    let scope = scope.as_str();
    Err(Refused::new(Kind::Forbidden, format!("the access token does not have the scope `{scope}`"))
        .with("scope", scope)
        .cured_by("Ask the customer for it: they see and grant what it is for."))
}

fn represented(caller: &Caller) -> Result<&Represented, Refused> {
    caller.principal.represented().ok_or_else(|| Refused::new(Kind::Forbidden, "only delegates act here"))
}

/// The delegation of the customer's own under which it acts.
fn root(of: &Represented) -> Result<DelegationId, Refused> {
    of.chain.first().map(|link| link.id).ok_or_else(delegations::no_chain)
}

/// A case that was opened under the delegation; of others it is not told whether they are there.
async fn opened(journal: &Journal, of: &Represented, case: &str) -> Result<DelegatedCase, Refused> {
    let nothing = || Refused::new(Kind::NotFound, "no such case was opened under this delegation");
    let id: CaseId = case.parse().map_err(|_| nothing())?;
    let found = cases_of(root(of)?).get(&journal.store, &id.to_string()).await.map_err(Refused::internal)?;
    found.map(|entry| entry.value).filter(|opened| opened.is_of(&of.chain)).ok_or_else(nothing)
}
