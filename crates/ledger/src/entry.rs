//! Entries: what the log says of one record. No free text and no bare hash, so that it can be published.

use crate::{hash::Hash, stream};
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize, Serializer};
use sha2::Sha256;
use std::borrow::Cow;

/// Longest entry, in bytes: entry bundles give its length 16 bits (tlog-tiles).
pub const ENTRY_BYTES_MAX: usize = 65_535;

/// One entry of the log. Written with its members in this order and without spaces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogEntry {
    /// Position in the log, from 1.
    pub seq: u64,
    /// When, in milliseconds since the Unix epoch.
    pub ts: i64,
    /// The kind of record.
    pub kind: String,
    /// What the record is about.
    pub about: EntryAbout,
    /// Who caused it, by pseudonym.
    pub actor: String,
    /// Commitment to the record's body, in hexadecimal.
    pub commit: String,
}

/// What a record is about, as the versions of the entry's form name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EntryAbout {
    /// Version 1, in the member `case`: a case by its identifier, and everything else by an identifier in its place.
    Case(String),
    /// Version 2, in the member `stream`: a kind and an identifier, `token/tok_…`.
    Stream(String),
}

impl EntryAbout {
    /// As the entry has it.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Case(name) | Self::Stream(name) => name,
        }
    }
}

/// The form of an entry, of both versions.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written<'e> {
    v: u16,
    seq: u64,
    ts: i64,
    #[serde(rename = "type")]
    kind: Cow<'e, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    case: Option<Cow<'e, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    stream: Option<Cow<'e, str>>,
    actor: Cow<'e, str>,
    commit: Cow<'e, str>,
}

/// Why bytes are no entry.
#[derive(Debug, thiserror::Error)]
pub enum EntryError {
    /// Not JSON of this form.
    #[error("not an entry: {0}")]
    Json(#[from] serde_json::Error),
    /// Neither version 1 with a case nor version 2 with a stream.
    #[error("not an entry of version 1 with a `case`, nor of version 2 with a `stream` such as `token/tok_…`")]
    Version,
    /// Not written canonically.
    #[error("the entry is not in canonical form")]
    NotCanonical,
    /// Too long.
    #[error("the entry has {0} bytes, more than {ENTRY_BYTES_MAX}")]
    TooLong(usize),
}

impl LogEntry {
    /// The version of its form.
    pub fn version(&self) -> u16 {
        match self.about {
            EntryAbout::Case(_) => 1,
            EntryAbout::Stream(_) => 2,
        }
    }

    /// The stream that the record with this body is of, as version 2 names it; whatever version the entry is of.
    pub fn stream(&self, body: &[u8]) -> Cow<'_, str> {
        match &self.about {
            EntryAbout::Stream(stream) => Cow::Borrowed(stream),
            EntryAbout::Case(name) => Cow::Owned(stream::of_version_1(name, &self.kind, body)),
        }
    }

