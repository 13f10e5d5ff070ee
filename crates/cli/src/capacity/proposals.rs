//! `remit capacity proposals`: what is proposed where what capacity is planned on no longer holds.

use crate::commands::{
    case::DataOrServer,
    levels::{level, measure},
};
use anyhow::Context as _;
use clap::{Args, Subcommand};
use remit_app::{input::ListPart, operation};
use remit_command::{
    client::{Client, Server},
    shown::{self, counted, many, say},
};
use serde_json::{Value, json};

/// See what is proposed where what capacity is planned on no longer holds, and decide it.
///
/// Without a subcommand all are listed, with whether what was predicted came.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Proposals {
    #[command(subcommand)]
    what: Option<What>,
    #[command(flatten)]
    place: DataOrServer,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Show a proposal: what moved, how sure that is, what it takes, and what is predicted.
    Show(Show),
    /// Plan on what was proposed from now on.
    Accept(Decide),
    /// Go on planning on what was planned on.
    Decline(Decide),
}

#[derive(Debug, Args)]
struct Show {
    /// The proposal.
    id: String,
    #[command(flatten)]
    place: DataOrServer,
}

#[derive(Debug, Args)]
struct Decide {
    /// The proposal.
    id: String,
    /// Why; it is on record.
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    server: Server,
}

impl Proposals {
    pub(super) fn run(&self, json: bool) -> anyhow::Result<bool> {
        let shown = |proposal: &Value| if json { shown::json(proposal) } else { print(proposal) };
        match &self.what {
            None => {
                let all = self.place.with(all)?;
                if json { shown::json(&json!({ "items": all, "predictions": predictions(&all) })) } else { list(&all) }
            }
            Some(What::Show(show)) => {
                shown(&show.place.with(|client| client.get(operation::GetBaselineProposal, &[&show.id]))?);
            }
            Some(What::Accept(decide)) => {
                let body = json!({ "reason": decide.reason });
                shown(&decide.server.client()?.post(operation::AcceptBaseline, &[&decide.id], &body)?);
            }
            Some(What::Decline(decide)) => {
                let body = json!({ "reason": decide.reason });
                shown(&decide.server.client()?.post(operation::DeclineBaseline, &[&decide.id], &body)?);
            }
        }
        Ok(true)
    }
}

/// All proposals, page by page.
fn all(client: &Client) -> anyhow::Result<Vec<Value>> {
    let (mut all, mut part) = (Vec::new(), ListPart::longest());
    loop {
        let page = client.get_with(operation::ListBaselineProposals, &[], &part)?;
        let items = page.get("items").and_then(Value::as_array).context("the server's answer has no `items`")?;
        all.extend(items.iter().cloned());
        match page.get("next").and_then(Value::as_str) {
            Some(next) if !items.is_empty() => part.after = Some(next.to_owned()),
            _ => return Ok(all),
        }
    }
}

/// How many predictions were scored, and how many of them held.
fn predictions(all: &[Value]) -> Value {
    let scored = all.iter().filter_map(|one| one.pointer("/score/held")?.as_bool());
    json!({ "scored": scored.clone().count(), "held": scored.filter(|held| *held).count() })
}

fn text<'a>(of: &'a Value, member: &str) -> &'a str {
    of.get(member).and_then(Value::as_str).unwrap_or("-")
}

/// The day of a moment.
fn day<'a>(of: &'a Value, member: &str) -> &'a str {
    let text = text(of, member);
    text.get(..10).unwrap_or(text)
}

/// What moved, in one line.
fn line(proposal: &Value) -> String {
    let name = text(proposal, "measure");
    let direction = if proposal.get("is_up") == Some(&Value::Bool(true)) { "up" } else { "down" };
    format!(
        "{}: {} {direction} since {}, from {} to {}",
        text(proposal, "queue"),
        measure(name),
        day(proposal, "since"),
        level(name, proposal, "/before"),
        level(name, proposal, "/after/mean")
    )
}

fn scored(proposal: &Value) -> String {
    let name = text(proposal, "measure");
    match proposal.pointer("/score/held").and_then(Value::as_bool) {
        None => "not known yet".to_owned(),
        Some(held) => {
            format!(
                "{}, {}",
                level(name, proposal, "/score/came"),
                if held { "as predicted" } else { "not as predicted" }
            )
        }
    }
}

