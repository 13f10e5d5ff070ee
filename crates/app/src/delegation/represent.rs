//! Whom a delegate represents with an access token: looked up at each call, over the whole chain, so that whatever was
//! revoked, narrowed or suspended counts from the next call on.

use super::{claims::grant_of, own_issuer::own_issuer};
use crate::{
    Caller, Environment, Journal, Parts,
    caller::principal::Represented,
    journal::delegations::{self, Chain, REVOKED_TOKENS},
    refused::{Kind, Refused},
};
use remit_domain::{
    delegation::Delegation,
    id::{DelegateId, DelegationId, Timestamp},
};
use remit_oauth::token::AccessToken;
use remit_store::Entry;
use std::sync::Arc;

/// Who calls with an access token that was proved to be theirs by a proof of possession with the key `jkt`.
///
/// # Errors
/// [`Kind::Unauthenticated`] where it is none of ours, has expired, is bound to another key, or what it was given out
/// for does not stand any more.
pub async fn represented(parts: &Parts, token: &str, jkt: &str) -> Result<Arc<Caller>, Refused> {
    let refused = |detail: &str| Refused::new(Kind::Unauthenticated, detail).with("error", "invalid_token");
    let issuer = own_issuer(&parts.environment)?;
    let now = parts.environment.now();
    let said = parts.vault.delegate_tokens.signing(now)?.verify(token, &issuer, &issuer, now.0);
    let said = said.map_err(|error| refused(&error.to_string()))?;
    if said.cnf.jkt != jkt {
        return Err(refused("the access token is bound to another key than the one of the proof"));
    }
    let of = standing(&parts.environment, &parts.journal, &said).await?;
    let of = of.ok_or_else(|| refused("what the access token was given out for does not stand any more"))?;
    let mut caller = Caller::delegate(of);
    caller.usage = Some(parts.live.used.of(&caller.token, &parts.environment.limits));
    Ok(Arc::new(caller))
}

/// Whom a token that was given out stands for; nothing where what it was given out for does not stand any more.
pub(super) async fn standing(
    environment: &Environment,
    journal: &Journal,
    said: &AccessToken,
) -> Result<Option<Represented>, Refused> {
    let now = environment.now();
    let named = said.authorization_details.first().and_then(|detail| detail.identifier.as_deref());
    let (Some(id), Ok(delegate)) = (named.and_then(|id| id.parse().ok()), said.client_id.parse::<DelegateId>()) else {
        return Ok(None);
    };
    let revoked = REVOKED_TOKENS.get(&journal.store, &said.jti).await.map_err(Refused::internal)?;
    if revoked.is_some() {
        return Ok(None);
    }
    let Some(chain) = delegations::standing_chain(journal, id, now).await? else { return Ok(None) };
    let links = &chain.links;
    let is_theirs = |last: &Entry<Delegation>| last.value.delegate == delegate;
    if !links.last().is_some_and(is_theirs) || links.iter().any(|link| link.value.customer.as_str() != said.sub) {
        return Ok(None);
    }
    if chain.delegate.keys_since.0 >= said.iat.saturating_mul(1_000) {
        return Ok(None);
    }
    let of_token = grant_of(said);
    let narrowed = (of_token.limits != chain.granted.limits).then(|| of_token.limits.clone());
    let grant = chain.granted.meet(&of_token);
    let by = Represented { grant, narrowed, ..of_chain(chain, said.jti.clone(), said.cnf.jkt.clone())? };
    Ok(Some(by))
}

/// Whom a delegate stands for that acts under a delegation, with all that this grants: to be asked what they may, and
/// not to act. Nothing where it does not stand.
pub(crate) async fn under(
    journal: &Journal,
    delegation: DelegationId,
    now: Timestamp,
) -> Result<Option<Represented>, Refused> {
    let Some(chain) = delegations::standing_chain(journal, delegation, now).await? else { return Ok(None) };
    let Some(key) = chain.delegate.thumbprints().into_iter().next() else { return Ok(None) };
    of_chain(chain, delegation.to_string(), key).map(Some)
}

/// Whom a chain stands for, by a token and its key.
fn of_chain(chain: Chain, token: String, key: String) -> Result<Represented, Refused> {
    let Chain { links, granted, class, .. } = chain;
    let last = links.last().ok_or_else(delegations::no_chain)?;
    Ok(Represented {
        delegate: last.value.delegate,
        class,
        customer: last.value.customer.clone(),
        expect: links.iter().map(delegations::expect).collect(),
        grant: granted,
        narrowed: None,
        token,
        key,
        chain: links.into_iter().map(|link| link.value).collect(),
    })
}
