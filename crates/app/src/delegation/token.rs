//! Access tokens of delegates: given out for a delegation that stands, to who proves to be its delegate, bound to a
//! key, for five minutes; asked about, and revoked before their time.

use super::{
    claims::{detail_of, of_amount},
    code::{self, Redeems, Unredeemed},
    expired_below,
    key_refresh::KeysUnread,
    own_issuer::own_issuer,
    represent,
    signed::{self, UnreadAssertion},
};
use crate::{
    Environment, Parts, Vault,
    access::usage,
    journal::delegations::{self, REVOKED_TOKENS, RevokedToken},
    pipeline::{authority, projections},
    refused::Refused,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use remit_domain::{
    Event,
    delegation::{DelegatedGrant, Delegation, DelegationChange, DelegationChanged, GrantLimits, Scope, Wider},
    id::{ActionName, DelegateId, DelegationId, Timestamp},
    request::Money,
};
use remit_oauth::{
    assertion,
    details::{self, Amount, Detail},
    error::{ErrorCode, OAuthError},
    jwk::KeySet,
    seen::Seen as _,
    token::{AccessToken, Actor, Confirmation},
};
use remit_store::{Commit, Expected};
use serde::Serialize;
use std::collections::BTreeSet;

/// By how much the clock of who makes an assertion may be behind, and its moment rounded, in milliseconds.
pub(crate) const BEHIND_MS: i64 = 3_000;

/// For how long an access token counts, in seconds.
pub const LIFE_S: i64 = 300;

/// Why nothing was given out: an error that OAuth has a name for, or something inside.
#[derive(Debug)]
pub enum TokenError {
    /// As OAuth tells it.
    OAuth(OAuthError),
    /// As everything else here is told.
    Inside(Refused),
}

impl From<Refused> for TokenError {
    fn from(refused: Refused) -> Self {
        Self::Inside(refused)
    }
}

impl From<OAuthError> for TokenError {
    fn from(error: OAuthError) -> Self {
        Self::OAuth(error)
    }
}

/// What is refused as OAuth tells it.
pub(crate) fn refused(code: ErrorCode, what: impl std::fmt::Display) -> TokenError {
    TokenError::OAuth(OAuthError::new(code, what))
}

/// A delegate that proved who it is.
#[derive(Debug)]
pub struct Client {
    id: DelegateId,
}

impl Client {
    /// Which delegate.
    pub(crate) fn id(&self) -> DelegateId {
        self.id
    }
}

/// What a token is asked for with.
#[derive(Debug, Default)]
pub struct TokenRequest<'a> {
    /// Scopes, with spaces between; those of the delegation unless told.
    pub scope: Option<&'a str>,
    /// What is granted in detail, which names the delegation.
    pub details: Vec<Detail>,
}

/// A token given out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Issued {
    /// It.
    pub access_token: String,
    /// `DPoP`: it counts with a proof of possession alone.
    pub token_type: &'static str,
    /// In so many seconds it counts no more.
    pub expires_in: i64,
    /// What it lets be done.
    pub scope: String,
    /// What it lets be done, in detail.
    pub authorization_details: Vec<Detail>,
}

/// The delegate that signed an assertion for this server.
///
/// # Errors
/// `invalid_client` where it is not known, suspended, or did not sign it.
pub async fn authenticate(
    parts: &Parts,
    assertion: &str,
    client_id: Option<&str>,
    endpoint: &str,
) -> Result<Client, TokenError> {
    let issuer = own_issuer(&parts.environment)?;
    let named = assertion::peek_client(assertion).map_err(OAuthError::from)?;
    let (audiences, now) = ([issuer.as_str(), endpoint], parts.environment.now());
    let read = |keys: &KeySet| assertion::read(assertion, client_id, keys, &audiences, now.0);
    let (id, client) = signed::read(parts, &named, read).await.map_err(|unread| match unread {
        UnreadAssertion::Unknown => refused(ErrorCode::InvalidClient, "there is no such delegate, or it is suspended"),
        UnreadAssertion::Unread => refused(ErrorCode::InvalidClient, KeysUnread::FOR_A_DAY),
        UnreadAssertion::Wrong(error) => TokenError::OAuth(error.into()),
        UnreadAssertion::Inside(refused) => TokenError::Inside(refused),
    })?;
    usage::pace_client(&parts.live, &parts.environment, id)?;
    once(&parts.environment, &parts.vault, &client)?;
    Ok(Client { id })
}

