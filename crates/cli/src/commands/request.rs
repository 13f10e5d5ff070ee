//! `remit request show`: a request for an action from the words that caused it to the effect, on one page.

use super::{case::Place, history, json::text};
use clap::{Args, Subcommand};
use remit_app::operation;
use remit_command::{
    client::Client,
    shown::{self, say},
};
use remit_domain::request::Money;
use remit_policy::action::money_in_words;
use serde_json::{Value, json};

/// Columns that words stand in from the left.
const WORDS: usize = 4;

/// Look at requests for actions.
#[derive(Debug, Subcommand)]
pub(crate) enum Request {
    /// Show a request: what was said before it, what is asked for, what policy says, who said yes, what happened.
    Show(Show),
}

/// Show a request: what was said before it, what is asked for, what policy says, who said yes, what happened.
///
/// Exits with 1 where it was declined, expired, was withdrawn or failed, or it is not known what became of it.
#[derive(Debug, Args)]
pub(crate) struct Show {
    /// The request.
    id: String,
    #[command(flatten)]
    place: Place,
}

impl Request {
    pub(crate) fn run(&self, json: bool) -> anyhow::Result<bool> {
        let Self::Show(show) = self;
        show.place.with(|client| show.run(client, json))
    }
}

impl Show {
    fn run(&self, client: &Client, json: bool) -> anyhow::Result<bool> {
        let request = client.get(operation::GetRequest, &[&self.id])?;
        let said = last_said(client, &request)?;
        let went = !["declined", "expired", "withdrawn", "failed", "unknown"].contains(&text(&request, "/state"));
        if json {
            shown::json(&json!({ "request": request, "said": said }));
        } else {
            print(&request, said.as_ref());
        }
        Ok(went)
    }
}

/// What the customer said last before the request, where it can be read.
fn last_said(client: &Client, request: &Value) -> anyhow::Result<Option<Value>> {
    let (case, asked) = (text(request, "/case").to_owned(), text(request, "/asked_at").to_owned());
    let mut last = None;
    history::each(client, operation::ListTimeline, &[&case], &mut |item| {
        let is_before = text(item, "/at") <= asked.as_str();
        let is_theirs = ["case_opened", "message_added"].contains(&text(item, "/event/type"))
            && text(item, "/event/message/author/kind") == "requester";
        if is_before && is_theirs && item.get("words").is_some() {
            last = item.get("words").cloned();
        }
    })?;
    Ok(last)
}

fn print(request: &Value, said: Option<&Value>) {
    say!("request {}: {}", text(request, "/id"), text(request, "/state"));
    say!("  {} ({}), on case {}", text(request, "/title"), text(request, "/action"), text(request, "/case"));
    if let Some(said) = said.and_then(Value::as_str) {
        say!("  the customer had said:");
        shown::words(WORDS, said);
    }
    let by = (text(request, "/asked_by/kind"), text(request, "/asked_by/name"));
    say!("  asked for at {} by {} {}:", text(request, "/asked_at"), by.0, by.1);
    match request.get("shown").and_then(Value::as_str) {
        Some(shown) => shown::words(WORDS, shown),
        None => say!("    (its words were erased)"),
    }
    say!("  hash {}", text(request, "/hash"));
    let list = |pointer: &str| request.pointer(pointer).and_then(Value::as_array).cloned().unwrap_or_default();
    match text(request, "/verdict/answer") {
        "allow" => say!("  policy allows it, by:"),
        "needs" => say!("  policy allows it once it is confirmed, by:"),
        _ => say!("  policy denies it, by:"),
    }
    let policies = list("/verdict/policies");
    for policy in policies.iter().chain(&list("/verdict/until")) {
        say!("    {} ({}): {}", text(policy, "/id"), text(policy, "/owner"), text(policy, "/reason"));
    }
    if policies.is_empty() {
        say!("    no policy that permits it");
    }
    for change in list("/verdict/requestable") {
        say!("    it would change: {} (ask {})", text(&change, "/what"), text(&change, "/owner"));
    }
    if let Some(facts) = request.pointer("/verdict/facts").and_then(Value::as_object).filter(|facts| !facts.is_empty())
    {
        say!("  facts of then:");
        for (name, value) in facts {
            say!("    {name}: {value}");
        }
    }
    for given in list("/confirmations") {
        let who = if text(&given, "/by") == "staff" { text(&given, "/staff") } else { "the customer" };
        let seen = given.get("seen_ms").and_then(Value::as_i64);
        let seen = seen.map_or_else(String::new, |ms| format!(", after {} s", ms / 1_000));
        let cases = given.get("cases").and_then(Value::as_i64);
        let cases = cases.map_or_else(String::new, |cases| format!(", with {cases} open cases"));
        say!("  confirmed at {} by {who}{seen}{cases}", text(&given, "/at"));
    }
    let wanted = list("/wanted");
    if text(request, "/state") == "waiting" {
        let wanted: Vec<&str> = wanted.iter().filter_map(Value::as_str).collect();
        say!("  waits for {} until {}", wanted.join(" and "), text(request, "/due_at"));
    }
    if let Some(void) = request.get("void").and_then(Value::as_str) {
        say!("  void, since what it was confirmed on changed: {void}");
    }
    match text(request, "/effect/how") {
        "" => {}
        "done" => {
            let amount = request.pointer("/effect/amount").cloned();
            let amount = amount.and_then(|amount| serde_json::from_value::<Money>(amount).ok());
            let amount = amount.map_or_else(String::new, |amount| format!(", {}", money_in_words(&amount)));
            let (reference, at) = (text(request, "/effect/reference"), text(request, "/effect/at"));
            say!(
                "  done at {at} as {reference}{amount}: it {} with what was asked for",
                text(request, "/effect/agrees")
            );
        }
        how => say!("  {how}: {}", text(request, "/effect/why")),
    }
}
