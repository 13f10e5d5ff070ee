//! Delegates and delegations, against the records of those that were registered, granted, changed and ended; and the
//! cases that were opened under them.

use super::super::problem::kept;
use crate::journal::delegations::{DELEGATES, DELEGATIONS, DelegateItem, DelegatedCase};
use remit_domain::{
    Event,
    delegation::{DelegateChange, DelegateTerms, Delegation},
    id::{CustomerId, DelegateId, DelegationId},
};
use remit_store::Found;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Debug, Default)]
pub(super) struct Delegations {
    registered: BTreeMap<DelegateId, (DelegateTerms, bool)>,
    granted: BTreeMap<DelegationId, Delegation>,
    kept_delegates: BTreeMap<String, DelegateItem>,
    kept: BTreeMap<String, Delegation>,
    /// Delegations that are listed of a customer.
    listed: BTreeSet<(String, String)>,
    /// Cases, by the delegation that they are listed under.
    cases: Vec<(String, String, DelegatedCase)>,
}

impl Delegations {
    pub(super) fn note(&mut self, event: &Event) {
        match event {
            Event::DelegateRegistered(registered) => {
                self.registered.insert(registered.delegate, (registered.terms.clone(), false));
            }
            Event::DelegateChanged(changed) => {
                let Some((terms, suspended)) = self.registered.get_mut(&changed.delegate) else { return };
                match &changed.change {
                    DelegateChange::KeysReplaced { keys } => terms.keys.clone_from(keys),
                    DelegateChange::Suspended => *suspended = true,
                    DelegateChange::Resumed => *suspended = false,
                }
            }
            Event::DelegationGranted(granted) => {
                self.granted.insert(granted.delegation, Delegation::from(&**granted));
            }
            Event::DelegationChanged(changed) => {
                if let Some(known) = self.granted.get_mut(&changed.delegation) {
                    *known = known.clone().changed_by(&changed.change, changed.at);
                }
            }
            _ => {}
        }
    }

    pub(super) fn keep_delegate(&mut self, id: &str, body: &[u8]) -> serde_json::Result<()> {
        self.kept_delegates.insert(id.to_owned(), serde_json::from_slice(body)?);
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
    pub(super) fn compare(&self, found: Found<'_>) {
        let kind = DELEGATES.kind().to_owned();
        for (id, (terms, suspended)) in &self.registered {
            let id = id.to_string();
            match self.kept_delegates.get(&id) {
                None => found(kept(&kind, &id, "it is not kept")),
                Some(item) if is_as_recorded(item, terms, *suspended) => {}
                Some(_) => found(kept(&kind, &id, "it is not as its records leave it")),
            }
        }
        let is_registered = |id: &str| id.parse().is_ok_and(|id: DelegateId| self.registered.contains_key(&id));
        for id in self.kept_delegates.keys().filter(|id| !is_registered(id)) {
            found(kept(&kind, id, "no record says so"));
        }
        let kind = DELEGATIONS.kind().to_owned();
        for (id, granted) in &self.granted {
            let id = id.to_string();
            match self.kept.get(&id) {
                None => found(kept(&kind, &id, "it is not kept")),
                Some(one) if one == granted => {}
                Some(_) => found(kept(&kind, &id, "it is not as its records leave it")),
            }
            if granted.parent.is_none() && !self.listed.contains(&(granted.customer.to_string(), id.clone())) {
                found(kept(&kind, &id, "it is not listed of its customer"));
            }
        }
        let granted = |id: &str| id.parse().ok().and_then(|id: DelegationId| self.granted.get(&id));
        for id in self.kept.keys().filter(|id| granted(id).is_none()) {
            found(kept(&kind, id, "no record says so"));
        }
        for (customer, id) in &self.listed {
            let of = |customer: &str| CustomerId::try_from(customer.to_owned()).ok();
            if granted(id).is_none_or(|one| Some(&one.customer) != of(customer).as_ref()) {
                found(kept("delegations of", customer, "one is listed that no record says they granted"));
            }
        }
        for (root, id, case) in &self.cases {
            if granted(root).is_none_or(|one| one.parent.is_some()) || case.case.to_string() != *id {
                found(kept("cases under", root, "one is listed otherwise than it was opened"));
            }
        }
    }
}

/// Whether what is kept of a delegate is what its records leave of it. Its name is in no record.
fn is_as_recorded(item: &DelegateItem, terms: &DelegateTerms, suspended: bool) -> bool {
    item.class == terms.class
        && item.owner == terms.owner
        && item.redirects == terms.redirects
        && item.suspended == suspended
        && item.thumbprints() == terms.keys
}
