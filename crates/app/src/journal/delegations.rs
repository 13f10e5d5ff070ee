//! Delegates and delegations as they are kept: what of them is on record, by identifier, and what is looked up of them
//! at each call.

use crate::{
    Journal, digest,
    journal::issuers,
    refused::{Kind, Refused},
};
use remit_domain::{
    Event,
    delegation::{
        ConsentAsked, ConsentEnded, DEPTH_MAX, DelegateClass, DelegatedGrant, Delegation, DelegationChange,
        DelegationChanged, DelegationUsed, KeyAddress, RevocationCause, Unanswered,
    },
    id::{CaseId, CustomerId, DelegateId, DelegationId, RequestId, Timestamp},
};
use remit_oauth::{client_document::is_client_url, jwk::KeySet};
use remit_store::{Collection, CommitError, Entry, Expect, Expected, ItemWrite};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Delegates, by identifier.
pub(crate) const DELEGATES: Collection<DelegateItem> = Collection::new("delegate");

/// Delegates that are called by the address of a document, by its digest.
pub(crate) const BY_DOCUMENT: Collection<DelegateId> = Collection::new("delegate by document");

/// Delegations, by identifier.
pub(crate) const DELEGATIONS: Collection<Delegation> = Collection::new("delegation");

/// How many delegations each customer ever granted, by pseudonym, and how many were narrowed from each, by its
/// identifier. Granting one and ending all of somebody's expect it as
/// they read it, so that neither is done beside the other.
pub(crate) const GRANTED: Collection<u32> = Collection::new("delegations granted");

/// What customers are asked to consent to and have not answered, by the digest of the link's secret.
pub(crate) const CONSENTS: Collection<ConsentItem> = Collection::new("consent");

/// Codes that were brought back to delegates, by the digest of each.
pub(crate) const CODES: Collection<CodeItem> = Collection::new("authorization code");

/// What delegates wait for (CIBA), by the digest of the secret that each is known by.
pub(crate) const BACKCHANNELS: Collection<BackchannelItem> = Collection::new("backchannel authentication");

/// Access tokens that were revoked before their time, by identifier (`jti`).
pub(crate) const REVOKED_TOKENS: Collection<RevokedToken> = Collection::new("revoked access token");

/// What the kind of the list of a customer's delegations begins with.
pub(crate) const OF_CUSTOMER: &str = "delegations ";

/// What the kind of the list of delegations that are narrowed from one begins with.
pub(crate) const GIVEN_ON: &str = "given on ";

/// What the kind of the list of cases under a delegation begins with.
pub(crate) const CASES: &str = "delegated ";

/// A delegate as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DelegateItem {
    /// As what customers are shown it.
    pub(crate) name: String,
    pub(crate) class: DelegateClass,
    /// The origin on the web of who answers for it.
    pub(crate) owner: String,
    /// Its public keys, a JWK set (RFC 7517).
    pub(crate) jwks: Value,
    /// Since when it has them. What was given out before counts no more.
    pub(crate) keys_since: Timestamp,
    /// Where its keys are read from, where they are at an address of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) keys_at: Option<KeyAddress>,
    /// Since when nothing can be read there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) unread_since: Option<Timestamp>,
    /// Where customers may be sent back to.
    pub(crate) redirects: Vec<String>,
    pub(crate) suspended: bool,
    pub(crate) registered: Timestamp,
}

impl DelegateItem {
    /// The address of the document that it is called by too, where it is.
    pub(crate) fn document(&self) -> Option<&str> {
        match &self.keys_at {
            Some(KeyAddress::ClientDocument(url)) => Some(url),
            _ => None,
        }
    }

    /// The thumbprints of its keys (RFC 7638).
    pub(crate) fn thumbprints(&self) -> Vec<String> {
        let keys = KeySet::parse(&self.jwks);
        keys.map_or_else(|_| Vec::new(), |keys| keys.keys().iter().map(|key| key.thumbprint().to_owned()).collect())
    }
}

/// What a customer is asked to consent to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ConsentItem {
    pub(crate) customer: CustomerId,
    pub(crate) delegate: DelegateId,
    pub(crate) grant: DelegatedGrant,
    /// Who had them asked, by the identifier of their token.
    pub(crate) asked_by: String,
    /// When the link ends.
    pub(crate) expires: Timestamp,
    /// Where the answer is brought to, where the customer's browser came from the delegate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) back: Option<AuthorizationReturn>,
}

