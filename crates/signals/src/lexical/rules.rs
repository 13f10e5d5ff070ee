//! All rules and words of languages, found by the words of a message: each word is looked up once.

use super::words::TextWords;
use crate::readings::{Readings, Rule, pattern::BEFORE};
use foldhash::fast::FixedState;
use std::collections::HashMap;

/// By words that the bundle names: no customer chooses them, and all words of a message are looked up.
type ByWord<T> = HashMap<Box<str>, T, FixedState>;

/// What is known of a word.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// Rules of which it can begin a match, by their place in [`Readings::rules`].
    begins: Vec<u32>,
    /// Languages that it tells of: a bit for each, in the order of [`Readings::languages`].
    pub(super) languages: u64,
    /// Whether it joins or conditions.
    pub(super) joins: bool,
}

#[derive(Debug)]
pub(super) struct Index {
    by_word: ByWord<Known>,
    /// Beginnings of words by their first byte, each with a rule of which such a word can begin a match.
    by_start: Vec<Vec<(Box<str>, u32)>>,
}

impl Index {
    pub(super) fn of(readings: &Readings) -> Self {
        let mut by_word = ByWord::<Known>::default();
        let mut by_start: Vec<Vec<(Box<str>, u32)>> = (0..=u8::MAX).map(|_| Vec::new()).collect();
        for (at, rule) in (0u32..).zip(readings.rules()) {
            for word in rule.compiled.first_words() {
                let begins = &mut by_word.entry(word.into()).or_default().begins;
                if begins.last() != Some(&at) {
                    begins.push(at);
                }
            }
            for start in rule.compiled.first_starts() {
                let first = start.bytes().next().map_or(0, usize::from);
                if let Some(starts) = by_start.get_mut(first) {
                    starts.push((start.into(), at));
                }
            }
        }
        for (bit, language) in readings.languages().iter().enumerate() {
            for word in &language.words {
                by_word.entry(word.as_str().into()).or_default().languages |= 1 << bit;
            }
            for word in &language.joins {
                by_word.entry(word.as_str().into()).or_default().joins = true;
            }
        }
        Self { by_word, by_start }
    }

    /// Calls `see` with what is known of each word, and `begins` with each rule that may match from a word on.
    pub(super) fn each<'a>(
        &'a self,
        words: &TextWords,
        mut see: impl FnMut(&'a Known),
        mut begins: impl FnMut(usize, usize),
    ) {
        for (at, word) in words.iter().enumerate() {
            if let Some(known) = self.by_word.get(word) {
                see(known);
                known.begins.iter().for_each(|rule| begins(*rule as usize, at));
            }
            let first = word.bytes().next().map_or(0, usize::from);
            for (start, rule) in self.by_start.get(first).into_iter().flatten() {
                if word.starts_with(&**start) {
                    begins(*rule as usize, at);
                }
            }
        }
    }
}

impl Rule {
    /// The place behind the match that begins at `at`, unless it is taken back.
    pub(crate) fn matches_at(&self, words: &TextWords, at: usize) -> Option<usize> {
        let behind = self.compiled.matches_at(words, at)?;
        (!self.is_taken_back(words, at)).then_some(behind)
    }

    /// Whether a word before the match that begins at `at` takes it back.
    pub(crate) fn is_taken_back(&self, words: &TextWords, at: usize) -> bool {
        let mut before = (at.saturating_sub(BEFORE)..at).filter_map(|before| words.get(before));
        !self.unless.is_empty() && before.any(|word| self.unless.iter().any(|unless| unless == word))
    }
}