fn list(all: &[Value]) {
    for proposal in all {
        say!("{}  {}", text(proposal, "id"), line(proposal));
        let state = match text(proposal, "state") {
            "open" => format!("{} is to decide by {}", text(proposal, "owner"), day(proposal, "due_at")),
            state => format!("{state} by {}: {}", text(proposal, "decided_by"), text(proposal, "reason")),
        };
        say!("    {state}; what came of the prediction: {}", scored(proposal));
    }
    let of = predictions(all);
    let count = |member: &str| of.get(member).and_then(Value::as_u64).unwrap_or_default();
    say!(
        "{}; of {} whose days are there, {} held (nine in ten are to)",
        counted(all.len(), "proposal", "proposals"),
        counted(count("scored"), "prediction", "predictions"),
        many(count("held"))
    );
}

fn print(proposal: &Value) {
    let name = text(proposal, "measure");
    let of = |at: &str| level(name, proposal, at);
    say!("{}  {}", text(proposal, "id"), line(proposal));
    say!(
        "  now {} to {} (90 %); without a change, evidence as strong comes once in {} days; sure on {}",
        of("/after/low"),
        of("/after/high"),
        many(proposal.get("once_in_days").and_then(Value::as_u64).unwrap_or_default()),
        day(proposal, "found")
    );
    say!(
        "  predicted for {} to {}: {} ({} to {}, 90 %); what came: {}",
        day(proposal, "predicted_from"),
        day(proposal, "predicted_to"),
        of("/predicted/mean"),
        of("/predicted/low"),
        of("/predicted/high"),
        scored(proposal)
    );
    print_staffing(proposal);
    print_threshold(proposal);
    match text(proposal, "state") {
        "open" => say!("  {} is to decide by {}", text(proposal, "owner"), day(proposal, "due_at")),
        state => say!("  {state} by {}: {}", text(proposal, "decided_by"), text(proposal, "reason")),
    }
}

/// Why nothing is proposed, in words.
fn unsaid(of: &Value) -> &str {
    match text(of, "why") {
        "no_work" => "what moved does not change how much work there is by itself: what it brings is in the volume",
        "no_promise" => "the bundle has no such queue, so that nothing is promised of it",
        "no_handling" => "nobody had any of it in hand, so that it is not known how long it takes",
        "not_computable" => "it cannot be computed: too much comes, or nothing",
        "too_few_cases" => "too few cases that AI kept have an outcome",
        "none_holds" => "no threshold is shown to keep few enough that come back",
        other => other,
    }
}

fn print_staffing(proposal: &Value) {
    let Some(staffing) = proposal.get("staffing") else { return };
    let Some(people) = staffing.get("staffing") else {
        say!("  people: nothing is proposed; {}", unsaid(staffing));
        return;
    };
    let count = |member: &str| people.get(member).and_then(Value::as_u64).unwrap_or_default();
    let share = |member: &str| {
        let bp = |at: &str| people.pointer(&format!("/{member}/{at}")).and_then(Value::as_i64).unwrap_or_default();
        format!("{:.1} ± {:.1} %", bp("bp") as f64 / 100.0, bp("half_width_bp") as f64 / 100.0)
    };
    let hour = remit_capacity::simulate::moment_of_week(count("hour") as f64 * 60.0);
    say!(
        "  people: {} in place of {} in the busiest hour ({hour}, UTC), so that {} of 100 are served within {} min",
        many(count("proposed")),
        many(count("people")),
        count("served_bp") / 100,
        count("within_minutes")
    );
    say!(
        "    served in time, simulated: {} before, {} now with as many, {} with those proposed",
        share("before"),
        share("unchanged"),
        share("changed")
    );
}

fn print_threshold(proposal: &Value) {
    let Some(threshold) = proposal.get("threshold") else { return };
    let count = |member: &str| threshold.get(member).and_then(Value::as_u64).unwrap_or_default();
    if text(threshold, "kind") == "from" {
        say!(
            "  AI: keep cases from a confidence of {} % on: {} of {} with an outcome; {} came back (at most {} %)",
            count("confidence_bp") / 100,
            many(count("kept")),
            many(count("cases")),
            many(count("wrong")),
            count("bound_bp") / 100
        );
    } else {
        say!("  AI: no threshold is proposed; {} ({} have one)", unsaid(threshold), many(count("cases")));
    }
}
