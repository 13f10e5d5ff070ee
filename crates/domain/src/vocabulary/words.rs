//! Commitments to words and files, which are kept apart and can be erased.

use serde::{Deserialize, Serialize};

/// A commitment to somebody's words, which are kept apart and can be erased.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Words {
    /// HMAC-SHA-256 of the words under a key that is kept with them, in hexadecimal.
    pub commit: String,
    /// Their length in bytes.
    pub bytes: u32,
}

/// A commitment to a file that came with a message. Like words, it is kept apart and can be erased.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Attachment {
    /// HMAC-SHA-256 of the file under a key that is kept with it, in hexadecimal.
    pub commit: String,
    /// Its length in bytes.
    pub bytes: u32,
    /// What kind of file it is, by its own first bytes.
    pub media_type: String,
}