/// How an answer is brought back to a delegate, and what for: kept with what its customer is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AuthorizationReturn {
    pub(crate) redirect_uri: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) state: Option<String>,
    /// The challenge of PKCE.
    pub(crate) challenge: String,
    /// The thumbprint of the key that the token is to be bound to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) jkt: Option<String>,
    /// The digest of the secret of the browser in which it began.
    pub(crate) browser: String,
}

/// A request whose confirmation a delegate waits for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct BackchannelItem {
    /// Which delegate waits.
    pub(crate) delegate: DelegateId,
    /// For which request.
    pub(crate) request: RequestId,
    /// Which scopes it wants, with spaces between.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) scope: Option<String>,
    /// Until when.
    pub(crate) expires: Timestamp,
}

/// A code that was brought back to a delegate, until it gets a token for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CodeItem {
    pub(crate) delegate: DelegateId,
    /// What was granted.
    pub(crate) delegation: DelegationId,
    pub(crate) back: AuthorizationReturn,
    /// Until when it is taken.
    pub(crate) expires: Timestamp,
}

impl ConsentItem {
    /// That it was asked by the link with this digest, for the record.
    pub(crate) fn asked(&self, digest: &str, at: Timestamp) -> ConsentAsked {
        ConsentAsked {
            link: link_on_record(digest),
            customer: self.customer.clone(),
            delegate: self.delegate,
            grant: self.grant.clone(),
            back: self.back.as_ref().and_then(|back| digest::of_json(back).ok()),
            expires: self.expires,
            by: self.asked_by.clone(),
            at,
        }
    }
}

/// An access token that was revoked before its time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RevokedToken {
    /// When it would have expired.
    pub(crate) until: Timestamp,
}

/// The delegations of a customer, each with when it was granted.
pub(crate) fn of_customer(customer: &CustomerId) -> Collection<Timestamp> {
    Collection::named(format!("{OF_CUSTOMER}{customer}"))
}

/// The delegations that were narrowed from one, each with when.
pub(crate) fn given_on(parent: DelegationId) -> Collection<Timestamp> {
    Collection::named(format!("{GIVEN_ON}{parent}"))
}

/// The cases that were opened under a delegation of the customer's own, or under one narrowed from it; and whether on
/// each nothing can be requested.
pub(crate) fn cases_of(root: DelegationId) -> Collection<DelegatedCase> {
    Collection::named(format!("{CASES}{root}"))
}

/// A case that was opened under a delegation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DelegatedCase {
    pub(crate) case: CaseId,
    /// Whether it is a question, on which nothing can be requested.
    pub(crate) question: bool,
    /// The delegations that it was opened under, the customer's own first; nothing in what an earlier version kept.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) chain: Vec<DelegationId>,
}

impl DelegatedCase {
    /// Whether it was opened under a delegation of this chain's end, or under one narrowed from it.
    pub(crate) fn is_of(&self, chain: &[Delegation]) -> bool {
        chain.len() <= 1 || chain.last().is_some_and(|last| self.chain.contains(&last.id))
    }
}

/// Under what a case is opened for a customer by a delegate.
#[derive(Debug, Clone)]
pub(crate) struct Delegated {
    /// The delegation of the customer's own.
    pub(crate) root: DelegationId,
    pub(crate) question: bool,
    /// The delegations that it is opened under, the customer's own first.
    pub(crate) chain: Vec<DelegationId>,
    /// Who opens it.
    pub(crate) by: DelegateId,
}

impl Delegated {
    /// That `case` was opened so, for the record.
    pub(crate) fn used(&self, case: CaseId, at: Timestamp) -> Event {
        let Self { root: delegation, question, by, .. } = *self;
        let under = self.chain.last().copied().filter(|under| *under != delegation);
        Event::DelegationUsed(DelegationUsed { delegation, under, case, question, by, at })
    }

    /// That `case` was opened so.
    pub(crate) fn with(&self, case: CaseId) -> Result<ItemWrite, Refused> {
        let opened = DelegatedCase { case, question: self.question, chain: self.chain.clone() };
        cases_of(self.root).write(case.to_string(), Expected::Absent, &opened).map_err(Refused::internal)
    }
}

