//! Packs a published model into one file: `pack DIRECTORY FILE`. `cargo xtask model` calls it.

use remit_encoder::Model;
use std::{error::Error, fs, path::Path};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [directory, file] = arguments.as_slice() else {
        return Err(
            "usage: pack DIRECTORY FILE: the directory holds config.json, vocab.txt and model.safetensors".into()
        );
    };
    fs::write(file, Model::published(Path::new(directory))?.to_bytes())?;
    Ok(())
}
