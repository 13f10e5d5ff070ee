//! The languages that a responder speaks, as `bundle.toml` says it.

use serde::Deserialize;
use std::{collections::BTreeMap, ops::RangeInclusive};

/// Least and greatest level of a skill, and of a language.
pub const LEVELS: RangeInclusive<u8> = 1..=5;

/// Languages, values of the schema's `Language`: listed, or each with its level.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Languages {
    /// Such as `["de", "en"]`: each is spoken at level 5.
    Listed(Vec<String>),
    /// Such as `{ de = 3, en = 5 }`: each at its level, 1 to 5.
    Levels(BTreeMap<String, u8>),
}

impl Default for Languages {
    fn default() -> Self {
        Self::Listed(Vec::new())
    }
}

impl Languages {
    /// Their names, in the order in which they stand there.
    pub fn names(&self) -> Vec<String> {
        match self {
            Self::Listed(names) => names.clone(),
            Self::Levels(levels) => levels.keys().cloned().collect(),
        }
    }

    /// The level of each.
    pub fn levels(&self) -> BTreeMap<String, u8> {
        match self {
            Self::Listed(names) => names.iter().map(|name| (name.clone(), *LEVELS.end())).collect(),
            Self::Levels(levels) => levels.clone(),
        }
    }
}
