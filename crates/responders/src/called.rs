//! A tool that a model calls, and what that says.

use crate::{Said, YieldReason, loose, reasons};
use serde_json::{Map, Value};

/// A tool call as it was written.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Called {
    pub(crate) name: CalledName,
    /// The arguments, whatever their form.
    pub(crate) arguments: Value,
    /// Whether the arguments are complete, and each is named once.
    pub(crate) is_exact: bool,
}

/// Which tool is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum CalledName {
    /// Gives the case away.
    Yield,
    /// Asks for an action.
    Act,
    /// An action of the catalogue, called as if it were a tool.
    Action(String),
    /// None of ours, but by its name one that gives the case away.
    HandOver,
    /// None that there is.
    Unknown,
}

/// The tool of a name as models write it: with a namespace, a number, a token of a template, or twice.
pub(crate) fn named(name: &str, actions: &[String]) -> CalledName {
    let name = name.trim().trim_matches(['"', '\'', '`', '*', '(', ')', '[', ']', '{', '}', ',']);
    let name = name.split(['<', '|', '\n']).next().unwrap_or_default().trim();
    let numbered = name.rsplit_once(':').filter(|(_, number)| number.chars().all(|c| c.is_ascii_digit()));
    let name = numbered.map_or(name, |(name, _)| name);
    let whole = name.to_lowercase().replace(['-', ' '], "_");
    let mut parts = whole.rsplit(['.', '/', ':']).filter(|part| !part.is_empty() && *part != "call");
    let last = parts.next().unwrap_or_default();
    if let Some(action) =
        actions.iter().find(|action| [last, whole.as_str()].contains(&action.to_lowercase().replace('-', "_").as_str()))
    {
        return CalledName::Action(action.clone());
    }
    let last = last.strip_suffix("json").filter(|rest| !rest.is_empty()).unwrap_or(last).trim_matches('_');
    let half = last.get(..last.len() / 2).unwrap_or_default();
    let last = if half.len() > 2 && last == format!("{half}{half}") { half } else { last };
    match last {
        "yield" | "yield_tool" | "tool_yield" | "yield_case" | "yield_the_case" | "yield_control" | "yields"
        | "functions_yield" | "function_yield" | "give_up" | "give_away" => CalledName::Yield,
        "act" | "act_tool" | "tool_act" | "functions_act" | "function_act" | "take_action" | "perform_action"
        | "request_action" => CalledName::Act,
        _ => {
            let hands = [
                "transfer_to",
                "transfer_case",
                "transfer_call",
                "transfer_customer",
                "transfer_chat",
                "escalat",
                "handoff",
                "hand_off",
                "handover",
                "hand_over",
                "human",
                "live_agent",
                "connect_agent",
            ];
            if hands.iter().any(|part| last.contains(part)) { CalledName::HandOver } else { CalledName::Unknown }
        }
    }
}

/// The arguments that a server sent as text: JSON, or what was meant as it; with whether they are exact.
pub(crate) fn arguments(text: &str) -> (Value, bool) {
    let text = text.trim();
    if text.is_empty() {
        return (Value::Null, true);
    }
    if let Ok(value) = serde_json::from_str::<Value>(text) {
        return match value {
            // JSON in JSON.
            Value::String(inner) if inner.trim_start().starts_with('{') => arguments(&inner),
            value @ (Value::Object(_) | Value::Array(_)) => (value, loose::is_exact(text)),
            value => (value, true),
        };
    }
    let mut rest = text.find('{').and_then(|at| text.get(at..)).unwrap_or_default();
    // Some servers put `{}` before the arguments, or write them twice.
    while let Some(found) = loose::at_start(rest) {
        rest = rest.get(found.bytes..).unwrap_or_default().trim_start();
        if found.value.as_object().is_some_and(|object| !object.is_empty()) || !rest.starts_with('{') {
            let again = loose::at_start(rest).is_some_and(|again| again.value != found.value);
            let is_exact = found.is_exact() && !again;
            return (found.value, is_exact);
        }
    }
    (Value::String(text.to_owned()), false)
}

