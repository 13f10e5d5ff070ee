//! `POST /v1/cases` of whole programs, each a process of its own, in turns: Remit where the encoder is asked never,
//! when unsure and always, another build of Remit, and a service of FastAPI, sentence-transformers, scikit-learn and
//! SQLite.

use crate::{
    bundle_copy, http,
    load::{self, Requests, drive},
    meter::{Measured, Sample},
    options::{Bench, TURNS, WARM},
    program::{Build, Serving, asked},
    python::{Ended, PROGRAMS, Python},
    setting::Setting,
};
use anyhow::{Context as _, ensure};
use rustix::process::{Pid, Signal, kill_process};
use std::{
    collections::BTreeSet,
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    sync::{Arc, atomic::AtomicU64},
    time::Duration,
};
use tokio::runtime::Runtime;

/// By how much Remit may be slower than before where the encoder is never asked.
const SLOWER: f64 = 0.05;
/// How many times the rate of the other service it must reach where the encoder is asked when unsure.
const TIMES: f64 = 5.0;
/// Connections at which the goals hold.
const AT: usize = 64;
/// Processes of the other service.
const WORKERS: usize = 2;
/// How long a service may take to start, which loads a model.
const START: Duration = Duration::from_secs(180);

/// A program that serves.
struct Served {
    name: String,
    address: SocketAddr,
    requests: Requests,
    next: Arc<AtomicU64>,
    program: Ended,
    /// Whether it works on when nobody asks it, as Remit does on answers of AIs.
    works_on: bool,
}

impl Served {
    /// A turn, outside of which what it works on takes nothing from the others.
    fn turn(&self, runtime: &Runtime, connections: usize, length: Duration) -> anyhow::Result<Sample> {
        let run = |length| runtime.block_on(drive(self.address, connections, length, &self.next, &self.requests));
        self.signal(Signal::CONT)?;
        let sample = run(length / WARM).and_then(|_| run(length)).with_context(|| self.name.clone())?;
        self.signal(Signal::STOP)?;
        Ok(sample.0)
    }

    fn signal(&self, signal: Signal) -> anyhow::Result<()> {
        if self.works_on {
            kill_process(Pid::from_child(&self.program.0), signal)?;
        }
        Ok(())
    }

    /// `remit serve` over a new data directory in `place`.
    fn remit(
        name: &str,
        program: &Path,
        bundle: &Path,
        place: &Path,
        setting: &Arc<Setting>,
        runtime: &Runtime,
    ) -> anyhow::Result<Self> {
        eprintln!("starting {name}");
        let serving = Serving::start(program, bundle, &place.join(name.replace(' ', "-")));
        let serving = serving.with_context(|| name.to_owned())?;
        let requests = http::requests(&setting.messages, &serving.token(runtime, &["integration"])?);
        let Serving { address, program, .. } = serving;
        let served = Self { name: name.to_owned(), address, requests, next: Arc::default(), program, works_on: true };
        served.signal(Signal::STOP)?;
        Ok(served)
    }

    /// The service of other people's parts, with as many workers as there are processors here.
    fn other(bench: &Bench, place: &Path, setting: &Arc<Setting>, runtime: &Runtime) -> anyhow::Result<Self> {
        let python = Python::installed()?;
        let examples = bench.bundle.join("intents.csv");
        let model = python.place().join(format!("service-{}.joblib", setting.bundle.intents_digest()));
        if !model.exists() {
            eprintln!("training the other service on {}, once: minutes …", examples.display());
            let mut train = python.command("python");
            train.arg(format!("{PROGRAMS}/service.py")).arg(&examples).arg(&model);
            ensure!(train.status()?.success(), "the other service could not be trained");
        }
        let address = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?;
        let mut serve = python.command("uvicorn");
        serve.args(["service:app", "--log-level", "warning", "--no-access-log", "--workers", &WORKERS.to_string()]);
        serve.args(["--port", &address.port().to_string()]);
        serve.env("MODEL", &model).env("DATABASE", place.join("cases.sqlite"));
        eprintln!("starting FastAPI");
        let program = Ended(serve.spawn()?);
        runtime.block_on(async {
            let started = async {
                let mut ready = BTreeSet::new();
                while ready.len() < WORKERS {
                    match asked(address, |out| load::get(out, "/ready", "")).await {
                        Ok(answer) => drop(ready.insert(answer.to_string())),
                        Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
                    }
                }
            };
            tokio::time::timeout(START, started).await
        })?;
        let requests = http::requests(&setting.messages, "none");
        let name = "FastAPI".to_owned();
        Ok(Self { name, address, requests, next: Arc::default(), program, works_on: false })
    }
}

/// The bundle in a directory of its own, where the encoder is asked as `when` says.
fn bundle(bench: &Bench, place: &Path, when: &str) -> anyhow::Result<PathBuf> {
    let to = place.join(format!("bundle-{}", when.replace(' ', "-")));
    bundle_copy::copied(&bench.bundle, &to, |manifest| bundle_copy::asking(manifest, when))?;
    Ok(to)
}

pub(crate) fn run(bench: &Bench, setting: &Arc<Setting>) -> anyhow::Result<bool> {
    let place = tempfile::tempdir_in(&bench.directory)?;
    let runtime = remit_server::serve::runtime()?;
    let other_build = bench.against.as_deref().map(|path| Build::other(bench, path)).transpose()?;
    let remit = Build::present(bench)?.program;
    let start = |name: &str, program: &Path, bundle: &Path| {
        Served::remit(name, program, bundle, place.path(), setting, &runtime)
    };
    let mut all = Vec::new();
    for when in ["never", "when unsure", "always"] {
        all.push(start(when, &remit, &bundle(bench, place.path(), when)?)?);
    }
    if let Some(other) = &other_build {
        all.push(start("before", &other.program, &other.bundle)?);
    }
    all.push(Served::other(bench, place.path(), setting, &runtime)?);
    println!("\nPOST /v1/cases of whole programs, each a process, in turns; FastAPI with {WORKERS} workers");
    println!("  connections   program           cases /s    p50 ms    p99 ms   of never   times FastAPI's");
    let mut met = true;
    for &connections in &bench.connections {
        let mut samples = vec![Sample::default(); all.len()];
        for _ in 0..TURNS {
            for (served, sample) in all.iter().zip(&mut samples) {
                sample.add(served.turn(&runtime, connections, bench.length() / TURNS)?);
            }
        }
        let sums: Vec<(&str, Measured)> =
            all.iter().zip(samples).map(|(served, sample)| (served.name.as_str(), sample.sum())).collect();
        let rate = |name: &str| sums.iter().find(|(other, _)| *other == name).map_or(f64::NAN, |(_, sum)| sum.rate);
        let (never, other) = (rate("never"), rate("FastAPI"));
        for (name, Measured { rate, p50_ms, p99_ms, .. }) in &sums {
            println!(
                "  {connections:>11}   {name:<14} {rate:>11.0} {p50_ms:>9.2} {p99_ms:>9.2}   {:>8.3}   {:>15.2}",
                rate / never,
                rate / other
            );
        }
        if connections == AT {
            met = rate("when unsure") >= TIMES * other;
            met &= other_build.is_none() || never >= rate("before") * (1.0 - SLOWER);
        }
    }
    println!(
        "  goals at {AT}: never at least {:.0} % of before{}, when unsure at least {TIMES} times FastAPI",
        (1.0 - SLOWER) * 100.0,
        if other_build.is_some() { "" } else { " (not measured without --against)" }
    );
    Ok(met)
}
