//! The use cases and the HTTP interface.
//!
//! Interfaces translate requests; only [`app`] acts. Time comes from [`clock`], randomness from
//! [`entropy`], and nowhere else.

pub mod app;
pub mod boot;
pub mod clock;
pub mod connections;
pub mod descriptors;
pub mod directory;
pub mod entropy;
pub mod explain;
pub mod http;
pub mod jobs;
pub mod keys;
pub mod limits;
pub mod metrics;
pub mod model_cache;
pub mod problem;
mod rate_limit;
pub mod reader;
pub mod serve;
