//! `remit request show`: a request for an action from the words that caused it to the effect, on one page.

use super::{case::DataOrServer, history, json::text};
use clap::{Args, Subcommand};
use remit_app::{environment::clock::rfc3339, operation};
use remit_command::{
    client::Client,
    shown::{self, counted, say},
};
use remit_domain::{id::Timestamp, request::Money};
use remit_policy::action::money_in_words;
use serde_json::{Map, Value, json};

/// Hours since what was never done.
const NEVER_HOURS: i64 = 1_000_000;
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
    place: DataOrServer,
}

impl Request {
    pub(crate) fn run(&self, json: bool) -> anyhow::Result<bool> {
        let Self::Show(show) = self;
        show.place.with(|client| show.run(client, json))
    }
}

/// What stands on a request's case about it.
#[derive(Debug, Default)]
struct OnCase {
    /// What the customer said last before it, where it can be read.
    said: Option<Value>,
    /// What the customer was told of how it ended.
    told: Option<Value>,
    /// What somebody has to look at since, by exception.
    exceptions: Vec<Value>,
}

impl Show {
    fn run(&self, client: &Client, json: bool) -> anyhow::Result<bool> {
        let request = client.get(operation::GetRequest, &[&self.id])?;
        let on_case = OnCase::read(client, &request)?;
        let went = !["declined", "expired", "withdrawn", "failed", "unknown"].contains(&text(&request, "/state"));
        if json {
            let OnCase { said, told, exceptions } = on_case;
            shown::json(&json!({ "request": request, "said": said, "told": told, "exceptions": exceptions }));
        } else {
            print(&request, &on_case);
            self.print_page(client, &request);
        }
        Ok(went)
    }

    /// Where the sandbox shows what it did.
    fn print_page(&self, client: &Client, request: &Value) {
        // Only the sandbox has a page that shows what it did.
        let page = request.pointer("/execution/page").and_then(Value::as_str).unwrap_or_default();
        match (page.starts_with('/'), self.place.data()) {
            _ if page.is_empty() || request.get("effect").is_none() => {}
            (true, None) => say!("  seen in the sandbox at {}{page} (the password is the token)", client.url()),
            (true, Some(_)) => say!("  seen in the sandbox at {page}, once a server serves this directory"),
            (false, _) => say!("  seen in the sandbox at {page} (the password is the token)"),
        }
    }
}

impl OnCase {
    fn read(client: &Client, request: &Value) -> anyhow::Result<Self> {
        let (case, asked) = (text(request, "/case").to_owned(), text(request, "/asked_at").to_owned());
        let about = format!("Request {} ", text(request, "/id"));
        let mut found = Self::default();
        history::each(client, operation::ListTimeline, &[&case], &mut |item| {
            let kind = text(item, "/event/type");
            let is_theirs = text(item, "/event/message/author/kind") == "requester";
            if ["case_opened", "message_added"].contains(&kind) && is_theirs && text(item, "/at") <= asked.as_str() {
                found.said = item.get("words").cloned().or(found.said.take());
            }
            if kind == "request_ended" && item.pointer("/event/request") == request.get("id") {
                found.told = item.get("told").filter(|told| !told.is_null()).cloned();
            }
            if kind == "exception_raised" && text(item, "/words").starts_with(&about) {
                let member = |pointer: &str| item.pointer(pointer).cloned().unwrap_or_default();
                let due = member("/event/exception/due").as_i64();
                found.exceptions.push(json!({
                    "id": member("/event/exception/id"),
                    "at": member("/at"),
                    "owner": member("/event/exception/owner"),
                    "due_at": due.map(|due| rfc3339(Timestamp(due))),
                    "reason": member("/words"),
                }));
            }
        })?;
        Ok(found)
    }
}

