//! What a sentence says, learnt from labelled sentences: a situation now, a wish for a human, frustration. Rules for
//! words propose and this disposes: it sees words, which rules matched, and, where an encoder is there, what the
//! sentence means.

use crate::{
    features::{Feature, Vocabulary},
    label::{FRUSTRATED, is_situation, rule_of},
    lexical::{Kinds, TextReader},
    linear::Linear,
    sentence_split::clauses,
    stored::{ClassifierBytes, DamagedClassifier, Rest},
    vector::{self, Encoded},
};
use std::collections::BTreeMap;

/// What a rule that matched weighs beside words, whose length is one.
const RULE: f32 = 0.5;
/// What the margin by words and rules weighs beside the margin with the vector. Both make mistakes, seldom the same
/// ones: a vector takes odd short sentences for anything, and words do not see what a sentence says.
const ALONE: f32 = 0.5;
/// Up to how many sentences a message is short, and from how many on long.
const SHORT_AND_LONG: (f32, f32) = (3.0, 6.0);
pub(crate) const MAGIC: &[u8; 8] = b"RMTSEN03";
/// From which margins on a label is there.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Thresholds {
    /// In a short message, which favours finding it.
    pub(crate) short: f32,
    /// In a long message, of which any sentence could be mistaken.
    pub(crate) long: f32,
}

impl Thresholds {
    fn of(self, sentences: usize) -> f32 {
        let (short, long) = SHORT_AND_LONG;
        let share = ((sentences as f32 - short) / (long - short)).clamp(0.0, 1.0);
        self.short + (self.long - self.short) * share
    }
}

/// A label that can be read.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Label {
    pub(crate) name: String,
    /// What it is named by among the rules that a reading rests on.
    pub(crate) rule: String,
    /// By words and rules.
    pub(crate) alone: Thresholds,
    /// By words, rules and the vector.
    pub(crate) beside: Thresholds,
    /// Margin by words and rules from which on the encoder is asked.
    pub(crate) propose: f32,
}

impl Label {
    fn is_situation(&self) -> bool {
        is_situation(&self.name)
    }
}

/// A classifier of sentences.
#[derive(Debug, Clone)]
pub struct SentenceClassifier {
    pub(crate) key: [u8; 32],
    pub(crate) labels: Vec<Label>,
    /// Codes of the languages that it has learnt.
    pub(crate) languages: Vec<String>,
    pub(crate) vocabulary: Vocabulary,
    /// What it makes of words and rules.
    pub(crate) alone: Linear,
    /// What it makes of words, rules and the vector, and the digest of the encoder's model.
    pub(crate) beside: Option<([u8; 32], Linear)>,
}

/// One label in one message.
#[derive(Debug, Clone, PartialEq)]
pub struct Found<'a> {
    /// The label.
    pub label: &'a str,
    /// What it is named by among the rules that a reading rests on.
    pub rule: &'a str,
    /// The sentence that says it most clearly, from 0.
    pub sentence: usize,
    /// By how much it is beyond the threshold; below 0 it is not there.
    pub beyond: f32,
    /// Whether the encoder was asked.
    pub encoded: bool,
}

impl SentenceClassifier {
    /// The one that ships.
    pub fn built_in() -> Option<Self> {
        Self::from_bytes(include_bytes!("../packs/sentences.bin")).ok()
    }

    /// What it has learnt, as a lesson's key tells it.
    pub fn key(&self) -> &[u8; 32] {
        &self.key
    }

    /// The digest of the model of the encoder that it has learnt with.
    pub(crate) fn encoder(&self) -> Option<&[u8; 32]> {
        self.beside.as_ref().map(|(digest, _)| digest)
    }

    /// Its thresholds, in words.
    pub fn told(&self) -> Vec<String> {
        let told = |label: &Label| {
            let Label { name, alone, beside, propose, .. } = label;
            let of = |thresholds: &Thresholds| format!("{:.2} to {:.2}", thresholds.short, thresholds.long);
            format!(
                "{name}: by words from {}, with the encoder from {}, which is asked from {propose:.2}",
                of(alone),
                of(beside)
            )
        };
        self.labels.iter().map(told).collect()
    }

    /// Whether it has learnt from sentences in a language.
    pub fn learnt_in(&self, language: &str) -> bool {
        self.languages.iter().any(|known| known == language)
    }

