//! A bundle's files: bounded, read from a directory or from one stored blob, and named by their digest.

use remit_domain::id::Digest;
use sha2::{Digest as _, Sha256};
use std::{collections::BTreeMap, fs, io, path::Path};

/// Most files in a bundle.
pub const FILES_MAX: usize = 2_000;
/// Largest file, in bytes.
pub const FILE_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// Largest bundle, in bytes.
pub const BUNDLE_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Files that count, at the top of a bundle.
const AT_THE_TOP: [&str; 3] = ["bundle.toml", "schema.cedarschema", "intents.csv"];
/// Folders of a bundle, each with how the names of the files in it end that count.
const IN_FOLDERS: [(&str, &[&str]); 6] = [
    ("policies", &["cedar"]),
    ("invariants", &["cedar"]),
    ("tests", &["toml"]),
    ("readings", &["toml", "csv"]),
    ("knowledge", &["md", "toml"]),
    ("texts", &["toml"]),
];

fn ends_in(name: &str, endings: &[&str]) -> bool {
    Path::new(name).extension().is_some_and(|end| endings.iter().any(|ending| end == *ending))
}

/// Whether a file of this path is part of a bundle: at the top, or in one of its folders and no deeper.
fn governs(path: &str) -> bool {
    AT_THE_TOP.contains(&path)
        || path.split_once('/').is_some_and(|(folder, name)| {
            let plain = !name.contains(['/', '\\']) && !name.contains(char::is_control);
            plain && IN_FOLDERS.iter().any(|(known, endings)| *known == folder && ends_in(name, endings))
        })
}

/// A bundle's files by their path, with `/` between the parts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Files(BTreeMap<String, Vec<u8>>);

/// Why a bundle's files could not be read.
#[derive(Debug, thiserror::Error)]
pub enum FilesError {
    /// Something could not be read.
    #[error("{path}: {source}; check that the path is a bundle's directory and readable")]
    Read {
        /// What.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// The bundle exceeds a bound.
    #[error(
        "the bundle has more than {FILES_MAX} files, a file above {FILE_BYTES_MAX} bytes, or more than \
         {BUNDLE_BYTES_MAX} bytes; take out what does not govern (found at {0})"
    )]
    TooLarge(String),
    /// A name is not plain.
    #[error("{0}: file names must be UTF-8, and links are not followed; rename it or put the file itself there")]
    Name(String),
    /// What was sent has something that is no part of a bundle.
    #[error("`{0}` is no file of a bundle; docs/bundle.md lists those that are")]
    Stranger(String),
    /// A blob is damaged.
    #[error("the bundle is damaged, or not in the form in which bundles are exported: {0}")]
    Damaged(&'static str),
    /// A stored blob is another bundle's.
    #[error("what is kept of it has the digest {0}")]
    Other(Digest),
}

impl Files {
    /// Files from memory.
    pub fn new(files: impl IntoIterator<Item = (String, Vec<u8>)>) -> Self {
        Self(files.into_iter().collect())
    }

    /// Reads the files that count of the directory `root`: `bundle.toml`, the schema, policies, invariants,
    /// tests, readings, knowledge and intents. What else lies there is not part of the bundle.
    ///
    /// # Errors
    /// When something is unreadable or exceeds a bound.
    pub fn read(root: &Path) -> Result<Self, FilesError> {
        let mut files = Self::default();
        for name in AT_THE_TOP {
            if root.join(name).exists() {
                files.take(root, name)?;
            }
        }
        if !files.0.contains_key("bundle.toml") {
            let source = io::Error::new(io::ErrorKind::NotFound, "there is no bundle.toml in it");
            return Err(FilesError::Read { path: root.display().to_string(), source });
        }
        for (folder, endings) in IN_FOLDERS {
            let directory = root.join(folder);
            if !directory.is_dir() {
                continue;
            }
            let read = |source| FilesError::Read { path: directory.display().to_string(), source };
            for entry in fs::read_dir(&directory).map_err(read)? {
                let name = entry.map_err(read)?.file_name();
                let name = name.to_str().ok_or_else(|| FilesError::Name(directory.display().to_string()))?.to_owned();
                if ends_in(&name, endings) {
                    files.take(root, &format!("{folder}/{name}"))?;
                }
            }
        }
        Ok(files)
    }

    fn take(&mut self, root: &Path, name: &str) -> Result<(), FilesError> {
        let path = root.join(name);
        let read = |source| FilesError::Read { path: path.display().to_string(), source };
        let meta = fs::symlink_metadata(&path).map_err(read)?;
        if !meta.is_file() {
            return Err(FilesError::Name(path.display().to_string()));
        }
        let total: u64 = self.0.values().map(|bytes| bytes.len() as u64).sum();
        if self.0.len() >= FILES_MAX || meta.len() > FILE_BYTES_MAX || total + meta.len() > BUNDLE_BYTES_MAX {
            return Err(FilesError::TooLarge(name.to_owned()));
        }
        self.0.insert(name.to_owned(), fs::read(&path).map_err(read)?);
        Ok(())
    }

