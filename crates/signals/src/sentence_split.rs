//! A message in sentences, as they are judged one by one.

use unicode_segmentation::UnicodeSegmentation as _;

/// Words of a sentence; a longer one, as people write who use no full stops, is judged in parts.
const WORDS_MAX: usize = 40;
/// How many words of a part the next one begins with.
const OVERLAP: usize = 10;
/// Sentences of a message that are judged.
const SENTENCES_MAX: usize = 200;

/// Words from which on a passage says enough by itself.
const PASSAGE: usize = 14;
/// Up to how many words a message is judged whole.
const WHOLE: usize = 28;

/// The passages of `text` that are judged one by one: its sentences (Unicode's UAX #29, and every line by itself), each
/// with as many that follow as it needs to say enough; long sentences in parts that overlap; a short text whole.
pub(crate) fn passages(text: &str) -> Vec<&str> {
    let text = text.trim();
    if text.is_empty() {
        return Vec::new();
    }
    if text.split_whitespace().count() <= WHOLE {
        return vec![text];
    }
    let mut sentences: Vec<(usize, &str)> = Vec::new();
    for line in text.split(['\n', '\r']) {
        for sentence in line.split_sentence_bounds().map(str::trim) {
            if sentence.chars().any(char::is_alphanumeric) {
                parts(sentence, &mut sentences);
            }
        }
    }
    sentences.truncate(SENTENCES_MAX);
    let begins = |part: &str| part.as_ptr().addr() - text.as_ptr().addr();
    let mut passages: Vec<&str> = Vec::with_capacity(sentences.len());
    let mut covered = 0;
    for (at, (count, first)) in sentences.iter().enumerate() {
        let (from, mut words, mut end) = (begins(first), *count, begins(first) + first.len());
        for (count, next) in sentences.iter().skip(at + 1) {
            if words >= PASSAGE || words + count > WORDS_MAX {
                break;
            }
            words += count;
            end = begins(next) + next.len();
        }
        // What lies within the passage before says nothing new.
        if end > covered {
            passages.extend(text.get(from..end));
            covered = end;
        }
    }
    passages
}

fn parts<'a>(sentence: &'a str, all: &mut Vec<(usize, &'a str)>) {
    let words: Vec<usize> =
        sentence.split_whitespace().map(|word| word.as_ptr().addr() - sentence.as_ptr().addr()).collect();
    let mut from = 0;
    while words.len() - from > WORDS_MAX {
        let (Some(begin), Some(end)) = (words.get(from), words.get(from + WORDS_MAX)) else { break };
        all.extend(sentence.get(*begin..*end).map(|part| (WORDS_MAX, part.trim())));
        from += WORDS_MAX - OVERLAP;
    }
    let rest = words.get(from).and_then(|begin| sentence.get(*begin..));
    all.extend(rest.map(|rest| (words.len() - from, rest)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_text_is_judged_whole_and_a_long_one_by_passages() {
        assert_eq!(passages("My card is gone. Help!\nI am in Rome"), ["My card is gone. Help!\nI am in Rome"]);
        assert_eq!(passages(" 👍 "), ["👍"]);
        assert!(passages(" \n ").is_empty());
        let words = |from: usize, to: usize| (from..to).map(|n| format!("w{n}")).collect::<Vec<_>>().join(" ");
        let long = words(0, 100);
        let parts = passages(&long);
        assert_eq!(parts, [words(0, 40), words(30, 70), words(60, 100)]);
        let text = format!("Hello. What is it? {}. Bye. {}.", words(0, 20), words(20, 40));
        let found = passages(&text);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].starts_with("Hello.") && found[0].ends_with("w19."));
        assert!(passages(&"a. B ".repeat(10_000)).len() <= SENTENCES_MAX);
    }
}
