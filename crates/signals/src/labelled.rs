//! Labelled messages that nothing has learnt from, and what readings of words are worth on them.

use crate::{
    examples::Example,
    lexical::TextReadings,
    readings::{NONE, Readings},
};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;

/// A message with what a person says of it.
#[derive(Debug, Clone, Deserialize)]
pub struct Labelled {
    /// The message.
    pub text: String,
    /// Whether it asks for a human: 0 or 1.
    pub wants_human: u8,
    /// The situation that it speaks of.
    pub situation: String,
    /// Whether the writer is frustrated: 0 or 1.
    pub frustrated: u8,
    /// `dev`, which was looked at, or `held`, where a file has both.
    #[serde(default)]
    pub split: String,
    /// Whether people may differ: 0 or 1.
    #[serde(default)]
    pub unclear: u8,
}

/// Messages of one kind.
#[derive(Debug, Clone)]
pub struct Set {
    /// What they are.
    pub name: &'static str,
    /// The messages.
    pub messages: Vec<Labelled>,
}

fn rows(csv: &str) -> Vec<Labelled> {
    // A row that does not fit is a fault of this repository, which a test finds.
    csv::Reader::from_reader(csv.as_bytes()).into_deserialize().flatten().collect()
}

const SENTENCES: [&str; 2] = [include_str!("../data/labelled.csv"), include_str!("../data/held-sentences.csv")];
const MAILS: &str = include_str!("../data/mails.csv");
const WRITTEN_MAILS: &str = include_str!("../data/held-mails.csv");
/// Intents of Banking77 whose messages do speak of what may be fraud in progress, one a line.
const SPEAKS_OF_FRAUD: &str = include_str!("../data/banking77-fraud.txt");
const SHORT_TEXTS: &str = include_str!("../data/short-texts.csv");

/// A text of a word or two, with what is to be made of it.
#[derive(Debug, Deserialize)]
struct ShortText {
    text: String,
    /// `human`, or another where nobody asks for one.
    expect: String,
}

/// Texts of a word or two, which say no more than that a human is wanted.
fn short_texts() -> Vec<Labelled> {
    let texts = csv::Reader::from_reader(SHORT_TEXTS.as_bytes()).into_deserialize().flatten();
    let labelled = |ShortText { text, expect }: ShortText| Labelled {
        text,
        wants_human: u8::from(expect == "human"),
        situation: NONE.to_owned(),
        frustrated: 0,
        split: String::new(),
        unclear: 0,
    };
    texts.map(labelled).collect()
}

/// The routine questions to a bank that readings are measured on: a fourth of those that speak of no fraud, without
/// what `readings` learn from.
pub fn routine<'e>(bank: &'e [Example], readings: &Readings) -> Vec<&'e Example> {
    let learnt: HashSet<&str> = readings.sentences().iter().map(|sentence| sentence.text.as_str()).collect();
    let of_fraud = |example: &&Example| SPEAKS_OF_FRAUD.lines().any(|label| label == example.label);
    let routine = bank.iter().filter(|example| !of_fraud(example)).skip(2).step_by(4);
    routine.filter(|example| !learnt.contains(example.text.as_str())).collect()
}

/// The sets that were held back: short messages, texts of a word or two, long messages that were written for this, and
/// long ones that customers sent.
pub fn held_back() -> Vec<Set> {
    let mails = rows(MAILS).into_iter().filter(|row| row.unclear == 0 && row.split == "held");
    vec![
        Set { name: "short messages", messages: SENTENCES.into_iter().flat_map(rows).collect() },
        Set { name: "a word or two", messages: short_texts() },
        Set { name: "long mails, written", messages: rows(WRITTEN_MAILS) },
        Set { name: "long mails, real", messages: mails.collect() },
    ]
}

/// Long mails of customers that were looked at while rules and sentences were written.
pub fn looked_at() -> Set {
    let mails = rows(MAILS).into_iter().filter(|row| row.unclear == 0 && row.split == "dev");
    Set { name: "long mails, real, looked at", messages: mails.collect() }
}

