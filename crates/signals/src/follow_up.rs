//! What a customer writes after an answer: more of the same matter, or another one.

use crate::{message_reader::MessageReader, normal::normalised};

/// Words that a message has at least to be certain of another matter.
const WORDS_LEAST: usize = 4;
/// Cosine of a message and what was said before from which on it is about the same.
const THE_SAME: f32 = 0.5;
/// Messages of the customer, from the last, and the last answer: what a message is read in.
const READ_IN: usize = 4;

impl MessageReader {
    /// Whether a message is another matter than `before`, what was said in the conversation in its order. Only what the
    /// classifier of intents has not abstained on, in some words, and what is not near to what was said, is: an answer to a question, a detail, a
    /// chaser and an acknowledgement add to what is known.
    pub fn is_new_matter(&self, text: &str, abstained: bool, before: &[&str]) -> bool {
        let words = text.split(|c: char| !c.is_alphanumeric() && c != '\'').filter(|word| !word.is_empty()).count();
        if abstained || words < WORDS_LEAST {
            return false;
        }
        let Some(encoder) = self.encoder() else { return true };
        let vector = encoder.encode(&normalised(text));
        let near = |before: &&&str| {
            let other = encoder.encode(&normalised(before));
            vector.iter().zip(other).map(|(one, other)| one * other).sum::<f32>() >= THE_SAME
        };
        !before.iter().rev().take(READ_IN).any(|before| near(&before))
    }
}
