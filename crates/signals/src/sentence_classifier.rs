//! What a sentence says, learnt from labelled sentences: a situation now, a wish for a human, frustration. Rules for words
//! propose and this disposes: it sees words, which rules matched, and, where an encoder is there, what the sentence means.

use crate::{
    features::{Feature, Vocabulary},
    folds::fit_in_folds,
    lexical::TextReader,
    linear::Linear,
    normal::normalised,
    readings::{FRUSTRATED, FRUSTRATION, WANTS_HUMAN},
    sentence_split::clauses,
    softmax,
    stored::{ModelError, Rest, Stored},
    vector::{self, encode_all},
};
use remit_encoder::Encoder;
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// Sentences with a label from which on there is something to learn.
const POSITIVES_LEAST: usize = 40;
/// Sentences without it.
const NEGATIVES_LEAST: usize = 200;
/// Folds in which thresholds are learnt.
const FOLDS: usize = 5;
/// What a rule that matched weighs beside words, whose length is one.
const RULE: f32 = 0.5;
/// Share of the sentences with a label that the encoder is asked about.
const PROPOSED: f64 = 0.985;
/// How much is mistaken for a label, and how much of it is found at the least and at the most.
struct Aim {
    /// Share of the sentences without the label that may be taken for it, in a short message and in a long one, any
    /// sentence of which could be mistaken. These sentences were chosen to be hard: of ordinary ones it is a tenth or less.
    mistaken: (f64, f64),
    /// Share of the sentences with it that are found at the least, whatever else is mistaken.
    found: (f64, f64),
}

/// Who is in danger is to be found, but half a desk's work must not be others'.
const SITUATION: Aim = Aim { mistaken: (0.004, 0.001_5), found: (0.80, 0.70) };
/// Who asks for a human costs little where they did not.
const WISH: Aim = Aim { mistaken: (0.012, 0.007), found: (0.90, 0.85) };
const FRUSTRATION_AIM: Aim = Aim { mistaken: (0.03, 0.01), found: (0.75, 0.60) };
/// Share of the sentences with a label beyond which finding more is not worth it.
const FOUND_MOST: f64 = 0.97;
/// Up to how many sentences a message is short, and from how many on long.
const SHORT_AND_LONG: (f32, f32) = (3.0, 8.0);
const MAGIC: &[u8; 8] = b"RMTSEN01";
/// Sentences in a language from which on it has been learnt.
const OF_A_LANGUAGE_LEAST: usize = 200;
/// What the names begin with by which readings name what was learnt.
pub(crate) const LEARNT: &str = "sentences.";

/// From which margins on a label is there.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Thresholds {
    /// In a short message, which favours finding it.
    short: f32,
    /// In a long message, of which any sentence could be mistaken.
    long: f32,
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
struct Label {
    name: String,
    /// What it is named by among the rules that a reading rests on.
    rule: String,
    /// By words and rules.
    alone: Thresholds,
    /// By words, rules and the vector.
    beside: Thresholds,
    /// Margin by words and rules from which on the encoder is asked.
    propose: f32,
}

impl Label {
    fn is_situation(&self) -> bool {
        self.name != WANTS_HUMAN && self.name != FRUSTRATED
    }
}

/// A classifier of sentences.
#[derive(Debug, Clone)]
pub struct SentenceClassifier {
    key: [u8; 32],
    labels: Vec<Label>,
    /// Codes of the languages that it has learnt.
    languages: Vec<String>,
    vocabulary: Vocabulary,
    alone: Linear,
    beside: Option<([u8; 32], Linear)>,
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
    /// The one that ships, if it has learnt just this with this encoder; where the encoder is never asked, it serves by its
    /// words alone.
    pub fn shipped(lesson: &Lesson<'_>, encoder: Option<&Encoder>) -> Option<Self> {
        let shipped = Self::from_bytes(include_bytes!("../packs/sentences.bin")).ok()?;
        let digest = encoder.map(Encoder::digest).or(shipped.encoder());
        (shipped.key == lesson.key(digest)).then_some(shipped)
    }

    /// What it has learnt, as [`Lesson::key`] tells it.
    pub fn key(&self) -> &[u8; 32] {
        &self.key
    }