    /// The same files with this one put in, or put in the place of its namesake.
    #[must_use]
    pub fn with(mut self, name: &str, bytes: Vec<u8>) -> Self {
        self.0.insert(name.to_owned(), bytes);
        self
    }

    /// The files of a blob that somebody sent: no more than a bundle can have, and none that does not govern.
    ///
    /// # Errors
    /// When the blob is none, exceeds a bound, or names what is no file of a bundle.
    pub fn received(bytes: &[u8]) -> Result<Self, FilesError> {
        let files = Self::from_bytes(bytes)?;
        let total: u64 = files.0.values().map(|bytes| bytes.len() as u64).sum();
        if files.0.len() > FILES_MAX || total > BUNDLE_BYTES_MAX {
            return Err(FilesError::TooLarge("the whole".to_owned()));
        }
        for (name, bytes) in &files.0 {
            if !governs(name) {
                let shown = name.chars().take(80).flat_map(char::escape_default).collect();
                return Err(FilesError::Stranger(shown));
            }
            if bytes.len() as u64 > FILE_BYTES_MAX {
                return Err(FilesError::TooLarge(name.clone()));
            }
        }
        Ok(files)
    }

    /// Every file, in the order of their names.
    pub fn all(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.0.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice()))
    }

    /// One file's bytes.
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        self.0.get(name).map(Vec::as_slice)
    }

    /// Files under a folder, in the order of their names.
    pub fn under<'a>(&'a self, folder: &'a str) -> impl Iterator<Item = (&'a str, &'a [u8])> {
        self.0
            .iter()
            .filter(move |(name, _)| name.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/')))
            .map(|(name, bytes)| (name.as_str(), bytes.as_slice()))
    }

    /// SHA-256 over the names, lengths and bytes of all files in the order of their names.
    pub fn digest(&self) -> Digest {
        Digest::from_bytes(&Sha256::digest(self.to_bytes()).into())
    }

    /// The files of a blob that was kept under `digest`.
    ///
    /// # Errors
    /// When the blob is damaged, or another one's.
    pub fn kept(digest: &str, bytes: &[u8]) -> Result<Self, FilesError> {
        let files = Self::from_bytes(bytes)?;
        let is = files.digest();
        if is.as_str() == digest { Ok(files) } else { Err(FilesError::Other(is)) }
    }

    /// All files as one blob, from which [`Files::from_bytes`] makes the same files.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        for (name, bytes) in &self.0 {
            for part in [name.as_bytes(), bytes] {
                out.extend_from_slice(&(part.len() as u64).to_be_bytes());
                out.extend_from_slice(part);
            }
        }
        out
    }

    /// The files of a blob.
    ///
    /// # Errors
    /// When the blob is damaged or exceeds a bound.
    pub fn from_bytes(mut bytes: &[u8]) -> Result<Self, FilesError> {
        if bytes.len() as u64 > BUNDLE_BYTES_MAX * 2 {
            return Err(FilesError::TooLarge("blob".into()));
        }
        let mut files = BTreeMap::new();
        let part = |bytes: &mut &[u8]| -> Result<Vec<u8>, FilesError> {
            let (length, rest) = bytes.split_first_chunk::<8>().ok_or(FilesError::Damaged("it ends early"))?;
            let length =
                usize::try_from(u64::from_be_bytes(*length)).map_err(|_| FilesError::Damaged("a length is absurd"))?;
            let (part, rest) = rest.split_at_checked(length).ok_or(FilesError::Damaged("it ends early"))?;
            *bytes = rest;
            Ok(part.to_vec())
        };
        while !bytes.is_empty() {
            let name = String::from_utf8(part(&mut bytes)?).map_err(|_| FilesError::Damaged("a name is not UTF-8"))?;
            let content = part(&mut bytes)?;
            files.insert(name, content);
        }
        Ok(Self(files))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blob_reads_back_and_every_byte_counts() {
        let files =
            Files::new([("bundle.toml".to_owned(), b"x".to_vec()), ("policies/a.cedar".to_owned(), b"y".to_vec())]);
        assert_eq!(Files::from_bytes(&files.to_bytes()).unwrap(), files);
        let other =
            Files::new([("bundle.toml".to_owned(), b"xy".to_vec()), ("policies/a.cedar".to_owned(), b"".to_vec())]);
        assert_ne!(files.digest(), other.digest());
        assert_eq!(files.under("policies").count(), 1);
        assert!(Files::from_bytes(&files.to_bytes()[..5]).is_err());
    }

    #[test]
    fn what_is_sent_is_taken_where_it_can_lie_in_a_bundle() {
        let sent = |name: &str| Files::received(&Files::new([(name.to_owned(), Vec::new())]).to_bytes());
        for name in ["bundle.toml", "policies/a.cedar", "readings/a.csv", "knowledge/a b.md"] {
            assert!(sent(name).is_ok(), "{name}");
        }
        for name in
            ["", "/etc/passwd", "../x", "policies/../../x.cedar", "policies/a.txt", "notes.md", "tests/\u{1b}.toml"]
        {
            assert!(matches!(sent(name), Err(FilesError::Stranger(_))), "{name}");
        }
        assert!(Files::received(b"{}").is_err());
    }
}
