//! Levels that capacity is planned on, and what is proposed in their place, against the records of both.

use super::super::problem::kept;
use crate::journal::baselines::{self, BASELINES, PROPOSALS};
use remit_domain::{
    Event,
    baseline::{KnownBaseline, KnownProposal},
};
use remit_store::Found;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;

#[derive(Debug, Default)]
pub(super) struct Baselines {
    recorded: BTreeMap<String, KnownBaseline>,
    proposed: BTreeMap<String, KnownProposal>,
    kept: BTreeMap<String, KnownBaseline>,
    kept_proposals: BTreeMap<String, KnownProposal>,
}

impl Baselines {
    pub(super) fn note(&mut self, event: &Event) {
        let Event::BaselineChanged(record) = event else { return };
        let name = baselines::name(&record.queue, record.measure);
        let before = self.recorded.remove(&name);
        if let Some(known) = KnownBaseline::after(before, record) {
            self.recorded.insert(name, known);
        }
        if let Some(id) = record.proposal() {
            let before = self.proposed.remove(&id.to_string());
            if let Some(known) = KnownProposal::after(before, record) {
                self.proposed.insert(id.to_string(), known);
            }
        }
    }

    pub(super) fn keep(&mut self, name: &str, body: &[u8]) -> serde_json::Result<()> {
        into(&mut self.kept, name, body)
    }

    pub(super) fn keep_proposal(&mut self, id: &str, body: &[u8]) -> serde_json::Result<()> {
        into(&mut self.kept_proposals, id, body)
    }

    /// Names everything that is kept otherwise than it is on record.
    pub(super) fn compare(&self, found: Found<'_>) {
        differences(BASELINES.kind(), &self.recorded, &self.kept, found);
        differences(PROPOSALS.kind(), &self.proposed, &self.kept_proposals, found);
    }
}

fn into<T: DeserializeOwned>(kept: &mut BTreeMap<String, T>, name: &str, body: &[u8]) -> serde_json::Result<()> {
    kept.insert(name.to_owned(), serde_json::from_slice(body)?);
    Ok(())
}

fn differences<T: PartialEq>(
    kind: &str,
    recorded: &BTreeMap<String, T>,
    known: &BTreeMap<String, T>,
    found: Found<'_>,
) {
    for (name, recorded) in recorded {
        match known.get(name) {
            None => found(kept(kind, name, "it is not kept")),
            Some(one) if one == recorded => {}
            Some(_) => found(kept(kind, name, "it is not as its records leave it")),
        }
    }
    for name in known.keys().filter(|name| !recorded.contains_key(*name)) {
        found(kept(kind, name, "no record says so"));
    }
}
