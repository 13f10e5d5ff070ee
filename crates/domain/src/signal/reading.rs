//! Readings of signals, and the signals of a case at one moment.

use crate::id::{SignalName, Timestamp};
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
    /// One name of a closed vocabulary, such as an intent or a language; of a field, its text.
    Name(SmolStr),
    /// Of a field: names, each once, in order.
    List(Vec<SmolStr>),
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
            Self::List(names) => f.write_str(&names.join(", ")),
        }
    }
}

/// One measurement: the value, who measured it and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Reading {
    /// What was measured.
    #[cfg_attr(feature = "schema", schema(schema_with = crate::schema::value))]
    pub value: Value,
    /// Who measured it: `remit`, or the source name of an integration's token.
    #[cfg_attr(feature = "schema", schema(value_type = String))]
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
pub struct Signals(pub(super) Vec<(SignalName, Reading)>);

/// So many signals seldom need more room.
pub(super) const USUAL: usize = 32;

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
