//! Delegates as the organisation registers them: who they are, by which keys they are known, and whether anything is
//! taken of them.

use super::view::DelegateView;
use crate::{
    Caller, Parts, Vault,
    access::auth,
    governance::resolve_names::{NAME_MAX, printable},
    journal::delegations::{self, DELEGATES, DelegateItem},
    operation::{
        ListDelegatesRefusal, RegisterDelegateRefusal, ReplaceDelegateKeysRefusal, ResumeDelegateRefusal,
        SuspendDelegateRefusal,
    },
    pipeline::authority,
    refused::{Kind, Refused},
};
use remit_domain::{
    Event,
    delegation::{DelegateChange, DelegateChanged, DelegateClass, DelegateRegistered, DelegateTerms},
    id::{DelegateId, Timestamp},
};
use remit_oauth::jwk::KeySet;
use remit_policy::{actions::Permission, address::Address};
use remit_store::{Commit, Expected};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// Delegates that are registered at once.
const DELEGATES_MAX: usize = 10_000;
/// Addresses that a delegate's customers can be sent back to.
const REDIRECTS_MAX: usize = 8;
/// The longest address, in bytes.
const ADDRESS_MAX: usize = 2_048;

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
    /// Its public keys, as a JWK set (RFC 7517): keys of the curve P-256 or Ed25519, without private members.
    #[schema(value_type = Object)]
    pub jwks: Value,
    /// Where customers may be sent back to after they were asked; compared letter by letter.
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

/// What an answer to a request for authorization says in the query of the address that it is sent to.
const ANSWERS: [&str; 6] = ["code", "error", "error_description", "error_uri", "iss", "state"];

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
    let keys = thumbprints(&new.jwks)?;
    let owner = origin("owner", &new.owner)?;
    if new.redirect_uris.len() > REDIRECTS_MAX {
        return Err(Refused::invalid("redirect_uris", format!("a delegate has at most {REDIRECTS_MAX}")).into());
    }
    for redirect in &new.redirect_uris {
        redirect_uri(redirect)?;
    }
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
        jwks: new.jwks,
        keys_since: Timestamp(0),
        redirects: new.redirect_uris,
        suspended: false,
        registered: now,
    };
    let event = Event::DelegateRegistered(DelegateRegistered {
        delegate: id,
        terms: terms(&parts.vault, id, &item, keys),
        by: caller.pseudonym.to_string(),
        at: now,
    });
    let write = DELEGATES.write(id.to_string(), Expected::Absent, &item).map_err(Refused::internal)?;
    let commit = Commit { items: vec![write], ..Commit::default() };
    authority::govern(parts, caller, &[event], commit).await.map_err(crate::refused)?;
    Ok(DelegateView::of(id, &item))
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
        let keys = thumbprints(&new.jwks)?;
        if item.jwks != new.jwks {
            (item.jwks, item.keys_since) = (new.jwks.clone(), now);
        }
        Ok(DelegateChange::KeysReplaced { keys })
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
    let (by, at) = (caller.pseudonym.to_string(), parts.environment.now());
    let change = change(&mut item, at)?;
    if item == before.value {
        return Ok(DelegateView::of(id, &item));
    }
    let event = Event::DelegateChanged(DelegateChanged { delegate: id, change, by, at });
    let write = DELEGATES.write(id.to_string(), before.expected(), &item).map_err(Refused::internal)?;
    let commit = Commit { items: vec![write], ..Commit::default() };
    authority::govern(parts, caller, &[event], commit).await.map_err(delegations::changed)?;
    Ok(DelegateView::of(id, &item))
}

/// Who a delegate is, for the record.
fn terms(vault: &Vault, id: DelegateId, item: &DelegateItem, keys: Vec<String>) -> DelegateTerms {
    let name = Some(vault.keys.delegate_name_on_record(&id.to_string(), &item.name));
    DelegateTerms { class: item.class, owner: item.owner.clone(), keys, name, redirects: item.redirects.clone() }
}

/// The thumbprints of a set of public keys.
fn thumbprints(jwks: &Value) -> Result<Vec<String>, Refused> {
    let keys = KeySet::parse(jwks).map_err(|error| Refused::invalid("jwks", error))?;
    let thumbprints: Vec<String> = keys.keys().iter().map(|key| key.thumbprint().to_owned()).collect();
    if thumbprints.is_empty() {
        let why = "holds no key that can be used: send public keys of the curve P-256 (ES256) or Ed25519 (EdDSA)";
        return Err(Refused::invalid("jwks", why));
    }
    Ok(thumbprints)
}

/// An origin on the web.
fn origin(field: &str, text: &str) -> Result<String, Refused> {
    let address = Address::parse(text).map_err(|error| Refused::invalid(field, error))?;
    let origin = address.origin();
    let is_it = text.len() <= ADDRESS_MAX && text.trim_end_matches('/') == origin && origin.starts_with("https://");
    is_it.then_some(origin).ok_or_else(|| Refused::invalid(field, "must be an origin alone: https://assistant.example"))
}

/// Where a browser may be sent back to: over https, or to the same machine, and without a fragment.
fn redirect_uri(text: &str) -> Result<(), Refused> {
    let address = Address::parse(text).map_err(|error| Refused::invalid("redirect_uris", error))?;
    let origin = address.origin();
    let host = origin.split_once("://").map_or("", |(_, host)| host);
    let is_here = ["127.0.0.1", "[::1]"].iter().any(|here| host == *here || host.starts_with(&format!("{here}:")));
    let safe = origin.starts_with("https://") || is_here;
    let query = text.split_once('?').map_or("", |(_, query)| query);
    if let Some((name, _)) = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| ANSWERS.contains(&&**name)) {
        let why = format!("has `{name}` in its query, which the answer says: send a browser back without it");
        return Err(Refused::invalid("redirect_uris", why));
    }
    if safe && !text.contains('#') && text.len() <= ADDRESS_MAX {
        return Ok(());
    }
    let why = "must be https, or http on 127.0.0.1 or [::1], and have no fragment";
    Err(Refused::invalid("redirect_uris", why))
}
