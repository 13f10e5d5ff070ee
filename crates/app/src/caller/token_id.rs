//! A token's identifier, which is made from its secret's hash.

use remit_ledger::hash::hex;
use sha2::{Digest as _, Sha256};

/// What a token's identifier begins with.
pub(crate) const TOKEN_ID: &str = "tok_";

/// What a session's identifier begins with.
pub(crate) const SESSION_ID: &str = "ses_";

/// The hash under which a token's secret is stored, and a short identifier made from it.
pub(crate) fn token_id(secret: &str) -> ([u8; 32], String) {
    let hash: [u8; 32] = Sha256::digest(secret.as_bytes()).into();
    (hash, id_of_hash(&hash))
}

/// A token's identifier, by the hash of its secret.
pub(crate) fn id_of_hash(hash: &[u8; 32]) -> String {
    format!("{TOKEN_ID}{}", hex(hash.get(..8).unwrap_or_default()))
}

/// A session's identifier, by the hash of its secret.
pub(crate) fn session_id(hash: &[u8; 32]) -> String {
    format!("{SESSION_ID}{}", hex(hash.get(..8).unwrap_or_default()))
}

/// What a passkey's identifier begins with.
const PASSKEY_ID: &str = "key_";

/// A passkey's identifier, by what its device calls it.
pub(crate) fn passkey_id(credential: &[u8]) -> String {
    let hash: [u8; 32] = Sha256::digest(credential).into();
    format!("{PASSKEY_ID}{}", hex(hash.get(..16).unwrap_or_default()))
}
