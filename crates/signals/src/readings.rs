//! Readings: the rules, situations, languages and labelled sentences by which words are read. They are policy: each has
//! an owner and a reason, and lives in a bundle or in a pack that a bundle takes by name.

pub mod check;
mod file;
mod mistake;
pub mod packs;
mod parts;
pub mod pattern;
mod resolve;
mod resolving;
mod sentences;
#[cfg(test)]
mod tests;

pub use mistake::{At, Mistake, misspelling, nearest};
pub use resolve::resolve;
pub use resolving::Choice;

pub use crate::label::{FRUSTRATED, FRUSTRATION, NONE, UNDETERMINED, WANTS_HUMAN};
use crate::label::{LEARNT, label_of};
use pattern::Pattern;
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use std::{collections::HashMap, fmt};

/// Rules of the program itself, since they look at more than words: what each says.
const OWN_RULES: [(&str, &str); 6] = [
    ("frustration.shouting", "most words are in capitals"),
    ("frustration.marks", "marks such as `!!` or `?!` stand together"),
    ("complexity.length", "it has more than 15 words"),
    ("complexity.questions", "it has more than one question"),
    ("complexity.numbers", "it has more than one number"),
    ("complexity.joins", "words such as `and` or `if` join its parts"),
];

/// Where something is declared.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Location {
    /// The pack; none where it is the bundle's own.
    pub pack: Option<String>,
    /// The file, in the pack or in the bundle.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.pack {
            Some(pack) => write!(f, "pack {pack}"),
            None => write!(f, "{}:{}", self.file, self.line),
        }
    }
}

/// What a rule reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reads {
    /// That the customer asks for a human.
    WantsHuman,
    /// That the customer is frustrated.
    Frustration,
    /// A situation, by its place in [`Readings::situations`].
    Situation(usize),
}

/// A sentence that a rule must match, or must not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleExample {
    /// The sentence.
    pub text: String,
    /// The line, from 1, in the rule's file.
    pub line: usize,
}

/// A rule.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Its name.
    pub id: String,
    /// What it reads.
    pub reads: Reads,
    /// Its pattern as it is written.
    pub pattern: String,
    /// Words that take a match back which they stand before.
    pub unless: Vec<String>,
    /// Who answers for it.
    pub owner: String,
    /// Why it is there.
    pub reason: String,
    /// Sentences that it must match.
    pub matches: Vec<RuleExample>,
    /// Sentences that it must not match.
    pub spares: Vec<RuleExample>,
    /// Where it is declared.
    pub place: Location,
    pub(crate) compiled: Pattern,
}

/// A situation in which routine is not good enough.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Situation {
    /// Its name.
    pub name: String,
    /// What people call it.
    pub title: String,
    /// Its gravity: the lower, the graver.
    pub rank: u16,
    /// Who answers for it.
    pub owner: String,
    /// Where it is declared.
    pub place: Location,
}

/// A language that is recognised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Language {
    /// Its code, such as `en`.
    pub code: String,
    /// Its name in English.
    pub name: String,
    /// Its most frequent short words.
    pub words: Vec<String>,
    /// Words that join or condition, each of which makes a message more complex.
    pub joins: Vec<String>,
    /// Where it is declared.
    pub place: Location,
}

/// A sentence with what a person says that it reads as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sentence {
    /// The sentence.
    pub text: String,
    /// Names of situations, `wants_human`, `frustrated`; none of them where it is `none`. In order.
    pub labels: Vec<String>,
    /// Where it stands.
    pub place: Location,
}

/// All that a bundle reads words by, resolved: its packs and its own.
#[derive(Debug, Clone)]
pub struct Readings {
    languages: Vec<Language>,
    situations: Vec<Situation>,
    rules: Vec<Rule>,
    sentences: Vec<Sentence>,
    by_id: HashMap<String, usize>,
    packs: Vec<String>,
    digest: [u8; 32],
}

impl Readings {
    fn new(
        packs: Vec<String>,
        languages: Vec<Language>,
        situations: Vec<Situation>,
        rules: Vec<Rule>,
        sentences: Vec<Sentence>,
    ) -> Self {
        let by_id = rules.iter().enumerate().map(|(at, rule)| (rule.id.clone(), at)).collect();
        let mut readings = Self { languages, situations, rules, sentences, by_id, packs, digest: [0; 32] };
        readings.digest = readings.digest_of_all();
        readings
    }