    /// The digest of the model of the encoder that it has learnt with.
    fn encoder(&self) -> Option<&[u8; 32]> {
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

    /// What each sentence of a message says, by label. The encoder is asked about sentences that words or rules propose,
    /// and about all where `every` is so.
    pub fn read(
        &self,
        reader: &TextReader,
        sentences: &[&str],
        encoder: Option<&Encoder>,
        every: bool,
    ) -> Vec<Found<'_>> {
        let places = places(self.labels.iter().map(|label| label.name.as_str()));
        let beside = self.beside.as_ref().zip(encoder).filter(|((digest, _), encoder)| digest == encoder.digest());
        let mut best: Vec<Option<Found<'_>>> = vec![None; self.labels.len()];
        // In a short message, clauses of which a rule speaks are judged by themselves too: what stands beside them must not
        // hide them. In a long one too many rules speak.
        let short = sentences.len() as f32 <= SHORT_AND_LONG.0 + 1.0;
        let whole = sentences.iter().enumerate().map(|(at, text)| (at, *text, reader.matched_kinds(text)));
        let spoken_of = whole.flat_map(|(at, text, kinds)| {
            let clauses = if short && !kinds.is_empty() { clauses(text) } else { Vec::new() };
            let clauses = clauses.into_iter().map(move |clause| (at, clause, reader.matched_kinds(clause)));
            [(at, text, kinds)].into_iter().chain(clauses.filter(|(_, _, kinds)| !kinds.is_empty()))
        });
        for (at, text, kinds) in spoken_of {
            let mut row = row(&self.vocabulary, &places, text, &kinds);
            let margins = beyond_none(self.alone.margins(&row));
            let proposed =
                |(label, margin): (&Label, &f32)| *margin >= label.propose || kinds.contains(&label.name.as_str());
            let asked = beside.filter(|_| every || self.labels.iter().zip(&margins).any(proposed));
            let encoded = asked.is_some();
            let margins = match asked {
                Some(((_, linear), encoder)) => {
                    row.extend(vector::features(
                        self.vocabulary.known.len() + self.labels.len(),
                        &encoder.encode(text),
                    ));
                    beyond_none(linear.margins(&row))
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
        let mut out = Stored::begin(MAGIC);
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
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ModelError> {
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
        let features = vocabulary.known.len() + labels.len();
        let alone = rest.linear(features, labels.len() + 1)?;
        let beside = match rest.length()? {
            0 => None,
            _ => Some((rest.digest()?, rest.linear(features, labels.len() + 1)?)),
        };
        rest.end()?;
        Ok(Self { key, labels, languages, vocabulary, alone, beside })
    }
}

/// What there is to learn from the labelled sentences of readings.
#[derive(Debug)]
pub struct Lesson<'r> {
    /// Labels of which there are enough sentences.
    names: Vec<String>,
    languages: Vec<String>,
    rows: Vec<LessonRow<'r>>,
}

/// A sentence with what it says, and what rules make of it.
#[derive(Debug, Serialize)]
struct LessonRow<'r> {
    text: String,
    labels: &'r [String],
    kinds: Vec<&'r str>,
}

impl<'r> Lesson<'r> {
    /// What the labelled sentences teach that are in languages of which there are enough; none where there are too few of
    /// any label.
    pub fn of(reader: &'r TextReader) -> Option<Self> {
        let mut rows = Vec::new();
        let mut codes: Vec<&str> = Vec::new();
        for sentence in reader.readings().sentences() {
            let text = normalised(&sentence.text).into_owned();
            codes.push(reader.read(&text).language.code);
            rows.push(LessonRow { kinds: reader.matched_kinds(&text), labels: &sentence.labels, text });
        }
        let count = |code: &str| codes.iter().filter(|other| **other == code).count();
        let languages: BTreeSet<&str> = codes
            .iter()
            .copied()
            .collect::<BTreeSet<_>>()
            .into_iter()
            .filter(|code| count(code) >= OF_A_LANGUAGE_LEAST)
            .collect();
        let mut codes_of_rows = codes.iter();
        rows.retain(|_| codes_of_rows.next().is_some_and(|code| languages.contains(code)));
        let names = learnable(&rows);
        // A sentence of labels of which there are too few teaches nothing of the others.
        rows.retain(|row| row.labels.is_empty() || row.labels.iter().any(|label| names.contains(label)));
        for row in &mut rows {
            row.kinds.retain(|kind| names.iter().any(|name| name == kind));
            row.kinds.sort_unstable();
        }
        let languages = languages.into_iter().map(str::to_owned).collect();
        (!names.is_empty()).then_some(Self { names, languages, rows })
    }

    /// SHA-256 over all that is learnt from, and over the digest of the encoder's model.
    pub fn key(&self, encoder: Option<&[u8; 32]>) -> [u8; 32] {
        // INVARIANT: texts and lists of them have JSON.
        let rows = serde_json::to_vec(&(&self.names, &self.languages, &self.rows)).unwrap_or_default();
        let mut hash = Sha256::new_with_prefix(MAGIC);
        hash.update(encoder.copied().unwrap_or_default());
        hash.update(rows);
        hash.finalize().into()
    }

    /// Sentences that are learnt from.
    pub fn sentences(&self) -> usize {
        self.rows.len()
    }

    /// Learns.
    pub fn learn(&self, encoder: Option<&Encoder>) -> SentenceClassifier {
        let Self { names, languages, rows: lesson } = self;
        let vocabulary = Vocabulary::of_words(lesson.iter().map(|row| row.text.as_str()));
        let places = places(names.iter().map(String::as_str));
        let mut rows: Vec<Vec<Feature>> =
            lesson.iter().map(|sentence| row(&vocabulary, &places, &sentence.text, &sentence.kinds)).collect();
        let own: Vec<Option<usize>> = lesson.iter().map(|row| own_label(row.labels, names)).collect();
        // The last class is that of no label.
        let classes: Vec<usize> = own.iter().map(|own| own.unwrap_or(names.len())).collect();
        let belongs = |class: usize, at: usize| belongs(names, &own, lesson.get(at)?.labels, class, at);
        let words = vocabulary.known.len() + names.len();
        let (alone, by_words) = learn(&rows, &classes, names.len() + 1, words);
        let beside = encoder.map(|encoder| {
            let texts: Vec<&str> = lesson.iter().map(|row| row.text.as_str()).collect();
            for (row, vector) in rows.iter_mut().zip(encode_all(encoder, &texts)) {
                row.extend(vector::features(words, &vector));
            }
            let (linear, margins) = learn(&rows, &classes, names.len() + 1, words + encoder.width());
            (*encoder.digest(), linear, margins)
        });
        let labels = names
            .iter()
            .enumerate()
            .map(|(class, name)| {
                let scores = |margins: &[Vec<f32>]| Scores::of(margins, class, &|at| belongs(class, at));
                let by_words = scores(&by_words);
                let alone = by_words.thresholds(aim(name));
                let beside = beside.as_ref().map_or(alone, |(_, _, margins)| scores(margins).thresholds(aim(name)));
                Label { rule: rule_of(name), name: name.clone(), alone, beside, propose: by_words.found_by(PROPOSED) }
            })
            .collect();
        let beside = beside.map(|(digest, linear, _)| (digest, linear));
        SentenceClassifier {
            key: self.key(encoder.map(Encoder::digest)),
            labels,
            languages: languages.clone(),
            vocabulary,
            alone,
            beside,
        }
    }
}

/// The labels of which there are enough sentences.
fn learnable(rows: &[LessonRow<'_>]) -> Vec<String> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for label in rows.iter().flat_map(|row| row.labels) {
        *counts.entry(label).or_default() += 1;
    }
    let enough = |count: usize| count >= POSITIVES_LEAST && rows.len() - count >= NEGATIVES_LEAST;
    counts.into_iter().filter(|(_, count)| enough(*count)).map(|(label, _)| label.to_owned()).collect()
}

/// Places of labels by what rules read them.
fn places<'n>(names: impl Iterator<Item = &'n str>) -> BTreeMap<&'n str, usize> {
    names.enumerate().map(|(at, name)| (name, at)).collect()
}

