//! Tool calls that a model wrote as text: JSON, tags, and the calls of programming languages.

use super::marks::{Mark, Side, any};
use crate::{
    called::{Called, CalledName, named},
    loose::{LooseReader, at_start, scalar},
};
use serde_json::{Map, Value};

/// More calls than this in one text are rubbish.
const CALLS_MAX: usize = 16;
/// Places at which a call is looked for, and marks up to the end of one; with more, time would grow with their square.
const PLACES_MAX: usize = 256;
const NAMES: [&str; 9] =
    ["name", "tool_name", "tool", "function_name", "function", "recipient_name", "api_name", "method", "action"];
const ARGUMENTS: [&str; 11] = [
    "arguments",
    "parameters",
    "args",
    "params",
    "input",
    "tool_input",
    "action_input",
    "kwargs",
    "function_args",
    "tool_arguments",
    "function_arguments",
];
const MANY: [&str; 5] = ["tool_calls", "tool_uses", "function_calls", "calls", "actions"];
const ONE: [&str; 3] = ["function_call", "tool_call", "function"];

/// Every call in a text that has a call's marks.
pub(super) fn marked(text: &str, actions: &[String]) -> Vec<Called> {
    let mut calls = tagged(text, actions);
    if calls.is_empty() {
        calls = in_json(text, actions, true);
    }
    if calls.is_empty() {
        calls = as_code(text, actions, true);
    }
    if calls.is_empty() {
        calls.extend(bare_name(text, actions));
    }
    calls.truncate(CALLS_MAX);
    calls
}

/// Every call in a text that has none of these marks: only what is surely one.
pub(super) fn unmarked(text: &str, actions: &[String]) -> Vec<Called> {
    let mut calls = in_json(text, actions, false);
    if calls.is_empty() {
        calls = as_code(text, actions, false);
    }
    calls.truncate(CALLS_MAX);
    calls
}

/// A marked text that is no more than a tool's name calls it without arguments.
fn bare_name(text: &str, actions: &[String]) -> Option<Called> {
    let mut words = without_tags(text);
    for noise in ["```json", "```", "functions.", "function", "json"] {
        words = words.replace(noise, " ");
    }
    let mut words = words.split_whitespace();
    let (name, rest) = (words.next()?, words.next());
    let name = named(name, actions);
    (rest.is_none() && name != CalledName::Unknown).then_some(Called { name, arguments: Value::Null, is_exact: true })
}

fn without_tags(text: &str) -> String {
    let (mut words, mut at) = (String::new(), 0);
    while let Some(mark) = any(text, at) {
        words.push_str(text.get(at..mark.start).unwrap_or_default());
        words.push(' ');
        at = mark.end;
    }
    words.push_str(text.get(at..).unwrap_or_default());
    words
}

/// A call whose tags have been read so far.
struct Tagged {
    name: Option<String>,
    arguments: Map<String, Value>,
    /// Whether one of them is named twice.
    twice: bool,
    /// What stands in it between tags.
    words: String,
}

impl Tagged {
    fn new(name: Option<String>) -> Self {
        Self { name, arguments: Map::new(), twice: false, words: String::new() }
    }

    fn say(&mut self, name: String, inner: &str) {
        self.twice |= self.arguments.insert(name, content(inner)).is_some();
    }

    /// The call, if it has a name and arguments of its own; JSON in it counts where no tag names an argument.
    fn finish(self, actions: &[String]) -> Option<Called> {
        let words = self.words.trim();
        let (name, words) = match self.name {
            Some(name) => (name, words),
            // `<tool_call>yield` and then tags: the name is the first word.
            None if !self.arguments.is_empty() => {
                let end = words.find(|c: char| c.is_whitespace() || c == '{').unwrap_or(words.len());
                (words.get(..end)?.to_owned(), words.get(end..)?)
            }
            None => return None,
        };
        let read = named(&name, actions);
        if !self.arguments.is_empty() {
            return Some(Called { name: read, arguments: Value::Object(self.arguments), is_exact: !self.twice });
        }
        match words.find(['{', '(']).and_then(|at| words.get(at..)) {
            Some(json) if json.starts_with('{') => {
                let found = at_start(json)?;
                let inner = from_value(&found.value, None, actions, true, found.is_exact()).into_iter().next();
                let is_exact = found.is_exact();
                let own = Called { name: read, arguments: found.value, is_exact };
                // JSON that names the tool once more is the call itself.
                Some(
                    inner
                        .filter(|inner| inner.name == own.name && own.arguments.get("reason").is_none())
                        .unwrap_or(own),
                )
            }
            Some(_) => None,
            None if words.is_empty() => Some(Called { name: read, arguments: Value::Null, is_exact: true }),
            None => Some(Called { name: read, arguments: Value::String(words.to_owned()), is_exact: true }),
        }
    }
}

