//! Who is behind a pseudonym. Records, which are for ever, call whoever acts with a token by its identifier; the name
//! is looked up when it is shown, from what can be forgotten.

use crate::{
    Caller, Journal, Parts, Vault,
    access::{auth, authority, token::TOKEN_ID},
    case::{needs, view::CaseView},
    customer::erased,
    operation::ForgetNameRefusal,
    refused::{Kind, Refused},
    vault::names::KNOWN_MAX,
};
use remit_domain::{Case, Event, exception::Exception, governance::NameForgotten};
use remit_store::{Commit, CommitError, Expected, ItemWrite, REVOKED_TOKEN, Views as _};
use std::{borrow::Cow, sync::PoisonError};

/// The name behind what an actor is called in records; that itself, where it is no pseudonym or the name was
/// forgotten. Records of earlier versions hold names.
pub(crate) async fn named(journal: &Journal, vault: &Vault, actor: &str) -> Result<String, Refused> {
    if !actor.starts_with(TOKEN_ID) {
        return Ok(actor.to_owned());
    }
    if let Some(name) = vault.names.0.read().unwrap_or_else(PoisonError::into_inner).get(actor) {
        return Ok(name.to_string());
    }
    let Some(name) = journal.store.token_name(actor).await.map_err(Refused::internal)? else {
        return Ok(actor.to_owned());
    };
    let mut names = vault.names.0.write().unwrap_or_else(PoisonError::into_inner);
    if names.len() >= KNOWN_MAX {
        names.clear();
    }
    names.insert(actor.to_owned(), name.as_str().into());
    Ok(name)
}

/// Puts the name of who took an exception on in the place of their pseudonym.
pub(crate) async fn name_in(journal: &Journal, vault: &Vault, exception: &mut Exception) -> Result<(), Refused> {
    if let Some(by) = &mut exception.taken_by {
        *by = named(journal, vault, by).await?;
    }
    Ok(())
}

/// `case` with names in the place of pseudonyms.
pub(crate) async fn with_names<'a>(journal: &Journal, vault: &Vault, case: &'a Case) -> Result<Cow<'a, Case>, Refused> {
    if case.exceptions.values().all(|exception| exception.taken_by.is_none()) {
        return Ok(Cow::Borrowed(case));
    }
    let mut named = case.clone();
    for exception in named.exceptions.values_mut() {
        name_in(journal, vault, exception).await?;
    }
    Ok(Cow::Owned(named))
}

/// `case` as callers are shown it.
pub(crate) async fn case_view(parts: &Parts, case: &Case) -> Result<CaseView, Refused> {
    let Parts { governance, journal, vault, environment, .. } = parts;
    Ok(CaseView {
        needs: needs::needs(parts, case),
        erased: erased::erased_view(journal, vault, case).await?,
        ..CaseView::promised(governance, &*with_names(journal, vault, case).await?, environment.now())
    })
}

/// Forgets the name of a token that was revoked. From then on what was done with it is shown under its identifier.
///
/// # Errors
/// When policy refuses, or no token that was revoked has a name that is kept.
pub async fn forget_name(parts: &Parts, caller: &Caller, id: &str) -> Result<(), ForgetNameRefusal> {
    auth::permit(&parts.governance, &parts.live, &parts.environment, caller, "token.manage")?;
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
