//! Issuers as they are kept: identity providers whose word is taken for customers, whom they speak of, and the
//! delegations that came to be by it.

use crate::{Journal, digest, refused::Refused};
use remit_domain::{
    Event,
    delegation::{AssertedBy, DelegatedGrant, Delegation},
    id::{CustomerId, DelegateId, DelegationId, IssuerId, Timestamp},
    issuer::{IssuerChange, IssuerChanged, IssuerSubjects, IssuerTerms, IssuerWord},
};
use remit_oauth::provider_keys::ProviderKeys;
use remit_store::{Collection, Entry, Expected, ItemWrite};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Issuers, by identifier.
pub(crate) const ISSUERS: Collection<IssuerItem> = Collection::new("issuer");

/// Issuers by what they call themselves and among whose people they speak, by the digest of both.
pub(crate) const BY_NAME: Collection<IssuerId> = Collection::new("issuer by name");

/// The newest delegation that an issuer's word began, by whom it is for: [`began`].
pub(crate) const BEGAN: Collection<BegunItem> = Collection::new("delegation by issuer");

/// What the kind of the list of an issuer's subjects begins with.
pub(crate) const SUBJECTS: &str = "subjects ";

/// What the kind of the list of subjects that are a customer begins with.
pub(crate) const LINKED: &str = "linked subjects ";

/// An issuer as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct IssuerItem {
    /// As it names itself (`iss`).
    pub(crate) issuer: String,
    /// Among whose people it speaks, where it serves several organisations.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) tenant: Option<String>,
    /// Its public keys, a JWK set (RFC 7517).
    pub(crate) jwks: Value,
    /// Where these are read from, where they were not sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) jwks_uri: Option<String>,
    /// Since when nothing can be read there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) unread_since: Option<Timestamp>,
    pub(crate) subjects: IssuerSubjects,
    /// What its word lets be done.
    pub(crate) word: IssuerWord,
    pub(crate) suspended: bool,
    pub(crate) registered: Timestamp,
}

impl IssuerItem {
    /// Who it is, for the record.
    pub(crate) fn terms(&self) -> IssuerTerms {
        IssuerTerms {
            issuer: self.issuer.clone(),
            tenant: self.tenant.clone(),
            jwks_uri: self.jwks_uri.clone(),
            keys: self.keys().thumbprints(),
            subjects: self.subjects,
            word: self.word.clone(),
        }
    }

    /// Its keys.
    pub(crate) fn keys(&self) -> ProviderKeys {
        ProviderKeys::parse(&self.jwks)
    }
}

/// Somebody whom an issuer speaks of, as far as that was said.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SubjectItem {
    /// Which customer they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) customer: Option<CustomerId>,
    /// Whether nothing is taken of them.
    pub(crate) disabled: bool,
}

/// A delegation that an issuer's word began, as it was then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct BegunItem {
    /// Which.
    pub(crate) delegation: DelegationId,
    /// What it let be done before its customer limited it further.
    pub(crate) grant: DelegatedGrant,
    /// What its customer had limited the ones before to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) limited: Option<LimitedItem>,
}

/// What a customer limited a delegation to, which holds for those that take its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LimitedItem {
    /// What it lets be done; its end says nothing.
    pub(crate) grant: DelegatedGrant,
    /// When nothing more is done, where they limited that too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) until: Option<Timestamp>,
}

impl BegunItem {
    /// What its customer limited it to, or those before it, by what it lets be done by now.
    pub(crate) fn limited_to(&self, grant: &DelegatedGrant) -> Option<LimitedItem> {
        if *grant == self.grant {
            return self.limited.clone();
        }
        let before = self.limited.as_ref().and_then(|limited| limited.until);
        let sooner = (grant.not_after < self.grant.not_after).then_some(grant.not_after);
        Some(LimitedItem { grant: grant.clone(), until: sooner.or(before) })
    }
}

impl LimitedItem {
    /// What is left of a grant by it.
    pub(crate) fn of(&self, grant: &DelegatedGrant) -> DelegatedGrant {
        let not_after = self.until.map_or(grant.not_after, |until| until.min(grant.not_after));
        DelegatedGrant { not_after, ..grant.meet(&self.grant) }
    }
}

/// What an issuer is found by: what it calls itself, and among whose people it speaks.
pub(crate) fn name_digest(issuer: &str, tenant: Option<&str>) -> String {
    digest::of_secret(&format!("{issuer}\n{}", tenant.unwrap_or_default())).to_string()
}

/// Those whom an issuer speaks of and of whom something was said, by pseudonym.
pub(crate) fn subjects_of(issuer: IssuerId) -> Collection<SubjectItem> {
    Collection::named(format!("{SUBJECTS}{issuer}"))
}

/// Who is a customer, by [`linked`].
pub(crate) fn linked_to(customer: &CustomerId) -> Collection<()> {
    Collection::named(format!("{LINKED}{customer}"))
}

