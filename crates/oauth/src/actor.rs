//! A delegate says that it is to act for another one that holds a token (RFC 8693, `actor_token`): a text that it signs
//! as clients sign assertions, of a type of its own, so that neither passes for the other: whoever is given it cannot
//! pass for who signed it.

use crate::{
    assertion::{self, AssertionError, Client},
    jwk::KeySet,
};

/// The type that such a text has in its header.
pub const HEADER_TYPE: &str = "actor+jwt";

/// Whose it says that it is, so that their keys can be looked for. Nothing of it is true yet.
///
/// # Errors
/// When it is no signed text that names a client.
pub fn peek(signed: &str) -> Result<String, AssertionError> {
    assertion::peek_client(signed)
}

/// Looks at everything of it but whether it was sent before.
///
/// # Errors
/// With what is wrong with it first: also where it says that others act for who signed it, since nobody stands between
/// an actor and what they do.
pub fn read(signed: &str, keys: &KeySet, audiences: &[&str], now_ms: i64) -> Result<Client, AssertionError> {
    assertion::read_of(Some(HEADER_TYPE), signed, None, keys, audiences, now_ms)
}
