//! What arrives, in pieces or whole, put together to a reply: everything that OpenAI's own client takes is taken.

use super::{call::Call, reply::Reply, told};
use crate::{Failure, loose};
use serde_json::{Map, Value};

/// More tool calls than this in one reply are rubbish.
pub(super) const CALLS_MAX: usize = 16;
/// Lists inside each other beyond this are rubbish.
const PARTS_DEPTH_MAX: usize = 4;
/// Where servers put what a model thought.
const THOUGHTS: [&str; 6] =
    ["reasoning_content", "reasoning", "thinking", "thoughts", "reasoning_text", "thinking_content"];

impl Reply {
    /// Reads a reply that came whole, or in JSON objects one after another.
    pub(super) fn whole(body: &[u8], bytes_max: usize) -> Result<Self, Failure> {
        let mut reply = Self::new(bytes_max);
        let text = std::str::from_utf8(body).map_err(|_| Failure::Malformed("an answer not in UTF-8".to_owned()))?;
        match loose::json(text) {
            Some(value) => reply.take_of(&value, text)?,
            None => reply.take_lines(text)?,
        }
        if reply.is_empty() {
            return Err(Failure::Malformed("no reply in it".to_owned()));
        }
        Ok(reply)
    }

    /// One object a line, as servers write that stream without the form of events.
    fn take_lines(&mut self, text: &str) -> Result<(), Failure> {
        let mut lines = text.lines().filter(|line| !line.trim().is_empty());
        let first = lines.next().unwrap_or_default();
        let parsed = |line: &str| serde_json::from_str::<Value>(line).map_err(|error| Failure::json(&error));
        if loose::json(first).is_none() {
            return parsed(text).map(|_| ());
        }
        for line in std::iter::once(first).chain(lines) {
            match loose::json(line) {
                Some(value) => self.take_of(&value, line)?,
                None => return parsed(line).map(|_| ()),
            }
        }
        if self.finished() { Ok(()) } else { Err(Failure::Cut) }
    }

    /// Adds the data of one event. An empty one keeps the connection alive.
    pub(super) fn add(&mut self, data: &str) -> Result<(), Failure> {
        if data.trim().is_empty() {
            return Ok(());
        }
        match loose::json(data) {
            Some(value) => self.take_of(&value, data),
            None => Err(serde_json::from_str::<Value>(data)
                .map_or_else(|error| Failure::json(&error), |_| Failure::Malformed("not JSON".to_owned()))),
        }
    }

    /// Takes the value of a text, which alone says whether arguments that came as an object are each named once.
    fn take_of(&mut self, value: &Value, text: &str) -> Result<(), Failure> {
        self.take(value)?;
        let mut objects = self.calls.iter_mut().filter(|call| call.is_object && !call.twice).peekable();
        if objects.peek().is_some() && !loose::is_exact(text) {
            objects.for_each(|call| call.twice = true);
        }
        Ok(())
    }

    /// Takes a piece of a streamed reply, or the whole: they differ in one name.
    fn take(&mut self, value: &Value) -> Result<(), Failure> {
        let object = match value {
            Value::Array(values) if values.iter().all(Value::is_object) => {
                return values.iter().try_for_each(|value| self.take(value));
            }
            Value::Null => return Ok(()),
            value => value.as_object().ok_or_else(|| wrong("no object"))?,
        };
        if let Some(failure) = told::failure(object) {
            return Err(failure);
        }
        let choices = match object.get("choices") {
            // The usage at the end has none; some write `null`.
            None | Some(Value::Null) => return Ok(()),
            Some(choices) => choices.as_array().ok_or_else(|| wrong("`choices` is no list"))?,
        };
        for choice in choices {
            let Some(choice) = choice.as_object() else { continue };
            if index(choice).unwrap_or(0) == 0 {
                self.take_choice(choice)?;
            }
        }
        Ok(())
    }

    fn take_choice(&mut self, choice: &Map<String, Value>) -> Result<(), Failure> {
        if choice.contains_key("error")
            && let Some(failure) = told::failure(choice)
        {
            return Err(failure);
        }
        if let Some(reason) = choice.get("finish_reason").and_then(Value::as_str).filter(|reason| !reason.is_empty()) {
            self.finish = Some(reason.to_owned());
        }
        let delta = ["delta", "message"].iter().find_map(|key| choice.get(*key)?.as_object());
        let Some(delta) = delta else {
            return match choice.get("text").and_then(Value::as_str) {
                Some(text) => self.say(text),
                None => Ok(()),
            };
        };
        if let Some(content) = delta.get("content") {
            self.take_content(content, 0)?;
        }
        for thought in THOUGHTS.iter().filter_map(|key| delta.get(*key)?.as_str()) {
            self.think(thought)?;
        }
        self.refused |= delta.get("refusal").and_then(Value::as_str).is_some_and(|words| !words.is_empty());
        match delta.get("tool_calls") {
            Some(Value::Array(pieces)) => pieces.iter().try_for_each(|piece| self.take_call(piece))?,
            Some(piece @ Value::Object(_)) => self.take_call(piece)?,
            None | Some(Value::Null) => {}
            Some(_) => return Err(wrong("`tool_calls` is no list")),
        }
        match delta.get("function_call") {
            Some(function @ Value::Object(_)) => self.take_call(function),
            _ => Ok(()),
        }
    }