/// What calls say. Giving the case away wins over everything; one action is asked for; anything else is misuse.
pub(crate) fn said(calls: &[Called], actions: &[String]) -> Option<Said> {
    use YieldReason::{ToolFailed, Unsure, WantsHuman};
    let given = calls.iter().filter(|call| matches!(call.name, CalledName::Yield | CalledName::HandOver));
    let reasons: Vec<_> =
        given.map(|call| (reasons::of_arguments(&call.arguments), reasons::note(&call.arguments))).collect();
    if !reasons.is_empty() {
        let wants = reasons.iter().find(|(reason, _)| *reason == Some(WantsHuman));
        let (reason, note) =
            wants.or_else(|| reasons.iter().find(|(reason, _)| reason.is_some())).or(reasons.first())?;
        return Some(match reason {
            Some(reason) => Said::Yield { reason: *reason, note: note.clone() },
            None => {
                let told = "the model gave the case away without a valid reason";
                Said::yielded(Unsure, &note.as_ref().map_or(told.to_owned(), |note| format!("{told}: {note}")))
            }
        });
    }
    let misused = |what| Some(Said::yielded(ToolFailed, what));
    match calls {
        [] => None,
        [call] => match &call.name {
            _ if !call.is_exact => {
                misused("the model asked for an action with arguments that are cut off, or one of them is named twice")
            }
            CalledName::Act => Some(act(&call.arguments, actions)),
            CalledName::Action(action) => Some(acted(action, &call.arguments)),
            _ => misused("the model called a tool that does not exist"),
        },
        _ => misused("the model called several tools at once"),
    }
}

fn act(arguments: &Value, actions: &[String]) -> Said {
    let wrong =
        || Said::yielded(YieldReason::ToolFailed, "the model asked for an action with arguments of no valid form");
    let Some(object) = arguments.as_object() else { return wrong() };
    let named_by =
        ["action", "name", "action_name", "tool"].iter().find_map(|key| Some((*key, object.get(*key)?.as_str()?)));
    let Some((key, name)) = named_by else { return wrong() };
    let CalledName::Action(action) = named(name, actions) else {
        return Said::yielded(YieldReason::ToolFailed, "the model asked for an action that it does not have");
    };
    let inner =
        ["arguments", "parameters", "args", "params", "input", "action_input"].iter().find_map(|key| object.get(*key));
    match inner {
        Some(inner) => acted(&action, inner),
        // The action's own arguments beside its name.
        None => {
            let rest =
                object.iter().filter(|(other, _)| *other != key).map(|(key, value)| (key.clone(), value.clone()));
            Said::Act { action, arguments: rest.collect() }
        }
    }
}

fn acted(action: &str, arguments: &Value) -> Said {
    let read = match arguments {
        Value::String(text) => self::arguments(text),
        value => (value.clone(), true),
    };
    match read {
        (Value::Object(arguments), true) => Said::Act { action: action.to_owned(), arguments },
        (Value::Null, _) => Said::Act { action: action.to_owned(), arguments: Map::new() },
        _ => Said::yielded(YieldReason::ToolFailed, "the model asked for an action with arguments of no valid form"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn names_are_read_as_models_write_them() {
        let actions = ["refund".to_owned(), "close-account".to_owned()];
        for name in [
            "yield",
            "Yield",
            " functions.yield:0",
            "default_api.yield",
            "yield.call",
            "\"yield\"",
            "yieldyield",
            "yieldjson",
            "yield<|channel|>commentary",
            "tool_yield",
            "remit/yield",
            "functions/yield",
            "yield_tool",
        ] {
            assert_eq!(named(name, &actions), CalledName::Yield, "{name}");
        }
        for name in ["act", "functions.act", "ACT"] {
            assert_eq!(named(name, &actions), CalledName::Act, "{name}");
        }
        assert_eq!(named("functions.Refund", &actions), CalledName::Action("refund".to_owned()));
        assert_eq!(named("close_account", &actions), CalledName::Action("close-account".to_owned()));
        assert_eq!(named("transfer_to_human", &actions), CalledName::HandOver);
        for name in ["", "shell", "transfer_money", "react", "yields_report"] {
            assert_eq!(named(name, &actions), CalledName::Unknown, "{name}");
        }
    }

    #[test]
    fn arguments_are_read_as_servers_send_them() {
        let wanted = json!({ "reason": "unsure" });
        for text in [
            r#"{"reason":"unsure"}"#,
            r#"{}{"reason":"unsure"}"#,
            r#"{"reason":"unsure"}{"reason":"unsure"}"#,
            r#""{\"reason\":\"unsure\"}""#,
            "```json\n{\"reason\":\"unsure\"}\n```",
            "{'reason': 'unsure'}",
            "{\"reason\":\"unsure\"}<|im_end|>",
        ] {
            assert_eq!(arguments(text), (wanted.clone(), true), "{text}");
        }
        assert_eq!(arguments(r#"{"reason":"unsure""#), (wanted, false));
        // Of two of one name nobody can tell which was meant.
        for text in [
            r#"{"pence":5,"pence":9}"#,
            r#"{"amount":{"minor":5,"minor":9}}"#,
            r#"{"a":[{"minor":5,"mi\u006eor":9}]}"#,
            r#""{\"pence\":5,\"pence\":9}""#,
            "```json\n{\"pence\":5,\"pence\":9}\n```",
            "{'pence': 5, 'pence': 9}",
        ] {
            assert!(!arguments(text).1, "{text}");
        }
        assert_eq!(arguments(" "), (Value::Null, true));
    }
}
