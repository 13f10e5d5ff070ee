//! People who work here sign in with a browser: by a password that is known here, or by their identity provider. Either
//! begins a session, which is a principal with the rights of their roles until it ends.

pub mod account;
pub mod password;
pub mod provider;
pub mod session;
