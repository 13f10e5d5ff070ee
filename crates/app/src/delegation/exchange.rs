//! A delegate gives a part of what it was granted on to another one, or takes less for itself (RFC 8693): never more
//! than it has, never for longer, never for another customer.

use super::{
    key_refresh::KeysUnread,
    own_issuer::own_issuer,
    represent,
    signed::{self, UnreadAssertion},
    token::{self, Client, Issued, TokenError, TokenRequest, refused, wish_within},
};
use crate::{
    ATTEMPTS, Parts,
    access::auth,
    caller::principal::Represented,
    journal::delegations::{self, DELEGATIONS, Granted, given_on},
    pipeline::{authority, projections},
    refused::{Kind, Refused},
};
use remit_domain::{
    Event,
    delegation::{DEPTH_MAX, DelegatedGrant, Delegation, DelegationGranted},
    id::{DelegateId, DelegationId, Timestamp},
};
use remit_oauth::{
    actor,
    error::ErrorCode,
    token::{ACCESS_TOKEN_TYPE, AccessToken, JWT_TYPE},
};
use remit_policy::actions::Permission;
use remit_store::{Commit, Expected};
use serde::Serialize;

/// Delegations that are narrowed from one, at most: those that stand and those that have ended.
const EACH_MAX: u32 = 50;

/// What is brought to be exchanged.
#[derive(Debug)]
pub struct Exchanges<'a> {
    /// The access token of what is given on: of the client that asks, and bound to the key of its proof.
    pub subject_token: &'a str,
    /// Of which type it is.
    pub subject_token_type: &'a str,
    /// What the delegate signed that is to act; nothing where the client takes less for itself.
    pub actor: Option<&'a str>,
    /// Of which type it is.
    pub actor_token_type: Option<&'a str>,
    /// What is wanted, where it is said.
    pub requested_token_type: Option<&'a str>,
    /// What of it is given on.
    pub wish: TokenRequest<'a>,
}

/// A token given out for another one.
#[derive(Debug, Serialize)]
pub struct Exchanged {
    #[serde(flatten)]
    issued: Issued,
    issued_token_type: &'static str,
}

/// Exchanges an access token of a client's own for a narrower one, of its own or of another delegate's.
///
/// # Errors
/// `invalid_grant` where one of the tokens is not good, `invalid_request` where a type is not taken or the chain would
/// be too long, `invalid_scope` or `invalid_authorization_details` where more is wanted than there is, `access_denied`
/// where policy does not let it be given on.
pub async fn exchange(
    parts: &Parts,
    client: &Client,
    brings: &Exchanges<'_>,
    jkt: &str,
    endpoint: &str,
) -> Result<Exchanged, TokenError> {
    let is_token = |named: Option<&str>| named.is_none_or(|named| named == ACCESS_TOKEN_TYPE);
    if !is_token(Some(brings.subject_token_type)) || !is_token(brings.requested_token_type) {
        let what = format!("subject_token_type and requested_token_type have to be {ACCESS_TOKEN_TYPE}");
        return Err(refused(ErrorCode::InvalidRequest, what));
    }
    let good = |said: Option<AccessToken>| {
        said.ok_or_else(|| refused(ErrorCode::InvalidGrant, "subject_token is not good, or another client's"))
    };
    let said = good(token::own(&parts.environment, &parts.vault, client, brings.subject_token)?)?;
    // The proof is by the key that the token is bound to: a stolen one cannot be exchanged.
    let caller = represent::represented(parts, brings.subject_token, jkt).await.map_err(|stale| match stale.kind {
        Kind::Unauthenticated => refused(ErrorCode::InvalidGrant, format!("subject_token: {}", stale.detail)),
        _ => TokenError::Inside(stale),
    })?;
    let of = caller.principal.represented().ok_or_else(delegations::no_chain)?;
    // What such a token counts is its own: another one would begin anew.
    if of.narrowed.is_some() {
        let what =
            "subject_token has limits of its own, which end with it: exchange one that has those of its delegation";
        return Err(refused(ErrorCode::InvalidGrant, what));
    }
    let last = of.chain.last().ok_or_else(delegations::no_chain)?;
    let until = said.authorization_details.first().and_then(|detail| detail.constraints.not_after);
    let not_after = until.map_or(last.grant.not_after, |until| Timestamp(until).min(last.grant.not_after));
    let within = DelegatedGrant { not_after, ..of.grant.clone() };
    let grant = wish_within(&brings.wish, last.id, &within, parts.environment.now())?;
    let issued = match (brings.actor, brings.actor_token_type) {
        (None, None) => {
            token::issue_within(&parts.environment, &parts.vault, client.id(), &of.chain, &grant, jkt, said.exp)?
        }
        (Some(signed), Some(JWT_TYPE)) => {
            let (actor, key) = acts(parts, signed, endpoint).await?;
            if actor == client.id() {
                return Err(refused(ErrorCode::InvalidRequest, "actor_token is the client's own: leave it out"));
            }
            auth::permit(&parts.governance, &parts.live, &parts.environment, &caller, Permission::DELEGATION_EXCHANGE)
                .map_err(|denied| match denied.kind {
                    Kind::Forbidden => refused(ErrorCode::AccessDenied, denied.detail),
                    _ => TokenError::Inside(denied),
                })?;
            let child = given_in_turn(parts, of, actor, &grant).await?;
            let mut chain = of.chain.clone();
            chain.push(child);
            token::issue_within(&parts.environment, &parts.vault, actor, &chain, &grant, &key, said.exp)?
        }
        _ => {
            let what = format!("send actor_token with an actor_token_type of {JWT_TYPE}: a text that the actor signed");
            return Err(refused(ErrorCode::InvalidRequest, what));
        }
    };
    Ok(Exchanged { issued, issued_token_type: ACCESS_TOKEN_TYPE })
}

