//! People who work here sign in with a browser: by a password or a passkey that is known here, or by their identity
//! provider. Each begins a session, which is a principal with the rights of their roles until it ends.

pub mod account;
pub mod by_passkey;
pub mod passkey;
pub mod password;
pub mod provider;
pub mod session;
