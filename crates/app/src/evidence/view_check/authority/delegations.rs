//! Delegates and delegations, against the records of those that were registered, granted, changed and ended; and the
//! cases that were opened under them.

use super::super::problem::kept;
use crate::{
    digest,
    journal::delegations::{
        BY_DOCUMENT, CONSENTS, ConsentItem, DELEGATES, DELEGATIONS, DelegateItem, DelegatedCase, REVOKED_TOKENS,
        RevokedToken, link_on_record,
    },
    vault::keys::Keys,
};
use remit_domain::{
    Event,
    delegation::{
        ConsentAsked, DelegateChange, DelegateTerms, Delegation, DelegationChange, DelegationUsed, KeyAddress,
    },
    id::{CaseId, DelegateId, DelegationId, Timestamp},
};
use remit_store::Found;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Debug, Default)]
pub(super) struct Delegations {
    registered: BTreeMap<DelegateId, Recorded>,
    granted: BTreeMap<DelegationId, Delegation>,
    /// What customers were asked and is not on record as answered, by what its link is called in records.
    asked: BTreeMap<String, ConsentAsked>,
    /// Access tokens that were revoked, until when each would have counted.
    revoked: BTreeMap<String, Timestamp>,
    /// Cases that were opened, with the delegation and whether each is a question.
    used: BTreeMap<CaseId, (DelegationId, Option<DelegationId>, bool)>,
    /// The moment of the newest record of it.
    newest: Option<Timestamp>,
    kept_delegates: BTreeMap<String, DelegateItem>,
    /// Delegates by the digest of the address that each is called by.
    by_document: BTreeMap<String, DelegateId>,
    kept: BTreeMap<String, Delegation>,
    kept_consents: BTreeMap<String, ConsentItem>,
    kept_revoked: BTreeMap<String, Timestamp>,
    /// How many each customer granted.
    counts: BTreeMap<String, u32>,
    /// Delegations that are listed of a customer.
    listed: BTreeSet<(String, String)>,
    /// Cases, by the delegation that they are listed under.
    cases: Vec<(String, String, DelegatedCase)>,
}

/// A delegate as its records leave it.
#[derive(Debug)]
struct Recorded {
    terms: DelegateTerms,
    suspended: bool,
    registered: Timestamp,
    keys_since: Timestamp,
    unread_since: Option<Timestamp>,
}

impl Delegations {
    pub(super) fn note(&mut self, event: &Event) {
        match event {
            Event::DelegateRegistered(registered) => {
                let (terms, registered_at) = (registered.terms.clone(), registered.at);
                let new = Recorded {
                    terms,
                    suspended: false,
                    registered: registered_at,
                    keys_since: Timestamp::default(),
                    unread_since: None,
                };
                self.registered.insert(registered.delegate, new);
            }
            Event::DelegateChanged(changed) => {
                let Some(known) = self.registered.get_mut(&changed.delegate) else { return };
                match &changed.change {
                    DelegateChange::KeysReplaced { keys } => {
                        known.terms.keys.clone_from(keys);
                        known.keys_since = changed.at;
                    }
                    DelegateChange::Refreshed { keys, redirects } => {
                        known.terms.keys.clone_from(keys);
                        known.terms.redirects.clone_from(redirects);
                        known.unread_since = None;
                    }
                    DelegateChange::Unread => known.unread_since = Some(changed.at),
                    DelegateChange::Suspended => known.suspended = true,
                    DelegateChange::Resumed => known.suspended = false,
                }
            }
            Event::ConsentAsked(asked) => {
                self.asked.insert(asked.link.clone(), (**asked).clone());
                self.newest = self.newest.max(Some(asked.at));
            }
            Event::ConsentEnded(ended) => {
                self.asked.remove(&ended.link);
            }
            Event::DelegationGranted(granted) => {
                if let Some(consent) = &granted.consent {
                    self.asked.remove(&consent.link);
                }
                self.granted.insert(granted.delegation, Delegation::from(&**granted));
            }
            Event::DelegationChanged(changed) => {
                if let Some(known) = self.granted.get_mut(&changed.delegation) {
                    *known = known.clone().changed_by(&changed.change, changed.at);
                }
                if let DelegationChange::TokenRevoked { token, until } = &changed.change {
                    self.revoked.insert(token.clone(), *until);
                    self.newest = self.newest.max(Some(changed.at));
                }
            }
            Event::DelegationUsed(DelegationUsed { delegation, under, case, question, .. }) => {
                self.used.insert(*case, (*delegation, *under, *question));
            }
            _ => {}
        }
    }

