//! The labelled set, and what the readings of words are worth on it.

use crate::{
    lexical::{TextReader, TextReadings},
    readings::{FRUSTRATED, NONE, Readings, WANTS_HUMAN},
};
use serde::{Deserialize, Serialize};

/// A sentence with what a person says of it.
#[derive(Debug, Clone)]
pub struct Labelled {
    /// Whether it was held back when the rules were written; the others are the sentences of the packs.
    pub held: bool,
    /// The sentence.
    pub text: String,
    /// Whether it asks for a human.
    pub wants_human: bool,
    /// The situation that it speaks of.
    pub situation: String,
    /// Whether the writer is frustrated.
    pub frustrated: bool,
    /// The language.
    pub language: String,
}

/// A row of the held part.
#[derive(Debug, Deserialize)]
struct Held {
    text: String,
    wants_human: u8,
    situation: String,
    frustrated: u8,
    language: String,
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

/// The labelled set: the sentences of all packs that ship, and those held back from writing them.
pub fn labelled_set() -> Vec<Labelled> {
    let shipped = Readings::shipped();
    let of_packs = shipped.sentences().iter().map(|sentence| {
        let has = |label: &str| sentence.labels.iter().any(|one| one == label);
        let situation = sentence.labels.iter().find(|label| shipped.situation(label).is_some());
        Labelled {
            held: false,
            text: sentence.text.clone(),
            wants_human: has(WANTS_HUMAN),
            situation: situation.map_or_else(|| NONE.to_owned(), Clone::clone),
            frustrated: has(FRUSTRATED),
            language: sentence.place.pack.clone().unwrap_or_default(),
        }
    });
    // A row that does not fit is a fault of this repository, which a test finds.
    let held = csv::Reader::from_reader(include_str!("../data/labelled.csv").as_bytes()).into_deserialize().flatten();
    let held = held.map(|row: Held| Labelled {
        held: true,
        text: row.text,
        wants_human: row.wants_human == 1,
        situation: row.situation,
        frustrated: row.frustrated == 1,
        language: row.language,
    });
    of_packs.chain(held).collect()
}

/// Intents of Banking77 whose messages do speak of what may be fraud in progress.
pub const SPEAKS_OF_FRAUD: [&str; 8] = [
    "card_payment_not_recognised",
    "cash_withdrawal_not_recognised",
    "compromised_card",
    "direct_debit_payment_not_recognised",
    "lost_or_stolen_card",
    "lost_or_stolen_phone",
    "extra_charge_on_statement",
    "Refund_not_showing_up",
];

/// Frustration from which on a customer counts as frustrated, in basis points.
pub const FRUSTRATED_BP: u16 = 3_500;

/// Judges the reader on the labelled set.
pub fn report(reader: &TextReader) -> Vec<WordReport> {
    let set = labelled_set();
    let read: Vec<_> = set.iter().map(|row| (row, reader.read(&row.text))).collect();
    let signal = |signal, truth: &dyn Fn(&Labelled) -> bool, found: &dyn Fn(&TextReadings<'_>) -> bool| {
        let judge = |held_only: bool| {
            let (mut both, mut there, mut said) = (0usize, 0usize, 0usize);
            for (row, read) in read.iter().filter(|(row, _)| !held_only || row.held) {
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
    let of = |kind: &'static str| {
        signal(kind, &move |row: &Labelled| row.situation == kind, &move |read: &TextReadings<'_>| {
            read.situation.kind == kind
        })
    };
    vec![
        signal("wants_human", &|row| row.wants_human, &|read| read.wants_human.present),
        signal("any situation", &|row| row.situation != NONE, &|read| read.situation.kind != NONE),
        of("self_harm"),
        of("domestic_abuse"),
        of("threat"),
        of("fraud_in_progress"),
        of("bereavement"),
        signal("frustrated", &|row| row.frustrated, &|read| read.frustration.strength_bp >= FRUSTRATED_BP),
        signal("language not English", &|row| row.language != "en", &|read| {
            !matches!(read.language.code, "en" | "und")
        }),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_set_is_whole_and_known_to_the_reader() {
        let text = include_str!("../data/labelled.csv");
        let set = labelled_set();
        let held = set.iter().filter(|row| row.held).count();
        assert_eq!(held, text.lines().count() - 1, "a row does not fit");
        assert!(set.len() >= 300);
        let shipped = Readings::shipped();
        assert!(set.iter().all(|row| row.situation == NONE || shipped.situation(&row.situation).is_some()));
        assert!(held * 5 > set.len() * 2, "{held} held");
    }

    /// Floors a little under what is reached; the first two signals favour recall.
    #[test]
    fn the_reader_finds_what_people_found() {
        let reports = report(&TextReader::new());
        for (signal, recall, precision, held_recall) in [
            ("wants_human", 0.93, 0.95, 0.85),
            ("any situation", 0.95, 0.95, 0.90),
            ("self_harm", 0.95, 0.95, 0.90),
            ("domestic_abuse", 0.95, 0.95, 0.90),
            ("fraud_in_progress", 0.90, 0.90, 0.85),
            ("bereavement", 0.90, 0.95, 0.85),
            ("frustrated", 0.65, 0.90, 0.55),
            ("language not English", 0.90, 0.95, 0.85),
        ] {
            let found = reports.iter().find(|report| report.signal == signal).unwrap();
            assert!(found.recall >= recall && found.precision >= precision, "{found:?}");
            assert!(found.held_recall >= held_recall, "{found:?}");
        }
    }

    #[test]
    fn of_routine_messages_few_raise_an_alarm() {
        let reader = TextReader::new();
        let bank = crate::examples::parse_csv(include_bytes!("../../../bundles/bank/intents.csv")).unwrap();
        let routine: Vec<_> = bank.iter().filter(|e| !SPEAKS_OF_FRAUD.contains(&e.label.as_str())).collect();
        let read: Vec<_> = routine.iter().map(|example| reader.read(&example.text)).collect();
        let share = |found: usize| found as f64 / routine.len() as f64;
        let human = share(read.iter().filter(|read| read.wants_human.present).count());
        let situation = share(read.iter().filter(|read| read.situation.kind != NONE).count());
        assert!(human < 0.01 && situation < 0.01, "wants_human {human}, situation {situation}");
    }
}
