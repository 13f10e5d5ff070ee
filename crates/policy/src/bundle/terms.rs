//! Reads what a bundle says about deciding beside its policies: who owns each decision point, and how cost is counted.

use super::{being_read::Reading, declared_fields, field::FieldSpec};
use crate::{finding::Fault, manifest::SignalKind, places::TomlPath};
use remit_domain::{
    cost::{Currency, Economics},
    decision::{Considerations, DecisionPoint, Terms},
    id::{Digest, SignalName},
};
use remit_signals::readings::nearest;
use std::collections::BTreeMap;

const MINUTE_MS: i64 = 60_000;

impl Reading<'_> {
    pub(super) fn terms(
        &mut self,
        digest: &Digest,
        baseline: &Digest,
        considerations: Considerations,
        facts: &[FieldSpec],
    ) -> Option<Terms> {
        let manifest = self.manifest;
        let mut owners = BTreeMap::new();
        for point in DecisionPoint::ALL {
            match manifest.decision_points.get(point.as_str()) {
                Some(owner) => {
                    let place = TomlPath::key("decision_points").then(point.as_str());
                    owners.insert(point, self.owner(owner, point.as_str(), &place)?);
                }
                None => self.wrong_at(
                    &TomlPath::key("decision_points"),
                    format!("decision point `{}` has no owner", point.as_str()),
                    "add it under [decision_points]",
                ),
            }
        }
        for name in manifest.decision_points.keys() {
            if !DecisionPoint::ALL.iter().any(|point| point.as_str() == name) {
                self.wrong_at(
                    &TomlPath::key("decision_points").then(name),
                    format!("`{name}` is no decision point"),
                    "the decision points are route, retain, escalate, return_to_ai, override, offer, stop_ai and act",
                );
            }
        }
        if !(1..=366).contains(&manifest.limits.snooze_days) {
            let place = TomlPath::key("limits").then("snooze_days");
            self.wrong_at(&place, "snooze_days must be 1 to 366", "name for how many days a case is snoozed at most");
        }
        let economics = &manifest.economics;
        let value_signal = match &economics.value_signal {
            Some(name)
                if !manifest.signals.iter().any(|s| &s.name == name && s.kind == SignalKind::Name)
                    && !declared_fields::is_class(facts, name) =>
            {
                self.wrong_at(
                    &TomlPath::key("economics").then("value_signal"),
                    format!(
                        "value_signal names `{name}`, which is no signal of type `name`, and no text among the facts"
                    ),
                    "declare the signal, or name a fact that policies see as `customer.NAME`",
                );
                self.which_follows(Fault::Signal(name.strip_prefix("customer.").unwrap_or(name).to_owned()));
                None
            }
            Some(name) => SignalName::new(name).ok(),
            None => None,
        };
        self.values_counted(facts);
        Some(Terms {
            bundle: digest.clone(),
            baseline: baseline.clone(),
            owners,
            economics: Economics {
                currency: Currency(manifest.currency.as_str().into()),
                delay_minor_per_hour: economics.delay_minor_per_hour,
                breach_minor: economics.breach_minor,
                failure_minor: economics.failure_minor,
                due_minor: economics.due_minor.unwrap_or(economics.failure_minor),
                value_signal,
                value_percent: economics.value_percent.clone(),
            },
            considerations,
            handoffs_max: manifest.limits.handoffs_max,
            exception_owner: self.owner(
                &manifest.exceptions.owner,
                "[exceptions]",
                &TomlPath::key("exceptions").then("owner"),
            )?,
            exception_due_ms: i64::from(manifest.exceptions.due_minutes) * MINUTE_MS,
            callback_ms: i64::from(manifest.limits.callback_minutes) * MINUTE_MS,
            escalate_to: match &manifest.exceptions.escalate_to {
                Some(owner) => {
                    Some(self.owner(owner, "escalate_to", &TomlPath::key("exceptions").then("escalate_to"))?)
                }
                None => None,
            },
        })
    }
    /// Each value that counts for more or less is one that the signal or fact can have, where those are declared.
    fn values_counted(&mut self, facts: &[FieldSpec]) {
        let economics = &self.manifest.economics;
        let Some(name) = &economics.value_signal else { return };
        let fact = name.strip_prefix("customer.").and_then(|name| facts.iter().find(|spec| spec.name.as_str() == name));
        let signal = self.manifest.signals.iter().find(|signal| &signal.name == name);
        let known: Vec<&str> = match (fact, signal) {
            (Some(spec), _) => spec.values.iter().map(String::as_str).collect(),
            (None, Some(signal)) => {
                let vocabulary = signal.vocabulary.as_ref().and_then(|name| self.vocabulary.enums.get(name));
                vocabulary.into_iter().flatten().map(String::as_str).collect()
            }
            (None, None) => return,
        };
        if known.is_empty() {
            return;
        }
        for value in economics.value_percent.keys().filter(|value| !known.contains(&value.as_str())) {
            let cure = match nearest(value, known.iter().copied()) {
                Some(like) => format!("did you mean `{like}`?"),
                None => format!("its values are {}", known.join(", ")),
            };
            let place = TomlPath::key("economics").then("value_percent").then(value);
            self.wrong_at(&place, format!("value_percent names `{value}`, which is no value of `{name}`"), &cure);
        }
    }
}
