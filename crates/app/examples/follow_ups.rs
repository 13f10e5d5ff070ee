//! How follow-ups are read in their conversation, on the labelled conversations: those that are learnt from, and those
//! that were held back.
//!
//! `cargo run --release -p remit-app --example follow_ups`

use remit_policy::{bundle::Bundle, files::Files};
use remit_signals::follow_up_lesson::{conversations, taught};
use std::{error::Error, path::Path};

fn main() -> Result<(), Box<dyn Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let bundle = Bundle::load(Files::read(&root.join("bundles/bank"))?).map_err(|findings| format!("{findings:?}"))?;
    let reader = remit_app::governance::reader::open(None, &bundle, &mut |step| eprintln!("{step}"))?;
    let held = conversations(include_str!("../../signals/data/conversations-held.jsonl"))?;
    for (set, conversations) in [("learnt from", taught()?), ("held back", held)] {
        let (mut adds, mut read_so, mut new, mut found) = (0, 0, 0, 0);
        for conversation in &conversations {
            let before: Vec<&str> = conversation.turns.iter().map(|turn| turn.text.as_str()).collect();
            for one in &conversation.followups {
                let (.., is_new) = reader.read_after(&one.text, &before);
                if one.is_new_matter() {
                    (new, found) = (new + 1, found + i32::from(is_new));
                } else {
                    (adds, read_so) = (adds + 1, read_so + i32::from(!is_new));
                }
            }
        }
        println!("{set}: of {adds} that add, {read_so} are read so; of {new} new matters {found} are found");
    }
    Ok(())
}
