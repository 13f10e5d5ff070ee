//! A token for what a listed issuer asserts of a customer (RFC 7523; ID-JAG): under a delegation that its word began,
//! which the customer sees, limits and takes back as any other.

use crate::{
    ATTEMPTS, Caller, Journal, Parts,
    access::auth,
    customer,
    delegation::{
        key_refresh::{self, KeysUnread},
        own_issuer::own_issuer,
        token::{
            BEHIND_MS, Client, Issued, TokenError, TokenRequest, issue_within, of_detail, refused, scopes_of,
            wish_within,
        },
    },
    digest,
    journal::{
        delegations::{self, DELEGATIONS, EACH_MAX, Granted, of_customer},
        issuers::{self, BEGAN, BegunItem, IssuerItem, began},
    },
    pipeline::{authority, projections},
    refused::{Kind, Refused},
};
use remit_domain::{
    Event,
    delegation::{AssertedBy, DelegatedGrant, Delegation, DelegationGranted, RevocationCause},
    id::{CustomerId, DelegateId, DelegationId, IssuerId},
};
use remit_oauth::{
    error::ErrorCode,
    id_jag::{self, Asserted, Expected, GrantError},
    seen::Seen as _,
};
use remit_policy::actions::Permission;
use remit_store::{Commit, Entry, Expected as Kept};

fn bad(what: impl std::fmt::Display) -> TokenError {
    refused(ErrorCode::InvalidGrant, what)
}

impl From<GrantError> for TokenError {
    fn from(error: GrantError) -> Self {
        Self::OAuth(error.into())
    }
}

/// Gives a token out to a client for what an issuer asserts.
///
/// # Errors
/// `invalid_grant` where the assertion is not good, its issuer or whom it speaks of is not known or nothing is taken of
/// them, or the customer took back what it would let be done; `invalid_target` where it is for something else;
/// `invalid_scope` and `invalid_authorization_details` where nothing of it, or less than is wished for, is granted.
pub async fn issue_for_assertion(
    parts: &Parts,
    client: &Client,
    assertion: &str,
    wish: &TokenRequest<'_>,
    jkt: &str,
) -> Result<Issued, TokenError> {
    let (issuer, asserted) = read(parts, client, assertion, jkt).await?;
    let own = own_issuer(&parts.environment)?;
    let is_here =
        |resource: &String| resource.strip_prefix(&own).is_some_and(|path| path.is_empty() || path.starts_with('/'));
    if !asserted.resources.is_empty() && !asserted.resources.iter().any(is_here) {
        let what = format!("resource of assertion is none of this server: it has to be {own}, or below it");
        return Err(refused(ErrorCode::InvalidTarget, what));
    }
    let subject = parts.vault.keys.subject_on_record(&issuer.id.to_string(), &asserted.subject);
    let called = || customer::customer_id(&parts.vault, &asserted.subject);
    let customer = issuers::customer_of(&parts.journal, (issuer.id, &issuer.item), &subject, called).await?;
    let unknown = || bad("sub of assertion is no customer here, or nothing is taken of them");
    let customer = customer.ok_or_else(unknown)?;
    let by = AssertedBy { issuer: issuer.id, subject, assertion: digest::of_secret(assertion) };
    let delegation = begun_in_turn(parts, client, &issuer.item, &customer, by).await?;
    let now = parts.environment.now();
    let over = || bad("what assertion would let be done does not stand any more");
    let chain = delegations::standing_chain(&parts.journal, delegation, now).await?.ok_or_else(over)?;
    let granted = within(&asserted, delegation, &chain.granted)?;
    let grant = wish_within(wish, delegation, &granted, now)?;
    let links = chain.links.into_iter().map(|link| link.value).collect::<Vec<_>>();
    issue_within(&parts.environment, &parts.vault, client.id(), &links, &grant, jkt, i64::MAX)
}

/// An issuer that is listed, as it is now.
struct Listed {
    id: IssuerId,
    item: IssuerItem,
}

