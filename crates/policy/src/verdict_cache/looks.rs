//! What a policy's conditions look at, and how: by name, by comparing with literals, or as a whole.

use super::reads::{Cuts, Loose, Reads};
use crate::{
    attributes::{CUSTOMER, FIELDS},
    candidate_attributes::LANGUAGE_LEVEL,
    expressions::{Texts, asked_for, attribute, comparison, named_texts},
    manifest::SignalKind,
};
use serde_json::{Map, Value as Json};
use std::collections::{BTreeMap, BTreeSet};

/// Attributes of the principal that are no numbers: those that never change, and truths.
const STEADY: [&str; 8] =
    ["topics", "languages", "skills", "open", "yielded", "stopped", "had_before", "served_before"];

/// Operators that look at which entity something is, and at none of its attributes.
const OF_ENTITIES: [&str; 4] = ["==", "!=", "in", "is"];

/// What conditions look at.
#[derive(Debug, Default)]
pub(super) struct Looks {
    pub(super) principal: bool,
    /// Attributes of the principal and of the context by name.
    facts: BTreeSet<String>,
    pub(super) signals: BTreeSet<String>,
    /// Those of both that are compared with literals, each with its literals.
    fact_cuts: BTreeMap<String, Cuts>,
    pub(super) signal_cuts: BTreeMap<String, Cuts>,
    pub(super) signal_texts: BTreeMap<String, Texts>,
    /// Literals that stand elsewhere than beside an attribute.
    pub(super) loose: Loose,
    /// The context in another way than by an attribute's name.
    whole_context: bool,
    /// The principal in another way than by an attribute's name, or by which entity it is.
    whole_principal: bool,
}

impl Looks {
    /// Walks a condition in Cedar's JSON form.
    pub(super) fn at(&mut self, json: &Json) {
        match json {
            Json::Object(map) => {
                if let Some((variable, attribute, literal)) = comparison(map) {
                    let cuts = match variable {
                        "principal" => {
                            self.principal = true;
                            &mut self.fact_cuts
                        }
                        _ => &mut self.signal_cuts,
                    };
                    cuts.entry(attribute).or_default().insert(literal);
                    return;
                }
                if let Some((attribute, literals)) = named_texts(map) {
                    self.signal_texts.entry(attribute).or_default().extend(literals);
                    return;
                }
                if let Some(attribute) = asked_for(map) {
                    self.signal_cuts.entry(attribute).or_default();
                    return;
                }
                if let Some((variable, attribute)) = attribute(map) {
                    match variable {
                        "context" => drop(self.signals.insert(attribute)),
                        "principal" => {
                            self.principal = true;
                            self.facts.insert(attribute);
                        }
                        // The action and the case of a question are always the same.
                        _ => {}
                    }
                    return;
                }
                if asks_for_record(map) {
                    return;
                }
                if let Some(rest) = beside_principal(map) {
                    self.principal = true;
                    rest.iter().for_each(|side| self.at(side));
                    return;
                }
                match map.get("Value") {
                    Some(Json::Number(number)) => self.loose.numbers.extend(number.as_i64()),
                    Some(Json::String(text)) => drop(self.loose.texts.insert(text.into())),
                    _ => {}
                }
                match map.get("Var").and_then(Json::as_str) {
                    Some("principal") => (self.principal, self.whole_principal) = (true, true),
                    Some("context") => self.whole_context = true,
                    _ => {}
                }
                map.values().for_each(|value| self.at(value));
            }
            Json::Array(items) => items.iter().for_each(|item| self.at(item)),
            _ => {}
        }
    }

    /// The records of fields and facts that are looked at otherwise than by the name of what is in them.
    pub(super) fn records(&self) -> BTreeSet<&'static str> {
        [FIELDS, CUSTOMER].into_iter().filter(|record| self.whole_context || self.signals.contains(*record)).collect()
    }

    /// The places of the signals that are read by name; none if the context is looked at as a whole.
    pub(super) fn places(&self, kinds: &[(String, SignalKind)]) -> Option<BTreeSet<usize>> {
        if self.whole_context {
            return None;
        }
        let named = self.signals.iter().chain(self.signal_cuts.keys()).chain(self.signal_texts.keys());
        named.map(|name| place_of(name, kinds)).collect()
    }

    pub(super) fn steady(&self, kinds: &[(String, SignalKind)]) -> Option<Reads> {
        if self.whole_context || self.whole_principal {
            return None;
        }
        let mut reads = Reads::default();
        for name in &self.signals {
            let at = place_of(name, kinds)?;
            if kinds.get(at).is_none_or(|(_, kind)| !matches!(kind, SignalKind::Bool | SignalKind::Name)) {
                return None;
            }
            reads.signals.insert(at, Cuts::new());
        }
        for (name, cuts) in &self.signal_cuts {
            reads.signals.entry(place_of(name, kinds)?).or_default().extend(cuts);
        }
        for (name, texts) in &self.signal_texts {
            let at = place_of(name, kinds)?;
            reads.signals.entry(at).or_default();
            reads.texts.entry(at).or_default().extend(texts.iter().cloned());
        }
        for at in reads.signals.keys() {
            if kinds.get(*at).is_some_and(|(_, kind)| matches!(kind, SignalKind::Text | SignalKind::List)) {
                reads.texts.entry(*at).or_default();
            }
        }
        for name in &self.facts {
            if !STEADY.contains(&name.as_str()) {
                return None;
            }
        }
        for (name, cuts) in &self.fact_cuts {
            let known = match &**name {
                "depth" => &mut reads.depth,
                "expected_wait_ms" => &mut reads.expected_wait_ms,
                "sla_risk_bp" => &mut reads.sla_risk_bp,
                "hour" => &mut reads.hour,
                "weekday" => &mut reads.weekday,
                "date" => &mut reads.date,
                LANGUAGE_LEVEL => &mut reads.language_level,
                _ => return None,
            };
            known.extend(cuts);
        }
        Some(reads)
    }
}

fn place_of(name: &str, kinds: &[(String, SignalKind)]) -> Option<usize> {
    kinds.iter().position(|(known, _)| known == name)
}

/// Whether this asks for a record of fields or facts in the context: that is always so, or never, under a bundle.
fn asks_for_record(expression: &Map<String, Json>) -> bool {
    let Some(has) = expression.get("has") else { return false };
    let name = has.get("attr").and_then(Json::as_str);
    is_variable(has.get("left"), "context") && name.is_some_and(|name| [FIELDS, CUSTOMER].contains(&name))
}

/// What stands beside the principal where this looks at which entity it is.
fn beside_principal(expression: &Map<String, Json>) -> Option<Vec<&Json>> {
    let sides = OF_ENTITIES.iter().find_map(|operator| expression.get(*operator))?.as_object()?;
    let sides: Vec<&Json> = sides.values().collect();
    let is_principal = |side: &&Json| is_variable(Some(side), "principal");
    sides.iter().any(is_principal).then(|| sides.into_iter().filter(|side| !is_principal(side)).collect())
}

fn is_variable(expression: Option<&Json>, name: &str) -> bool {
    expression.and_then(|expression| expression.get("Var")).and_then(Json::as_str) == Some(name)
}
