//! `remit case` and `remit explain`: through a running server, or straight from a data directory.

use super::{
    history::{self, History, there},
    json::text,
};
use clap::{Args, Subcommand};
use remit_app::{directory, operation, token};
use remit_command::{
    client::{Client, Server},
    shown::{self, many, say},
};
use remit_domain::request::Money;
use remit_policy::action::money_in_words;
use serde_json::Value;
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

/// Columns that the words of a note stand in from the left.
const WORDS: usize = 4;

/// Look at cases.
#[derive(Debug, Subcommand)]
pub(crate) enum Case {
    /// Show a case with everything that happened to it.
    Show(Show),
}

/// Where to look.
#[derive(Debug, Args)]
pub(crate) struct DataOrServer {
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
    place: DataOrServer,
}

/// Say in plain words why a decision was taken.
#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// The decision, or a case, whose newest decision is taken.
    id: String,
    #[command(flatten)]
    place: DataOrServer,
}

impl DataOrServer {
    /// The data directory, where one is named.
    pub(super) fn data(&self) -> Option<&Path> {
        self.data.as_deref()
    }

    /// The client of the server, where none is.
    pub(super) fn client(&self) -> anyhow::Result<Client> {
        self.server.client()
    }

    pub(crate) fn with<T>(&self, ask: impl FnOnce(&Client) -> anyhow::Result<T>) -> anyhow::Result<T> {
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
        let held = held(&case, || first_name(client, &case));
        say!("  {held}, accountable {}", titled(text(&case, "/accountable"), text(&case, "/accountable_title")));
        if let Some(how) = case.get("ending").and_then(Value::as_str) {
            let disposition = case.get("disposition").and_then(Value::as_str);
            let disposition = disposition.map_or_else(String::new, |named| format!(", as {named}"));
            say!("  ended: {}{disposition}", history::ended(how));
        }
        let there = |at: &str| there(at, case.get("time_zone").and_then(Value::as_str));
        if let Some(due) = case.get("due_at").and_then(Value::as_str) {
            say!("  promised by {}", there(due));
        }
        if let Some(opens) = case.get("opens_at").and_then(Value::as_str) {
            say!("  its queue is closed, and opens at {}", there(opens));
        }
        for deferral in case.get("deferrals").and_then(Value::as_array).into_iter().flatten() {
            say!("  {}", put_off(deferral, &there));
            if let Some(note) = deferral.get("note").and_then(Value::as_str) {
                shown::words(WORDS, note);
            }
        }
        if let Some(former) = case.get("follows").and_then(Value::as_str) {
            say!("  follows {former}, which had ended");
        }
        for (list, what) in [("/followed_by", "followed by"), ("/awaited_by", "awaited by")] {
            let cases = case.pointer(list).and_then(Value::as_array).into_iter().flatten();
            let cases: Vec<&str> = cases.filter_map(Value::as_str).collect();
            if !cases.is_empty() {
                say!("  {what} {}", cases.join(", "));
            }
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
                let value = amount(one).unwrap_or_else(|| one.get("value").map_or_else(String::new, plain));
                let at = there(text(one, "/at"));
                say!("  {what}{}: {value} (from {}, {at})", text(one, "/title"), text(one, "/source"));
            }
        }
        for exception in case.get("exceptions").and_then(Value::as_array).into_iter().flatten() {
            let owner = titled(text(exception, "/owner"), text(exception, "/owner_title"));
            let (kind, due) = (text(exception, "/kind").replace('_', " "), there(text(exception, "/due_at")));
            say!("  exception {} ({kind}): {owner} is to act by {due}", text(exception, "/id"));
        }
        let mut history = History::by_the_clock_of(case.get("time_zone").and_then(Value::as_str));
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

/// An amount of money, which is told in minor units; nothing of another value.
fn amount(field: &Value) -> Option<String> {
    let (minor, currency) = (field.get("value")?.as_i64()?, field.get("currency")?.as_str()?);
    Some(money_in_words(&Money { minor, currency: currency.to_owned() }))
}

/// Who has a case: the member of staff by the name that `first_name` finds, or by their name in records.
fn held(case: &Value, first_name: impl FnOnce() -> Option<String>) -> String {
    let name = titled(text(case, "/holder/name"), text(case, "/holder/title"));
    let epoch = case.pointer("/holder/epoch").unwrap_or(&Value::Null);
    match case.pointer("/holder/staff").and_then(Value::as_str) {
        Some(staff) => {
            let staff = first_name().unwrap_or_else(|| staff.to_owned());
            format!("held by {staff} in {name} (epoch {epoch})")
        }
        None => format!("held by {name} (epoch {epoch})"),
    }
}

/// A name, and what people call it.
fn titled(name: &str, title: &str) -> String {
    if ["-", "", name].contains(&title) { name.to_owned() } else { format!("{name} ({title})") }
}

/// The first name of the member of staff who has a case, where whoever asks may see it.
fn first_name(client: &Client, case: &Value) -> Option<String> {
    let staff = case.pointer("/holder/staff")?.as_str()?;
    let all = client.get(operation::ListStaff, &[]).ok()?;
    let one = all.get("items")?.as_array()?.iter().find(|one| text(one, "/name") == staff)?;
    Some(one.get("first_name")?.as_str().filter(|name| !name.is_empty())?.to_owned())
}

/// What a case is put off for: whose it is, until when, and what ends it before.
fn put_off(deferral: &Value, there: &dyn Fn(&str) -> String) -> String {
    let of = |name: &str| deferral.get(name).and_then(Value::as_str);
    let kind = of("kind").unwrap_or("-").replace('_', " ");
    let owner = of("owner").map_or_else(|| "its queue's".to_owned(), |owner| format!("{owner}'s"));
    let until = of("until").map_or_else(|| "-".to_owned(), there);
    let mut told = match deferral.get("due") == Some(&Value::Bool(true)) {
        true => format!("{kind} ({owner}): due since {until}"),
        false => format!("{kind} ({owner}): until {until}"),
    };
    let more = [
        of("call_by").map(|by| format!("to be called by {}", there(by))),
        of("after").map(|after| format!("or until {after} ends")),
        of("field").map(|field| format!("or until `{field}` is set")),
        of("party").map(|party| format!("{party} is waited for")),
    ];
    for part in more.into_iter().flatten() {
        told.push_str(", ");
        told.push_str(&part);
    }
    told
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

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn who_of_the_staff_has_a_case_is_told() {
        let mut case = json!({ "holder": { "name": "appointments", "epoch": 2 } });
        assert_eq!(held(&case, || None), "held by appointments (epoch 2)");
        case["holder"]["staff"] = json!("ana.b");
        assert_eq!(held(&case, || Some("Ana".to_owned())), "held by Ana in appointments (epoch 2)");
        assert_eq!(held(&case, || None), "held by ana.b in appointments (epoch 2)");
        case["holder"] = json!({ "name": "lead", "title": "Team lead", "epoch": 3 });
        assert_eq!(held(&case, || None), "held by lead (Team lead) (epoch 3)");
    }

    #[test]
    fn what_a_case_is_put_off_for_is_told_by_the_clock_where_its_queue_works() {
        let told = |deferral: &Value, zone| put_off(deferral, &|at| there(at, zone));
        let call =
            json!({ "kind": "callback", "until": "2026-07-11T08:00:00.000Z", "call_by": "2026-07-11T08:15:00.000Z" });
        assert_eq!(
            told(&call, Some("Europe/London")),
            "callback (its queue's): until 2026-07-11 09:00:00 Europe/London, to be called by 2026-07-11 09:15:00 \
             Europe/London"
        );
        let due = json!({ "kind": "callback", "until": "2026-07-11T08:00:00.000Z", "due": true });
        assert_eq!(told(&due, Some("UTC")), "callback (its queue's): due since 2026-07-11T08:00:00.000Z");
        let snooze = json!({
            "kind": "snooze", "owner": "ana", "until": "2026-07-11T08:00:00.000Z", "field": "delivered",
            "after": "cas_01KAS5W2Z8M4Q6B1J0T3V7X9YC",
        });
        assert_eq!(
            told(&snooze, None),
            "snooze (ana's): until 2026-07-11T08:00:00.000Z, or until cas_01KAS5W2Z8M4Q6B1J0T3V7X9YC ends, or until \
             `delivered` is set"
        );
        let waits = json!({ "kind": "third_party", "owner": "ana", "until": "soon", "party": "courier" });
        assert_eq!(told(&waits, Some("Nowhere/At-all")), "third party (ana's): until soon, courier is waited for");
    }
}
