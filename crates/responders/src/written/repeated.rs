//! Texts that go in circles, as small models write them.

use std::collections::HashMap;

/// A sentence of so many bytes that stands there so often is said in circles.
const SENTENCE_MIN: usize = 10;
const SENTENCES: usize = 3;
/// So many times the same few words in a row are no sentence.
const RUN: usize = 6;
const RUN_WORDS: usize = 5;

/// Whether a text says the same again and again.
pub(super) fn goes_in_circles(text: &str) -> bool {
    let text = text.to_lowercase();
    let mut counted: HashMap<&str, usize> = HashMap::new();
    let sentences = text.split(['.', '!', '?', '\n']).map(str::trim).filter(|sentence| sentence.len() >= SENTENCE_MIN);
    for sentence in sentences {
        let seen = counted.entry(sentence).or_default();
        *seen += 1;
        if *seen >= SENTENCES {
            return true;
        }
    }
    let words: Vec<&str> = text.split_whitespace().collect();
    (1..=RUN_WORDS).any(|size| {
        let mut in_a_row = 0;
        words.iter().zip(words.iter().skip(size)).any(|(word, later)| {
            in_a_row = if word == later { in_a_row + 1 } else { 0 };
            in_a_row >= size * (RUN - 1)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::goes_in_circles;

    #[test]
    fn repetition_is_told_from_emphasis() {
        for text in [
            "I am a bank. I am a bank. I am a bank. I am",
            "card card card card card card",
            "What is my card? What is my card? What is my card?",
            "you can ask us or call us or call us or call us or call us or call us or call us",
            "- Open the app\n- Open the app\n- Open the app",
        ] {
            assert!(goes_in_circles(text), "{text}");
        }
        for text in [
            "No, no, no. It is free.",
            "Open the app. Tap Cards. Tap Order.\nYes. Yes. Yes.",
            "It costs £1, £1, £1, £2 and £3. It is very, very, very safe.",
            "Send the form to us. We read the form. Then we send the form back to you, and you sign the form.",
            "",
        ] {
            assert!(!goes_in_circles(text), "{text}");
        }
    }
}
