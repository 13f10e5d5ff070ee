//! The intent classifier: linear over TF-IDF, with calibrated confidence, an out-of-scope score, and a
//! threshold below which it abstains.

use crate::{
    by_intent::{ByIntent, TakenFor},
    calibrate::Judged,
    examples::Example,
    familiar::ShortExamples,
    features::{Feature, Vocabulary, product},
    folds::folds,
    judge::{CalibratedClassifier, Learner, Learnt, Lesson},
    stored::{ClassifierBytes, DamagedClassifier, Rest},
    vector::{self, Encoded, encode_all},
};
use remit_encoder::Encoder;
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
    /// Whether the encoder was asked.
    pub encoded: bool,
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

/// When the sentence encoder is asked for the intent of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub enum EncoderUse {
    /// Where the linear classifier alone is not sure enough, by a rule that was learnt at training.
    #[default]
    #[serde(rename = "when unsure")]
    WhenUnsure,
    /// For every message.
    #[serde(rename = "always")]
    Always,
    /// For none.
    #[serde(rename = "never")]
    Never,
}

/// A trained classifier.
#[derive(Debug, Clone)]
pub struct IntentModel {
    training: Training,
    labels: Vec<String>,
    vocabulary: Vocabulary,
    short: ShortExamples,
    /// Judges by words and characters.
    alone: CalibratedClassifier,
    /// Judges by these and by the vector beside them.
    beside: Option<SecondJudge>,
}

/// What training showed on examples that were held out.
#[derive(Debug, Clone, PartialEq, Default, serde::Serialize)]
pub struct Training {
    /// Examples learnt from.
    pub examples: usize,
    /// Intents.
    pub intents: usize,
    /// Share with the right intent.
    pub accuracy: f32,
    /// Share that the classifier is sure enough of to be followed.
    pub kept: f32,
    /// Share of labels that seem to be wrong.
    pub mislabelled: f32,
    /// Examples that would bring each intent to ten, from where on most messages can be told.
    pub wanted: usize,
    /// How each intent is told, the worst first.
    pub by_intent: Vec<ByIntent>,
}

impl Training {
    /// What to tell whoever keeps the examples where no message would be followed; none where some would.
    pub fn abstains_on_all(&self) -> Option<String> {
        let Self { examples, intents, accuracy, kept, wanted, .. } = self;
        (*kept == 0.0).then(|| {
            let cure = match wanted {
                0 => format!("twice as many examples ({examples} more) should help, or fewer intents"),
                wanted => format!("{wanted} more examples should help, so that each intent has {ENOUGH}"),
            };
            format!(
                "the intent classifier abstains on every message, so that no AI responder is chosen by intent: \
                 {examples} examples of {intents} intents, of which {:.0} % are told right when held out; {cure}",
                accuracy * 100.0
            )
        })
    }

    fn of(learnt: &Learnt, labels: &[usize], names: &[&str]) -> Self {
        let name = |at: usize| names.get(at).copied().unwrap_or_default();
        let judged = learnt.held_out.iter().zip(labels);
        let told = |(judged, label): (&Judged, &usize)| {
            (name(*label), name(judged.best), judged.confidence >= learnt.judge.threshold)
        };
        let by_intent = ByIntent::of(judged.map(told));
        let total = labels.len().max(1) as f32;
        Self {
            examples: labels.len(),
            intents: names.len(),
            accuracy: by_intent.iter().map(|row| row.right).sum::<usize>() as f32 / total,
            kept: by_intent.iter().map(|row| row.kept).sum::<usize>() as f32 / total,
            mislabelled: learnt.mislabelled as f32,
            wanted: by_intent.iter().map(|row| ENOUGH.saturating_sub(row.messages)).sum(),
            by_intent,
        }
    }
}

/// Examples of an intent from which on most messages can be told.
const ENOUGH: usize = 10;

/// A judge that sees the vector of a message too.
#[derive(Debug, Clone)]
struct SecondJudge {
    judge: CalibratedClassifier,
    /// The digest of the encoder's model.
    encoder: [u8; 32],
    /// Confidence from which on the judge that is alone needs no second.
    sure: f32,
}

/// Folds of examples, each judged by a classifier that has not seen it.
const FOLDS: usize = 4;
/// Folds where there are few examples, so that little is taken away from what a classifier learns from.
const FOLDS_OF_FEW: usize = 10;
/// Up to how many examples are few.
const FEW: usize = 4_000;
const MAGIC: &[u8; 8] = b"RMTINT05";
/// Cosine of two examples' words and characters from which on they say the same.
const SAYS_THE_SAME: f32 = 0.8;
/// Cosine of two examples' vectors from which on they mean the same.
const MEANS_THE_SAME: f32 = 0.96;
/// The most confidence that there is in a text of which hardly anything was seen.
const UNFAMILIAR_MOST: f32 = 0.4;
/// Share of messages that the linear classifier alone may get wrong where both together would get them right.
const LOST: f64 = 0.0015;

