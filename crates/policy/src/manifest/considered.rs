//! The tables of `bundle.toml` that weigh: preferences among responders, what cases need of staff, and what is other
//! for a topic than it is else.

use serde::Deserialize;
use std::collections::BTreeMap;

/// A preference among those whom policy allows.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Preference {
    /// Its name, by which records name it; no policy has it.
    pub name: String,
    /// Whose it is.
    pub owner: String,
    /// Why it exists.
    pub reason: String,
    /// A condition in Cedar, as after `when` of a policy; always, where it is not named.
    pub when: Option<String>,
    /// Responders that cost less for it.
    pub prefers: Option<Vec<String>>,
    /// Responders that cost more for it.
    pub avoids: Option<Vec<String>>,
    /// Responders of whom the earlier goes first, whatever each costs.
    pub order: Option<Vec<String>>,
    /// By how much, in minor units of the bundle's currency.
    pub minor: Option<i64>,
    /// By how much, in percent of the expected cost.
    pub percent: Option<i64>,
}

/// What some cases need of the staff who take them.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Need {
    /// Its name, by which records name it; no policy has it.
    pub name: String,
    /// Whose it is.
    pub owner: String,
    /// Why it exists.
    pub reason: String,
    /// A condition in Cedar, as after `when` of a policy; always, where it is not named.
    pub when: Option<String>,
    /// The queues whose staff it is asked of; all of them where none is named.
    pub queues: Option<Vec<String>>,
    /// The least level of each skill, 1 to 5.
    #[serde(default)]
    pub skills: BTreeMap<String, u8>,
    /// The least level of the case's language, 1 to 5; any will do where it is not named.
    pub language: Option<u8>,
}

/// What is other for a topic than for all else that a responder handles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfTopic {
    /// What handling one case costs, in minor units.
    pub handling_minor: Option<i64>,
    /// For a queue: mean minutes that a case takes.
    pub handling_minutes: Option<u32>,
    /// The prior probability that it resolves a case, in basis points.
    pub prior_resolve_bp: Option<i64>,
    /// How many recorded outcomes the prior is worth.
    pub prior_weight: Option<i64>,
}
