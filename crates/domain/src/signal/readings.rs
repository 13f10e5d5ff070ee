//! The readings that are kept of a case: the newest of each signal from each source, of which one is effective.

use super::reading::{OWN_SOURCE, Reading, Signals, USUAL};
use crate::{id::SignalName, record::table};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

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
