//! What a case is about: fields that the bundle declares, set and shown.

use crate::{
    Caller, Environment, Governance, Parts,
    access::auth,
    caller::principal::Principal,
    customer::facts::fact_views,
    environment::clock::rfc3339,
    field::{
        sent::{self, Of, SaidValues, Sent, is_ai, source_of},
        view::{FieldView, currency},
    },
    pipeline::about::{About, Opened},
    refused::Refused,
    vault::{
        keys::{CustomerKey, Sealed},
        known_facts,
    },
};
use remit_domain::{
    Case, Event,
    field::{FieldKind, FieldValue, Held, SetFields},
    id::FieldName,
};
use remit_policy::{
    actions::Permission,
    bundle::{self, Bundle, FieldSpec},
};
use serde_json::Value as Json;
use smol_str::SmolStr;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// Fields that were read, before they are sealed.
#[derive(Debug, Clone)]
pub(crate) struct FieldsRead {
    said: SaidValues,
    /// Those that are personal.
    personal: BTreeSet<FieldName>,
    decides: bool,
}

impl FieldsRead {
    /// All of them together, which are of one source; nothing where there are none.
    pub(crate) fn all(each: impl IntoIterator<Item = Self>) -> Option<Self> {
        each.into_iter().reduce(|mut all, one| {
            all.said.values.extend(one.said.values);
            all.personal.extend(one.personal);
            all.decides |= one.decides;
            all
        })
    }
}

/// What of the fields of a case that has ended holds of the one that follows it, of each who said it. What the bundle
/// in force does not declare, take or let them say is left behind.
pub(crate) async fn carried(parts: &Parts, ended: &Case) -> Result<Vec<FieldsRead>, Refused> {
    let bundle = &parts.governance.bundle;
    let holds = |name: &FieldName| bundle.field(name.as_str()).is_some_and(|spec| spec.is_carried);
    let mut about = About::default();
    about.open(parts.opener(), ended, holds).await?;
    let mut of: BTreeMap<&SmolStr, Vec<FieldsRead>> = BTreeMap::new();
    for (name, field) in ended.fields.iter().filter(|(name, _)| holds(name)) {
        let Some(value) = about.value(name, &field.held) else { continue };
        let one = Sent::from([(name.to_string(), bundle::shown(value))]);
        of.entry(&field.source).or_default().extend(read_of(&parts.governance, field.source.clone(), &one));
    }
    Ok(of.into_values().filter_map(FieldsRead::all).collect())
}

/// Reads values that are sent, by the bundle's declarations.
pub(crate) fn read(governance: &Governance, caller: &Caller, sent: &Sent) -> Result<Option<FieldsRead>, Refused> {
    if sent.is_empty() {
        return Ok(None);
    }
    let source = source_of(governance, caller, "fields")?;
    read_of(governance, source, sent).map(Some)
}

/// The same, of a source.
pub(crate) fn read_of(governance: &Governance, source: SmolStr, sent: &Sent) -> Result<FieldsRead, Refused> {
    let said = sent::read(governance.bundle.fields(), Of::Case, source, sent)?;
    let specs = || governance.bundle.fields().iter().filter(|spec| said.values.contains_key(&spec.name));
    let personal = specs().filter(|spec| spec.personal).map(|spec| spec.name.clone()).collect();
    let decides = specs().any(|spec| spec.seen_by_policies);
    Ok(FieldsRead { said, personal, decides })
}

/// Fields with personal ones sealed under the customer's key: what goes on record, what is kept, and what policies are
/// asked with.
pub(crate) fn seal(
    read: FieldsRead,
    key: &CustomerKey,
    environment: &Environment,
) -> Result<(SetFields, Option<Sealed>, About), Refused> {
    let FieldsRead { said: SaidValues { values, source }, personal, decides } = read;
    let to_seal = |(name, value): (&FieldName, &Option<FieldValue>)| {
        let value = value.as_ref().filter(|_| personal.contains(name))?;
        Some((name.clone(), value.clone()))
    };
    let mut about = About::default();
    let opened: Opened = values.iter().filter_map(to_seal).collect();
    let sealed = if opened.is_empty() {
        None
    } else {
        let text = serde_json::to_string(&opened).map_err(Refused::internal)?;
        let sealed = key.seal(&text, &environment.entropy)?;
        about.with(&sealed.words.commit, Arc::new(opened));
        Some(sealed)
    };
    let (mut fields, mut taken_away) = (BTreeMap::new(), Vec::new());
    for (name, value) in values {
        match (value, &sealed) {
            (Some(_), Some(sealed)) if personal.contains(&name) => {
                fields.insert(name, Held::Sealed(sealed.words.clone()));
            }
            (Some(value), _) => drop(fields.insert(name, Held::Plain(value))),
            (None, _) => taken_away.push(name),
        }
    }
    let set = SetFields { fields, taken_away, source, decides };
    Ok((set, sealed, about))
}

/// Whether `caller` may see a field.
pub(crate) fn may_see(governance: &Governance, caller: &Caller, spec: &FieldSpec) -> bool {
    match &caller.principal {
        Principal::Customer(_) | Principal::Delegate(_) => false,
        _ if is_ai(governance, caller) => spec.seen_by_ai,
        _ => spec.seen_by_staff,
    }
}

