//! Agents that nobody registered and that only sign their requests (Web Bot Auth): who knocked, and how often.

use crate::id::Timestamp;
use serde::{Deserialize, Serialize};

/// Keys that are kept of one agent, those that it signed with last.
pub const KEYS_MAX: usize = 16;

/// As what all those together are on record of whom nothing is on record on its own.
pub const OTHERS: &str = "*";

/// An agent knocked: it sent requests that it had signed with a key of its own, and nothing that says whom it acts
/// for. Nothing was done for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct AgentKnocked {
    /// The origin at which it has its keys, by which it is counted; `*` for all whose number was too large for a record
    /// of each.
    pub agent: String,
    /// The thumbprints of the keys that it signed with (RFC 7638), the last one last.
    pub keys: Vec<String>,
    /// How often it knocked since the record before.
    pub knocks: u64,
    /// How many of these were refused since they were too many.
    pub refused: u64,
    /// When the first of these came.
    pub first: Timestamp,
    /// When the last one did.
    pub last: Timestamp,
    /// When this was put on record.
    pub at: Timestamp,
}

/// What is known of an agent, by all records of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownAgent {
    /// The thumbprints of its keys, the one that it signed with last at the end.
    pub keys: Vec<String>,
    /// When it first knocked.
    pub first: Timestamp,
    /// When it knocked last.
    pub last: Timestamp,
    /// How often it knocked.
    pub knocks: u64,
    /// How often it was refused since it knocked too often.
    pub refused: u64,
    /// When the newest record was made.
    pub recorded: Timestamp,
}

impl KnownAgent {
    /// What is known after a record, where `before` was known.
    #[must_use]
    pub fn after(before: Option<Self>, record: &AgentKnocked) -> Self {
        let AgentKnocked { keys, knocks, refused, first, last, at, .. } = record;
        let mut known = before.unwrap_or_else(|| Self {
            keys: Vec::new(),
            first: *first,
            last: *last,
            knocks: 0,
            refused: 0,
            recorded: *at,
        });
        keys.iter().for_each(|key| note_key(&mut known.keys, key));
        known.last = *last;
        known.knocks = known.knocks.saturating_add(*knocks);
        known.refused = known.refused.saturating_add(*refused);
        known.recorded = *at;
        known
    }
}

/// Notes a key as the one that was used last; of too many, those are forgotten that were not used for longest.
pub fn note_key(keys: &mut Vec<String>, key: &str) {
    if keys.last().is_some_and(|last| last == key) {
        return;
    }
    keys.retain(|one| one != key);
    keys.push(key.to_owned());
    let more = keys.len().saturating_sub(KEYS_MAX);
    keys.drain(..more);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(keys: &[&str], knocks: u64, at: i64) -> AgentKnocked {
        AgentKnocked {
            agent: "https://muse.example".into(),
            keys: keys.iter().map(|key| (*key).to_owned()).collect(),
            knocks,
            refused: 1,
            first: Timestamp(at - 10),
            last: Timestamp(at - 1),
            at: Timestamp(at),
        }
    }

    #[test]
    fn what_is_known_is_the_sum_of_what_is_on_record() {
        let first = KnownAgent::after(None, &record(&["a"], 1, 100));
        let known = KnownAgent::after(Some(first), &record(&["b", "a"], 7, 200));
        assert_eq!((known.knocks, known.refused), (8, 2));
        assert_eq!((known.first, known.last, known.recorded), (Timestamp(90), Timestamp(199), Timestamp(200)));
        assert_eq!(known.keys, ["b", "a"]);
    }

    #[test]
    fn the_keys_that_were_used_last_are_kept() {
        let mut keys = Vec::new();
        for n in 0..2 * KEYS_MAX {
            note_key(&mut keys, &n.to_string());
            note_key(&mut keys, "0");
        }
        assert_eq!((keys.len(), keys.last().map(String::as_str)), (KEYS_MAX, Some("0")));
        assert_eq!(keys[KEYS_MAX - 2], (2 * KEYS_MAX - 1).to_string());
    }
}
