//! Finds comparisons that can come out in one way only, since the two sides are entities of different types: a topic is
//! never an intent. Cedar's strict validation tells of them where they make a whole policy impossible, and is silent
//! where they stand beside something else, as under `||`; so it is of responders that the bundle does not have, of
//! attributes that nothing has, and of types that nothing there is.

mod types;

use crate::{
    cedar::SchemaVocabulary,
    cedar_places::line_with,
    files::Files,
    finding::{Fault, Finding},
    rule::Rule,
};
use serde_json::Value as Json;
use types::{Scope, Type, Types};

/// Adds a finding for each part of the conditions of `rules` that comes out in one way only: comparisons of what is
/// never of one type, responders that are not among `responders`, and attributes and types that nothing there has.
pub(crate) fn lint<'a>(
    files: &Files,
    vocabulary: &SchemaVocabulary,
    rules: impl Iterator<Item = &'a Rule>,
    responders: &[&str],
    findings: &mut Vec<Finding>,
) {
    let Some(types) = Types::read(&vocabulary.declared) else { return };
    for rule in rules {
        let Some(policy) = rule.json() else { continue };
        let scope = types.scope(policy);
        let Some(conditions) = policy.get("conditions") else { continue };
        findings.extend(compared(&types, &scope, conditions).iter().map(|wrong| wrong.finding(rule, files)));
        let named = Named { types: &types, scope: &scope, responders };
        findings.extend(named.wrong(conditions).iter().map(|wrong| wrong.finding(rule, files)));
    }
}

/// What conditions may name.
struct Named<'a> {
    types: &'a Types,
    scope: &'a Scope,
    responders: &'a [&'a str],
}

/// Something that conditions name and that is not there.
struct Missing {
    message: String,
    cure: String,
    /// What stands on its line.
    text: String,
    /// From which it follows, where that is found.
    fault: Option<Fault>,
}

impl Missing {
    fn finding(&self, rule: &Rule, files: &Files) -> Finding {
        let message = format!("policy `{}` {}", rule.id, self.message);
        let line = line_with(rule, files, &[&self.text]).unwrap_or(rule.line);
        let finding = Finding::new(&rule.file, line, message, self.cure.as_str());
        match &self.fault {
            Some(fault) => finding.follows(fault.clone()),
            None => finding,
        }
    }
}

impl Named<'_> {
    /// Walks conditions in Cedar's JSON form, without calling itself.
    fn wrong(&self, conditions: &Json) -> Vec<Missing> {
        let (mut wrong, mut open) = (Vec::new(), vec![conditions]);
        while let Some(json) = open.pop() {
            match json {
                Json::Object(map) => {
                    wrong.extend(self.responder(json));
                    for (operator, of) in map {
                        wrong.extend(match operator.as_str() {
                            "has" => self.attribute(of),
                            "is" => self.kind(of),
                            _ => None,
                        });
                    }
                    open.extend(map.values());
                }
                Json::Array(items) => open.extend(items.iter().rev()),
                _ => {}
            }
        }
        wrong
    }

    fn responder(&self, expression: &Json) -> Option<Missing> {
        let (kind, id) = types::literal(expression)?;
        if !matches!(kind, "Ai" | "Queue") || self.responders.contains(&id) {
            return None;
        }
        let text = format!("{kind}::{id:?}");
        let message = format!("names `{text}`, which the bundle does not have");
        let cure = format!("name one of {}", self.responders.join(", "));
        Some(Missing { message, cure, text, fault: Some(Fault::Responder(id.to_owned())) })
    }

    fn attribute(&self, of: &Json) -> Option<Missing> {
        let (left, name) = (of.get("left")?, of.get("attr")?.as_str()?);
        let known = self.types.attributes(&self.types.of(self.scope, left))?;
        if known.contains(name) {
            return None;
        }
        let left = written(left);
        let message = format!("asks whether `{left}` has `{name}`, which nothing there has");
        let cure = match known.is_empty() {
            true => "take it out".to_owned(),
            false => format!("ask for one of {}", known.into_iter().collect::<Vec<_>>().join(", ")),
        };
        let fault = Some(Fault::Signal(name.to_owned()));
        Some(Missing { message, cure, text: format!("has {name}"), fault })
    }

    fn kind(&self, of: &Json) -> Option<Missing> {
        let (left, kind) = (of.get("left")?, of.get("entity_type")?.as_str()?);
        let Type::Entity(can_be) = self.types.of(self.scope, left) else { return None };
        if can_be.is_empty() || can_be.contains(kind) {
            return None;
        }
        let (left, is) = (written(left), can_be.into_iter().collect::<Vec<_>>().join(" or "));
        let message = format!("asks whether `{left}` is a {kind}, and it is always a {is}");
        Some(Missing {
            message,
            cure: "take it out, or ask it of something else".to_owned(),
            text: format!("is {kind}"),
            fault: None,
        })
    }
}

