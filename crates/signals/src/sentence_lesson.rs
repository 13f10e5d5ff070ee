//! What labelled sentences teach: a classifier, and from which margins on a label is there.

use crate::{
    features::{Feature, Vocabulary},
    folds::fit_in_folds,
    label::{FRUSTRATED, WANTS_HUMAN, is_situation, rule_of},
    lexical::{Kinds, TextReader},
    linear::Linear,
    normal::normalised,
    sentence_classifier::{
        Label, MAGIC, SentenceClassifier, Thresholds, before_vector, beyond_none, places, row, with_alone,
    },
    sentence_vectors::SentenceVectors,
    softmax, vector,
};
use remit_encoder::Encoder;
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// Sentences in a language from which on it has been learnt.
const OF_A_LANGUAGE_LEAST: usize = 200;
/// Sentences with a label from which on there is something to learn.
const POSITIVES_LEAST: usize = 40;
/// Sentences without it.
const NEGATIVES_LEAST: usize = 200;
/// Folds in which thresholds are learnt.
const FOLDS: usize = 5;
/// Share of the sentences with a label that the encoder is asked about.
const PROPOSED: f64 = 0.985;
/// How much is mistaken for a label, and how much of it is found at the least and at the most.
struct Aim {
    /// Share of the sentences without the label that may be taken for it, in a short message and in a long one, any
    /// sentence of which could be mistaken. These sentences were chosen to be hard: of ordinary ones it is a tenth or
    /// less.
    mistaken: (f64, f64),
    /// Share of the sentences with it that are found at the least, whatever else is mistaken.
    found: (f64, f64),
}

/// Who is in danger is to be found, but half a desk's work must not be others'.
const SITUATION: Aim = Aim { mistaken: (0.010_5, 0.001_8), found: (0.85, 0.68) };
/// Who asks for a human costs little where they did not.
const WISH: Aim = Aim { mistaken: (0.020, 0.010), found: (0.92, 0.87) };
const FRUSTRATION_AIM: Aim = Aim { mistaken: (0.05, 0.015), found: (0.78, 0.60) };
/// Share of the sentences with a label beyond which finding more is not worth it.
const FOUND_MOST: f64 = 0.97;

/// What there is to learn from the labelled sentences of readings.
#[derive(Debug)]
pub struct SentenceLesson<'r> {
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
    kinds: Kinds<'r>,
}

impl<'r> SentenceLesson<'r> {
    /// What the labelled sentences teach that are in languages of which there are enough; none where there are too few
    /// of any label.
    pub fn of(reader: &'r TextReader) -> Option<Self> {
        let mut rows = Vec::new();
        let mut codes: Vec<&str> = Vec::new();
        for sentence in reader.readings().sentences() {
            let text = normalised(&sentence.text).into_owned();
            codes.push(reader.read(&text).language.code);
            rows.push(LessonRow { kinds: reader.kinds(&text), labels: &sentence.labels, text });
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
            for kinds in [&mut row.kinds.matched, &mut row.kinds.denied] {
                kinds.retain(|kind| names.iter().any(|name| name == kind));
                kinds.sort_unstable();
            }
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

    /// The classifier that ships, if it has learnt just this; else one that learns it.
    pub fn classifier(&self, encoder: &Encoder) -> SentenceClassifier {
        self.shipped(Some(encoder)).unwrap_or_else(|| self.learn(Some(encoder)))
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
        let words = before_vector(&vocabulary, names.len());
        let is_situation: Vec<bool> = names.iter().map(|name| is_situation(name)).collect();
        let (alone, by_words) = learn(&rows, &classes, &is_situation, words);
        let beside = encoder.map(|encoder| {
            let texts: Vec<&str> = lesson.iter().map(|row| row.text.as_str()).collect();
            for (row, vector) in rows.iter_mut().zip(SentenceVectors::vectors(&texts, encoder)) {
                row.extend(vector::features(words, &vector));
            }
            let (linear, margins) = learn(&rows, &classes, &is_situation, words + encoder.width());
            let margins = margins.into_iter().zip(&by_words).map(|(margins, alone)| with_alone(margins, alone));
            (*encoder.digest(), linear, margins.collect::<Vec<_>>())
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

    /// The classifier that ships, if it has learnt just this with this encoder; where the encoder is never asked, it
    /// serves by its words alone.
    pub fn shipped(&self, encoder: Option<&Encoder>) -> Option<SentenceClassifier> {
        let shipped = SentenceClassifier::built_in()?;
        let digest = encoder.map(Encoder::digest).or(shipped.encoder());
        (*shipped.key() == self.key(digest)).then_some(shipped)
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

/// The gravest label of a sentence, by its place.
fn own_label(labels: &[String], names: &[String]) -> Option<usize> {
    let grave = |label: &&String| is_situation(label);
    let label = labels.iter().find(grave).or_else(|| labels.first())?;
    names.iter().position(|name| name == label)
}

/// Whether a sentence has a label; unknown where it was labelled by something graver, beside which the other is not
/// noted.
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

/// A classifier of all rows, and the margins of each row by one that has not seen it.
fn learn(rows: &[Vec<Feature>], classes: &[usize], is_situation: &[bool], features: usize) -> (Linear, Vec<Vec<f32>>) {
    // Neighbours in a file are often variants of each other, so that they are held out together.
    let fold_of = |at: usize| at / 10 % FOLDS;
    // The last class is that of no label.
    let count = is_situation.len() + 1;
    let fit = |rows: &[&[Feature]], classes: &[usize]| softmax::train(rows, classes, count, features);
    let (linear, margins) = fit_in_folds(rows, classes, FOLDS, &fold_of, &fit);
    (linear, margins.into_iter().map(|margins| beyond_none(margins, is_situation)).collect())
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
