//! Classifiers as bytes: lengths and numbers in little-endian order, and SHA-256 over all at the end.

use crate::{
    calibrate::{self, Calibration},
    features::Vocabulary,
    judge::CalibratedClassifier,
    linear::Linear,
};
use sha2::{Digest as _, Sha256};
use std::collections::HashMap;

/// Why bytes are no classifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the stored classifier is damaged or of another version; train it again with `remit signals train`")]
pub struct DamagedClassifier;

/// Writes.
pub(crate) struct ClassifierBytes(Vec<u8>);

impl ClassifierBytes {
    pub(crate) fn begin(magic: &[u8; 8]) -> Self {
        Self(magic.to_vec())
    }

    /// A number that says nothing of what follows.
    pub(crate) fn count(&mut self, count: usize) {
        self.length(count);
    }

    pub(crate) fn length(&mut self, length: usize) {
        self.0.extend_from_slice(&(length as u64).to_le_bytes());
    }

    pub(crate) fn float(&mut self, value: f32) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    pub(crate) fn floats(&mut self, values: &[f32]) {
        self.length(values.len());
        values.iter().for_each(|value| self.float(*value));
    }

    pub(crate) fn digest(&mut self, digest: &[u8; 32]) {
        self.0.extend_from_slice(digest);
    }

    pub(crate) fn texts<'a>(&mut self, texts: impl ExactSizeIterator<Item = &'a str>) {
        self.length(texts.len());
        for text in texts {
            self.length(text.len());
            self.0.extend_from_slice(text.as_bytes());
        }
    }

    pub(crate) fn hashes(&mut self, hashes: impl ExactSizeIterator<Item = u64>) {
        self.length(hashes.len());
        hashes.for_each(|hash| self.0.extend_from_slice(&hash.to_le_bytes()));
    }

    pub(crate) fn signed(&mut self, values: &[i8]) {
        self.length(values.len());
        self.0.extend(values.iter().map(|value| value.cast_unsigned()));
    }

    pub(crate) fn vocabulary(&mut self, vocabulary: &Vocabulary) {
        let mut known: Vec<(u32, u64)> = vocabulary.known.iter().map(|(gram, number)| (*number, *gram)).collect();
        known.sort_unstable();
        self.hashes(known.iter().map(|(_, gram)| *gram));
        vocabulary.frequencies.iter().for_each(|frequency| self.float(*frequency));
    }

    pub(crate) fn linear(&mut self, linear: &Linear) {
        self.floats(&linear.weights);
        self.floats(&linear.bias);
    }

    pub(crate) fn judge(&mut self, judge: &CalibratedClassifier) {
        judge.calibration.to_floats().into_iter().chain([judge.threshold]).for_each(|x| self.float(x));
        self.linear(&judge.linear);
    }

    pub(crate) fn finish(mut self) -> Vec<u8> {
        let checksum = Sha256::digest(&self.0);
        self.0.extend_from_slice(&checksum);
        self.0
    }
}

/// What is left to read.
pub(crate) struct Rest<'a>(&'a [u8]);

impl<'a> Rest<'a> {
    /// What follows the magic, in bytes whose checksum is right.
    pub(crate) fn of(bytes: &'a [u8], magic: &[u8; 8]) -> Result<Self, DamagedClassifier> {
        let (body, checksum) = bytes.split_last_chunk::<32>().ok_or(DamagedClassifier)?;
        if <[u8; 32]>::from(Sha256::digest(body)) != *checksum {
            return Err(DamagedClassifier);
        }
        body.strip_prefix(magic).map(Self).ok_or(DamagedClassifier)
    }