/// That what a client signed is sent for the first time.
pub(super) fn once(environment: &Environment, vault: &Vault, client: &assertion::Client) -> Result<(), OAuthError> {
    let now = environment.now();
    let first = vault.delegate_tokens.seen.first_time(&client.id, &client.jti, client.until_ms, now.0);
    first.map_err(assertion::AssertionError::from)?;
    if client.made_ms.saturating_add(BEHIND_MS) < vault.delegate_tokens.since.0 {
        let what = "the assertion was made before this server began, which does not know whether it was used: make a \
                    new one";
        return Err(OAuthError::new(ErrorCode::InvalidClient, what));
    }
    Ok(())
}

/// Gives a token out for a code that a customer's browser brought back.
///
/// # Errors
/// `invalid_grant` where the code is not good, or is not this client's; `invalid_request` where the verifier is none.
pub async fn redeem(parts: &Parts, client: &Client, brings: &Redeems<'_>, jkt: &str) -> Result<Issued, TokenError> {
    let delegation = code::redeem(parts, client.id, brings, jkt).await?;
    let detail = Detail {
        r#type: details::Type::SupportDelegation,
        identifier: Some(delegation.to_string()),
        actions: None,
        constraints: details::Constraints::default(),
    };
    issue(parts, client, &TokenRequest { scope: None, details: vec![detail] }, jkt).await.map_err(|refusal| {
        match refusal {
            TokenError::OAuth(error) if error.code() == ErrorCode::InvalidAuthorizationDetails => {
                refused(ErrorCode::InvalidGrant, "what the code was given for does not stand any more")
            }
            other => other,
        }
    })
}

impl From<Unredeemed> for TokenError {
    fn from(unredeemed: Unredeemed) -> Self {
        match unredeemed {
            Unredeemed::OAuth(error) => Self::OAuth(error),
            Unredeemed::Inside(refused) => Self::Inside(refused),
        }
    }
}

/// Gives a token out for a delegation that a client names in its wish.
///
/// # Errors
/// `invalid_authorization_details` where it names none of its own that stands, or more than that grants;
/// `invalid_scope` where it names a scope that is not granted; `invalid_grant` where an issuer's word began it, which
/// has to be brought for each token.
pub async fn issue(parts: &Parts, client: &Client, wish: &TokenRequest<'_>, jkt: &str) -> Result<Issued, TokenError> {
    let [detail] = wish.details.as_slice() else {
        let what = "name one delegation: authorization_details with one support_delegation and its identifier";
        return Err(refused(ErrorCode::InvalidAuthorizationDetails, what));
    };
    let id: Option<DelegationId> = detail.identifier.as_deref().and_then(|id| id.parse().ok());
    let none = || refused(ErrorCode::InvalidAuthorizationDetails, "there is no such delegation, or it has ended");
    let now = parts.environment.now();
    let chain = delegations::standing_chain(&parts.journal, id.ok_or_else(none)?, now).await?.ok_or_else(none)?;
    chain.links.last().filter(|last| last.value.delegate == client.id).ok_or_else(none)?;
    if chain.links.first().is_some_and(|root| root.value.asserted.is_some()) {
        let what = "an issuer's word began this delegation, and is needed for each token of it: bring its assertion as \
                    the grant urn:ietf:params:oauth:grant-type:jwt-bearer, or exchange a token that stands";
        return Err(refused(ErrorCode::InvalidGrant, what));
    }
    let grant = within(wish, Some(detail), &chain.granted, now)?;
    let links = chain.links.into_iter().map(|link| link.value).collect::<Vec<_>>();
    issue_within(&parts.environment, &parts.vault, client.id, &links, &grant, jkt, i64::MAX)
}

