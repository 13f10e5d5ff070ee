//! How much of a personal value a decision holds: no more than the bundle's policies tell apart. They are asked with
//! that alone, so that a decision can be taken again from its record after the value was erased.

use crate::{
    bundle::SignalSpec, expressions::Texts, finding::Finding, manifest::SignalKind, rule::Rule,
    verdict_cache::Conditions,
};
use remit_domain::{cost::Economics, signal::Value};
use smol_str::SmolStr;
use std::collections::{BTreeMap, BTreeSet};

/// Stands for every text that no policy names.
const OTHER: SmolStr = SmolStr::new_inline("(another)");

/// What policies compare personal values with, by what they see them as.
#[derive(Debug, Default)]
pub(crate) struct ToldApart(BTreeMap<String, Apart>);

#[derive(Debug, Default)]
struct Apart {
    numbers: BTreeSet<i64>,
    texts: Texts,
}

impl ToldApart {
    /// What `rules`, the policies, invariants and considerations of a bundle, tell apart, and its classes of value.
    pub(crate) fn of<'a>(
        attributes: &[SignalSpec],
        rules: impl Iterator<Item = &'a Rule>,
        economics: &Economics,
    ) -> Self {
        let mut apart: BTreeMap<String, Apart> = attributes
            .iter()
            .filter(|spec| spec.personal)
            .map(|spec| (spec.name.to_string(), Apart::default()))
            .collect();
        if apart.is_empty() {
            return Self(apart);
        }
        let kinds = kinds(attributes);
        for rule in rules {
            let read = Conditions::of(rule, &kinds);
            for (name, numbers) in read.literals {
                if let Some(apart) = apart.get_mut(&name) {
                    apart.numbers.extend(numbers);
                }
            }
            for (name, texts) in read.texts {
                if let Some(apart) = apart.get_mut(&name) {
                    apart.texts.extend(texts);
                }
            }
        }
        if let Some(class) = &economics.value_signal
            && let Some(apart) = apart.get_mut(class.as_str())
        {
            apart.texts.extend(economics.value_percent.keys().map(SmolStr::from));
        }
        Self(apart)
    }

    /// A value that policies cannot tell from this one: itself where it is not personal.
    pub(crate) fn alike(&self, name: &str, value: Value) -> Value {
        let Some(apart) = self.0.get(name) else { return value };
        match value {
            Value::Bool(_) => value,
            Value::Long(number) => Value::Long(apart.number(number)),
            Value::Name(text) if apart.texts.contains(&text) => Value::Name(text),
            Value::Name(_) => Value::Name(OTHER),
            Value::List(names) => Value::List(names.into_iter().filter(|name| apart.texts.contains(name)).collect()),
        }
    }
}

impl Apart {
    /// A number that lies as this one does among those that policies name: beside one of them, or one of them itself.
    fn number(&self, number: i64) -> i64 {
        if self.numbers.contains(&number) {
            return number;
        }
        let below = self.numbers.range(..number).next_back().map(|cut| cut.saturating_add(1));
        below.or_else(|| self.numbers.first().map(|cut| cut.saturating_sub(1))).unwrap_or(0)
    }
}

fn kinds(attributes: &[SignalSpec]) -> Vec<(String, SignalKind)> {
    attributes.iter().map(|spec| (spec.name.to_string(), spec.kind)).collect()
}

/// Finds policies that do more with a personal value than to compare it with what is written out: what they come to
/// could not be known again once it is erased.
pub(crate) fn lint<'a>(attributes: &[SignalSpec], rules: impl Iterator<Item = &'a Rule>, findings: &mut Vec<Finding>) {
    if !attributes.iter().any(|spec| spec.personal) {
        return;
    }
    let kinds = kinds(attributes);
    let personal = |name: &str| {
        let told = |spec: &&SignalSpec| spec.personal && spec.kind != SignalKind::Bool && spec.name.as_str() == name;
        attributes.iter().any(|spec| told(&spec))
    };
    let held = |record: &str| {
        let told = |spec: &&SignalSpec| spec.personal && spec.kind != SignalKind::Bool && spec.record == Some(record);
        attributes.iter().find(told)
    };
    for rule in rules {
        let read = Conditions::of(rule, &kinds);
        for (record, spec) in read.records.iter().filter_map(|record| Some((record, held(record)?))) {
            let message = format!(
                "policy `{}` looks at `context.{record}` otherwise than by the name of what is in it, and \
                 `context.{}` is personal",
                rule.id, spec.name
            );
            let cure = "write each as `context.RECORD.NAME`, or `context.RECORD has NAME`, without another record, a \
                        set or an `if` around `context` and its records";
            findings.push(Finding::new(&rule.file, rule.line, message, cure.replace("RECORD", record)));
        }
        for name in read.otherwise.iter().filter(|name| personal(name)) {
            let message = format!(
                "policy `{}` does more with `context.{name}`, which is personal, than to compare it with values that \
                 are written out",
                rule.id
            );
            let cure = "compare it with literals, or declare it with `personal = false`";
            findings.push(Finding::new(&rule.file, rule.line, message, cure));
        }
    }
}

#[cfg(test)]
mod tests;
