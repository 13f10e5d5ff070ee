//! Reconciliations, against their records: what each came to, which one found what first, and of what somebody is still
//! to be told.

use super::super::problem::kept;
use crate::reconciliation::{FOUND, FirstStated, FirstStatedDigest, RECONCILIATIONS, STATED, ToTell};
use remit_domain::{Event, id::ReconciliationId, reconciliation::Reconciliation};
use remit_store::{Found, OutboxRow};
use std::collections::{BTreeMap, HashSet};

/// What is on record of reconciliations, and what is kept.
#[derive(Debug, Default)]
pub(super) struct Reconciliations {
    made: BTreeMap<ReconciliationId, Reconciliation>,
    /// What each found first, by what makes it the same one: in this version, and in earlier ones.
    first: Vec<(String, String, ReconciliationId)>,
    stated: BTreeMap<ReconciliationId, FirstStatedDigest>,
    kept: BTreeMap<String, Reconciliation>,
    kept_first: BTreeMap<String, ReconciliationId>,
    rows: Vec<(String, String, Option<ToTell>)>,
}

impl Reconciliations {
    /// Notes a record.
    pub(super) fn note(&mut self, event: &Event) {
        let Event::Reconciled(one) = event else { return };
        for discrepancy in one.discrepancies.iter().filter(|discrepancy| discrepancy.since.is_none()) {
            let earlier = discrepancy.earlier_identity(&one.connector);
            self.first.push((discrepancy.identity(&one.connector), earlier, one.id));
        }
        self.made.insert(one.id, (**one).clone());
    }

    /// Notes what is kept of one.
    pub(super) fn keep(&mut self, id: &str, body: &[u8]) -> serde_json::Result<()> {
        self.kept.insert(id.to_owned(), serde_json::from_slice(body)?);
        Ok(())
    }

    /// Notes which one is kept as the first to find something.
    pub(super) fn keep_found(&mut self, identity: &str, body: &[u8]) -> serde_json::Result<()> {
        self.kept_first.insert(identity.to_owned(), serde_json::from_slice(body)?);
        Ok(())
    }

    /// Notes what the first statement is kept to have said of a request. They come in the order of their requests.
    pub(super) fn keep_stated(&mut self, request: &str, body: &[u8]) -> serde_json::Result<()> {
        let first: FirstStated = serde_json::from_slice(body)?;
        match first.reconciliation {
            Some(reconciliation) => self.stated.entry(reconciliation).or_default().add(request, &first),
            // An earlier version kept it, whose records do not say so.
            None => Ok(()),
        }
    }

    /// Notes of what somebody is to be told.
    pub(super) fn keep_row(&mut self, row: &OutboxRow) {
        self.rows.push((row.id.clone(), row.case.clone(), serde_json::from_slice(&row.body).ok()));
    }

    /// Names everything that is kept otherwise than it is on record.
    pub(super) fn compare(&self, found: Found<'_>) {
        let kind = RECONCILIATIONS;
        let kind = kind.kind();
        for (id, made) in &self.made {
            match self.kept.get(&id.to_string()) {
                Some(one) if one == made => {}
                Some(_) => found(kept(kind, &id.to_string(), "it is not what its record makes of it")),
                None => found(kept(kind, &id.to_string(), "it is not kept")),
            }
        }
        let is_made = |id: &str| id.parse().is_ok_and(|id: ReconciliationId| self.made.contains_key(&id));
        for id in self.kept.keys().filter(|id| !is_made(id)) {
            found(kept(kind, id, "no record says so"));
        }
        let kind = FOUND;
        let kind = kind.kind();
        for (identity, earlier, id) in &self.first {
            let is_kept = |identity: &String| self.kept_first.get(identity) == Some(id);
            // An earlier version took more for the same one: one of them is kept for all.
            if !is_kept(identity) && !self.kept_first.contains_key(earlier) {
                found(kept(kind, identity, "it is not kept as its record says"));
            }
        }
        let said: HashSet<&String> = self.first.iter().flat_map(|(identity, earlier, _)| [identity, earlier]).collect();
        for identity in self.kept_first.keys().filter(|identity| !said.contains(identity)) {
            found(kept(kind, identity, "no record says so"));
        }
        for (id, made) in &self.made {
            if self.stated.get(id).cloned().map(FirstStatedDigest::digest) != made.first {
                found(kept(STATED, &id.to_string(), "what it was the first to say of requests is not what is kept"));
            }
        }
        for id in self.stated.keys().filter(|id| !self.made.contains_key(id)) {
            found(kept(STATED, &id.to_string(), "no record says so"));
        }
        for (id, case, tell) in &self.rows {
            let of = tell.and_then(|tell| self.made.get(&tell.reconciliation)?.discrepancies.get(tell.nth));
            if of.and_then(|of| of.case).is_none_or(|known| known.to_string() != *case) {
                found(kept("what remains to be done", id, "no reconciliation found it"));
            }
        }
    }
}
