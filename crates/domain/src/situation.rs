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

/// Situations of the packs that ship, the gravest first, with ranks of 10, 20 and so on. Of others whoever notes them
/// says the rank; without one they come last.
pub const GRAVITY: [&str; 5] = ["self_harm", "domestic_abuse", "threat", "fraud_in_progress", "bereavement"];

/// Situations on one case at most; further ones are read as they come, and do not stand.
pub const SITUATIONS_MAX: usize = 16;

/// A situation as it was noted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Noted {
    /// Its name in the bundle's vocabulary.
    #[cfg_attr(feature = "schema", schema(value_type = String))]
    pub situation: SmolStr,
    /// How strongly it was read, in basis points.
    pub strength_bp: i64,
    /// Who read it: `remit`, or the source of an integration.
    #[cfg_attr(feature = "schema", schema(value_type = String))]
    pub source: SmolStr,
    /// Its gravity, the lower, the graver, where it is another than that of [`GRAVITY`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rank: Option<u16>,
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
    standing: Vec<StandingSituation>,
    /// When a person last said of each that it is so no more.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    ended: BTreeMap<SmolStr, Timestamp>,
}

/// One that stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StandingSituation {
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
    pub fn iter(&self) -> impl Iterator<Item = &StandingSituation> {
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
    pub fn gravest(&self) -> Option<&StandingSituation> {
        self.standing.iter().min_by_key(|standing| standing.noted.gravity())
    }

    /// Whether `situation` would be added by being noted at this moment.
    pub(crate) fn adds(&self, situation: &str) -> bool {
        situation != NONE && !self.stands(situation) && self.standing.len() < SITUATIONS_MAX
    }

    pub(crate) fn note(&mut self, noted: &Noted, at: Timestamp) {
        if self.adds(&noted.situation) {
            self.standing.push(StandingSituation { noted: noted.clone(), since: at });
        }
    }

    pub(crate) fn end(&mut self, situation: &SmolStr, at: Timestamp) {
        self.standing.retain(|standing| standing.noted.situation != *situation);
        self.ended.insert(situation.clone(), at);
    }
}

impl Noted {
    /// How grave it is: the lower, the graver.
    pub fn gravity(&self) -> u16 {
        self.rank.or_else(|| usual_rank(&self.situation)).unwrap_or(u16::MAX)
    }
}

/// The rank of a situation of the packs that ship.
pub fn usual_rank(situation: &str) -> Option<u16> {
    (10..).step_by(10).zip(GRAVITY).find(|(_, known)| *known == situation).map(|(rank, _)| rank)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noted(situation: &str) -> Noted {
        let (situation, source) = (situation.into(), "remit".into());
        Noted { situation, strength_bp: 5_000, source, rank: None, because: Vec::new() }
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
    fn the_rank_that_was_noted_says_how_grave_it_is() {
        let mut situations = Situations::default();
        for (situation, rank, gravest) in [
            ("bereavement", None, "bereavement"),
            ("stranded", Some(45), "stranded"),
            ("fraud_in_progress", None, "fraud_in_progress"),
            ("delayed", Some(60), "fraud_in_progress"),
            ("medical_emergency", Some(5), "medical_emergency"),
            ("self_harm", None, "medical_emergency"),
        ] {
            situations.note(&Noted { rank, ..noted(situation) }, Timestamp(1));
            let found = situations.gravest().map(|standing| standing.noted.situation.as_str());
            assert_eq!(found, Some(gravest), "{situation}");
        }
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