/// Calls spelt in tags: `<function=yield><parameter=reason>…`, `<invoke name="yield"><parameter name="reason">…`,
/// `<tool_call>yield<arg_key>reason</arg_key><arg_value>…`, `<yield><reason>…`.
fn tagged(text: &str, actions: &[String]) -> Vec<Called> {
    let (mut calls, mut call, mut at): (Vec<Called>, Option<Tagged>, usize) = (Vec::new(), None, 0);
    let mut key: Option<String> = None;
    let tool = |mark: &Mark<'_>| {
        let name = named(&mark.name, actions);
        matches!(name, CalledName::Yield | CalledName::Act | CalledName::Action(_)).then(|| mark.name.clone())
    };
    // `to=functions.yield` in a header names the call that follows.
    if let Some(name) = text.split_once("to=").and_then(|(_, to)| to.split_whitespace().next()) {
        call = Some(Tagged::new(Some(name.to_owned())));
        at = text.find('\n').unwrap_or(0);
    }
    for _ in 0..PLACES_MAX {
        let Some(mark) = any(text, at) else { break };
        if let Some(call) = &mut call {
            call.words.push_str(text.get(at..mark.start).unwrap_or_default());
        }
        at = mark.end;
        let inner = inner(text, &mark);
        match (mark.name.as_str(), mark.side) {
            ("parameter" | "param" | "argument" | "arg", Side::Open) => {
                if let (Some(name), Some((inner, end))) = (mark.given_name(), inner) {
                    call.get_or_insert_with(|| Tagged::new(None)).say(name, inner);
                    at = end;
                }
            }
            ("arg_key", Side::Open) => {
                if let Some((inner, end)) = inner {
                    (key, at) = (Some(inner.trim().to_owned()), end);
                }
            }
            ("arg_value", Side::Open) => {
                if let (Some(name), Some((inner, end))) = (key.take(), inner) {
                    call.get_or_insert_with(|| Tagged::new(None)).say(name, inner);
                    at = end;
                }
            }
            ("tool_name" | "function_name", Side::Open) => {
                if let Some((inner, end)) = inner {
                    call.get_or_insert_with(|| Tagged::new(None)).name = Some(inner.trim().to_owned());
                    at = end;
                }
            }
            ("tool_sep", _) => {
                // What stands before it is the kind of call, or the name; after it comes the other one.
                if let Some(call) = &mut call {
                    let before = std::mem::take(&mut call.words);
                    let before = before.split_whitespace().last().unwrap_or_default().to_owned();
                    let after = text.get(at..).unwrap_or_default().trim_start();
                    let end = after.find(|c: char| !(c.is_alphanumeric() || "_-.".contains(c))).unwrap_or(after.len());
                    let name = after.get(..end).filter(|name| named(name, actions) != CalledName::Unknown);
                    call.name.get_or_insert_with(|| name.map_or(before, ToOwned::to_owned));
                }
            }
            (_, Side::Open) if mark.given_name().is_some() || tool(&mark).is_some() => {
                calls.extend(call.take().and_then(|call| call.finish(actions)));
                call = Some(Tagged::new(mark.given_name().or_else(|| tool(&mark))));
            }
            (
                "tool_call" | "function_call" | "tool_calls" | "tool" | "tool_use" | "iquest_tool_call"
                | "longcat_tool_call",
                Side::Open,
            ) => {
                calls.extend(call.take().and_then(|call| call.finish(actions)));
                call = Some(Tagged::new(None));
            }
            ("tool_call" | "function_call" | "function" | "invoke" | "tool" | "call", Side::Close) => {
                calls.extend(call.take().and_then(|call| call.finish(actions)));
            }
            (name, Side::Open) if !mark.token => {
                // A tag with nothing but text in it is an argument.
                let leaf =
                    inner.filter(|(inner, _)| any(inner, 0).is_none() && !inner.trim_start().starts_with(['{', '[']));
                if let (Some(call), Some((inner, end))) = (&mut call, leaf) {
                    call.say(name.to_owned(), inner);
                    at = end;
                }
            }
            _ => {}
        }
    }
    if let Some(mut call) = call {
        call.words.push_str(text.get(at..).unwrap_or_default());
        calls.extend(call.finish(actions));
    }
    calls
}

