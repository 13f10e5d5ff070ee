//! The vector of a text by the sentence encoder, computed when it is first asked for.

use crate::{features::Feature, parallel::each};
pub use remit_encoder::BUILT_IN_LANGUAGE;
use remit_encoder::Encoder;
use std::cell::OnceCell;

/// A text with its vector.
#[derive(Debug)]
pub struct Encoded<'a> {
    text: &'a str,
    encoder: Option<&'a Encoder>,
    vector: OnceCell<Option<Vec<f32>>>,
}

impl<'a> Encoded<'a> {
    /// A text that has no vector yet; without an encoder it never has one.
    pub fn new(text: &'a str, encoder: Option<&'a Encoder>) -> Self {
        Self { text, encoder, vector: OnceCell::new() }
    }

    /// A text whose vector is known.
    pub fn known(text: &'a str, vector: Vec<f32>) -> Self {
        Self { text, encoder: None, vector: OnceCell::from(Some(vector)) }
    }

    /// What makes vectors of texts, if anything does.
    pub fn encoder(&self) -> Option<&'a Encoder> {
        self.encoder
    }

    /// The text.
    pub fn text(&self) -> &'a str {
        self.text
    }

    /// Its vector, of length one.
    pub fn vector(&self) -> Option<&[f32]> {
        self.vector.get_or_init(|| self.encoder.map(|encoder| encoder.encode(self.text))).as_deref()
    }

    /// Its vector, if `text` is it.
    pub(crate) fn vector_of(&self, text: &str) -> Option<&[f32]> {
        if text == self.text { self.vector() } else { None }
    }
}

/// How much the values of a vector weigh beside words, whose length is one.
const WEIGHT: f32 = 2.0;

/// How near the meanings of two texts are: the cosine of their vectors, which are of length one.
pub(crate) fn cosine(one: &[f32], other: &[f32]) -> f32 {
    one.iter().zip(other).map(|(one, other)| one * other).sum()
}

/// A vector as features behind so many others.
pub(crate) fn features(before: usize, vector: &[f32]) -> impl Iterator<Item = Feature> {
    let numbers = u32::try_from(before).unwrap_or(u32::MAX)..;
    numbers.zip(vector).map(|(number, value)| (number, value * WEIGHT))
}

/// The vectors of many texts, by all processors; in the order of the texts.
pub fn encode_all(encoder: &Encoder, texts: &[&str]) -> Vec<Vec<f32>> {
    each(texts.len(), &|at| texts.get(at).map(|text| encoder.encode(text)).unwrap_or_default())
}
