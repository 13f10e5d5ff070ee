//! A manifest that is being read, and what is found wrong with it.

use super::parts::MANIFEST;
use crate::{
    cedar::SchemaVocabulary,
    finding::{Fault, Finding},
    manifest::Manifest,
    places::{Places, TomlPath},
};
use remit_domain::id::OwnerId;
use remit_signals::readings::nearest;
use std::collections::BTreeSet;

/// Reads the manifest's parts, noting what is wrong.
pub(super) struct Reading<'a> {
    pub(super) places: &'a Places<'a>,
    pub(super) manifest: &'a Manifest,
    pub(super) vocabulary: &'a SchemaVocabulary,
    pub(super) owners: &'a BTreeSet<String>,
    pub(super) findings: &'a mut Vec<Finding>,
}

impl Reading<'_> {
    /// Notes what is wrong with a part of the manifest.
    pub(super) fn wrong_at(&mut self, place: &TomlPath, message: impl Into<String>, cure: &str) {
        self.findings.push(Finding::new(MANIFEST, self.places.line(place), message, cure));
    }

    /// Says of what was noted last that it is this fault.
    pub(super) fn which_is(&mut self, fault: Fault) {
        if let Some(last) = self.findings.last_mut() {
            last.is_too(fault);
        }
    }

    /// Says of what was noted last that it follows from this fault, where that is found.
    pub(super) fn which_follows(&mut self, fault: Fault) {
        if let Some(last) = self.findings.pop() {
            self.findings.push(last.follows(fault));
        }
    }

    /// The owner that a part names, for what `of` says.
    pub(super) fn owner(&mut self, name: &str, of: &str, place: &TomlPath) -> Option<OwnerId> {
        let owner = OwnerId::new(name);
        if let Err(error) = &owner {
            self.wrong_at(place, error.to_string(), "rename it");
            return None;
        }
        if !self.owners.contains(name) {
            self.wrong_at(
                place,
                format!("`{name}`, named as owner by {of}, is no owner"),
                "add an [[owner]] of this name, or name another",
            );
            self.which_follows(Fault::Owner(name.to_owned()));
        }
        owner.ok()
    }
}

/// What a queue means that names what there is not: of `all`, the nearest that no queue uses, or the only one.
pub(super) fn meant<'a>(
    name: &str,
    all: impl Iterator<Item = &'a str>,
    used: impl Iterator<Item = &'a str> + Clone,
) -> Option<&'a str> {
    let unused: Vec<&str> = all.filter(|one| !used.clone().any(|used| used == *one)).collect();
    match unused.as_slice() {
        [only] => Some(*only),
        several => nearest(name, several.iter().copied()),
    }
}