/// What stands between a tag and the one that closes it, or the next one at all, and where that ends.
fn inner<'a>(text: &'a str, open: &Mark<'_>) -> Option<(&'a str, usize)> {
    let mut at = open.end;
    let mut first = None;
    for _ in 0..PLACES_MAX {
        let Some(mark) = any(text, at) else { break };
        if mark.side == Side::Close && mark.name == open.name {
            return Some((text.get(open.end..mark.start)?, mark.end));
        }
        if mark.side == Side::Close {
            first = first.or(Some(mark.start));
        }
        at = mark.end;
    }
    let end = first.unwrap_or(text.len());
    Some((text.get(open.end..end)?, end))
}

fn content(text: &str) -> Value {
    let text = text.trim();
    let text = text.strip_prefix("<![CDATA[").map_or(text, |text| text.strip_suffix("]]>").unwrap_or(text));
    scalar(text)
}

/// Calls spelt as JSON, wherever in the text.
fn in_json(text: &str, actions: &[String], marked: bool) -> Vec<Called> {
    let (mut calls, mut at) = (Vec::new(), 0);
    for _ in 0..PLACES_MAX {
        let place = text.get(at..).and_then(|rest| rest.find(['{', '['])).map(|place| at + place);
        let Some(place) = place else { break };
        let before = text.get(..place).unwrap_or_default();
        let found = text.get(place..).and_then(at_start);
        let read =
            found.as_ref().map(|found| from_value(&found.value, Some(before), actions, marked, found.is_exact()));
        match (found, read) {
            (Some(found), Some(read)) if !read.is_empty() => {
                calls.extend(read);
                at = place + found.bytes;
            }
            _ => at = place + 1,
        }
        if calls.len() >= CALLS_MAX {
            break;
        }
    }
    calls
}