/// A comparison whose sides are never of one type, as it is written.
#[derive(Debug)]
struct Wrong {
    left: (String, String),
    right: (String, String),
    cure: String,
}

impl Wrong {
    fn finding(&self, rule: &Rule, files: &Files) -> Finding {
        let ((left, left_type), (right, right_type)) = (&self.left, &self.right);
        let message = format!(
            "policy `{}` compares `{left}`, which is of type {left_type}, with `{right}`, which is of type \
             {right_type}: one is never the other",
            rule.id
        );
        Finding::new(&rule.file, self.line(rule, files), message, self.cure.as_str())
    }

    /// The line on which the comparison stands, as far as its text tells; else the policy's.
    fn line(&self, rule: &Rule, files: &Files) -> usize {
        let holding = |sides: &[&str]| line_with(rule, files, sides);
        // What is too long to be told is left out of the text.
        let both = [self.left.0.trim_matches('…'), self.right.0.trim_matches('…')];
        holding(&both).or_else(|| holding(&[&self.right.0])).unwrap_or(rule.line)
    }
}

/// Walks conditions in Cedar's JSON form, without calling itself, and gives the comparisons that are wrong.
fn compared(types: &Types, scope: &Scope, conditions: &Json) -> Vec<Wrong> {
    let (mut wrong, mut open) = (Vec::new(), vec![conditions]);
    while let Some(json) = open.pop() {
        match json {
            Json::Object(map) => {
                for (operator, sides) in map {
                    if let (Some(left), Some(right)) = (sides.get("left"), sides.get("right")) {
                        wrong.extend(compare(types, scope, operator, left, right));
                    }
                }
                open.extend(map.values());
            }
            Json::Array(items) => open.extend(items.iter().rev()),
            _ => {}
        }
    }
    wrong
}

/// What is wrong with one comparison. In a set that is written out each of its members is looked at.
fn compare(types: &Types, scope: &Scope, operator: &str, left: &Json, right: &Json) -> Vec<Wrong> {
    let members = |side: &'_ Json| side.get("Set").and_then(Json::as_array).cloned();
    let each = |one: &Json, many: &Json, of: &dyn Fn(Type) -> Type| -> Vec<Wrong> {
        let one_type = of(types.of(scope, one));
        match members(many) {
            Some(written) => written
                .iter()
                .filter_map(|member| differ(types, one, &one_type, member, &types.of(scope, member)))
                .collect(),
            None => differ(types, one, &one_type, many, &element(types.of(scope, many))).into_iter().collect(),
        }
    };
    match operator {
        "==" | "!=" => {
            differ(types, left, &types.of(scope, left), right, &types.of(scope, right)).into_iter().collect()
        }
        "contains" => each(right, left, &|member| member),
        "containsAll" | "containsAny" if members(right).is_some() => each(left, right, &element),
        "containsAll" | "containsAny" => each(right, left, &element),
        // An entity is also in what it is a member of.
        "in" => each(left, right, &|member| types.with_ancestors(member)),
        _ => Vec::new(),
    }
}

/// What the members of a set are; an entity stands for a set of itself alone.
fn element(of: Type) -> Type {
    match of {
        Type::Set(element) => *element,
        other => other,
    }
}

