//! What a model replied, in pieces or whole, and what that says.

use crate::{Failure, Said, YieldReason};
use serde::Deserialize;
use serde_json::{Map, Value};

/// More tool calls than this in one reply are rubbish.
const CALLS_MAX: usize = 16;

/// A reply as far as it has arrived.
#[derive(Debug, Default)]
pub(super) struct Reply {
    text: String,
    refused: bool,
    calls: Vec<Call>,
    finish: Option<String>,
}

#[derive(Debug, Default)]
struct Call {
    index: Option<u64>,
    name: String,
    arguments: String,
}

/// A piece of a streamed reply, or the whole: they differ in one name.
#[derive(Deserialize)]
struct Chunk {
    #[serde(default)]
    choices: Vec<Choice>,
    error: Option<Value>,
}

#[derive(Deserialize)]
struct Choice {
    #[serde(default)]
    index: u64,
    #[serde(alias = "message")]
    delta: Option<Delta>,
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct Delta {
    content: Option<String>,
    refusal: Option<String>,
    tool_calls: Option<Vec<CallPiece>>,
}

#[derive(Deserialize)]
struct CallPiece {
    index: Option<u64>,
    function: Option<FunctionPiece>,
}

#[derive(Deserialize)]
struct FunctionPiece {
    name: Option<String>,
    arguments: Option<Value>,
}

#[derive(Deserialize)]
struct Yielded {
    reason: YieldReason,
    note: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Acted {
    action: String,
    #[serde(default)]
    arguments: Map<String, Value>,
}

impl Reply {
    /// Reads a reply that came whole.
    pub(super) fn whole(body: &[u8]) -> Result<Self, Failure> {
        let mut reply = Self::default();
        reply.take(serde_json::from_slice(body).map_err(|error| Failure::json(&error))?)?;
        if reply.finish.is_none() && reply.text.is_empty() && reply.calls.is_empty() && !reply.refused {
            return Err(Failure::Malformed("no reply in it".to_owned()));
        }
        Ok(reply)
    }

    /// Adds the data of one event.
    pub(super) fn add(&mut self, data: &str) -> Result<(), Failure> {
        self.take(serde_json::from_str(data).map_err(|error| Failure::json(&error))?)
    }

    /// Whether the model said why it stopped.
    pub(super) fn finished(&self) -> bool {
        self.finish.is_some()
    }

    fn take(&mut self, chunk: Chunk) -> Result<(), Failure> {
        if let Some(error) = chunk.error.filter(|error| !error.is_null()) {
            // Gateways report a failure in a stream that began well; some give the status.
            let status = error.get("code").and_then(Value::as_u64).and_then(|code| u16::try_from(code).ok());
            return Err(status.map_or_else(|| Failure::Malformed("an error in its place".to_owned()), Failure::Status));
        }
        for choice in chunk.choices.into_iter().filter(|choice| choice.index == 0) {
            self.finish = choice.finish_reason.filter(|reason| !reason.is_empty()).or(self.finish.take());
            let Some(delta) = choice.delta else { continue };
            self.text.push_str(delta.content.as_deref().unwrap_or_default());
            self.refused |= delta.refusal.is_some_and(|words| !words.is_empty());
            for piece in delta.tool_calls.into_iter().flatten() {
                self.take_call(piece)?;
            }
        }
        Ok(())
    }