/// What is wished for of what is granted.
fn within(
    wish: &TokenRequest<'_>,
    detail: Option<&Detail>,
    granted: &DelegatedGrant,
    now: Timestamp,
) -> Result<DelegatedGrant, TokenError> {
    let scopes = match wish.scope {
        None => granted.scopes.clone(),
        Some(wanted) => scopes(wanted)?,
    };
    let wanted = detail.map_or_else(|| Ok(granted.clone()), |detail| of_detail(detail, granted))?;
    let grant = DelegatedGrant { scopes, ..wanted };
    granted.covers(&grant).map_err(|wider| {
        let code = match wider {
            Wider::Scope(_) => ErrorCode::InvalidScope,
            _ => ErrorCode::InvalidAuthorizationDetails,
        };
        refused(code, wider)
    })?;
    if grant.not_after <= now {
        let what = "constraints.not_after is over: say a moment that is still to come, or leave it out";
        return Err(refused(ErrorCode::InvalidAuthorizationDetails, what));
    }
    Ok(grant)
}

/// What is wished for of a delegation that a token or an assertion is brought for.
pub(crate) fn wish_within(
    wish: &TokenRequest<'_>,
    of: DelegationId,
    granted: &DelegatedGrant,
    now: Timestamp,
) -> Result<DelegatedGrant, TokenError> {
    let is_of = |detail: &Detail| detail.identifier.as_ref().is_none_or(|id| *id == of.to_string());
    match wish.details.as_slice() {
        [] => within(wish, None, granted, now),
        [detail] if is_of(detail) => within(wish, Some(detail), granted, now),
        _ => {
            let what = "send one detail, of the delegation that what you bring is of";
            Err(refused(ErrorCode::InvalidAuthorizationDetails, what))
        }
    }
}

/// Gives a token out for the last delegation of a chain, to its delegate, with what it grants; it ends at `until` at
/// the latest, in seconds since 1970.
pub(crate) fn issue_within(
    environment: &Environment,
    vault: &Vault,
    delegate: DelegateId,
    chain: &[Delegation],
    grant: &DelegatedGrant,
    jkt: &str,
    until: i64,
) -> Result<Issued, TokenError> {
    let (issuer, now) = (own_issuer(environment)?, environment.now());
    let last = chain.last().ok_or_else(delegations::no_chain)?;
    let seconds = now.0.div_euclid(1_000);
    let ends = (seconds + LIFE_S).min(grant.not_after.0.div_euclid(1_000)).min(until);
    let bytes: [u8; 18] = environment.entropy.bytes().map_err(Refused::from)?;
    let token = AccessToken {
        iss: issuer.clone(),
        aud: issuer.clone(),
        sub: last.customer.to_string(),
        client_id: delegate.to_string(),
        scope: grant.scopes.iter().map(|scope| scope.as_str()).collect::<Vec<_>>().join(" "),
        iat: seconds,
        exp: ends,
        jti: URL_SAFE_NO_PAD.encode(bytes),
        cnf: Confirmation { jkt: jkt.to_owned() },
        act: Some(actors(chain, &issuer)),
        authorization_details: vec![detail_of(grant, last.id)],
    };
    let signed = vault.delegate_tokens.signing(now)?.sign(&token).map_err(Refused::internal)?;
    Ok(Issued {
        access_token: signed,
        token_type: "DPoP",
        expires_in: ends - seconds,
        scope: token.scope,
        authorization_details: token.authorization_details,
    })
}

/// Who acts, and within it those before, from whom it was narrowed.
fn actors(chain: &[Delegation], issuer: &str) -> Actor {
    let mut before = None;
    for link in chain {
        let sub = link.delegate.to_string();
        before = Some(Box::new(Actor { iss: Some(issuer.to_owned()), sub, act: before }));
    }
    before.map_or_else(|| Actor { iss: None, sub: String::new(), act: None }, |last| *last)
}

/// Those of scopes that are known.
pub(crate) fn scopes_of(named: &str) -> BTreeSet<Scope> {
    named.split(' ').filter_map(Scope::named).collect()
}

fn scopes(wanted: &str) -> Result<BTreeSet<Scope>, TokenError> {
    let known = |name: &str| {
        let all = Scope::ALL.map(Scope::as_str).join(", ");
        Scope::named(name).ok_or_else(|| refused(ErrorCode::InvalidScope, format!("no such scope; there are {all}")))
    };
    let named: BTreeSet<Scope> =
        wanted.split(' ').filter(|name| !name.is_empty()).map(known).collect::<Result<_, _>>()?;
    // None is no part of what was granted: a token that lets nothing be done is nobody's wish.
    if named.is_empty() {
        return Err(refused(ErrorCode::InvalidScope, "no scope is named: name some, or leave the parameter out"));
    }
    Ok(named)
}

