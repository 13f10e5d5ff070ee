//! A bundle put in force over many open cases while others are opened, side by side with no change of bundle.

use crate::{
    http::requests,
    load::{drive, drive_until},
    meter::{self, percentile},
    options::Bench,
    scale::Filled,
    setting::{self, Setting},
};
use anyhow::Context as _;
use remit_app::{
    Succession,
    bundle::activate::{self, ActivateBundle, Activation},
    succession::Making,
};
use remit_policy::files::Files;
use remit_server::serve;
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

/// Open cases, unless told.
const CASES: u64 = 100_000;
/// Connections over which cases are opened meanwhile.
const CONNECTIONS: usize = 16;
/// How long a preview may take, in seconds.
const PREVIEW_SECONDS: f64 = 5.0;
/// For how long nothing may be written while it switches, in milliseconds.
const SWITCH_MS: f64 = 100.0;

pub(crate) fn run(bench: &Bench, setting: &Arc<Setting>) -> anyhow::Result<bool> {
    let cases = bench.cases_or(CASES);
    let runtime = serve::runtime()?;
    let data = tempfile::tempdir_in(&bench.directory)?;
    println!("\nactivate: a bundle over {cases} open cases; filling the store …");
    let filled = Filled::open(setting, data.path())?;
    filled.fill(&runtime, setting, cases, Duration::MAX)?;
    let app = filled.into_app();
    let (token, _) = setting::token(&app)?;
    let making = Making { data: Some(data.path().to_owned()), ..Making::without_services() };
    let succession = Arc::new(Succession::new(app, making));
    let running = runtime.block_on(serve::start_with(Arc::clone(&succession), ([127, 0, 0, 1], 0).into()))?;
    let (requests, next) = (requests(&setting.messages, &token), Arc::new(AtomicU64::new(1 << 40)));
    let other = renamed(&setting.files)?;
    let put = |files: &Files, preview: bool| -> anyhow::Result<(Activation, f64)> {
        let asked = ActivateBundle {
            reason: Some("to measure it".to_owned()),
            preview: Some(preview),
            ..ActivateBundle::default()
        };
        let begun = meter::now();
        let done = activate::activate_for_operator(&succession, "bench", &asked, files.clone());
        let done = runtime.block_on(done).map_err(|refused| anyhow::anyhow!("{refused}"))?;
        Ok((done, begun.elapsed().as_secs_f64()))
    };
    let length = bench.length();
    let open = |length| drive(running.address, CONNECTIONS, length, &next, &requests);
    runtime.block_on(open(length / 4))?;
    let (mut still, _) = runtime.block_on(open(length))?;
    let (_, preview) = put(&other, true)?;
    let mut switched = Vec::new();
    // An answer that is no success ends the load with an error: no request is refused. It goes on for as long as both
    // switches take, and for as long again as was measured without one.
    let (over, mut held_up) = (Arc::new(AtomicBool::new(false)), Vec::new());
    let driving = runtime.spawn(open_until(&running, &over, &next, &requests));
    for files in [&other, &setting.files] {
        let (done, took) = put(files, false)?;
        held_up.push(done.held_up_ms.context("the bundle did not come into force")?);
        switched.push(took);
        runtime.block_on(async { tokio::time::sleep(length / 2).await });
    }
    over.store(true, Ordering::Relaxed);
    let (mut switching, _) = runtime.block_on(driving)?.context("a request was refused while the bundle changed")?;
    let switch = held_up.iter().copied().fold(0.0, f64::max);
    let whole = switched.iter().copied().fold(0.0, f64::max);
    println!(
        "  preview {preview:.2} s, of {PREVIEW_SECONDS} s; a switch {whole:.2} s, in which nothing was written for \
         {switch:.1} ms, of {SWITCH_MS} ms"
    );
    for (what, sample) in [("no switch", &mut still), ("two switches", &mut switching)] {
        let (p50, p99) = (percentile(&mut sample.took_ms, 0.5), percentile(&mut sample.took_ms, 0.99));
        let most = sample.took_ms.iter().copied().fold(0.0, f64::max);
        println!(
            "  {what:<14} {:>7.0} cases/s, p50 {p50:.2} ms, p99 {p99:.2} ms, longest {most:.1} ms, refused 0",
            sample.took_ms.len() as f64 / sample.elapsed.as_secs_f64()
        );
    }
    runtime.block_on(running.stop())?;
    Ok(preview <= PREVIEW_SECONDS && switch <= SWITCH_MS)
}

/// Opens cases beside what else is done, until that is over.
fn open_until(
    running: &serve::Running,
    over: &Arc<AtomicBool>,
    next: &Arc<AtomicU64>,
    requests: &crate::load::Requests,
) -> impl Future<Output = anyhow::Result<(meter::Sample, usize)>> + use<> {
    let (address, over, next, requests) = (running.address, Arc::clone(over), Arc::clone(next), Arc::clone(requests));
    async move { drive_until(address, CONNECTIONS, Duration::MAX, &next, &requests, over).await }
}

/// The bundle under another name, which is another bundle with the same rules.
fn renamed(files: &Files) -> anyhow::Result<Files> {
    let manifest = String::from_utf8(files.get("bundle.toml").unwrap_or_default().to_vec())?;
    let renamed = manifest.replacen("name = \"", "name = \"Another ", 1);
    anyhow::ensure!(renamed != manifest, "the manifest names nothing");
    Ok(files.clone().with("bundle.toml", renamed.into_bytes()))
}
