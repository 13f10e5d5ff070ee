//! What the program adds to a bundle's schema for its catalogue: an action of its own for each, with what is asked for
//! with it, what its connector tells, who has confirmed it and when others were last done as typed context; and the
//! principals who ask.

use super::spec::ActionSpec;
use crate::{
    actions::{HANDLE, REQUEST},
    attributes::context_of,
    finding::Finding,
    manifest::TermKind,
};
use serde_json::{Map, Value as Json, json};

/// The record of arguments in the context.
pub(crate) const ARGUMENTS: &str = "arguments";
/// The record of facts.
pub(crate) const FACTS: &str = "facts";
/// The record of confirmations.
pub(crate) const CONFIRMED: &str = "confirmed";
/// The record of how long ago others were done.
pub(crate) const RECENT: &str = "recent";
/// What stands after an action's name for the hours since it was last done.
pub(crate) const HOURS_AGO: &str = "_hours_ago";

/// The principals beside AI responders who ask for actions, with their declarations in Cedar's JSON form.
fn principals() -> [(&'static str, Json); 4] {
    let roles = || json!({ "type": "Set", "element": { "type": "EntityOrCommon", "name": "Role" } });
    let with_roles = || json!({ "shape": { "type": "Record", "attributes": { "roles": roles() } } });
    let delegate = json!({ "class": { "type": "String" }, "depth": { "type": "Long" } });
    let delegate = json!({ "shape": { "type": "Record", "attributes": delegate } });
    [("Staff", with_roles()), ("Integration", with_roles()), ("Customer", json!({})), ("Delegate", delegate)]
}

/// Adds them to `declared`, a schema in Cedar's JSON form.
///
/// # Errors
/// When the bundle declares something of the same name; the finding is in `file`.
pub(crate) fn declare(declared: &mut Json, catalogue: &[ActionSpec], file: &str) -> Result<(), Box<Finding>> {
    if catalogue.is_empty() {
        return Ok(());
    }
    let context = context_of(declared, HANDLE)
        .and_then(|place| declared.pointer(&place)?.get("attributes")?.as_object().cloned())
        .unwrap_or_default();
    let taken = |name: &str, what: &str| {
        let message = format!("the schema declares `{name}`, {what}");
        Box::new(Finding::new(file, 1, message, "take it out; the catalogue in bundle.toml is enough"))
    };
    let Some(root) = declared.get_mut("").and_then(Json::as_object_mut) else { return Ok(()) };
    let entities = root.entry("entityTypes").or_insert_with(|| json!({}));
    if let Some(entities) = entities.as_object_mut() {
        for (name, declaration) in principals() {
            entities.entry(name).or_insert(declaration);
        }
    }
    let actions = root.entry("actions").or_insert_with(|| json!({}));
    let Some(actions) = actions.as_object_mut() else { return Ok(()) };
    if actions.insert(REQUEST.to_owned(), json!({})).is_some() {
        return Err(taken(REQUEST, "the group of actions that Remit adds for the catalogue"));
    }
    for spec in catalogue {
        if actions.contains_key(spec.name.as_str()) {
            return Err(taken(spec.name.as_str(), "an action that Remit adds for the catalogue"));
        }
        let mut attributes = context.clone();
        for (name, record) in records(spec) {
            if attributes.insert(name.to_owned(), record).is_some() {
                return Err(taken(name, "which is what Remit adds to the context of requests"));
            }
        }
        let applies = json!({
            "principalTypes": ["Ai", "Customer", "Delegate", "Integration", "Staff"],
            "resourceTypes": ["Case"],
            "context": { "type": "Record", "attributes": attributes },
        });
        let action = json!({ "memberOf": [{ "id": REQUEST }], "appliesTo": applies });
        actions.insert(spec.name.to_string(), action);
    }
    Ok(())
}

fn records(spec: &ActionSpec) -> [(&'static str, Json); 4] {
    let record = |attributes: Map<String, Json>| json!({ "type": "Record", "attributes": attributes });
    let arguments = spec.parameters.of().iter().filter_map(|parameter| {
        let mut attribute = typed(parameter.seen_as?);
        attribute.insert("required".to_owned(), parameter.required.into());
        Some((parameter.name.clone(), Json::from(attribute)))
    });
    let facts = spec.facts.iter().map(|(name, kind)| (name.clone(), Json::from(typed(*kind))));
    let recent = spec.recent.iter().map(|action| (format!("{action}{HOURS_AGO}"), Json::from(typed(TermKind::Number))));
    let confirmed = [("customer", TermKind::Truth), ("staff", TermKind::Number)]
        .map(|(name, kind)| (name.to_owned(), Json::from(typed(kind))));
    [
        (ARGUMENTS, record(arguments.collect())),
        (FACTS, record(facts.collect())),
        (RECENT, record(recent.collect())),
        (CONFIRMED, record(confirmed.into_iter().collect())),
    ]
}

fn typed(kind: TermKind) -> Map<String, Json> {
    let declared = match kind {
        TermKind::Truth => json!({ "type": "Boolean" }),
        TermKind::Number | TermKind::Elapsed => json!({ "type": "Long" }),
        TermKind::Text => json!({ "type": "String" }),
        TermKind::Texts => json!({ "type": "Set", "element": { "type": "String" } }),
        TermKind::Money => json!({ "type": "Record", "attributes": {
            "minor": { "type": "Long" }, "currency": { "type": "String" },
        }}),
    };
    declared.as_object().cloned().unwrap_or_default()
}
