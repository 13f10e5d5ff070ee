//! `POST /v1/cases` whole, against the sum of its parts measured alone in the same run.

use crate::{
    Bench, decision,
    load::{self, Requests, drive},
    meter::{self, Measured},
    setting::{self, Setting},
    store::{self, Shape},
};
use axum::{Json, Router, http::StatusCode, routing::post};
use remit_policy::engine::Engine;
use remit_server::serve;
use remit_signals::lexical::TextReader;
use serde::{Deserialize, Serialize};
use std::{
    hint::black_box,
    sync::{Arc, atomic::AtomicU64},
    time::Duration,
};

/// The share of what the parts add up to that the whole must reach at 64 connections.
const SHARE: f64 = 0.75;
/// What the 99th percentile may be at 64 connections, in milliseconds.
const P99_MS: f64 = 25.0;

/// The same body that the real route takes.
#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "what the bare handler parses and does nothing with")]
struct Asked {
    customer: String,
    text: String,
    channel: String,
}

#[derive(Debug, Clone, Serialize)]
struct Answered {
    text: Arc<str>,
}

fn requests(setting: &Arc<Setting>, token: &str) -> Requests {
    let (setting, token) = (Arc::clone(setting), token.to_owned());
    Arc::new(move |n, out| {
        let body = serde_json::json!({
            "customer": format!("customer-{n}"), "text": setting.text(n), "channel": "chat"
        });
        let key = setting::scattered(n);
        let headers = format!("authorization: Bearer {token}\r\nidempotency-key: {key:032x}\r\n");
        load::post(out, "/v1/cases", &headers, body.to_string().as_bytes());
    })
}

/// The whole at every number of connections.
fn whole(bench: &Bench, setting: &Arc<Setting>) -> anyhow::Result<(Vec<Measured>, Shape)> {
    let directory = tempfile::tempdir_in(&bench.directory)?;
    let app = Arc::new(setting.open(directory.path())?);
    let (token, _) = setting::token(&app)?;
    let runtime = serve::runtime()?;
    let running = runtime.block_on(serve::start(Arc::clone(&app), ([127, 0, 0, 1], 0).into()))?;
    let (next, requests) = (Arc::new(AtomicU64::new(0)), requests(setting, &token));
    let mut measured = Vec::new();
    for &connections in &bench.connections {
        let run = |length: Duration| runtime.block_on(drive(running.address, connections, length, &next, &requests));
        run(bench.length() / 4)?;
        measured.push(run(bench.length())?);
    }
    let answer = measured.last().map_or(0, |measured| measured.answer_bytes);
    let shape = Shape::of_opening(app.store(), answer)?;
    runtime.block_on(running.stop())?;
    Ok((measured, shape))
}

/// A handler that parses the same body and answers with JSON of the same size, and does nothing else.
fn bare(bench: &Bench, setting: &Arc<Setting>, bytes: usize) -> anyhow::Result<Vec<Measured>> {
    let answer = Answered { text: "x".repeat(bytes.saturating_sub(11)).into() };
    let handler = move |Json(asked): Json<Asked>| async move {
        black_box(&asked);
        (StatusCode::CREATED, Json(answer))
    };
    let runtime = serve::runtime()?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let router = Router::new().route("/v1/cases", post(handler));
        let serving = tokio::spawn(async move { axum::serve(listener, router).await });
        let (next, requests) = (Arc::new(AtomicU64::new(0)), requests(setting, &"x".repeat(49)));
        let mut measured = Vec::new();
        for &connections in &bench.connections {
            drive(address, connections, bench.length() / 4, &next, &requests).await?;
            measured.push(drive(address, connections, bench.length(), &next, &requests).await?);
        }
        serving.abort();
        anyhow::Ok(measured)
    })
}

/// Microseconds of CPU that reading a message and the policy question take, on average.
fn thinking(setting: &Setting) -> anyhow::Result<(f64, f64, f64)> {
    let directory = tempfile::tempdir()?;
    let app = setting.open(directory.path())?;
    let decisions = decision::asked(setting, &app)?;
    let model = remit_server::boot::classifier(directory.path(), &setting.bundle, &mut |_| {})?;
    let (reader, engine) = (TextReader::new(), Engine::new(&setting.bundle));
    let mean = |times: u64, act: &mut dyn FnMut(u64)| {
        (0..times / 10).for_each(&mut *act);
        let cpu = meter::cpu();
        (0..times).for_each(act);
        (meter::cpu() - cpu).as_secs_f64() * 1e6 / times as f64
    };
    let classifier = mean(20_000, &mut |n| {
        black_box(model.estimate(setting.text(n)));
    });
    let words = mean(20_000, &mut |n| {
        black_box(reader.read(setting.text(n)));
    });
    let facts: Vec<Vec<_>> =
        decisions.iter().map(|d| d.candidates.iter().map(|candidate| candidate.facts.clone()).collect()).collect();
    let policy = mean(20_000, &mut |n| {
        let at = usize::try_from(n).unwrap_or(0) % decisions.len().max(1);
        if let (Some(decision), Some(facts)) = (decisions.get(at), facts.get(at)) {
            black_box(engine.handle(&decision.signals, facts));
        }
    });
    Ok((classifier, words, policy))
}

pub(crate) fn run(bench: &Bench, setting: &Arc<Setting>) -> anyhow::Result<bool> {
    let (whole, shape) = whole(bench, setting)?;
    let bytes = whole.last().map_or(0, |measured| measured.answer_bytes);
    let bare = bare(bench, setting, bytes)?;
    let (classifier, words, policy) = thinking(setting)?;
    println!(
        "\nPOST /v1/cases: {} policies, {} candidates, {} bytes written and {bytes} answered, client included",
        setting.bundle.policies(),
        setting.bundle.candidates().len(),
        shape.bytes()
    );
    println!(
        "  CPU of each part alone, microseconds: classifier {classifier:.1}, words {words:.1}, policy {policy:.1}"
    );
    println!(
        "  connections   bare handler /s (CPU us)   group commit /s (CPU us)   parts add up to /s   whole /s (CPU us)   p50 ms   p99 ms   of the parts   of the bare"
    );
    let mut met = true;
    for ((connections, whole), bare) in bench.connections.iter().copied().zip(&whole).zip(&bare) {
        let commit = store::measure(bench, &shape, connections, remit_store::sqlite::Options::default().batch_max)?;
        let parts_us = bare.cpu_us + classifier + words + policy + commit.cpu_us;
        // No faster than all processors busy with the parts, nor than the slowest part alone.
        let sum = (meter::processors() as f64 * 1e6 / parts_us).min(commit.rate).min(bare.rate);
        let share = whole.rate / sum;
        if connections == 64 {
            met = share >= SHARE && whole.p99_ms <= P99_MS;
        }
        println!(
            "  {connections:>11}   {:>12.0} ({:>7.1})   {:>14.0} ({:>7.1})   {sum:>18.0}   {:>8.0} ({:>6.1})   {:>6.2}   {:>6.2}   {:>10.0} %   {:>9.0} %",
            bare.rate,
            bare.cpu_us,
            commit.rate,
            commit.cpu_us,
            whole.rate,
            whole.cpu_us,
            whole.p50_ms,
            whole.p99_ms,
            share * 100.0,
            whole.rate / bare.rate * 100.0
        );
    }
    println!("  goal at 64: at least {:.0} % of the parts, p99 at most {P99_MS} ms", SHARE * 100.0);
    println!("  memory of this process at most so far: {} MiB", meter::peak_mib());
    Ok(met)
}