    /// Text, or a list of parts of which those with text are said.
    fn take_content(&mut self, content: &Value, depth: usize) -> Result<(), Failure> {
        match content {
            Value::Null => Ok(()),
            Value::String(text) => self.say(text),
            Value::Array(parts) if depth < PARTS_DEPTH_MAX => {
                parts.iter().try_for_each(|part| self.take_content(part, depth + 1))
            }
            Value::Object(part) => {
                let kind = part.get("type").and_then(Value::as_str).unwrap_or("text");
                match kind {
                    "text" | "output_text" | "input_text" => {
                        let text = part.get("text").or_else(|| part.get("content")).unwrap_or(&Value::Null);
                        match text {
                            // `{"value": "…"}`, as assistants have it.
                            Value::Object(text) => {
                                text.get("value").and_then(Value::as_str).map_or(Ok(()), |text| self.say(text))
                            }
                            text if depth < PARTS_DEPTH_MAX => self.take_content(text, depth + 1),
                            _ => Ok(()),
                        }
                    }
                    "refusal" => {
                        self.refused = true;
                        Ok(())
                    }
                    "tool_use" | "tool_call" | "function_call" => self.take_call(content),
                    // Thoughts, references and pictures.
                    _ => Ok(()),
                }
            }
            _ => Err(wrong("`content` is no text")),
        }
    }

    /// A piece belongs to the call with its index and id. Some servers give every call the same index: another id, or a
    /// name after whole arguments, begins a new call.
    fn take_call(&mut self, piece: &Value) -> Result<(), Failure> {
        let Some(piece) = piece.as_object() else { return Ok(()) };
        let function = ["function", "custom"].iter().find_map(|key| piece.get(*key)?.as_object()).unwrap_or(piece);
        let name = function.get("name").and_then(Value::as_str).unwrap_or_default();
        let id = piece.get("id").and_then(Value::as_str).unwrap_or_default();
        let index = index(piece);
        let arguments = ["arguments", "input", "parameters"].iter().find_map(|key| function.get(*key));
        let known = match index {
            Some(index) => self.calls.iter().rposition(|call| call.index == Some(index)),
            None if !id.is_empty() => self.calls.iter().rposition(|call| call.id == id),
            None => self.calls.len().checked_sub(1),
        };
        let known = known.filter(|place| {
            self.calls.get(*place).is_some_and(|call| {
                let other_id = !id.is_empty() && !call.id.is_empty() && call.id != id;
                let same_id = !id.is_empty() && call.id == id;
                let after_whole = !name.is_empty() && !same_id && is_whole(&call.arguments);
                let unnumbered = index.is_none() && !name.is_empty() && id.is_empty() && !call.name.is_empty();
                let other_name = !name.is_empty() && !call.arguments.is_empty() && call.name != name;
                !(other_id || after_whole || unnumbered || other_name)
            })
        });
        if known.is_none() {
            if name.is_empty() && id.is_empty() && arguments.is_none_or(Value::is_null) {
                return Ok(());
            }
            if self.calls.len() >= CALLS_MAX {
                return Err(Failure::Malformed(format!("more than {CALLS_MAX} tool calls")));
            }
            self.calls.push(Call { index, id: id.to_owned(), ..Call::default() });
        }
        let place = known.unwrap_or(self.calls.len().saturating_sub(1));
        let text = match arguments {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Null) | None => String::new(),
            Some(value) => value.to_string(),
        };
        self.count(text.len() + name.len())?;
        if let Some(call) = self.calls.get_mut(place) {
            if call.id.is_empty() {
                id.clone_into(&mut call.id);
            }
            // Some repeat the whole name with each piece, some cut it.
            if name.starts_with(call.name.as_str()) || !call.arguments.is_empty() {
                if !name.is_empty() {
                    name.clone_into(&mut call.name);
                }
            } else {
                call.name.push_str(name);
            }
            call.arguments.push_str(&text);
            call.is_object |= matches!(arguments, Some(Value::Object(_) | Value::Array(_)));
        }
        Ok(())
    }
}

fn index(object: &Map<String, Value>) -> Option<u64> {
    match object.get("index")? {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

fn is_whole(arguments: &str) -> bool {
    loose::at_start(arguments.trim_start())
        .is_some_and(|found| found.whole && found.value.as_object().is_some_and(|object| !object.is_empty()))
}

fn wrong(what: &str) -> Failure {
    Failure::Malformed(format!("JSON of another form than agreed on: {what}"))
}
