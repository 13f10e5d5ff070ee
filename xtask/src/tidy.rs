//! What must hold of the repository's files beside what compilers check: sources, documents, words and licences.

mod circles;
mod documents;
mod files;
mod licences;
mod names;
mod reach;
mod sources;
mod syntax;
mod vocabulary;
mod walls;
mod words;

/// Holds all of it, and names every fault with its place.
pub(crate) fn check() -> Result<(), String> {
    let files = files::files()?;
    let mut faults = sources::faults(&files);
    faults.extend(documents::faults(&files));
    faults.extend(words::faults(&files));
    faults.extend(names::faults(&files)?);
    faults.extend(circles::faults(&files)?);
    faults.extend(vocabulary::faults(&files)?);
    faults.extend(walls::faults(&files)?);
    faults.extend(reach::faults(&files)?);
    faults.extend(licences::faults()?);
    if faults.is_empty() {
        return Ok(());
    }
    Err(format!("{}\n{} faults; mend each, or change what `xtask/src/tidy` asks for", faults.join("\n"), faults.len()))
}