/// Who is to act, and the thumbprint of the key that they signed that with.
async fn acts(parts: &Parts, signed: &str, endpoint: &str) -> Result<(DelegateId, String), TokenError> {
    let bad = |what: &dyn std::fmt::Display| refused(ErrorCode::InvalidGrant, format!("actor_token: {what}"));
    let issuer = own_issuer(&parts.environment)?;
    let named = actor::peek(signed).map_err(|error| bad(&error))?;
    let (audiences, now) = ([issuer.as_str(), endpoint], parts.environment.now());
    let signed = signed::read(parts, &named, |keys| actor::read(signed, keys, &audiences, now.0)).await;
    let (id, read) = signed.map_err(|unread| match unread {
        UnreadAssertion::Unknown => bad(&"there is no such delegate, or it is suspended"),
        UnreadAssertion::Unread => bad(&KeysUnread::FOR_A_DAY),
        UnreadAssertion::Wrong(error) => bad(&error),
        UnreadAssertion::Inside(refused) => TokenError::Inside(refused),
    })?;
    token::once(&parts.environment, &parts.vault, &read).map_err(|error| bad(&error))?;
    Ok((id, read.thumbprint))
}

/// The same as [`given`], where others give on of the same one at the same time.
async fn given_in_turn(
    parts: &Parts,
    of: &Represented,
    actor: DelegateId,
    grant: &DelegatedGrant,
) -> Result<Delegation, TokenError> {
    for _ in 0..ATTEMPTS {
        match given(parts, of, actor, grant).await {
            Err(TokenError::Inside(refused)) if refused.kind == Kind::Changed => {}
            done => return done,
        }
    }
    Err(refused(ErrorCode::TemporarilyUnavailable, "others give on of the same delegation; ask again"))
}

/// The delegation that is given on: the one of before, where just that was given to just that delegate.
async fn given(
    parts: &Parts,
    of: &Represented,
    actor: DelegateId,
    grant: &DelegatedGrant,
) -> Result<Delegation, TokenError> {
    let (parent, now) = (of.chain.last().ok_or_else(delegations::no_chain)?, parts.environment.now());
    if parent.depth >= DEPTH_MAX {
        let what = format!("{DEPTH_MAX} delegates act one after the other already: nothing is given on any further");
        return Err(refused(ErrorCode::InvalidRequest, what));
    }
    let listed = given_on(parent.id);
    let had = Granted::under(&parts.journal, parent.id).await?;
    for entry in listed.page(&parts.journal.store, None, EACH_MAX as usize).await.map_err(Refused::internal)? {
        let Ok(id) = entry.id.parse::<DelegationId>() else { continue };
        let known = delegations::stored(&parts.journal, id).await?;
        let same = |one: &Delegation| one.delegate == actor && one.grant == *grant && one.stands(now);
        if let Some(one) = known.map(|entry| entry.value).filter(same) {
            return Ok(one);
        }
    }
    if had.count >= EACH_MAX {
        return Err(refused(ErrorCode::InvalidGrant, format!("it was given on {EACH_MAX} times, and no further")));
    }
    let granted = DelegationGranted {
        delegation: DelegationId::next(&mut parts.environment.ids(now)?),
        customer: of.customer.clone(),
        delegate: actor,
        parent: Some(parent.id),
        depth: parent.depth + 1,
        grant: grant.clone(),
        consent: None,
        asserted: None,
        at: now,
    };
    let child = Delegation::from(&granted);
    let id = child.id.to_string();
    let items = vec![
        DELEGATIONS.write(&id, Expected::Absent, &child).map_err(Refused::internal)?,
        listed.write(&id, Expected::Absent, &now).map_err(Refused::internal)?,
        had.and(1)?,
    ];
    let event = Event::DelegationGranted(Box::new(granted));
    let by = of.delegate.to_string();
    let record = authority::record(&parts.environment.entropy, &event, &by, now)?;
    let commit = Commit { records: vec![record], items, expect: of.expect.clone(), ..Commit::default() };
    let done = projections::commit(parts, commit).await;
    done.map_err(delegations::changed)?;
    Ok(child)
}
