//! Reads `[[field]]` and `[[fact]]` into what the bundle declares of them, and says by line what is wrong.

use super::{field::FieldSpec, parts::MANIFEST};
use crate::{
    attributes::{AGE_HOURS, IN_HOURS, seen_as},
    finding::{Fault, Finding},
    manifest::{Field, SeenBy},
    places::{Places, TomlPath},
};
use remit_domain::{field::FieldKind, id::FieldName, source};
use std::collections::BTreeSet;

/// Fields, or facts, that a bundle may declare.
const DECLARED_MAX: usize = 64;
/// Longest name, in bytes, so that what is made of it is a name too.
const NAME_MAX: usize = 40;
/// Characters of a text, at most, where the bundle says nothing.
const TEXT_USUAL: u32 = 256;
/// Characters of a reference, at most, where the bundle says nothing.
const REFERENCE_USUAL: u32 = 64;
/// Characters of a text, at most, whatever the bundle says.
const TEXT_MAX: u32 = 4_096;
/// Names of a list, at most, where the bundle says nothing.
const ITEMS_USUAL: u32 = 32;
/// Names of a list, at most, whatever the bundle says.
const ITEMS_MAX: u32 = 256;
/// Words of Cedar, which are no attributes.
const RESERVED: [&str; 9] = ["in", "has", "like", "is", "if", "then", "else", "true", "false"];
/// Who sets fields beside integrations.
pub(super) const OWN_SOURCES: [&str; 3] = ["staff", "ai", ENRICHMENT];
/// The source of what is told before the first decision.
pub(super) const ENRICHMENT: &str = "enrichment";

/// Which of the two is declared.
#[derive(Clone, Copy)]
pub(super) enum Of {
    /// `[[field]]`: of cases.
    Field,
    /// `[[fact]]`: of customers.
    Fact,
}

impl Of {
    fn word(self) -> &'static str {
        match self {
            Self::Field => "field",
            Self::Fact => "fact",
        }
    }
}

/// What is declared, in the bundle's order; what is wrong is left out.
pub(super) fn read(places: &Places<'_>, declared: &[Field], of: Of, findings: &mut Vec<Finding>) -> Vec<FieldSpec> {
    // What policies say of one that is wrong follows from that.
    let mut wrong = |place: TomlPath, message: String, cure: &str, of: Option<&str>| {
        let finding = Finding::new(MANIFEST, places.line(&place), message, cure);
        findings.push(match of {
            Some(name) => finding.is(Fault::Signal(name.to_owned())),
            None => finding,
        });
    };
    let word = of.word();
    if declared.len() > DECLARED_MAX {
        wrong(
            TomlPath::key(word),
            format!("there are {} [[{word}]]s, more than {DECLARED_MAX}", declared.len()),
            "declare fewer",
            None,
        );
    }
    let mut specs: Vec<FieldSpec> = Vec::new();
    let mut seen = BTreeSet::new();
    for (at, field) in declared.iter().enumerate() {
        let mut tell = |message: &str, cure: &str| {
            wrong(
                TomlPath::entry(word, at).then("name"),
                format!("{word} `{}` {message}", field.name),
                cure,
                Some(&field.name),
            );
        };
        if let Some(spec) = spec(field, of, &mut tell) {
            let taken = match of {
                Of::Field => vec![spec.name.to_string(), seen_as(&spec)],
                Of::Fact => vec![spec.name.to_string(), seen_as(&spec), format!("{}{AGE_HOURS}", spec.name)],
            };
            let taken: BTreeSet<String> = taken.into_iter().collect();
            if taken.iter().any(|name| seen.contains(name)) {
                tell("has the name of another, or of what policies see of another", "rename it");
            }
            seen.extend(taken);
            specs.push(spec);
        }
    }
    specs
}

