//! Whether a classifier has seen enough like a text to be sure of it: one word, a number or unknown words say too
//! little, however far they lie from all intents but one.

use crate::features::{Vocabulary, hash_of_words};
use std::collections::BTreeSet;

/// Up to how many words a text is short.
const SHORT: usize = 2;
/// Share of a text's words that must be known.
const KNOWN_LEAST: f64 = 0.34;
/// Words of a text that are looked at.
const WORDS_MAX: usize = 100;

/// The short examples that a classifier has learnt from, by their hashes.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct ShortExamples(pub(crate) BTreeSet<u64>);

impl ShortExamples {
    pub(crate) fn of<'a>(texts: impl Iterator<Item = &'a str>) -> Self {
        Self(texts.map(words).filter(|words| words.len() <= SHORT).map(|words| hash_of_words(&words)).collect())
    }

    /// Whether hardly anything like this text was seen: it is short and was no example, or hardly any of its words is
    /// known.
    pub(crate) fn hardly_saw(&self, text: &str, vocabulary: &Vocabulary) -> bool {
        let words = words(text);
        let hash = hash_of_words(&words);
        if words.len() <= SHORT {
            let is_pair = words.len() == SHORT && words.iter().all(|word| word.chars().any(char::is_alphabetic));
            return !(self.0.contains(&hash) || is_pair && vocabulary.knows(&words));
        }
        let known = words.iter().filter(|word| vocabulary.knows(std::slice::from_ref(word))).count();
        (known as f64) < KNOWN_LEAST * words.len() as f64
    }
}

fn words(text: &str) -> Vec<String> {
    let words = text.split(|c: char| !c.is_alphanumeric() && c != '\'').filter(|word| !word.is_empty());
    words.take(WORDS_MAX).map(str::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_word_or_number_says_too_little_unless_it_was_an_example() {
        let texts =
            ["exchange rate please", "what is the exchange rate", "my card is lost", "my card is not here", "hello"];
        let vocabulary = Vocabulary::new(texts.into_iter());
        let seen = ShortExamples::of(texts.into_iter());
        for (text, hardly) in [
            ("1", true),
            ("", true),
            ("👍", true),
            ("card", true),
            ("exchange rate", false),
            ("card exchange", true),
            ("Hello!", false),
            ("4242 4242", true),
            ("my card is broken", false),
            ("quomodo litteras tuas mittam card", true),
        ] {
            assert_eq!(seen.hardly_saw(text, &vocabulary), hardly, "{text}");
        }
    }
}
