//! Measures Remit side by side, in one run: the whole against its parts, ours against the alternative.
//!
//! `cargo xtask bench [http|beside|store|decision|floor|scale|streams|readers|reading|encoder …]`

mod beside;
mod decision;
mod encoder;
mod floor;
mod http;
mod load;
mod meter;
mod python;
mod readers;
mod reading;
mod scale;
mod setting;
mod store;
mod streams;

use clap::{Parser, ValueEnum};
use std::{path::PathBuf, process::ExitCode, time::Duration};

/// The allocator of the `remit` command.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What is compared is measured in so many turns, one after the other, since a machine's speed changes.
const TURNS: u32 = 4;
/// Before each turn, one of this part of its length warms what it uses and is not counted.
const WARM: u32 = 4;

/// Measure Remit side by side with its ceilings and its alternatives.
#[derive(Debug, Parser)]
pub(crate) struct Bench {
    /// What to measure; everything unless told.
    parts: Vec<Part>,
    /// Seconds that each measurement takes.
    #[arg(long, default_value_t = 4.0)]
    seconds: f64,
    /// Connections at once, each number measured by itself.
    #[arg(long, value_delimiter = ',', default_values_t = [1, 8, 64, 256])]
    connections: Vec<usize>,
    /// Cases in the large store.
    #[arg(long, default_value_t = 1_000_000)]
    cases: u64,
    /// Event streams held open.
    #[arg(long, default_value_t = 10_000)]
    streams: usize,
    /// Listens to the server at this address: how the part `streams` starts its other process.
    #[arg(long, hide = true)]
    follow: Option<std::net::SocketAddr>,
    /// Reads every list of the server at this address: how the part `readers` starts its other process.
    #[arg(long, hide = true)]
    read: Option<std::net::SocketAddr>,
    /// The bundle that governs.
    #[arg(long, default_value = "bundles/bank")]
    bundle: PathBuf,
    /// The messages to send.
    #[arg(long, default_value = "bundles/bank-traffic/messages.csv")]
    traffic: PathBuf,
    /// A `remit` of an earlier version, with which the part `beside` compares.
    #[arg(long)]
    beside: Option<PathBuf>,
    /// The bundle that governs it, where it cannot read this one's.
    #[arg(long)]
    beside_bundle: Option<PathBuf>,
    /// Where data directories are made; its disk is what is measured.
    #[arg(long, default_value = "target")]
    directory: PathBuf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
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
    fn length(&self) -> Duration {
        Duration::from_secs_f64(self.seconds.clamp(0.1, 600.0))
    }

    fn wants(&self, part: Part) -> bool {
        self.parts.is_empty() || self.parts.contains(&part)
    }
}

fn main() -> ExitCode {
    let bench = Bench::parse();
    match run(&bench) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => {
            eprintln!("a goal above was missed");
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(bench: &Bench) -> anyhow::Result<bool> {
    if let Some(address) = bench.follow {
        streams::follow(address, bench.streams)?;
        return Ok(true);
    }
    if let Some(address) = bench.read {
        readers::read(address)?;
        return Ok(true);
    }
    std::fs::create_dir_all(&bench.directory)?;
    println!("{}", meter::machine());
    let mut met = true;
    // First, since its memory would not show in what training the classifier leaves free.
    if bench.wants(Part::Floor) {
        met &= floor::run(bench)?;
    }
    let setting = std::sync::Arc::new(setting::Setting::read(bench)?);
    if bench.wants(Part::Decision) {
        met &= decision::run(&setting)?;
    }
    if bench.wants(Part::Reading) {
        met &= reading::run(bench, &setting)?;
    }
    if bench.wants(Part::Encoder) {
        met &= encoder::run(bench, &setting)?;
    }
    if bench.wants(Part::Store) {
        met &= store::run(bench, &setting)?;
    }
    if bench.wants(Part::Http) {
        met &= http::run(bench, &setting)?;
    }
    if bench.wants(Part::Beside) {
        met &= beside::run(bench, &setting)?;
    }
    if bench.wants(Part::Streams) {
        met &= streams::run(bench, &setting)?;
    }
    if bench.wants(Part::Readers) {
        met &= readers::run(bench, &setting)?;
    }
    if bench.wants(Part::Scale) {
        met &= scale::run(bench, &setting)?;
    }
    Ok(met)
}
