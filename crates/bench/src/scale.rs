//! A small store against a large one: opening, listing and deciding, start-up and memory.

use crate::{
    meter::{self, percentile},
    options::Bench,
    setting::{self, Setting},
};
use remit_app::environment::block_on::block_on;
use remit_app::{
    Caller, Parts,
    case::{open, query, request::OpenCase},
    evidence::would_decide,
};
use remit_store::{CaseFilter, Views as _};
use std::{
    collections::BTreeMap,
    hint::black_box,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::runtime::Runtime;

const SMALL: u64 = 10_000;
/// Cases opened at once.
const TOGETHER: usize = 64;
/// Times that both stores are measured, one after the other.
const ROUNDS: usize = 3;
/// How much slower the large store may be.
const SLOWER: f64 = 1.5;
/// How long the server may take to start over the large store, in seconds.
const START_SECONDS: f64 = 2.0;

/// A store under its server, with the caller that asks it.
pub(crate) struct Filled {
    app: Arc<Parts>,
    caller: Arc<Caller>,
    next: Arc<AtomicU64>,
}

/// What opening, listing and deciding took, at the median, in microseconds.
#[derive(Debug, Clone, Copy, Default)]
struct Took {
    opening: f64,
    listing: f64,
    deciding: f64,
}

fn message(setting: &Setting, n: u64) -> anyhow::Result<OpenCase> {
    // Every fourth comes from a customer who has written before, at any time.
    let customer = if n % 4 == 3 { n.wrapping_mul(0x9e37_79b9_7f4a_7c15) % n } else { n };
    Ok(serde_json::from_value(serde_json::json!({
        "customer": format!("customer-{customer}"),
        "text": setting.text(n),
        "channel": "chat",
    }))?)
}

impl Filled {
    pub(crate) fn open(setting: &Setting, directory: &Path) -> anyhow::Result<Self> {
        let app = setting.open(directory)?;
        let (_, caller) = setting::token(&app)?;
        Ok(Self { app: Arc::new(app), caller, next: Arc::default() })
    }

    /// Opens cases until there are `until`, or the time is over; gives microseconds per case.
    pub(crate) fn fill(
        &self,
        runtime: &Runtime,
        setting: &Arc<Setting>,
        until: u64,
        length: Duration,
    ) -> anyhow::Result<f64> {
        let (begun, from) = (meter::now(), self.next.load(Ordering::Relaxed));
        runtime.block_on(async {
            let tasks: Vec<_> = (0..TOGETHER)
                .map(|_| {
                    let (app, caller) = (Arc::clone(&self.app), Arc::clone(&self.caller));
                    let (next, setting) = (Arc::clone(&self.next), Arc::clone(setting));
                    tokio::spawn(async move {
                        while begun.elapsed() < length {
                            let n = next.fetch_add(1, Ordering::Relaxed);
                            if n >= until {
                                next.fetch_sub(1, Ordering::Relaxed);
                                break;
                            }
                            let opened = open::open_case(&app, &caller, None, message(&setting, n)?).await;
                            opened.map_err(|problem| anyhow::anyhow!("{problem:?}"))?;
                        }
                        anyhow::Ok(())
                    })
                })
                .collect();
            for task in tasks {
                task.await??;
            }
            anyhow::Ok(())
        })?;
        let done = self.next.load(Ordering::Relaxed) - from;
        Ok(begun.elapsed().as_secs_f64() * 1e6 / done.max(1) as f64)
    }

    /// The server's use cases alone.
    pub(crate) fn into_app(self) -> Arc<Parts> {
        self.app
    }

    /// Microseconds that a page of cases takes at the median, over the ways to ask for one.
    fn list(&self) -> anyhow::Result<f64> {
        let holders = self.app.live.depths();
        let mut took = Vec::new();
        for n in 0..400_usize {
            let holder = || holders.get(n / 4 % holders.len().max(1)).map(|(holder, _)| holder.clone());
            let filter = match n % 4 {
                0 => CaseFilter::default(),
                1 => CaseFilter { status: Some("open".into()), ..CaseFilter::default() },
                2 => CaseFilter { holder: holder(), ..CaseFilter::default() },
                _ => CaseFilter { holder: holder(), status: Some("open".into()), ..CaseFilter::default() },
            };
            let begun = meter::now();
            let fields = BTreeMap::new();
            let page = query::cases(&self.app, &self.caller, &filter, &fields, None, 50);
            let page = block_on(page).map_err(|problem| anyhow::anyhow!("{problem:?}"))?;
            black_box(&page);
            took.push(begun.elapsed().as_secs_f64() * 1e6);
        }
        Ok(took.iter().sum::<f64>() / took.len() as f64)
    }

    /// Microseconds that a decision on a new request takes at the median, its signals and reads included.
    fn decide(&self, runtime: &Runtime, setting: &Setting) -> anyhow::Result<f64> {
        let mut took = Vec::new();
        for n in 0..1_000 {
            let open = message(setting, n * 7)?;
            let begun = meter::now();
            let asked = runtime.block_on(would_decide::ask_route(&self.app, &self.caller, open));
            black_box(asked.map_err(|problem| anyhow::anyhow!("{problem:?}"))?);
            took.push(begun.elapsed().as_secs_f64() * 1e6);
        }
        Ok(percentile(&mut took, 0.5))
    }

    fn measure(&self, bench: &Bench, runtime: &Runtime, setting: &Arc<Setting>) -> anyhow::Result<Took> {
        Ok(Took {
            opening: self.fill(runtime, setting, u64::MAX, bench.length() / 2)?,
            listing: self.list()?,
            deciding: self.decide(runtime, setting)?,
        })
    }
}

/// The median of several measurements, each of its parts by itself.
fn median(took: &[Took]) -> Took {
    let middle = |part: fn(&Took) -> f64| percentile(&mut took.iter().map(part).collect::<Vec<_>>(), 0.5);
    Took { opening: middle(|t| t.opening), listing: middle(|t| t.listing), deciding: middle(|t| t.deciding) }
}

pub(crate) fn run(bench: &Bench, setting: &Arc<Setting>) -> anyhow::Result<bool> {
    let runtime = remit_server::serve::runtime()?;
    let (at_small, at_large) = (tempfile::tempdir_in(&bench.directory)?, tempfile::tempdir_in(&bench.directory)?);
    let small = Filled::open(setting, at_small.path())?;
    small.fill(&runtime, setting, SMALL, Duration::MAX)?;
    let large = Filled::open(setting, at_large.path())?;
    println!("\nscale: {SMALL} cases against {}; filling the large store …", bench.cases());
    let begun = meter::now();
    let step = (bench.cases() / 10).max(1);
    for until in (1..=10).map(|part| part * step) {
        let each = large.fill(&runtime, setting, until.min(bench.cases()), Duration::MAX)?;
        eprintln!("  {until} cases after {:.0} s, {:.0} cases/s lately", begun.elapsed().as_secs_f64(), 1e6 / each);
    }
    let rss = meter::resident_mib();
    drop(large);
    let begun = meter::now();
    let large = Filled::open(setting, at_large.path())?;
    let start = begun.elapsed().as_secs_f64();
    large.next.store(bench.cases(), Ordering::Relaxed);

    let (mut of_small, mut of_large) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        of_small.push(small.measure(bench, &runtime, setting)?);
        of_large.push(large.measure(bench, &runtime, setting)?);
    }
    let (of_small, of_large) = (median(&of_small), median(&of_large));
    println!("  microseconds             small      large   times");
    let mut met = start <= START_SECONDS;
    for (name, small, large) in [
        ("opening, 64 at once", of_small.opening, of_large.opening),
        ("listing 50, mean", of_small.listing, of_large.listing),
        ("deciding, p50", of_small.deciding, of_large.deciding),
    ] {
        met &= large <= small * SLOWER;
        println!("  {name:<20} {small:>9.1}  {large:>9.1}   {:>5.2}", large / small);
    }
    let bytes = std::fs::metadata(at_large.path().join(remit_store::sqlite::DATABASE))?.len();
    println!("  start-up over the large store: {start:.2} s");
    println!(
        "  database: {:.1} GiB, {} bytes a case",
        bytes as f64 / (1u64 << 30) as f64,
        bytes / bench.cases().max(1)
    );
    println!(
        "  memory of this process with both servers in it: {rss} MiB once filled, {} MiB at most",
        meter::peak_mib()
    );
    println!("  goal: at most {SLOWER} times, start-up at most {START_SECONDS} s");
    let open = block_on(small.app.journal.store().cases(&CaseFilter::default(), None, 1))?;
    anyhow::ensure!(!open.is_empty(), "the small store lost its cases");
    Ok(met)
}
