//! Tokens, against the records of those that were made and revoked.

use super::{
    super::problem::kept,
    sides::{Coverage, Known, OTHERWISE, compare},
};
use crate::{governance::resolve_names, pipeline::authority};
use remit_domain::{Event, governance::Grant, sign_in::SessionEnded};
use remit_store::{Found, TokenRow};
use std::collections::{BTreeMap, BTreeSet};

#[derive(Debug, Default)]
pub(super) struct Tokens {
    recorded: BTreeMap<String, Grant>,
    /// Whose sessions are, by their names in records.
    people: BTreeMap<String, String>,
    revoked: BTreeSet<String>,
    kept: BTreeMap<String, (Grant, String)>,
    /// Those of which it is on record that their names were forgotten.
    forgotten: BTreeSet<String>,
    /// Tokens of before whose names are kept.
    names: BTreeSet<String>,
}

impl Tokens {
    pub(super) fn note(&mut self, event: &Event) {
        match event {
            Event::TokenMade { grant, .. } => drop(self.recorded.insert(grant.token.clone(), grant.clone())),
            Event::SessionStarted(started) => {
                self.people.insert(started.grant.token.clone(), started.person.to_string());
                drop(self.recorded.insert(started.grant.token.clone(), started.grant.clone()));
            }
            Event::TokenRevoked { token, .. } | Event::SessionEnded(SessionEnded { session: token, .. }) => {
                self.recorded.remove(token);
                self.revoked.insert(token.clone());
            }
            Event::TokenNameForgotten { forgotten } => drop(self.forgotten.insert(forgotten.token.clone())),
            _ => {}
        }
    }

    pub(super) fn keep(&mut self, row: &TokenRow) {
        self.kept.insert(row.id.clone(), (authority::grant(row), row.name.clone()));
    }

    pub(super) fn keep_name(&mut self, token: &str) {
        self.names.insert(token.to_owned());
    }

    pub(super) fn compare(&self, known: Known<'_>, held: &mut Coverage, found: Found<'_>) {
        compare("token", &self.recorded, &self.kept, found, |id, recorded, (grant, name)| {
            if self.people.get(id).is_some_and(|person| person != name) {
                return Some("it is another person's than its record says".to_owned());
            }
            // When it was made, and what it is known by, is on record since there are members for it.
            let made = grant.made.filter(|_| recorded.made.is_some());
            let digest = grant.digest.clone().filter(|_| recorded.digest.is_some());
            if *recorded != (Grant { made, digest, ..grant.clone() }) {
                return Some(OTHERWISE.to_owned());
            }
            let named = resolve_names::printable("name", name, resolve_names::NAME_MAX).is_ok();
            (!named).then(|| "it has no name by which who uses it is told".to_owned())
        });
        if self.recorded.values().any(|grant| grant.made.is_none()) {
            held.not.push(("when tokens of an earlier version were made", "it put on record when they end"));
        }
        for token in self.names.iter().filter(|token| self.kept.contains_key(*token)) {
            found(kept("name of revoked token", token, "the token stands"));
        }
        for token in self.names.intersection(&self.forgotten) {
            found(kept("name of revoked token", token, "it is on record as forgotten"));
        }
        if known.is_recorded_from_birth {
            for token in self.names.difference(&self.revoked).filter(|token| !self.kept.contains_key(*token)) {
                found(kept("name of revoked token", token, "no record says that it was revoked"));
            }
        }
    }

    pub(super) fn count(&self) -> u64 {
        self.kept.len() as u64
    }
}
