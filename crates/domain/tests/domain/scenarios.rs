//! Behaviour that reads as a story: scripts in `scenarios/domain` whose telling must stay as it is written there.

use crate::transcript::Transcript;
use std::path::Path;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scenarios/domain");
/// Set to write the tellings anew; then read the difference before committing it.
const BLESS: &str = "REMIT_BLESS";

/// The story with what its lines lead to. `#` lines are prose, `>` lines are given, all others are told.
fn tell(story: &str) -> Result<String, String> {
    let mut transcript = Transcript::new();
    let mut told = String::new();
    for (number, line) in story.lines().enumerate() {
        if let Some(given) = line.strip_prefix("> ") {
            told.push_str(&format!("{line}\n"));
            let lines = transcript.line(given).map_err(|why| format!("line {}: {why}", number + 1))?;
            lines.iter().for_each(|line| told.push_str(&format!("  {line}\n")));
        } else if line.starts_with('#') || line.is_empty() {
            told.push_str(&format!("{line}\n"));
        }
    }
    Ok(told)
}

fn check(path: &Path) -> Result<(), String> {
    let story = std::fs::read_to_string(path).map_err(|e| e.to_string())?;
    let told = tell(&story)?;
    if told == story {
        return Ok(());
    }
    if std::env::var_os(BLESS).is_some() {
        return std::fs::write(path, told).map_err(|e| e.to_string());
    }
    let differs = |(index, (is, was)): (usize, (&str, &str))| {
        (is != was).then(|| format!("line {}:\n  written: {was}\n  told:    {is}", index + 1))
    };
    let lengths = || format!("{} lines are written, {} are told", story.lines().count(), told.lines().count());
    Err(told.lines().zip(story.lines()).enumerate().find_map(differs).unwrap_or_else(lengths))
}

#[test]
fn every_story_is_told_as_it_is_written() {
    let mut paths: Vec<_> = std::fs::read_dir(FOLDER).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "txt"));
    paths.sort();
    assert!(paths.len() >= 10, "only {} stories in {FOLDER}", paths.len());
    let failed: Vec<_> =
        paths.iter().filter_map(|path| check(path).err().map(|why| format!("{}: {why}", path.display()))).collect();
    assert!(
        failed.is_empty(),
        "{}\nif that is meant: {BLESS}=1 cargo test -p remit-domain --test domain stor\n",
        failed.join("\n")
    );
}
