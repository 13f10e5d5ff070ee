//! What is asked for on the command line, and how long and how often each part measures.

use clap::{Parser, ValueEnum};
use std::{path::PathBuf, time::Duration};

/// What is compared is measured in so many turns, one after the other, since a machine's speed changes.
pub(crate) const TURNS: u32 = 4;

/// Before each turn, one of this part of its length warms what it uses and is not counted.
pub(crate) const WARM: u32 = 4;

/// Turns of each build where the present one is measured beside another one, at least.
const LEAST_TURNS: u32 = 5;

/// Cases in the large store unless told.
const MANY: u64 = 1_000_000;

/// Connections at once unless told, of which the goals are at 64.
const CONNECTIONS: [usize; 3] = [1, 8, 64];

/// Measure Remit side by side: the present build beside another one, and beside what it could be replaced by.
#[derive(Debug, Parser)]
pub(crate) struct Bench {
    /// What to measure; everything unless told.
    pub(crate) parts: Vec<Part>,
    /// Seconds that each measurement takes.
    #[arg(long, default_value_t = 4.0)]
    pub(crate) seconds: f64,
    /// Connections at once, each number measured by itself; the goals are at 64.
    #[arg(long, value_delimiter = ',', default_values_t = CONNECTIONS)]
    pub(crate) connections: Vec<usize>,
    /// Cases in the large store, 1,000,000 unless told. With `http --against` also what memory is compared after,
    /// which takes minutes and 4 GiB of disk for each million, and is left out unless told.
    #[arg(long)]
    cases: Option<u64>,
    /// Another build of `remit`, which the present one is measured beside: a worktree of its commit, where it is
    /// built first, into `target` there, or a program that is built already. `git worktree add ../before COMMIT`
    /// makes a worktree. With the part `http` that comparison is what is measured; the part `beside` takes it in too.
    #[arg(long, value_name = "PATH")]
    pub(crate) against: Option<PathBuf>,
    /// The bundle that governs the other build, since each reads bundles of its own time: `bundles/bank` of its
    /// worktree unless told, or where it is a program of the worktree that it lies in.
    #[arg(long, value_name = "DIR", requires = "against")]
    pub(crate) against_bundle: Option<PathBuf>,
    /// Turns of each build with `http --against`, at least 5.
    #[arg(
        long,
        default_value_t = LEAST_TURNS,
        value_parser = clap::value_parser!(u32).range(i64::from(LEAST_TURNS)..=100)
    )]
    pub(crate) turns: u32,
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
    /// Where data directories are made; its disk is what is measured.
    #[arg(long, default_value = "target")]
    pub(crate) directory: PathBuf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Part {
    /// `POST /v1/cases` whole, and what its parts take alone; with `--against` instead cases, a holder's answers and
    /// customers' messages of this build beside another one.
    Http,
    /// `POST /v1/cases` with fields and facts beside the same without.
    About,
    /// Asking for an action beside `POST /v1/cases`, and with many requests that wait beside few.
    Requests,
    /// What a delegate's proof costs an action request, and introspection and AuthZEN evaluations beside
    /// `POST /v1/cases`.
    Delegates,
    /// Group commit against a transaction for each command.
    Store,
    /// A decision alone, and how it grows with policies.
    Decision,
    /// Offers to staff: lines against a scan.
    Floor,
    /// What comes in a week ahead, learned from 8 weeks of 77 intents.
    Forecast,
    /// A small store against a large one.
    Scale,
    /// A bundle put in force over many open cases while others are opened.
    Activate,
    /// Event streams held open.
    Streams,
    /// Opening a case while others read every list.
    Readers,
    /// A message read whole, and training.
    Reading,
    /// `POST /v1/cases` of whole programs: as the encoder is asked, another build, and a service of FastAPI.
    Beside,
    /// The sentence encoder beside PyTorch.
    Encoder,
    /// The simulator of queues beside ciw and simpy.
    Capacity,
}

impl Bench {
    pub(crate) fn length(&self) -> Duration {
        Duration::from_secs_f64(self.seconds.clamp(0.1, 600.0))
    }

    /// Cases in the large store.
    pub(crate) fn cases(&self) -> u64 {
        self.cases.unwrap_or(MANY)
    }

    /// Cases in the store, so many unless told.
    pub(crate) fn cases_or(&self, unless_told: u64) -> u64 {
        self.cases.unwrap_or(unless_told)
    }

    /// After how many cases memory is compared, if it is.
    pub(crate) fn memory_after(&self) -> Option<u64> {
        self.cases
    }

    /// Whether nothing is measured that works on the bundle within this process.
    pub(crate) fn needs_no_setting(&self) -> bool {
        let alone = |part: &Part| match part {
            Part::Capacity | Part::Forecast => true,
            Part::Http => self.against.is_some(),
            _ => false,
        };
        !self.parts.is_empty() && self.parts.iter().all(alone)
    }

    pub(crate) fn wants(&self, part: Part) -> bool {
        self.parts.is_empty() || self.parts.contains(&part)
    }
}
