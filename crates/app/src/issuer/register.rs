//! Issuers as the organisation lists them: who they are, by which keys they are known, whom they speak of, and how much
//! their word lets be done.

use super::{changed, keys};
use crate::{
    Caller, Environment, Governance, Parts,
    access::auth,
    delegation::{
        ask::{GrantTerms, grant},
        key_address::UnreadAddress,
        own_issuer::own_issuer,
    },
    environment::clock::rfc3339,
    journal::{
        delegations,
        issuers::{BY_NAME, ISSUERS, IssuerItem, name_digest, stored_issuer},
    },
    operation::{
        ListIssuersRefusal, RegisterIssuerRefusal, ReplaceIssuerKeysRefusal, ResumeIssuerRefusal, SetIssuerWordRefusal,
        SuspendIssuerRefusal,
    },
    pipeline::authority,
    refused::{Kind, Refused},
};
use remit_domain::{
    Event,
    delegation::{DelegatedGrant, GrantLimits, Scope},
    id::{IssuerId, Timestamp},
    issuer::{IssuerChange, IssuerRegistered, IssuerSubjects, IssuerWord},
};
use remit_oauth::{is_plain, provider_keys::ProviderKeys};
use remit_policy::{actions::Permission, address::Address};
use remit_store::{Commit, CommitError, Expected};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeSet;
use utoipa::ToSchema;

/// Issuers that are listed at once.
const ISSUERS_MAX: usize = 100;
/// Longest name of an issuer or of a tenant, in bytes.
const NAME_MAX: usize = 2_048;
const TENANT_MAX: usize = 256;

/// An issuer to list.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RegisterIssuer {
    /// As it names itself: `iss` of what it signs, letter by letter.
    #[schema(max_length = 2_048, example = "https://id.example")]
    pub issuer: String,
    /// Among whose people it speaks (`tenant`), where it serves several organisations.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 256)]
    pub tenant: Option<String>,
    /// Its public keys, as a JWK set (RFC 7517), where they are not read from an address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub jwks: Option<Value>,
    /// Where its public keys are. Without it and without `jwks`, the issuer is asked where they are
    /// (`/.well-known/openid-configuration` or `/.well-known/oauth-authorization-server`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 2_048)]
    pub jwks_uri: Option<String>,
    /// Which customer somebody is whom it speaks of: `linked` unless told.
    #[serde(default)]
    pub subjects: IssuerSubjects,
    /// What its word lets a delegate do at the interface, at most.
    pub scopes: BTreeSet<Scope>,
    /// Which actions of the catalogue its word lets a delegate request.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 32)]
    pub actions: Vec<String>,
    /// How much of them, for each customer and delegate.
    #[serde(default)]
    pub limits: GrantLimits,
    /// For how many days a delegation lasts that its word began: 1 to 366; 30 unless told.
    #[serde(default = "thirty")]
    #[schema(minimum = 1, maximum = 366)]
    pub days: u16,
}

fn thirty() -> u16 {
    30
}

/// An issuer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct IssuerView {
    /// Its identifier here.
    pub id: String,
    /// As it names itself.
    pub issuer: String,
    /// Among whose people it speaks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tenant: Option<String>,
    /// Where its keys are read from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jwks_uri: Option<String>,
    /// The thumbprints of its keys (RFC 7638).
    pub keys: Vec<String>,
    /// Which customer somebody is whom it speaks of.
    pub subjects: IssuerSubjects,
    /// What its word lets a delegate do at the interface.
    pub scopes: BTreeSet<Scope>,
    /// Which actions it lets a delegate request.
    pub actions: Vec<String>,
    /// How much of them.
    pub limits: GrantLimits,
    /// For how many days.
    pub days: u16,
    /// `active` or `suspended`.
    pub state: &'static str,
    /// When it was listed.
    #[schema(format = DateTime)]
    pub registered_at: String,
}

impl IssuerView {
    fn of(id: IssuerId, item: &IssuerItem) -> Self {
        Self {
            id: id.to_string(),
            issuer: item.issuer.clone(),
            tenant: item.tenant.clone(),
            jwks_uri: item.jwks_uri.clone(),
            keys: item.keys().thumbprints(),
            subjects: item.subjects,
            scopes: item.word.scopes.clone(),
            actions: item.word.actions.iter().map(ToString::to_string).collect(),
            limits: item.word.limits.clone(),
            days: item.word.days,
            state: if item.suspended { "suspended" } else { "active" },
            registered_at: rfc3339(item.registered),
        }
    }
}