/// What a detail asks for: of what it does not say, what is granted.
pub(crate) fn of_detail(detail: &Detail, granted: &DelegatedGrant) -> Result<DelegatedGrant, TokenError> {
    let no_action =
        |name: &String| refused(ErrorCode::InvalidAuthorizationDetails, format!("the action '{name}' is not granted"));
    let actions = match &detail.actions {
        None => granted.actions.clone(),
        Some(named) => named
            .iter()
            .map(|name| ActionName::new(name).map_err(|_| no_action(name)))
            .collect::<Result<BTreeSet<_>, _>>()?,
    };
    let limits = &granted.limits;
    let said = &detail.constraints;
    let money =
        |said: &Option<Amount>, granted: &Option<Money>| said.as_ref().map(of_amount).or_else(|| granted.clone());
    Ok(DelegatedGrant {
        scopes: granted.scopes.clone(),
        actions,
        limits: GrantLimits {
            max_amount: money(&said.max_amount, &limits.max_amount),
            max_total: money(&said.max_total, &limits.max_total),
            max_count: said.max_count.or(limits.max_count),
            window_hours: said.window_hours.or(limits.window_hours),
        },
        not_after: said.not_after.map_or(granted.not_after, Timestamp),
    })
}

/// What a token says, where it counts now and what it was given out for stands, and it is of this client.
///
/// # Errors
/// When the store cannot be read.
pub async fn introspect(parts: &Parts, client: &Client, token: &str) -> Result<Option<AccessToken>, TokenError> {
    let said = own(&parts.environment, &parts.vault, client, token)?;
    let Some(said) = said else { return Ok(None) };
    Ok(represent::standing(&parts.environment, &parts.journal, &said).await?.map(|_| said))
}

/// Revokes a token of this client's before its time; of what is none of theirs nothing is said.
///
/// # Errors
/// When the store refuses.
pub async fn revoke(parts: &Parts, client: &Client, token: &str) -> Result<(), TokenError> {
    let Some(said) = own(&parts.environment, &parts.vault, client, token)? else { return Ok(()) };
    let (now, until) = (parts.environment.now(), Timestamp(said.exp.saturating_mul(1_000)));
    let named = said.authorization_details.first().and_then(|detail| detail.identifier.as_deref());
    let Some(delegation) = named.and_then(|id| id.parse().ok()) else { return Ok(()) };
    if REVOKED_TOKENS.get(&parts.journal.store, &said.jti).await.map_err(Refused::internal)?.is_some() {
        return Ok(());
    }
    let any = Expected::Any("a token that is revoked twice is revoked");
    let mut items = vec![REVOKED_TOKENS.write(&said.jti, any, &RevokedToken { until }).map_err(Refused::internal)?];
    let is_over = |token: &RevokedToken| token.until < now;
    let over = expired_below(&parts.journal, &REVOKED_TOKENS, &said.jti, FORGOTTEN, is_over).await?;
    items.extend(over.iter().map(|entry| REVOKED_TOKENS.forget(&entry.id, any)));
    let by = client.id.to_string();
    let change = DelegationChange::TokenRevoked { token: said.jti, until };
    let event = DelegationChanged { delegation, change, by: by.clone(), at: now };
    let record = authority::record(&parts.environment.entropy, &Event::DelegationChanged(event), &by, now)?;
    let commit = Commit { records: vec![record], items, ..Commit::default() };
    projections::commit(parts, commit).await.map_err(crate::refused).map_err(TokenError::Inside)?;
    Ok(())
}

/// Revoked tokens that are looked at with each that is revoked, whether they would have expired by now.
const FORGOTTEN: usize = 16;

/// What a token says, where it counts now and is of this client.
pub(super) fn own(
    environment: &Environment,
    vault: &Vault,
    client: &Client,
    token: &str,
) -> Result<Option<AccessToken>, TokenError> {
    let (issuer, now) = (own_issuer(environment)?, environment.now());
    let said = vault.delegate_tokens.signing(now)?.verify(token, &issuer, &issuer, now.0).ok();
    Ok(said.filter(|said| said.client_id == client.id.to_string()))
}
