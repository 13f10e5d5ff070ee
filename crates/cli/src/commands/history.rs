//! A history, told one event after the other: who did what, to whom it led, and what was said.

use super::{json::text, levels, people};
use anyhow::Context as _;
use remit_app::input::ListPart;
use remit_command::{
    client::Client,
    shown::{self, say},
};
use remit_server::http::address::Addressed;
use serde_json::Value;
use std::collections::HashMap;

/// Columns that words stand in from the left, under the event that they belong to.
const WORDS: usize = 6;
/// Names of one list that are told.
const NAMES_MAX: usize = 8;

/// Every event of a timeline, the oldest first, page by page; says how many. `names` says whose.
pub(super) fn each<O: Addressed<Takes = ListPart>>(
    client: &Client,
    operation: O,
    names: &[&str],
    each: &mut dyn FnMut(&Value),
) -> anyhow::Result<usize> {
    let (mut count, mut part) = (0, ListPart::longest());
    loop {
        let page = client.get_with(operation, names, &part)?;
        let items = page.get("items").and_then(Value::as_array).context("the server's answer has no `items`")?;
        items.iter().for_each(&mut *each);
        count += items.len();
        match page.get("next").and_then(Value::as_str) {
            Some(next) if !items.is_empty() => part.after = Some(next.to_owned()),
            _ => return Ok(count),
        }
    }
}

/// Prints events in order.
#[derive(Debug, Default)]
pub(super) struct History {
    /// What the actions are that were asked for, by their identifiers.
    actions: HashMap<String, String>,
    /// The words that were printed last: those that reopen a case are its message too.
    last: Option<String>,
    /// What happened last.
    before: String,
    /// The zone by whose clock moments are told.
    zone: Option<String>,
}

impl History {
    /// One that tells moments by the clock of a zone.
    pub(super) fn by_the_clock_of(zone: Option<&str>) -> Self {
        Self { zone: zone.map(ToOwned::to_owned), ..Self::default() }
    }