/// Lists an issuer.
///
/// # Errors
/// [`RegisterIssuerRefusal`] says when each arises.
pub async fn register_issuer(
    parts: &Parts,
    caller: &Caller,
    new: RegisterIssuer,
) -> Result<IssuerView, RegisterIssuerRefusal> {
    auth::permit(&parts.governance, &parts.live, &parts.environment, caller, Permission::ISSUER_MANAGE)?;
    is_issuer(&parts.environment, &new.issuer)?;
    if new.tenant.as_ref().is_some_and(|tenant| !is_plain(tenant, TENANT_MAX)) {
        return Err(Refused::invalid("tenant", format!("must be 1 to {TENANT_MAX} printable ASCII characters")).into());
    }
    let word = word(&parts.governance, &new.scopes, &new.actions, &new.limits, new.days)?;
    let (jwks_uri, keys) =
        known_by(&parts.environment, &new.issuer, new.jwks.as_ref(), new.jwks_uri.as_deref()).await?;
    let known = ISSUERS.all(&parts.journal.store).await.map_err(Refused::internal)?;
    if known.len() >= ISSUERS_MAX {
        return Err(Refused::new(Kind::LimitReached, format!("{ISSUERS_MAX} issuers are listed")).into());
    }
    let now = parts.environment.now();
    let id = IssuerId::next(&mut parts.environment.ids(now)?);
    let item = IssuerItem {
        issuer: new.issuer,
        tenant: new.tenant,
        jwks: keys.to_json(),
        jwks_uri,
        unread_since: None,
        subjects: new.subjects,
        word,
        suspended: false,
        registered: now,
    };
    let by_name = name_digest(&item.issuer, item.tenant.as_deref());
    let items = vec![
        ISSUERS.write(id.to_string(), Expected::Absent, &item).map_err(Refused::internal)?,
        BY_NAME.write(by_name, Expected::Absent, &id).map_err(Refused::internal)?,
    ];
    let by = caller.pseudonym.to_string();
    let event = IssuerRegistered { issuer: id, terms: item.terms(), by, at: now };
    let commit = Commit { items, ..Commit::default() };
    let done = authority::govern(parts, caller, &[Event::IssuerRegistered(Box::new(event))], commit).await;
    done.map_err(|error| match error {
        CommitError::ItemConflict { .. } => Refused::invalid(
            "issuer",
            "is listed already; `GET /v1/issuers` has it, and another `tenant` is another one",
        ),
        error => crate::refused(error),
    })?;
    Ok(IssuerView::of(id, &item))
}

/// All issuers, by identifier.
///
/// # Errors
/// [`ListIssuersRefusal`] says when each arises.
pub async fn list_issuers(parts: &Parts, caller: &Caller) -> Result<Vec<IssuerView>, ListIssuersRefusal> {
    auth::permit(&parts.governance, &parts.live, &parts.environment, caller, Permission::ISSUER_READ)?;
    let all = ISSUERS.all(&parts.journal.store).await.map_err(Refused::internal)?;
    Ok(all.iter().filter_map(|entry| Some(IssuerView::of(entry.id.parse().ok()?, &entry.value))).collect())
}

/// By which keys an issuer is known from now on. Without either, the issuer is asked where they are.
#[derive(Debug, Clone, Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReplaceIssuerKeys {
    /// Its public keys, as a JWK set (RFC 7517), where they are not read from an address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub jwks: Option<Value>,
    /// Where its public keys are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 2_048)]
    pub jwks_uri: Option<String>,
}

/// Knows an issuer by other keys: those of before count no more.
///
/// # Errors
/// [`ReplaceIssuerKeysRefusal`] says when each arises.
pub async fn replace_issuer_keys(
    parts: &Parts,
    caller: &Caller,
    issuer: &str,
    new: ReplaceIssuerKeys,
) -> Result<IssuerView, ReplaceIssuerKeysRefusal> {
    auth::permit(&parts.governance, &parts.live, &parts.environment, caller, Permission::ISSUER_MANAGE)?;
    let id: IssuerId = issuer.parse().map_err(|_| nobody())?;
    let known = stored_issuer(&parts.journal, id).await?.ok_or_else(nobody)?.value;
    let (jwks_uri, keys) =
        known_by(&parts.environment, &known.issuer, new.jwks.as_ref(), new.jwks_uri.as_deref()).await?;
    let replace = |item: &mut IssuerItem| {
        item.jwks = keys.to_json();
        item.jwks_uri.clone_from(&jwks_uri);
        item.unread_since = None;
        Ok(IssuerChange::KeysReplaced { keys: keys.thumbprints(), jwks_uri })
    };
    Ok(change(parts, caller, issuer, replace).await?)
}

/// What an issuer's word lets be done from now on.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetIssuerWord {
    /// What it lets a delegate do at the interface, at most.
    pub scopes: BTreeSet<Scope>,
    /// Which actions of the catalogue it lets a delegate request.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 32)]
    pub actions: Vec<String>,
    /// How much of them, for each customer and delegate.
    #[serde(default)]
    pub limits: GrantLimits,
    /// For how many days a delegation lasts that its word begins: 1 to 366; 30 unless told.
    #[serde(default = "thirty")]
    #[schema(minimum = 1, maximum = 366)]
    pub days: u16,
}