/// A delegation of this identifier, as it is now.
pub(crate) async fn stored(journal: &Journal, id: DelegationId) -> Result<Option<Entry<Delegation>>, Refused> {
    DELEGATIONS.get(&journal.store, &id.to_string()).await.map_err(Refused::internal)
}

/// A delegate of this identifier, as it is now.
pub(crate) async fn stored_delegate(journal: &Journal, id: DelegateId) -> Result<Option<Entry<DelegateItem>>, Refused> {
    DELEGATES.get(&journal.store, &id.to_string()).await.map_err(Refused::internal)
}

/// The delegate that calls itself so, as it is now: by its identifier, or by the address of its document.
pub(crate) async fn called(
    journal: &Journal,
    client: &str,
) -> Result<Option<(DelegateId, Entry<DelegateItem>)>, Refused> {
    let id = match client.parse() {
        Ok(id) => id,
        Err(_) if is_client_url(client) => {
            let digest = digest::of_secret(client).to_string();
            let Some(entry) = BY_DOCUMENT.get(&journal.store, &digest).await.map_err(Refused::internal)? else {
                return Ok(None);
            };
            entry.value
        }
        Err(_) => return Ok(None),
    };
    Ok(stored_delegate(journal, id).await?.map(|entry| (id, entry)))
}

/// The delegations from the customer's own to the one that is acted under, each as it was read.
#[derive(Debug)]
pub(crate) struct Chain {
    /// The customer's own first.
    pub(crate) links: Vec<Entry<Delegation>>,
    /// What all of them grant together.
    pub(crate) granted: DelegatedGrant,
    /// Who acts, by the last.
    pub(crate) delegate: DelegateItem,
    /// How much of what is done is the customer's own: no more than by the freest delegate of the chain.
    pub(crate) class: DelegateClass,
}

/// The chain that ends with this delegation, as it is now; nothing where one of its delegations does not stand, one of
/// its delegates was suspended, or what an issuer's word began is not its to begin any more: whoever stands between is
/// as much a part of it as who acts.
pub(crate) async fn standing_chain(
    journal: &Journal,
    id: DelegationId,
    now: Timestamp,
) -> Result<Option<Chain>, Refused> {
    let (mut links, mut chain, mut next) = (Vec::<Entry<Delegation>>::new(), None, Some(id));
    while let Some(id) = next {
        let Some(link) = stored(journal, id).await?.filter(|link| link.value.stands(now)) else { return Ok(None) };
        let known = stored_delegate(journal, link.value.delegate).await?.filter(|known| !known.value.suspended);
        let Some(known) = known else { return Ok(None) };
        // What was given on by keys that were replaced counts no more, as nothing does that they were good for.
        if links.last().is_some_and(|child| child.value.granted <= known.value.keys_since) {
            return Ok(None);
        }
        chain = Some(match chain {
            None => (link.value.grant.clone(), known.value.class, known.value),
            Some((granted, class, delegate)) => {
                (link.value.grant.meet(&granted), known.value.class.freer(class), delegate)
            }
        });
        next = link.value.parent;
        if let Some(by) = &link.value.asserted
            && !issuers::stands(journal, &link.value, by).await?
        {
            return Ok(None);
        }
        links.push(link);
        if links.len() > usize::from(DEPTH_MAX) {
            return Err(Refused::damaged("a chain of delegations is longer than any may be"));
        }
    }
    links.reverse();
    Ok(chain.map(|(granted, class, delegate)| Chain { links, granted, delegate, class }))
}

/// That a delegation is as it was read.
pub(crate) fn expect(link: &Entry<Delegation>) -> Expect {
    Expect::Item { kind: DELEGATIONS.kind().to_owned(), id: link.id.clone(), version: link.version }
}

/// A chain that has no link, which there is none of.
pub(crate) fn no_chain() -> Refused {
    Refused::internal("a chain of delegations has no link")
}

/// What ends a delegation as it was read, for the record and for what is kept; nothing where it has ended.
pub(crate) fn ended(
    entry: &Entry<Delegation>,
    cause: RevocationCause,
    by: &str,
    at: Timestamp,
) -> Result<Option<(Event, ItemWrite, Delegation)>, Refused> {
    if entry.value.revoked.is_some() {
        return Ok(None);
    }
    let change = DelegationChange::Revoked { cause };
    let after = entry.value.clone().changed_by(&change, at);
    let write = DELEGATIONS.write(&entry.id, entry.expected(), &after).map_err(Refused::internal)?;
    let event = DelegationChanged { delegation: after.id, change, by: by.to_owned(), at };
    Ok(Some((Event::DelegationChanged(event), write, after)))
}

