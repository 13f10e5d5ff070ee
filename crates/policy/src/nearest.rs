//! Why no policy permits a candidate a case: the permit that comes nearest, and what of its conditions does not hold.

use crate::{
    attributes::AGE_HOURS,
    bundle::Bundle,
    deep_stack::deep,
    expressions::{asked_for, attribute},
    reference::Reference,
    rule::Rule,
    scope::{admits_action, admits_principal, candidate_uid, uid},
};
use cedar_policy::{Authorizer, Decision, Entities, Policy, PolicySet, Request};
use remit_domain::{
    decision::{CandidateFacts, PolicyEffect, PolicyNote},
    id::PolicyId,
    signal::Signals,
    source::DEFAULT_SOURCE,
};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The permit that comes nearest to permitting a candidate a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nearest {
    /// Which.
    pub policy: PolicyId,
    /// Whose it is, and why it is there.
    pub note: PolicyNote,
    /// The first of its conditions that does not hold, in Cedar.
    pub fails: String,
    /// How many more do not hold.
    pub more: usize,
    /// The signals, fields and facts that it looks at, each with what it is: its value, unless it is personal.
    pub seen: Vec<(String, String)>,
}

/// The permits of a bundle, each to be taken apart.
#[derive(Debug)]
pub struct Permits<'b> {
    bundle: &'b Bundle,
    reference: Reference,
}

impl<'b> Permits<'b> {
    /// Those of `bundle`.
    pub fn of(bundle: &'b Bundle) -> Self {
        deep(|| Self { bundle, reference: Reference::new(bundle) })
    }

    /// The permit of which the fewest conditions do not hold for this candidate; none where no permit is about it, or
    /// one applies.
    pub fn nearest(&self, signals: &Signals, facts: &CandidateFacts) -> Option<Nearest> {
        deep(|| self.of_all(signals, facts))
    }

    fn of_all(&self, signals: &Signals, facts: &CandidateFacts) -> Option<Nearest> {
        let (request, entities) = self.reference.request(signals, facts)?;
        let (principal, handle) = (candidate_uid(facts.kind, facts.responder.as_str()), uid("Action", "handle"));
        let about = |rule: &&Rule| {
            rule.note.effect == PolicyEffect::Permit
                && admits_action(rule, &handle)
                && admits_principal(rule, &principal)
        };
        let failing = self.bundle.rules.iter().filter(about).map(|rule| (rule, failing(rule, &request, &entities)));
        let (rule, failing) = failing.min_by_key(|(_, failing)| failing.len())?;
        let (first, rest) = failing.split_first()?;
        Some(Nearest {
            policy: rule.id.clone(),
            note: rule.note.clone(),
            fails: in_words(first)?,
            more: rest.len(),
            seen: read_by(first).into_iter().filter_map(|name| self.is(&name, signals).map(|is| (name, is))).collect(),
        })
    }
}

impl Permits<'_> {
    /// What a signal, field or fact is, in a few words; nothing where there is none of this name.
    fn is(&self, name: &str, signals: &Signals) -> Option<String> {
        let attribute = self.bundle.attributes.iter().find(|spec| spec.name.as_str() == name);
        Some(match (attribute, signals.get(name)) {
            (Some(_), None) => "not there".to_owned(),
            (Some(_), Some(reading)) if name.ends_with(AGE_HOURS) && reading.source == DEFAULT_SOURCE => {
                "not known".to_owned()
            }
            (Some(spec), Some(_)) if spec.personal => "there, and personal".to_owned(),
            (_, reading) => reading?.value.to_string(),
        })
    }
}

/// The conditions of a policy that do not hold, each as Cedar's JSON has it.
fn failing(rule: &Rule, request: &Request, entities: &Entities) -> Vec<Value> {
    let Some(policy) = rule.json() else { return Vec::new() };
    let conditions = policy.get("conditions").and_then(Value::as_array).into_iter().flatten();
    let mut parts = Vec::new();
    for condition in conditions {
        let Some(body) = condition.get("body") else { continue };
        match condition.get("kind").and_then(Value::as_str) {
            Some("unless") => parts.push(json!({ "!": { "arg": body } })),
            _ => conjuncts(body, &mut parts),
        }
    }
    parts.retain(|part| !holds(part, request, entities));
    parts
}

