//! The intent classifier: linear over TF-IDF, with calibrated confidence, an out-of-scope score, and a
//! threshold below which it abstains.

use crate::{
    calibrate::{self, Calibration},
    examples::Example,
    features::{Feature, Vocabulary},
    linear::Linear,
};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;

/// What the classifier makes of a message.
#[derive(Debug, Clone, PartialEq)]
pub struct IntentEstimate<'a> {
    /// The likeliest intent.
    pub label: &'a str,
    /// The probability that it is right, in basis points.
    pub confidence_bp: u16,
    /// The second likeliest intent.
    pub runner_up: &'a str,
    /// The probability of the second, in basis points.
    pub runner_up_bp: u16,
    /// How little the message looks like any intent, in basis points; above 5,000 is more likely none.
    pub out_of_scope_bp: u16,
    /// Whether the classifier is not sure enough to be followed.
    pub abstained: bool,
}

/// Why a classifier could not be trained.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TrainError {
    /// Too little to learn from.
    #[error("an intent classifier needs two intents and twenty examples; there are {intents} and {examples}")]
    TooFew {
        /// Intents found.
        intents: usize,
        /// Examples found.
        examples: usize,
    },
}

/// Why bytes are no classifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the stored classifier is damaged or of another version; train it again with `remit signals train`")]
pub struct ModelError;

/// A trained classifier.
#[derive(Debug, Clone)]
pub struct IntentModel {
    labels: Vec<String>,
    vocabulary: Vocabulary,
    linear: Linear,
    calibration: Calibration,
    /// Confidence below which it abstains.
    threshold: f32,
}

const FOLDS: usize = 4;
const MAGIC: &[u8; 8] = b"RMTINT03";

/// Trains a classifier. `progress` is told how many of how many steps are done.
///
/// # Errors
/// When there is too little to learn from.
pub fn train(examples: &[Example], progress: &mut dyn FnMut(usize, usize)) -> Result<IntentModel, TrainError> {
    let mut numbers: BTreeMap<&str, usize> = examples.iter().map(|example| (example.label.as_str(), 0)).collect();
    numbers.values_mut().enumerate().for_each(|(at, number)| *number = at);
    if numbers.len() < 2 || examples.len() < 20 {
        return Err(TrainError::TooFew { intents: numbers.len(), examples: examples.len() });
    }
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let vocabulary = Vocabulary::new(examples.iter().map(|example| example.text.as_str()));
    let rows: Vec<Vec<Feature>> = examples.iter().map(|example| vocabulary.features(&example.text)).collect();
    let labels: Vec<usize> = examples.iter().filter_map(|e| numbers.get(e.label.as_str()).copied()).collect();
    let features = vocabulary.known.len();
    let fit = |keep: &dyn Fn(usize) -> bool| {
        let at: Vec<usize> = (0..rows.len()).filter(|at| keep(*at)).collect();
        let rows: Vec<&[Feature]> = at.iter().filter_map(|at| rows.get(*at)).map(Vec::as_slice).collect();
        let labels: Vec<usize> = at.iter().filter_map(|at| labels.get(*at)).copied().collect();
        Linear::train(&rows, &labels, numbers.len(), features, threads)
    };
    let folds = folds(&labels, numbers.len());
    let fold_of = |at: usize| folds.get(at).copied().unwrap_or(0);
    progress(1, FOLDS + 2);
    let linear = fit(&|_| true);
    let mut margins = vec![Vec::new(); rows.len()];
    for fold in 0..FOLDS {
        progress(fold + 2, FOLDS + 2);
        let held = fit(&|at| fold_of(at) != fold);
        for (at, row) in rows.iter().enumerate().filter(|(at, _)| fold_of(*at) == fold) {
            if let Some(slot) = margins.get_mut(at) {
                *slot = held.margins(row);
            }
        }
    }
    let (calibration, threshold) = Calibration::learn(&margins, &labels);
    progress(FOLDS + 2, FOLDS + 2);
    let labels = numbers.keys().map(|label| (*label).to_owned()).collect();
    Ok(IntentModel { labels, vocabulary, linear, calibration, threshold })
}

/// The fold of every example: each intent's examples in blocks, in their order. Who collects examples writes
/// variants of one sentence after another; dealt out to all folds they would vouch for each other.
fn folds(labels: &[usize], classes: usize) -> Vec<usize> {
    let mut totals = vec![0usize; classes];
    for label in labels {
        if let Some(total) = totals.get_mut(*label) {
            *total += 1;
        }
    }
    let mut seen = vec![0usize; classes];
    let place = |label: &usize| {
        let (Some(seen), Some(total)) = (seen.get_mut(*label), totals.get(*label)) else { return 0 };
        *seen += 1;
        (*seen - 1) * FOLDS / (*total).max(1)
    };
    labels.iter().map(place).collect()
}

fn bp(probability: f32) -> u16 {
    (probability.clamp(0.0, 1.0) * 10_000.0).round() as u16
}

impl IntentModel {
    /// The intents, in order.
    pub fn labels(&self) -> &[String] {
        &self.labels
    }

