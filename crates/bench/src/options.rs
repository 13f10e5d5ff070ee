//! What is asked for on the command line, and how long and how often each part measures.

use clap::{Parser, ValueEnum};
use std::{path::PathBuf, time::Duration};

/// What is compared is measured in so many turns, one after the other, since a machine's speed changes.
pub(crate) const TURNS: u32 = 4;

/// Before each turn, one of this part of its length warms what it uses and is not counted.
pub(crate) const WARM: u32 = 4;

/// Measure Remit side by side with its ceilings and its alternatives.
#[derive(Debug, Parser)]
pub(crate) struct Bench {
    /// What to measure; everything unless told.
    pub(crate) parts: Vec<Part>,
    /// Seconds that each measurement takes.
    #[arg(long, default_value_t = 4.0)]
    pub(crate) seconds: f64,
    /// Connections at once, each number measured by itself.
    #[arg(long, value_delimiter = ',', default_values_t = [1, 8, 64, 256])]
    pub(crate) connections: Vec<usize>,
    /// Cases in the large store.
    #[arg(long, default_value_t = 1_000_000)]
    pub(crate) cases: u64,
    /// Event streams held open.
    #[arg(long, default_value_t = 10_000)]
    pub(crate) streams: usize,
    /// Listens to the server at this address: how the part `streams` starts its other process.
    #[arg(long, hide = true)]
    pub(crate) follow: Option<std::net::SocketAddr>,
    /// Reads every list of the server at this address: how the part `readers` starts its other process.
    #[arg(long, hide = true)]
    pub(crate) read: Option<std::net::SocketAddr>,
    /// The bundle that governs.
    #[arg(long, default_value = "bundles/bank")]
    pub(crate) bundle: PathBuf,
    /// The messages to send.
    #[arg(long, default_value = "bundles/bank-traffic/messages.csv")]
    pub(crate) traffic: PathBuf,
    /// A `remit` of an earlier version, with which the part `beside` compares.
    #[arg(long)]
    pub(crate) beside: Option<PathBuf>,
    /// The bundle that governs it, where it cannot read this one's.
    #[arg(long)]
    pub(crate) beside_bundle: Option<PathBuf>,
    /// Where data directories are made; its disk is what is measured.
    #[arg(long, default_value = "target")]
    pub(crate) directory: PathBuf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Part {
    /// `POST /v1/cases` whole, against the sum of its parts.
    Http,
    /// Group commit against a transaction for each command.
    Store,
    /// A decision alone, and how it grows with policies.
    Decision,
    /// Offers to staff: lines against a scan.
    Floor,
    /// A small store against a large one.
    Scale,
    /// Event streams held open.
    Streams,
    /// Opening a case while others read every list.
    Readers,
    /// A message read whole, and training.
    Reading,
    /// `POST /v1/cases` of whole programs: as the encoder is asked, an earlier version, and a service of FastAPI.
    Beside,
    /// The sentence encoder beside PyTorch.
    Encoder,
}

impl Bench {
    pub(crate) fn length(&self) -> Duration {
        Duration::from_secs_f64(self.seconds.clamp(0.1, 600.0))
    }

    pub(crate) fn wants(&self, part: Part) -> bool {
        self.parts.is_empty() || self.parts.contains(&part)
    }
}