/// Takes the values out of an event that `caller` may not see, and gives the fields' names. Who may read all events
/// sees it as it is on record; what the bundle does not declare any more is shown to nobody else.
pub(crate) fn withhold(parts: &Parts, caller: &Caller, event: &mut Event) -> Vec<FieldName> {
    let Event::FieldsSet { fields, .. } = event else { return Vec::new() };
    let hidden = |(name, held): (&FieldName, &Held)| {
        let spec = parts.governance.bundle.field(name.as_str());
        let may = spec.is_some_and(|spec| may_see(&parts.governance, caller, spec));
        (matches!(held, Held::Plain(_)) && !may).then(|| name.clone())
    };
    let hidden: Vec<FieldName> = fields.iter().filter_map(hidden).collect();
    let sees_all =
        || auth::permit(&parts.governance, &parts.live, &parts.environment, caller, Permission::EVENTS_READ).is_ok();
    if hidden.is_empty() || sees_all() {
        return Vec::new();
    }
    fields.retain(|name, _| !hidden.contains(name));
    hidden
}

/// The fields of a case that `caller` may see, in the bundle's order. What was set under an earlier bundle, which this
/// one does not declare, is shown to nobody.
pub(crate) async fn views(parts: &Parts, caller: &Caller, case: &Case) -> Result<Vec<FieldView>, Refused> {
    views_of(parts, case, |spec| may_see(&parts.governance, caller, spec)).await
}

/// The fields of a case for an AI responder that has it.
pub(crate) async fn for_ai(parts: &Parts, case: &Case) -> Result<Vec<FieldView>, Refused> {
    views_of(parts, case, |spec| spec.seen_by_ai).await
}

/// What is known of a case's customer, for an AI responder that has it.
pub(crate) async fn facts_for_ai(parts: &Parts, case: &Case) -> Result<Vec<FieldView>, Refused> {
    facts_of(parts, case, |spec| spec.seen_by_ai).await
}

/// What is known of a case's customer, as far as `caller` may see it.
pub(crate) async fn facts(parts: &Parts, caller: &Caller, case: &Case) -> Result<Vec<FieldView>, Refused> {
    facts_of(parts, case, |spec| may_see(&parts.governance, caller, spec)).await
}

async fn facts_of(parts: &Parts, case: &Case, may_see: impl Fn(&FieldSpec) -> bool) -> Result<Vec<FieldView>, Refused> {
    if case.erased || !parts.governance.bundle.facts().iter().any(&may_see) {
        return Ok(Vec::new());
    }
    let known = known_facts::of(parts.opener(), &case.customer).await?.unwrap_or_default();
    Ok(fact_views(&parts.governance, &known, may_see))
}

async fn views_of(parts: &Parts, case: &Case, may_see: impl Fn(&FieldSpec) -> bool) -> Result<Vec<FieldView>, Refused> {
    if case.fields.is_empty() {
        return Ok(Vec::new());
    }
    let bundle = &parts.governance.bundle;
    let mut about = About::default();
    about.open(parts.opener(), case, |name| bundle.field(name.as_str()).is_some_and(&may_see)).await?;
    let view = |spec: &FieldSpec| {
        let field = case.fields.get(&spec.name).filter(|_| may_see(spec))?;
        let value = about.value(&spec.name, &field.held);
        Some(FieldView {
            name: spec.name.to_string(),
            title: spec.title.clone(),
            kind: value.map_or(spec.kind, |value| value.kind).as_str(),
            value: value.map_or(Json::Null, bundle::shown),
            currency: currency(bundle, value.map_or(spec.kind, |value| value.kind)),
            source: field.source.to_string(),
            at: rfc3339(field.at),
        })
    };
    Ok(bundle.fields().iter().filter_map(view).collect())
}

/// The values that cases are looked for by, each of a field that cases are found by.
pub(crate) fn wanted(
    bundle: &Bundle,
    asked: &BTreeMap<String, String>,
) -> Result<Vec<(FieldName, FieldValue)>, Refused> {
    let found = || bundle.fields().iter().filter(|spec| spec.is_found);
    let one = |(name, text): (&String, &String)| {
        let at = format!("field.{}", name.chars().take(64).collect::<String>());
        let spec = found().find(|spec| spec.name.as_str() == name).ok_or_else(|| {
            let known: Vec<&str> = found().map(|spec| spec.name.as_str()).collect();
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            Refused::invalid(&at, format!("is no field that cases are found by; these are: {known}"))
        })?;
        let value = match spec.kind {
            FieldKind::Number | FieldKind::Money => text.parse::<i64>().map_or(Json::Null, Json::from),
            FieldKind::Truth => text.parse::<bool>().map_or(Json::Null, Json::from),
            // Names that have commas themselves are written as JSON.
            FieldKind::List if text.starts_with('[') => serde_json::from_str(text).unwrap_or_default(),
            FieldKind::List => text.split(',').collect(),
            FieldKind::Text | FieldKind::Reference | FieldKind::DateTime => Json::from(text.as_str()),
        };
        let read = spec.read(&value).map_err(|error| Refused::invalid(&at, error))?;
        Ok((spec.name.clone(), read))
    };
    asked.iter().map(one).collect()
}

/// A value as people read it.
pub(crate) fn told(view: &FieldView, currency: &str) -> String {
    match (&view.value, view.kind) {
        (Json::Null, _) => "not readable any more".to_owned(),
        (Json::Number(minor), kind) if kind == FieldKind::Money.as_str() => {
            format!("{minor} minor units of {currency}")
        }
        (Json::String(text), _) => text.clone(),
        (Json::Array(names), _) => names.iter().filter_map(Json::as_str).collect::<Vec<_>>().join(", "),
        (value, _) => value.to_string(),
    }
}