fn from_value(value: &Value, before: Option<&str>, actions: &[String], marked: bool, is_exact: bool) -> Vec<Called> {
    let object = match value {
        Value::Array(values) => {
            return values
                .iter()
                .flat_map(|value| from_value(value, None, actions, marked, is_exact))
                .take(CALLS_MAX)
                .collect();
        }
        Value::Object(object) => object,
        _ => return Vec::new(),
    };
    let get = |names: &[&str]| names.iter().find_map(|name| object.get(*name));
    if let Some(many @ Value::Array(_)) = get(&MANY) {
        return from_value(many, None, actions, marked, is_exact);
    }
    if let Some(one @ Value::Object(_)) = get(&ONE) {
        return from_value(one, None, actions, marked, is_exact);
    }
    let arguments = get(&ARGUMENTS).cloned();
    let name = NAMES.iter().find_map(|key| match object.get(*key) {
        // `action` names a tool only beside its input, as in ReAct; else it is an argument of `act`.
        Some(Value::String(_)) if *key == "action" && !object.contains_key("action_input") => None,
        Some(Value::String(name)) => Some((*key, name)),
        _ => None,
    });
    if let Some((key, name)) = name {
        let read = named(name, actions);
        if read != CalledName::Unknown || (arguments.is_some() && (marked || key != "function")) {
            let rest = || {
                Value::Object(
                    object.iter().filter(|(other, _)| *other != key).map(|(k, v)| (k.clone(), v.clone())).collect(),
                )
            };
            return vec![Called { name: read, arguments: arguments.unwrap_or_else(rest), is_exact }];
        }
    }
    let own = |name| vec![Called { name, arguments: value.clone(), is_exact }];
    // A name before the braces: `yield{…}`, `[TOOL_CALLS]yield[ARGS]{…}`, `functions.yield:0 {…}`, `call:yield{…}`.
    if let Some(name) = before.and_then(|before| name_before(before, actions, marked)) {
        return own(name);
    }
    // The arguments alone.
    if object
        .get("action")
        .and_then(Value::as_str)
        .is_some_and(|action| matches!(named(action, actions), CalledName::Action(_)))
    {
        return own(CalledName::Act);
    }
    if crate::reasons::of_arguments(value).is_some() && (marked || object.len() <= 2) {
        return own(CalledName::Yield);
    }
    match object.iter().next() {
        Some((name, arguments)) if object.len() == 1 => match named(name, actions) {
            name @ (CalledName::Yield | CalledName::Act | CalledName::Action(_)) => {
                vec![Called { name, arguments: arguments.clone(), is_exact }]
            }
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

/// The tool that the last word before an object names.
fn name_before(before: &str, actions: &[String], marked: bool) -> Option<CalledName> {
    let from = before.char_indices().rev().nth(160).map_or(0, |(at, _)| at);
    let mut words = without_tags(before.get(from..)?);
    for noise in
        ["```json", "```python", "```tool_code", "```", "Action Input:", "Arguments:", "Args:", "json", "Input:"]
    {
        words = words.replace(noise, " ");
    }
    let last = words
        .trim_end()
        .trim_end_matches([':', '(', '='])
        .split(|c: char| c.is_whitespace() || c == '>')
        .next_back()?;
    match named(last.trim_start_matches(['/', '`', '"', '\'']), actions) {
        CalledName::Unknown => None,
        CalledName::HandOver if !marked => None,
        // In plain words the name must touch the braces, or stand in a line of its own.
        _ if !marked && !before.trim_end_matches(['`', '\n', ' ']).ends_with(last) && !words.contains("Action:") => {
            None
        }
        name => Some(name),
    }
}

/// Calls spelt as code: `yield(reason="…")`, `[yield(reason='…')]`, `print(default_api.yield(…))`, `yield.call(…)`.
fn as_code(text: &str, actions: &[String], marked: bool) -> Vec<Called> {
    let (mut calls, mut tried) = (Vec::new(), 0);
    for (place, _) in text.match_indices('(') {
        let before = text.get(..place).unwrap_or_default();
        let start = before
            .rfind(|c: char| !(c.is_alphanumeric() || "_.".contains(c)))
            .map_or(0, |at| at + before.get(at..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8));
        let word = before.get(start..).unwrap_or_default();
        let name = if word.is_empty() { CalledName::Unknown } else { named(word, actions) };
        match name {
            CalledName::Yield | CalledName::Act | CalledName::Action(_) => {}
            CalledName::HandOver if marked => {}
            _ => continue,
        }
        let mut reader = LooseReader::new(text.get(place + 1..).unwrap_or_default());
        tried += 1;
        if let Some(arguments) = arguments(&mut reader, &name).filter(|arguments| marked || !arguments.is_empty()) {
            calls.push(Called { name, arguments: Value::Object(arguments), is_exact: reader.is_exact() });
        }
        if calls.len() >= CALLS_MAX || tried >= PLACES_MAX {
            break;
        }
    }
    calls
}

/// Arguments of a call in code, up to its closing bracket; those without a name are known by their place.
fn arguments(reader: &mut LooseReader<'_>, name: &CalledName) -> Option<Map<String, Value>> {
    let places: [&str; 2] = if *name == CalledName::Act { ["action", "arguments"] } else { ["reason", "note"] };
    let mut places = places.iter();
    let mut arguments = Map::new();
    loop {
        reader.skip_between();
        if reader.take(")") {
            return Some(arguments);
        }
        if reader.rest.is_empty() {
            reader.whole = false;
            return Some(arguments);
        }
        let mut ahead = LooseReader::new(reader.rest);
        let key = ahead.name().filter(|_| {
            ahead.skip_spaces();
            !ahead.rest.starts_with("==") && (ahead.take("=") || ahead.take(":"))
        });
        match key {
            Some(key) => {
                reader.rest = ahead.rest;
                let value = reader.value(1)?;
                reader.twice |= arguments.insert(key, value).is_some();
            }
            None => {
                let value = reader.value(1)?;
                match (value, arguments.is_empty()) {
                    (Value::Object(all), true) => arguments = all,
                    (value, _) => {
                        reader.twice |= arguments.insert((*places.next()?).to_owned(), value).is_some();
                    }
                }
            }
        }
    }
}
