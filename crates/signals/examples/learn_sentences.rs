//! Learns from the labelled sentences and conversations of the packs that ship, and writes the classifiers down.
//! `cargo xtask model` and `cargo xtask sentences` call it.

use remit_encoder::Encoder;
use remit_signals::{
    follow_up_lesson, lexical::TextReader, sentence_lesson::SentenceLesson, sentence_vectors::SentenceVectors,
};
use std::{error::Error, fs, time::Instant};

fn main() -> Result<(), Box<dyn Error>> {
    let reader = TextReader::new();
    let lesson = SentenceLesson::of(&reader).ok_or("the packs have too few labelled sentences")?;
    let vectors = SentenceVectors::of(reader.readings().sentences(), &Encoder::built_in());
    let begun = Instant::now();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/packs/sentences.bin");
    fs::write(path, lesson.learn(Some(&Encoder::built_in())).to_bytes())?;
    println!("{path}: learnt from {} sentences in {:.1} s", lesson.sentences(), begun.elapsed().as_secs_f64());
    fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/packs/sentence_vectors.bin"), vectors.to_bytes())?;
    let follow_ups = concat!(env!("CARGO_MANIFEST_DIR"), "/packs/follow_ups.bin");
    fs::write(follow_ups, follow_up_lesson::learn(&Encoder::built_in())?)?;
    Ok(())
}
