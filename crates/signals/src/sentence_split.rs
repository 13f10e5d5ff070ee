//! A message in sentences, as they are judged one by one.

use unicode_segmentation::UnicodeSegmentation as _;

/// Words of a sentence; a longer one, as people write who use no full stops, is judged in parts.
const WORDS_MAX: usize = 40;
/// How many words of a part the next one begins with.
const OVERLAP: usize = 10;
/// Sentences of a message that are judged: all of one of 32 KB as people write.
const SENTENCES_MAX: usize = 2_000;

/// Words from which on a sentence is judged by itself.
const BY_ITSELF: usize = 5;
/// Words from which on a clause is judged by itself, if a rule speaks of it.
const CLAUSE: usize = 4;
/// Words from which on a passage of shorter ones says enough.
const PASSAGE: usize = 14;

/// The passages of `text` that are judged one by one: its sentences (Unicode's UAX #29, and every line by itself), a
/// short one with as many that follow, or stand before it, as it needs to say enough; long ones in parts that overlap.
/// So nothing that is written beside a sentence changes what it says.
pub fn passages(text: &str) -> Vec<&str> {
    let text = text.trim();
    if text.is_empty() {
        return Vec::new();
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
    if sentences.is_empty() {
        passages.push(text);
    }
    for (at, (count, first)) in sentences.iter().enumerate() {
        if *count >= BY_ITSELF {
            passages.push(first);
            continue;
        }
        let (mut from, mut words, mut end) = (begins(first), *count, begins(first) + first.len());
        for (count, next) in sentences.iter().skip(at + 1) {
            if words >= PASSAGE || words + count > WORDS_MAX {
                break;
            }
            words += count;
            end = begins(next) + next.len();
        }
        for (count, before) in sentences.iter().take(at).rev() {
            if words >= PASSAGE || words + count > WORDS_MAX {
                break;
            }
            words += count;
            from = begins(before);
        }
        // What lies within the passage before says nothing new.
        if end > covered {
            passages.extend(text.get(from..end));
            covered = end;
        }
    }
    passages
}

/// The clauses of a passage that has several: what stands between commas, colons, dashes, brackets and `but`.
pub(crate) fn clauses(passage: &str) -> Vec<&str> {
    let between = |c: char| matches!(c, ',' | ';' | ':' | '–' | '—' | '(' | ')' | '.' | '!' | '?' | '\n');
    let parts = passage.split(between).flat_map(|part| part.split(" but ")).map(str::trim);
    let clauses: Vec<&str> = parts.filter(|part| part.split_whitespace().count() >= CLAUSE).collect();
    if clauses.len() > 1 || clauses.first().is_some_and(|clause| clause.len() + 2 < passage.len()) {
        clauses
    } else {
        Vec::new()
    }
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
    fn sentences_by_themselves_and_short_ones_with_what_stands_beside_them() {
        let text = "My card is gone since yesterday. Help!\nI am in Rome with friends";
        let whole = "My card is gone since yesterday. Help!\nI am in Rome with friends";
        assert_eq!(passages(text), ["My card is gone since yesterday.", whole, "I am in Rome with friends"]);
        assert_eq!(passages(" 👍 "), ["👍"]);
        assert!(passages(" \n ").is_empty());
        let words = |from: usize, to: usize| (from..to).map(|n| format!("w{n}")).collect::<Vec<_>>().join(" ");
        let long = words(0, 100);
        assert_eq!(passages(&long), [words(0, 40), words(30, 70), words(60, 100)]);
        let clause = "put me through to an agent";
        assert_eq!(clauses("My card is not here, put me through to an agent"), ["My card is not here", clause]);
        assert!(clauses("put me through to an agent").is_empty());
        assert!(passages(&"a. B ".repeat(10_000)).len() <= SENTENCES_MAX);
        // What is said at the end of a long message is judged too.
        let late = "I have been with you for nine years now. ".repeat(780) + "I want to kill myself.";
        assert_eq!(passages(&late).last(), Some(&"I want to kill myself."));
    }
}