    /// Whether it reads a label.
    pub fn reads(&self, label: &str) -> bool {
        self.labels.iter().any(|known| known.name == label)
    }

    /// What each sentence of the message `whole` says, by label. The encoder is asked about sentences that words or
    /// rules propose, and about all where `every` is so.
    pub fn read(&self, reader: &TextReader, sentences: &[&str], whole: &Encoded<'_>, every: bool) -> Vec<Found<'_>> {
        let places = places(self.labels.iter().map(|label| label.name.as_str()));
        let beside =
            self.beside.as_ref().zip(whole.encoder()).filter(|((digest, _), encoder)| digest == encoder.digest());
        let is_situation: Vec<bool> = self.labels.iter().map(Label::is_situation).collect();
        let mut best: Vec<Option<Found<'_>>> = vec![None; self.labels.len()];
        // In a short message, clauses of which a rule speaks are judged by themselves too: what stands beside them must
        // not hide them. In a long one too many rules speak.
        let short = sentences.len() as f32 <= SHORT_AND_LONG.0 + 1.0;
        let sentence = sentences.iter().enumerate().map(|(at, text)| (at, *text, reader.kinds(text)));
        let spoken_of = sentence.flat_map(|(at, text, kinds)| {
            let clauses = if short && !kinds.matched.is_empty() { clauses(text) } else { Vec::new() };
            let clauses = clauses.into_iter().map(move |clause| (at, clause, reader.kinds(clause)));
            [(at, text, kinds)].into_iter().chain(clauses.filter(|(_, _, kinds)| !kinds.matched.is_empty()))
        });
        for (at, text, kinds) in spoken_of {
            let mut row = row(&self.vocabulary, &places, text, &kinds);
            let margins = beyond_none(self.alone.margins(&row), &is_situation);
            let proposed = |(label, margin): (&Label, &f32)| {
                *margin >= label.propose || kinds.matched.contains(&label.name.as_str())
            };
            let asked = beside.filter(|_| every || self.labels.iter().zip(&margins).any(proposed));
            let encoded = asked.is_some();
            let margins = match asked {
                Some(((_, linear), encoder)) => {
                    let numbers = before_vector(&self.vocabulary, self.labels.len());
                    match whole.vector_of(text) {
                        Some(vector) => row.extend(vector::features(numbers, vector)),
                        None => row.extend(vector::features(numbers, &encoder.encode(text))),
                    }
                    with_alone(beyond_none(linear.margins(&row), &is_situation), &margins)
                }
                None => margins,
            };
            // A sentence speaks of one situation at most, the likeliest.
            let situations = self.labels.iter().zip(&margins).filter(|(label, _)| label.is_situation());
            let likeliest = situations.map(|(_, margin)| *margin).fold(f32::MIN, f32::max);
            let count = sentences.len();
            let threshold = |label: &Label| if encoded { label.beside.of(count) } else { label.alone.of(count) };
            let speaks = |(label, margin): (&Label, &f32)| label.is_situation() && *margin >= threshold(label);
            let in_danger = (encoded || beside.is_none()) && self.labels.iter().zip(&margins).any(speaks);
            for ((label, margin), slot) in self.labels.iter().zip(margins).zip(&mut best) {
                // Who is in danger is not merely cross.
                if label.is_situation() && margin < likeliest || label.name == FRUSTRATED && in_danger {
                    continue;
                }
                // Where the encoder was not asked although it is there, nothing was proposed, and nothing is there.
                let beyond = if beside.is_some() && !encoded { f32::MIN } else { margin - threshold(label) };
                if slot.as_ref().is_none_or(|found| beyond > found.beyond) {
                    *slot = Some(Found { label: &label.name, rule: &label.rule, sentence: at, beyond, encoded });
                }
            }
        }
        best.into_iter().flatten().collect()
    }

    /// The classifier as bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = ClassifierBytes::begin(MAGIC);
        out.digest(&self.key);
        out.texts(self.labels.iter().map(|label| label.name.as_str()));
        for label in &self.labels {
            let Label { alone, beside, propose, .. } = label;
            [alone.short, alone.long, beside.short, beside.long, *propose].into_iter().for_each(|x| out.float(x));
        }
        out.texts(self.languages.iter().map(String::as_str));
        out.vocabulary(&self.vocabulary);
        out.linear(&self.alone);
        out.length(usize::from(self.beside.is_some()));
        if let Some((digest, linear)) = &self.beside {
            out.digest(digest);
            out.linear(linear);
        }
        out.finish()
    }

