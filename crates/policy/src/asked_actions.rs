//! Finds actions that policies name and that nobody is ever asked about: a misspelled one, or a group, whose
//! policy would never apply.

use crate::{
    actions::{ACT, API_ACTIONS, HANDLE, REQUEST},
    cedar::{BASELINE, SchemaVocabulary},
    cedar_places::line_with,
    files::Files,
    finding::Finding,
    manifest::Manifest,
    own_actions::OwnAction,
    rule::Rule,
};
use remit_signals::readings::nearest;
use serde_json::Value as Json;
use std::collections::BTreeSet;

/// The parts of a policy in Cedar's JSON form that can name an action.
const PARTS: [&str; 4] = ["principal", "action", "resource", "conditions"];

/// Adds a finding for each action that `rules` name and that is not asked of policy.
pub(crate) fn lint<'a>(
    files: &Files,
    vocabulary: &SchemaVocabulary,
    (manifest, own): (&Manifest, &[OwnAction]),
    rules: impl Iterator<Item = &'a Rule>,
    findings: &mut Vec<Finding>,
) {
    // Of `handle` it is told once that it is not declared.
    let act = vocabulary.actions.contains(ACT).then_some(ACT);
    let requested = manifest.actions.iter().filter(|action| action.is_requested()).map(|action| &*action.name);
    let group = requested.clone().next().map(|_| REQUEST);
    let requested = requested.chain(group).chain(own.iter().map(|action| &*action.name));
    let asked: Vec<&str> = API_ACTIONS.into_iter().chain([HANDLE]).chain(act).chain(requested).collect();
    for rule in rules.filter(|rule| rule.file != BASELINE) {
        let Some(policy) = rule.json() else { continue };
        for (kind, id) in named(policy).into_iter().filter(|(kind, id)| kind != "Action" || !asked.contains(&&**id)) {
            let named = format!("{kind}::{id:?}");
            let undeclared = kind == "Action" && id == ACT;
            let why = if undeclared { "which the schema does not declare" } else { "an action that nobody asks about" };
            let message = format!("policy `{}` names `{named}`, {why}", rule.id);
            let cure = match nearest(&id, asked.iter().copied()) {
                _ if undeclared => "add it to schema.cedarschema, as docs/bundle.md says".to_owned(),
                Some(like) => format!("did you mean `Action::{like:?}`? docs/bundle.md lists all that are asked"),
                None => "name one of those that docs/bundle.md lists, or take it out".to_owned(),
            };
            let line = line_with(rule, files, &[&format!("{id:?}")]).unwrap_or(rule.line);
            findings.push(Finding::new(&rule.file, line, message, cure));
        }
    }
}

/// The type and the name of each action that a policy in Cedar's JSON form names, found without calling itself.
fn named(policy: &Json) -> BTreeSet<(String, String)> {
    let mut open: Vec<&Json> = PARTS.into_iter().filter_map(|part| policy.get(part)).collect();
    let mut named = BTreeSet::new();
    while let Some(json) = open.pop() {
        match json {
            Json::Object(map) => {
                let text = |member: &str| map.get(member).and_then(Json::as_str);
                if let (Some(kind), Some(id)) = (text("type"), text("id"))
                    && kind.rsplit("::").next() == Some("Action")
                {
                    named.insert((kind.to_owned(), id.to_owned()));
                }
                open.extend(map.values());
            }
            Json::Array(items) => open.extend(items),
            _ => {}
        }
    }
    named
}
