//! Signals: what was measured about a case at one moment, by whom, and which reading wins.

use crate::{
    id::{SignalName, Timestamp},
    record::table,
};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use smol_str::SmolStr;
use std::collections::BTreeMap;

/// A signal's value. Probabilities and strengths are basis points (10,000 = certain), times milliseconds.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// Yes or no.
    Bool(bool),
    /// A whole number in the unit that the signal's name ends with (`_bp`, `_ms`, or a count).
    Long(i64),
    /// One name of a closed vocabulary, such as an intent or a language.
    Name(SmolStr),
}

impl Value {
    /// A name from a vocabulary.
    pub fn name(text: &str) -> Self {
        Self::Name(text.into())
    }
}

impl std::fmt::Display for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Bool(value) => write!(f, "{value}"),
            Self::Long(value) => write!(f, "{value}"),
            Self::Name(value) => f.write_str(value),
        }
    }
}

/// One measurement: the value, who measured it and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reading {
    /// What was measured.
    pub value: Value,
    /// Who measured it: `remit`, or the source name of an integration's token.
    pub source: SmolStr,
    /// When.
    pub at: Timestamp,
    /// Which rules or numbers stand behind it; never the customer's words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub because: Vec<String>,
}

/// The readings that count now, one per signal.
pub type Signals = BTreeMap<SignalName, Reading>;

/// The source name of what Remit measures itself.
pub const OWN_SOURCE: &str = "remit";

/// All readings kept for a case: the newest of each source, for each signal.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Readings(BTreeMap<SignalName, Vec<Reading>>);

impl Readings {
    /// Keeps `reading`, in place of an older one of the same source.
    pub fn keep(&mut self, name: SignalName, reading: Reading) {
        // Nearly always there is one source.
        let kept = self.0.entry(name).or_insert_with(|| Vec::with_capacity(1));
        match kept.iter_mut().find(|r| r.source == reading.source) {
            Some(old) if old.at <= reading.at => *old = reading,
            Some(_) => {}
            None => kept.push(reading),
        }
    }

    /// The readings of one signal, one per source.
    pub fn of(&self, name: &str) -> &[Reading] {
        self.0.get(name).map_or(&[], Vec::as_slice)
    }

    /// For each signal the reading that wins: the newest of an authoritative source, else Remit's own,
    /// else the newest of any other. Ties go to the source that sorts first.
    pub fn effective(&self, is_authoritative: impl Fn(&SignalName, &str) -> bool) -> Signals {
        let rank = |name: &SignalName, reading: &Reading| {
            if is_authoritative(name, &reading.source) { 2u8 } else { u8::from(&*reading.source == OWN_SOURCE) }
        };
        self.0
            .iter()
            .filter_map(|(name, readings)| {
                let best = readings.iter().max_by(|a, b| {
                    (rank(name, a), a.at).cmp(&(rank(name, b), b.at)).then_with(|| b.source.cmp(&a.source))
                })?;
                Some((name.clone(), best.clone()))
            })
            .collect()
    }
}

impl FromIterator<(SignalName, Reading)> for Readings {
    /// Of readings that were kept already.
    fn from_iter<T: IntoIterator<Item = (SignalName, Reading)>>(readings: T) -> Self {
        let mut kept = BTreeMap::<_, Vec<_>>::new();
        for (name, reading) in readings {
            kept.entry(name).or_default().push(reading);
        }
        Self(kept)
    }
}

impl Serialize for Readings {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        table::readings::of(serializer, || {
            self.0.iter().flat_map(|(name, readings)| readings.iter().map(move |reading| (name, reading)))
        })
    }
}

impl<'de> Deserialize<'de> for Readings {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        table::readings::deserialize(deserializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::type_complexity, reason = "a table of cases")]
    fn the_authoritative_reading_wins_then_our_own_then_the_newest() {
        let cases: &[(&[(&str, i64, i64)], &[&str], i64)] = &[
            (&[("remit", 5, 1), ("crm", 9, 2)], &["crm"], 2),
            (&[("remit", 5, 1), ("crm", 9, 2)], &[], 1),
            (&[("crm", 5, 1), ("erp", 9, 2)], &[], 2),
            (&[("crm", 9, 1), ("erp", 9, 2)], &["crm", "erp"], 1),
        ];
        for (readings, authoritative, want) in cases {
            let name = SignalName::new("value").unwrap();
            let mut kept = Readings::default();
            for (source, at, value) in *readings {
                let reading = Reading {
                    value: Value::Long(*value),
                    source: (*source).into(),
                    at: Timestamp(*at),
                    because: vec![],
                };
                kept.keep(name.clone(), reading);
            }
            let signals = kept.effective(|_, source| authoritative.contains(&source));
            assert_eq!(signals[&name].value, Value::Long(*want), "{readings:?}");
        }
    }
}