/// Reads an assertion with the keys of its issuer, and with those that stand at its address now where none of them
/// fits. It counts once.
async fn read(parts: &Parts, client: &Client, assertion: &str, jkt: &str) -> Result<(Listed, Asserted), TokenError> {
    let audience = own_issuer(&parts.environment)?;
    let (issuer, tenant) = id_jag::peek_issuer(assertion)?;
    let known = issuers::named_issuer(&parts.journal, &issuer, tenant.as_deref()).await?;
    let known = known.filter(|(_, entry)| !entry.value.suspended).ok_or(GrantError::Issuer)?;
    let delegate = delegations::stored_delegate(&parts.journal, client.id()).await?;
    let (id, named) = (client.id().to_string(), delegate.and_then(|entry| entry.value.document().map(str::to_owned)));
    let names: Vec<&str> = std::iter::once(id.as_str()).chain(named.as_deref()).collect();
    let now = parts.environment.now();
    let read = |item: &IssuerItem| {
        let keys = item.keys();
        let expected = Expected { issuer: &issuer, keys: &keys, audience: &audience, client: &names, jkt };
        id_jag::read(assertion, &expected, now.0)
    };
    let (id, entry) = known;
    let is_stale = |error: &GrantError| matches!(error, GrantError::NoKey | GrantError::Signature);
    let read = key_refresh::read(parts, id, entry, read, is_stale).await.map_err(|unread| match unread {
        KeysUnread::ForADay => bad(KeysUnread::FOR_A_DAY),
        KeysUnread::Inside(refused) => TokenError::Inside(refused),
    });
    let (entry, asserted) = read??;
    let first = parts.vault.delegate_tokens.seen.first_time(&id.to_string(), &asserted.jti, asserted.until_ms, now.0);
    first.map_err(GrantError::from)?;
    if asserted.made_ms.saturating_add(BEHIND_MS) < parts.vault.delegate_tokens.since.0 {
        let what = "assertion was made before this server began, which does not know whether it was used: have the \
                    issuer make another one";
        return Err(bad(what));
    }
    Ok((Listed { id, item: entry.value }, asserted))
}

/// What an assertion grants of what its issuer's word may: scopes that are known nowhere here count for nothing.
fn within(
    asserted: &Asserted,
    delegation: DelegationId,
    granted: &DelegatedGrant,
) -> Result<DelegatedGrant, TokenError> {
    let mut within = match asserted.authorization_details.as_slice() {
        [] => granted.clone(),
        [detail] if detail.identifier.as_ref().is_some_and(|id| *id != delegation.to_string()) => {
            let what = "authorization_details of assertion name another delegation: leave identifier out";
            return Err(refused(ErrorCode::InvalidAuthorizationDetails, what));
        }
        [detail] => granted.meet(&of_detail(detail, granted)?),
        _ => {
            let what = "assertion has several authorization_details: one is read";
            return Err(refused(ErrorCode::InvalidAuthorizationDetails, what));
        }
    };
    let amounts = [&within.limits.max_amount, &within.limits.max_total];
    if amounts.into_iter().flatten().any(|amount| amount.minor < 1) {
        let what =
            "authorization_details of assertion have an amount in another currency than the issuer's word may move";
        return Err(refused(ErrorCode::InvalidAuthorizationDetails, what));
    }
    if let Some(scope) = &asserted.scope {
        let named = scopes_of(scope);
        within.scopes.retain(|scope| named.contains(scope));
    }
    if within.scopes.is_empty() {
        return Err(refused(
            ErrorCode::InvalidScope,
            "scope of assertion has nothing that its issuer's word may grant",
        ));
    }
    Ok(within)
}

/// The same as [`begun`], where others begin the same one at the same time.
async fn begun_in_turn(
    parts: &Parts,
    client: &Client,
    issuer: &IssuerItem,
    customer: &CustomerId,
    by: AssertedBy,
) -> Result<DelegationId, TokenError> {
    for _ in 0..ATTEMPTS {
        match begun(parts, client, issuer, customer, &by).await {
            Err(TokenError::Inside(refused)) if refused.kind == Kind::Changed => {}
            done => return done,
        }
    }
    Err(refused(ErrorCode::TemporarilyUnavailable, "others ask for the same customer; ask again"))
}

