//! `POST /v1/cases` of whole programs, each a process of its own, in turns: Remit where the encoder is asked never,
//! when unsure and always, an earlier Remit, and a service of FastAPI, sentence-transformers, scikit-learn and SQLite.

use crate::{
    http,
    load::{self, Requests, drive, exchange},
    meter::{Measured, Sample},
    options::{Bench, TURNS, WARM},
    python::{Ended, PROGRAMS, Python},
    setting::{self, Setting},
};
use anyhow::{Context as _, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use std::{
    collections::BTreeSet,
    ffi::OsString,
    fs,
    io::{BufRead as _, BufReader},
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{Arc, atomic::AtomicU64},
    time::Duration,
};
use tokio::{net::TcpStream, runtime::Runtime};

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
        let data = place.join(name.replace(' ', "-"));
        let mut serve = Command::new(program);
        serve.args(["--json", "serve", "--listen", "127.0.0.1:0", "--requests-per-second", "1000000", "--bundle"]);
        // What it notes of each case would fill the terminal.
        let notes = data.with_extension("log");
        let to = fs::File::create(&notes)?;
        serve.arg(bundle).arg("--data").arg(&data).stdout(Stdio::piped()).stderr(to);
        let mut child = serve.spawn().with_context(|| format!("{} does not start", program.display()))?;
        let said = child.stdout.take().context("it has no pipe")?;
        let program = Ended(child);
        let mut line = String::new();
        BufReader::new(said).read_line(&mut line)?;
        let said: Value = serde_json::from_str(&line).with_context(|| {
            let why = fs::read_to_string(&notes).unwrap_or_default();
            format!("{name} did not start: {line}{why}")
        })?;
        let of = |key: &str| said.get(key).and_then(Value::as_str).with_context(|| format!("no {key} in {said}"));
        let address: SocketAddr = of("address")?.parse()?;
        let first = fs::read_to_string(of("token_file")?)?;
        let headers = format!("authorization: Bearer {}\r\n", first.trim());
        let new = json!({ "name": "bench", "roles": ["integration"], "days": 1 });
        let made = runtime.block_on(asked(address, |out| {
            load::post(out, "/v1/tokens", &headers, new.to_string().as_bytes());
        }))?;
        let token = made.get("token").and_then(Value::as_str).with_context(|| format!("no token in {made}"))?;
        let requests = http::requests(setting, token);
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
        let requests = http::requests(setting, "none");
        let name = "FastAPI".to_owned();
        Ok(Self { name, address, requests, next: Arc::default(), program, works_on: false })
    }
}

/// Asks once, and reads the answer as JSON.
async fn asked(address: SocketAddr, request: impl FnOnce(&mut Vec<u8>)) -> anyhow::Result<Value> {
    let (mut out, mut answer) = (Vec::new(), Vec::new());
    request(&mut out);
    let length = exchange(&mut TcpStream::connect(address).await?, &out, &mut answer).await?;
    let from = answer.len().saturating_sub(length);
    Ok(serde_json::from_slice(answer.get(from..).unwrap_or_default())?)
}

/// The program that is built beside this one.
fn built() -> anyhow::Result<PathBuf> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    let built = Command::new(cargo).args(["build", "--release", "--quiet", "--package", "remit-cli"]).status()?;
    ensure!(built.success(), "`remit` could not be built");
    let own = std::env::current_exe()?;
    let remit = own.with_file_name(format!("remit{}", std::env::consts::EXE_SUFFIX));
    match remit.exists() {
        true => Ok(remit),
        false => bail!("there is no {}; run the bench by `cargo xtask bench`", remit.display()),
    }
}

/// The bundle in a directory of its own, where the encoder is asked as `when` says.
fn bundle(bench: &Bench, setting: &Setting, place: &Path, when: &str) -> anyhow::Result<PathBuf> {
    let to = place.join(format!("bundle-{}", when.replace(' ', "-")));
    copy(&bench.bundle, &to)?;
    let files = setting::asking(setting.files.clone(), when)?;
    fs::write(to.join("bundle.toml"), files.get("bundle.toml").unwrap_or_default())?;
    Ok(to)
}

fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let (from, to) = entry.map(|entry| (entry.path(), to.join(entry.file_name())))?;
        if from.is_dir() {
            copy(&from, &to)?;
        } else {
            fs::copy(from, to)?;
        }
    }
    Ok(())
}

pub(crate) fn run(bench: &Bench, setting: &Arc<Setting>) -> anyhow::Result<bool> {
    let place = tempfile::tempdir_in(&bench.directory)?;
    let runtime = remit_server::serve::runtime()?;
    let remit = built()?;
    let start = |name: &str, program: &Path, bundle: &Path| {
        Served::remit(name, program, bundle, place.path(), setting, &runtime)
    };
    let mut all = Vec::new();
    for when in ["never", "when unsure", "always"] {
        all.push(start(when, &remit, &bundle(bench, setting, place.path(), when)?)?);
    }
    if let Some(earlier) = &bench.beside {
        all.push(start("before", earlier, bench.beside_bundle.as_ref().unwrap_or(&bench.bundle))?);
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
            met &= bench.beside.is_none() || never >= rate("before") * (1.0 - SLOWER);
        }
    }
    println!(
        "  goals at {AT}: never at least {:.0} % of before{}, when unsure at least {TIMES} times FastAPI",
        (1.0 - SLOWER) * 100.0,
        if bench.beside.is_some() { "" } else { " (not measured without --beside)" }
    );
    Ok(met)
}