/// The gravest label of a sentence, by its place.
fn own_label(labels: &[String], names: &[String]) -> Option<usize> {
    let grave = |label: &&String| *label != WANTS_HUMAN && *label != FRUSTRATED;
    let label = labels.iter().find(grave).or_else(|| labels.first())?;
    names.iter().position(|name| name == label)
}

/// Whether a sentence has a label; unknown where it was labelled by something graver, beside which the other is not noted.
fn belongs(names: &[String], own: &[Option<usize>], labels: &[String], class: usize, at: usize) -> Option<bool> {
    let name = names.get(class)?;
    if labels.contains(name) {
        return Some(true);
    }
    let Some(graver) = own.get(at).copied().flatten().and_then(|own| names.get(own)) else { return Some(false) };
    match (name.as_str(), graver.as_str()) {
        (FRUSTRATED, _) => None,
        (WANTS_HUMAN, FRUSTRATED) => Some(false),
        (WANTS_HUMAN, _) => None,
        _ => Some(false),
    }
}

fn row(vocabulary: &Vocabulary, places: &BTreeMap<&str, usize>, text: &str, kinds: &[&str]) -> Vec<Feature> {
    let mut row = vocabulary.features(text);
    let words = vocabulary.known.len();
    let mut matched: Vec<usize> = kinds.iter().filter_map(|kind| places.get(kind).copied()).collect();
    matched.sort_unstable();
    matched.dedup();
    row.extend(matched.into_iter().filter_map(|at| Some((u32::try_from(words + at).ok()?, RULE))));
    row
}

