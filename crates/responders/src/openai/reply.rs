//! What a model replied, and what that says.

use super::{
    call::Call,
    ending::{self, Ending},
};
use crate::{
    Failure, Said, YieldReason,
    called::{self, Called, CalledName, named},
    loose, written,
};

/// What a model may think is bounded too, at so many times what it may say.
const THOUGHTS: usize = 4;

/// A reply as far as it has arrived.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) text: String,
    pub(super) refused: bool,
    pub(super) calls: Vec<Call>,
    pub(super) finish: Option<String>,
    /// Bytes of text and calls, and the most of them.
    bytes: usize,
    bytes_max: usize,
    /// Bytes of thoughts, which are not kept.
    thought: usize,
}

impl Reply {
    pub(super) const fn new(bytes_max: usize) -> Self {
        Self { text: String::new(), refused: false, calls: Vec::new(), finish: None, bytes: 0, bytes_max, thought: 0 }
    }

    /// Whether the model said why it stopped.
    pub(super) const fn finished(&self) -> bool {
        self.finish.is_some()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.finish.is_none() && self.text.is_empty() && self.calls.is_empty() && !self.refused && self.thought == 0
    }

    /// Whether the endpoint broke down on the way, by its own word.
    pub(super) fn is_broken(&self) -> bool {
        self.finish.as_deref().is_some_and(|reason| ending::of(reason) == Ending::Broken)
    }

    /// Counts bytes of what is said. What the wire needs around them does not count.
    pub(super) fn count(&mut self, bytes: usize) -> Result<(), Failure> {
        self.bytes = self.bytes.saturating_add(bytes);
        if self.bytes > self.bytes_max { Err(Failure::TooLarge { bytes_max: self.bytes_max }) } else { Ok(()) }
    }

    pub(super) fn say(&mut self, text: &str) -> Result<(), Failure> {
        self.count(text.len())?;
        self.text.push_str(text);
        Ok(())
    }

    pub(super) fn think(&mut self, text: &str) -> Result<(), Failure> {
        self.thought = self.thought.saturating_add(text.len());
        let bytes_max = self.bytes_max.saturating_mul(THOUGHTS);
        if self.thought > bytes_max { Err(Failure::TooLarge { bytes_max }) } else { Ok(()) }
    }

