//! What policies see of a case beside what was measured: its fields and what is known of its customer, opened.

use crate::{
    refused::Refused,
    vault::{
        known_facts::{self, Facts},
        opened::Opener,
    },
};
use remit_domain::{
    Case,
    event::Words,
    field::{FieldValue, Held},
    id::{CustomerId, FieldName, Timestamp},
    signal::Signals,
};
use remit_policy::{bundle::Bundle, engine::Engine};
use std::{collections::BTreeMap, sync::Arc};

/// Values that were set together and sealed, by field.
pub(crate) type Opened = BTreeMap<FieldName, FieldValue>;

/// What is sealed of a case, opened as far as policies may see it.
#[derive(Debug, Clone, Default)]
pub(crate) struct About {
    /// Values, by the commitment to those that were set with them.
    opened: BTreeMap<String, Arc<Opened>>,
    /// What is known of the customer.
    facts: Option<Arc<Facts>>,
}

impl About {
    /// With all that policies may see of `case`. What is opened already is not opened again.
    pub(crate) async fn of(mut self, bundle: &Bundle, opener: Opener<'_>, case: &Case) -> Result<Self, Refused> {
        let seen = |name: &FieldName| bundle.field(name.as_str()).is_some_and(|spec| spec.seen_by_policies);
        self.open(opener, case, seen).await?;
        self.of_customer(bundle, opener, &case.customer).await
    }

    /// With what policies may see of what is known of a customer.
    pub(crate) async fn of_customer(
        mut self,
        bundle: &Bundle,
        opener: Opener<'_>,
        customer: &CustomerId,
    ) -> Result<Self, Refused> {
        if self.facts.is_none() && bundle.facts().iter().any(|spec| spec.seen_by_policies) {
            self.facts = known_facts::of(opener, customer).await?.map(Arc::new);
        }
        Ok(self)
    }

    /// Opens the sealed fields of `case` that `wanted` says yes to.
    pub(crate) async fn open(
        &mut self,
        opener: Opener<'_>,
        case: &Case,
        wanted: impl Fn(&FieldName) -> bool,
    ) -> Result<(), Refused> {
        for (name, field) in &case.fields {
            let Held::Sealed(words) = &field.held else { continue };
            if !wanted(name) || self.opened.contains_key(&words.commit) {
                continue;
            }
            if let Some(opened) = opened(opener, case, words).await? {
                self.opened.insert(words.commit.clone(), Arc::new(opened));
            }
        }
        Ok(())
    }

    /// With what was sealed just now.
    pub(crate) fn with(&mut self, commit: &str, values: Arc<Opened>) {
        self.opened.insert(commit.to_owned(), values);
    }

    /// With what another one knows too.
    pub(crate) fn and(&mut self, other: &Self) {
        self.opened.extend(other.opened.iter().map(|(commit, values)| (commit.clone(), Arc::clone(values))));
        self.facts = other.facts.clone().or(self.facts.take());
    }

    /// The value of a field, if it can be seen.
    pub(crate) fn value<'a>(&'a self, name: &FieldName, held: &'a Held) -> Option<&'a FieldValue> {
        match held {
            Held::Plain(value) => Some(value),
            Held::Sealed(words) => self.opened.get(&words.commit)?.get(name),
        }
    }

    /// Has policies see it.
    pub(crate) fn see(&self, bundle: &Bundle, engine: &Engine, case: &Case, signals: &mut Signals, now: Timestamp) {
        for spec in bundle.fields() {
            let Some(field) = case.fields.get(&spec.name) else { continue };
            if let Some(value) = self.value(&spec.name, &field.held) {
                engine.see_field(signals, spec, value, (&field.source, field.at), now);
            }
        }
        let Some(facts) = &self.facts else { return };
        for spec in bundle.facts() {
            let fact = facts.get(&spec.name);
            if let Some((fact, held)) = fact.and_then(|fact| Some((fact, fact.held.as_ref()?))) {
                engine.see_fact(signals, spec, held, (&fact.source, fact.at), now);
            }
        }
    }
}

/// Values that were sealed together; nothing once they were erased.
async fn opened(opener: Opener<'_>, case: &Case, words: &Words) -> Result<Option<Opened>, Refused> {
    let text = opener.words(case, words).await?;
    text.map(|text| serde_json::from_str(&text).map_err(Refused::internal)).transpose()
}