/// By how much each label is likelier than none, which is the last class.
fn beyond_none(mut margins: Vec<f32>) -> Vec<f32> {
    let none = margins.pop().unwrap_or_default();
    margins.iter_mut().for_each(|margin| *margin -= none);
    margins
}

/// A classifier of all rows, and the margins of each row by one that has not seen it.
fn learn(rows: &[Vec<Feature>], labels: &[usize], classes: usize, features: usize) -> (Linear, Vec<Vec<f32>>) {
    // Neighbours in a file are often variants of each other, so that they are held out together.
    let fold_of = |at: usize| at / 10 % FOLDS;
    let fit = |rows: &[&[Feature]], labels: &[usize]| softmax::train(rows, labels, classes, features);
    let (linear, margins) = fit_in_folds(rows, labels, FOLDS, &fold_of, &fit);
    (linear, margins.into_iter().map(beyond_none).collect())
}

/// Margins of one label, of sentences that have it and of those that have not, from the greatest.
struct Scores {
    with: Vec<f32>,
    without: Vec<f32>,
}

impl Scores {
    fn of(margins: &[Vec<f32>], class: usize, belongs: &dyn Fn(usize) -> Option<bool>) -> Self {
        let (mut with, mut without) = (Vec::new(), Vec::new());
        for (at, margin) in margins.iter().enumerate() {
            let margin = margin.get(class).copied().unwrap_or_default();
            match belongs(at) {
                Some(true) => with.push(margin),
                Some(false) => without.push(margin),
                None => {}
            }
        }
        with.sort_by(|a, b| b.total_cmp(a));
        without.sort_by(|a, b| b.total_cmp(a));
        Self { with, without }
    }

    /// The margin by which such a share of the sentences with the label are found.
    fn found_by(&self, share: f64) -> f32 {
        let at = (self.with.len() as f64 * share).ceil() as usize;
        self.with.get(at.saturating_sub(1)).copied().unwrap_or_default()
    }

    fn thresholds(&self, aim: &Aim) -> Thresholds {
        let at = |mistaken: f64, found: f64| {
            let place = (self.without.len() as f64 * mistaken) as usize;
            let spares = self.without.get(place).copied().unwrap_or_default();
            spares.clamp(self.found_by(FOUND_MOST), self.found_by(found))
        };
        let (short, long) = (at(aim.mistaken.0, aim.found.0), at(aim.mistaken.1, aim.found.1));
        Thresholds { short, long: long.max(short) }
    }
}

fn aim(label: &str) -> &'static Aim {
    match label {
        WANTS_HUMAN => &WISH,
        FRUSTRATED => &FRUSTRATION_AIM,
        _ => &SITUATION,
    }
}

/// What reads a label beside the rules, by name.
fn rule_of(label: &str) -> String {
    format!("{LEARNT}{label}")
}

/// The name of a label in what rules are said to read.
pub(crate) fn label_of(reads: &str) -> &str {
    if reads == FRUSTRATION { FRUSTRATED } else { reads }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_one_that_ships_has_learnt_what_the_packs_teach() {
        let reader = TextReader::new();
        let lesson = Lesson::of(&reader).unwrap();
        let shipped = SentenceClassifier::shipped(&lesson, Some(&Encoder::built_in()));
        assert!(shipped.is_some(), "a sentence or a rule was changed; run `cargo xtask sentences`");
        let bytes = shipped.unwrap().to_bytes();
        assert_eq!(SentenceClassifier::from_bytes(&bytes).unwrap().to_bytes(), bytes);
        assert!(SentenceClassifier::from_bytes(&bytes[..bytes.len() - 1]).is_err());
    }
}