    fn take(&mut self, n: usize) -> Result<&'a [u8], DamagedClassifier> {
        let (taken, rest) = self.0.split_at_checked(n).ok_or(DamagedClassifier)?;
        self.0 = rest;
        Ok(taken)
    }

    pub(crate) fn count(&mut self) -> Result<usize, DamagedClassifier> {
        let bytes: [u8; 8] = self.take(8)?.try_into().map_err(|_| DamagedClassifier)?;
        usize::try_from(u64::from_le_bytes(bytes)).map_err(|_| DamagedClassifier)
    }

    pub(crate) fn length(&mut self) -> Result<usize, DamagedClassifier> {
        let length = self.count()?;
        if length <= self.0.len() { Ok(length) } else { Err(DamagedClassifier) }
    }

    pub(crate) fn float(&mut self) -> Result<f32, DamagedClassifier> {
        self.numbers(1)?.first().copied().ok_or(DamagedClassifier)
    }

    fn numbers(&mut self, n: usize) -> Result<Vec<f32>, DamagedClassifier> {
        let bytes = self.take(n.checked_mul(4).ok_or(DamagedClassifier)?)?;
        let number = |chunk: &[u8; 4]| Some(f32::from_le_bytes(*chunk)).filter(|number| number.is_finite());
        bytes.as_chunks::<4>().0.iter().map(|chunk| number(chunk).ok_or(DamagedClassifier)).collect()
    }

    pub(crate) fn floats(&mut self) -> Result<Vec<f32>, DamagedClassifier> {
        let n = self.length()?;
        self.numbers(n)
    }

    pub(crate) fn digest(&mut self) -> Result<[u8; 32], DamagedClassifier> {
        self.take(32)?.try_into().map_err(|_| DamagedClassifier)
    }

    pub(crate) fn texts(&mut self) -> Result<Vec<String>, DamagedClassifier> {
        let mut texts = Vec::new();
        for _ in 0..self.length()? {
            let length = self.length()?;
            texts.push(std::str::from_utf8(self.take(length)?).map_err(|_| DamagedClassifier)?.to_owned());
        }
        Ok(texts)
    }

    pub(crate) fn hashes(&mut self) -> Result<Vec<u64>, DamagedClassifier> {
        let n = self.length()?;
        let bytes = self.take(n.checked_mul(8).ok_or(DamagedClassifier)?)?;
        Ok(bytes.as_chunks::<8>().0.iter().map(|hash| u64::from_le_bytes(*hash)).collect())
    }

    pub(crate) fn signed(&mut self) -> Result<Vec<i8>, DamagedClassifier> {
        let n = self.length()?;
        Ok(self.take(n)?.iter().map(|byte| byte.cast_signed()).collect())
    }

    pub(crate) fn vocabulary(&mut self, words_only: bool) -> Result<Vocabulary, DamagedClassifier> {
        let hashes = self.hashes()?;
        let frequencies = self.numbers(hashes.len())?;
        let mut known = HashMap::default();
        for (number, gram) in (0..).zip(hashes) {
            if known.insert(gram, number).is_some() {
                return Err(DamagedClassifier);
            }
        }
        Ok(Vocabulary::of(known, frequencies, words_only))
    }

    /// Weights of so many classes over at least so many features.
    pub(crate) fn linear(&mut self, features: usize, classes: usize) -> Result<Linear, DamagedClassifier> {
        let (weights, bias) = (self.floats()?, self.floats()?);
        if classes == 0 || bias.len() != classes || weights.len() % classes != 0 || weights.len() / classes < features {
            return Err(DamagedClassifier);
        }
        Ok(Linear { classes, weights, bias })
    }

    pub(crate) fn judge(&mut self, features: usize, classes: usize) -> Result<CalibratedClassifier, DamagedClassifier> {
        let mut floats = [0.0; calibrate::FLOATS];
        for float in &mut floats {
            *float = self.float()?;
        }
        let (calibration, threshold) = (Calibration::from_floats(floats), self.threshold()?);
        Ok(CalibratedClassifier { linear: self.linear(features, classes)?, calibration, threshold })
    }

    /// From which confidence on a judge is followed; infinite where it never is.
    fn threshold(&mut self) -> Result<f32, DamagedClassifier> {
        let bytes: [u8; 4] = self.take(4)?.try_into().map_err(|_| DamagedClassifier)?;
        Some(f32::from_le_bytes(bytes)).filter(|threshold| !threshold.is_nan()).ok_or(DamagedClassifier)
    }

    /// Nothing may be left.
    pub(crate) fn end(self) -> Result<(), DamagedClassifier> {
        if self.0.is_empty() { Ok(()) } else { Err(DamagedClassifier) }
    }
}
