//! `POST /v1/cases` whole, and what its parts take alone in the same run.

use crate::{
    decision,
    load::{self, Requests, drive},
    meter::{self, Sample},
    options::{Bench, TURNS, WARM},
    setting::{self, Messages, Setting},
    store::{Committing, Shape},
};
use axum::{Json, Router, http::StatusCode, routing::post};
use remit_app::Parts;
use remit_domain::{decision::CandidateFacts, signal::Signals};
use remit_policy::engine::Engine;
use remit_server::serve::{self, Running};
use remit_signals::message_reader::MessageReader;
use serde::{Deserialize, Serialize};
use std::{
    hint::black_box,
    net::SocketAddr,
    path::Path,
    sync::{Arc, atomic::AtomicU64},
    time::Duration,
};
use tokio::runtime::Runtime;

/// What the 99th percentile may be at 64 connections, in milliseconds.
const P99_MS: f64 = 25.0;

/// The same body that the real route takes.
#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "what the bare handler parses and does nothing with")]
struct OpeningBody {
    customer: String,
    text: String,
    channel: String,
}

#[derive(Debug, Clone, Serialize)]
struct Answered {
    text: Arc<str>,
}

pub(crate) fn requests(messages: &Arc<Messages>, token: &str) -> Requests {
    let (messages, token) = (Arc::clone(messages), token.to_owned());
    Arc::new(move |n, out| {
        let body = serde_json::json!({
            "customer": format!("customer-{n}"), "text": messages.text(n), "channel": "chat"
        });
        let key = setting::scattered(n);
        let headers = format!("authorization: Bearer {token}\r\nidempotency-key: {key:032x}\r\n");
        load::post(out, "/v1/cases", &headers, body.to_string().as_bytes());
    })
}

/// A server, and a client that sends it requests.
struct Served {
    address: SocketAddr,
    requests: Requests,
    next: Arc<AtomicU64>,
    runtime: Runtime,
}

impl Served {
    /// A turn over so many connections, and how many bytes an answer had.
    fn turn(&self, connections: usize, length: Duration) -> anyhow::Result<(Sample, usize)> {
        let run = |length| self.runtime.block_on(drive(self.address, connections, length, &self.next, &self.requests));
        run(length / WARM)?;
        run(length)
    }
}

/// The whole, over the data directory `data`.
fn whole(setting: &Arc<Setting>, data: &Path) -> anyhow::Result<(Served, Running, Arc<Parts>)> {
    let app = Arc::new(setting.open(data)?);
    let (token, _) = setting::token(&app)?;
    let runtime = serve::runtime()?;
    let running = runtime.block_on(serve::start(Arc::clone(&app), ([127, 0, 0, 1], 0).into()))?;
    let requests = requests(&setting.messages, &token);
    Ok((Served { address: running.address, requests, next: Arc::default(), runtime }, running, app))
}

/// A handler that parses the same body and answers with JSON of the same size, and does nothing else.
fn bare(setting: &Arc<Setting>, bytes: usize) -> anyhow::Result<Served> {
    let answer = Answered { text: "x".repeat(bytes.saturating_sub(11)).into() };
    let handler = move |Json(asked): Json<OpeningBody>| async move {
        black_box(&asked);
        (StatusCode::CREATED, Json(answer))
    };
    let runtime = serve::runtime()?;
    let listener = runtime.block_on(tokio::net::TcpListener::bind(("127.0.0.1", 0)))?;
    let address = listener.local_addr()?;
    let router = Router::new().route("/v1/cases", post(handler));
    runtime.spawn(async move { axum::serve(listener, router).await });
    Ok(Served { address, requests: requests(&setting.messages, &"x".repeat(49)), next: Arc::default(), runtime })
}

/// What reading a message and the policy question take.
struct Thinking {
    reader: MessageReader,
    engine: Engine,
    questions: Vec<(Signals, Vec<CandidateFacts>)>,
}

/// Microseconds of CPU, summed over turns.
#[derive(Debug, Clone, Copy, Default)]
struct Thought {
    classifier: f64,
    words: f64,
    policy: f64,
}

