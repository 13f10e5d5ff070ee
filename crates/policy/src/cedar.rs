//! Reads a bundle's schema and policies with Cedar, and says what is wrong by file and line.

use crate::{
    action::{self, ActionSpec},
    actions::HANDLE,
    attributes,
    bundle::SignalSpec,
    cedar_places::{pointed, start},
    files::{self, Files},
    finding::{Fault, Finding, line_at},
    nesting::{self, Holds},
    product_schema::{self, SchemaVersion},
    rule::Rule,
};
use cedar_policy::{
    Policy, PolicyId, PolicySet, Schema, SchemaFragment, ValidationError, ValidationMode, ValidationWarning, Validator,
};
use miette::Diagnostic;
use remit_domain::{
    decision::{PolicyEffect, PolicyNote},
    id::{self, OwnerId},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    str::FromStr as _,
    sync::Arc,
};

/// The name under which findings in the built-in policies are reported.
pub(crate) const BASELINE: &str = "(built in) baseline.cedar";
/// The owner of the built-in policies.
pub(crate) const BASELINE_OWNER: &str = "remit";
pub(crate) const SCHEMA: &str = "schema.cedarschema";

/// The schema, and the parts of it that a bundle's other files are held against.
#[derive(Debug, Clone)]
pub(crate) struct SchemaVocabulary {
    pub(crate) schema: Schema,
    /// Values of each enum entity type.
    pub(crate) enums: BTreeMap<String, BTreeSet<String>>,
    /// Attributes of the context of `handle`.
    pub(crate) context: BTreeSet<String>,
    /// All actions.
    pub(crate) actions: BTreeSet<String>,
    /// All that is declared, in Cedar's JSON form.
    pub(crate) declared: serde_json::Value,
}

/// Reads the schema, with what the program adds to it by this version; `seen` is what policies see of fields and facts,
/// `catalogue` what can be requested exactly.
pub(crate) fn schema(
    files: &Files,
    version: SchemaVersion,
    seen: &[SignalSpec],
    catalogue: &[ActionSpec],
    findings: &mut Vec<Finding>,
) -> Option<SchemaVocabulary> {
    let Some(text) = files.get(SCHEMA).and_then(|bytes| std::str::from_utf8(bytes).ok()) else {
        findings.push(Finding::new(SCHEMA, 1, "there is no schema", "write it; `bundles/bank` has one to start from"));
        return None;
    };
    if let Some(finding) = nesting::too_deep(SCHEMA, text, Holds::Schema) {
        findings.push(finding);
        return None;
    }
    let own = match SchemaFragment::from_cedarschema_str(text) {
        Ok((fragment, _)) => fragment.to_json_value().ok()?,
        Err(error) => {
            findings.push(diagnosed(SCHEMA, text, &error));
            return None;
        }
    };
    let added = match product_schema::lacking(own.get(""), version, SCHEMA) {
        Ok(added) => added,
        Err(finding) => {
            findings.push(*finding);
            return None;
        }
    };
    let whole = format!("{text}\n{added}");
    let fragment = match SchemaFragment::from_cedarschema_str(&whole) {
        Ok((fragment, _)) => fragment,
        Err(error) => {
            findings.push(diagnosed(SCHEMA, text, &error));
            return None;
        }
    };
    let mut declared = fragment.clone().to_json_value().ok()?;
    let mut schema = match Schema::from_schema_fragments([fragment]) {
        Ok(schema) => schema,
        Err(error) => {
            findings.push(diagnosed(SCHEMA, text, &error));
            return None;
        }
    };
    if !seen.is_empty() || !catalogue.is_empty() {
        let added = attributes::declare(&mut declared, seen, SCHEMA)
            .and_then(|()| action::declare(&mut declared, catalogue, SCHEMA));
        if let Err(finding) = added {
            findings.push(*finding);
            return None;
        }
        // What is added is of forms that there are, so that a schema that can be read can be read with it.
        schema = Schema::from_json_value(declared.clone()).ok()?;
    }
    let records = attributes::records(seen);
    let root = declared.get("")?;
    let mut enums = BTreeMap::new();
    for (name, entity) in root.get("entityTypes")?.as_object()? {
        if let Some(values) = entity.get("enum").and_then(|values| values.as_array()) {
            let values = values.iter().filter_map(|value| value.as_str().map(ToOwned::to_owned)).collect();
            enums.insert(name.clone(), values);
        }
    }
    let actions = root.get("actions")?.as_object()?;
    let context = attributes::context_of(&declared, HANDLE)
        .and_then(|place| declared.pointer(&place)?.get("attributes")?.as_object())
        .map(|attributes| attributes.keys().filter(|name| !records.contains(name.as_str())).cloned().collect())
        .unwrap_or_default();
    let actions = actions.keys().cloned().collect();
    Some(SchemaVocabulary { schema, enums, context, actions, declared })
}

