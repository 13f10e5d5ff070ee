//! Codes that a customer's browser brings back to a delegate: each counts for a minute, once, for the delegate that
//! asked and proves that it did (RFC 6749, section 4.1.3; RFC 7636).

use super::{expired_below, own_issuer::own_issuer};
use crate::{
    Environment, Journal, Parts, digest,
    journal::delegations::{AuthorizationReturn, CODES, CodeItem},
    pipeline::projections,
    refused::Refused,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use remit_domain::id::{DelegateId, DelegationId, Timestamp};
use remit_oauth::{
    authorization,
    error::{ErrorCode, OAuthError},
    pkce::{self, Challenge},
};
use remit_store::{Commit, CommitError, Expected, ItemWrite};

/// For how long a code counts, in milliseconds.
const LIFE_MS: i64 = 60_000;
/// Codes whose time is over and that are looked at with each that is made.
const LOOKED_AT: usize = 16;
/// The longest code that is looked at, in bytes.
const CODE_MAX: usize = 128;

/// A code that is brought back.
#[derive(Debug)]
pub(super) struct Brought {
    /// Where to.
    pub(super) to: String,
    /// What is kept of it.
    pub(super) items: Vec<ItemWrite>,
}

/// A code for a delegation that is granted in the same commit.
pub(super) async fn give(
    environment: &Environment,
    journal: &Journal,
    delegate: DelegateId,
    delegation: DelegationId,
    back: &AuthorizationReturn,
    now: Timestamp,
) -> Result<Brought, Refused> {
    let issuer = own_issuer(environment)?;
    let bytes: [u8; 32] = environment.entropy.bytes()?;
    let code = URL_SAFE_NO_PAD.encode(bytes);
    let id = digest::of_secret(&code).to_string();
    let item = CodeItem { delegate, delegation, back: back.clone(), expires: now.plus_ms(LIFE_MS) };
    let mut items = vec![CODES.write(&id, Expected::Absent, &item).map_err(Refused::internal)?];
    let over = expired_below(journal, &CODES, &id, LOOKED_AT, |item| item.expires <= now).await?;
    items.extend(over.iter().map(|entry| CODES.forget(&entry.id, entry.expected())));
    Ok(Brought { to: authorization::with_code(&back.redirect_uri, &code, back.state.as_deref(), &issuer), items })
}

/// What a delegate brings to get a token for a code.
#[derive(Debug, Clone, Copy)]
pub struct Redeems<'a> {
    /// The code.
    pub code: &'a str,
    /// Where it was brought to.
    pub redirect_uri: &'a str,
    /// The verifier of PKCE.
    pub verifier: &'a str,
}

/// What a code or a verifier that is not good is refused with.
#[derive(Debug)]
pub(super) enum Unredeemed {
    OAuth(OAuthError),
    Inside(Refused),
}

/// The delegation that a code was given for. Whatever is brought with it, and by whom, it counts no more after this.
pub(super) async fn redeem(
    parts: &Parts,
    client: DelegateId,
    brings: &Redeems<'_>,
    jkt: &str,
) -> Result<DelegationId, Unredeemed> {
    let over = || {
        let what = "the code is not good: it was used, its time is over, or it is of another client or redirect_uri";
        Unredeemed::OAuth(OAuthError::new(ErrorCode::InvalidGrant, what))
    };
    let inside = |error| Unredeemed::Inside(Refused::internal(error));
    if brings.code.len() > CODE_MAX {
        return Err(over());
    }
    let id = digest::of_secret(brings.code).to_string();
    let entry = CODES.get(&parts.journal.store, &id).await.map_err(inside)?.ok_or_else(over)?;
    let items = vec![CODES.forget(&entry.id, entry.expected())];
    match projections::commit(parts, Commit { items, ..Commit::default() }).await {
        Ok(_) => {}
        Err(CommitError::ItemConflict { .. }) => return Err(over()),
        Err(error) => return Err(Unredeemed::Inside(crate::refused(error))),
    }
    let CodeItem { delegate, delegation, back, expires } = entry.value;
    let is_theirs = delegate == client && back.redirect_uri == brings.redirect_uri;
    if !is_theirs || expires <= parts.environment.now() {
        return Err(over());
    }
    let challenge = Challenge::parse(&back.challenge, Some(pkce::METHOD));
    let proved = challenge.and_then(|challenge| challenge.verify(brings.verifier));
    proved.map_err(|error| Unredeemed::OAuth(error.into()))?;
    if back.jkt.is_some_and(|asked| asked != jkt) {
        let what = "the proof is by another key than dpop_jkt, which the code was asked for with";
        return Err(Unredeemed::OAuth(OAuthError::new(ErrorCode::InvalidDpopProof, what)));
    }
    Ok(delegation)
}
