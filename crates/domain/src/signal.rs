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

/// The readings that count now, one per signal, in the order of their names. There are two dozen, and they are made
/// for every decision: to move a few aside costs less than the nodes of a tree.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Signals(Vec<(SignalName, Reading)>);

/// So many signals seldom need more room.
const USUAL: usize = 32;

impl Signals {
    /// None.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// The reading of this signal.
    pub fn get(&self, name: &str) -> Option<&Reading> {
        self.0.get(self.place(name).ok()?).map(|(_, reading)| reading)
    }

    /// Whether there is a reading of this signal.
    pub fn contains(&self, name: &str) -> bool {
        self.place(name).is_ok()
    }

    /// Has `reading` count for this signal.
    pub fn insert(&mut self, name: SignalName, reading: Reading) {
        let place = self.place(name.as_str());
        match place.map(|at| self.0.get_mut(at)) {
            Ok(Some((_, kept))) => *kept = reading,
            Ok(None) => {}
            Err(at) => self.0.insert(at, (name, reading)),
        }
    }

    /// Adds what `of` says of each of `names`, which are in order, of which there is no reading.
    pub fn complete<'a, T: 'a>(
        &mut self,
        names: impl IntoIterator<Item = (&'a SignalName, &'a T)>,
        of: impl Fn(&'a T) -> Reading,
    ) {
        let mut at = 0;
        for (name, about) in names {
            at += self.0.iter().skip(at).take_while(|(known, _)| known < name).count();
            if self.0.get(at).is_none_or(|(known, _)| known != name) {
                self.0.insert(at, (name.clone(), of(about)));
            }
        }
    }

    /// All of them, in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = (&SignalName, &Reading)> {
        self.0.iter().map(|(name, reading)| (name, reading))
    }

    fn place(&self, name: &str) -> Result<usize, usize> {
        self.0.binary_search_by(|(known, _)| known.as_str().cmp(name))
    }
}

impl FromIterator<(SignalName, Reading)> for Signals {
    /// Of several readings of one signal the last counts.
    fn from_iter<T: IntoIterator<Item = (SignalName, Reading)>>(readings: T) -> Self {
        let mut signals = Self::new();
        readings.into_iter().for_each(|(name, reading)| signals.insert(name, reading));
        signals
    }
}

impl Serialize for Signals {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<'de> Deserialize<'de> for Signals {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(BTreeMap::<SignalName, Reading>::deserialize(deserializer)?.into_iter().collect())
    }
}

/// The reason of the reading by which a customer asks for a human without words: it cannot have been misread.
pub const BUTTON_PRESSED: &str = "the customer pressed the button for a human";

/// The source name of what Remit measures itself.
pub const OWN_SOURCE: &str = "remit";

/// All readings kept for a case: the newest of each source, for each signal; in the order of the signals' names.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Readings(Vec<(SignalName, Reading)>);

impl Readings {
    /// Keeps `reading`, in place of an older one of the same source.
    pub fn keep(&mut self, name: SignalName, reading: Reading) {
        let from = self.0.partition_point(|(known, _)| *known < name);
        let mut behind = from;
        for (_, kept) in self.0.iter_mut().skip(from).take_while(|(known, _)| *known == name) {
            if kept.source == reading.source {
                if kept.at <= reading.at {
                    *kept = reading;
                }
                return;
            }
            behind += 1;
        }
        self.0.insert(behind, (name, reading));
    }

    /// The readings of one signal, one per source.
    pub fn of(&self, name: &str) -> impl Iterator<Item = &Reading> {
        let from = self.0.partition_point(|(known, _)| known.as_str() < name);
        self.0.iter().skip(from).take_while(move |(known, _)| known.as_str() == name).map(|(_, reading)| reading)
    }

    /// For each signal the reading that wins: the newest of an authoritative source, else Remit's own,
    /// else the newest of any other. Ties go to the source that sorts first.
    pub fn effective(&self, is_authoritative: impl Fn(&SignalName, &str) -> bool) -> Signals {
        let rank = |name: &SignalName, reading: &Reading| {
            if is_authoritative(name, &reading.source) { 2u8 } else { u8::from(&*reading.source == OWN_SOURCE) }
        };
        let mut signals = Vec::with_capacity(USUAL.max(self.0.len()));
        signals.extend(self.0.chunk_by(|(a, _), (b, _)| a == b).filter_map(|readings| {
            let best = readings.iter().max_by(|(name, a), (_, b)| {
                (rank(name, a), a.at).cmp(&(rank(name, b), b.at)).then_with(|| b.source.cmp(&a.source))
            });
            best.cloned()
        }));
        Signals(signals)
    }
}

impl FromIterator<(SignalName, Reading)> for Readings {
    /// Of readings that were kept already.
    fn from_iter<T: IntoIterator<Item = (SignalName, Reading)>>(readings: T) -> Self {
        let mut kept: Vec<_> = readings.into_iter().collect();
        kept.sort_by(|(a, _), (b, _)| a.cmp(b));
        Self(kept)
    }
}

impl Serialize for Readings {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        table::readings::serialize(&self.0, serializer)
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
            assert_eq!(signals.get("value").unwrap().value, Value::Long(*want), "{readings:?}");
        }
    }

    fn reading(source: &str, at: i64, value: i64) -> Reading {
        Reading { value: Value::Long(value), source: source.into(), at: Timestamp(at), because: Vec::new() }
    }

    fn told<'a>(readings: impl Iterator<Item = &'a Reading>) -> Vec<(&'a str, i64, String)> {
        readings.map(|reading| (&*reading.source, reading.at.0, reading.value.to_string())).collect()
    }

    #[test]
    fn each_source_has_its_newest_reading_kept() {
        let mut kept = Readings::default();
        for (name, source, at, value) in [
            ("b", "remit", 5, 1),
            ("c", "remit", 5, 2),
            ("a", "remit", 5, 3),
            ("b", "crm", 6, 4),
            ("b", "remit", 4, 5),
            ("b", "crm", 6, 6),
        ] {
            kept.keep(SignalName::new(name).unwrap(), reading(source, at, value));
        }
        assert_eq!(told(kept.of("a")), [("remit", 5, "3".to_owned())]);
        assert_eq!(told(kept.of("b")), [("remit", 5, "1".to_owned()), ("crm", 6, "6".to_owned())]);
        assert_eq!(told(kept.of("bb")), []);
        let again: Readings = serde_json::from_str(&serde_json::to_string(&kept).unwrap()).unwrap();
        assert_eq!(again, kept);
    }

    #[test]
    fn signals_are_in_the_order_of_their_names_and_completed_where_they_lack() {
        let name = |name: &str| SignalName::new(name).unwrap();
        let mut signals: Signals =
            ["c", "a", "e", "c"].into_iter().zip(1..).map(|(of, n)| (name(of), reading("remit", 0, n))).collect();
        let defaults = ["a", "b", "d", "e", "f"].map(|of| (name(of), 9));
        signals.complete(defaults.iter().map(|(name, value)| (name, value)), |value| reading("default", 0, *value));
        let all: Vec<String> = signals.iter().map(|(name, reading)| format!("{name}{}", reading.value)).collect();
        assert_eq!(all, ["a2", "b9", "c4", "d9", "e3", "f9"]);
        assert!(signals.contains("d") && !signals.contains("dd"));
        assert_eq!(signals.get("c").unwrap().value, Value::Long(4));
        let again: Signals = serde_json::from_str(&serde_json::to_string(&signals).unwrap()).unwrap();
        assert_eq!(again, signals);
    }
}