impl Thought {
    fn add(&mut self, turn: Self) {
        self.classifier += turn.classifier;
        self.words += turn.words;
        self.policy += turn.policy;
    }

    /// The mean of a turn.
    fn each(self) -> Self {
        let turns = f64::from(TURNS);
        Self { classifier: self.classifier / turns, words: self.words / turns, policy: self.policy / turns }
    }
}

impl Thinking {
    fn new(setting: &Setting) -> anyhow::Result<Self> {
        let directory = tempfile::tempdir()?;
        let app = setting.open(directory.path())?;
        let questions = decision::asked(setting, &app)?.into_iter().map(|decision| {
            let facts = decision.candidates.iter().map(|candidate| candidate.facts.clone()).collect();
            (decision.signals, facts)
        });
        Ok(Self {
            reader: setting.reader(&setting.bundle)?,
            engine: Engine::new(&setting.bundle),
            questions: questions.collect(),
        })
    }

    fn turn(&self, setting: &Setting) -> Thought {
        let mean = |act: &mut dyn FnMut(u64)| {
            let times = 5_000;
            (0..times / u64::from(WARM)).for_each(&mut *act);
            let cpu = meter::cpu_of_thread();
            (0..times).for_each(act);
            (meter::cpu_of_thread() - cpu).as_secs_f64() * 1e6 / times as f64
        };
        Thought {
            classifier: mean(&mut |n| {
                black_box(self.reader.intent(setting.text(n)));
            }),
            words: mean(&mut |n| {
                black_box(self.reader.words(setting.text(n)));
            }),
            policy: mean(&mut |n| {
                let at = usize::try_from(n).unwrap_or(0) % self.questions.len().max(1);
                if let Some((signals, facts)) = self.questions.get(at) {
                    black_box(self.engine.handle(signals, facts));
                }
            }),
        }
    }
}

pub(crate) fn run(bench: &Bench, setting: &Arc<Setting>) -> anyhow::Result<bool> {
    let directory = tempfile::tempdir_in(&bench.directory)?;
    let (whole, running, app) = whole(setting, directory.path())?;
    let (_, bytes) = whole.turn(64, bench.length() / TURNS)?;
    let shape = Shape::of_opening(app.journal.store(), bytes)?;
    let written = shape.bytes();
    let (bare, thinking) = (bare(setting, bytes)?, Thinking::new(setting)?);
    let committing = Committing::new(bench, shape, remit_store::sqlite::Options::default().batch_max)?;
    println!(
        "\nPOST /v1/cases: {} policies, {} candidates, {written} bytes written and {bytes} answered, client included",
        setting.bundle.policies(),
        setting.bundle.candidates().len()
    );
    println!(
        "  connections   whole /s   CPU us   p50 ms   p99 ms   alone, CPU us: bare handler   classifier   words   \
         policy   group commit"
    );
    let mut met = true;
    for &connections in &bench.connections {
        let length = bench.length() / TURNS;
        let (mut of_whole, mut of_bare, mut of_commit) = (Sample::default(), Sample::default(), Sample::default());
        let mut thought = Thought::default();
        for _ in 0..TURNS {
            of_whole.add(whole.turn(connections, length)?.0);
            of_bare.add(bare.turn(connections, length)?.0);
            of_commit.add(committing.turn(connections, length)?);
            thought.add(thinking.turn(setting));
        }
        let (whole, bare, commit) = (of_whole.sum(), of_bare.sum(), of_commit.sum());
        let Thought { classifier, words, policy } = thought.each();
        if connections == 64 {
            met = whole.p99_ms <= P99_MS;
        }
        println!(
            "  {connections:>11}   {:>8.0}   {:>6.1}   {:>6.2}   {:>6.2}   {:>27.1}   {classifier:>10.1}   \
             {words:>5.1}   \
             {policy:>6.1}   {:>12.1}",
            whole.rate, whole.cpu_us, whole.p50_ms, whole.p99_ms, bare.cpu_us, commit.cpu_us
        );
    }
    whole.runtime.block_on(running.stop())?;
    println!("  goal at 64: p99 at most {P99_MS} ms; beside the build before: --against");
    println!("  memory of this process at most so far: {} MiB", meter::peak_mib());
    Ok(met)
}
