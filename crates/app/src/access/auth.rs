//! Who calls: API tokens, stored only as hashes, and what policy permits their roles.

use crate::{
    Environment, Governance, Journal, Live,
    caller::{
        Caller,
        principal::{Principal, TOKEN_PREFIX},
    },
    journal::accounts::is_session,
    live::tokens::KNOWN_MAX,
    refused::{Kind, Refused},
};
use remit_domain::{decision::Verdict, id::Timestamp};
use remit_policy::{
    actions::Permission,
    engine::{ApiCase, ApiRequest},
};
use remit_store::{TokenRow, Views as _};
use sha2::{Digest as _, Sha256};
use std::{
    collections::BTreeMap,
    sync::{Arc, MutexGuard, PoisonError, atomic::Ordering},
};

/// The caller that this `Authorization` header names.
///
/// # Errors
/// When there is no valid token in it.
pub async fn caller(
    journal: &Journal,
    live: &Live,
    environment: &Environment,
    authorization: Option<&str>,
) -> Result<Arc<Caller>, Refused> {
    let refused = |detail: &str| Refused::new(Kind::Unauthenticated, detail);
    let header = authorization.ok_or_else(|| refused("the request has no `Authorization` header"))?;
    let secret = header
        .strip_prefix("Bearer ")
        .filter(|secret| secret.starts_with(TOKEN_PREFIX) && secret.len() <= 128)
        .ok_or_else(|| refused("the `Authorization` header does not hold a Remit token"))?;
    let hash: [u8; 32] = Sha256::digest(secret.as_bytes()).into();
    let caller = known(journal, live, environment, &hash).await?;
    let caller = caller.filter(|caller| !is_session(&caller.token));
    let caller = caller.ok_or_else(|| refused("the token is unknown or revoked"))?;
    if caller.expires <= environment.now() {
        return Err(refused("the token has expired"));
    }
    Ok(caller)
}

/// Whom a secret with this hash stands for, where it was not revoked; it may have ended.
pub(crate) async fn known(
    journal: &Journal,
    live: &Live,
    environment: &Environment,
    hash: &[u8; 32],
) -> Result<Option<Arc<Caller>>, Refused> {
    let known = live.tokens.known.read().unwrap_or_else(PoisonError::into_inner).get(hash).cloned();
    if known.is_some() {
        return Ok(known);
    }
    let before = revocations(live);
    let row = journal.store.token(hash).await.map_err(Refused::internal)?;
    let Some(row) = row.filter(|row| !is_revoked(live, &row.id)) else { return Ok(None) };
    let mut caller = Caller::from(row);
    caller.usage = Some(live.used.of(&caller.token, &environment.limits));
    let caller = Arc::new(caller);
    let mut tokens = live.tokens.known.write().unwrap_or_else(PoisonError::into_inner);
    if tokens.len() >= KNOWN_MAX {
        tokens.clear();
    }
    if revocations(live) == before {
        tokens.insert(*hash, Arc::clone(&caller));
    }
    Ok(Some(caller))
}

/// Whether policy permits `caller` the `action` on the organisation.
///
/// # Errors
/// When it does not.
pub fn permit(
    governance: &Governance,
    live: &Live,
    environment: &Environment,
    caller: &Caller,
    action: Permission,
) -> Result<(), Refused> {
    if matches!(caller.principal, Principal::System(_)) {
        return ask(governance, environment, caller, action, None);
    }
    let key = (Arc::clone(&caller.token), action);
    let known = live.tokens.permitted.read().unwrap_or_else(PoisonError::into_inner).get(&key).copied();
    if known == Some(true) {
        return Ok(());
    }
    ask(governance, environment, caller, action, None)?;
    let mut permitted = live.tokens.permitted.write().unwrap_or_else(PoisonError::into_inner);
    if permitted.len() >= KNOWN_MAX {
        permitted.clear();
    }
    permitted.insert(key, true);
    Ok(())
}

