//! What policies see of fields and facts: attributes of the records `context.fields` and `context.customer`, which the
//! program adds to the context that the bundle's schema declares.
//!
//! A decision holds them among its readings, as `fields.NAME` and `customer.NAME`.

use crate::{
    actions::{ACT, HANDLE},
    bundle::{FieldSpec, SignalSpec},
    finding::Finding,
    manifest::SignalKind,
};
use cedar_policy::{Context, RestrictedExpression};
use remit_domain::{field::FieldKind, id::SignalName, signal::Value};
use serde_json::{Map, Value as Json, json};
use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    sync::Arc,
};

/// The record of the case's fields.
pub(crate) const FIELDS: &str = "fields";
/// The record of the customer's facts.
pub(crate) const CUSTOMER: &str = "customer";
/// What the attribute of a date-time is called by: the hours from now until then.
pub(crate) const IN_HOURS: &str = "_in_hours";
/// What the attribute of a fact's age is called by: the hours since it was said.
pub(crate) const AGE_HOURS: &str = "_age_hours";

/// The age of what is not known: beyond all that policies compare it with.
const NEVER_HOURS: i64 = 1_000_000;

/// The name under which policies see a field's value: a date-time by the hours until then.
pub(crate) fn seen_as(spec: &FieldSpec) -> String {
    match spec.kind {
        FieldKind::DateTime => format!("{}{IN_HOURS}", spec.name),
        _ => spec.name.to_string(),
    }
}

/// The attributes that policies see of these fields and facts.
pub(crate) fn specs(fields: &[FieldSpec], facts: &[FieldSpec]) -> Vec<SignalSpec> {
    let of = |record: &'static str, spec: &FieldSpec| {
        let kind = match spec.kind {
            FieldKind::Text | FieldKind::Reference => SignalKind::Text,
            FieldKind::Number | FieldKind::Money | FieldKind::DateTime => SignalKind::Long,
            FieldKind::List => SignalKind::List,
            FieldKind::Truth => SignalKind::Bool,
        };
        attribute(record, &seen_as(spec), kind, &spec.values, spec.default.as_ref(), spec.personal)
    };
    let age = |spec: &FieldSpec| {
        let name = format!("{}{AGE_HOURS}", spec.name);
        attribute(CUSTOMER, &name, SignalKind::Long, &[], Some(&Value::Long(NEVER_HOURS)), false)
    };
    let seen = |specs: &'_ [FieldSpec]| specs.iter().filter(|spec| spec.seen_by_policies).cloned().collect::<Vec<_>>();
    let (fields, facts) = (seen(fields), seen(facts));
    let all = fields.iter().filter_map(|spec| of(FIELDS, spec));
    all.chain(facts.iter().filter_map(|spec| of(CUSTOMER, spec))).chain(facts.iter().filter_map(age)).collect()
}

fn attribute(
    record: &'static str,
    attribute: &str,
    kind: SignalKind,
    values: &[String],
    default: Option<&Value>,
    personal: bool,
) -> Option<SignalSpec> {
    Some(SignalSpec {
        name: SignalName::new(&format!("{record}.{attribute}")).ok()?,
        kind,
        vocabulary: None,
        values: Arc::new(values.iter().cloned().collect::<BTreeSet<_>>()),
        min: i64::MIN,
        max: i64::MAX,
        default: default.cloned().unwrap_or(Value::Bool(false)),
        authoritative: HashSet::new(),
        record: Some(record),
        optional: default.is_none(),
        personal,
    })
}