fn spec(field: &Field, of: Of, tell: &mut dyn FnMut(&str, &str)) -> Option<FieldSpec> {
    let plain = field.name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    let name = FieldName::new(&field.name).ok().filter(|_| plain && field.name.len() <= NAME_MAX);
    if name.is_none() || RESERVED.contains(&field.name.as_str()) {
        tell(
            "has a name that policies cannot write",
            "use a letter, then up to 39 of a-z 0-9 _, and no word of Cedar's such as `in` or `like`",
        );
    }
    let name = name?;
    if field.name.ends_with(IN_HOURS) || field.name.ends_with(AGE_HOURS) {
        tell("ends as what policies see of date-times and ages", "rename it");
    }
    let kind = field.kind;
    let numbers = matches!(kind, FieldKind::Number | FieldKind::Money);
    let words = matches!(kind, FieldKind::Text | FieldKind::Reference | FieldKind::List);
    for (is_named, fits, key, of) in [
        (field.min.is_some() || field.max.is_some(), numbers, "min` or `max", "`number` and `money`"),
        (field.max_length.is_some(), words, "max_length", "`text`, `reference` and `list`"),
        (field.max_items.is_some(), kind == FieldKind::List, "max_items", "`list`"),
        (field.values.is_some(), matches!(kind, FieldKind::Text | FieldKind::List), "values", "`text` and `list`"),
    ] {
        if is_named && !fits {
            tell(&format!("has `{key}`, which is for the types {of}"), "leave it out");
        }
    }
    if field.seen_by.contains(&SeenBy::Nobody) && field.seen_by.len() > 1 {
        tell("is seen by nobody and by somebody", "name `nobody` alone, or leave it out");
    }
    if field.find == Some(true) && matches!(of, Of::Fact) {
        tell("has `find`, which is for fields of cases", "leave it out");
    }
    if field.carried.is_some() && matches!(of, Of::Fact) {
        tell("has `carried`, which is for fields of cases", "leave it out");
    }
    if field.due && (kind != FieldKind::DateTime || field.personal || matches!(of, Of::Fact)) {
        tell(
            "has `due`, which is for fields of cases that are date-times and not personal",
            "write `type = \"date_time\"` and `personal = false`, or leave `due` out",
        );
    }
    let usual = if kind == FieldKind::Reference { REFERENCE_USUAL } else { TEXT_USUAL };
    let (length, items) = (field.max_length.unwrap_or(usual), field.max_items.unwrap_or(ITEMS_USUAL));
    if length == 0 || length > TEXT_MAX || items == 0 || items > ITEMS_MAX {
        tell(
            "has bounds that nothing fits, or that are too wide",
            "`max_length` is from 1 to 4096, and `max_items` from 1 to 256",
        );
    }
    let (min, max) = (field.min.unwrap_or(i64::MIN), field.max.unwrap_or(i64::MAX));
    if min > max {
        tell("has a `min` above its `max`", "exchange them");
    }
    for named in field.sources.iter().flatten() {
        if !OWN_SOURCES.contains(&named.as_str())
            && let Err(error) = source::check(named)
        {
            tell(&format!("names the source {named:?}, which {error}"), "change `sources`");
        }
    }
    let mut spec = FieldSpec {
        title: field.title.clone().unwrap_or_else(|| field.name.replace('_', " ")),
        kind,
        personal: field.personal,
        seen_by_staff: field.seen_by.contains(&SeenBy::Staff),
        seen_by_ai: field.seen_by.contains(&SeenBy::Ai),
        seen_by_policies: field.seen_by.contains(&SeenBy::Policies),
        is_due: field.due,
        is_found: matches!(of, Of::Field) && field.find.unwrap_or(kind == FieldKind::Reference),
        is_carried: matches!(of, Of::Field) && field.carried.unwrap_or(true),
        sources: field.sources.clone().unwrap_or_default(),
        default: None,
        min,
        max,
        max_length: length as usize,
        max_items: items as usize,
        values: Vec::new(),
        name,
    };
    if let Some(values) = &field.values {
        if values.is_empty() || values.iter().any(|value| spec.text(value).is_none_or(|text| text != *value)) {
            tell("lists `values` of which there is none, or one that does not fit its bounds", "correct them");
        }
        spec.values.clone_from(values);
    }
    if let Some(default) = &field.default {
        let json = serde_json::to_value(default).unwrap_or_default();
        match spec.read(&json) {
            Ok(_) if kind == FieldKind::DateTime => {
                tell("is a date-time, which has no `default`", "leave it out");
            }
            Ok(held) => spec.default = Some(held.value),
            Err(error) => tell(&format!("has a default that does not fit: {error}"), "change `default`"),
        }
    }
    Some(spec)
}

/// The class of value that a customer has where it is a fact: its name must be one of a text.
pub(super) fn is_class(facts: &[FieldSpec], signal: &str) -> bool {
    let fact = signal.strip_prefix("customer.");
    fact.is_some_and(|name| {
        let known = |spec: &&FieldSpec| spec.name.as_str() == name && spec.seen_by_policies;
        facts.iter().find(known).is_some_and(|spec| matches!(spec.kind, FieldKind::Text | FieldKind::Reference))
    })
}