/// Reads the built-in policies, whose text is `baseline`, and those under `policies/`.
pub(crate) fn rules(
    baseline: &str,
    files: &Files,
    owners: &BTreeSet<String>,
    findings: &mut Vec<Finding>,
) -> Vec<Rule> {
    let mut rules = read_rules(BASELINE, baseline, owners, findings);
    rules.extend(rules_under("policies", files, owners, findings));
    rules
}

/// Finds policies and invariants that have one id.
pub(crate) fn same_ids<'a>(rules: impl Iterator<Item = &'a Rule>, findings: &mut Vec<Finding>) {
    let mut seen: BTreeMap<&id::PolicyId, &Rule> = BTreeMap::new();
    for rule in rules {
        if let Some(first) = seen.insert(&rule.id, rule) {
            let message = format!("@id(\"{}\") is used at {}:{} already", rule.id, first.file, first.line);
            findings.push(Finding::new(&rule.file, rule.line, message, "give every policy an id of its own"));
        }
    }
}

/// Reads what must hold for every request, which is held to all that is asked of policies.
pub(crate) fn invariants(files: &Files, owners: &BTreeSet<String>, findings: &mut Vec<Finding>) -> Vec<Rule> {
    let mut invariants = rules_under("invariants", files, owners, findings);
    for rule in &mut invariants {
        rule.note.invariant = true;
        if rule.note.effect == PolicyEffect::Permit {
            let cure = "write it as `forbid (…) when { what must not be };`";
            findings.push(Finding::new(&rule.file, rule.line, "an invariant permits nothing; it only forbids", cure));
        }
    }
    invariants
}

/// Reads the policies in the files of a folder.
pub(crate) fn rules_under(
    folder: &str,
    files: &Files,
    owners: &BTreeSet<String>,
    findings: &mut Vec<Finding>,
) -> Vec<Rule> {
    let mut rules = Vec::new();
    for (name, bytes) in files.under(folder) {
        match files::text(name, bytes) {
            Ok(text) => rules.extend(read_rules(name, text, owners, findings)),
            Err(finding) => findings.push(*finding),
        }
    }
    rules
}

fn read_rules(file: &str, text: &str, owners: &BTreeSet<String>, findings: &mut Vec<Finding>) -> Vec<Rule> {
    if let Some(finding) = nesting::too_deep(file, text, Holds::Policies) {
        findings.push(finding.is(Fault::Policy));
        return Vec::new();
    }
    let set = match PolicySet::from_str(text) {
        Ok(set) => set,
        Err(errors) => {
            findings.extend(errors.iter().map(|error| diagnosed(file, text, error).is(Fault::Policy)));
            return Vec::new();
        }
    };
    if let Some(template) = set.templates().next() {
        findings.push(Finding::new(
            file,
            template.as_ref().loc().map_or(1, |at| line_at(text, at.start())),
            "templates are not supported",
            "write the policy out for each case",
        ));
    }
    let mut rules: Vec<Rule> =
        set.policies().filter_map(|policy| read_rule(file, text, owners, policy, findings)).collect();
    rules.sort_by_key(|rule| rule.line);
    rules
}

fn read_rule(
    file: &str,
    text: &str,
    owners: &BTreeSet<String>,
    policy: &Policy,
    findings: &mut Vec<Finding>,
) -> Option<Rule> {
    // Asked for one annotation, Cedar parses its name, which takes longer than to go through the few that there are.
    let said = |key: &str| {
        let value = policy.annotations().find_map(|(name, value)| (name == key).then_some(value));
        value.map(str::trim).filter(|value| !value.is_empty())
    };
    let line = start(policy).map_or(1, |start| line_at(text, start));
    let mut wrong =
        |message: String, cure: &str, fault: Fault| findings.push(Finding::new(file, line, message, cure).is(fault));
    for key in ["id", "owner", "reason"] {
        if said(key).is_none() {
            let cure = "write @id(\"…\"), @owner(\"…\") and @reason(\"…\") above it";
            wrong(format!("a policy has no @{key}"), cure, Fault::Policy);
        }
    }
    let (id, owner, reason) = (said("id")?, said("owner")?, said("reason")?);
    let Ok(id) = id::PolicyId::new(id) else {
        let cure = "use a letter, then up to 63 of a-z 0-9 _ - .";
        wrong(format!("@id(\"{id}\") is not a policy's id"), cure, Fault::Policy);
        return None;
    };
    if owner != BASELINE_OWNER && !owners.contains(owner) {
        let message = format!("@owner(\"{owner}\") of `{id}` is no owner");
        let finding = Finding::new(file, line, message, "name an [[owner]] of bundle.toml");
        findings.push(finding.follows(Fault::Owner(owner.to_owned())));
    }
    let Ok(owner) = OwnerId::new(owner) else { return None };
    let effect = match policy.effect() {
        cedar_policy::Effect::Permit => PolicyEffect::Permit,
        cedar_policy::Effect::Forbid => PolicyEffect::Forbid,
    };
    let note = PolicyNote { effect, owner, reason: Arc::from(reason), invariant: false };
    let policy = policy.new_id(PolicyId::new(id.as_str()));
    Some(Rule::new(policy, id, file, line, note))
}