/// Trains a classifier, with an encoder beside it where there is one. `progress` is told how many of how many steps are
/// done.
///
/// # Errors
/// When there is too little to learn from.
pub fn train(
    examples: &[Example],
    encoder: Option<&Encoder>,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<IntentModel, TrainError> {
    let vectors = encoder.map(|encoder| {
        let texts: Vec<&str> = examples.iter().map(|example| example.text.as_str()).collect();
        (*encoder.digest(), encode_all(encoder, &texts))
    });
    let vectors = vectors.as_ref().map(|(digest, vectors)| (*digest, vectors.iter().map(Vec::as_slice).collect()));
    train_on(examples, vectors, progress)
}

/// Trains a classifier on examples whose vectors are known.
///
/// # Errors
/// When there is too little to learn from.
pub fn train_on(
    examples: &[Example],
    vectors: Option<([u8; 32], Vec<&[f32]>)>,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<IntentModel, TrainError> {
    let mut numbers: BTreeMap<&str, usize> = examples.iter().map(|example| (example.label.as_str(), 0)).collect();
    numbers.values_mut().enumerate().for_each(|(at, number)| *number = at);
    if numbers.len() < 2 || examples.len() < 20 {
        return Err(TrainError::TooFew { intents: numbers.len(), examples: examples.len() });
    }
    let vocabulary = Vocabulary::new(examples.iter().map(|example| example.text.as_str()));
    let mut rows: Vec<Vec<Feature>> = examples.iter().map(|example| vocabulary.features(&example.text)).collect();
    let labels: Vec<usize> = examples.iter().filter_map(|e| numbers.get(e.label.as_str()).copied()).collect();
    let classes = numbers.len();
    let vector = |at: usize| vectors.as_ref().and_then(|(_, vectors)| vectors.get(at).copied());
    let count = if examples.len() > FEW { FOLDS } else { FOLDS_OF_FEW };
    let folds = folds(&labels, classes, count, &|one, other| near_copies(&rows, &vector, one, other));
    let steps = 2 + usize::from(vectors.is_some());
    let mut done = 1;
    let mut step = || {
        done += 1;
        progress(done, steps);
    };
    let features = vocabulary.known.len();
    let lesson = Lesson { rows: &rows, labels: &labels, classes, features, folds: &folds, learner: Learner::Svm };
    let alone = CalibratedClassifier::learn(&lesson, &mut step);
    let mut training = None;
    let beside = vectors.map(|(encoder, vectors)| {
        let learner = if examples.len() > FEW { Learner::Svm } else { Learner::Softmax };
        let width = vectors.first().map_or(0, |vector| vector.len());
        for (row, vector) in rows.iter_mut().zip(vectors) {
            row.extend(vector::features(features, vector));
        }
        let lesson =
            Lesson { rows: &rows, labels: &labels, classes, features: features + width, folds: &folds, learner };
        let both = CalibratedClassifier::learn(&lesson, &mut step);
        let sure = sure(&alone, &both, &labels);
        training = Some(Training::of(&both, &labels, &numbers.keys().copied().collect::<Vec<_>>()));
        SecondJudge { judge: both.judge, encoder, sure }
    });
    let names: Vec<&str> = numbers.keys().copied().collect();
    let training = training.unwrap_or_else(|| Training::of(&alone, &labels, &names));
    let labels = names.into_iter().map(str::to_owned).collect();
    let short = ShortExamples::of(examples.iter().map(|example| example.text.as_str()));
    Ok(IntentModel { training, labels, vocabulary, short, alone: alone.judge, beside })
}

/// Whether two examples are hardly more than one, by their words or by what they mean.
fn near_copies<'v>(
    rows: &[Vec<Feature>],
    vector_of: &dyn Fn(usize) -> Option<&'v [f32]>,
    one: usize,
    other: usize,
) -> bool {
    let says = |one: &Vec<Feature>, other: &Vec<Feature>| product(one, other) >= SAYS_THE_SAME;
    rows.get(one).zip(rows.get(other)).is_some_and(|(one, other)| says(one, other))
        || vector_of(one).zip(vector_of(other)).is_some_and(|(one, other)| vector::cosine(one, other) >= MEANS_THE_SAME)
}

/// The least confidence of the judge that is alone from which on both together would get hardly more right.
fn sure(alone: &Learnt, both: &Learnt, labels: &[usize]) -> f32 {
    let mut judged: Vec<(f32, i32)> = alone
        .held_out
        .iter()
        .zip(&both.held_out)
        .zip(labels)
        .map(|((alone, both), label)| {
            (alone.confidence, i32::from(both.best == *label) - i32::from(alone.best == *label))
        })
        .collect();
    judged.sort_by(|a, b| b.0.total_cmp(&a.0));
    let allowed = (LOST * judged.len() as f64).floor() as i32;
    let mut lost = 0;
    let mut sure = 1.0;
    for (confidence, loses) in judged {
        lost += loses;
        if lost > allowed {
            break;
        }
        sure = confidence;
    }
    sure
}

fn bp(probability: f32) -> u16 {
    (probability.clamp(0.0, 1.0) * 10_000.0).round() as u16
}

impl IntentModel {
    /// The intents, in order.
    pub fn labels(&self) -> &[String] {
        &self.labels
    }

    /// What training showed on examples that were held out.
    pub fn training(&self) -> &Training {
        &self.training
    }

    /// What the classifier makes of a text. Deterministic; of a long text the beginning counts.
    pub fn estimate(&self, text: &Encoded<'_>, when: EncoderUse) -> IntentEstimate<'_> {
        let mut row = self.vocabulary.features(text.text());
        let alone = self.alone.judge(&row);
        let hardly_seen = self.short.hardly_saw(text.text(), &self.vocabulary);
        let second = self.beside.as_ref().filter(|beside| match when {
            EncoderUse::Never => false,
            EncoderUse::Always => true,
            EncoderUse::WhenUnsure => alone.confidence < beside.sure && !hardly_seen,
        });
        let (judge, judged) = match second.and_then(|beside| Some((&beside.judge, text.vector()?))) {
            Some((judge, vector)) => {
                row.extend(vector::features(self.vocabulary.known.len(), vector));
                (judge, judge.judge(&row))
            }
            None => (&self.alone, alone),
        };
        let label = |at: usize| self.labels.get(at).map_or("", String::as_str);
        let most = if hardly_seen { UNFAMILIAR_MOST } else { 1.0 };
        IntentEstimate {
            label: label(judged.best),
            confidence_bp: bp(judged.confidence.min(most)),
            runner_up: label(judged.second),
            runner_up_bp: bp(judged.second_confidence.min(most)),
            out_of_scope_bp: bp(alone.out_of_scope),
            encoded: !std::ptr::eq(judge, &self.alone),
            abstained: hardly_seen || judged.confidence < judge.threshold,
        }
    }

    /// The classifier as bytes, with a checksum at the end.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = ClassifierBytes::begin(MAGIC);
        let Training { examples, intents, accuracy, kept, mislabelled, wanted, by_intent } = &self.training;
        [examples, intents, wanted].into_iter().for_each(|count| out.count(*count));
        [accuracy, kept, mislabelled].into_iter().for_each(|share| out.float(*share));
        out.texts(by_intent.iter().map(|row| row.intent.as_str()));
        for ByIntent { messages, right, kept, taken_for, .. } in by_intent {
            [messages, right, kept].into_iter().for_each(|count| out.count(*count));
            out.texts(taken_for.iter().map(|taken| taken.intent.as_str()));
            taken_for.iter().for_each(|taken| out.count(taken.times));
        }
        out.texts(self.labels.iter().map(String::as_str));
        out.hashes(self.short.0.iter().copied());
        out.vocabulary(&self.vocabulary);
        out.judge(&self.alone);
        out.length(usize::from(self.beside.is_some()));
        if let Some(beside) = &self.beside {
            out.digest(&beside.encoder);
            out.float(beside.sure);
            out.judge(&beside.judge);
        }
        out.finish()
    }

    /// The classifier of bytes.
    ///
    /// # Errors
    /// When they are damaged or of another version.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DamagedClassifier> {
        let mut rest = Rest::of(bytes, MAGIC)?;
        let (examples, intents, wanted) = (rest.count()?, rest.count()?, rest.count()?);
        let (accuracy, kept, mislabelled) = (rest.float()?, rest.float()?, rest.float()?);
        let by_intent = rest.texts()?.into_iter().map(|intent| {
            let (messages, right, kept) = (rest.count()?, rest.count()?, rest.count()?);
            let taken = rest.texts()?.into_iter().map(|intent| Ok(TakenFor { intent, times: rest.count()? }));
            Ok(ByIntent { intent, messages, right, kept, taken_for: taken.collect::<Result<_, DamagedClassifier>>()? })
        });
        let by_intent = by_intent.collect::<Result<_, DamagedClassifier>>()?;
        let training = Training { examples, intents, accuracy, kept, mislabelled, wanted, by_intent };
        let labels = rest.texts()?;
        let short = ShortExamples(rest.hashes()?.into_iter().collect());
        let vocabulary = rest.vocabulary(false)?;
        let features = vocabulary.known.len();
        let alone = rest.judge(features, labels.len())?;
        let beside = match rest.length()? {
            0 => None,
            _ => {
                let encoder = rest.digest()?;
                let sure = rest.float()?;
                Some(SecondJudge { judge: rest.judge(features, labels.len())?, encoder, sure })
            }
        };
        rest.end()?;
        if labels.is_empty() {
            Err(DamagedClassifier)
        } else {
            Ok(Self { training, labels, vocabulary, short, alone, beside })
        }
    }
}
