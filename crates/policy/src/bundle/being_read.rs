//! A manifest that is being read, and what is found wrong with it.

use super::parts::MANIFEST;
use crate::{
    cedar::Vocabulary,
    finding::{Finding, line_of},
    manifest::Manifest,
};
use remit_domain::id::OwnerId;
use std::collections::BTreeSet;

/// Reads the manifest's parts, noting what is wrong.
pub(super) struct Reading<'a> {
    pub(super) text: &'a str,
    pub(super) manifest: &'a Manifest,
    pub(super) vocabulary: &'a Vocabulary,
    pub(super) owners: &'a BTreeSet<String>,
    pub(super) findings: &'a mut Vec<Finding>,
}

impl Reading<'_> {
    pub(super) fn wrong(&mut self, near: &str, message: impl Into<String>, cure: &str) {
        let (declared, anywhere) = (format!("name = \"{near}\""), format!("\"{near}\""));
        let line = line_of(self.text, if self.text.contains(&declared) { &declared } else { &anywhere });
        self.findings.push(Finding::new(MANIFEST, line, message, cure));
    }

    pub(super) fn owner(&mut self, name: &str, of: &str) -> Option<OwnerId> {
        if !self.owners.contains(name) {
            self.wrong(
                name,
                format!("`{name}`, named as owner by {of}, is no owner"),
                "add an [[owner]] of this name, or name another",
            );
        }
        let owner = OwnerId::new(name);
        if let Err(error) = &owner {
            self.wrong(name, error.to_string(), "rename it");
        }
        owner.ok()
    }
}