    /// What the reply says. Giving the case away wins over everything, a tool over words, and what is half, misused or
    /// in doubt is never passed on.
    pub(super) fn said(self, actions: &[String]) -> Said {
        use YieldReason::{OutOfScope, Unsure};
        let sent = self.calls.iter().map(|call| {
            let (arguments, is_exact) = called::arguments(&loose::joined(&call.arguments));
            Called { name: named(&call.name, actions), arguments, is_exact: is_exact && !call.twice }
        });
        let written = written::read(&loose::joined(&self.text), actions);
        let mut calls: Vec<Called> = sent.collect();
        let gives = |call: &Called| matches!(call.name, CalledName::Yield | CalledName::HandOver);
        // Words beside a call that was sent are by the way, unless they give the case away.
        let beside = |call: &Called| gives(call) || self.calls.is_empty();
        calls.extend(written.calls.into_iter().filter(beside));
        if calls.iter().any(gives)
            && let Some(said) = called::said(&calls, actions)
        {
            return said;
        }
        match self.finish.as_deref().map_or(Ending::Whole, ending::of) {
            Ending::Whole => {}
            Ending::Cut => {
                let note =
                    "the model's answer was cut off at its limit of length; `max_tokens` of its service raises it";
                return Said::yielded(Unsure, note);
            }
            Ending::Filtered => return Said::yielded(OutOfScope, "the endpoint's filter stopped the answer"),
            Ending::Broken | Ending::Unknown => {
                return Said::yielded(Unsure, "the model's answer ended for a reason that is not known to be good");
            }
        }
        if let Some(said) = called::said(&calls, actions) {
            return said;
        }
        if self.finish.as_deref().is_some_and(ending::calls) {
            return Said::yielded(Unsure, "the model called a tool, and the endpoint did not pass the call on");
        }
        if self.refused {
            return Said::yielded(OutOfScope, "the model refused to answer");
        }
        match (written.doubt, written.answer) {
            (Some(doubt), _) => Said::yielded(Unsure, doubt),
            (None, answer) if answer.is_empty() => Said::yielded(Unsure, "the model answered without words"),
            (None, text) => Said::Answer { text, sources: Vec::new() },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::openai::wire::CALLS_MAX;
    use serde_json::{Map, Value, json};

    fn whole(body: &Value) -> Result<Reply, Failure> {
        Reply::whole(body.to_string().as_bytes(), 64 * 1024)
    }

    fn said(message: &Value, finish: &str) -> Said {
        let body = json!({ "choices": [{ "message": message, "finish_reason": finish }] });
        whole(&body).unwrap().said(&["refund".to_owned()])
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
        assert_eq!(said(&json!({ "content": " Yes.\n" }), "stop"), answer("Yes."));
        assert_eq!(said(&json!({ "content": "<think>No? Yes</think>\n\nYes." }), "stop"), answer("Yes."));
        for (message, finish, wanted) in [
            (json!({ "content": "You owe us noth" }), "length", YieldReason::Unsure),
            (json!({ "content": "You owe us noth" }), "model_length", YieldReason::Unsure),
            (json!({ "content": "You" }), "content_filter", YieldReason::OutOfScope),
            (json!({ "content": "You" }), "something", YieldReason::Unsure),
            (json!({ "content": "One moment." }), "tool_calls", YieldReason::Unsure),
            (json!({ "content": null, "refusal": "No." }), "stop", YieldReason::OutOfScope),
            (json!({ "content": null, "reasoning_content": "Yes." }), "stop", YieldReason::Unsure),
            (json!({ "content": "  " }), "stop", YieldReason::Unsure),
            (json!({ "content": "<think>endless" }), "stop", YieldReason::Unsure),
        ] {
            assert_eq!(reason(&said(&message, finish)), Some(wanted), "{message}");
        }
        let broken = json!({ "choices": [{ "message": { "content": "Y" }, "finish_reason": "error" }] });
        assert!(whole(&broken).unwrap().is_broken());
    }

    #[test]
    fn tools_are_checked() {
        let calls = |calls: &Value| said(&json!({ "content": "Words", "tool_calls": calls }), "tool_calls");
        let refund = r#"{"action":"refund","arguments":{"pence":5}}"#;
        let arguments = Map::from_iter([("pence".to_owned(), json!(5))]);
        let acts = Said::Act { action: "refund".to_owned(), arguments };
        assert_eq!(calls(&json!([call("act", refund)])), acts);
        assert_eq!(calls(&json!([call("refund", r#"{"pence":5}"#)])), acts, "an action called by its own name");
        assert_eq!(calls(&json!([call("act", r#"{"action":"refund","pence":5}"#)])), acts);
        for (name, twice) in [
            ("act", r#"{"action":"refund","arguments":{"pence":5,"pence":9}}"#),
            ("refund", r#"{"pence":5,"pence":9}"#),
        ] {
            assert_eq!(reason(&calls(&json!([call(name, twice)]))), Some(YieldReason::ToolFailed), "{twice}");
            // Some servers send arguments as they are, and not as text.
            let sent = format!(r#"[{{"function":{{"name":"{name}","arguments":{twice}}}}}]"#);
            let message = format!(r#"{{"message":{{"tool_calls":{sent}}},"finish_reason":"tool_calls"}}"#);
            let body = format!(r#"{{"choices":[{message}]}}"#);
            let once = body.replace(r#","pence":9"#, "");
            assert_eq!(Reply::whole(once.as_bytes(), 1024).unwrap().said(&["refund".to_owned()]), acts);
            let said = Reply::whole(body.as_bytes(), 1024).unwrap().said(&["refund".to_owned()]);
            assert_eq!(reason(&said), Some(YieldReason::ToolFailed), "{body}");
        }
        let note = Some("asked twice".to_owned());
        assert_eq!(
            calls(&json!([call("act", refund), call("yield", r#"{"reason":"wants_human","note":"asked twice"}"#)])),
            Said::Yield { reason: YieldReason::WantsHuman, note }
        );
        for (tool_calls, wanted) in [
            (json!([call("yield", "{}")]), YieldReason::Unsure),
            (json!([call("yield", "")]), YieldReason::Unsure),
            (json!([call("transfer_to_human", "{}")]), YieldReason::Unsure),
            (json!([call("shell", refund)]), YieldReason::ToolFailed),
            (json!([call("", "")]), YieldReason::ToolFailed),
            (
                json!([call("act", refund), call("act", r#"{"action":"refund","arguments":{"pence":6}}"#)]),
                YieldReason::ToolFailed,
            ),
            (json!([call("act", r#"{"action":"close_account"}"#)]), YieldReason::ToolFailed),
            (json!([call("act", r#"{"action":"refund","arguments":[]}"#)]), YieldReason::ToolFailed),
            (json!([call("act", r#"{"action":"ref"#)]), YieldReason::ToolFailed),
            (json!([call("act", r#"{"action":"refund","arguments":{"pence":5"#)]), YieldReason::ToolFailed),
        ] {
            assert_eq!(reason(&calls(&tool_calls)), Some(wanted), "{tool_calls}");
        }
    }

    fn streamed(pieces: &[Value]) -> Said {
        let mut reply = Reply::new(64 * 1024);
        for piece in pieces {
            reply.add(&json!({ "choices": [{ "delta": { "tool_calls": [piece] } }] }).to_string()).unwrap();
        }
        reply.said(&["refund".to_owned()])
    }

    #[test]
    fn pieces_of_calls_find_together_however_they_are_numbered() {
        let function = |name: Value, arguments: &str| json!({ "name": name, "arguments": arguments });
        let without = [
            json!({ "function": function(json!("act"), "{\"action\":") }),
            json!({ "function": function(Value::Null, "\"refund\"}") }),
        ];
        assert!(matches!(streamed(&without), Said::Act { .. }));
        let yields = r#"{"reason":"wants_human"}"#;
        let twice = |first: Value, second: Value| streamed(&[first, second]);
        // Two calls under one index: with ids, without, and in one piece each.
        for (a, b) in [(json!("call_1"), json!("call_2")), (Value::Null, Value::Null), (json!(""), json!(""))] {
            let said = twice(
                json!({ "index": 0, "id": a, "function": function(json!("yield"), yields) }),
                json!({ "index": 0, "id": b, "function": function(json!("yield"), yields) }),
            );
            assert_eq!(reason(&said), Some(YieldReason::WantsHuman), "{a} {b}");
        }
        let said = streamed(&[
            json!({ "index": 0, "id": "a", "function": function(json!("act"), "{\"action\":\"refund\"}") }),
            json!({ "index": 0, "id": "b", "function": function(json!("yield"), "{\"reason\":") }),
            json!({ "index": 0, "function": function(Value::Null, "\"wants_human\"}") }),
        ]);
        assert_eq!(reason(&said), Some(YieldReason::WantsHuman));
        // A name in pieces, a name with each piece, and arguments after `{}`.
        for pieces in [
            [
                json!({ "index": 0, "function": function(json!("yi"), "") }),
                json!({ "index": 0, "function": function(json!("eld"), yields) }),
            ],
            [
                json!({ "index": 0, "function": function(json!("yield"), "{\"reason\":\"wants") }),
                json!({ "index": 0, "function": function(json!("yield"), "_human\"}") }),
            ],
            [
                json!({ "index": 0, "function": function(json!("yield"), "{}") }),
                json!({ "index": 0, "function": function(Value::Null, yields) }),
            ],
        ] {
            assert_eq!(reason(&streamed(&pieces)), Some(YieldReason::WantsHuman), "{pieces:?}");
        }
        let object = json!({ "function": { "name": "yield", "arguments": { "reason": "out_of_scope" } } });
        assert_eq!(reason(&said_with(&object)), Some(YieldReason::OutOfScope));
    }

    fn said_with(call: &Value) -> Said {
        said(&json!({ "tool_calls": [call] }), "stop")
    }

    #[test]
    fn rubbish_is_refused_and_not_quoted() {
        for body in [
            "",
            "[]x",
            "{}",
            r#"{"choices":[]}"#,
            r#"{"choices":"sk-secret"}"#,
            r#"{"choices":[{"delta":{"content":7}}]}"#,
        ] {
            let failure = Reply::whole(body.as_bytes(), 1024).unwrap_err();
            assert!(
                matches!(failure, Failure::Malformed(_)) && !failure.to_string().contains("sk-secret"),
                "{body}: {failure}"
            );
        }
        let told = Reply::whole(br#"{"error":{"message":"sk-secret"}}"#, 1024).unwrap_err();
        assert!(told.retryable() && !told.to_string().contains("sk-secret"));
        let busy = Reply::whole(br#"{"error":{"code":502}}"#, 1024).unwrap_err();
        assert!(busy == Failure::Status(502) && busy.retryable());
        let calls = Vec::from_iter((0..=CALLS_MAX).map(|_| call("act", "{\"a\":1}")));
        let calls: Vec<Value> = calls
            .into_iter()
            .enumerate()
            .map(|(n, mut call)| {
                call["id"] = json!(n.to_string());
                call
            })
            .collect();
        let many = json!({ "choices": [{ "message": { "tool_calls": calls } }] });
        assert!(whole(&many).is_err());
    }

    #[test]
    fn bounds_count_the_answer_and_not_the_wire() {
        let mut reply = Reply::new(1_000);
        for _ in 0..1_000 {
            let padding = "x".repeat(300);
            reply
                .add(
                    &json!({ "id": padding, "choices": [{ "delta": { "content": "a", "reasoning": "b" } }] })
                        .to_string(),
                )
                .unwrap();
        }
        let more = json!({ "choices": [{ "delta": { "content": "a" } }] }).to_string();
        assert_eq!(reply.add(&more), Err(Failure::TooLarge { bytes_max: 1_000 }));
    }
}
