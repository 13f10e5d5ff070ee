//! Why a model gives a case away, as models write it.

use crate::YieldReason;
use serde_json::Value;

const REASON_KEYS: [&str; 8] =
    ["reason", "yield_reason", "reason_code", "why", "cause", "reason_type", "category", "type"];
const NOTE_KEYS: [&str; 7] = ["note", "notes", "message", "comment", "details", "explanation", "summary"];
const WITHIN: [&str; 5] = ["arguments", "parameters", "input", "args", "properties"];
/// A reason is no longer than this; an essay is none.
const WORDS_MAX: usize = 12;

/// The reason among the arguments of `yield`, wherever it stands.
pub(crate) fn of_arguments(arguments: &Value) -> Option<YieldReason> {
    match arguments {
        Value::Object(object) => {
            let key = |wanted: &[&str]| {
                let is_wanted = |name: &str| wanted.iter().any(|key| name.trim().eq_ignore_ascii_case(key));
                object.iter().find(|(name, _)| is_wanted(name)).map(|(_, value)| value)
            };
            key(&REASON_KEYS).and_then(of_value).or_else(|| key(&WITHIN).and_then(of_arguments))
        }
        Value::String(text) if text.trim_start().starts_with('{') => of_arguments(&crate::loose::json(text)?),
        value => of_value(value),
    }
}

/// The word to who gets the case next.
pub(crate) fn note(arguments: &Value) -> Option<String> {
    let object = arguments.as_object()?;
    let text = |key: &&str| object.get(*key).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty());
    let unread = || {
        let reason = object.get("reason").and_then(Value::as_str).filter(|text| of_text(text).is_none());
        reason.map(str::trim).filter(|text| !text.is_empty())
    };
    let within = || WITHIN.iter().find_map(|key| object.get(*key)).and_then(note);
    NOTE_KEYS.iter().find_map(text).or_else(unread).map(crate::shown::clean).or_else(within)
}

fn of_value(value: &Value) -> Option<YieldReason> {
    match value {
        Value::String(text) => of_text(text),
        Value::Array(values) => values.iter().find_map(of_value),
        Value::Object(object) => {
            ["value", "reason", "name", "enum", "const"].iter().find_map(|key| of_value(object.get(*key)?))
        }
        _ => None,
    }
}

/// The reason that a few words name.
pub(crate) fn of_text(text: &str) -> Option<YieldReason> {
    use YieldReason::{ConversationStuck, NeedsAction, OutOfScope, ToolFailed, Unsure, WantsHuman};
    let words = words(text);
    let all = words.join("_");
    if let Some(reason) = exact(&all) {
        return Some(reason);
    }
    if words.len() > WORDS_MAX {
        return None;
    }
    let has = |wanted: &[&str]| words.iter().any(|word| wanted.contains(&word.as_str()));
    let within = |wanted: &[&str]| wanted.iter().any(|part| all.contains(part));
    let person = has(&[
        "human",
        "person",
        "agent",
        "representative",
        "operator",
        "advisor",
        "adviser",
        "staff",
        "someone",
        "manager",
        "people",
    ]);
    let wish = has(&[
        "want",
        "wants",
        "wanted",
        "ask",
        "asks",
        "asked",
        "asking",
        "request",
        "requests",
        "requested",
        "requesting",
        "speak",
        "talk",
        "prefers",
        "demands",
        "wishes",
        "insists",
    ]);
    let not = within(&["not_ask", "not_want", "not_request", "doesn_t_want", "didn_t_ask", "no_human"]);
    if person && wish && !not {
        return Some(WantsHuman);
    }
    let table: [(&[&str], YieldReason); 5] = [
        (
            &[
                "out_of_scope",
                "outside_scope",
                "outside_of_scope",
                "off_topic",
                "not_in_scope",
                "unrelated",
                "outofscope",
            ],
            OutOfScope,
        ),
        (
            &["needs_action", "need_action", "requires_action", "action_needed", "action_required", "needs_an_action"],
            NeedsAction,
        ),
        (&["tool_fail", "tool_error", "tool_not_work", "failed_tool"], ToolFailed),
        (&["stuck", "in_circles", "going_around", "conversation_loop"], ConversationStuck),
        (
            &[
                "unsure",
                "not_sure",
                "uncertain",
                "don_t_know",
                "do_not_know",
                "not_certain",
                "insufficient_information",
                "unclear",
            ],
            Unsure,
        ),
    ];
    table.iter().find(|(parts, _)| within(parts)).map(|(_, reason)| *reason)
}

