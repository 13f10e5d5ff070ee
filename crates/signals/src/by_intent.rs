//! How well a classifier tells each intent, and what it takes it for.

use std::{cmp::Reverse, collections::BTreeMap};

/// What became of one intent's messages.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct ByIntent {
    /// The intent.
    pub intent: String,
    /// How many messages have it.
    pub messages: usize,
    /// How many of them are told right.
    pub right: usize,
    /// How many of them the classifier is sure enough of to be followed.
    pub kept: usize,
    /// The intents that the others are taken for, the most frequent first.
    pub taken_for: Vec<TakenFor>,
}

/// What an intent is taken for.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct TakenFor {
    /// The other intent.
    pub intent: String,
    /// How many messages.
    pub times: usize,
}

/// Other intents that are named for one.
const TAKEN_FOR_MAX: usize = 3;

impl ByIntent {
    /// How many are told wrong.
    pub fn wrong(&self) -> usize {
        self.messages.saturating_sub(self.right)
    }

    /// From each message's right intent, the one that it was taken for, and whether the classifier was sure enough;
    /// those of which the most are told wrong first.
    pub(crate) fn of<'a>(judged: impl Iterator<Item = (&'a str, &'a str, bool)>) -> Vec<Self> {
        let mut rows: BTreeMap<&str, (usize, usize, BTreeMap<&str, usize>)> = BTreeMap::new();
        for (is, best, kept) in judged {
            let (messages, sure, best_of) = rows.entry(is).or_default();
            *messages += 1;
            *sure += usize::from(kept);
            *best_of.entry(best).or_default() += 1;
        }
        let row = |(intent, (messages, kept, mut best_of)): (&str, (usize, usize, BTreeMap<&str, usize>))| {
            let right = best_of.remove(intent).unwrap_or_default();
            let mut others: Vec<(&str, usize)> = best_of.into_iter().collect();
            others.sort_by_key(|(_, times)| Reverse(*times));
            let taken = |(intent, times): (&str, usize)| TakenFor { intent: intent.to_owned(), times };
            let taken_for = others.into_iter().take(TAKEN_FOR_MAX).map(taken).collect();
            Self { intent: intent.to_owned(), messages, right, kept, taken_for }
        };
        let mut all: Vec<Self> = rows.into_iter().map(row).collect();
        all.sort_by_key(|row| Reverse(row.wrong()));
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_comes_first_and_says_what_it_is_taken_for() {
        let judged = [("a", "a", true), ("b", "a", false), ("b", "c", true), ("b", "c", false), ("b", "b", true)];
        let found = ByIntent::of(judged.into_iter());
        let taken_for = |intent: &str, times| TakenFor { intent: intent.to_owned(), times };
        let b = ByIntent {
            intent: "b".to_owned(),
            messages: 4,
            right: 1,
            kept: 2,
            taken_for: vec![taken_for("c", 2), taken_for("a", 1)],
        };
        let a = ByIntent { intent: "a".to_owned(), messages: 1, right: 1, kept: 1, taken_for: Vec::new() };
        assert_eq!(found, [b, a]);
    }
}
