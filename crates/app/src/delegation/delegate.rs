//! Delegates as the organisation registers them: who they are, by which keys they are known, and whether anything is
//! taken of them.

use super::{
    changed, key_address,
    registered::{ADDRESS_MAX, redirect_uris, usable_keys},
    view::DelegateView,
};
use crate::{
    Caller, Environment, Parts, Vault,
    access::auth,
    digest,
    governance::resolve_names::{NAME_MAX, printable},
    journal::delegations::{self, BY_DOCUMENT, DELEGATES, DelegateItem},
    operation::{
        ListDelegatesRefusal, RegisterDelegateRefusal, ReplaceDelegateKeysRefusal, ResumeDelegateRefusal,
        SuspendDelegateRefusal,
    },
    pipeline::authority,
    refused::{Kind, Refused},
};
use remit_domain::{
    Event,
    delegation::{DelegateChange, DelegateClass, DelegateRegistered, DelegateTerms, KeyAddress},
    id::{DelegateId, Timestamp},
};
use remit_policy::{actions::Permission, address::Address};
use remit_store::{Commit, CommitError, Expected};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// Delegates that are registered at once.
const DELEGATES_MAX: usize = 10_000;

/// A delegate to register.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RegisterDelegate {
    /// As what customers are shown it: up to 64 characters.
    #[schema(max_length = 64, min_length = 1, example = "Muse")]
    pub name: String,
    /// Of which kind it is.
    pub class: DelegateClass,
    /// Who answers for it: an origin on the web, which customers are shown.
    #[schema(max_length = 2_048, example = "https://assistant.example")]
    pub owner: String,
    /// Its public keys, as a JWK set (RFC 7517): keys of the curve P-256 or Ed25519, without private members. This, or
    /// one of the two below.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub jwks: Option<Value>,
    /// Where its public keys are, as such a set: read now, and anew when they are needed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 2_048, example = "https://assistant.example/jwks.json")]
    pub jwks_uri: Option<String>,
    /// The address of a document that says what its keys are and where customers may be sent back to (OAuth Client ID
    /// Metadata Document), on the origin of who answers for it. It is its `client_id` too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 2_048, example = "https://assistant.example/client.json")]
    pub client_id_document: Option<String>,
    /// Where customers may be sent back to after they were asked; compared letter by letter. Where there is a document,
    /// it says so.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 8)]
    pub redirect_uris: Vec<String>,
}

/// Keys in the place of those that a delegate had.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReplaceDelegateKeys {
    /// Its public keys from now on, as a JWK set (RFC 7517).
    #[schema(value_type = Object)]
    pub jwks: Value,
}

/// Registers a delegate.
///
/// # Errors
/// [`RegisterDelegateRefusal`] says when each arises.
pub async fn register_delegate(
    parts: &Parts,
    caller: &Caller,
    new: RegisterDelegate,
) -> Result<DelegateView, RegisterDelegateRefusal> {
    auth::permit(&parts.governance, &parts.live, &parts.environment, caller, Permission::DELEGATE_MANAGE)?;
    printable("name", &new.name, NAME_MAX)?;
    let owner = origin("owner", &new.owner)?;
    redirect_uris(&new.redirect_uris)?;
    let Known { jwks, keys_at, redirects } = known_by(&parts.environment, &new, &owner).await?;
    let known = DELEGATES.all(&parts.journal.store).await.map_err(Refused::internal)?;
    if known.len() >= DELEGATES_MAX {
        return Err(Refused::new(Kind::LimitReached, format!("{DELEGATES_MAX} delegates are registered")).into());
    }
    let now = parts.environment.now();
    let id = DelegateId::next(&mut parts.environment.ids(now)?);
    let item = DelegateItem {
        name: new.name,
        class: new.class,
        owner,
        jwks,
        keys_since: Timestamp(0),
        keys_at,
        unread_since: None,
        redirects,
        suspended: false,
        registered: now,
    };
    let event = Event::DelegateRegistered(DelegateRegistered {
        delegate: id,
        terms: terms(&parts.vault, id, &item),
        by: caller.pseudonym.to_string(),
        at: now,
    });
    let mut items = vec![DELEGATES.write(id.to_string(), Expected::Absent, &item).map_err(Refused::internal)?];
    if let Some(KeyAddress::ClientDocument(url)) = &item.keys_at {
        let digest = digest::of_secret(url).to_string();
        items.push(BY_DOCUMENT.write(digest, Expected::Absent, &id).map_err(Refused::internal)?);
    }
    let commit = Commit { items, ..Commit::default() };
    authority::govern(parts, caller, &[event], commit).await.map_err(|error| match error {
        CommitError::ItemConflict { .. } => {
            Refused::invalid("client_id_document", "is that of a delegate that is registered already")
        }
        error => crate::refused(error),
    })?;
    Ok(DelegateView::of(id, &item))
}

/// By what a delegate is known.
struct Known {
    jwks: Value,
    keys_at: Option<KeyAddress>,
    redirects: Vec<String>,
}