/// Holds every policy against the schema; warnings count as errors, since an impossible policy is one.
pub(crate) fn validate(schema: &Schema, files: &Files, rules: &[Rule], findings: &mut Vec<Finding>) {
    let Ok(set) = PolicySet::from_policies(rules.iter().map(|rule| rule.policy.clone())) else { return };
    let result = Validator::new(schema.clone()).validate(&set, ValidationMode::Strict);
    let mut tell = |id: &PolicyId, error: &dyn Diagnostic| {
        let id: &str = id.as_ref();
        let Some(rule) = rules.iter().find(|rule| rule.id.as_str() == id) else { return };
        let text = files.get(&rule.file).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default();
        // Where it points to the whole policy, the policy's line is told.
        let at = pointed(text, error);
        let line = at.map_or(rule.line, |(_, line)| line.max(rule.line));
        let cure = "make the policy fit the schema: check the spelling of attributes, entity types and values, and \
                    guard optional ones with `has`";
        let help = error.help().map(|help| help.to_string());
        let help = help.filter(|help| ["did you mean", "try testing"].iter().any(|begins| help.starts_with(begins)));
        let cure = help.map_or_else(|| cure.to_owned(), |help| format!("{help}; otherwise {cure}"));
        let mut finding = Finding::new(&rule.file, line, error.to_string(), cure);
        // Of a condition that stands in the manifest, no part is pointed to.
        if let Some(fault) = at.and_then(|(text, _)| fault_of(text)).or_else(|| attribute_of(&error.to_string())) {
            finding = finding.follows(fault);
        }
        findings.push(finding);
    };
    // Actions that there are not are told once, with the nearest that are asked (`asked_actions`). Their policies are
    // held against every other action, of which nothing is told, nor that they never apply.
    let of_action = |error: &&ValidationError| matches!(error, ValidationError::UnrecognizedActionId(_));
    let unknown: BTreeSet<&PolicyId> = result.validation_errors().filter(of_action).map(|e| e.policy_id()).collect();
    for error in result.validation_errors().filter(|error| !unknown.contains(error.policy_id())) {
        tell(error.policy_id(), error);
    }
    let follows = |warning: &&ValidationWarning| {
        unknown.contains(warning.policy_id())
            && matches!(
                warning,
                ValidationWarning::ImpossiblePolicy(_) | ValidationWarning::InvalidActionApplication(_)
            )
    };
    for warning in result.validation_warnings().filter(|warning| !follows(warning)) {
        tell(warning.policy_id(), warning);
    }
}

/// The fault that may stand behind what is wrong with a part of a policy: a value that its vocabulary lacks, or an
/// attribute that there is not.
fn fault_of(part: &str) -> Option<Fault> {
    if let Some((kind, rest)) = part.split_once("::\"") {
        let value = rest.strip_suffix('"')?;
        return Some(Fault::Value(kind.trim().to_owned(), value.to_owned()));
    }
    let (_, attribute) = part.rsplit_once('.')?;
    Some(Fault::Signal(attribute.trim().to_owned()))
}

/// The same of an attribute that Cedar's message names.
fn attribute_of(message: &str) -> Option<Fault> {
    let (_, named) = message.split_once("attribute `")?;
    let (attribute, _) = named.split_once('`')?;
    Some(Fault::Signal(attribute.rsplit('.').next().unwrap_or(attribute).to_owned()))
}

/// A finding from one of Cedar's diagnostics, on the line that it points to.
pub(crate) fn diagnosed(file: &str, text: &str, error: &(impl Diagnostic + ?Sized)) -> Finding {
    let offset = error.labels().and_then(|mut labels| labels.next()).map_or(0, |label| label.offset());
    let cure = error.help().map_or_else(|| "see the Cedar language reference".to_owned(), |help| help.to_string());
    Finding::new(file, line_at(text, offset), error.to_string(), cure)
}
