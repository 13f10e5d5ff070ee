//! Forgetting the name of a token that was revoked.

use crate::{
    Caller, Parts,
    access::auth,
    operation::ForgetNameRefusal,
    pipeline::authority,
    refused::{Kind, Refused},
};
use remit_domain::{Event, governance::NameForgotten};
use remit_policy::actions::Permission;
use remit_store::{Commit, CommitError, Expected, ItemWrite, REVOKED_TOKEN, Views as _};
use std::sync::PoisonError;

/// Forgets the name of a token that was revoked. From then on what was done with it is shown under its identifier.
///
/// # Errors
/// [`ForgetNameRefusal`] says when each arises.
pub async fn forget_name(parts: &Parts, caller: &Caller, id: &str) -> Result<(), ForgetNameRefusal> {
    auth::permit(&parts.governance, &parts.live, &parts.environment, caller, Permission::TOKEN_MANAGE)?;
    let none = "no name of such a token is kept, or it still stands and is to be revoked first";
    let none = || Refused::new(Kind::NotFound, none);
    let kept = parts.journal.store.item(REVOKED_TOKEN, id).await.map_err(Refused::internal)?.ok_or_else(none)?;
    let name = ItemWrite { kind: kept.kind, id: kept.id, expected: Expected::Version(kept.version), body: None };
    let (token, by, at) = (id.to_owned(), caller.pseudonym.to_string(), parts.environment.now());
    let event = Event::TokenNameForgotten { forgotten: NameForgotten { token, by, at } };
    let commit = Commit { items: vec![name], ..Commit::default() };
    match authority::govern(parts, caller, &[event], commit).await {
        Err(CommitError::ItemConflict { .. }) => return Err(none().into()),
        done => done.map_err(crate::refused)?,
    }
    parts.vault.names.0.write().unwrap_or_else(PoisonError::into_inner).remove(id);
    Ok(())
}
