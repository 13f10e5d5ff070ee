//! Entries: what the log says of one record. No free text and no bare hash, so that it can be published.

use crate::hash::Hash;
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

/// Longest entry, in bytes: entry bundles give its length 16 bits (tlog-tiles).
pub const ENTRY_BYTES_MAX: usize = 65_535;

/// One entry of the log. Written with its members in this order and without spaces.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Version of this form.
    pub v: u16,
    /// Position in the log, from 1.
    pub seq: u64,
    /// When, in milliseconds since the Unix epoch.
    pub ts: i64,
    /// The kind of record.
    #[serde(rename = "type")]
    pub kind: String,
    /// The case.
    pub case: String,
    /// Who caused it, by pseudonym.
    pub actor: String,
    /// Commitment to the record's body, in hexadecimal.
    pub commit: String,
}

/// Why bytes are no entry.
#[derive(Debug, thiserror::Error)]
pub enum EntryError {
    /// Not JSON of this form.
    #[error("not an entry: {0}")]
    Json(#[from] serde_json::Error),
    /// Not written canonically.
    #[error("the entry is not in canonical form")]
    NotCanonical,
    /// Too long.
    #[error("the entry has {0} bytes, more than {ENTRY_BYTES_MAX}")]
    TooLong(usize),
}

impl Entry {
    /// The canonical bytes, which are the leaf of the tree.
    ///
    /// # Errors
    /// When they exceed [`ENTRY_BYTES_MAX`].
    pub fn to_bytes(&self) -> Result<Vec<u8>, EntryError> {
        let bytes = serde_json::to_vec(self)?;
        if bytes.len() > ENTRY_BYTES_MAX { Err(EntryError::TooLong(bytes.len())) } else { Ok(bytes) }
    }

    /// The entry of canonical bytes.
    ///
    /// # Errors
    /// When they are of another form.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, EntryError> {
        if bytes.len() > ENTRY_BYTES_MAX {
            return Err(EntryError::TooLong(bytes.len()));
        }
        let entry: Self = serde_json::from_slice(bytes)?;
        if entry.to_bytes()? == bytes { Ok(entry) } else { Err(EntryError::NotCanonical) }
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

    #[test]
    fn entries_have_one_spelling() {
        let entry = Entry {
            v: 1,
            seq: 3,
            ts: 5,
            kind: "case_opened".into(),
            case: "cas_1".into(),
            actor: "crm".into(),
            commit: "00".into(),
        };
        let bytes = entry.to_bytes().unwrap();
        assert_eq!(Entry::from_bytes(&bytes).unwrap(), entry);
        let spaced = String::from_utf8(bytes).unwrap().replace(":3", ": 3");
        assert!(matches!(Entry::from_bytes(spaced.as_bytes()), Err(EntryError::NotCanonical)));
    }
}