/// Reads by what a delegate is to be known: the keys that are sent, or what stands at the address that is named.
async fn known_by(environment: &Environment, new: &RegisterDelegate, owner: &str) -> Result<Known, Refused> {
    let redirects = new.redirect_uris.clone();
    let (field, at) = match (&new.jwks, &new.jwks_uri, &new.client_id_document) {
        (Some(jwks), None, None) => {
            usable_keys(jwks)?;
            return Ok(Known { jwks: jwks.clone(), keys_at: None, redirects });
        }
        (None, Some(at), None) => ("jwks_uri", KeyAddress::JwksUri(at.clone())),
        (None, None, Some(at)) => {
            if !redirects.is_empty() {
                return Err(Refused::invalid("redirect_uris", "is said by the client's document: leave it out here"));
            }
            if Address::parse(at).is_ok_and(|address| address.origin() != owner) {
                return Err(Refused::invalid("client_id_document", "must be on the origin of the owner"));
            }
            ("client_id_document", KeyAddress::ClientDocument(at.clone()))
        }
        _ => return Err(Refused::invalid("jwks", "send jwks, jwks_uri or client_id_document, and one of them alone")),
    };
    let found = key_address::read(environment, &at).await.map_err(|unread| Refused::invalid(field, unread.why()))?;
    Ok(Known { jwks: found.jwks, keys_at: Some(at), redirects: found.redirects.unwrap_or(redirects) })
}

/// All delegates, by identifier.
///
/// # Errors
/// [`ListDelegatesRefusal`] says when each arises.
pub async fn list_delegates(parts: &Parts, caller: &Caller) -> Result<Vec<DelegateView>, ListDelegatesRefusal> {
    auth::permit(&parts.governance, &parts.live, &parts.environment, caller, Permission::DELEGATE_READ)?;
    let all = DELEGATES.all(&parts.journal.store).await.map_err(Refused::internal)?;
    let view = |entry: &remit_store::Entry<DelegateItem>| Some(DelegateView::of(entry.id.parse().ok()?, &entry.value));
    Ok(all.iter().filter_map(view).collect())
}

/// Takes nothing of a delegate any more until it is resumed: from its next call on.
///
/// # Errors
/// [`SuspendDelegateRefusal`] says when each arises.
pub async fn suspend_delegate(
    parts: &Parts,
    caller: &Caller,
    delegate: &str,
) -> Result<DelegateView, SuspendDelegateRefusal> {
    let suspend = |item: &mut DelegateItem, _| {
        item.suspended = true;
        Ok(DelegateChange::Suspended)
    };
    Ok(change(parts, caller, delegate, suspend).await?)
}

/// Goes on with a delegate that was suspended.
///
/// # Errors
/// [`ResumeDelegateRefusal`] says when each arises.
pub async fn resume_delegate(
    parts: &Parts,
    caller: &Caller,
    delegate: &str,
) -> Result<DelegateView, ResumeDelegateRefusal> {
    let resume = |item: &mut DelegateItem, _| {
        item.suspended = false;
        Ok(DelegateChange::Resumed)
    };
    Ok(change(parts, caller, delegate, resume).await?)
}

/// Knows a delegate by other keys. Tokens that are bound to others count no more.
///
/// # Errors
/// [`ReplaceDelegateKeysRefusal`] says when each arises.
pub async fn replace_delegate_keys(
    parts: &Parts,
    caller: &Caller,
    delegate: &str,
    new: ReplaceDelegateKeys,
) -> Result<DelegateView, ReplaceDelegateKeysRefusal> {
    let replace = |item: &mut DelegateItem, now| {
        usable_keys(&new.jwks)?;
        if item.keys_at.is_some() {
            let why = "are read from an address of the delegate's: change them there, or suspend it";
            return Err(Refused::invalid("jwks", why));
        }
        if item.jwks != new.jwks {
            (item.jwks, item.keys_since) = (new.jwks.clone(), now);
        }
        Ok(DelegateChange::KeysReplaced { keys: item.thumbprints() })
    };
    Ok(change(parts, caller, delegate, replace).await?)
}

async fn change(
    parts: &Parts,
    caller: &Caller,
    delegate: &str,
    change: impl FnOnce(&mut DelegateItem, Timestamp) -> Result<DelegateChange, Refused>,
) -> Result<DelegateView, Refused> {
    auth::permit(&parts.governance, &parts.live, &parts.environment, caller, Permission::DELEGATE_MANAGE)?;
    let nobody = || Refused::new(Kind::NotFound, "there is no such delegate");
    let id: DelegateId = delegate.parse().map_err(|_| nobody())?;
    let before = delegations::stored_delegate(&parts.journal, id).await?.ok_or_else(nobody)?;
    let mut item = before.value.clone();
    let at = parts.environment.now();
    let change = change(&mut item, at)?;
    if item == before.value {
        return Ok(DelegateView::of(id, &item));
    }
    changed::put(parts, caller, id, &before, &item, change, at).await.map_err(delegations::changed)?;
    Ok(DelegateView::of(id, &item))
}

/// Who a delegate is, for the record.
fn terms(vault: &Vault, id: DelegateId, item: &DelegateItem) -> DelegateTerms {
    let name = Some(vault.keys.delegate_name_on_record(&id.to_string(), &item.name));
    let (keys, redirects) = (item.thumbprints(), item.redirects.clone());
    DelegateTerms { class: item.class, owner: item.owner.clone(), keys, name, redirects, keys_at: item.keys_at.clone() }
}

/// An origin on the web, or on this machine.
fn origin(field: &str, text: &str) -> Result<String, Refused> {
    let address = Address::parse(text).map_err(|error| Refused::invalid(field, error))?;
    let origin = address.origin();
    let is_it = text.len() <= ADDRESS_MAX && text.trim_end_matches('/') == origin && address.is_private();
    is_it.then_some(origin).ok_or_else(|| Refused::invalid(field, "must be an origin alone: https://assistant.example"))
}
