//! The forms of OAuth in which customers' own AI agents prove who they are and what they were granted: keys (RFC 7517),
//! proofs of possession (DPoP, RFC 9449), assertions of clients (RFC 7523), of identity providers (ID-JAG) and of Remit
//! itself as a client, customers asked by another way than their browser (CIBA), access tokens (RFC 9068), what is
//! granted in detail (RFC 9396), code challenges (RFC 7636), errors, and metadata (RFC 8414, RFC 9728).
//!
//! Nothing here does I/O, waits or looks at a clock: bytes and the time come in as arguments. Nothing decides either:
//! who is registered, what was consented to and what is revoked is for whoever calls.
//!
//! Everything that comes in is hostile: it is bounded before it is read, and what is refused says what to send
//! instead. Signatures are `jsonwebtoken`'s; which key, which algorithm and which claims count is said here, since that
//! library takes the time from the clock and does not know the name `Ed25519`.

pub mod actor;
pub mod assertion;
pub mod authorization;
pub mod ciba;
pub mod client;
pub mod client_document;
pub mod client_key;
pub mod details;
pub mod dpop;
pub mod error;
pub mod id_jag;
pub mod jwk;
mod jws;
pub mod metadata;
pub mod nonce;
pub mod oidc;
mod pair;
pub mod pkce;
pub mod provider_keys;
pub mod seen;
pub mod token;
pub mod web_bot_auth;

pub use jws::{Malformed, Unsigned, is_plain};
