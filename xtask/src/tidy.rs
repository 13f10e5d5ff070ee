//! What must hold of the repository's files beside what compilers check: sources, documents, words and licences.

mod documents;
mod licences;
mod sources;
mod words;

use std::{fs, process::Command};

/// A file that is tracked.
pub(crate) struct File {
    /// Its path from the root.
    pub(crate) path: String,
    /// What it says; empty where it is not text.
    pub(crate) text: String,
}

/// Holds all of it, and names every fault with its place.
pub(crate) fn check() -> Result<(), String> {
    let files = tracked()?;
    let mut faults = sources::faults(&files);
    faults.extend(documents::faults(&files));
    faults.extend(words::faults(&files));
    faults.extend(licences::faults()?);
    if faults.is_empty() {
        return Ok(());
    }
    Err(format!("{}\n{} faults; mend each, or change what `xtask/src/tidy` asks for", faults.join("\n"), faults.len()))
}

fn tracked() -> Result<Vec<File>, String> {
    let listed = output("git", &["ls-files", "--cached", "--others", "--exclude-standard"])?;
    let read = |path: &str| {
        let text = fs::read(path).ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default();
        File { path: path.to_owned(), text }
    };
    Ok(listed.lines().filter(|path| fs::exists(path).unwrap_or_default()).map(read).collect())
}

/// What a program prints.
fn output(program: &str, arguments: &[&str]) -> Result<String, String> {
    let told = || format!("{program} {}", arguments.join(" "));
    let output = Command::new(program).args(arguments).output().map_err(|error| format!("{}: {error}", told()))?;
    if !output.status.success() {
        return Err(format!("{} failed: {}", told(), String::from_utf8_lossy(&output.stderr)));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
