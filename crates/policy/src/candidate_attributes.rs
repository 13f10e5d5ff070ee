//! What policies see of who could be given a case: the attributes of `Ai` and `Queue` that Remit knows, and which of
//! those that cost something to find out a bundle's schema asks for.

use crate::{
    cedar::SchemaVocabulary,
    files::Files,
    finding::{Finding, line_of},
};
use serde_json::Value as Json;

const SCHEMA: &str = "schema.cedarschema";
/// Attributes with the type of each.
const KNOWN: [(&str, &str); 15] = [
    ("topics", "Set"),
    ("languages", "Set"),
    ("skills", "Set"),
    ("open", "Bool"),
    ("yielded", "Bool"),
    ("stopped", "Bool"),
    ("depth", "Long"),
    ("expected_wait_ms", "Long"),
    ("sla_risk_bp", "Long"),
    ("hour", "Long"),
    ("weekday", "Long"),
    ("date", "Long"),
    ("had_before", "Bool"),
    ("served_before", "Bool"),
    (LANGUAGE_LEVEL, "Long"),
];
/// How well they speak the language of a case.
pub(crate) const LANGUAGE_LEVEL: &str = "language_level";
/// Those that the clock on the wall shows.
const LOCAL: [&str; 3] = ["hour", "weekday", "date"];

/// What of candidates a bundle's schema asks for beside what is always known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct WantedAttributes {
    /// What the clock shows where they work.
    pub local: bool,
    /// Whether they have had the case before.
    pub had_before: bool,
    /// Whether they had the customer's case before this one.
    pub served_before: bool,
    /// How well they speak its language.
    pub language_level: bool,
}

impl WantedAttributes {
    pub(crate) fn of(vocabulary: &SchemaVocabulary) -> Self {
        let declares = |name: &str| {
            ["Ai", "Queue"].iter().any(|kind| attributes(vocabulary, kind).any(|(declared, _)| declared == name))
        };
        Self {
            local: LOCAL.into_iter().any(declares),
            had_before: declares("had_before"),
            served_before: declares("served_before"),
            language_level: declares(LANGUAGE_LEVEL),
        }
    }
}

fn attributes<'a>(vocabulary: &'a SchemaVocabulary, kind: &str) -> impl Iterator<Item = (&'a str, &'a Json)> {
    // The root namespace has the empty name.
    let entity = vocabulary.declared.pointer(&format!("//entityTypes/{kind}/shape/attributes"));
    entity.and_then(Json::as_object).into_iter().flatten().map(|(name, of)| (name.as_str(), of))
}

/// Adds a finding for each attribute of `Ai` and `Queue` that nobody fills, or that is of another type.
pub(crate) fn lint(files: &Files, vocabulary: &SchemaVocabulary, findings: &mut Vec<Finding>) {
    let text = files.get(SCHEMA).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default();
    for kind in ["Ai", "Queue"] {
        for (name, of) in attributes(vocabulary, kind) {
            let known = KNOWN.iter().find(|(known, _)| *known == name);
            let declared = of.get("name").or_else(|| of.get("type")).and_then(Json::as_str).unwrap_or_default();
            let message = match known {
                _ if kind == "Ai" && name == "skills" => {
                    "the attribute `skills` of `Ai` is one that nothing ever fills: only queues have staff".to_owned()
                }
                Some((_, wanted)) if declared == *wanted || declared == format!("__cedar::{wanted}") => continue,
                Some((_, wanted)) => format!("the attribute `{name}` of `{kind}` is a {wanted}"),
                None => format!("the attribute `{name}` of `{kind}` is one that nothing ever fills"),
            };
            let cure = "docs/bundle.md lists what is known of who could be given a case; say the rest by signals";
            findings.push(Finding::new(SCHEMA, line_of(text, &format!("{name}:")), message, cure));
        }
    }
}
