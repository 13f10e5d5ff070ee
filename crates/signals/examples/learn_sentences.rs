//! Learns from the labelled sentences of the packs that ship, and writes the classifier down. `cargo xtask model` calls it.

use remit_encoder::Encoder;
use remit_signals::{lexical::TextReader, sentence_classifier::Lesson};
use std::{error::Error, fs};

fn main() -> Result<(), Box<dyn Error>> {
    let reader = TextReader::new();
    let lesson = Lesson::of(&reader).ok_or("the packs have too few labelled sentences")?;
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/packs/sentences.bin");
    fs::write(path, lesson.learn(Some(&Encoder::built_in())).to_bytes())?;
    println!("{path}: learnt from {} sentences", lesson.sentences());
    Ok(())
}
