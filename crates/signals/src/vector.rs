//! The vector of a text by the sentence encoder, computed when it is first asked for.

use remit_encoder::Encoder;
use std::{
    cell::OnceCell,
    sync::atomic::{AtomicUsize, Ordering},
};

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

    /// The text.
    pub fn text(&self) -> &'a str {
        self.text
    }

    /// Its vector, of length one.
    pub fn vector(&self) -> Option<&[f32]> {
        self.vector.get_or_init(|| self.encoder.map(|encoder| encoder.encode(self.text))).as_deref()
    }

    /// Whether the encoder was asked.
    pub fn is_encoded(&self) -> bool {
        self.vector.get().is_some_and(Option::is_some)
    }
}

/// The vectors of many texts, by all processors; in the order of the texts.
pub fn encode_all(encoder: &Encoder, texts: &[&str]) -> Vec<Vec<f32>> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let next = AtomicUsize::new(0);
    let mut vectors = vec![Vec::new(); texts.len()];
    std::thread::scope(|scope| {
        let work = || {
            let mut made = Vec::new();
            while let Some((at, text)) = {
                let at = next.fetch_add(1, Ordering::Relaxed);
                texts.get(at).map(|text| (at, text))
            } {
                made.push((at, encoder.encode(text)));
            }
            made
        };
        let handles: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        for (at, vector) in handles.into_iter().flat_map(|handle| handle.join().unwrap_or_default()) {
            if let Some(slot) = vectors.get_mut(at) {
                *slot = vector;
            }
        }
    });
    vectors
}
