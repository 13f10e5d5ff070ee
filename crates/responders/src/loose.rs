//! Values as models and servers write them: JSON (RFC 8259), and what is meant as JSON but is not.
//!
//! Beyond JSON it takes Python's and JavaScript's literals (`True`, `None`, `NaN`), other quotes, names without quotes,
//! commas too many, surrogates by themselves, and what ends too early. Memory and depth are bounded by the text.

use serde_json::{Map, Number, Value};

/// Values inside each other beyond this are rubbish.
const DEPTH_MAX: usize = 48;
/// Quotes, with what ends them. The long ones are tokens of Gemma's.
const QUOTES: [(&str, &str); 7] =
    [("\"", "\""), ("'", "'"), ("`", "`"), ("“", "”"), ("‘", "’"), ("<|\"|>", "<|\"|>"), ("<escape>", "<escape>")];
/// Where surrogates by themselves lie until they are put together: U+D800 is the first of it.
const LONE: u32 = 0x10_F800;

/// What stands at the beginning of a text.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct LooseValue {
    /// The value.
    pub(crate) value: Value,
    /// Bytes of the text that it takes.
    pub(crate) bytes: usize,
    /// Whether everything that it opens is closed.
    pub(crate) whole: bool,
    /// Whether a member of an object in it is named twice.
    twice: bool,
}

impl LooseValue {
    /// Whether it says one thing only: it is whole, and no member is named twice.
    pub(crate) fn is_exact(&self) -> bool {
        self.whole && !self.twice
    }
}

/// The object or array at the beginning of a text.
pub(crate) fn at_start(text: &str) -> Option<LooseValue> {
    let mut reader = LooseReader::new(text);
    let value = match text.chars().next()? {
        '{' => reader.object(0)?,
        '[' => reader.array(0)?,
        _ => return None,
    };
    Some(LooseValue { value, bytes: text.len() - reader.rest.len(), whole: reader.whole, twice: reader.twice })
}

/// The value that a text is, and nothing else; a text without a form of its own is a string.
pub(crate) fn scalar(text: &str) -> Value {
    let text = text.trim();
    let mut reader = LooseReader::new(text);
    match reader.value(0) {
        Some(value) if reader.is_exact() && reader.rest.trim().is_empty() => value,
        _ => Value::String(text.to_owned()),
    }
}

/// The value of a text that a server sent as JSON. The last of several names counts, as in most readers.
pub(crate) fn json(text: &str) -> Option<Value> {
    let text = text.trim_start_matches('\u{feff}').trim();
    if let Ok(value) = serde_json::from_str(text) {
        return Some(value);
    }
    let found = at_start(text)?;
    (found.whole && text.get(found.bytes..)?.trim().is_empty()).then_some(found.value)
}

/// Whether the object or array at the beginning of a text says one thing only.
pub(crate) fn is_exact(text: &str) -> bool {
    at_start(text.trim_start_matches('\u{feff}').trim_start()).is_some_and(|found| found.is_exact())
}

/// Puts surrogates together that came in two pieces; one by itself is a replacement character.
pub(crate) fn joined(text: &str) -> String {
    let lone = |c: char| u32::from(c).checked_sub(LONE).map(|place| 0xD800 + place);
    if !text.chars().any(|c| lone(c).is_some()) {
        return text.to_owned();
    }
    let units = text.chars().flat_map(|c| {
        let mut pair = [0; 2];
        match lone(c) {
            Some(unit) => vec![u16::try_from(unit).unwrap_or(0xFFFD)],
            None => c.encode_utf16(&mut pair).to_vec(),
        }
    });
    char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

/// A reader at its place.
pub(crate) struct LooseReader<'a> {
    pub(crate) rest: &'a str,
    /// Whether everything that was opened so far is closed.
    pub(crate) whole: bool,
    /// Whether a member of an object was named twice.
    pub(crate) twice: bool,
}

impl<'a> LooseReader<'a> {
    /// At the beginning of a text.
    pub(crate) fn new(rest: &'a str) -> Self {
        Self { rest, whole: true, twice: false }
    }

    /// Whether what was read says one thing only.
    pub(crate) fn is_exact(&self) -> bool {
        self.whole && !self.twice
    }

