//! The cache of what is made from a bundle and takes seconds: trained classifiers and vectors of articles, each under a
//! name that holds the digest of all that it is made from, so that nothing in it is ever stale.

use std::{
    collections::BTreeSet,
    ffi::OsString,
    fs, io,
    path::{Path, PathBuf},
    sync::Mutex,
};

/// A directory beside the data directory in which it is looked for and kept too, so that what is made once need not be
/// made for every data directory.
const CACHE: &str = "REMIT_CACHE_DIR";

/// Where they lie.
#[derive(Debug, Clone)]
pub struct ModelCache {
    places: Vec<PathBuf>,
}

impl ModelCache {
    /// In the data directory, if there is one, and in the directory that `REMIT_CACHE_DIR` names, if it names one.
    #[must_use]
    pub fn of(data: Option<&Path>) -> Self {
        Self::with(data, std::env::var_os(CACHE))
    }

    /// The same with what `REMIT_CACHE_DIR` says; empty, it names none.
    fn with(data: Option<&Path>, beside: Option<OsString>) -> Self {
        let beside = beside.filter(|beside| !beside.is_empty()).map(PathBuf::from);
        Self { places: [data.map(|data| data.join("models")), beside].into_iter().flatten().collect() }
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

    /// Keeps it under a name wherever that can be done. Where it cannot, it is made again the next time, which is said
    /// once for each place.
    pub fn keep(&self, name: &str, bytes: &[u8]) {
        static TOLD: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());
        for place in &self.places {
            let Err(error) = keep(place, name, bytes) else { continue };
            let new = TOLD.lock().is_ok_and(|mut told| told.insert(place.clone()));
            if new {
                let (path, cure) = (place.display(), remit_store::cause::cure(&error));
                tracing::warn!(
                    "what was learnt from the bundle cannot be kept in {path}, and is learnt again the next time: \
                     {error}; {cure}"
                );
            }
        }
    }
}

/// Written aside and renamed, so that a crash leaves no half a model.
fn keep(directory: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    let aside = directory.join(format!("{name}.{}.new", std::process::id()));
    let mut made = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut made, 0o700);
    made.recursive(true)
        .create(directory)
        .and_then(|()| fs::write(&aside, bytes))
        .and_then(|()| fs::rename(&aside, directory.join(name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_that_cannot_be_written_is_gone_without_and_an_empty_one_is_none() {
        assert!(ModelCache::with(None, Some(OsString::new())).places.is_empty());
        let at = tempfile::tempdir().unwrap();
        let file = at.path().join("file");
        fs::write(&file, "x").unwrap();
        let data = at.path().join("data");
        let cache = ModelCache::with(Some(&data), Some(file.clone().into_os_string()));
        cache.keep("name", b"kept");
        assert_eq!(cache.read("name").as_deref(), Some(&b"kept"[..]));
        assert_eq!(fs::read(data.join("models/name")).unwrap(), b"kept");
        let nowhere = ModelCache::with(None, Some(file.into_os_string()));
        nowhere.keep("name", b"kept");
        assert_eq!(nowhere.read("name"), None);
    }
}
