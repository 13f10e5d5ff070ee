//! A bundle's files: bounded, read from a directory or from one stored blob, and named by their digest.

use crate::finding::{Finding, line_at};
use remit_domain::{
    id::Digest,
    text::{NameError, check_name},
};
use sha2::{Digest as _, Sha256};
use std::{collections::BTreeMap, fs, io, path::Path};

/// Most files in a bundle.
pub const FILES_MAX: usize = 2_000;
/// Largest file, in bytes.
pub const FILE_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// Largest bundle, in bytes.
pub const BUNDLE_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Longest name of a file in one of a bundle's folders, in bytes: what every file system can hold.
const NAME_BYTES_MAX: usize = 200;

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

/// Refuses a path that no file of a bundle has: one is at the top, or in one of the folders and no deeper, and its name
/// is one that people can be shown.
fn check_path(path: &str) -> Result<(), FilesError> {
    if AT_THE_TOP.contains(&path) {
        return Ok(());
    }
    let in_folder = |(folder, name): &(&str, &str)| {
        !name.contains(['/', '\\']) && IN_FOLDERS.iter().any(|(of, endings)| of == folder && ends_in(name, endings))
    };
    let named = path.split_once('/').filter(in_folder);
    let (folder, name) = named.ok_or_else(|| FilesError::Stranger(shown(path)))?;
    let unfit = |source| FilesError::Unfit { folder: folder.to_owned(), name: shown(name), source };
    check_name(name, NAME_BYTES_MAX).map_err(unfit)?;
    match name.len() {
        bytes if bytes > NAME_BYTES_MAX => Err(unfit(NameError::Long { chars: bytes, max: NAME_BYTES_MAX })),
        _ => Ok(()),
    }
}

/// The beginning of a path, with what does not show itself written out.
fn shown(path: &str) -> String {
    path.chars().take(80).flat_map(char::escape_default).collect()
}

/// The text of a file.
///
/// # Errors
/// With what to do where it is not UTF-8, as every file of a bundle is.
pub(crate) fn text<'t>(file: &str, bytes: &'t [u8]) -> Result<&'t str, Box<Finding>> {
    std::str::from_utf8(bytes).map_err(|error| {
        let before = String::from_utf8_lossy(bytes.get(..error.valid_up_to()).unwrap_or_default());
        let message = format!("the file is not UTF-8 from byte {} on", error.valid_up_to());
        Box::new(Finding::new(file, line_at(&before, before.len()), message, "save it as UTF-8"))
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
    /// A file's name is none that people can be shown, or too long.
    #[error("the name `{name}` of a file under {folder}/ {source}")]
    Unfit {
        /// The folder.
        folder: String,
        /// The name, or its beginning.
        name: String,
        /// Why.
        source: NameError,
    },
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
                    let path = format!("{folder}/{name}");
                    check_path(&path)?;
                    files.take(root, &path)?;
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
            check_path(name)?;
            if bytes.len() as u64 > FILE_BYTES_MAX {
                return Err(FilesError::TooLarge(name.clone()));
            }
        }
        Ok(files)
    }

    /// What is wrong with them before anything is read of them: what is not text is told as that alone, since whatever
    /// reads it would tell something else.
    pub(crate) fn mistakes(&self) -> Vec<Finding> {
        let mut found: Vec<Finding> =
            self.all().filter_map(|(file, bytes)| text(file, bytes).err().map(|finding| *finding)).collect();
        if self.get("bundle.toml").is_none() {
            let cure = "write it; `remit init` makes one to start from";
            found.push(Finding::new("bundle.toml", 1, "there is no bundle.toml", cure));
        }
        found
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
        let mut files: BTreeMap<String, Vec<u8>> = BTreeMap::new();
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
            // In one order alone are these bytes those that the digest names.
            if files.last_key_value().is_some_and(|(last, _)| *last >= name) {
                return Err(FilesError::Damaged("its files are not in the order of their names, each once"));
            }
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
            ["", "/etc/passwd", "../x", "policies/../../x.cedar", "policies/a.txt", "notes.md", "policies/a/b.cedar"]
        {
            assert!(matches!(sent(name), Err(FilesError::Stranger(_))), "{name}");
        }
        assert!(Files::received(b"{}").is_err());
    }

    #[test]
    fn names_are_held_to_one_rule_whether_files_are_sent_or_lie_in_a_directory() {
        let (longest, longer) = (format!("tests/{}.toml", "x".repeat(195)), format!("tests/{}.toml", "x".repeat(196)));
        let wide = format!("tests/{}.toml", "é".repeat(100));
        let names = ["tests/\u{1b}.toml", "tests/a\nb.toml", "tests/\u{202e}.toml", "tests/ a.toml", &longer, &wide];
        for (name, is_fit) in names.into_iter().map(|name| (name, false)).chain([(longest.as_str(), true)]) {
            let root = tempfile::tempdir().unwrap();
            fs::create_dir(root.path().join("tests")).unwrap();
            fs::write(root.path().join("bundle.toml"), "").unwrap();
            fs::write(root.path().join(name), "").unwrap();
            let sent = Files::new([("bundle.toml".to_owned(), Vec::new()), (name.to_owned(), Vec::new())]);
            for read in [Files::received(&sent.to_bytes()), Files::read(root.path())] {
                let refused = matches!(read, Err(FilesError::Unfit { .. }));
                assert_eq!((refused, read.is_ok()), (!is_fit, is_fit), "{name:?}: {read:?}");
            }
        }
        let far = Files::new([(format!("tests/{}.toml", "x".repeat(5_000)), Vec::new())]);
        assert!(Files::received(&far.to_bytes()).unwrap_err().to_string().len() < 300);
    }

    #[test]
    fn a_blob_names_each_file_once_and_in_order() {
        let of = |names: &[&str]| {
            let one = |name: &&str| Files::new([((*name).to_owned(), b"x".to_vec())]).to_bytes();
            names.iter().flat_map(one).collect::<Vec<u8>>()
        };
        assert!(Files::from_bytes(&of(&["a", "b"])).is_ok());
        for names in [["a", "a"], ["b", "a"]] {
            assert!(matches!(Files::from_bytes(&of(&names)), Err(FilesError::Damaged(_))), "{names:?}");
        }
    }
}