/// That neither the customer nor the organisation took back what a delegate was let do for them, whoever let it.
async fn not_taken_back(journal: &Journal, customer: &CustomerId, delegate: DelegateId) -> Result<(), TokenError> {
    for entry in of_customer(customer).all(&journal.store).await.map_err(Refused::internal)? {
        let Ok(id) = entry.id.parse() else { continue };
        let Some(one) = delegations::stored(journal, id).await?.map(|entry| entry.value) else { continue };
        let cause = one.revoked.map(|(_, cause)| cause);
        let is_over =
            matches!(cause, Some(RevocationCause::Customer | RevocationCause::Organisation | RevocationCause::Erasure));
        if one.delegate == delegate && is_over {
            let what = "what this delegate was let do for the customer was taken back: no assertion begins it again; \
                        ask them to consent here, and ask for tokens of the delegation that they grant then";
            return Err(bad(what));
        }
    }
    Ok(())
}

/// The delegation that an issuer's word began for a customer and a delegate, as the issuer may now: the one of before,
/// or another one where that has come to its end or is wider. What its customer took back begins no more, and what they
/// limited stays so.
async fn begun(
    parts: &Parts,
    client: &Client,
    issuer: &IssuerItem,
    customer: &CustomerId,
    by: &AssertedBy,
) -> Result<DelegationId, TokenError> {
    let now = parts.environment.now();
    let found_by = began(by, customer, client.id());
    let last = BEGAN.get(&parts.journal.store, &found_by).await.map_err(Refused::internal)?;
    let before = match &last {
        Some(last) => delegations::stored(&parts.journal, last.value.delegation).await?,
        None => None,
    };
    let reusable = |one: &Delegation| one.stands(now) && issuer.word.covers(&one.grant, one.granted).is_ok();
    if let Some(before) = before.as_ref().filter(|before| reusable(&before.value)) {
        return Ok(before.value.id);
    }
    not_taken_back(&parts.journal, customer, client.id()).await?;
    let limited =
        last.as_ref().zip(before.as_ref()).and_then(|(last, before)| last.value.limited_to(&before.value.grant));
    let word = issuer.word.from(now);
    let grant = limited.as_ref().map_or_else(|| word.clone(), |limited| limited.of(&word));
    if grant.scopes.is_empty() || grant.not_after <= now {
        let what = "what the customer limited it to leaves nothing of what the issuer's word may let be done: ask them \
                    to consent here";
        return Err(bad(what));
    }
    let caller = Caller::customer(&by.issuer.to_string(), customer);
    auth::permit(&parts.governance, &parts.live, &parts.environment, &caller, Permission::DELEGATION_GRANT).map_err(
        |denied| match denied.kind {
            Kind::Forbidden => refused(ErrorCode::AccessDenied, denied.detail),
            _ => TokenError::Inside(denied),
        },
    )?;
    let had = Granted::by(&parts.journal, customer).await?;
    if had.count >= EACH_MAX {
        return Err(bad(format!("the customer has had {EACH_MAX} delegations")));
    }
    let granted = DelegationGranted {
        delegation: DelegationId::next(&mut parts.environment.ids(now)?),
        customer: customer.clone(),
        delegate: client.id(),
        parent: None,
        depth: 1,
        grant,
        consent: None,
        asserted: Some(by.clone()),
        at: now,
    };
    let delegation = Delegation::from(&granted);
    let id = delegation.id.to_string();
    let expected = last.as_ref().map_or(Kept::Absent, Entry::expected);
    let begun = BegunItem { delegation: delegation.id, grant: delegation.grant.clone(), limited };
    let mut items = vec![
        BEGAN.write(&found_by, expected, &begun).map_err(Refused::internal)?,
        DELEGATIONS.write(&id, Kept::Absent, &delegation).map_err(Refused::internal)?,
        of_customer(customer).write(&id, Kept::Absent, &now).map_err(Refused::internal)?,
        had.and(1)?,
    ];
    let mut events = vec![Event::DelegationGranted(Box::new(granted))];
    let actor = by.issuer.to_string();
    // What it takes the place of is good for nothing any more, whatever the issuer's word may be later.
    if let Some(before) = before.filter(|before| before.value.stands(now))
        && let Some((event, item, _)) = delegations::ended(&before, RevocationCause::Superseded, &actor, now)?
    {
        events.push(event);
        items.push(item);
    }
    let record = |event: &Event| authority::record(&parts.environment.entropy, event, &actor, now);
    let records = events.iter().map(record).collect::<Result<_, _>>()?;
    let commit = Commit { records, items, ..Commit::default() };
    projections::commit(parts, commit).await.map_err(delegations::changed)?;
    Ok(delegation.id)
}
