//! `[enrichment]`: a service of the organisation's own that is asked before a case is decided first.

use serde::Deserialize;

/// What is asked before the first decision on a case.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Enrichment {
    /// Where.
    pub url: String,
    /// Whether what is asked may go over the network in the clear.
    #[serde(default)]
    pub in_the_clear: bool,
    /// The environment variable that holds the secret that both sides sign with.
    pub secret_env: String,
    /// Milliseconds that a case waits for it at most.
    #[serde(default = "Enrichment::deadline")]
    pub deadline_ms: u32,
    /// The facts of the customer that it may tell.
    #[serde(default)]
    pub facts: Vec<String>,
    /// The fields of the case that it may tell.
    #[serde(default)]
    pub fields: Vec<String>,
    /// After so many calls in a row that came to nothing it is left alone.
    #[serde(default = "Enrichment::outages")]
    pub outages: u32,
    /// Seconds for which it is left alone.
    #[serde(default = "Enrichment::pause")]
    pub pause_seconds: u32,
}

impl Enrichment {
    fn deadline() -> u32 {
        1_000
    }

    fn outages() -> u32 {
        3
    }

    fn pause() -> u32 {
        30
    }
}