/// That two sides can never be of one type, if so.
fn differ(types: &Types, left: &Json, left_type: &Type, right: &Json, right_type: &Type) -> Option<Wrong> {
    let apart = left_type.apart(right_type)?;
    let (left, right) = ((written(left), apart.0), (written(right), apart.1));
    let cure = match types.in_context(&right.1) {
        Some(name) => format!("compare `context.{name}` with it, or write a value of {}", left.1),
        None => format!("write a value of {}, or compare something of type {} with it", left.1, right.1),
    };
    Some(Wrong { left, right, cure })
}

/// An expression in Cedar's JSON form as it is written, where it is short.
fn written(expression: &Json) -> String {
    let mut names = Vec::new();
    let mut rest = expression;
    while let Some(access) = rest.get(".") {
        names.push(access.get("attr").and_then(Json::as_str).unwrap_or_default());
        rest = access.get("left").unwrap_or(&Json::Null);
    }
    if let Some(variable) = rest.get("Var").and_then(Json::as_str) {
        names.push(variable);
        names.reverse();
        return names.join(".");
    }
    match types::literal(rest) {
        Some((kind, id)) if names.is_empty() => format!("{kind}::{id:?}"),
        _ => "…".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bundle::Bundle;
    use std::path::Path;

    /// What is said of the sample bank with these lines added to a file; the lines are numbered from those.
    fn said(file: &str, added: &str) -> Vec<(usize, String)> {
        let bank = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../bundles/bank");
        let files = Files::read(&bank).unwrap();
        let text = String::from_utf8(files.get(file).unwrap().to_vec()).unwrap();
        let before = text.lines().count();
        match Bundle::load(files.with(file, (text + added).into_bytes())) {
            Ok(_) => Vec::new(),
            Err(findings) => findings
                .into_iter()
                .inspect(|finding| assert_eq!(finding.file, file, "{finding}"))
                .map(|finding| (finding.line - before, format!("{} cure: {}", finding.message, finding.cure)))
                .collect(),
        }
    }

    fn policy(kind: &str, condition: &str) -> String {
        format!(
            "@id(\"x\")\n@owner(\"risk\")\n@reason(\"r\")\npermit (principal is {kind}, action == Action::\"handle\", \
             resource)\n{condition};\n"
        )
    }

    #[test]
    fn what_nothing_has_and_nobody_is_called_is_found_in_conditions_too() {
        let or = "|| context.wants_human";
        for (condition, told) in [
            (format!("when {{ principal == Queue::\"generl\" {or} }}"), "names `Queue::\"generl\"`"),
            (
                format!("when {{ [Queue::\"care\", Queue::\"generl\"].contains(principal) {or} }}"),
                "names `Queue::\"generl\"`",
            ),
            (format!("when {{ context has intnt {or} }}"), "asks whether `context` has `intnt`"),
            (format!("when {{ context.intent is Topic {or} }}"), "asks whether `context.intent` is a Topic"),
            (format!("when {{ principal is Ai {or} }}"), "it is always a Queue"),
        ] {
            let found = said("policies/queues.cedar", &policy("Queue", &condition));
            assert!(found.iter().any(|(line, finding)| *line == 5 && finding.contains(told)), "{condition}: {found:?}");
        }
        let fine = "when { principal == Queue::\"care\" || context has intent || principal is Queue \
                    || context.intent is Intent }";
        assert_eq!(said("policies/queues.cedar", &policy("Queue", fine)), []);
    }

    #[test]
    fn a_value_of_another_type_is_found_wherever_it_is_compared() {
        let or = "|| context.wants_human";
        for (condition, compares) in [
            (
                format!("when {{ context.intent == Topic::\"cards\" {or} }}"),
                "`context.intent`, which is of type Intent",
            ),
            (
                format!("when {{ Topic::\"cards\" == context.intent {or} }}"),
                "`context.intent`, which is of type Intent",
            ),
            (format!("when {{ context.intent != Topic::\"cards\" && (false {or}) }}"), "with `Topic::\"cards\"`"),
            (format!("unless {{ !(context.intent == Topic::\"cards\") {or} }}"), "with `Topic::\"cards\"`"),
            (format!("when {{ [Topic::\"cards\"].contains(context.intent) {or} }}"), "with `Topic::\"cards\"`"),
            (format!("when {{ context.intent in [Topic::\"cards\"] {or} }}"), "with `Topic::\"cards\"`"),
            (format!("when {{ principal.topics.contains(context.intent) {or} }}"), "`context.intent`"),
            (format!("when {{ principal.topics.containsAny([Intent::\"age_limit\"]) {or} }}"), "Intent::\"age_limit\""),
            (format!("when {{ principal.topics.containsAll([Intent::\"age_limit\"]) {or} }}"), "Intent::\"age_limit\""),
            (format!("when {{ principal.topics == [Intent::\"age_limit\"] {or} }}"), "of type Intent"),
            (
                format!("when {{ context.intent == context.topic {or} }}"),
                "with `context.topic`, which is of type Topic",
            ),
            (
                "when { if context.wants_human then context.intent == Topic::\"cards\" else true }".to_owned(),
                "`context.intent`",
            ),
            (
                "when { if context.wants_human then true else context.intent == Topic::\"cards\" }".to_owned(),
                "`context.intent`",
            ),
            (
                format!(
                    "when {{ (if context.wants_human then context.intent else Intent::\"age_limit\") == \
                     Topic::\"cards\" {or} }}"
                ),
                "of type Intent",
            ),
            (format!("when {{ principal == Queue::\"cards\" {or} }}"), "`principal`, which is of type Ai"),
        ] {
            for file in ["policies/safety.cedar", "invariants/promises.cedar"] {
                let found = said(file, &policy("Ai", &condition));
                let ours = found.iter().filter(|(_, message)| message.contains("one is never the other"));
                let ours: Vec<_> = ours.collect();
                assert_eq!(ours.len(), 1, "{file} {condition}: {found:?}");
                assert!(ours[0].1.contains(compares), "{condition}: {found:?}");
            }
        }
    }

    #[test]
    fn the_line_and_the_cure_are_told() {
        let added =
            policy("Ai", "when {\n  context.topic == Topic::\"cards\" ||\n  context.intent == Topic::\"cards\"\n}");
        let found = said("policies/safety.cedar", &added);
        assert_eq!(
            found,
            [(
                7,
                "policy `x` compares `context.intent`, which is of type Intent, with `Topic::\"cards\"`, which is of \
                 type Topic: one is never the other cure: compare `context.topic` with it, or write a value of Intent"
                    .to_owned()
            )]
        );
    }

    #[test]
    fn what_can_be_is_not_found() {
        for condition in [
            "when { context.topic == Topic::\"cards\" || context.intent == Intent::\"age_limit\" }",
            "when { [Topic::\"cards\", Topic::\"cash\"].contains(context.topic) }",
            "when { principal.topics.contains(context.topic) || principal.languages.contains(Language::\"en\") }",
            "when { principal.topics.containsAny([Topic::\"cards\"]) }",
            "when { context.topic in [Topic::\"cards\"] }",
            "when { principal == Ai::\"cards-ai\" || context.handoffs == 3 }",
        ] {
            assert_eq!(said("policies/safety.cedar", &policy("Ai", condition)), [], "{condition}");
        }
        // Both kinds of principal are meant.
        let both = "@id(\"x\")\n@owner(\"risk\")\n@reason(\"r\")\npermit (principal, action == Action::\"handle\", \
                    resource)\nwhen { principal == Ai::\"cards-ai\" || principal == Queue::\"cards\" };\n";
        assert_eq!(said("policies/safety.cedar", both), []);
    }

    #[test]
    fn a_number_or_a_text_compared_with_a_name_is_cedars_to_find() {
        for condition in [
            "context.handoffs == Topic::\"cards\"",
            "context.wants_human == Topic::\"cards\"",
            "context.topic == \"cards\"",
            "context.topic == 3",
        ] {
            let condition = format!("when {{ {condition} || context.wants_human }}");
            let found = said("policies/safety.cedar", &policy("Ai", &condition));
            assert_eq!(found.len(), 1, "{condition}: {found:?}");
        }
    }

    #[test]
    fn a_long_condition_ends_nothing() {
        // As long as one may be, on the little stack of a thread.
        let long = vec!["context.intent == Intent::\"age_limit\""; 360].join(" || ");
        let added = policy("Ai", &format!("when {{ {long} || context.intent == Topic::\"cards\" }}"));
        assert_eq!(said("policies/safety.cedar", &added).len(), 1);
    }
}