/// Says what an issuer's word lets be done. What it began before that is wider counts no more from the next call on;
/// what is not goes on as it is.
///
/// # Errors
/// [`SetIssuerWordRefusal`] says when each arises.
pub async fn set_issuer_word(
    parts: &Parts,
    caller: &Caller,
    issuer: &str,
    new: SetIssuerWord,
) -> Result<IssuerView, SetIssuerWordRefusal> {
    let set = |item: &mut IssuerItem| {
        item.word = word(&parts.governance, &new.scopes, &new.actions, &new.limits, new.days)?;
        Ok(IssuerChange::WordSet { word: item.word.clone() })
    };
    Ok(change(parts, caller, issuer, set).await?)
}

/// What an issuer's word is to let be done, where all of it can be granted.
fn word(
    governance: &Governance,
    scopes: &BTreeSet<Scope>,
    actions: &[String],
    limits: &GrantLimits,
    days: u16,
) -> Result<IssuerWord, Refused> {
    if !(1..=366).contains(&days) {
        return Err(Refused::invalid("days", "must be 1 to 366"));
    }
    let terms = GrantTerms { scopes, actions, limits, not_after: Timestamp::default() };
    let DelegatedGrant { scopes, actions, limits, .. } = grant(governance, &terms)?;
    Ok(IssuerWord { scopes, actions, limits, days })
}

/// Takes nothing of an issuer any more until it is resumed, nor of what its word began: from the next call on.
///
/// # Errors
/// [`SuspendIssuerRefusal`] says when each arises.
pub async fn suspend_issuer(parts: &Parts, caller: &Caller, issuer: &str) -> Result<IssuerView, SuspendIssuerRefusal> {
    let suspend = |item: &mut IssuerItem| {
        item.suspended = true;
        Ok(IssuerChange::Suspended)
    };
    Ok(change(parts, caller, issuer, suspend).await?)
}

/// Goes on with an issuer that was suspended.
///
/// # Errors
/// [`ResumeIssuerRefusal`] says when each arises.
pub async fn resume_issuer(parts: &Parts, caller: &Caller, issuer: &str) -> Result<IssuerView, ResumeIssuerRefusal> {
    let resume = |item: &mut IssuerItem| {
        item.suspended = false;
        Ok(IssuerChange::Resumed)
    };
    Ok(change(parts, caller, issuer, resume).await?)
}

async fn change(
    parts: &Parts,
    caller: &Caller,
    issuer: &str,
    change: impl FnOnce(&mut IssuerItem) -> Result<IssuerChange, Refused>,
) -> Result<IssuerView, Refused> {
    auth::permit(&parts.governance, &parts.live, &parts.environment, caller, Permission::ISSUER_MANAGE)?;
    let id: IssuerId = issuer.parse().map_err(|_| nobody())?;
    let before = stored_issuer(&parts.journal, id).await?.ok_or_else(nobody)?;
    let mut item = before.value.clone();
    let change = change(&mut item)?;
    if item != before.value {
        let done = changed::put(parts, caller, id, &before, &item, change, parts.environment.now()).await;
        done.map_err(delegations::changed)?;
    }
    Ok(IssuerView::of(id, &item))
}

/// There is none of this identifier.
pub(super) fn nobody() -> Refused {
    Refused::new(Kind::NotFound, "there is no such issuer; `GET /v1/issuers` has those that are listed")
}

/// That a text can be an issuer's name (RFC 8414, section 2): an address without a query and a fragment, and not this
/// server's own.
fn is_issuer(environment: &Environment, text: &str) -> Result<(), Refused> {
    let address = Address::parse(text).map_err(|error| Refused::invalid("issuer", error))?;
    if !is_plain(text, NAME_MAX) || !address.is_private() || text.contains(['?', '#']) {
        return Err(Refused::invalid("issuer", "must be https://…, without a query and a fragment"));
    }
    let is_bare = address.is_bare() || text.trim_end_matches('/').len() == address.origin().len();
    if is_bare && own_issuer(environment).is_ok_and(|own| own == address.origin()) {
        return Err(Refused::invalid("issuer", "is this server: nobody takes their own word"));
    }
    Ok(())
}

/// By which keys an issuer is to be known, and where they are read from.
async fn known_by(
    environment: &Environment,
    issuer: &str,
    jwks: Option<&Value>,
    jwks_uri: Option<&str>,
) -> Result<(Option<String>, ProviderKeys), Refused> {
    let refused = |field: &'static str| move |unread: UnreadAddress| Refused::invalid(field, unread.why());
    match (jwks, jwks_uri) {
        (Some(_), Some(_)) => Err(Refused::invalid("jwks", "send jwks or jwks_uri, not both")),
        (Some(set), None) => Ok((None, keys::usable(set).map_err(refused("jwks"))?)),
        (None, Some(at)) => Ok((Some(at.to_owned()), keys::read(environment, at).await.map_err(refused("jwks_uri"))?)),
        (None, None) => {
            let at = keys::discovered(environment, issuer).await.map_err(refused("issuer"))?;
            let keys = keys::read(environment, &at).await.map_err(refused("issuer"))?;
            Ok((Some(at), keys))
        }
    }
}
