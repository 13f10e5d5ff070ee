//! The intent classifier: linear over TF-IDF, with calibrated confidence, an out-of-scope score, and a
//! threshold below which it abstains.

use crate::{
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
    /// Probability = softmax(margin / temperature).
    temperature: f32,
    /// Confidence below which it abstains: at most 5 % of what is kept is wrong, with 90 % confidence.
    pub threshold: f32,
    /// Logistic map from the out-of-scope statistic to a probability: centre and scale.
    scope: (f32, f32),
}

const FOLDS: usize = 4;
const MAGIC: &[u8; 8] = b"RMTINT01";
/// Share of wrong labels among those kept that is tolerated.
const RISK: f64 = 0.05;
/// Probability with which that bound may fail.
const DELTA: f64 = 0.1;

/// A message with what is known and what is thought of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Judged {
    pub(crate) confidence: f32,
    pub(crate) right: bool,
}

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
    let features = vocabulary.idf.len();
    let fit = |keep: &dyn Fn(usize) -> bool| {
        let at: Vec<usize> = (0..rows.len()).filter(|at| keep(*at)).collect();
        let rows: Vec<&[Feature]> = at.iter().filter_map(|at| rows.get(*at)).map(Vec::as_slice).collect();
        let labels: Vec<usize> = at.iter().filter_map(|at| labels.get(*at)).copied().collect();
        Linear::train(&rows, &labels, numbers.len(), features, threads)
    };
    progress(1, FOLDS + 2);
    let linear = fit(&|_| true);
    let mut margins = vec![Vec::new(); rows.len()];
    for fold in 0..FOLDS {
        progress(fold + 2, FOLDS + 2);
        let held = fit(&|at| at % FOLDS != fold);
        for (at, row) in rows.iter().enumerate().filter(|(at, _)| at % FOLDS == fold) {
            if let Some(slot) = margins.get_mut(at) {
                *slot = held.margins(row);
            }
        }
    }
    let temperature = temperature(&margins, &labels);
    let judged: Vec<Judged> = margins
        .iter()
        .zip(&labels)
        .map(|(margins, label)| {
            let (best, confidence) = best(margins, temperature);
            Judged { confidence, right: best == *label }
        })
        .collect();
    let threshold = threshold(&judged);
    let scope = scope(&margins);
    progress(FOLDS + 2, FOLDS + 2);
    let labels = numbers.keys().map(|label| (*label).to_owned()).collect();
    Ok(IntentModel { labels, vocabulary, linear, temperature, threshold, scope })
}

fn softmax(margins: &[f32], temperature: f32) -> Vec<f32> {
    let top = margins.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let mut out: Vec<f32> = margins.iter().map(|margin| ((margin - top) / temperature).exp()).collect();
    let sum: f32 = out.iter().sum();
    out.iter_mut().for_each(|p| *p /= sum);
    out
}

fn best(margins: &[f32], temperature: f32) -> (usize, f32) {
    let probabilities = softmax(margins, temperature);
    probabilities.iter().copied().enumerate().fold((0, 0.0), |best, next| if next.1 > best.1 { next } else { best })
}

/// The temperature with the least log loss, by golden-section search (Guo et al., ICML 2017).
fn temperature(margins: &[Vec<f32>], labels: &[usize]) -> f32 {
    let loss = |temperature: f32| -> f64 {
        margins
            .iter()
            .zip(labels)
            .map(|(margins, label)| {
                let p = softmax(margins, temperature).get(*label).copied().unwrap_or(0.0);
                -f64::from(p.max(1e-9)).ln()
            })
            .sum()
    };
    let (mut low, mut high) = (0.01f32, 2.0f32);
    for _ in 0..24 {
        let (a, b) = (high - 0.618 * (high - low), low + 0.618 * (high - low));
        if loss(a) < loss(b) {
            high = b;
        } else {
            low = a;
        }
    }
    f32::midpoint(low, high)
}

/// Learn-then-test (Angelopoulos et al., arXiv 2110.01052): thresholds from strict to lax, each tested
/// with the binomial tail, as long as the share of wrong ones is shown to be within the risk.
pub(crate) fn threshold(judged: &[Judged]) -> f32 {
    let mut sorted: Vec<Judged> = judged.to_vec();
    sorted.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
    let least = (4.0 * (1.0 / DELTA).ln() / RISK).ceil() as usize;
    let mut chosen = 1.0;
    let mut wrong = 0u64;
    let step = (sorted.len() / 400).max(1);
    for (at, one) in sorted.iter().enumerate() {
        wrong += u64::from(!one.right);
        let kept = at + 1;
        if kept < least || kept % step != 0 {
            continue;
        }
        if binomial_tail(kept as u64, wrong, RISK) > DELTA {
            break;
        }
        chosen = one.confidence;
    }
    chosen
}