    /// Prints one event with the words that belong to it.
    pub(super) fn print(&mut self, item: &Value) {
        let seq = item.get("seq").unwrap_or(&Value::Null);
        let at = there(text(item, "/at"), self.zone.as_deref());
        say!("  {at} #{seq} by {}: {}", text(item, "/by"), self.what(item));
        if let Some(words) = item.get("words").and_then(Value::as_str) {
            let of_reopening = [text(item, "/event/type"), self.before.as_str()].contains(&"case_reopened");
            if !of_reopening || self.last.as_deref() != Some(words) {
                shown::words(WORDS, words);
            }
            self.last = Some(words.to_owned());
        }
        text(item, "/event/type").clone_into(&mut self.before);
        for rule in item.get("rules").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
            shown::words(WORDS, rule);
        }
        if let Some(read) = item.pointer("/read/text").and_then(Value::as_str) {
            let left = listed(item.pointer("/read/left_out"), "");
            let left = if left.is_empty() { "markup".to_owned() } else { left };
            say!("{:1$}of this is read, without {left}:", "", WORDS);
            shown::words(WORDS, if read.is_empty() { "(nothing)" } else { read });
        }
        if let Some(told) = item.get("told").and_then(Value::as_str) {
            say!("{:1$}the customer was told", "", WORDS);
            shown::words(WORDS, told);
        }
    }

    /// What happened.
    fn what(&mut self, item: &Value) -> String {
        let of = |pointer: &str| text(item, pointer);
        match of("/event/type") {
            "case_opened" => {
                format!("case opened by {} over {}{}", of("/event/requester"), of("/event/channel"), files(item))
            }
            "message_added" => match of("/event/message/auto_submitted") {
                "-" => format!("{} wrote{}", author(item), files(item)),
                how => format!("a machine wrote for {} ({how}){}", author(item), files(item)),
            },
            "signals_measured" => format!("signals measured: {}", listed(item.pointer("/event/readings/rows"), "/0")),
            "fields_set" => format!("{} set {}", of("/event/source"), fields(item)),
            "customer_facts_set" => {
                format!(
                    "{} said what is known of the customer: {}",
                    of("/event/source"),
                    listed(item.pointer("/event/set"), "")
                )
            }
            "enrichment_missed" => missed(of("/event/why"), &listed(item.pointer("/event/left_out"), "")),
            "decision_made" => decided(item),
            "offer_made" => format!("offered to {}", of("/event/offer/staff")),
            "offer_ended" => format!("the offer to {} ended: {}", of("/event/staff"), plain(of("/event/how"))),
            "exception_raised" => format!(
                "exception {} raised, {}; owned by {}",
                of("/event/exception/id"),
                plain(of("/event/exception/kind")),
                of("/event/exception/owner")
            ),
            "exception_escalated" => {
                format!("exception {} is overdue, and {} is told", of("/event/exception"), of("/event/owner"))
            }
            kind @ ("exception_taken" | "exception_given_up" | "exception_resolved") => {
                format!("exception {} {}", of("/event/exception"), plain(kind.trim_start_matches("exception_")))
            }
            "case_deferred" => format!("put off: {}", plain(of("/event/deferral/kind"))),
            "deferral_ended" => {
                format!("{} ended: {}", plain(of("/event/end/kind")), plain(of("/event/end/how")))
            }
            "callback_due" => "the customer is to be called now".to_owned(),
            "case_resolved" => {
                let how = item.pointer("/event/how/kind").and_then(Value::as_str).unwrap_or("answered");
                let wrapped_up = match of("/event/disposition") {
                    "-" => String::new(),
                    disposition => format!(", as {disposition}"),
                };
                format!(
                    "resolved in the hands of {}: {}{wrapped_up}",
                    holder(item, "/event/holder", "/event/staff"),
                    ended(how)
                )
            }
            "situation_noted" => {
                format!(
                    "{} stands from now on, read by {}",
                    plain(of("/event/noted/situation")),
                    of("/event/noted/source")
                )
            }
            "human_wish_ended" => {
                format!("no human was asked for, says {}, which the bundle believes", of("/event/source"))
            }
            "situation_ended" => format!("{} stands no more", plain(of("/event/situation"))),
            "handover_declined" => {
                format!("asked whether to hand over (decision {}), and keeps it", of("/event/question"))
            }
            "action_asked" => self.asked(item),
            "action_ended" => {
                let action = self.actions.get(of("/event/action")).map_or(of("/event/action"), String::as_str);
                format!("action {action}: {}", of("/event/how"))
            }
            "consult_asked" => format!("{} asked {} for advice", of("/event/consult/by"), of("/event/consult/queue")),
            "issuer_registered" => format!("issuer {} listed", of("/event/terms/issuer")),
            "issuer_changed" => issuer_change(item),
            "baseline_changed" => levels::told(item),
            "agent_knocked" => {
                let of_which = match item.pointer("/event/refused").and_then(Value::as_u64) {
                    None | Some(0) => String::new(),
                    Some(refused) => format!(", {refused} of them too many"),
                };
                let times = match item.pointer("/event/knocks").and_then(Value::as_u64).unwrap_or_default() {
                    1 => "once".to_owned(),
                    knocks => format!("{knocks} times"),
                };
                let who = if of("/event/agent") == "*" { "others" } else { of("/event/agent") };
                let keys = listed(item.pointer("/event/keys"), "");
                let by = if keys.is_empty() { String::new() } else { format!(", by {keys}") };
                format!("{who} knocked {times}{of_which}{by}")
            }
            "token_made" => format!("token made, of the roles {}", listed(item.pointer("/event/grant/roles"), "")),
            "staff_noted" => format!("noted, for the queues {}", listed(item.pointer("/event/profile/queues"), "")),
            "presence_set" => format!("is {}", of("/event/presence")),
            "chat_started" => format!("chat started for {}", of("/event/customer")),
            "subscription_made" => format!("subscription made, to {}", of("/event/terms/origin")),
            "subscription_changed" => format!("subscription: {}", plain(of("/event/change/kind"))),
            "bundle_activated" => match of("/event/reason") {
                "-" => format!("bundle {} came into force", of("/event/to")),
                reason => format!("bundle {} came into force: {reason}", of("/event/to")),
            },
            kind @ ("ai_stopped" | "ai_resumed" | "outcomes_reset") => {
                format!("{} for {}", plain(kind), of("/event/intent"))
            }
            other => people::told(item).unwrap_or_else(|| plain(other)),
        }
    }

    /// An action that was asked for, by whom, and what policy said.
    fn asked(&mut self, item: &Value) -> String {
        let of = |pointer: &str| text(item, pointer);
        let action = of("/event/decision/action");
        self.actions.insert(of("/event/decision/id").to_owned(), action.to_owned());
        let may = item.pointer("/event/decision/verdict/allow") == Some(&Value::Bool(true))
            && item.pointer("/event/decision/verdict/errors").is_none();
        let policies = item.pointer("/event/decision/verdict/policies");
        let by = policies.map_or_else(|| "no policy".to_owned(), |_| listed(policies, ""));
        let reason = |id: &Value| {
            let note = item.pointer("/event/decision/policies")?.get(id.as_str()?)?;
            Some(text(note, "/reason").trim_end_matches('.').to_owned())
        };
        let reasons = policies.and_then(Value::as_array).into_iter().flatten().filter_map(reason);
        let why: Vec<String> = reasons.filter(|_| !may).collect();
        let why = if why.is_empty() { String::new() } else { format!("; {}", why.join("; ")) };
        format!(
            "action {action} requested by {}: {} ({by}), decision {}{why}",
            of("/event/decision/principal/responder"),
            if may { "permitted" } else { "denied" },
            of("/event/decision/id")
        )
    }
}

