//! Situations: dangers and needs that stand on a case from when they were noted until a person says otherwise.

use crate::id::Timestamp;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;
use std::collections::BTreeMap;

/// The signal that names the gravest situation that stands on a case.
pub const SITUATION: &str = "situation";
/// The signal that says how strongly it was read, in basis points.
pub const SITUATION_BP: &str = "situation_bp";
/// The signal that names what was read in the customer's newest message alone.
pub const MESSAGE_SITUATION: &str = "message_situation";
/// The value of these signals where there is none.
pub const NONE: &str = "none";

/// Situations that Remit reads itself, the gravest first. Others, which integrations post, come after them.
pub const GRAVITY: [&str; 5] = ["self_harm", "domestic_abuse", "threat", "fraud_in_progress", "bereavement"];

/// Situations on one case at most; further ones are read as they come, and do not stand.
pub const SITUATIONS_MAX: usize = 16;

/// A situation as it was noted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Noted {
    /// Its name in the bundle's vocabulary.
    pub situation: SmolStr,
    /// How strongly it was read, in basis points.
    pub strength_bp: i64,
    /// Who read it: `remit`, or the source of an integration.
    pub source: SmolStr,
    /// By which rules; never the customer's words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub because: Vec<String>,
}

/// Situations that stand on a case, and when others were ended.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Situations {
    /// Those that stand, in the order in which they were noted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    standing: Vec<Standing>,
    /// When a person last said of each that it is so no more.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    ended: BTreeMap<SmolStr, Timestamp>,
}

/// One that stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// As it was noted.
    #[serde(flatten)]
    pub noted: Noted,
    /// Since when.
    pub since: Timestamp,
}

impl Situations {
    /// Whether there never was one.
    pub fn is_empty(&self) -> bool {
        self.standing.is_empty() && self.ended.is_empty()
    }

    /// Those that stand, in the order in which they were noted.
    pub fn iter(&self) -> impl Iterator<Item = &Standing> {
        self.standing.iter()
    }

    /// Whether this one stands.
    pub fn stands(&self, situation: &str) -> bool {
        self.standing.iter().any(|standing| standing.noted.situation == situation)
    }

    /// When a person last ended this one.
    pub fn ended(&self, situation: &str) -> Option<Timestamp> {
        self.ended.get(situation).copied()
    }

    /// The gravest that stands; of equals the one that was noted first.
    pub fn gravest(&self) -> Option<&Standing> {
        self.standing.iter().min_by_key(|standing| rank(&standing.noted.situation))
    }

    /// Whether `situation` would be added by being noted at this moment.
    pub(crate) fn adds(&self, situation: &str) -> bool {
        situation != NONE && !self.stands(situation) && self.standing.len() < SITUATIONS_MAX
    }

    pub(crate) fn note(&mut self, noted: &Noted, at: Timestamp) {
        if self.adds(&noted.situation) {
            self.standing.push(Standing { noted: noted.clone(), since: at });
        }
    }

    pub(crate) fn end(&mut self, situation: &SmolStr, at: Timestamp) {
        self.standing.retain(|standing| standing.noted.situation != *situation);
        self.ended.insert(situation.clone(), at);
    }
}

/// The place of a situation by its gravity: the lower, the graver.
fn rank(situation: &str) -> usize {
    GRAVITY.iter().position(|known| *known == situation).unwrap_or(GRAVITY.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noted(situation: &str) -> Noted {
        Noted { situation: situation.into(), strength_bp: 5_000, source: "remit".into(), because: Vec::new() }
    }

    #[test]
    fn a_graver_one_is_added_and_a_lesser_one_never_takes_its_place() {
        let mut situations = Situations::default();
        for (noted_now, gravest) in [
            ("bereavement", Some("bereavement")),
            ("eviction", Some("bereavement")),
            ("threat", Some("threat")),
            ("self_harm", Some("self_harm")),
            ("fraud_in_progress", Some("self_harm")),
            ("none", Some("self_harm")),
        ] {
            situations.note(&noted(noted_now), Timestamp(1));
            assert_eq!(situations.gravest().map(|standing| standing.noted.situation.as_str()), gravest, "{noted_now}");
        }
        situations.end(&"self_harm".into(), Timestamp(2));
        assert_eq!(situations.gravest().map(|standing| standing.noted.situation.as_str()), Some("threat"));
        assert_eq!(situations.ended("self_harm"), Some(Timestamp(2)));
        let again: Situations = serde_json::from_str(&serde_json::to_string(&situations).unwrap()).unwrap();
        assert_eq!(again, situations);
    }

    #[test]
    fn there_is_a_bound() {
        let mut situations = Situations::default();
        (0..40).for_each(|n| situations.note(&noted(&format!("s{n}")), Timestamp(n)));
        assert_eq!(situations.iter().count(), SITUATIONS_MAX);
    }
}
