//! Scripts with golden output: what is given, and what is told; shared by everything that tells stories.

#![expect(clippy::unwrap_used, reason = "a test says what is wrong by panicking")]

use std::path::{Path, PathBuf};

/// Where the scripts are, a folder for each kind.
pub const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scenarios");
/// Set to write the tellings anew; then read the difference before committing it.
const BLESS: &str = "REMIT_BLESS";

/// What takes one line of a story and tells what followed.
pub type Teller<'a> = dyn FnMut(&str) -> Result<Vec<String>, String> + 'a;

/// The story with what its lines lead to. `#` lines are prose, `>` lines are given, all others are told.
fn tell(story: &str, line_of: &mut Teller<'_>) -> Result<String, String> {
    let mut told = String::new();
    for (number, line) in story.lines().enumerate() {
        if let Some(given) = line.strip_prefix("> ") {
            told.push_str(&format!("{line}\n"));
            let lines = line_of(given).map_err(|why| format!("line {}: {why}", number + 1))?;
            lines.iter().for_each(|line| told.push_str(&format!("  {line}\n")));
        } else if line.starts_with('#') || line.is_empty() {
            told.push_str(&format!("{line}\n"));
        }
    }
    Ok(told)
}

fn check(path: &Path, line_of: &mut Teller<'_>) -> Result<(), String> {
    let story = std::fs::read_to_string(path).map_err(|e| e.to_string())?;
    let told = tell(&story, line_of)?;
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

/// The scripts of one kind, each with a teller of its own.
///
/// # Panics
/// When one tells something else than what is written, or there are hardly any: a test says so by it.
pub fn check_all(kind: &str, teller: impl Fn() -> Box<Teller<'static>>) {
    let paths = scripts(kind);
    assert!(paths.len() >= 4, "only {} stories in {FOLDER}/{kind}", paths.len());
    let told = paths
        .iter()
        .filter_map(|path| check(path, &mut *teller()).err().map(|why| format!("{}: {why}", path.display())));
    let failed: Vec<_> = told.collect();
    assert!(failed.is_empty(), "{}\nif that is meant: {BLESS}=1 cargo test stor\n", failed.join("\n"));
}

/// Where the scripts of one kind are, in the order of their names.
///
/// # Panics
/// When their folder cannot be read.
pub fn scripts(kind: &str) -> Vec<PathBuf> {
    let mut paths: Vec<_> =
        std::fs::read_dir(format!("{FOLDER}/{kind}")).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "txt"));
    paths.sort();
    paths
}
