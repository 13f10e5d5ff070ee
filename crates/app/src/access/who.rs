//! Who is behind a pseudonym. Records, which are for ever, call whoever acts with a token by its identifier; the name
//! is looked up when it is shown, from what can be forgotten.

use crate::{
    Journal, Vault,
    caller::token_id::{SESSION_ID, TOKEN_ID},
    journal::delegations::stored_delegate,
    refused::Refused,
    vault::names::KNOWN_MAX,
};
use remit_domain::{Case, Event, Stream, exception::Exception};
use remit_store::{Journal as _, Views as _};
use std::{borrow::Cow, sync::PoisonError};

/// The name behind what an actor is called in records; that itself, where it is no pseudonym or the name was
/// forgotten. Records of earlier versions hold names.
pub(crate) async fn named(journal: &Journal, vault: &Vault, actor: &str) -> Result<String, Refused> {
    if ![TOKEN_ID, SESSION_ID].iter().any(|kind| actor.starts_with(kind)) {
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

/// Whether who acts by a token is a program of the organisation's, by what is on record of the token: people who work
/// here, and whoever sets a server up, have others.
pub(crate) async fn is_program(journal: &Journal, actor: &str) -> Result<bool, Refused> {
    let stream = Stream::token(actor).to_string();
    let rows = journal.store.records_of(&stream, 0, 1).await.map_err(Refused::internal)?;
    let Some(first) = rows.first() else { return Ok(false) };
    let event: Event = serde_json::from_slice(&first.body).map_err(Refused::internal)?;
    let Event::TokenMade { grant, .. } = event else { return Ok(false) };
    let has = |wanted: &str| grant.roles.iter().any(|role| role == wanted);
    Ok(grant.staff.is_none() && has("integration") && !has("admin"))
}

/// The name of the delegate that an actor is, as customers are shown it; nothing where it is none.
pub(crate) async fn delegate_named(journal: &Journal, actor: &str) -> Result<Option<String>, Refused> {
    let Ok(id) = actor.parse() else { return Ok(None) };
    let known = stored_delegate(journal, id).await?;
    Ok(Some(known.map_or_else(|| actor.to_owned(), |known| known.value.name)))
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
