//! What readings of words are worth on the labelled sets, and which routine questions they take for a situation.
//!
//! `cargo run --release -p remit-signals --example words [never|always] [list]`

use remit_encoder::Encoder;
use remit_signals::{
    examples, intent::EncoderUse, labelled, lexical::TextReader, message_reader::read, readings::NONE,
    sentence_lesson::SentenceLesson, vector::Encoded,
};
use std::{env, time::Instant};

fn main() {
    let has = |wanted: &str| env::args().any(|argument| argument == wanted);
    let when = match (has("never"), has("always")) {
        (true, _) => EncoderUse::Never,
        (_, true) => EncoderUse::Always,
        _ => EncoderUse::WhenUnsure,
    };
    let reader = TextReader::new();
    let encoder = Encoder::built_in();
    let encoder = Some(&*encoder).filter(|_| when != EncoderUse::Never);
    let begun = Instant::now();
    let classifier = SentenceLesson::of(&reader).map(|lesson| lesson.classifier(&Encoder::built_in()));
    if let Some(classifier) = &classifier {
        classifier.told().iter().for_each(|told| println!("{told}"));
    }
    println!("trained on {} sentences in {:.1} s", reader.readings().sentences().len(), begun.elapsed().as_secs_f64());
    let read = |text: &str| read(&reader, classifier.as_ref(), &Encoded::new(text, encoder), when);
    for set in labelled::held_back().into_iter().chain([labelled::looked_at()]) {
        println!("{} ({})", set.name, set.messages.len());
        for report in labelled::report(&set, &read) {
            println!(
                "  {:<20} found {:>3} of {:>3} ({:.3}); false {:>3} of {:>4} ({:.4})",
                report.signal,
                report.found,
                report.there,
                report.recall(),
                report.mistaken,
                report.not_there,
                report.false_share()
            );
        }
        if set.name.contains("looked at") && has("list") {
            for row in &set.messages {
                let read = read(&row.text);
                if read.situation.kind != row.situation {
                    println!("    {} for {}: {:?}", read.situation.kind, row.situation, read.situation.rules);
                }
            }
        }
    }
    let bank = examples::parse_csv(include_bytes!("../../../bundles/bank/intents.csv")).unwrap_or_default();
    let begun = Instant::now();
    let (mut human, mut situation, mut frustrated, mut all) = (Vec::new(), Vec::new(), Vec::new(), 0);
    for example in labelled::routine(&bank, reader.readings()) {
        all += 1;
        let read = read(&example.text);
        if read.wants_human.present {
            human.push((&example.text, read.wants_human.rules));
        }
        if read.situation.kind != NONE {
            situation.push((&example.text, read.situation.rules));
        }
        if read.frustration.strength_bp >= labelled::FRUSTRATED_BP {
            frustrated.push((&example.text, read.frustration.rules));
        }
    }
    println!("{:.0} µs a routine message", begun.elapsed().as_secs_f64() * 1e6 / f64::from(all));
    for (name, found) in [("wants_human", human), ("situation", situation), ("frustrated", frustrated)] {
        println!("{name}: {} of {all} routine messages", found.len());
        if has("list") {
            found.iter().take(40).for_each(|(text, rules)| println!("    {rules:?} {text}"));
        }
    }
}
