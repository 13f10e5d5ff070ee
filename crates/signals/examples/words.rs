//! Lists what the readings of words get wrong on the labelled set's `dev` half, and how they do on both; and
//! what reading one message takes.
//!
//! `cargo run --release -p remit-signals --example words`

use remit_signals::{examples, labelled, lexical::TextReader, readings::NONE};
use std::time::Instant;

fn main() {
    let reader = TextReader::new();
    let set = labelled::labelled_set();
    for row in set.iter().filter(|row| !row.held) {
        let read = reader.read(&row.text);
        let mut wrong = Vec::new();
        if read.wants_human.present != row.wants_human {
            wrong.push(format!("wants_human {:?}", read.wants_human.rules));
        }
        if read.situation.kind != row.situation {
            wrong.push(format!("{}, not {} {:?}", read.situation.kind, row.situation, read.situation.rules));
        }
        if read.language.code != row.language {
            wrong.push(format!("{}, not {}", read.language.code, row.language));
        }
        if (read.frustration.strength_bp >= labelled::FRUSTRATED_BP) != row.frustrated {
            wrong.push(format!("frustration {:?}", read.frustration.rules));
        }
        if !wrong.is_empty() {
            println!("{}\n    {}", row.text, wrong.join("; "));
        }
    }
    for report in labelled::report(&reader) {
        println!("{report:?}");
    }
    let bank = examples::parse_csv(include_bytes!("../../../bundles/bank/intents.csv")).unwrap_or_default();
    let (mut human, mut situation) = (Vec::new(), Vec::new());
    for example in bank.iter().filter(|example| !labelled::SPEAKS_OF_FRAUD.contains(&example.label.as_str())) {
        let read = reader.read(&example.text);
        if read.wants_human.present {
            human.push((&example.text, read.wants_human.rules));
        }
        if read.situation.kind != NONE {
            situation.push((&example.text, read.situation.rules));
        }
    }
    for (name, found) in [("wants_human", human), ("situation", situation)] {
        println!("{name}: {} of {} routine messages", found.len(), bank.len());
        found.iter().step_by(found.len() / 40 + 1).for_each(|(text, rules)| println!("    {rules:?} {text}"));
    }
    let begun = Instant::now();
    let rounds = 50;
    for _ in 0..rounds {
        for row in &set {
            std::hint::black_box(reader.read(&row.text));
        }
    }
    println!("{:.1} µs each", begun.elapsed().as_secs_f64() * 1e6 / (rounds * set.len()) as f64);
}