    fn written(&self) -> Written<'_> {
        let (case, stream) = match &self.about {
            EntryAbout::Case(case) => (Some(case), None),
            EntryAbout::Stream(stream) => (None, Some(stream)),
        };
        Written {
            v: self.version(),
            seq: self.seq,
            ts: self.ts,
            kind: Cow::Borrowed(&self.kind),
            case: case.map(|case| Cow::Borrowed(case.as_str())),
            stream: stream.map(|stream| Cow::Borrowed(stream.as_str())),
            actor: Cow::Borrowed(&self.actor),
            commit: Cow::Borrowed(&self.commit),
        }
    }

    /// The canonical bytes, which are the leaf of the tree.
    ///
    /// # Errors
    /// When they exceed [`ENTRY_BYTES_MAX`], or the stream has no kind and identifier.
    pub fn to_bytes(&self) -> Result<Vec<u8>, EntryError> {
        if matches!(&self.about, EntryAbout::Stream(stream) if !stream::is_named(stream)) {
            return Err(EntryError::Version);
        }
        let bytes = serde_json::to_vec(&self.written())?;
        if bytes.len() > ENTRY_BYTES_MAX { Err(EntryError::TooLong(bytes.len())) } else { Ok(bytes) }
    }

    /// The entry of canonical bytes, of either version.
    ///
    /// # Errors
    /// When they are of another form.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, EntryError> {
        if bytes.len() > ENTRY_BYTES_MAX {
            return Err(EntryError::TooLong(bytes.len()));
        }
        let entry = Self::of(serde_json::from_slice(bytes)?)?;
        if entry.to_bytes()? == bytes { Ok(entry) } else { Err(EntryError::NotCanonical) }
    }

    fn of(written: Written<'_>) -> Result<Self, EntryError> {
        let about = match (written.v, written.case, written.stream) {
            (1, Some(case), None) => EntryAbout::Case(case.into_owned()),
            (2, None, Some(stream)) => EntryAbout::Stream(stream.into_owned()),
            _ => return Err(EntryError::Version),
        };
        let Written { seq, ts, kind, actor, commit, .. } = written;
        let (kind, actor, commit) = (kind.into_owned(), actor.into_owned(), commit.into_owned());
        Ok(Self { seq, ts, kind, about, actor, commit })
    }
}

impl Serialize for LogEntry {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.written().serialize(serializer)
    }
}

/// A commitment to `body` that says nothing without `salt`: HMAC-SHA-256 under the salt.
pub fn commitment(salt: &[u8; 32], body: &[u8]) -> [u8; 32] {
    // HMAC takes keys of any length, so the other arm cannot be reached.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(salt) else { return Hash::empty().0 };
    mac.update(body);
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(about: EntryAbout) -> LogEntry {
        let (kind, actor, commit) = ("case_opened".into(), "crm".into(), "00".into());
        LogEntry { seq: 3, ts: 5, kind, about, actor, commit }
    }

    #[test]
    fn each_version_has_one_spelling() {
        let case = r#"{"v":1,"seq":3,"ts":5,"type":"case_opened","case":"cas_1","actor":"crm","commit":"00"}"#;
        let stream = r#"{"v":2,"seq":3,"ts":5,"type":"case_opened","stream":"case/cas_1","actor":"crm","commit":"00"}"#;
        let abouts = [EntryAbout::Case("cas_1".into()), EntryAbout::Stream("case/cas_1".into())];
        for (about, written) in abouts.into_iter().zip([case, stream]) {
            let entry = entry(about);
            assert_eq!(String::from_utf8(entry.to_bytes().unwrap()).unwrap(), written);
            assert_eq!(serde_json::to_string(&entry).unwrap(), written);
            assert_eq!(LogEntry::from_bytes(written.as_bytes()).unwrap(), entry);
            assert_eq!(entry.stream(b"{}"), "case/cas_1");
            let spaced = written.replace(":3", ": 3");
            assert!(matches!(LogEntry::from_bytes(spaced.as_bytes()), Err(EntryError::NotCanonical)));
        }
    }

    #[test]
    fn no_version_has_the_name_of_another() {
        let written = |v, names| format!(r#"{{"v":{v},"seq":3,"ts":5,"type":"k",{names}"actor":"a","commit":"00"}}"#);
        for (v, names) in [
            (1, r#""stream":"case/cas_1","#),
            (2, r#""case":"cas_1","#),
            (3, r#""stream":"case/cas_1","#),
            (2, ""),
            (2, r#""stream":"cas_1","#),
            (2, r#""stream":"case/","#),
            (1, r#""case":"cas_1","stream":"case/cas_1","#),
            (2, r#""case":"cas_1","stream":"case/cas_1","#),
        ] {
            let refused = LogEntry::from_bytes(written(v, names).as_bytes());
            assert!(matches!(refused, Err(EntryError::Version)), "{v} {names}: {refused:?}");
        }
        let null = written(2, r#""case":null,"stream":"case/cas_1","#);
        assert!(matches!(LogEntry::from_bytes(null.as_bytes()), Err(EntryError::NotCanonical)));
    }
}
