//! `remit demo`: a sample bank with real traffic.

use super::{replay, serve};
use crate::{
    client::Client,
    traffic::{self, Tally},
};
use clap::Args;
use std::{collections::BTreeMap, path::PathBuf, sync::Arc, time::Duration};

/// Run a sample bank, play real customers' messages at it, and show what is decided.
#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// The data directory; made if it is not there.
    #[arg(long, default_value = "remit-data/demo")]
    data: PathBuf,
    /// The bundle that governs.
    #[arg(long, default_value = "bundles/bank")]
    bundle: PathBuf,
    /// The messages to play.
    #[arg(long, default_value = "bundles/bank-traffic/messages.csv")]
    traffic: PathBuf,
    /// Go on serving afterwards, until interrupted.
    #[arg(long)]
    keep: bool,
}

impl Demo {
    pub(crate) fn run(&self, json: bool) -> anyhow::Result<bool> {
        let messages = traffic::read(&self.traffic)?;
        let app = serve::open(&self.data, &self.bundle)?;
        let (name, policies, responders) =
            (app.bundle().name().to_owned(), app.bundle().policies(), app.bundle().candidates().len());
        let ai: Vec<String> = app
            .bundle()
            .candidates()
            .iter()
            .filter(|spec| spec.queue.is_none())
            .map(|spec| spec.responder.to_string())
            .collect();
        let token = super::token::fresh(&app, "demo")?;
        let runtime = tokio::runtime::Runtime::new()?;
        let running = runtime.block_on(remit_server::serve::start(Arc::new(app), ([127, 0, 0, 1], 0).into()))?;
        let url = format!("http://{}", running.address);
        if !json {
            println!("{name}: {responders} responders under {policies} policies, served at {url}");
            println!("playing {} messages that the classifier has not seen …", messages.len());
        }
        let bar = replay::bar(messages.len());
        let kept = |tally: &Tally| -> usize { ai.iter().filter_map(|name| tally.to.get(name)).sum() };
        let mut tally = traffic::play(&Client::new(&url, &token), &messages, 16, &|_, tally| {
            bar.set_position((tally.cases + tally.refused) as u64);
            let exceptions = tally.to.get("exception").copied().unwrap_or(0);
            bar.set_message(format!("kept by AI {}, exceptions {exceptions}", kept(tally)));
        });
        bar.finish_and_clear();
        if json {
            let to: &BTreeMap<String, usize> = &tally.to;
            println!(
                "{}",
                serde_json::json!({ "cases": tally.cases, "refused": tally.refused, "to": to, "case": tally.last_case, "decision": tally.last_decision })
            );
        } else {
            replay::summary(&mut tally);
            let share = 100.0 * kept(&tally) as f64 / tally.cases.max(1) as f64;
            println!("kept by AI: {share:.1} %; exceptions: {}", tally.to.get("exception").copied().unwrap_or(0));
        }
        if self.keep {
            if !json {
                println!(
                    "\nstill serving at {url}; try:\n  export REMIT_URL={url} REMIT_TOKEN={token}\n  remit explain {}",
                    tally.last_decision.as_deref().unwrap_or("ID")
                );
            }
            runtime.block_on(async { tokio::signal::ctrl_c().await })?;
        } else if !json {
            let (case, decision) =
                (tally.last_case.as_deref().unwrap_or("ID"), tally.last_decision.as_deref().unwrap_or("ID"));
            let data = self.data.display();
            println!(
                "\nnext:\n  remit explain {decision} --data {data}\n  remit case show {case} --data {data}\n  remit ledger verify {data}\n  remit demo --keep"
            );
        }
        // Lets the last checkpoint be signed.
        runtime.block_on(running.stop())?;
        runtime.shutdown_timeout(Duration::from_secs(1));
        Ok(tally.refused == 0 && tally.cases > 0)
    }
}
