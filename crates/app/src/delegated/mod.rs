//! What delegates do for the customers that they represent: ask and open, read and write what was opened under their
//! delegation, and request what it names. They are shown what customers are shown, and nothing of the inside.

pub mod cases;
pub mod requests;

use crate::{
    Caller, Journal,
    caller::principal::Represented,
    case::write,
    journal::delegations::{self, DelegatedCase, cases_of},
    refused::{Kind, Refused},
};
use remit_domain::{
    delegation::Scope,
    id::{ActionName, CaseId, DelegationId},
};
use remit_policy::actions::Permission;

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

/// Whom a delegate represents, where a token of theirs has the scope for an action of the interface, if any delegate
/// takes it.
fn permitted(caller: &Caller, permission: Permission) -> Result<&Represented, Refused> {
    match permission {
        // A question takes less.
        Permission::CASE_OPEN => {
            within(caller, Scope::CaseOpen).or_else(|refused| within(caller, Scope::SupportAsk).map_err(|_| refused))
        }
        Permission::CASE_READ | Permission::REQUEST_READ => within(caller, Scope::CaseRead),
        write::POST => within(caller, Scope::CaseWrite),
        Permission::REQUEST_ASK | Permission::REQUEST_WITHDRAW => within(caller, Scope::CaseOpen),
        // What is given on is a part of what there is: it takes no scope of its own.
        Permission::DELEGATION_EXCHANGE => represented(caller),
        _ => Err(Refused::new(Kind::Forbidden, format!("no delegate does `{permission}`"))),
    }
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

/// What is asked whether a delegate may do it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum DelegateWish<'a> {
    /// An action of the interface.
    Permission(Permission),
    /// An action of the bundle's catalogue.
    Action(&'a str),
}

/// That a delegation itself lets its delegate do something, before policy is asked: it has the scope, it names the
/// action, and the case was opened under it.
///
/// # Errors
/// When it does not, or no delegate does that at all.
pub(crate) async fn covers(
    journal: &Journal,
    caller: &Caller,
    wish: DelegateWish<'_>,
    case: Option<CaseId>,
) -> Result<(), Refused> {
    let of = match wish {
        DelegateWish::Permission(permission) => permitted(caller, permission)?,
        DelegateWish::Action(_) => permitted(caller, Permission::REQUEST_ASK)?,
    };
    let Some(case) = case else { return Ok(()) };
    let opened = opened(journal, of, &case.to_string()).await?;
    match wish {
        DelegateWish::Action(action) => requestable(of, &opened, action),
        DelegateWish::Permission(Permission::REQUEST_ASK) => no_question(&opened),
        DelegateWish::Permission(_) => Ok(()),
    }
}

/// That an action can be requested on a case that was opened under a delegation.
fn requestable(of: &Represented, opened: &DelegatedCase, action: &str) -> Result<(), Refused> {
    no_question(opened)?;
    if ActionName::new(action).is_ok_and(|action| of.grant.actions.contains(&action)) {
        return Ok(());
    }
    let refused = Refused::new(Kind::Forbidden, format!("the delegation does not name the action `{action}`"));
    Err(refused.with("action", action).cured_by("Ask the customer for it: they see and grant what it is for."))
}

/// That a case is none on which nothing can be requested.
fn no_question(opened: &DelegatedCase) -> Result<(), Refused> {
    if opened.question {
        let detail = "the case is a question, on which nothing can be requested; open another one";
        return Err(Refused::new(Kind::Conflict, detail));
    }
    Ok(())
}
