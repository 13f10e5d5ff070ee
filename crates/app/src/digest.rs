//! Digests by which something is known or bound.

use crate::refused::Refused;
use remit_domain::id::Digest;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

/// Under what a link is known whose secret nobody has.
pub(crate) fn of_secret(secret: &str) -> Digest {
    Digest::from_bytes(&Sha256::digest(secret.as_bytes()).into())
}

/// The SHA-256 of a value in canonical JSON (RFC 8785).
pub(crate) fn of_json(value: &impl Serialize) -> Result<Digest, Refused> {
    let canonical = serde_json_canonicalizer::to_vec(value).map_err(Refused::internal)?;
    Ok(Digest::from_bytes(&Sha256::digest(&canonical).into()))
}