    /// What the classifier makes of `text`. Deterministic; of a long text the beginning counts.
    pub fn estimate(&self, text: &str) -> IntentEstimate<'_> {
        let margins = self.linear.margins(&self.vocabulary.features(text));
        let judged = self.calibration.judge(&margins);
        let label = |at: usize| self.labels.get(at).map_or("", String::as_str);
        IntentEstimate {
            label: label(judged.best),
            confidence_bp: bp(judged.confidence),
            runner_up: label(judged.second),
            runner_up_bp: bp(judged.second_confidence),
            out_of_scope_bp: bp(judged.out_of_scope),
            abstained: judged.confidence < self.threshold,
        }
    }

    /// The classifier as bytes, with a checksum at the end.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = MAGIC.to_vec();
        let length = |out: &mut Vec<u8>, n: usize| out.extend_from_slice(&(n as u64).to_le_bytes());
        let float = |out: &mut Vec<u8>, x: f32| out.extend_from_slice(&x.to_le_bytes());
        for x in self.calibration.to_floats().into_iter().chain([self.threshold]) {
            float(&mut out, x);
        }
        length(&mut out, self.labels.len());
        for label in &self.labels {
            length(&mut out, label.len());
            out.extend_from_slice(label.as_bytes());
        }
        length(&mut out, self.vocabulary.known.len());
        let mut known: Vec<(u32, u64, f32)> =
            self.vocabulary.known.iter().map(|(gram, (number, idf))| (*number, *gram, *idf)).collect();
        known.sort_unstable_by_key(|(number, ..)| *number);
        for (_, gram, _) in &known {
            out.extend_from_slice(&gram.to_le_bytes());
        }
        let idf = known.iter().map(|(_, _, idf)| idf);
        idf.chain(&self.linear.weights).chain(&self.linear.bias).for_each(|x| float(&mut out, *x));
        let checksum = Sha256::digest(&out);
        out.extend_from_slice(&checksum);
        out
    }

    /// The classifier of bytes.
    ///
    /// # Errors
    /// When they are damaged or of another version.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ModelError> {
        let (body, checksum) = bytes.split_last_chunk::<32>().ok_or(ModelError)?;
        if <[u8; 32]>::from(Sha256::digest(body)) != *checksum {
            return Err(ModelError);
        }
        let mut rest = Rest(body);
        if rest.take(8)? != MAGIC {
            return Err(ModelError);
        }
        let mut floats = [0.0; calibrate::FLOATS];
        for float in &mut floats {
            *float = rest.float()?;
        }
        let (calibration, threshold) = (Calibration::from_floats(floats), rest.float()?);
        let mut labels = Vec::new();
        for _ in 0..rest.length()? {
            let length = rest.length()?;
            labels.push(std::str::from_utf8(rest.take(length)?).map_err(|_| ModelError)?.to_owned());
        }
        let features = rest.length()?;
        let (grams, _) = rest.take(features.checked_mul(8).ok_or(ModelError)?)?.as_chunks::<8>();
        let mut known = std::collections::HashMap::default();
        for ((number, gram), idf) in (0..).zip(grams).zip(rest.floats(features)?) {
            if known.insert(u64::from_le_bytes(*gram), (number, idf)).is_some() {
                return Err(ModelError);
            }
        }
        let vocabulary = Vocabulary::of(known);
        let weights = rest.floats(features.checked_mul(labels.len()).ok_or(ModelError)?)?;
        let bias = rest.floats(labels.len())?;
        let linear = Linear { classes: labels.len(), weights, bias };
        if rest.0.is_empty() && !labels.is_empty() {
            Ok(Self { labels, vocabulary, linear, calibration, threshold })
        } else {
            Err(ModelError)
        }
    }
}

/// What is left to read.
struct Rest<'a>(&'a [u8]);

impl<'a> Rest<'a> {
    fn take(&mut self, n: usize) -> Result<&'a [u8], ModelError> {
        let (taken, rest) = self.0.split_at_checked(n).ok_or(ModelError)?;
        self.0 = rest;
        Ok(taken)
    }

    fn length(&mut self) -> Result<usize, ModelError> {
        let bytes: [u8; 8] = self.take(8)?.try_into().map_err(|_| ModelError)?;
        let length = usize::try_from(u64::from_le_bytes(bytes)).map_err(|_| ModelError)?;
        if length <= self.0.len() { Ok(length) } else { Err(ModelError) }
    }

    fn float(&mut self) -> Result<f32, ModelError> {
        self.floats(1)?.first().copied().ok_or(ModelError)
    }

    fn floats(&mut self, n: usize) -> Result<Vec<f32>, ModelError> {
        let bytes = self.take(n.checked_mul(4).ok_or(ModelError)?)?;
        let (chunks, _) = bytes.as_chunks::<4>();
        let number = |chunk: &[u8; 4]| Some(f32::from_le_bytes(*chunk)).filter(|number| number.is_finite());
        chunks.iter().map(|chunk| number(chunk).ok_or(ModelError)).collect()
    }
}