    pub(super) fn keep_count(&mut self, id: &str, body: &[u8]) -> serde_json::Result<()> {
        self.counts.insert(id.to_owned(), serde_json::from_slice(body)?);
        Ok(())
    }

    pub(super) fn keep_consent(&mut self, id: &str, body: &[u8]) -> serde_json::Result<()> {
        self.kept_consents.insert(id.to_owned(), serde_json::from_slice(body)?);
        Ok(())
    }

    pub(super) fn keep_revoked(&mut self, id: &str, body: &[u8]) -> serde_json::Result<()> {
        let RevokedToken { until } = serde_json::from_slice(body)?;
        self.kept_revoked.insert(id.to_owned(), until);
        Ok(())
    }

    pub(super) fn keep_delegate(&mut self, id: &str, body: &[u8]) -> serde_json::Result<()> {
        self.kept_delegates.insert(id.to_owned(), serde_json::from_slice(body)?);
        Ok(())
    }

    pub(super) fn keep_document(&mut self, digest: &str, body: &[u8]) -> serde_json::Result<()> {
        self.by_document.insert(digest.to_owned(), serde_json::from_slice(body)?);
        Ok(())
    }

    pub(super) fn keep(&mut self, id: &str, body: &[u8]) -> serde_json::Result<()> {
        self.kept.insert(id.to_owned(), serde_json::from_slice(body)?);
        Ok(())
    }

    pub(super) fn keep_listed(&mut self, customer: &str, id: &str) {
        self.listed.insert((customer.to_owned(), id.to_owned()));
    }

    pub(super) fn keep_case(&mut self, root: &str, id: &str, body: &[u8]) -> serde_json::Result<()> {
        self.cases.push((root.to_owned(), id.to_owned(), serde_json::from_slice(body)?));
        Ok(())
    }

    /// Names everything that is kept otherwise than it is on record.
    pub(super) fn compare(&self, keys: Option<&Keys>, found: Found<'_>) {
        self.compare_asked(found);
        let kind = DELEGATES.kind().to_owned();
        for (id, recorded) in &self.registered {
            let id = id.to_string();
            match self.kept_delegates.get(&id) {
                None => found(kept(&kind, &id, "it is not kept")),
                Some(item) if recorded.is(&id, item, keys) => {}
                Some(_) => found(kept(&kind, &id, "it is not as its records leave it")),
            }
        }
        let is_registered = |id: &str| id.parse().is_ok_and(|id: DelegateId| self.registered.contains_key(&id));
        for id in self.kept_delegates.keys().filter(|id| !is_registered(id)) {
            found(kept(&kind, id, "no record says so"));
        }
        self.compare_documents(found);
        let kind = DELEGATIONS.kind().to_owned();
        for (id, granted) in &self.granted {
            let id = id.to_string();
            match self.kept.get(&id) {
                None => found(kept(&kind, &id, "it is not kept")),
                Some(one) if one == granted => {}
                Some(_) => found(kept(&kind, &id, "it is not as its records leave it")),
            }
            if !self.listed.contains(&(listed_under(granted), id.clone())) {
                found(kept(&kind, &id, "it is not listed of its customer, or of the one that it is narrowed from"));
            }
        }
        let granted = |id: &str| id.parse().ok().and_then(|id: DelegationId| self.granted.get(&id));
        for id in self.kept.keys().filter(|id| granted(id).is_none()) {
            found(kept(&kind, id, "no record says so"));
        }
        for (customer, id) in &self.listed {
            if granted(id).is_none_or(|one| listed_under(one) != *customer) {
                found(kept("delegations of", customer, "one is listed that no record says they granted"));
            }
        }
        let mut unlisted = self.used.clone();
        for (root, id, case) in &self.cases {
            let is_named = case.case.to_string() == *id;
            let used = unlisted.remove(&case.case);
            let as_opened = |(of, under, question): (DelegationId, Option<DelegationId>, bool)| {
                let last = case.chain.last().copied().unwrap_or(of);
                of.to_string() == *root && question == case.question && last == under.unwrap_or(of)
            };
            if !is_named || !used.is_some_and(as_opened) {
                found(kept("cases under", root, "one is listed otherwise than it was opened"));
            }
        }
        for (case, (root, ..)) in unlisted {
            found(kept("cases under", &root.to_string(), &format!("{case} was opened under it, and is not listed")));
        }
        let mut counts: BTreeMap<String, u32> = BTreeMap::new();
        for one in self.granted.values() {
            *counts.entry(listed_under(one)).or_default() += 1;
        }
        for (customer, count) in &self.counts {
            if counts.get(customer).copied().unwrap_or_default() != *count {
                found(kept("delegations of", customer, "as many as are counted were not granted"));
            }
        }
    }

