//! How follow-ups are read in their conversation, on the labelled conversations.
//!
//! `cargo run --release -p remit-server --example follow_ups`

use remit_policy::{bundle::Bundle, files::Files};
use serde_json::Value;
use std::{error::Error, path::Path};

fn texts(conversation: &Value, of: &str) -> Vec<String> {
    let all = conversation.get(of).and_then(Value::as_array);
    all.into_iter().flatten().filter_map(|one| one.get("text")?.as_str().map(str::to_owned)).collect()
}

fn main() -> Result<(), Box<dyn Error>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let bundle = Bundle::load(Files::read(&root.join("bundles/bank"))?).map_err(|findings| format!("{findings:?}"))?;
    let reader = remit_server::reader::open(None, &bundle, &mut |step| eprintln!("{step}"))?;
    for set in ["conversations-dev", "conversations-held"] {
        let text = std::fs::read_to_string(root.join(format!("crates/signals/data/{set}.jsonl")))?;
        let (mut adds, mut read_so, mut new, mut found) = (0, 0, 0, 0);
        for line in text.lines().filter(|line| !line.is_empty()) {
            let conversation: Value = serde_json::from_str(line)?;
            let before = texts(&conversation, "turns");
            let before: Vec<&str> = before.iter().map(String::as_str).collect();
            let kinds = conversation
                .get("followups")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .map(|one| one.get("kind").cloned());
            for (text, kind) in texts(&conversation, "followups").iter().zip(kinds) {
                let is_new = reader.is_new_matter(text, reader.intent(text).abstained, &before);
                if kind.as_ref().and_then(Value::as_str) == Some("new_matter") {
                    (new, found) = (new + 1, found + i32::from(is_new));
                    continue;
                }
                (adds, read_so) = (adds + 1, read_so + i32::from(!is_new));
                if is_new && set.ends_with("dev") {
                    println!("  taken for another matter: {text}");
                }
            }
        }
        println!("{set}: of {adds} that add, {read_so} are read so; of {new} new matters {found} are found");
    }
    Ok(())
}
