//! Finds actions that policies name and that nobody is ever asked about: a misspelled one, or a group, whose
//! policy would never apply.

use crate::{
    action::ActionSpec,
    actions::{ACT, API_ACTIONS, HANDLE, REQUEST},
    cedar::{BASELINE, SchemaVocabulary},
    cedar_places::line_with,
    files::Files,
    finding::{Fault, Finding},
    manifest::Manifest,
    own_actions::OwnAction,
    places::{Places, TomlPath},
    rule::Rule,
};
use remit_signals::readings::nearest;
use serde_json::Value as Json;
use std::collections::BTreeSet;

/// The file in which actions are declared.
const MANIFEST: &str = "bundle.toml";
/// The parts of a policy in Cedar's JSON form that can name an action.
const PARTS: [&str; 4] = ["principal", "action", "resource", "conditions"];

/// Adds a finding for each action that `rules` name and that is not asked of policy, below one of the action that is
/// meant, where that is plain; and has what else is found of policies follow from the actions that they name and that
/// there are not, or that are none of the `read` ones.
pub(crate) fn lint<'a>(
    (places, files): (&Places<'_>, &Files),
    vocabulary: &SchemaVocabulary,
    (manifest, own, read): (&Manifest, &[OwnAction], &[ActionSpec]),
    rules: impl Iterator<Item = &'a Rule>,
    findings: &mut Vec<Finding>,
) {
    // Of `handle` it is told once that it is not declared.
    let act = vocabulary.actions.contains(ACT).then_some(ACT);
    let requested: Vec<&str> =
        manifest.actions.iter().filter(|action| action.is_requested()).map(|action| &*action.name).collect();
    let group = requested.first().map(|_| REQUEST);
    let own = own.iter().map(|action| &*action.name);
    let asked: Vec<&str> = API_ACTIONS
        .into_iter()
        .chain([HANDLE])
        .chain(act)
        .chain(requested.iter().copied())
        .chain(group)
        .chain(own)
        .collect();
    let is_read = |name: &str| read.iter().any(|spec| spec.name.as_str() == name);
    let unread: Vec<&str> = requested.iter().copied().filter(|name| !is_read(name)).collect();
    let mut all: BTreeSet<String> = BTreeSet::new();
    let mut unknown: BTreeSet<String> = BTreeSet::new();
    let mut told = Vec::new();
    let rules: Vec<&Rule> = rules.filter(|rule| rule.file != BASELINE).collect();
    for (place, rule) in rules.iter().enumerate() {
        let Some(policy) = rule.json() else { continue };
        let named = named(policy);
        let (known, gone): (Vec<_>, Vec<_>) =
            named.into_iter().partition(|(kind, id)| kind == "Action" && asked.contains(&&**id));
        let of_group = known.iter().any(|(_, id)| id == REQUEST);
        let faulty = unread.iter().filter(|name| of_group || known.iter().any(|(_, id)| id == *name));
        let faulty: Vec<Fault> =
            faulty.copied().chain(gone.iter().map(|(_, id)| &**id)).map(|id| Fault::Action(id.to_owned())).collect();
        let ends = rules.get(place + 1).filter(|next| next.file == rule.file).map_or(usize::MAX, |next| next.line);
        let of_rule = |finding: &&mut Finding| finding.file == rule.file && (rule.line..ends).contains(&finding.line);
        for finding in findings.iter_mut().filter(of_rule) {
            faulty.iter().rev().for_each(|fault| finding.follows_first(fault.clone()));
        }
        all.extend(known.into_iter().map(|(_, id)| id));
        for (kind, id) in gone {
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
            told.push((id.clone(), Finding::new(&rule.file, line, message, cure).follows(Fault::Action(id.clone()))));
            unknown.insert(id);
        }
    }
    // One that no policy names is what they call otherwise.
    for name in &unknown {
        let unnamed = manifest.actions.iter().enumerate().filter(|(_, action)| !all.contains(&action.name));
        let meant = nearest(name, unnamed.clone().map(|(_, action)| &*action.name));
        if let Some((at, action)) = meant.and_then(|meant| unnamed.clone().find(|(_, action)| action.name == meant)) {
            let message =
                format!("no policy names action `{}`, and policies name `{name}`, which there is not", action.name);
            let cure = format!("call it `{name}` here, or `{}` wherever it is named", action.name);
            let line = places.line(&TomlPath::entry("action", at).then("name"));
            findings.push(Finding::new(MANIFEST, line, message, cure).is(Fault::Action(name.clone())));
        } else if let Some((_, finding)) = told.iter_mut().find(|(id, _)| id == name) {
            // Where it is named first is what is wrong, and what else is found of it follows.
            finding.is_too(Fault::Action(name.clone()));
        }
    }
    findings.extend(told.into_iter().map(|(_, finding)| finding));
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
