//! Delegates, customers' own AI agents, and what customers grant them: registered, asked for, granted and ended;
//! tokens given out for what was granted, and whom they stand for, looked up at each call.

pub mod ask;
mod claims;
pub mod consent;
pub mod delegate;
pub mod issuer;
pub mod represent;
pub mod revoke;
pub mod token;
pub mod view;

use remit_domain::id::Digest;
use sha2::{Digest as _, Sha256};

/// Under what a link is known whose secret nobody has.
fn digest_of(secret: &str) -> Digest {
    Digest::from_bytes(&Sha256::digest(secret.as_bytes()).into())
}