    /// A piece belongs to the call with its index; without one, a name begins a new call.
    fn take_call(&mut self, piece: CallPiece) -> Result<(), Failure> {
        let function = piece.function.unwrap_or(FunctionPiece { name: None, arguments: None });
        let named = function.name.as_deref().is_some_and(|name| !name.is_empty());
        let known = match piece.index {
            Some(index) => self.calls.iter().position(|call| call.index == Some(index)),
            None if named => None,
            None => self.calls.len().checked_sub(1),
        };
        if known.is_none() {
            if self.calls.len() >= CALLS_MAX {
                return Err(Failure::Malformed(format!("more than {CALLS_MAX} tool calls")));
            }
            self.calls.push(Call { index: piece.index, ..Call::default() });
        }
        let call = match known {
            Some(place) => self.calls.get_mut(place),
            None => self.calls.last_mut(),
        };
        if let Some(call) = call {
            // Some endpoints repeat the whole name with each piece.
            call.name = function.name.filter(|_| named).unwrap_or_else(|| std::mem::take(&mut call.name));
            match function.arguments {
                Some(Value::String(text)) => call.arguments.push_str(&text),
                Some(Value::Null) | None => {}
                Some(value) => call.arguments.push_str(&value.to_string()),
            }
        }
        Ok(())
    }