    /// Every rule: those of packs in the order in which they are taken, then the bundle's own.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// A rule by name.
    pub fn rule(&self, id: &str) -> Option<&Rule> {
        self.by_id.get(id).and_then(|at| self.rules.get(*at))
    }

    /// A rule in words: its name, where it comes from, who answers for it and why it is there.
    pub fn told(&self, id: &str) -> Option<String> {
        if let Some((_, says)) = OWN_RULES.iter().find(|(own, _)| *own == id) {
            return Some(format!("`{id}` of Remit itself: {says}"));
        }
        if let Some(label) = id.strip_prefix(LEARNT) {
            let count = self.sentences.iter().filter(|sentence| sentence.labels.iter().any(|one| one == label)).count();
            let of_rules = || self.rules.iter().find(|rule| label_of(self.name_of(&rule.reads)) == label);
            let owner = self.situation(label).map(|situation| situation.owner.as_str());
            let owner = owner.or_else(|| of_rules().map(|rule| rule.owner.as_str())).unwrap_or_default();
            return Some(format!("learnt from {count} sentences that read as `{label}`, owned by {owner}"));
        }
        self.rule(id).map(|rule| {
            let reason = rule.reason.trim_end_matches('.');
            format!("rule `{id}` of {}, owned by {}: {reason}", rule.place, rule.owner)
        })
    }

    /// Every situation, the gravest first.
    pub fn situations(&self) -> &[Situation] {
        &self.situations
    }

    /// A situation by name.
    pub fn situation(&self, name: &str) -> Option<&Situation> {
        self.situations.iter().find(|situation| situation.name == name)
    }

    /// The name of what a rule reads.
    pub fn name_of<'a>(&'a self, reads: &Reads) -> &'a str {
        match reads {
            Reads::WantsHuman => WANTS_HUMAN,
            Reads::Frustration => FRUSTRATION,
            Reads::Situation(at) => self.situations.get(*at).map_or(NONE, |situation| situation.name.as_str()),
        }
    }

    /// Every language that is recognised.
    pub fn languages(&self) -> &[Language] {
        &self.languages
    }

    /// The labelled sentences, from which a reader can learn.
    pub fn sentences(&self) -> &[Sentence] {
        &self.sentences
    }

    /// The packs that were taken, by name.
    pub fn packs(&self) -> &[String] {
        &self.packs
    }

    /// SHA-256 over all that has a part in what is read and who answers for it, packs by their content: a pack may
    /// change with Remit's version while its name, and so the bundle that takes it, stay the same.
    pub fn digest(&self) -> [u8; 32] {
        self.digest
    }

    fn digest_of_all(&self) -> [u8; 32] {
        #[derive(Serialize)]
        struct All<'a> {
            version: u8,
            languages: Vec<(&'a str, &'a [String], &'a [String])>,
            situations: Vec<(&'a str, &'a str, u16, &'a str)>,
            rules: Vec<RuleParts<'a>>,
            sentences: Vec<(&'a str, &'a [String])>,
        }
        #[derive(Serialize)]
        struct RuleParts<'a> {
            id: &'a str,
            reads: &'a str,
            pattern: &'a str,
            unless: &'a [String],
            owner: &'a str,
            reason: &'a str,
        }
        let all = All {
            version: 1,
            languages: self.languages.iter().map(|l| (l.code.as_str(), &l.words[..], &l.joins[..])).collect(),
            situations: self
                .situations
                .iter()
                .map(|s| (s.name.as_str(), s.title.as_str(), s.rank, s.owner.as_str()))
                .collect(),
            rules: self
                .rules
                .iter()
                .map(|rule| RuleParts {
                    id: &rule.id,
                    reads: self.name_of(&rule.reads),
                    pattern: &rule.pattern,
                    unless: &rule.unless,
                    owner: &rule.owner,
                    reason: &rule.reason,
                })
                .collect(),
            sentences: self.sentences.iter().map(|s| (s.text.as_str(), &s.labels[..])).collect(),
        };
        // Of strings and numbers alone, so that it always serialises.
        Sha256::digest(serde_json::to_vec(&all).unwrap_or_default()).into()
    }
}