/// What somebody whom an issuer speaks of is listed by.
pub(crate) fn linked(issuer: IssuerId, subject: &str) -> String {
    format!("{issuer}.{subject}")
}

/// What a delegation is found by that an issuer's word began: for whom it spoke of as the customer that they were then,
/// and a delegate.
pub(crate) fn began(by: &AssertedBy, customer: &CustomerId, delegate: DelegateId) -> String {
    digest::of_secret(&format!("{}.{}.{customer}.{delegate}", by.issuer, by.subject)).to_string()
}

/// An issuer of this identifier, as it is now.
pub(crate) async fn stored_issuer(journal: &Journal, id: IssuerId) -> Result<Option<Entry<IssuerItem>>, Refused> {
    ISSUERS.get(&journal.store, &id.to_string()).await.map_err(Refused::internal)
}

/// The issuer that names itself so, as it is now.
pub(crate) async fn named_issuer(
    journal: &Journal,
    issuer: &str,
    tenant: Option<&str>,
) -> Result<Option<(IssuerId, Entry<IssuerItem>)>, Refused> {
    let found = BY_NAME.get(&journal.store, &name_digest(issuer, tenant)).await.map_err(Refused::internal)?;
    let Some(found) = found else { return Ok(None) };
    Ok(stored_issuer(journal, found.value).await?.map(|entry| (found.value, entry)))
}

/// Which customer somebody is whom an issuer speaks of; nobody where nothing is taken of them.
pub(crate) async fn customer_of(
    journal: &Journal,
    issuer: (IssuerId, &IssuerItem),
    subject: &str,
    called: impl FnOnce() -> CustomerId,
) -> Result<Option<CustomerId>, Refused> {
    let said = subjects_of(issuer.0).get(&journal.store, subject).await.map_err(Refused::internal)?;
    let said = said.map(|entry| entry.value).unwrap_or_default();
    if said.disabled {
        return Ok(None);
    }
    let by_name = || (issuer.1.subjects == IssuerSubjects::Customers).then(called);
    Ok(said.customer.or_else(by_name))
}

/// Whether what an issuer's word began is still what it may begin: the issuer is not suspended and its word may let as
/// much be done, and whom it spoke of is neither disabled nor another customer.
pub(crate) async fn stands(journal: &Journal, of: &Delegation, by: &AssertedBy) -> Result<bool, Refused> {
    let issuer = stored_issuer(journal, by.issuer).await?.filter(|issuer| !issuer.value.suspended);
    let issuer = issuer.filter(|issuer| issuer.value.word.covers(&of.grant, of.granted).is_ok());
    let Some(issuer) = issuer else { return Ok(false) };
    let called = || of.customer.clone();
    let customer = customer_of(journal, (by.issuer, &issuer.value), &by.subject, called).await?;
    Ok(customer.as_ref() == Some(&of.customer))
}

/// What makes all of a customer's subjects nobody's, for the record and for what is kept.
pub(crate) async fn unlinked(
    journal: &Journal,
    customer: &CustomerId,
    by: &str,
    at: Timestamp,
) -> Result<(Vec<Event>, Vec<ItemWrite>), Refused> {
    let (mut events, mut items) = (Vec::new(), Vec::new());
    let listed = linked_to(customer);
    for entry in listed.all(&journal.store).await.map_err(Refused::internal)? {
        items.push(listed.forget(&entry.id, entry.expected()));
        let Some((issuer, subject)) = entry.id.split_once('.') else { continue };
        let Ok(issuer) = issuer.parse::<IssuerId>() else { continue };
        let known = subjects_of(issuer).get(&journal.store, subject).await.map_err(Refused::internal)?;
        let Some(known) = known else { continue };
        let after = SubjectItem { customer: None, ..known.value.clone() };
        items.push(subjects_of(issuer).write(subject, known.expected(), &after).map_err(Refused::internal)?);
        let change = IssuerChange::SubjectSet { subject: subject.to_owned(), customer: None, disabled: after.disabled };
        events.push(Event::IssuerChanged(IssuerChanged { issuer, change, by: by.to_owned(), at }));
    }
    Ok((events, items))
}

/// What lists somebody as the customer that they are said to be, and no more as the one of before.
pub(crate) fn relinked(
    issuer: IssuerId,
    subject: &str,
    before: Option<&CustomerId>,
    after: Option<&CustomerId>,
) -> Result<Vec<ItemWrite>, Refused> {
    if before == after {
        return Ok(Vec::new());
    }
    let (id, any) = (linked(issuer, subject), Expected::Any("the subject itself is expected as it was read"));
    let left = before.map(|before| linked_to(before).forget(&id, any));
    let taken = after.map(|after| linked_to(after).write(&id, any, &()).map_err(Refused::internal)).transpose()?;
    Ok(left.into_iter().chain(taken).collect())
}
