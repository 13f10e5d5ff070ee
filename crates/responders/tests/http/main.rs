//! Services against endpoints on real sockets: what they send, what they make of answers, and what hostile ones can do.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test says what is wrong by panicking")]

mod endpoint;
mod forms;
mod hostile;
mod openai;
mod rest;
mod webhook;