fn print(request: &Value, on_case: &OnCase) {
    say!("request {}: {}", text(request, "/id"), text(request, "/state"));
    say!("  {} ({}), on case {}", text(request, "/title"), text(request, "/action"), text(request, "/case"));
    if let Some(said) = on_case.said.as_ref().and_then(Value::as_str) {
        say!("  the customer, or who writes for them, had said:");
        shown::words(WORDS, said);
    }
    let by = (text(request, "/asked_by/kind"), text(request, "/asked_by/name"));
    say!("  asked for at {} by {} {}; who confirms it reads:", text(request, "/asked_at"), by.0, by.1);
    match request.get("shown").and_then(Value::as_str) {
        Some(shown) => shown::words(WORDS, shown),
        None => say!("    (its words were erased)"),
    }
    if let Some(arguments) = request.get("arguments").and_then(Value::as_object) {
        say!("  exactly:");
        print_names(arguments);
    }
    say!("  hash {}", text(request, "/hash"));
    let mut facts = Map::new();
    for step in list(request, "/history") {
        print_step(request, step, &mut facts);
    }
    if text(request, "/state") == "waiting" {
        let wanted: Vec<&str> = list(request, "/wanted").iter().filter_map(Value::as_str).collect();
        say!("  waits for a yes of {} until {}", wanted.join(" and of "), text(request, "/due_at"));
    }
    if let Some(told) = on_case.told.as_ref().and_then(Value::as_str) {
        say!("  the customer was told:");
        shown::words(WORDS, told);
    }
    for exception in &on_case.exceptions {
        let (id, owner, due) = (text(exception, "/id"), text(exception, "/owner"), text(exception, "/due_at"));
        say!("  {} somebody has to look: exception {id}, of {owner}, due {due}:", text(exception, "/at"));
        shown::words(WORDS, text(exception, "/reason"));
    }
}

/// Prints a step; `facts` are those that were told before, which those of this one are held against.
fn print_step(request: &Value, step: &Value, facts: &mut Map<String, Value>) {
    let at = text(step, "/at");
    match text(step, "/step") {
        "asked" => {
            let decision = text(step, "/decision");
            match text(step, "/verdict/answer") {
                "allow" => say!("  {at} policy allowed it ({decision}):"),
                "needs" => {
                    let wanted = list(step, "/verdict/confirmations");
                    let wanted: Vec<&str> = wanted.iter().filter_map(Value::as_str).collect();
                    say!("  {at} policy allowed it once there is a yes of {} ({decision}):", wanted.join(" and of "));
                }
                _ => say!("  {at} policy denied it ({decision}):"),
            }
            print_rules(step);
            if let Some(told) = step.pointer("/verdict/facts").and_then(Value::as_object).filter(|it| !it.is_empty()) {
                say!("    what its connector said is true of it:");
                facts.clone_from(told);
                print_names(told);
            }
            if let Some(recent) = step.pointer("/verdict/recent").and_then(Value::as_object) {
                say!("    when these were last done for the customer:");
                for (action, hours) in recent {
                    match hours.as_i64() {
                        Some(hours) if hours < NEVER_HOURS => {
                            say!("      {action}: {} before", counted(hours, "hour", "hours"));
                        }
                        _ => say!("      {action}: never"),
                    }
                }
            }
        }
        "confirmed" => say!("  {at} yes by {}", given(step)),
        "declined" => say!("  {at} no by {}", given(step)),
        "linked" => say!("  {at} a link was made by which the customer can answer it, for {}", text(step, "/by")),
        "code_shown" => say!("  {at} the customer is shown the code {} beside it", text(step, "/code")),
        "withdrawn" => say!("  {at} taken back by {}", text(step, "/by")),
        "expired" => say!("  {at} expired: nobody said yes in time"),
        "voided" => {
            say!("  {at} void, since what it rested on had changed: {}", text(step, "/changed"));
            if step.get("verdict").is_some() {
                print_rules(step);
                print_changed(step, facts);
            }
        }
        "executing" => {
            say!("  {at} asked again, policy allowed it ({}):", text(step, "/decision"));
            print_rules(step);
            print_changed(step, facts);
            let (connector, key) = (text(request, "/execution/connector"), text(request, "/execution/key"));
            say!("  {at} {connector} was asked to carry it out, under the key {key}");
        }
        "asked_again" => say!("  {at} it was asked what became of that"),
        "carried_out" => print_effect(request, at, step),
        _ => {}
    }
}

