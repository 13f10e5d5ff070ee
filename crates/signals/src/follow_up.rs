//! What a customer writes after an answer: more of the same matter, or another one.

use crate::{
    features::{Feature, Vocabulary},
    linear::Linear,
    normal::normalised,
    stored::{ClassifierBytes, DamagedClassifier, Rest},
    vector::{self, Encoded},
};
use std::sync::LazyLock;

/// Words that a message has at least to be certain of another matter.
const WORDS_LEAST: usize = 4;
/// Cosine of a message and what was said before from which on it is about the same, where nothing was learnt with the
/// encoder.
const THE_SAME: f32 = 0.5;
/// Messages of a conversation, from the last: what a message is read in.
const READ_IN: usize = 4;
/// How much words, whose length is one, weigh; and how much nearness, a question mark and length do.
const WORDS: f32 = 1.2;
const BESIDE: f32 = 2.0;
/// Words from which on a message is no shorter than others.
const LONG: usize = 12;
const MAGIC: &[u8; 8] = b"RMTFOL01";
/// Classes: a message adds to its matter, or is another one.
pub(crate) const CLASSES: usize = 2;
/// Features beside words and vector.
const SCALARS: usize = 4;

/// What tells other matters from what adds to one, learnt from labelled conversations.
#[derive(Debug, Clone)]
pub(crate) struct FollowUpClassifier {
    /// What it has learnt, as its lesson tells it.
    pub(crate) key: [u8; 32],
    /// The digest of the encoder's model.
    pub(crate) encoder: [u8; 32],
    pub(crate) linear: Linear,
    /// Margin from which on a message is another matter where the classifier of intents knows which.
    pub(crate) known: f32,
    /// Margin from which on it is one where that classifier abstains.
    pub(crate) unknown: f32,
    pub(crate) vocabulary: Vocabulary,
}

impl FollowUpClassifier {
    /// The one that ships.
    pub(crate) fn shipped() -> Option<&'static Self> {
        static SHIPPED: LazyLock<Option<FollowUpClassifier>> =
            LazyLock::new(|| FollowUpClassifier::from_bytes(include_bytes!("../packs/follow_ups.bin")).ok());
        SHIPPED.as_ref()
    }

    /// By how much a message is rather another matter.
    fn margin(&self, text: &str, vector: &[f32], before: &[Vec<f32>]) -> f32 {
        let margins = self.linear.margins(&row(&self.vocabulary, text, vector, before));
        other_rather(&margins)
    }

    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let Self { key, encoder, linear, known, unknown, vocabulary } = self;
        let mut out = ClassifierBytes::begin(MAGIC);
        out.digest(key);
        out.digest(encoder);
        [*known, *unknown].into_iter().for_each(|margin| out.float(margin));
        out.vocabulary(vocabulary);
        out.linear(linear);
        out.finish()
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self, DamagedClassifier> {
        let mut rest = Rest::of(bytes, MAGIC)?;
        let (key, encoder) = (rest.digest()?, rest.digest()?);
        let (known, unknown) = (rest.float()?, rest.float()?);
        let vocabulary = rest.vocabulary(true)?;
        let linear = rest.linear(vocabulary.known.len() + SCALARS, CLASSES)?;
        rest.end()?;
        Ok(Self { key, encoder, linear, known, unknown, vocabulary })
    }
}

/// By how much the second class is likelier than the first.
pub(crate) fn other_rather(margins: &[f32]) -> f32 {
    match margins {
        [adds, other] => other - adds,
        _ => f32::MIN,
    }
}

/// How many features there are with vectors of a width.
pub(crate) fn features(vocabulary: &Vocabulary, width: usize) -> usize {
    vocabulary.known.len() + SCALARS + width
}

/// A message as features: its words, how near it is to what was asked and to the last answer, whether it asks, how long
/// it is, and its vector. `before` holds the vectors of what was said before, in its order.
pub(crate) fn row(vocabulary: &Vocabulary, text: &str, vector: &[f32], before: &[Vec<f32>]) -> Vec<Feature> {
    let mut row: Vec<Feature> =
        vocabulary.features(text).into_iter().map(|(number, weight)| (number, weight * WORDS)).collect();
    let near = |other: &Vec<f32>| vector::cosine(vector, other);
    let answer = before.last().map(near).unwrap_or_default();
    let asked = before.iter().rev().skip(1).map(near).fold(f32::MIN, f32::max);
    let asked = if before.len() > 1 { asked } else { answer };
    let asks = if text.contains('?') { 1.0 } else { 0.0 };
    let length = words(text).take(LONG).count() as f32 / LONG as f32;
    let numbers = u32::try_from(vocabulary.known.len()).unwrap_or(u32::MAX)..;
    let scalars: [f32; SCALARS] = [asked, answer, asks, length];
    row.extend(numbers.zip(scalars).map(|(number, scalar)| (number, scalar * BESIDE)));
    row.extend(vector::features(vocabulary.known.len() + SCALARS, vector));
    row
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '\'').filter(|word| !word.is_empty())
}

/// Whether a text is long enough to be certain of another matter.
pub fn says_enough(text: &str) -> bool {
    words(text).nth(WORDS_LEAST - 1).is_some()
}

/// The part of what was said before that a message is read in.
pub(crate) fn read_in<T>(before: &[T]) -> &[T] {
    before.get(before.len().saturating_sub(READ_IN)..).unwrap_or_default()
}

/// Whether a message is another matter than `before`, what was said in the conversation in its order. An answer to
/// a question, a detail, a chaser and an acknowledgement add to what is known. Where the classifier of intents has
/// `abstained`, it must be clearer: nobody knows then what the other matter is. An encoder with which nothing was
/// learnt tells only what is near to what was said.
pub(crate) fn is_new_matter(message: &Encoded<'_>, abstained: bool, before: &[&str]) -> bool {
    let Some(encoder) = message.encoder().filter(|_| !before.is_empty()) else { return !abstained };
    let vector = message.vector().unwrap_or_default();
    let before: Vec<Vec<f32>> = read_in(before).iter().map(|before| encoder.encode(&normalised(before))).collect();
    match FollowUpClassifier::shipped().filter(|learnt| learnt.encoder == *encoder.digest()) {
        Some(learnt) => {
            learnt.margin(message.text(), vector, &before) >= if abstained { learnt.unknown } else { learnt.known }
        }
        None => !abstained && before.iter().all(|other| vector::cosine(vector, other) < THE_SAME),
    }
}