    /// What the reply says. Giving the case away wins over everything, a tool over words, and what is half or
    /// misused is never passed on.
    pub(super) fn said(self, actions: &[String]) -> Said {
        use YieldReason::{OutOfScope, ToolFailed, Unsure};
        if let Some(call) = self.calls.iter().find(|call| call.name == "yield") {
            return match serde_json::from_str(&call.arguments) {
                Ok(Yielded { reason, note }) => Said::Yield { reason, note },
                Err(_) => Said::yielded(Unsure, "the model gave the case away without a valid reason"),
            };
        }
        match self.finish.as_deref() {
            Some("length") => return Said::yielded(Unsure, "the model's answer was cut off at its limit of length"),
            Some("content_filter") => return Said::yielded(OutOfScope, "the endpoint's filter stopped the answer"),
            _ => {}
        }
        match self.calls.as_slice() {
            [] => {}
            [call] if call.name == "act" => return act(&call.arguments, actions),
            [_] => return Said::yielded(ToolFailed, "the model called a tool that does not exist"),
            _ => return Said::yielded(ToolFailed, "the model called several tools at once"),
        }
        if self.refused {
            return Said::yielded(OutOfScope, "the model refused to answer");
        }
        match without_thoughts(&self.text) {
            "" => Said::yielded(Unsure, "the model answered without words"),
            text => Said::Answer { text: text.to_owned(), sources: Vec::new() },
        }
    }
}

fn act(arguments: &str, actions: &[String]) -> Said {
    match serde_json::from_str(arguments) {
        Ok(Acted { action, arguments }) if actions.contains(&action) => Said::Act { action, arguments },
        Ok(_) => Said::yielded(YieldReason::ToolFailed, "the model asked for an action that it does not have"),
        Err(_) => {
            Said::yielded(YieldReason::ToolFailed, "the model asked for an action with arguments of no valid form")
        }
    }
}

/// Some servers leave a model's reasoning in front of its answer; it is not for customers.
fn without_thoughts(text: &str) -> &str {
    let text = text.trim();
    match text.strip_prefix("<think>") {
        Some(thoughts) => thoughts.split_once("</think>").map_or("", |(_, answer)| answer.trim()),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn said(message: Value, finish: &str) -> Said {
        let body = json!({ "choices": [{ "message": message, "finish_reason": finish }] });
        Reply::whole(body.to_string().as_bytes()).unwrap().said(&["refund".to_owned()])
    }

    fn call(name: &str, arguments: &str) -> Value {
        json!({ "id": "1", "type": "function", "function": { "name": name, "arguments": arguments } })
    }

    fn reason(said: &Said) -> Option<YieldReason> {
        if let Said::Yield { reason, .. } = said { Some(*reason) } else { None }
    }

    #[test]
    fn words_are_an_answer_unless_half_or_empty() {
        let answer = |text: &str| Said::Answer { text: text.to_owned(), sources: Vec::new() };
        assert_eq!(said(json!({ "content": " Yes.\n" }), "stop"), answer("Yes."));
        assert_eq!(said(json!({ "content": "<think>No? Yes</think>\n\nYes." }), "stop"), answer("Yes."));
        for (message, finish, wanted) in [
            (json!({ "content": "You owe us noth" }), "length", YieldReason::Unsure),
            (json!({ "content": "You" }), "content_filter", YieldReason::OutOfScope),
            (json!({ "content": null, "refusal": "No." }), "stop", YieldReason::OutOfScope),
            (json!({ "content": "  " }), "stop", YieldReason::Unsure),
            (json!({ "content": "<think>endless" }), "stop", YieldReason::Unsure),
        ] {
            assert_eq!(reason(&said(message.clone(), finish)), Some(wanted), "{message}");
        }
    }

    #[test]
    fn tools_are_checked() {
        let calls = |calls: Value| said(json!({ "content": "Words", "tool_calls": calls }), "tool_calls");
        let refund = r#"{"action":"refund","arguments":{"pence":5}}"#;
        let arguments = Map::from_iter([("pence".to_owned(), json!(5))]);
        assert_eq!(calls(json!([call("act", refund)])), Said::Act { action: "refund".to_owned(), arguments });
        let note = Some("asked twice".to_owned());
        assert_eq!(
            calls(json!([call("act", refund), call("yield", r#"{"reason":"wants_human","note":"asked twice"}"#)])),
            Said::Yield { reason: YieldReason::WantsHuman, note }
        );
        for (tool_calls, wanted) in [
            (json!([call("yield", "{}")]), YieldReason::Unsure),
            (json!([call("yield", "")]), YieldReason::Unsure),
            (json!([call("refund", refund)]), YieldReason::ToolFailed),
            (json!([call("", "")]), YieldReason::ToolFailed),
            (json!([call("act", refund), call("act", refund)]), YieldReason::ToolFailed),
            (json!([call("act", r#"{"action":"close_account"}"#)]), YieldReason::ToolFailed),
            (json!([call("act", r#"{"action":"refund","arguments":[]}"#)]), YieldReason::ToolFailed),
            (json!([call("act", r#"{"action":"ref"#)]), YieldReason::ToolFailed),
        ] {
            assert_eq!(reason(&calls(tool_calls.clone())), Some(wanted), "{tool_calls}");
        }
    }

    #[test]
    fn arguments_may_come_as_an_object_and_pieces_without_an_index() {
        let mut reply = Reply::default();
        for piece in [
            json!({ "function": { "name": "act", "arguments": "{\"action\":" } }),
            json!({ "function": { "arguments": "\"refund\"}" } }),
        ] {
            reply.add(&json!({ "choices": [{ "delta": { "tool_calls": [piece] } }] }).to_string()).unwrap();
        }
        assert!(matches!(reply.said(&["refund".to_owned()]), Said::Act { .. }));
        let object = json!({ "function": { "name": "yield", "arguments": { "reason": "out_of_scope" } } });
        assert_eq!(reason(&said(json!({ "tool_calls": [object] }), "stop")), Some(YieldReason::OutOfScope));
    }

    #[test]
    fn rubbish_is_refused_and_not_quoted() {
        for body in
            ["", "[]x", "{}", r#"{"choices":[]}"#, r#"{"choices":"sk-secret"}"#, r#"{"error":{"message":"sk-secret"}}"#]
        {
            let failure = Reply::whole(body.as_bytes()).unwrap_err();
            assert!(
                matches!(failure, Failure::Malformed(_)) && !failure.to_string().contains("sk-secret"),
                "{failure}"
            );
        }
        let busy = Reply::whole(br#"{"error":{"code":502}}"#).unwrap_err();
        assert!(busy == Failure::Status(502) && busy.retryable());
        let calls = Vec::from_iter((0..=CALLS_MAX).map(|_| call("act", "")));
        let many = json!({ "choices": [{ "message": { "tool_calls": calls } }] });
        assert!(Reply::whole(many.to_string().as_bytes()).is_err());
    }
}