fn exact(name: &str) -> Option<YieldReason> {
    use YieldReason::{ConversationStuck, NeedsAction, OutOfScope, ToolFailed, Unsure, WantsHuman};
    Some(match name {
        "unsure" | "not_sure" | "uncertain" | "unknown" | "low_confidence" | "dont_know" | "no_information"
        | "not_known" => Unsure,
        "out_of_scope" | "outofscope" | "outscope" | "off_topic" | "scope" => OutOfScope,
        "wants_human"
        | "wantshuman"
        | "want_human"
        | "human"
        | "human_requested"
        | "human_request"
        | "request_human"
        | "wants_agent"
        | "wants_a_human"
        | "wants_person"
        | "customer_wants_human"
        | "user_wants_human"
        | "human_agent"
        | "agent_request" => WantsHuman,
        "needs_action" | "needsaction" | "need_action" | "action" | "action_required" | "action_needed"
        | "requires_action" => NeedsAction,
        "tool_failed" | "toolfailed" | "tool_failure" | "tool_error" | "tool_fail" => ToolFailed,
        "conversation_stuck" | "conversationstuck" | "stuck" | "loop" | "looping" | "going_in_circles" => {
            ConversationStuck
        }
        _ => return None,
    })
}

/// Words in lower case, also of `camelCase`.
fn words(text: &str) -> Vec<String> {
    let mut spaced = String::new();
    let mut low = false;
    for c in text.chars() {
        if c.is_uppercase() && low {
            spaced.push(' ');
        }
        low = c.is_lowercase();
        spaced.extend(if c.is_alphanumeric() { c.to_lowercase().collect::<Vec<_>>() } else { vec![' '] });
    }
    spaced.split_whitespace().map(ToOwned::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn reasons_are_read_as_models_write_them() {
        use YieldReason::{ConversationStuck, NeedsAction, OutOfScope, ToolFailed, Unsure, WantsHuman};
        for (text, wanted) in [
            ("wants_human", Some(WantsHuman)),
            ("Wants Human", Some(WantsHuman)),
            ("wantsHuman", Some(WantsHuman)),
            ("WANTS-HUMAN.", Some(WantsHuman)),
            ("The customer asked to speak to a person", Some(WantsHuman)),
            ("customer requests a human agent", Some(WantsHuman)),
            ("out of scope", Some(OutOfScope)),
            ("The question is off-topic", Some(OutOfScope)),
            ("needs_action: refund", Some(NeedsAction)),
            ("tool failure", Some(ToolFailed)),
            ("stuck", Some(ConversationStuck)),
            ("I'm not sure", Some(Unsure)),
            ("unsure", Some(Unsure)),
            ("the customer did not ask for a human", None),
            ("bored", None),
            ("", None),
        ] {
            assert_eq!(of_text(text), wanted, "{text}");
        }
        for name in YieldReason::NAMES {
            assert_eq!(serde_json::to_value(of_text(name).unwrap()).unwrap(), json!(name));
        }
    }

    #[test]
    fn arguments_may_nest_and_notes_are_kept() {
        for arguments in [
            json!({ "reason": "wants_human" }),
            json!({ "Reason": ["wants_human"] }),
            json!({ "arguments": { "reason": "wants_human" } }),
            json!({ "reason": { "type": "string", "value": "wants_human" } }),
            json!("wants_human"),
            json!("{\"reason\": \"wants_human\"}"),
            json!(["wants_human"]),
        ] {
            assert_eq!(of_arguments(&arguments), Some(YieldReason::WantsHuman), "{arguments}");
        }
        assert_eq!(note(&json!({ "reason": "unsure", "note": " two cards " })).as_deref(), Some("two cards"));
        assert_eq!(note(&json!({ "reason": "two cards" })).as_deref(), Some("two cards"));
        assert_eq!(note(&json!({ "reason": "unsure" })), None);
    }
}