fn print_effect(request: &Value, at: &str, step: &Value) {
    match text(step, "/effect/how") {
        "done" => {
            let stated = step.pointer("/effect/amount").map_or_else(|| "no amount".to_owned(), value);
            let agrees = match text(step, "/effect/agrees") {
                "agrees" => "which is what was asked for".to_owned(),
                "differs" => {
                    let asked = request.get("amount").map_or_else(|| "no amount".to_owned(), value);
                    format!("WHICH IS NOT WHAT WAS ASKED FOR: {asked}")
                }
                _ => "which nothing of what was asked for can be held against".to_owned(),
            };
            let (reference, when) = (text(step, "/effect/reference"), text(step, "/effect/at"));
            say!("  {at} done: {reference}, of {when}, {stated}, {agrees}");
        }
        how => say!("  {at} {how}: {}", text(step, "/effect/why")),
    }
    if text(step, "/effect/how") == "unknown" {
        return;
    }
    let attempts = request.pointer("/execution/attempts").and_then(Value::as_u64).unwrap_or(0);
    if attempts > 1 {
        say!("    the connector was asked {}", counted(attempts, "time", "times"));
    }
}

/// Every rule that a verdict names, with its owner.
fn print_rules(step: &Value) {
    let rule = |rule: &Value, what: &str| {
        say!("    {} ({}){what}: {}", text(rule, "/id"), text(rule, "/owner"), text(rule, "/reason"));
    };
    let (policies, until) = (list(step, "/verdict/policies"), list(step, "/verdict/until"));
    policies.iter().for_each(|policy| rule(policy, ""));
    until.iter().for_each(|policy| rule(policy, ", until then"));
    if policies.is_empty() && until.is_empty() {
        say!("    no policy permits it");
    }
    for change in list(step, "/verdict/requestable") {
        say!("    it would change: {} (ask {})", text(change, "/what"), text(change, "/owner"));
    }
}

/// The facts that are others than before.
fn print_changed(step: &Value, before: &Map<String, Value>) {
    let Some(now) = step.pointer("/verdict/facts").and_then(Value::as_object) else { return };
    let changed = now.iter().filter(|(name, value)| before.get(*name) != Some(*value));
    let mut same = true;
    for (name, told) in changed {
        let was = before.get(name).map_or_else(|| "not told".to_owned(), value);
        say!("    {name} is now {}, and was {was}", value(told));
        same = false;
    }
    if same && !now.is_empty() {
        say!("    all that its connector said is true of it was as before");
    }
}

/// Who answered, over what, how long it was before them, and how loaded they were.
fn given(step: &Value) -> String {
    let of = |name: &str| step.pointer(&format!("/confirmation/{name}"));
    let who = match text(step, "/confirmation/by") {
        "staff" => format!("{} of the staff", text(step, "/confirmation/staff")),
        _ => "the customer".to_owned(),
    };
    let via = match text(step, "/confirmation/via") {
        "chat" => "on the chat page",
        "link" => "by a link that can be used once",
        _ => "over the interface",
    };
    let seen = of("seen_ms").and_then(Value::as_i64).map_or_else(
        || "for how long they had it before them is not known".to_owned(),
        |ms| format!("having had it before them for {} s", ms / 1_000),
    );
    let cases = of("cases").and_then(Value::as_u64);
    let cases = cases.map_or_else(String::new, |cases| format!(", with {}", counted(cases, "open case", "open cases")));
    let others = of("batch/count").and_then(Value::as_u64).map_or_else(String::new, |count| {
        format!(", together with {}", counted(count.saturating_sub(1), "other request", "other requests"))
    });
    format!("{who}, {via}, {seen}{cases}{others}")
}

fn print_names(names: &Map<String, Value>) {
    for (name, told) in names {
        say!("      {name}: {}", value(told));
    }
}

/// A value as people read it: an amount with its currency, a text without quotes.
fn value(value: &Value) -> String {
    match (serde_json::from_value::<Money>(value.clone()), value.as_str()) {
        (Ok(amount), _) => money_in_words(&amount),
        (_, Some(text)) => text.to_owned(),
        _ => value.to_string(),
    }
}

fn list<'v>(value: &'v Value, pointer: &str) -> &'v [Value] {
    value.pointer(pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}
