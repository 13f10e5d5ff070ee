//! The HTTP interface over the use cases, and the jobs that drive them.
//!
//! Interfaces translate requests, answers and refusals; jobs say when something is looked at. Only [`remit_app`] acts.

pub mod connections;
pub mod descriptors;
mod front;
pub mod http;
pub mod jobs;
mod peer;
pub mod problem;
mod read_body;
pub mod serve;