/// A moment by the clock where the queue of a case works, where that is known and is not UTC.
pub(super) fn there(at: &str, zone: Option<&str>) -> String {
    let local = || {
        let zone = zone.filter(|zone| *zone != "UTC")?;
        let there = at.parse::<jiff::Timestamp>().ok()?.in_tz(zone).ok()?;
        Some(format!("{} {zone}", there.strftime("%Y-%m-%d %H:%M:%S")))
    };
    local().unwrap_or_else(|| at.to_owned())
}

/// A decision, and to whom it gave the case.
fn decided(item: &Value) -> String {
    let of = |pointer: &str| text(item, pointer);
    let outcome = match of("/event/decision/outcome/kind") {
        "keep" => {
            let asked = item.pointer("/event/decision/outcome/instead").and_then(Value::as_str);
            let asked = asked.map_or_else(String::new, |to| format!(", and is asked whether to hand it over to {to}"));
            format!("{} keeps the case{asked}", holder(item, "/event/decision/outcome/holder", ""))
        }
        "assign" => format!("the case goes to {}", of("/event/decision/outcome/responder")),
        "take" => {
            format!(
                "{} of {} takes the case",
                of("/event/decision/outcome/staff"),
                of("/event/decision/outcome/responder")
            )
        }
        "exception" => format!(
            "{}, so the case goes to {}",
            plain(of("/event/decision/outcome/exception")),
            of("/event/decision/outcome/owner")
        ),
        other => plain(other),
    };
    let handoff = item.pointer("/event/handoff").filter(|handoff| !handoff.is_null());
    let handoff = handoff.map_or_else(String::new, |handoff| {
        let epoch = handoff.get("epoch").unwrap_or(&Value::Null);
        format!(" (epoch {epoch}, accountable {})", text(handoff, "/accountable"))
    });
    let yielded = match of("/event/decision/trigger/kind") {
        "yielded" => format!("; it was given up: {}", plain(of("/event/decision/trigger/reason"))),
        _ => String::new(),
    };
    format!("decision {} at {}: {outcome}{handoff}{yielded}", of("/event/decision/id"), of("/event/decision/point"))
}

