//! What the commands of `remit` share: the one printer, the client of a running
//! server, whoever has the key of a delegate, files of messages and
//! of supports, and opening
//! a data directory under a bundle.
#![warn(clippy::print_stdout, clippy::print_stderr, reason = "what is printed goes through `shown`")]

pub mod chat;
pub mod client;
pub mod key_holder;
pub mod open;
pub mod shown;
pub mod support;
pub mod traffic;