/// Adds the records to the contexts of `handle` and `act` in `declared`, a schema in Cedar's JSON form.
///
/// # Errors
/// When the bundle declares an attribute of a record's name itself; the finding is in `file`.
pub(crate) fn declare(declared: &mut Json, specs: &[SignalSpec], file: &str) -> Result<(), Box<Finding>> {
    let mut records: BTreeMap<&str, Map<String, Json>> = BTreeMap::new();
    for spec in specs {
        let Some(record) = spec.record else { continue };
        let kind = match spec.kind {
            SignalKind::Bool => json!({ "type": "Boolean" }),
            SignalKind::Long => json!({ "type": "Long" }),
            SignalKind::List => json!({ "type": "Set", "element": { "type": "String" } }),
            SignalKind::Text | SignalKind::Name => json!({ "type": "String" }),
        };
        let mut attribute = kind.as_object().cloned().unwrap_or_default();
        attribute.insert("required".to_owned(), (!spec.optional).into());
        records.entry(record).or_default().insert(spec.attribute().to_owned(), attribute.into());
    }
    let mut done: BTreeSet<String> = BTreeSet::new();
    for action in [HANDLE, ACT] {
        let Some(place) = context_of(declared, action) else { continue };
        if !done.insert(place.clone()) {
            continue;
        }
        let Some(context) = declared.pointer_mut(&place).and_then(Json::as_object_mut) else { continue };
        let attributes = context.entry("attributes").or_insert_with(|| json!({}));
        let Some(attributes) = attributes.as_object_mut() else { continue };
        for (record, of) in &records {
            if attributes.contains_key(*record) {
                let message = format!("the context declares `{record}`, which is what Remit adds of fields and facts");
                let cure = "take it out; what bundle.toml declares is there by itself";
                return Err(Box::new(Finding::new(file, 1, message, cure)));
            }
            attributes.insert((*record).to_owned(), json!({ "type": "Record", "attributes": of }));
        }
    }
    Ok(())
}

/// Where the record is declared that is the context of an action, as a JSON pointer.
pub(crate) fn context_of(declared: &Json, action: &str) -> Option<String> {
    let mut place = format!("//actions/{action}/appliesTo/context");
    for _ in 0..8 {
        let context = declared.pointer(&place)?;
        let kind = context.get("type").and_then(Json::as_str).unwrap_or_default();
        let named = match kind {
            "Record" => return Some(place),
            "EntityOrCommon" => context.get("name").and_then(Json::as_str).unwrap_or_default(),
            other => other,
        };
        let named = named.to_owned();
        place = format!("//commonTypes/{named}");
    }
    None
}

/// The records that policies always find in the context.
pub(crate) fn records(specs: &[SignalSpec]) -> BTreeSet<&'static str> {
    specs.iter().filter_map(|spec| spec.record).collect()
}

/// A context of these values; the records of `always` are there also where nothing is in them.
pub(crate) fn context<'a>(
    values: impl Iterator<Item = (&'a SignalSpec, RestrictedExpression)>,
    always: &BTreeSet<&'static str>,
) -> Option<Context> {
    context_with(values, always, [])
}

/// The same with records beside them.
pub(crate) fn context_with<'a, const N: usize>(
    values: impl Iterator<Item = (&'a SignalSpec, RestrictedExpression)>,
    always: &BTreeSet<&'static str>,
    more: [(&str, RestrictedExpression); N],
) -> Option<Context> {
    let mut records: BTreeMap<&str, Vec<(String, RestrictedExpression)>> =
        always.iter().map(|record| (*record, Vec::new())).collect();
    let mut pairs = Vec::new();
    for (spec, value) in values {
        match spec.record {
            Some(record) => records.entry(record).or_default().push((spec.attribute().to_owned(), value)),
            None => pairs.push((spec.name.to_string(), value)),
        }
    }
    for (record, of) in records {
        pairs.push((record.to_owned(), RestrictedExpression::new_record(of).ok()?));
    }
    pairs.extend(more.map(|(name, record)| (name.to_owned(), record)));
    Context::from_pairs(pairs).ok()
}

/// The value of an attribute of these records, or of a signal that is no entity.
pub(crate) fn plain(value: &Value) -> Option<RestrictedExpression> {
    Some(match value {
        Value::Bool(truth) => RestrictedExpression::new_bool(*truth),
        Value::Long(number) => RestrictedExpression::new_long(*number),
        Value::Name(text) => RestrictedExpression::new_string(text.to_string()),
        Value::List(names) => {
            RestrictedExpression::new_set(names.iter().map(|name| RestrictedExpression::new_string(name.to_string())))
        }
    })
}
