//! The vectors of labelled sentences, of 8 bits a value. Those of the packs ship with Remit, since to make them takes a
//! minute: whoever adds a sentence learns anew and encodes that one alone.

use crate::{
    normal::normalised,
    readings::Sentence,
    stored::{ClassifierBytes, DamagedClassifier, Rest},
    vector::encode_all,
};
use remit_encoder::Encoder;
use sha2::{Digest as _, Sha256};
use std::collections::HashMap;

const MAGIC: &[u8; 8] = b"RMTVEC01";
/// The greatest value of 8 bits that has a negative counterpart.
const MOST: f32 = 127.0;

/// A vector: what a step of its values is, and how many steps each value is.
#[derive(Debug, Clone, PartialEq)]
struct Coarse {
    step: f32,
    values: Vec<i8>,
}

impl Coarse {
    fn of(vector: &[f32]) -> Self {
        let greatest = vector.iter().fold(0.0f32, |most, value| most.max(value.abs()));
        let step = greatest.max(f32::MIN_POSITIVE) / MOST;
        // The greatest value is `MOST` steps, so that none is cut off.
        Self { step, values: vector.iter().map(|value| (value / step).round() as i8).collect() }
    }

    fn vector(&self) -> Vec<f32> {
        self.values.iter().map(|value| f32::from(*value) * self.step).collect()
    }
}

/// Vectors by what they are vectors of, all by one encoder.
#[derive(Debug, Default)]
pub struct SentenceVectors {
    /// The digest of the encoder's model.
    encoder: [u8; 32],
    known: HashMap<u64, Coarse>,
}

impl SentenceVectors {
    /// Those that ship.
    fn shipped() -> Self {
        Self::from_bytes(include_bytes!("../packs/sentence_vectors.bin")).unwrap_or_default()
    }

    /// Those of labelled sentences by an encoder: those that ship, and what is not among them made now.
    pub fn of(sentences: &[Sentence], encoder: &Encoder) -> Self {
        let texts: Vec<_> = sentences.iter().map(|sentence| normalised(&sentence.text)).collect();
        Self::made(&texts.iter().map(AsRef::as_ref).collect::<Vec<_>>(), encoder).0
    }

    /// The vector of each text, which is the same whether or not it was known before.
    pub(crate) fn vectors(texts: &[&str], encoder: &Encoder) -> Vec<Vec<f32>> {
        let (made, keys) = Self::made(texts, encoder);
        keys.iter().map(|key| made.known.get(key).map(Coarse::vector).unwrap_or_default()).collect()
    }

    /// Those of the texts, and the key of each text.
    fn made(texts: &[&str], encoder: &Encoder) -> (Self, Vec<u64>) {
        let shipped = Self::shipped();
        let mut before = if shipped.encoder == *encoder.digest() { shipped.known } else { HashMap::new() };
        let keys: Vec<u64> = texts.iter().map(|text| key_of(text)).collect();
        let (mut new_keys, mut new) = (Vec::new(), Vec::new());
        let mut known = HashMap::with_capacity(keys.len());
        for (key, text) in keys.iter().zip(texts) {
            match before.remove(key) {
                Some(coarse) => drop(known.insert(*key, coarse)),
                None if known.contains_key(key) => {}
                None => {
                    new_keys.push(*key);
                    new.push(*text);
                }
            }
        }
        known.extend(new_keys.into_iter().zip(encode_all(encoder, &new).iter().map(|vector| Coarse::of(vector))));
        (Self { encoder: *encoder.digest(), known }, keys)
    }

    /// The vectors as bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut rows: Vec<(&u64, &Coarse)> = self.known.iter().collect();
        rows.sort_unstable_by_key(|(key, _)| **key);
        let mut out = ClassifierBytes::begin(MAGIC);
        out.digest(&self.encoder);
        out.hashes(rows.iter().map(|(key, _)| **key));
        for (_, coarse) in rows {
            out.float(coarse.step);
            out.signed(&coarse.values);
        }
        out.finish()
    }

    /// The vectors of bytes.
    ///
    /// # Errors
    /// When they are damaged or of another version.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DamagedClassifier> {
        let mut rest = Rest::of(bytes, MAGIC)?;
        let encoder = rest.digest()?;
        let mut known = HashMap::new();
        for key in rest.hashes()? {
            known.insert(key, Coarse { step: rest.float()?, values: rest.signed()? });
        }
        rest.end()?;
        Ok(Self { encoder, known })
    }
}

/// The beginning of the SHA-256 of a text.
fn key_of(text: &str) -> u64 {
    let digest: [u8; 32] = Sha256::digest(text).into();
    digest.first_chunk().copied().map_or(0, u64::from_le_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{readings::Readings, vector::cosine};

    #[test]
    fn those_that_ship_are_of_the_sentences_that_ship_and_say_what_the_encoder_says() {
        let (shipped, encoder) = (SentenceVectors::shipped(), Encoder::built_in());
        let readings = Readings::shipped();
        let texts: Vec<_> = readings.sentences().iter().map(|sentence| normalised(&sentence.text)).collect();
        let missing = texts.iter().filter(|text| !shipped.known.contains_key(&key_of(text))).count();
        // Sentences in languages of which there are few are not learnt from.
        assert_eq!(missing, 0, "a sentence was added; run `cargo xtask sentences`");
        for text in texts.iter().step_by(texts.len() / 24) {
            let vector = shipped.known.get(&key_of(text)).unwrap().vector();
            let near = cosine(&vector, &encoder.encode(text));
            assert!(near > 0.999, "{near}: {text}; run `cargo xtask sentences`");
        }
        assert_eq!(SentenceVectors::from_bytes(&shipped.to_bytes()).unwrap().to_bytes(), shipped.to_bytes());
    }

    #[test]
    fn a_vector_is_the_same_whether_or_not_it_ships() {
        let encoder = Encoder::built_in();
        let readings = Readings::shipped();
        let known = readings.sentences().first().unwrap().text.as_str();
        let own = "The ferry to the island does not sail in this wind.";
        let vectors = SentenceVectors::vectors(&[known, own, known], &encoder);
        let made = |text: &str| Coarse::of(&encoder.encode(text)).vector();
        assert_eq!(vectors, [made(known), made(own), made(known)]);
        assert!((vectors[1].iter().map(|value| value * value).sum::<f32>() - 1.0).abs() < 0.02);
        assert_eq!(Coarse::of(&[0.0; 4]).vector(), [0.0; 4]);
    }
}