/// How a case ended, in words.
pub(super) fn ended(how: &str) -> &str {
    match how {
        "answered" => "whoever had it said that it is dealt with",
        "confirmed" => "the customer said that it is dealt with",
        "silent" => "the customer said nothing more",
        "abandoned" => "the customer gave up",
        "exception" => "with the exception that held it",
        "merged" => "it goes on in another case",
        "erased" => "its words were erased",
        other => other,
    }
}

/// Who wrote a message.
fn author(item: &Value) -> String {
    match text(item, "/event/message/author/kind") {
        "requester" => match text(item, "/delegate") {
            "-" | "" => "the customer".to_owned(),
            delegate => format!("{delegate}, for the customer"),
        },
        _ => holder(item, "/event/message/author/holder", "/event/message/author/staff"),
    }
}

/// A holder by name: the member of staff, where one is named.
fn holder(item: &Value, at: &str, staff: &str) -> String {
    let name = ["responder", "owner"].iter().find_map(|kind| item.pointer(&format!("{at}/{kind}"))?.as_str());
    let name = name.unwrap_or("-");
    match item.pointer(staff).and_then(Value::as_str).filter(|_| !staff.is_empty()) {
        Some(staff) => format!("{staff} of {name}"),
        None => name.to_owned(),
    }
}

/// How many files came with a message.
fn files(item: &Value) -> String {
    match item.pointer("/event/message/attachments").and_then(Value::as_array).map_or(0, Vec::len) {
        0 => String::new(),
        1 => ", with a file".to_owned(),
        more => format!(", with {more} files"),
    }
}

/// Names of a list, each at this place of an item.
fn listed(list: Option<&Value>, at: &str) -> String {
    let names: Vec<&str> = list.and_then(Value::as_array).into_iter().flatten().map(|name| text(name, at)).collect();
    let told = names.get(..NAMES_MAX).unwrap_or(&names).join(", ");
    if names.len() > NAMES_MAX { format!("{told} and {} more", names.len() - NAMES_MAX) } else { told }
}

/// The fields that were set, and those that were taken away.
fn fields(item: &Value) -> String {
    let set = item.pointer("/event/fields").and_then(Value::as_object).into_iter().flat_map(|set| set.keys().cloned());
    let gone = item.pointer("/event/taken_away").and_then(Value::as_array).into_iter().flatten();
    let gone = gone.map(|name| format!("{} (taken away)", text(name, "")));
    set.chain(gone).collect::<Vec<_>>().join(", ")
}

fn plain(name: &str) -> String {
    name.replace('_', " ")
}

/// What of what was asked before the first decision was not told, and what of it did not fit.
fn missed(why: &str, left_out: &str) -> String {
    match (why, left_out) {
        ("partial", left_out) => format!("of what was asked before, left out: {left_out}"),
        (why, "") => format!("decided without what was asked before: {}", plain(why)),
        (why, left_out) => {
            format!("decided without what was asked before: {}; left out: {left_out}", plain(why))
        }
    }
}

/// How an issuer was changed, in words.
pub(super) fn issuer_change(record: &Value) -> String {
    let change = |pointer: &str| text(record, &format!("/event/change{pointer}"));
    match change("/kind") {
        "subject_set" if record.pointer("/event/change/disabled") == Some(&Value::Bool(true)) => {
            format!("nothing is taken of subject {}", change("/subject"))
        }
        "subject_set" if record.pointer("/event/change/customer").is_some() => {
            format!("subject {} is customer {}", change("/subject"), change("/customer"))
        }
        "subject_set" => format!("subject {} is no customer", change("/subject")),
        kind => kind.replace('_', " "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_of_an_enrichment_does_not_fit_is_named_whether_or_not_the_rest_is_used() {
        assert_eq!(missed("partial", "tier"), "of what was asked before, left out: tier");
        assert_eq!(
            missed("unusable", "fee, tier"),
            "decided without what was asked before: unusable; left out: fee, tier"
        );
        assert_eq!(missed("left_alone", ""), "decided without what was asked before: left alone");
    }
}
