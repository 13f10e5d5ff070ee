//! `remit replay`: a file of messages, played at a fresh server.

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use remit_command::{
    client::Client,
    shown::{self, say},
    traffic::{self, Message, Tally},
};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

/// Play a file of messages at a fresh server over HTTP, and count what became of them.
#[derive(Debug, Args)]
pub(crate) struct Replay {
    /// CSV with a column `text`, or JSON lines with a member `text`; `intent`, `customer` and `channel` are used where
    /// they are there, and readings, fields and facts: columns such as `signal.tier`, `field.order` and `fact.name`, or
    /// members `signals`, `fields` and `facts` with them by name.
    file: PathBuf,
    /// The bundle that governs; unless told, the one in force in the directory, and the sample bank in a new one.
    #[arg(long)]
    bundle: Option<PathBuf>,
    /// The data directory; made if it is not there.
    #[arg(long, default_value = "remit-data/replay")]
    data: PathBuf,
    /// Requests under way at once.
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=256))]
    connections: u16,
}

impl Replay {
    pub(crate) fn run(&self, json: bool) -> anyhow::Result<bool> {
        let messages = traffic::read(&self.file)?;
        let bar = bar(messages.len());
        let mut tally =
            against(&self.data, self.bundle.as_deref(), &messages, usize::from(self.connections), &|_, tally| {
                bar.set_position((tally.cases + tally.refused) as u64);
            })?;
        bar.finish_and_clear();
        if json {
            shown::json(&as_json(&mut tally));
        } else {
            print(&mut tally);
        }
        Ok(tally.refused == 0)
    }
}

/// A progress bar over this many messages.
fn bar(messages: usize) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} cases  {per_sec}  {msg}");
    ProgressBar::new(messages as u64).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

/// Plays the messages at a server of their own, which stops afterwards.
fn against(
    data: &Path,
    bundle: Option<&Path>,
    messages: &[Message],
    connections: usize,
    progress: &(dyn Fn(usize, &Tally) + Sync),
) -> anyhow::Result<Tally> {
    let app = remit_command::open::open(data, bundle)?;
    let token = crate::commands::token::fresh(&app, "replay")?;
    let runtime = remit_server::serve::runtime()?;
    let running = runtime.block_on(remit_server::serve::start(Arc::new(app), ([127, 0, 0, 1], 0).into()))?;
    let client = Client::new(&format!("http://{}", running.address), &token);
    let tally = traffic::play(&client, messages, connections, progress);
    runtime.block_on(running.stop())?;
    Ok(tally)
}

fn as_json(tally: &mut Tally) -> serde_json::Value {
    let (p50, p99) = (tally.quantile(0.5), tally.quantile(0.99));
    let rows: Vec<_> = tally
        .outcomes
        .iter()
        .map(|((intent, to), (count, policies))| {
            serde_json::json!({ "intent": intent, "to": to, "cases": count, "policies": policies })
        })
        .collect();
    serde_json::json!({
        "cases": tally.cases, "refused": tally.refused, "first_refusal": tally.first_refusal,
        "seconds": tally.elapsed.as_secs_f64(), "p50_ms": p50.as_secs_f64() * 1e3, "p99_ms": p99.as_secs_f64() * 1e3,
        "outcomes": rows,
    })
}

/// The table for people: for each intent and outcome how many, with the deciding policies.
fn print(tally: &mut Tally) {
    say!("{:<40} {:<16} {:>6}  decided by", "intent", "to", "cases");
    for ((intent, to), (count, policies)) in &tally.outcomes {
        let mut by: Vec<_> = policies.iter().collect();
        by.sort_by(|a, b| b.1.cmp(a.1).then(a.0.cmp(b.0)));
        let by: Vec<&str> = by.into_iter().take(3).map(|(id, _)| id.as_str()).collect();
        say!("{intent:<40} {to:<16} {count:>6}  {}", by.join(", "));
    }
    summary(tally);
}

/// The closing lines.
fn summary(tally: &mut Tally) {
    let (p50, p99) = (tally.quantile(0.5), tally.quantile(0.99));
    let rate = tally.per_second();
    say!();
    for (to, count) in &tally.to {
        say!("{to:<16} {count:>6}  {:>5.1} %", 100.0 * *count as f64 / tally.cases.max(1) as f64);
    }
    say!();
    say!(
        "{} cases in {:.1} s: {rate:.0} a second, half within {:.1} ms, 99 % within {:.1} ms",
        tally.cases,
        tally.elapsed.as_secs_f64(),
        p50.as_secs_f64() * 1e3,
        p99.as_secs_f64() * 1e3
    );
    if let Some(refusal) = &tally.first_refusal {
        say!("{} refused, the first: {refusal}", tally.refused);
    }
}
