//! The columns of a token.

pub(super) const TOKEN: &str = "id, hash, name, roles, responder, source, created_ms, expires_ms, staff";
