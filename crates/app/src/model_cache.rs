//! The cache of what is made from a bundle and takes seconds: trained classifiers and vectors of articles, each under a
//! name that holds the digest of all that it is made from, so that nothing in it is ever stale.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// A directory beside the data directory in which it is looked for and kept too, so that what is made once need not be
/// made for every data directory.
const CACHE: &str = "REMIT_CACHE_DIR";

/// Something could not be kept.
#[derive(Debug, thiserror::Error)]
#[error("keeping what was learnt from the bundle in {path}: {source}; {}", remit_store::cause::cure(source))]
pub struct KeepError {
    path: String,
    source: io::Error,
}

/// Where they lie.
#[derive(Debug, Clone)]
pub struct ModelCache {
    places: Vec<PathBuf>,
}

impl ModelCache {
    /// In the data directory, if there is one, and in the directory that `REMIT_CACHE_DIR` names, if it names one.
    #[must_use]
    pub fn of(data: Option<&Path>) -> Self {
        let places = [data.map(|data| data.join("models")), std::env::var_os(CACHE).map(PathBuf::from)];
        Self { places: places.into_iter().flatten().collect() }
    }

    /// What is kept under a name. What only the directory beside has is kept in the data directory too, which is whole
    /// by itself.
    pub fn read(&self, name: &str) -> Option<Vec<u8>> {
        let found = self.places.iter().find_map(|place| Some((place, fs::read(place.join(name)).ok()?)));
        let (place, bytes) = found?;
        if let Some(first) = self.places.first().filter(|first| *first != place) {
            // It can be read, whether or not it can be kept.
            let _ = keep(first, name, &bytes);
        }
        Some(bytes)
    }

    /// Keeps it under a name everywhere.
    ///
    /// # Errors
    /// When a directory cannot be made or written.
    pub fn keep(&self, name: &str, bytes: &[u8]) -> Result<(), KeepError> {
        self.places.iter().try_for_each(|place| keep(place, name, bytes))
    }
}

/// Written aside and renamed, so that a crash leaves no half a model.
fn keep(directory: &Path, name: &str, bytes: &[u8]) -> Result<(), KeepError> {
    let aside = directory.join(format!("{name}.{}.new", std::process::id()));
    let mut made = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut made, 0o700);
    made.recursive(true)
        .create(directory)
        .and_then(|()| fs::write(&aside, bytes))
        .and_then(|()| fs::rename(&aside, directory.join(name)))
        .map_err(|source| KeepError { path: directory.display().to_string(), source })
}