/// P(Bin(n, p) ≤ k).
fn binomial_tail(n: u64, k: u64, p: f64) -> f64 {
    let (ln_p, ln_q) = (p.ln(), (1.0 - p).ln());
    let mut ln_choose = 0.0f64;
    let mut sum = 0.0f64;
    for i in 0..=k.min(n) {
        if i > 0 {
            ln_choose += ((n - i + 1) as f64).ln() - (i as f64).ln();
        }
        sum += (ln_choose + i as f64 * ln_p + (n - i) as f64 * ln_q).exp();
    }
    sum.min(1.0)
}

/// How much a message looks like some intent: its greatest margin, and how far it leads.
fn statistic(margins: &[f32]) -> f32 {
    let (mut first, mut second) = (f32::NEG_INFINITY, f32::NEG_INFINITY);
    for margin in margins {
        if *margin > first {
            (first, second) = (*margin, first);
        } else if *margin > second {
            second = *margin;
        }
    }
    first + 0.25 * (first - second)
}

/// Centre and scale such that 5 % of the messages that do have an intent score above one half.
fn scope(margins: &[Vec<f32>]) -> (f32, f32) {
    let mut statistics: Vec<f32> = margins.iter().map(|margins| statistic(margins)).collect();
    statistics.sort_by(f32::total_cmp);
    let quantile = |q: f64| statistics.get((statistics.len() as f64 * q) as usize).copied().unwrap_or(0.0);
    (quantile(0.05), ((quantile(0.5) - quantile(0.05)) / 4.0).max(1e-3))
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
        let probabilities = softmax(&margins, self.temperature);
        let (mut first, mut second) = ((0, -1.0f32), (0, -1.0f32));
        for (at, p) in probabilities.iter().enumerate() {
            if *p > first.1 {
                (first, second) = ((at, *p), first);
            } else if *p > second.1 {
                second = (at, *p);
            }
        }
        let label = |at: usize| self.labels.get(at).map_or("", String::as_str);
        let (centre, scale) = self.scope;
        let out = 1.0 / (1.0 + ((statistic(&margins) - centre) / scale).exp());
        IntentEstimate {
            label: label(first.0),
            confidence_bp: bp(first.1),
            runner_up: label(second.0),
            runner_up_bp: bp(second.1),
            out_of_scope_bp: bp(out),
            abstained: first.1 < self.threshold,
        }
    }

    /// The classifier as bytes, with a checksum at the end.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = MAGIC.to_vec();
        let length = |out: &mut Vec<u8>, n: usize| out.extend_from_slice(&(n as u64).to_le_bytes());
        let float = |out: &mut Vec<u8>, x: f32| out.extend_from_slice(&x.to_le_bytes());
        for x in [self.temperature, self.threshold, self.scope.0, self.scope.1] {
            float(&mut out, x);
        }
        length(&mut out, self.labels.len());
        for label in &self.labels {
            length(&mut out, label.len());
            out.extend_from_slice(label.as_bytes());
        }
        length(&mut out, self.vocabulary.idf.len());
        let mut grams: Vec<(u32, u64)> =
            self.vocabulary.numbers.iter().map(|(gram, number)| (*number, *gram)).collect();
        grams.sort_unstable();
        for (_, gram) in grams {
            out.extend_from_slice(&gram.to_le_bytes());
        }
        self.vocabulary
            .idf
            .iter()
            .chain(&self.linear.weights)
            .chain(&self.linear.bias)
            .for_each(|x| float(&mut out, *x));
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
        let (temperature, threshold, scope) = (rest.float()?, rest.float()?, (rest.float()?, rest.float()?));
        let mut labels = Vec::new();
        for _ in 0..rest.length()? {
            let length = rest.length()?;
            labels.push(std::str::from_utf8(rest.take(length)?).map_err(|_| ModelError)?.to_owned());
        }
        let features = rest.length()?;
        let mut vocabulary = Vocabulary::default();
        for number in 0..features {
            let gram = u64::from_le_bytes(rest.take(8)?.try_into().map_err(|_| ModelError)?);
            vocabulary.numbers.insert(gram, u32::try_from(number).map_err(|_| ModelError)?);
        }
        vocabulary.idf = rest.floats(features)?;
        let weights = rest.floats(features.checked_mul(labels.len()).ok_or(ModelError)?)?;
        let bias = rest.floats(labels.len())?;
        let linear = Linear { classes: labels.len(), weights, bias };
        if rest.0.is_empty() && !labels.is_empty() {
            Ok(Self { labels, vocabulary, linear, temperature, threshold, scope })
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
        Ok(f32::from_le_bytes(self.take(4)?.try_into().map_err(|_| ModelError)?))
    }

    fn floats(&mut self, n: usize) -> Result<Vec<f32>, ModelError> {
        let bytes = self.take(n.checked_mul(4).ok_or(ModelError)?)?;
        let (chunks, _) = bytes.as_chunks::<4>();
        Ok(chunks.iter().map(|chunk| f32::from_le_bytes(*chunk)).collect())
    }
}
