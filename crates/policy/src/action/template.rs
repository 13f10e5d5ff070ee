//! What who confirms a request reads: plain words in which each parameter stands.

use super::money::amount;
use crate::manifest::{TemplateText, TermKind};
use remit_domain::{
    request::{Money, is_currency},
    text::is_hidden,
};
use serde_json::{Map, Value as Json};
use std::{collections::BTreeMap, fmt::Write as _};

/// What stands before the name of a fact in a template, and where an amount is named.
pub(crate) const FACTS: &str = "facts.";
/// Longest template, in characters.
const TEMPLATE_MAX: usize = 2_000;

/// A template, by language.
#[derive(Debug, Clone, Default)]
pub struct Template {
    /// By language; under the empty one what is read where the customer's language is not among them.
    by_language: BTreeMap<String, Vec<Part>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Words(String),
    Parameter(String),
    Fact(String),
}

impl Template {
    /// Reads it, with what is wrong with it as told to its author.
    pub(crate) fn read(text: &TemplateText, parameters: &[&str], facts: &[(String, TermKind)]) -> (Self, Vec<String>) {
        let mut wrong = Vec::new();
        let texts: Vec<(String, &str)> = match text {
            TemplateText::One(one) => vec![(String::new(), one)],
            TemplateText::ByLanguage(all) => all.iter().map(|(language, text)| (language.clone(), &**text)).collect(),
        };
        if texts.is_empty() {
            wrong.push("the template has no text".to_owned());
        }
        let mut by_language = BTreeMap::new();
        for (language, text) in texts {
            let of = if language.is_empty() { String::new() } else { format!(" in `{language}`") };
            if text.trim().is_empty() || text.chars().count() > TEMPLATE_MAX {
                wrong.push(format!("the template{of} must have 1 to {TEMPLATE_MAX} characters"));
                continue;
            }
            // Of what does not show itself, alphabets need the two that join letters and keep them apart.
            let hides = |letter: &char| is_hidden(*letter) && !matches!(letter, '\n' | '\u{200c}' | '\u{200d}');
            if let Some(letter) = text.chars().find(hides) {
                let code = u32::from(letter);
                wrong.push(format!("the template{of} has U+{code:04X}, which nobody sees; take it out"));
            }
            let parts = match parts(text) {
                Ok(parts) => parts,
                Err(error) => {
                    wrong.push(format!("the template{of} {error}"));
                    continue;
                }
            };
            for part in &parts {
                match part {
                    Part::Parameter(name) if !parameters.contains(&&**name) => {
                        wrong.push(format!("the template{of} names `{{{name}}}`, which is no parameter"));
                    }
                    Part::Fact(name) if !facts.iter().any(|(known, _)| known == name) => {
                        wrong.push(format!(
                            "the template{of} names `{{{FACTS}{name}}}`, which is no fact of the action"
                        ));
                    }
                    _ => {}
                }
            }
            let left_out = parameters.iter().filter(|name| !parts.contains(&Part::Parameter((**name).to_owned())));
            let left_out: Vec<String> = left_out.map(|name| format!("`{name}`")).collect();
            if !left_out.is_empty() {
                let left_out = left_out.join(", ");
                wrong.push(format!(
                    "the template{of} leaves out {left_out}: who confirms must see all that is asked for"
                ));
            }
            by_language.insert(language, parts);
        }
        if let Some(first) = by_language.values().next().cloned() {
            by_language.entry(String::new()).or_insert(first);
        }
        (Self { by_language }, wrong)
    }

    /// The words in a language, or in the first that there is, for exact arguments and facts.
    pub fn say(&self, language: Option<&str>, arguments: &Map<String, Json>, facts: &Map<String, Json>) -> String {
        let in_language = language.and_then(|language| self.by_language.get(language));
        let parts = in_language.or_else(|| self.by_language.get("")).map(Vec::as_slice).unwrap_or_default();
        let mut said = String::new();
        for part in parts {
            match part {
                Part::Words(words) => said.push_str(words),
                Part::Parameter(name) => said.push_str(&shown(arguments.get(name))),
                Part::Fact(name) => said.push_str(&shown(facts.get(name))),
            }
        }
        said
    }
}

/// The parts of a template's text.
fn parts(text: &str) -> Result<Vec<Part>, String> {
    let (mut parts, mut rest) = (Vec::new(), text);
    while let Some(at) = rest.find(['{', '}']) {
        let (before, from) = rest.split_at(at);
        let Some(named) = from.strip_prefix('{') else {
            return Err("has a `}` without a `{`".to_owned());
        };
        let Some((name, after)) = named.split_once('}') else {
            return Err("has a `{` without a `}`".to_owned());
        };
        if !before.is_empty() {
            parts.push(Part::Words(before.to_owned()));
        }
        parts.push(match name.strip_prefix(FACTS) {
            Some(fact) => Part::Fact(fact.to_owned()),
            None => Part::Parameter(name.to_owned()),
        });
        rest = after;
    }
    if !rest.is_empty() {
        parts.push(Part::Words(rest.to_owned()));
    }
    Ok(parts)
}

/// A value as people read it: on one line, without characters that do not show themselves.
fn shown(value: Option<&Json>) -> String {
    match value {
        None | Some(Json::Null) => "—".to_owned(),
        Some(Json::Bool(true)) => "yes".to_owned(),
        Some(Json::Bool(false)) => "no".to_owned(),
        Some(Json::Number(number)) => number.to_string(),
        Some(Json::String(text)) => {
            text.chars().map(|letter| if is_hidden(letter) { '\u{fffd}' } else { letter }).collect()
        }
        Some(Json::Array(values)) => {
            let shown: Vec<String> = values.iter().map(|value| shown(Some(value))).collect();
            if shown.is_empty() { "—".to_owned() } else { shown.join(", ") }
        }
        Some(Json::Object(members)) => match money(members) {
            Some(money) => amount(&money),
            None => {
                let mut said = String::new();
                for (nth, value) in members.values().enumerate() {
                    let _ = write!(said, "{}{}", if nth == 0 { "" } else { ", " }, shown(Some(value)));
                }
                said
            }
        },
    }
}

/// An amount, where an object is one: its currency is one of ISO 4217.
pub(super) fn money(members: &Map<String, Json>) -> Option<Money> {
    let (minor, currency) = (members.get("minor")?.as_i64()?, members.get("currency")?.as_str()?);
    (members.len() == 2 && is_currency(currency)).then(|| Money { minor, currency: currency.to_owned() })
}