/// What one signal is worth on one set.
#[derive(Debug, Clone, Serialize)]
pub struct WordReport {
    /// The set.
    pub set: &'static str,
    /// The signal.
    pub signal: String,
    /// Messages in which it is there.
    pub there: usize,
    /// Of those, how many it was found in.
    pub found: usize,
    /// Messages in which it is not there.
    pub not_there: usize,
    /// Of those, how many it was read in all the same.
    pub mistaken: usize,
}

impl WordReport {
    /// Share of what is there that is found.
    pub fn recall(&self) -> f64 {
        self.found as f64 / self.there.max(1) as f64
    }

    /// Share of messages without it in which it is read.
    pub fn false_share(&self) -> f64 {
        self.mistaken as f64 / self.not_there.max(1) as f64
    }
}

/// Frustration from which on a customer counts as frustrated, in basis points.
pub const FRUSTRATED_BP: u16 = 3_500;

/// Judges what `read` makes of the messages of a set.
pub fn report<'a>(set: &Set, read: &dyn Fn(&str) -> TextReadings<'a>) -> Vec<WordReport> {
    let read: Vec<(&Labelled, TextReadings<'a>)> = set.messages.iter().map(|row| (row, read(&row.text))).collect();
    type Is<'s> = &'s dyn Fn(&Labelled) -> bool;
    let signal = |signal: &str, is: Is<'_>, found: &dyn Fn(&TextReadings<'_>) -> bool| {
        let count = |want: bool| read.iter().filter(|(row, _)| is(row) == want).count();
        let hit = |want: bool| read.iter().filter(|(row, read)| is(row) == want && found(read)).count();
        WordReport {
            set: set.name,
            signal: signal.to_owned(),
            there: count(true),
            found: hit(true),
            not_there: count(false),
            mistaken: hit(false),
        }
    };
    let mut kinds: Vec<&str> =
        set.messages.iter().map(|row| row.situation.as_str()).filter(|kind| *kind != NONE).collect();
    kinds.sort_unstable();
    kinds.dedup();
    let mut reports = vec![
        signal("any situation", &|row| row.situation != NONE, &|read| read.situation.kind != NONE),
        signal("wants_human", &|row| row.wants_human == 1, &|read| read.wants_human.present),
        signal("frustrated", &|row| row.frustrated == 1, &|read| read.frustration.strength_bp >= FRUSTRATED_BP),
    ];
    reports.extend(
        kinds.into_iter().map(|kind| signal(kind, &|row| row.situation == kind, &|read| read.situation.kind == kind)),
    );
    reports
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examples::parse_csv;

    #[test]
    fn the_sets_are_whole_and_know_the_situations() {
        for csv in SENTENCES.into_iter().chain([MAILS, WRITTEN_MAILS]) {
            let count = csv::Reader::from_reader(csv.as_bytes()).into_records().count();
            assert_eq!(rows(csv).len(), count, "a row does not fit");
        }
        assert_eq!(short_texts().len(), csv::Reader::from_reader(SHORT_TEXTS.as_bytes()).into_records().count());
        let shipped = Readings::shipped();
        let all = held_back().into_iter().chain([looked_at()]).flat_map(|set| set.messages);
        assert!(all.into_iter().all(|row| row.situation == NONE || shipped.situation(&row.situation).is_some()));
    }

    #[test]
    fn nothing_that_is_measured_is_learnt_from() {
        let shipped = Readings::shipped();
        let learnt: HashSet<&str> = shipped.sentences().iter().map(|sentence| sentence.text.as_str()).collect();
        let bank = parse_csv(include_bytes!("../../../bundles/bank/intents.csv")).unwrap();
        // Nearly all of it, or something was learnt that was to be measured.
        assert!(routine(&bank, &shipped).len() > 1_930);
        // What many people write in the same words is in both.
        let long = |text: &str| text.split_whitespace().count() >= 8;
        let both: Vec<String> = held_back()
            .into_iter()
            .flat_map(|set| set.messages)
            .map(|row| row.text)
            .filter(|text| long(text) && learnt.contains(text.as_str()))
            .collect();
        assert!(both.is_empty(), "{both:?}");
    }
}