    pub(crate) fn skip_spaces(&mut self) {
        self.rest = self.rest.trim_start();
    }

    pub(crate) fn take(&mut self, what: &str) -> bool {
        match self.rest.strip_prefix(what) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// The next value, whatever it is.
    pub(crate) fn value(&mut self, depth: usize) -> Option<Value> {
        self.skip_spaces();
        if let Some(text) = self.quoted() {
            return Some(Value::String(text));
        }
        match self.rest.chars().next()? {
            '{' => self.object(depth),
            '[' | '(' => self.array(depth),
            _ => self.bare(),
        }
    }

    fn object(&mut self, depth: usize) -> Option<Value> {
        self.opened('{', depth)?;
        let mut object = Map::new();
        loop {
            self.skip_between();
            if self.take("}") {
                break;
            }
            if self.rest.is_empty() {
                self.whole = false;
                break;
            }
            let name = self.quoted().or_else(|| self.name())?;
            self.skip_spaces();
            if !(self.take(":") || self.take("=>") || self.take("=")) {
                self.whole = false;
                // A name at the end of what is cut off has no value.
                return self.rest.is_empty().then_some(Value::Object(object));
            }
            match self.value(depth + 1) {
                Some(value) => self.twice |= object.insert(name, value).is_some(),
                None if self.rest.trim().is_empty() => self.whole = false,
                None => return None,
            }
        }
        Some(Value::Object(object))
    }

    fn array(&mut self, depth: usize) -> Option<Value> {
        let close = if self.rest.starts_with('(') { ")" } else { "]" };
        self.opened(self.rest.chars().next()?, depth)?;
        let mut array = Vec::new();
        loop {
            self.skip_between();
            if self.take(close) {
                break;
            }
            if self.rest.is_empty() {
                self.whole = false;
                break;
            }
            array.push(self.value(depth + 1)?);
        }
        Some(Value::Array(array))
    }

    fn opened(&mut self, open: char, depth: usize) -> Option<()> {
        self.rest = self.rest.strip_prefix(open)?;
        (depth < DEPTH_MAX).then_some(())
    }

    /// Spaces and commas, however many.
    pub(crate) fn skip_between(&mut self) {
        self.rest = self.rest.trim_start_matches(|c: char| c.is_whitespace() || c == ',');
    }

    /// A name without quotes.
    pub(crate) fn name(&mut self) -> Option<String> {
        let end = self.rest.find(|c: char| !(c.is_alphanumeric() || "_-.$".contains(c))).unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at_checked(end)?;
        self.rest = rest;
        (!name.is_empty()).then(|| name.to_owned())
    }

    /// Whatever runs to the next comma or bracket: a number, a word of a language, or plain text.
    fn bare(&mut self) -> Option<Value> {
        let end = self.rest.find([',', '}', ']', ')', '\n']).unwrap_or(self.rest.len());
        let (text, rest) = self.rest.split_at_checked(end)?;
        let text = text.trim();
        if text.is_empty() || text.starts_with(['"', '<']) {
            return None;
        }
        self.rest = rest;
        Some(match text {
            "true" | "True" | "TRUE" => Value::Bool(true),
            "false" | "False" | "FALSE" => Value::Bool(false),
            "null" | "None" | "nil" | "undefined" | "NaN" | "Infinity" | "-Infinity" => Value::Null,
            _ => number(text).unwrap_or_else(|| Value::String(text.to_owned())),
        })
    }

    /// A text in quotes; none where no quotes stand.
    pub(crate) fn quoted(&mut self) -> Option<String> {
        let &(open, close) = QUOTES.iter().find(|(open, _)| self.rest.starts_with(open))?;
        self.take(open);
        if let Some(rest) = self.rest.strip_prefix("\"\"").filter(|_| open == "\"") {
            let (text, rest) = rest.split_once("\"\"\"").unwrap_or((rest, ""));
            self.rest = rest;
            return Some(text.to_owned());
        }
        let mut text = String::new();
        loop {
            if self.take(close) {
                return Some(text);
            }
            let mut chars = self.rest.chars();
            let Some(next) = chars.next() else {
                self.whole = false;
                return Some(text);
            };
            self.rest = chars.as_str();
            // Only the short quotes know escapes.
            if next == '\\' && open.len() == 1 { self.escaped(&mut text) } else { text.push(next) }
        }
    }

    fn escaped(&mut self, text: &mut String) {
        let mut chars = self.rest.chars();
        let Some(escaped) = chars.next() else { return };
        self.rest = chars.as_str();
        match escaped {
            'n' => text.push('\n'),
            't' => text.push('\t'),
            'r' => text.push('\r'),
            'b' | 'f' => {}
            'u' => match self.rest.get(..4).and_then(|digits| u32::from_str_radix(digits, 16).ok()) {
                Some(unit) => {
                    self.rest = self.rest.get(4..).unwrap_or_default();
                    let c = match unit {
                        0xD800..=0xDFFF => char::from_u32(LONE + unit - 0xD800),
                        _ => char::from_u32(unit),
                    };
                    text.extend(c);
                }
                None => text.push('u'),
            },
            other => text.push(other),
        }
    }
}

fn number(text: &str) -> Option<Value> {
    if let Ok(whole) = text.parse::<i64>() {
        return Some(Value::Number(whole.into()));
    }
    let begins = text.trim_start_matches(['-', '+']).starts_with(|c: char| c.is_ascii_digit() || c == '.');
    let number = begins.then(|| text.parse::<f64>().ok()).flatten()?;
    Some(Number::from_f64(number).map_or(Value::Null, Value::Number))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_meant_as_json_is_read() {
        for (text, wanted) in [
            (r#"{"a":1,"b":[true,null,"x\n\"y\""]}"#, json!({ "a": 1, "b": [true, null, "x\n\"y\""] })),
            ("{'a': 'it', 'b': True, 'c': None,}", json!({ "a": "it", "b": true, "c": null })),
            ("{a: wants_human, b: 2.5, c: (1, 2)}", json!({ "a": "wants_human", "b": 2.5, "c": [1, 2] })),
            ("{reason:<|\"|>wants, human<|\"|>}", json!({ "reason": "wants, human" })),
            ("{reason:<escape>x}y<escape>}", json!({ "reason": "x}y" })),
            ("{“reason”: “unsure”}", json!({ "reason": "unsure" })),
            (r#"{"a": NaN, "b": -Infinity, "c": 1e999}"#, json!({ "a": null, "b": null, "c": null })),
            (r#"{"a":1,"a":2}"#, json!({ "a": 2 })),
            (r#"{"a":"""two "quoted" words"""}"#, json!({ "a": "two \"quoted\" words" })),
        ] {
            let found = at_start(text).unwrap();
            assert_eq!((found.value, found.bytes, found.whole), (wanted, text.len(), true), "{text}");
        }
    }

    #[test]
    fn what_ends_too_early_is_told_and_what_comes_after_is_left() {
        for text in [r#"{"reason":"wants_human""#, r#"{"reason":"wants_human"#, r#"{"reason":"wants_human","no"#] {
            let found = at_start(text).unwrap();
            assert_eq!((&found.value["reason"], found.whole), (&json!("wants_human"), false), "{text}");
        }
        let found = at_start(r#"{"a":1}{"b":2}"#).unwrap();
        assert_eq!((found.value, found.bytes), (json!({ "a": 1 }), 7));
        for text in ["", "x", "{<b>}", &"[".repeat(10_000), "{\"a\" \"b\"}"] {
            assert!(at_start(text).is_none(), "{text}");
        }
        assert_eq!((scalar(" 5 "), scalar("5 pounds"), scalar("'x'")), (json!(5), json!("5 pounds"), json!("x")));
    }

    #[test]
    fn surrogates_are_put_together_over_pieces() {
        let piece = |text: &str| json(text).unwrap()["a"].as_str().unwrap().to_owned();
        assert_eq!(joined(&(piece(r#"{"a":"x\ud83d"}"#) + &piece(r#"{"a":"\ude42y"}"#))), "x🙂y");
        assert_eq!(joined(&piece(r#"{"a":"\ud83d."}"#)), "\u{fffd}.");
        assert_eq!(piece(r#"{"a":"\ud83d\ude42"}"#), "🙂");
        assert_eq!(json("{\"a\":1} x"), None);
    }
}
