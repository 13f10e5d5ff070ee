//! Holds every rule against the sentences that it must and must not match.

use super::{
    Readings, Rule, RuleExample,
    mistake::{At, Mistake},
};
use crate::lexical::words::TextWords;

/// What the sentences of all rules showed.
#[derive(Debug, Clone, Default)]
pub struct Checked {
    /// Sentences that are read as they must be.
    pub held: usize,
    /// Those that are not, by rule, file and line.
    pub failed: Vec<Mistake>,
}

/// Reads the sentences of every rule.
pub fn check(readings: &Readings) -> Checked {
    let mut checked = Checked::default();
    for rule in readings.rules() {
        let wanted = rule.matches.iter().map(|example| (example, true));
        for (example, want) in wanted.chain(rule.spares.iter().map(|example| (example, false))) {
            if rule.is_in(&example.text) == want {
                checked.held += 1;
            } else {
                checked.failed.push(failed(rule, example, want));
            }
        }
    }
    checked
}

impl Rule {
    /// Whether the rule matches anywhere in `text`.
    pub fn is_in(&self, text: &str) -> bool {
        let words = TextWords::of(text);
        (0..words.len()).any(|at| self.matches_at(&words, at).is_some())
    }
}

fn failed(rule: &Rule, example: &RuleExample, want: bool) -> Mistake {
    let file = match &rule.place.pack {
        Some(pack) => format!("pack {pack}/{}", rule.place.file),
        None => rule.place.file.clone(),
    };
    let must = if want { "must match, and does not match" } else { "must not match, and matches" };
    Mistake::new(
        At::File(file, example.line),
        format!("rule `{}` {must} \"{}\"", rule.id, example.text),
        "correct the pattern, or the sentence if the pattern is right",
    )
}
