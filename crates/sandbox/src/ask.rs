//! What is asked of the sandbox, with its arguments read within bounds.

use crate::{Money, Refusal, money::MINOR_MAX};
use serde_json::{Map, Value};

/// Characters of a text at most.
const TEXT_MAX: usize = 200;
/// Entries of a list at most.
const LIST_MAX: usize = 100;

/// A request: an action with its arguments, for a customer.
#[derive(Debug, Clone, Copy)]
pub struct Ask<'a> {
    /// The action's name.
    pub action: &'a str,
    /// Its arguments.
    pub arguments: &'a Map<String, Value>,
    /// For whom it is asked, where that is known.
    pub customer: Option<&'a str>,
}

impl<'a> Ask<'a> {
    /// A text that names something; none where it is missing, empty or too long.
    pub(crate) fn text(&self, name: &str) -> Option<&'a str> {
        self.arguments.get(name).and_then(plain)
    }

    /// A list of such texts.
    pub(crate) fn texts(&self, name: &str) -> Option<Vec<&'a str>> {
        let list = self.arguments.get(name)?.as_array()?;
        let fits = !list.is_empty() && list.len() <= LIST_MAX;
        fits.then(|| list.iter().map(plain).collect())?
    }

    /// An amount of more than nothing.
    pub(crate) fn money(&self, name: &str) -> Option<Money> {
        let object = self.arguments.get(name)?.as_object()?;
        let (minor, currency) = (object.get("minor")?.as_i64()?, object.get("currency")?.as_str()?);
        let is_code = currency.len() == 3 && currency.bytes().all(|byte| byte.is_ascii_uppercase());
        ((1..=MINOR_MAX).contains(&minor) && is_code).then(|| Money::new(minor, currency))
    }

    pub(crate) fn need_text(&self, name: &'static str) -> Result<&'a str, Refusal> {
        let must = "a text of 1 to 200 characters without control characters";
        self.text(name).ok_or(Refusal::Argument { name, must })
    }

    /// A text that may be left out or empty.
    pub(crate) fn may_text(&self, name: &'static str) -> Result<&'a str, Refusal> {
        match self.arguments.get(name) {
            None => Ok(""),
            Some(Value::String(text)) if text.is_empty() => Ok(""),
            Some(_) => self.need_text(name),
        }
    }

    pub(crate) fn need_texts(&self, name: &'static str) -> Result<Vec<&'a str>, Refusal> {
        let must = "a list of 1 to 100 texts of 1 to 200 characters";
        self.texts(name).ok_or(Refusal::Argument { name, must })
    }

    pub(crate) fn need_money(&self, name: &'static str) -> Result<Money, Refusal> {
        let must = "an amount: `minor`, a whole number from 1 to 1000000000000, and `currency`, three capital letters";
        self.money(name).ok_or(Refusal::Argument { name, must })
    }

    /// An amount that may be left out.
    pub(crate) fn may_money(&self, name: &'static str) -> Result<Option<Money>, Refusal> {
        self.arguments.get(name).map(|_| self.need_money(name)).transpose()
    }
}

fn plain(value: &Value) -> Option<&str> {
    value.as_str().filter(|text| is_plain(text))
}

/// Whether it is a text that may be kept and shown: not empty, not long, without control characters.
pub(crate) fn is_plain(text: &str) -> bool {
    let within = !text.is_empty() && text.len() <= 4 * TEXT_MAX && text.chars().count() <= TEXT_MAX;
    within && !text.chars().any(char::is_control)
}

/// A text of somebody else's as it may be told back.
pub(crate) fn told(text: &str) -> String {
    let plain = text.chars().filter(|c| !c.is_control());
    plain.take(TEXT_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn arguments_of_another_form_are_none() {
        let long = "x".repeat(201);
        let given = json!({
            "a": "ok", "b": "", "c": 5, "d": long, "e": "a\u{0}b", "list": ["a", "a"], "empty": [], "mixed": ["a", 1],
            "many": vec!["a"; 101],
            "m": {"minor": 5, "currency": "USD"}, "zero": {"minor": 0, "currency": "USD"},
            "fraction": {"minor": 5.5, "currency": "USD"}, "low": {"minor": 5, "currency": "usd"},
            "vast": {"minor": 1_000_000_000_001_i64, "currency": "USD"},
        });
        let ask = Ask { action: "x", arguments: given.as_object().unwrap(), customer: None };
        assert_eq!(ask.text("a"), Some("ok"));
        for name in ["b", "c", "d", "e", "f"] {
            assert_eq!(ask.text(name), None, "{name}");
        }
        assert_eq!(ask.texts("list"), Some(vec!["a", "a"]));
        for name in ["a", "empty", "mixed", "many", "none"] {
            assert_eq!(ask.texts(name), None, "{name}");
        }
        assert_eq!(ask.money("m"), Some(Money::new(5, "USD")));
        for name in ["a", "zero", "fraction", "low", "vast", "none"] {
            assert_eq!(ask.money(name), None, "{name}");
        }
        assert_eq!(ask.may_text("b"), Ok(""));
        assert!(ask.may_text("c").is_err() && ask.may_money("zero").is_err() && ask.may_money("none") == Ok(None));
    }

    #[test]
    fn what_is_told_back_is_short_and_plain() {
        assert_eq!(told("a\nb"), "ab");
        assert_eq!(told(&"é".repeat(300)).chars().count(), 200);
    }
}
