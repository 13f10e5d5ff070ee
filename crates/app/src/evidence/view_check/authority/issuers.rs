//! Issuers, against the records of those that were listed and changed, of whom they speak of, and of the delegations
//! that their word began.

use super::super::problem::kept;
use crate::journal::issuers::{
    BEGAN, BY_NAME, BegunItem, ISSUERS, IssuerItem, LINKED, SUBJECTS, SubjectItem, began, linked, name_digest,
};
use remit_domain::{
    Event,
    delegation::{DelegatedGrant, DelegationChange, DelegationChanged},
    id::{DelegationId, IssuerId, Timestamp},
    issuer::{IssuerChange, IssuerTerms},
};
use remit_store::Found;
use std::collections::{BTreeMap, BTreeSet};

/// Those whom issuers speak of, by issuer and pseudonym.
type Subjects = BTreeMap<(String, String), SubjectItem>;

#[derive(Debug, Default)]
pub(super) struct Issuers {
    registered: BTreeMap<IssuerId, Recorded>,
    subjects: Subjects,
    /// The newest delegation that each issuer's word began, by whom it is for.
    began: BTreeMap<String, BegunItem>,
    /// What each delegation lets be done by now that an issuer's word began.
    grants: BTreeMap<DelegationId, DelegatedGrant>,
    kept: BTreeMap<String, IssuerItem>,
    by_name: BTreeMap<String, IssuerId>,
    kept_subjects: Subjects,
    /// Subjects that are listed of a customer.
    listed: BTreeSet<(String, String)>,
    kept_began: BTreeMap<String, BegunItem>,
}

/// An issuer as its records leave it.
#[derive(Debug)]
struct Recorded {
    terms: IssuerTerms,
    suspended: bool,
    registered: Timestamp,
    unread_since: Option<Timestamp>,
}

impl Issuers {
    pub(super) fn note(&mut self, event: &Event) {
        match event {
            Event::IssuerRegistered(registered) => {
                let (terms, at) = (registered.terms.clone(), registered.at);
                let new = Recorded { terms, suspended: false, registered: at, unread_since: None };
                self.registered.insert(registered.issuer, new);
            }
            Event::IssuerChanged(changed) => {
                let Some(known) = self.registered.get_mut(&changed.issuer) else { return };
                match &changed.change {
                    IssuerChange::KeysRefreshed { keys } => {
                        known.terms.keys.clone_from(keys);
                        known.unread_since = None;
                    }
                    IssuerChange::KeysReplaced { keys, jwks_uri } => {
                        known.terms.keys.clone_from(keys);
                        known.terms.jwks_uri.clone_from(jwks_uri);
                        known.unread_since = None;
                    }
                    IssuerChange::KeysUnread => known.unread_since = Some(changed.at),
                    IssuerChange::WordSet { word } => known.terms.word.clone_from(word),
                    IssuerChange::Suspended => known.suspended = true,
                    IssuerChange::Resumed => known.suspended = false,
                    IssuerChange::SubjectSet { subject, customer, disabled } => {
                        let item = SubjectItem { customer: customer.clone(), disabled: *disabled };
                        self.subjects.insert((changed.issuer.to_string(), subject.clone()), item);
                    }
                }
            }
            Event::DelegationGranted(granted) => {
                let Some(by) = &granted.asserted else { return };
                let found_by = began(by, &granted.customer, granted.delegate);
                self.grants.insert(granted.delegation, granted.grant.clone());
                let last = self.began.get(&found_by);
                let limited = last.and_then(|last| last.limited_to(self.grants.get(&last.delegation)?));
                let begun = BegunItem { delegation: granted.delegation, grant: granted.grant.clone(), limited };
                self.began.insert(found_by, begun);
            }
            Event::DelegationChanged(DelegationChanged {
                delegation,
                change: DelegationChange::Narrowed { grant },
                ..
            }) => {
                if let Some(known) = self.grants.get_mut(delegation) {
                    known.clone_from(grant);
                }
            }
            _ => {}
        }
    }

    pub(super) fn keep(&mut self, id: &str, body: &[u8]) -> serde_json::Result<()> {
        self.kept.insert(id.to_owned(), serde_json::from_slice(body)?);
        Ok(())
    }

    pub(super) fn keep_name(&mut self, digest: &str, body: &[u8]) -> serde_json::Result<()> {
        self.by_name.insert(digest.to_owned(), serde_json::from_slice(body)?);
        Ok(())
    }

    pub(super) fn keep_subject(&mut self, issuer: &str, id: &str, body: &[u8]) -> serde_json::Result<()> {
        self.kept_subjects.insert((issuer.to_owned(), id.to_owned()), serde_json::from_slice(body)?);
        Ok(())
    }

    pub(super) fn keep_listed(&mut self, customer: &str, id: &str) {
        self.listed.insert((customer.to_owned(), id.to_owned()));
    }

    pub(super) fn keep_began(&mut self, id: &str, body: &[u8]) -> serde_json::Result<()> {
        self.kept_began.insert(id.to_owned(), serde_json::from_slice(body)?);
        Ok(())
    }

    /// Names everything that is kept otherwise than it is on record.
    pub(super) fn compare(&self, found: Found<'_>) {
        let recorded: BTreeMap<String, &Recorded> =
            self.registered.iter().map(|(id, recorded)| (id.to_string(), recorded)).collect();
        for (id, recorded) in &recorded {
            match self.kept.get(id) {
                None => found(kept(ISSUERS.kind(), id, "it is not kept")),
                Some(item) if recorded.is(item) => {}
                Some(_) => found(kept(ISSUERS.kind(), id, "it is not as its records leave it")),
            }
        }
        for id in self.kept.keys().filter(|id| !recorded.contains_key(*id)) {
            found(kept(ISSUERS.kind(), id, "no record says so"));
        }
        let named = |(id, recorded): (&IssuerId, &Recorded)| {
            (name_digest(&recorded.terms.issuer, recorded.terms.tenant.as_deref()), *id)
        };
        if self.by_name != self.registered.iter().map(named).collect() {
            found(kept(BY_NAME.kind(), "all", "they are not found by the names that their records say"));
        }
        if self.kept_subjects != self.subjects {
            let of = |one: &Subjects, other: &Subjects| {
                one.iter().find(|(key, item)| other.get(*key) != Some(item)).map(|((issuer, _), _)| issuer.clone())
            };
            let whose = of(&self.kept_subjects, &self.subjects).or_else(|| of(&self.subjects, &self.kept_subjects));
            let whose = whose.unwrap_or_default();
            found(kept(SUBJECTS.trim(), &whose, "one is kept otherwise than its records leave it"));
        }
        let listed = self.subjects.iter().filter_map(|((issuer, subject), item)| {
            Some((item.customer.as_ref()?.to_string(), linked(issuer.parse().ok()?, subject)))
        });
        if self.listed != listed.collect() {
            found(kept(LINKED.trim(), "all", "they are not listed of the customers that their records say"));
        }
        if self.kept_began != self.began {
            found(kept(BEGAN.kind(), "all", "they are not those that their records say"));
        }
    }
}

impl Recorded {
    /// Whether this is what is kept of it.
    fn is(&self, item: &IssuerItem) -> bool {
        item.terms() == self.terms
            && item.suspended == self.suspended
            && item.registered == self.registered
            && item.unread_since == self.unread_since
    }
}