    /// The classifier of bytes.
    ///
    /// # Errors
    /// When they are damaged or of another version.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DamagedClassifier> {
        let mut rest = Rest::of(bytes, MAGIC)?;
        let key = rest.digest()?;
        let mut labels = Vec::new();
        for name in rest.texts()? {
            let mut thresholds = || Ok(Thresholds { short: rest.float()?, long: rest.float()? });
            let (alone, beside) = (thresholds()?, thresholds()?);
            labels.push(Label { rule: rule_of(&name), name, alone, beside, propose: rest.float()? });
        }
        let languages = rest.texts()?;
        let vocabulary = rest.vocabulary(true)?;
        let features = before_vector(&vocabulary, labels.len());
        let alone = rest.linear(features, labels.len() + 1)?;
        let beside = match rest.length()? {
            0 => None,
            _ => Some((rest.digest()?, rest.linear(features, labels.len() + 1)?)),
        };
        rest.end()?;
        Ok(Self { key, labels, languages, vocabulary, alone, beside })
    }
}

/// Places of labels by what rules read them.
pub(crate) fn places<'n>(names: impl Iterator<Item = &'n str>) -> BTreeMap<&'n str, usize> {
    names.enumerate().map(|(at, name)| (name, at)).collect()
}

pub(crate) fn row(
    vocabulary: &Vocabulary,
    places: &BTreeMap<&str, usize>,
    text: &str,
    kinds: &Kinds<'_>,
) -> Vec<Feature> {
    let mut row = vocabulary.features(text);
    let words = vocabulary.known.len();
    for (before, kinds) in [(words, &kinds.matched), (words + places.len(), &kinds.denied)] {
        let mut at: Vec<usize> = kinds.iter().filter_map(|kind| places.get(kind).copied()).collect();
        at.sort_unstable();
        row.extend(at.into_iter().filter_map(|at| Some((u32::try_from(before + at).ok()?, RULE))));
    }
    row
}

/// Features before those of the vector: words, and by label which rules matched and which were taken back.
pub(crate) fn before_vector(vocabulary: &Vocabulary, labels: usize) -> usize {
    vocabulary.known.len() + 2 * labels
}

/// By how much each label is likelier than none, which is the last class; and each situation than that there is none,
/// whatever is wished or felt: who is cross is not the likelier to threaten for it.
pub(crate) fn beyond_none(mut margins: Vec<f32>, is_situation: &[bool]) -> Vec<f32> {
    let none = margins.pop().unwrap_or_default();
    let milder = margins.iter().zip(is_situation).filter(|(_, is)| !**is).map(|(margin, _)| *margin);
    let no_situation = none + milder.map(|margin| (margin - none).exp()).sum::<f32>().ln_1p();
    for (margin, is_situation) in margins.iter_mut().zip(is_situation) {
        *margin -= if *is_situation { no_situation } else { none };
    }
    margins
}

/// The margins with the vector and those by words and rules, as one.
pub(crate) fn with_alone(mut beside: Vec<f32>, alone: &[f32]) -> Vec<f32> {
    beside.iter_mut().zip(alone).for_each(|(margin, alone)| *margin += ALONE * alone);
    beside
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sentence_lesson::SentenceLesson;
    use remit_encoder::Encoder;

    #[test]
    fn the_one_that_ships_has_learnt_what_the_packs_teach() {
        let reader = TextReader::new();
        let lesson = SentenceLesson::of(&reader).unwrap();
        let shipped = lesson.shipped(Some(&Encoder::built_in()));
        assert!(shipped.is_some(), "a sentence or a rule was changed; run `cargo xtask sentences`");
        let bytes = shipped.unwrap().to_bytes();
        assert_eq!(SentenceClassifier::from_bytes(&bytes).unwrap().to_bytes(), bytes);
        assert!(SentenceClassifier::from_bytes(&bytes[..bytes.len() - 1]).is_err());
    }
}
