//! `remit case` and `remit explain`: through a running server, or straight from a data directory.

use super::{
    history::{self, History},
    json::text,
};
use clap::{Args, Subcommand};
use remit_app::{access::token, directory, operation};
use remit_command::{
    client::{Client, Server},
    shown::{self, many, say},
};
use serde_json::Value;
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

/// Look at cases.
#[derive(Debug, Subcommand)]
pub(crate) enum Case {
    /// Show a case with everything that happened to it.
    Show(Show),
}

/// Where to look.
#[derive(Debug, Args)]
pub(crate) struct Place {
    /// A data directory that no server has open. It is looked at, and nothing is done in it.
    #[arg(long)]
    data: Option<PathBuf>,
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
    /// The data directory, where one is named.
    pub(super) fn data(&self) -> Option<&Path> {
        self.data.as_deref()
    }

    /// The client of the server, where none is.
    pub(super) fn client(&self) -> anyhow::Result<Client> {
        self.server.client()
    }

    pub(super) fn with<T>(&self, ask: impl FnOnce(&Client) -> anyhow::Result<T>) -> anyhow::Result<T> {
        let Some(data) = &self.data else { return ask(&self.server.client()?) };
        anyhow::ensure!(directory::is_there(data)?, "{} is no data directory", data.display());
        let app = remit_command::open::open_own(data)?;
        // Kept nowhere, and nothing that is due is done: to look changes nothing.
        let token = token::own_token(&app.live, &app.environment)?;
        let runtime = remit_server::serve::runtime()?;
        let looking = runtime.block_on(remit_server::serve::look(Arc::new(app)))?;
        let asked = ask(&Client::new(&format!("http://{}", looking.address), &token));
        runtime.block_on(looking.stop());
        asked
    }
}

impl Case {
    pub(crate) fn run(&self, json: bool) -> anyhow::Result<bool> {
        let Self::Show(show) = self;
        show.place.with(|client| if json { show.print_json(client) } else { show.print(client) })?;
        Ok(true)
    }
}

/// Prints a skill that the case needs, who asks for it, and who lacks it.
fn print_need(need: &Value) {
    let level = |of: &Value| of.get("level").and_then(Value::as_u64).unwrap_or_default();
    let list = |key: &str| need.get(key).and_then(Value::as_array).into_iter().flatten();
    let asked: Vec<&str> = list("asked_by").filter_map(Value::as_str).collect();
    let asked = if asked.is_empty() { String::new() } else { format!(" ({})", asked.join(", ")) };
    let lacking: Vec<String> = list("lacking").map(|one| format!("{} {}", text(one, "/staff"), level(one))).collect();
    let lacking = match (need.get("nobody_has_it").is_some(), lacking.is_empty()) {
        (true, _) => "; nobody who is noted in the queue has it".to_owned(),
        (false, true) => String::new(),
        (false, false) => format!("; passed over for it: {}", lacking.join(", ")),
    };
    say!("  needs {} at level {}{asked}{lacking}", text(need, "/skill"), level(need));
}

impl Show {
    /// Prints the case and one event after the other, as they are read.
    fn print(&self, client: &Client) -> anyhow::Result<()> {
        let case = client.get(operation::GetCase, &[&self.id])?;
        say!("case {}: {}", text(&case, "/id"), text(&case, "/status"));
        say!(
            "  held by {} (epoch {}), accountable {}",
            text(&case, "/holder/name"),
            case.pointer("/holder/epoch").unwrap_or(&Value::Null),
            text(&case, "/accountable")
        );
        if let Some(due) = case.get("due_at").and_then(Value::as_str) {
            say!("  promised by {due}");
        }
        if let Some(opens) = case.get("opens_at").and_then(Value::as_str) {
            say!("  its queue is closed, and opens at {opens}");
        }
        for need in case.get("needs").and_then(Value::as_array).into_iter().flatten() {
            print_need(need);
        }
        match case.pointer("/erased/log").and_then(Value::as_str) {
            Some("done") => say!("  erased: nothing of its words is left"),
            Some(_) => say!("  erased: nobody can read its words any more; log: pending"),
            None => {}
        }
        for (list, what) in [("/fields", ""), ("/customer_facts", "customer: ")] {
            for one in case.pointer(list).and_then(Value::as_array).into_iter().flatten() {
                let value = one.get("value").map_or_else(String::new, plain);
                say!("  {what}{}: {value} (from {}, {})", text(one, "/title"), text(one, "/source"), text(one, "/at"));
            }
        }
        let mut history = History::default();
        let count = self.each(client, &mut |item| history.print(item))?;
        say!("{} events", many(count));
        Ok(())
    }

    fn print_json(&self, client: &Client) -> anyhow::Result<()> {
        let case = client.get(operation::GetCase, &[&self.id])?;
        shown::json_part("{\"case\":", &case);
        shown::own(",\"timeline\":{\"items\":[");
        let mut between = "";
        self.each(client, &mut |item| {
            shown::json_part(between, item);
            between = ",";
        })?;
        shown::own("]}}\n");
        Ok(())
    }

    /// Every event of the case, the oldest first, page by page; says how many.
    fn each(&self, client: &Client, each: &mut dyn FnMut(&Value)) -> anyhow::Result<usize> {
        history::each(client, operation::ListTimeline, &[&self.id], each)
    }
}

impl Explain {
    pub(crate) fn run(&self, json: bool) -> anyhow::Result<bool> {
        let (answer, replay) = self.place.with(|client| {
            let id = if self.id.starts_with("cas_") {
                let case = client.get(operation::GetCase, &[&self.id])?;
                text(&case, "/decision").to_owned()
            } else {
                self.id.clone()
            };
            let answer = client.get(operation::GetDecision, &[&id])?;
            let replay = client.post(operation::ReplayDecision, &[&id], &serde_json::json!({}))?;
            Ok((answer, replay))
        })?;
        let same = replay.get("same") == Some(&Value::Bool(true));
        if json {
            shown::json(&serde_json::json!({ "explanation": answer.get("explanation"), "replay": replay }));
            return Ok(same);
        }
        let list = |pointer: &str| -> Vec<&Value> {
            answer.pointer(pointer).and_then(Value::as_array).into_iter().flatten().collect()
        };
        say!("{}", text(&answer, "/explanation/summary"));
        say!("{}", text(&answer, "/explanation/because"));
        say!();
        for line in list("/explanation/chosen") {
            say!("  {}", line.as_str().unwrap_or_default());
        }
        say!();
        say!("Why not the others:");
        for other in list("/explanation/others") {
            let title = other.pointer("/title").and_then(Value::as_str);
            let title = title.map_or_else(String::new, |title| format!("({title}) "));
            say!("  {:<16} {title}{}", text(other, "/responder"), text(other, "/reason"));
        }
        say!();
        say!("What would have changed it:");
        for line in list("/explanation/would_change") {
            say!("  {}", line.as_str().unwrap_or_default());
        }
        say!();
        say!("What was measured:");
        for line in list("/explanation/signals") {
            say!("  {}", line.as_str().unwrap_or_default());
        }
        say!();
        say!("{}", text(&answer, "/explanation/owner"));
        say!(
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

/// A field's value in words.
fn plain(value: &Value) -> String {
    match value {
        Value::Null => "not readable any more".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(names) => names.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}