/// Delegations of one customer, at most: those that stand and those that have ended.
pub(crate) const EACH_MAX: u32 = 100;

/// How many delegations a customer ever granted, or were narrowed from one, as it is read before one more is granted or
/// all are ended.
#[derive(Debug)]
pub(crate) struct Granted {
    pub(crate) count: u32,
    /// Whose, or from which.
    of: String,
    expected: Expected,
}

impl Granted {
    pub(crate) async fn by(journal: &Journal, customer: &CustomerId) -> Result<Self, Refused> {
        let entry = GRANTED.get(&journal.store, customer.as_str()).await.map_err(Refused::internal)?;
        let (count, expected) = match entry {
            Some(entry) => (entry.value, entry.expected()),
            // An earlier version did not count.
            None => {
                let all = of_customer(customer).page(&journal.store, None, EACH_MAX as usize).await;
                (u32::try_from(all.map_err(Refused::internal)?.len()).unwrap_or(EACH_MAX), Expected::Absent)
            }
        };
        Ok(Self { count, of: customer.to_string(), expected })
    }

    /// Of those that were narrowed from one.
    pub(crate) async fn under(journal: &Journal, parent: DelegationId) -> Result<Self, Refused> {
        let of = parent.to_string();
        let listed = given_on(parent).page(&journal.store, None, EACH_MAX as usize).await.map_err(Refused::internal)?;
        let least = u32::try_from(listed.len()).unwrap_or(EACH_MAX);
        let entry = GRANTED.get(&journal.store, &of).await.map_err(Refused::internal)?;
        let (count, expected) = entry.map_or((0, Expected::Absent), |entry| (entry.value, entry.expected()));
        Ok(Self { count: count.max(least), of, expected })
    }

    /// That so many more are granted, where nothing was granted or ended meanwhile.
    pub(crate) fn and(&self, more: u32) -> Result<ItemWrite, Refused> {
        let count = self.count.saturating_add(more);
        GRANTED.write(&self.of, self.expected, &count).map_err(Refused::internal)
    }
}

/// What a link is called in records: a part of the digest of its secret.
pub(crate) fn link_on_record(digest: &str) -> String {
    digest.chars().take(16).collect()
}

/// What ends all that a customer granted, the links by which they were asked to, and that issuers speak of them.
pub(crate) async fn all_erased(
    journal: &Journal,
    customer: &CustomerId,
    by: &str,
    at: Timestamp,
) -> Result<(Vec<Event>, Vec<ItemWrite>), Refused> {
    let (mut events, mut items) = (Vec::new(), Vec::new());
    let granted = Granted::by(journal, customer).await?;
    for entry in CONSENTS.all(&journal.store).await.map_err(Refused::internal)? {
        if entry.value.customer == *customer {
            let (link, delegate) = (link_on_record(&entry.id), entry.value.delegate);
            let ended = ConsentEnded { link, delegate, cause: Unanswered::Erasure, by: by.to_owned(), at };
            events.push(Event::ConsentEnded(ended));
            items.push(CONSENTS.forget(&entry.id, entry.expected()));
        }
    }
    for entry in of_customer(customer).all(&journal.store).await.map_err(Refused::internal)? {
        let Ok(id) = entry.id.parse() else { continue };
        let Some(entry) = stored(journal, id).await? else { continue };
        if let Some((event, item, _)) = ended(&entry, RevocationCause::Erasure, by, at)? {
            events.push(event);
            items.push(item);
        }
    }
    if !items.is_empty() {
        items.push(granted.and(0)?);
    }
    let (unlinked, no_more) = issuers::unlinked(journal, customer, by, at).await?;
    events.extend(unlinked);
    items.extend(no_more);
    Ok((events, items))
}

/// What a refused change of a delegate or a delegation is told as: another one came between where it is a conflict.
pub(crate) fn changed(error: CommitError) -> Refused {
    match error {
        CommitError::ItemConflict { .. } => Refused::new(Kind::Changed, "it changed meanwhile; read it and try again"),
        other => crate::refused(other),
    }
}
