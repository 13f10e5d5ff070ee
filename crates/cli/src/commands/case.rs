//! `remit case` and `remit explain`: through a running server, or straight from a data directory.

use super::{serve, token};
use crate::client::{Client, Server};
use clap::{Args, Subcommand};
use serde_json::Value;
use std::{path::PathBuf, sync::Arc};

/// Look at cases.
#[derive(Debug, Subcommand)]
pub(crate) enum Case {
    /// Show a case with everything that happened to it.
    Show(Show),
}

/// Where to look.
#[derive(Debug, Args)]
pub(crate) struct Place {
    /// A data directory that no server has open.
    #[arg(long)]
    data: Option<PathBuf>,
    /// The bundle that governs there.
    #[arg(long, default_value = "bundles/bank")]
    bundle: PathBuf,
    #[command(flatten)]
    server: Server,
}

/// Show a case with everything that happened to it.
#[derive(Debug, Args)]
pub(crate) struct Show {
    /// The case.
    id: String,
    #[command(flatten)]
    place: Place,
}

/// Say in plain words why a decision was taken.
#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// The decision, or a case, whose newest decision is taken.
    id: String,
    #[command(flatten)]
    place: Place,
}

impl Place {
    fn with<T>(&self, ask: impl FnOnce(&Client) -> anyhow::Result<T>) -> anyhow::Result<T> {
        let Some(data) = &self.data else { return ask(&self.server.client()?) };
        anyhow::ensure!(data.is_dir(), "{} is no data directory", data.display());
        let app = serve::open(data, &self.bundle)?;
        let token = token::fresh(&app, "command line")?;
        let runtime = remit_server::serve::runtime()?;
        let running = runtime.block_on(remit_server::serve::start(Arc::new(app), ([127, 0, 0, 1], 0).into()))?;
        let asked = ask(&Client::new(&format!("http://{}", running.address), &token));
        runtime.block_on(running.stop())?;
        asked
    }
}

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or("-")
}

impl Case {
    pub(crate) fn run(&self, json: bool) -> anyhow::Result<bool> {
        let Self::Show(show) = self;
        let (case, timeline) = show.place.with(|client| {
            let case = client.get(&format!("/v1/cases/{}", show.id))?;
            let timeline = client.get(&format!("/v1/cases/{}/timeline?limit=200", show.id))?;
            Ok((case, timeline))
        })?;
        if json {
            println!("{}", serde_json::json!({ "case": case, "timeline": timeline }));
            return Ok(true);
        }
        println!("case {}: {}", text(&case, "/id"), text(&case, "/status"));
        println!(
            "  held by {} (epoch {}), accountable {}",
            text(&case, "/holder/name"),
            case.pointer("/holder/epoch").unwrap_or(&Value::Null),
            text(&case, "/accountable")
        );
        for item in timeline.pointer("/items").and_then(Value::as_array).into_iter().flatten() {
            let what = match text(item, "/event/type") {
                "decision_made" => {
                    format!("decision {} at {}", text(item, "/event/decision/id"), text(item, "/event/decision/point"))
                }
                other => other.replace('_', " "),
            };
            println!(
                "  {} #{} by {}: {what}",
                text(item, "/at"),
                item.get("seq").unwrap_or(&Value::Null),
                text(item, "/by")
            );
            if let Some(words) = item.get("words").and_then(Value::as_str) {
                println!("      “{words}”");
            }
        }
        Ok(true)
    }
}

impl Explain {
    pub(crate) fn run(&self, json: bool) -> anyhow::Result<bool> {
        let (answer, replay) = self.place.with(|client| {
            let id = if self.id.starts_with("cas_") {
                let case = client.get(&format!("/v1/cases/{}", self.id))?;
                text(&case, "/decision").to_owned()
            } else {
                self.id.clone()
            };
            let answer = client.get(&format!("/v1/decisions/{id}"))?;
            let replay = client.post(&format!("/v1/decisions/{id}/replay"), &serde_json::json!({}))?;
            Ok((answer, replay))
        })?;
        let same = replay.get("same") == Some(&Value::Bool(true));
        if json {
            println!("{}", serde_json::json!({ "explanation": answer.get("explanation"), "replay": replay }));
            return Ok(same);
        }
        let list = |pointer: &str| -> Vec<&Value> {
            answer.pointer(pointer).and_then(Value::as_array).into_iter().flatten().collect()
        };
        println!("{}\n{}\n", text(&answer, "/explanation/summary"), text(&answer, "/explanation/because"));
        for line in list("/explanation/chosen") {
            println!("  {}", line.as_str().unwrap_or_default());
        }
        println!("\nWhy not the others:");
        for other in list("/explanation/others") {
            println!("  {:<16} {}", text(other, "/responder"), text(other, "/reason"));
        }
        println!("\nWhat would have changed it:");
        for line in list("/explanation/would_change") {
            println!("  {}", line.as_str().unwrap_or_default());
        }
        println!("\nWhat was measured:");
        for line in list("/explanation/signals") {
            println!("  {}", line.as_str().unwrap_or_default());
        }
        println!("\n{}", text(&answer, "/explanation/owner"));
        println!(
            "{}",
            if same {
                "Taken again from its record and bundle: the same, byte for byte."
            } else {
                text(&replay, "/difference")
            }
        );
        Ok(same)
    }
}
