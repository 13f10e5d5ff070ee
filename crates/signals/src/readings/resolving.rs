//! What a bundle says of readings, as far as it is resolved.

use super::{
    Language, Location, OWN_RULES, Rule, Situation,
    mistake::{At, Mistake, meant},
    sentences::RawSentence,
};
use std::collections::{BTreeMap, BTreeSet};

/// What a bundle says of readings beside its files.
#[derive(Debug, Clone, Default)]
pub struct Choice {
    /// The packs that it takes; all that ship where it says nothing.
    pub packs: Option<Vec<String>>,
    /// Who answers for what packs bring, unless [`Choice::owners`] says otherwise.
    pub owner: String,
    /// Who answers for what packs bring, by what is read (a situation, `wants_human`, `frustration`), or by pack.
    pub owners: BTreeMap<String, String>,
    /// Rules and situations that are switched off.
    pub off: Vec<String>,
    /// The owners that there are; anybody where none are given.
    pub known_owners: Option<BTreeSet<String>>,
}

/// Most mistakes that are told.
const MISTAKES_MAX: usize = 200;

/// A rule before it is known which situations there are.
#[derive(Debug)]
pub(super) struct PendingRule {
    pub(super) rule: Rule,
    pub(super) reads: String,
    pub(super) reads_line: usize,
}

/// A sentence before it is known which situations there are.
pub(super) type PendingSentence = (RawSentence, Location);

pub(super) struct Resolving<'a> {
    pub(super) choice: &'a Choice,
    pub(super) mistakes: Vec<Mistake>,
    pub(super) languages: Vec<Language>,
    pub(super) situations: Vec<Situation>,
    pub(super) rules: Vec<PendingRule>,
    pub(super) sentences: Vec<PendingSentence>,
    /// What was replaced: situations by name and rules by id, so that nothing is replaced twice.
    pub(super) replaced: BTreeSet<String>,
}

impl Resolving<'_> {
    pub(super) fn wrong(&mut self, at: At, message: impl Into<String>, cure: impl Into<String>) {
        if self.mistakes.len() < MISTAKES_MAX {
            self.mistakes.push(Mistake::new(at, message, cure));
        }
    }

    /// Who answers for what a pack brings of this kind.
    pub(super) fn owner_of(&self, reads: &str, pack: &str) -> String {
        let owners = &self.choice.owners;
        owners.get(reads).or_else(|| owners.get(pack)).unwrap_or(&self.choice.owner).clone()
    }

    /// Whether there is such an owner; it is told where there is not.
    pub(super) fn owner(&mut self, owner: &str, at: At, of: &str) {
        let known = self.choice.known_owners.as_ref();
        if known.is_some_and(|known| !known.contains(owner)) {
            let otherwise = "add an [[owner]] of this name to bundle.toml, or name another";
            let cure = meant(owner, known.into_iter().flatten().map(String::as_str), otherwise);
            self.wrong(at, format!("`{owner}`, named as owner of {of}, is no owner"), cure);
        }
    }

    /// Whether a name is one that the program itself gives.
    pub(super) fn is_reserved(id: &str) -> bool {
        OWN_RULES.iter().any(|(own, _)| *own == id)
    }
}
