//! `remit responder`: what became of responders' cases, who is stopped or cannot be reached, and counting anew.

use super::json::text;
use clap::{Args, Subcommand};
use remit_app::operation;
use remit_command::{
    client::Server,
    shown::{self, say},
};
use remit_server::http::address::Addressed;
use serde_json::{Value, json};

/// Look at responders, switch an AI responder on again, count outcomes anew.
#[derive(Debug, Subcommand)]
pub(crate) enum Responder {
    /// What became of cases, by responder and intent, and what routing estimates from it.
    Outcomes(Look),
    /// AI responders that were stopped for an intent, and those that cannot be reached.
    Stopped(Look),
    /// Switch a stopped AI responder on again for an intent. On record.
    Resume(Decide),
    /// Count the outcomes of a responder for an intent anew. On record; who is stopped stays so.
    Reset(Decide),
}

/// What to look at.
#[derive(Debug, Args)]
pub(crate) struct Look {
    /// Of this responder alone.
    name: Option<String>,
    #[command(flatten)]
    server: Server,
}

/// What is decided about a responder.
#[derive(Debug, Args)]
pub(crate) struct Decide {
    /// The responder.
    name: String,
    /// For which intent.
    #[arg(long)]
    intent: String,
    /// Why.
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    server: Server,
}

impl Look {
    fn list(&self, operation: impl Addressed) -> anyhow::Result<Vec<Value>> {
        let all = self.server.client()?.get(operation, &[])?;
        let all = all.as_array().cloned().unwrap_or_default();
        let of = |item: &Value| self.name.as_deref().is_none_or(|name| item["responder"] == name);
        Ok(all.into_iter().filter(of).collect())
    }
}

impl Decide {
    fn post(&self, operation: impl Addressed) -> anyhow::Result<()> {
        anyhow::ensure!(is_name(&self.name), "`{}` is no name of a responder", self.name);
        let wish = json!({ "intent": self.intent, "reason": self.reason });
        self.server.client()?.post(operation, &[&self.name], &wish).map(|_| ())
    }
}

/// Whether a name can stand in a path.
fn is_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
}

impl Responder {
    pub(crate) fn run(&self, json: bool) -> anyhow::Result<bool> {
        match self {
            Self::Outcomes(look) => {
                let outcomes = look.list(operation::ListOutcomes)?;
                if json {
                    shown::json(&Value::Array(outcomes));
                    return Ok(true);
                }
                for outcome in &outcomes {
                    let number = |name: &str| outcome[name].as_i64().unwrap_or(0);
                    say!(
                        "  {} for {}: {} resolved, {} not, {} of them wrong; counts with {}.{:02} %",
                        text(outcome, "/responder"),
                        text(outcome, "/intent"),
                        number("resolved"),
                        number("failed"),
                        number("wrong"),
                        number("resolves_bp") / 100,
                        number("resolves_bp") % 100
                    );
                }
            }
            Self::Stopped(look) => {
                let (stopped, unreachable) =
                    (look.list(operation::ListStopped)?, look.list(operation::ListRespondersUnreachable)?);
                if json {
                    shown::json(&json!({ "stopped": stopped, "unreachable": unreachable }));
                    return Ok(true);
                }
                for item in &stopped {
                    say!("  {} is stopped for {}", text(item, "/responder"), text(item, "/intent"));
                }
                for item in &unreachable {
                    say!("  {} cannot be reached; tried again at {}", text(item, "/responder"), text(item, "/until"));
                }
                if stopped.is_empty() && unreachable.is_empty() {
                    say!("  nobody");
                }
            }
            Self::Resume(decide) => {
                decide.post(operation::ResumeAi)?;
                told(json, &format!("{} may have {} again", decide.name, decide.intent));
            }
            Self::Reset(decide) => {
                decide.post(operation::ResetOutcomes)?;
                told(json, &format!("what is counted of {} for {} begins anew", decide.name, decide.intent));
            }
        }
        Ok(true)
    }
}

fn told(json: bool, what: &str) {
    if json { shown::json(&json!({ "done": what })) } else { say!("  {what}") }
}