/// Whether policy permits `caller` the `action` on a case that somebody has.
///
/// # Errors
/// When it does not.
pub(crate) fn permit_on(
    governance: &Governance,
    environment: &Environment,
    caller: &Caller,
    action: Permission,
    case: ApiCase<'_>,
) -> Result<(), Refused> {
    ask(governance, environment, caller, action, Some(case))
}

fn ask(
    governance: &Governance,
    environment: &Environment,
    caller: &Caller,
    action: Permission,
    case: Option<ApiCase<'_>>,
) -> Result<(), Refused> {
    if let Principal::System(job) = caller.principal {
        let refused = || Refused::internal(format!("the job `{}` may not `{action}`", job.as_str()));
        return job.may(action).then_some(()).ok_or_else(refused);
    }
    let verdict = verdict(governance, caller, action, case);
    if verdict.allow {
        return Ok(());
    }
    let needed = verdict.policies.iter().chain(&verdict.errors).filter(|id| governance.engine.is_invariant(id));
    needed.for_each(|id| environment.metrics.invariant(id.as_str()));
    let policies: Vec<String> = verdict.policies.iter().map(ToString::to_string).collect();
    let by = if policies.is_empty() { "no policy permits it".to_owned() } else { policies.join(", ") };
    let detail = format!("`{action}` by a token with the roles [{}]: {by}", caller.roles.join(", "));
    Err(Refused::new(Kind::Forbidden, detail).with("policies", policies))
}

/// What policy says of an `action` by `caller` on a case, or on the organisation where none is given.
pub(crate) fn verdict(
    governance: &Governance,
    caller: &Caller,
    action: Permission,
    case: Option<ApiCase<'_>>,
) -> Verdict {
    debug_assert!(
        action.asked_of().is_some_and(|of| of.admits(case.is_some())),
        "`{action}` is asked of what it is not declared to be asked of"
    );
    let request = ApiRequest { roles: &caller.roles, principal: caller.principal.as_asked(), action, case };
    governance.engine.authorize(&request)
}

/// How often a token has been revoked since the start.
pub fn revocations(live: &Live) -> u64 {
    live.tokens.revocations.load(Ordering::Acquire)
}

/// Whether the token of a caller that was let in earlier still stands.
pub async fn stands(
    journal: &Journal,
    live: &Live,
    environment: &Environment,
    caller: &Caller,
) -> Result<bool, Refused> {
    let there = journal.store.has_token(&caller.token).await.map_err(Refused::internal)?;
    Ok(caller.expires > environment.now() && there && !is_revoked(live, &caller.token))
}

fn revoked(live: &Live) -> MutexGuard<'_, BTreeMap<String, String>> {
    live.tokens.revoked.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether a token was revoked that the store still has.
pub(crate) fn is_revoked(live: &Live, token: &str) -> bool {
    revoked(live).contains_key(token)
}

/// The tokens of a member of staff that stand at `now`.
pub(crate) fn tokens_of(live: &Live, staff: &str, now: Timestamp) -> Vec<Arc<TokenRow>> {
    let mut tokens = live.staff_tokens.of(staff, now);
    let revoked = revoked(live);
    tokens.retain(|token| !revoked.contains_key(&token.id));
    tokens
}

/// Revokes a token that the store could not forget.
pub(crate) fn revoke_for_now(journal: &Journal, live: &Live, token: &str, by: &str) {
    revoked(live).insert(token.to_owned(), by.to_owned());
    live.tokens.forget();
    // Those who listen look again.
    journal.ticks.send_modify(|_| {});
}

/// Tokens that were revoked and are still in the store.
pub(crate) fn revoked_for_now(live: &Live) -> BTreeMap<String, String> {
    revoked(live).clone()
}

/// Notes that the store has forgotten a token.
pub(crate) fn revoked_for_good(live: &Live, token: &str) {
    revoked(live).remove(token);
}