/// Adds what must hold of an expression, one by one.
fn conjuncts(body: &Value, parts: &mut Vec<Value>) {
    match (body.pointer("/&&/left"), body.pointer("/&&/right")) {
        (Some(left), Some(right)) => {
            conjuncts(left, parts);
            conjuncts(right, parts);
        }
        _ => parts.push(body.clone()),
    }
}

/// A policy that permits everybody everything where this holds.
fn alone(part: &Value) -> Option<Policy> {
    let any = json!({ "op": "All" });
    let conditions = json!([{ "kind": "when", "body": part }]);
    let policy =
        json!({ "effect": "permit", "principal": any, "action": any, "resource": any, "conditions": conditions });
    Policy::from_json(None, policy).ok()
}

fn holds(part: &Value, request: &Request, entities: &Entities) -> bool {
    let set = alone(part).and_then(|policy| PolicySet::from_policies([policy]).ok());
    set.is_some_and(|set| Authorizer::new().is_authorized(request, &set, entities).decision() == Decision::Allow)
}

/// An expression as people write it.
fn in_words(part: &Value) -> Option<String> {
    let text = alone(part)?.to_cedar()?;
    let (_, body) = text.split_once("when {")?;
    let body = body.trim().trim_end_matches(';').trim_end_matches('}');
    Some(compared(&dotted(&body.split_whitespace().collect::<Vec<_>>().join(" "))))
}

/// `context["topic"]` as `context.topic`, and `(x)` around what needs none as `x`.
fn dotted(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("[\"") {
        let plain = |name: &&str| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        out.push_str(before);
        match after.split_once("\"]") {
            Some((name, after)) if plain(&name) => {
                out.push('.');
                out.push_str(name);
                rest = after;
            }
            _ => {
                out.push_str("[\"");
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

/// `a >= b` where Cedar writes `!(a < b)`, and `a > b` for `!(a <= b)`.
fn compared(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("!(") {
        out.push_str(before);
        let inner = after.split_once(')').filter(|(inner, _)| !inner.contains(['(', '&', '|']));
        let turned = inner.and_then(|(inner, after)| {
            let (one, other, sign) = match (inner.split_once(" < "), inner.split_once(" <= ")) {
                (Some((one, other)), _) => (one, other, ">="),
                (None, Some((one, other))) => (one, other, ">"),
                (None, None) => return None,
            };
            Some((format!("{one} {sign} {other}"), after))
        });
        match turned {
            Some((turned, after)) => {
                out.push_str(&turned);
                rest = after;
            }
            None => {
                out.push_str("!(");
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

/// The signals, fields and facts that an expression looks at, or asks whether they are there.
fn read_by(part: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut left = vec![part];
    while let Some(value) = left.pop() {
        match value {
            Value::Array(all) => left.extend(all),
            Value::Object(members) => {
                let read = attribute(members).filter(|(of, _)| *of == "context").map(|(_, name)| name);
                let has = value.get("has").filter(|has| has.pointer("/left/Var").is_some_and(|of| of == "context"));
                let has = || has?.get("attr")?.as_str().map(ToOwned::to_owned);
                match read.or_else(|| asked_for(members)).or_else(has) {
                    Some(name) => drop(found.insert(name)),
                    None => left.extend(members.values()),
                }
            }
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comparisons_are_told_as_they_were_written() {
        assert_eq!(compared("(!(context.a < 7)) && (!(context.b <= 1))"), "(context.a >= 7) && (context.b > 1)");
        assert_eq!(compared("!(f(x) < 2) || !(a == b)"), "!(f(x) < 2) || !(a == b)");
    }

    #[test]
    fn conditions_are_told_as_people_write_them() {
        let text = "permit (principal, action, resource) when { context.a == 1 && (context.b || context[\"c d\"]) } \
                    unless { context has e };";
        let policy: Policy = text.parse().unwrap();
        let policy = policy.to_json().unwrap();
        let mut parts = Vec::new();
        conjuncts(policy.pointer("/conditions/0/body").unwrap(), &mut parts);
        let told: Vec<String> = parts.iter().filter_map(in_words).collect();
        assert_eq!(told.len(), 2);
        assert!(told[0].contains("context.a") && told[0].contains("== 1"), "{told:?}");
        assert!(told[1].contains("context.b") && told[1].contains("||"), "{told:?}");
        let seen: Vec<String> = parts.iter().flat_map(read_by).collect();
        assert_eq!(seen, ["a", "b", "c d"]);
    }
}