    /// Which delegates are called by which addresses.
    fn compare_documents(&self, found: Found<'_>) {
        let called = self.registered.iter().filter_map(|(id, recorded)| match &recorded.terms.keys_at {
            Some(KeyAddress::ClientDocument(url)) => Some((digest::of_secret(url).to_string(), *id)),
            _ => None,
        });
        let called: BTreeMap<String, DelegateId> = called.collect();
        for (digest, id) in &called {
            if self.by_document.get(digest) != Some(id) {
                found(kept(BY_DOCUMENT.kind(), &id.to_string(), "it is not found by the address that it is called by"));
            }
        }
        for (digest, id) in self.by_document.iter().filter(|(digest, _)| !called.contains_key(*digest)) {
            let what = format!("no record says that {id} is called by the address of this digest");
            found(kept(BY_DOCUMENT.kind(), digest, &what));
        }
    }

    /// What customers were asked, and tokens that were revoked. What had ended by the newest record of such may be kept
    /// or not: it gives nobody anything, and is forgotten by and by.
    fn compare_asked(&self, found: Found<'_>) {
        let lasts = |until: Timestamp| Some(until) > self.newest;
        let mut asked: BTreeMap<&str, &ConsentAsked> = self.asked.iter().map(|(link, one)| (&**link, one)).collect();
        for (digest, item) in &self.kept_consents {
            let link = link_on_record(digest);
            let recorded = asked.remove(link.as_str());
            if recorded.is_none_or(|one| item.asked(digest, one.at) != *one) {
                found(kept(CONSENTS.kind(), &link, "no record says that it was asked so"));
            }
        }
        for (link, one) in asked.into_iter().filter(|(_, one)| lasts(one.expires)) {
            let how = "it can be answered by its records, and is not kept";
            found(kept(CONSENTS.kind(), link, &format!("{how} (delegate {})", one.delegate)));
        }
        let kind = REVOKED_TOKENS.kind().to_owned();
        for (token, until) in &self.kept_revoked {
            if self.revoked.get(token) != Some(until) {
                found(kept(&kind, token, "no record says so"));
            }
        }
        let forgotten =
            |(token, until): &(&String, &Timestamp)| lasts(**until) && !self.kept_revoked.contains_key(*token);
        for (token, _) in self.revoked.iter().filter(forgotten) {
            found(kept(&kind, token, "it is not kept"));
        }
    }
}

/// Under whom a delegation is listed: its customer, or the one that it is narrowed from.
fn listed_under(one: &Delegation) -> String {
    one.parent.map_or_else(|| one.customer.to_string(), |parent| parent.to_string())
}

impl Recorded {
    /// Whether this is what is kept of it. Its name can be compared where the keys are there.
    fn is(&self, id: &str, item: &DelegateItem, keys: Option<&Keys>) -> bool {
        let name = keys.map(|keys| keys.delegate_name_on_record(id, &item.name));
        let is_named = match (&self.terms.name, name) {
            (Some(recorded), Some(kept)) => *recorded == kept,
            _ => true,
        };
        is_named
            && item.class == self.terms.class
            && item.owner == self.terms.owner
            && item.redirects == self.terms.redirects
            && item.keys_at == self.terms.keys_at
            && item.unread_since == self.unread_since
            && item.suspended == self.suspended
            && item.registered == self.registered
            && item.keys_since == self.keys_since
            && item.thumbprints() == self.terms.keys
    }
}
