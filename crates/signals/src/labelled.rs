//! The labelled set, and what the readings of words are worth on it.

use crate::lexical::{Situation, TextReader};
use serde::{Deserialize, Serialize};

/// A sentence with what a person says of it.
#[derive(Debug, Clone, Deserialize)]
pub struct Labelled {
    /// `dev`, seen when the rules were written, or `held`, not seen.
    pub split: String,
    /// The sentence.
    pub text: String,
    /// Whether it asks for a human: 0 or 1.
    pub wants_human: u8,
    /// The situation that it speaks of.
    pub situation: String,
    /// Whether the writer is frustrated: 0 or 1.
    pub frustrated: u8,
    /// The language.
    pub language: String,
}

/// Precision and recall of one signal.
#[derive(Debug, Clone, Serialize)]
pub struct WordReport {
    /// The signal.
    pub signal: &'static str,
    /// Sentences in which it is present.
    pub positives: usize,
    /// Share of what is found that is there.
    pub precision: f64,
    /// Share of what is there that is found.
    pub recall: f64,
    /// Precision on the sentences not seen when the rules were written.
    pub held_precision: f64,
    /// Recall on the sentences not seen when the rules were written.
    pub held_recall: f64,
}

/// The labelled set.
pub fn labelled_set() -> Vec<Labelled> {
    // A row that does not fit is a fault of this repository, which a test finds.
    csv::Reader::from_reader(include_str!("../data/labelled.csv").as_bytes()).deserialize().flatten().collect()
}

/// Frustration from which on a customer counts as frustrated, in basis points.
pub const FRUSTRATED_BP: u16 = 3_500;

/// Judges the reader on the labelled set.
pub fn report(reader: &TextReader) -> Vec<WordReport> {
    let set = labelled_set();
    let read: Vec<_> = set.iter().map(|row| (row, reader.read(&row.text))).collect();
    let signal = |signal, truth: &dyn Fn(&Labelled) -> bool, found: &dyn Fn(&crate::lexical::TextReadings) -> bool| {
        let judge = |held_only: bool| {
            let (mut both, mut there, mut said) = (0usize, 0usize, 0usize);
            for (row, read) in read.iter().filter(|(row, _)| !held_only || row.split == "held") {
                let (truth, found) = (truth(row), found(read));
                both += usize::from(truth && found);
                there += usize::from(truth);
                said += usize::from(found);
            }
            (both as f64 / said.max(1) as f64, both as f64 / there.max(1) as f64, there)
        };
        let ((precision, recall, positives), (held_precision, held_recall, _)) = (judge(false), judge(true));
        WordReport { signal, positives, precision, recall, held_precision, held_recall }
    };
    let of = |kind: Situation| {
        let name = kind.as_str();
        signal(name, &move |row: &Labelled| row.situation == name, &move |read: &crate::lexical::TextReadings| {
            read.situation.kind == kind
        })
    };
    vec![
        signal("wants_human", &|row| row.wants_human == 1, &|read| read.wants_human.present),
        signal("any situation", &|row| row.situation != "none", &|read| read.situation.kind != Situation::None),
        of(Situation::SelfHarm),
        of(Situation::DomesticAbuse),
        of(Situation::Threat),
        of(Situation::FraudInProgress),
        of(Situation::Bereavement),
        signal("frustrated", &|row| row.frustrated == 1, &|read| read.frustration.strength_bp >= FRUSTRATED_BP),
        signal("language not English", &|row| row.language != "en", &|read| {
            !matches!(read.language.code, "en" | "und")
        }),
    ]
}
