//! Considerations: what a bundle has weighed beside policy, each declared and owned. A preference among responders, or
//! what a case needs of the staff who take it.

use super::Candidate;
use crate::{
    cost::Cost,
    id::{OwnerId, PolicyId, ResponderId},
};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, sync::Arc};

/// A consideration as the bundle declares it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Consideration {
    /// Whose it is.
    pub owner: OwnerId,
    /// Why it exists, in plain words.
    #[cfg_attr(feature = "schema", schema(value_type = String))]
    pub reason: Arc<str>,
    /// What it comes to.
    pub effect: ConsiderationEffect,
}

/// What a consideration comes to for whom it applies to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "schema", schema(as = Effect))]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum ConsiderationEffect {
    /// Adds an amount to the expected cost; negative where the responder is preferred.
    Amount {
        /// In minor units of the bundle's currency.
        minor: i64,
    },
    /// Adds a share of the expected cost; negative where the responder is preferred.
    Share {
        /// In percent of handling, waiting and failing together.
        percent: i64,
    },
    /// Whoever comes earlier goes first, whatever it costs.
    Order {
        /// The responders in their order.
        of: Vec<ResponderId>,
    },
    /// Whoever of the staff takes the case has these skills, and speaks its language so well.
    Skills {
        /// The least level of each, 1 to 5.
        least: BTreeMap<String, u8>,
        /// The least level of the case's language, 1 to 5; 0 where any will do.
        #[serde(default, skip_serializing_if = "is_any")]
        language: u8,
    },
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks with a reference")]
fn is_any(level: &u8) -> bool {
    *level == 0
}

/// The considerations of a bundle, in the order in which they are declared.
pub type Considerations = Vec<(PolicyId, Consideration)>;

/// What `applies` adds to a cost or takes off it, in minor units.
pub(super) fn preference_minor(all: &Considerations, applies: &[PolicyId], cost: &Cost) -> i64 {
    of(all, applies).fold(0, |sum, (_, consideration)| match consideration.effect {
        ConsiderationEffect::Amount { minor } => sum.saturating_add(minor),
        ConsiderationEffect::Share { percent } => {
            let share = i128::from(cost.total_minor) * i128::from(percent) / 100;
            let limit = if share < 0 { i64::MIN } else { i64::MAX };
            sum.saturating_add(i64::try_from(share).unwrap_or(limit))
        }
        ConsiderationEffect::Order { .. } | ConsiderationEffect::Skills { .. } => sum,
    })
}

/// The place of a responder in each order, as they are declared: who comes earlier goes first. Who is in none of those
/// that apply comes after all who are.
pub(super) fn places(all: &Considerations, responder: &ResponderId, applies: &[PolicyId]) -> Vec<usize> {
    let place = |(id, consideration): &(PolicyId, Consideration)| match &consideration.effect {
        ConsiderationEffect::Order { of } if applies.contains(id) => {
            Some(of.iter().position(|named| named == responder).unwrap_or(usize::MAX))
        }
        ConsiderationEffect::Order { .. } => Some(usize::MAX),
        _ => None,
    };
    all.iter().filter_map(place).collect()
}

/// Those that apply to any of `candidates`, by name.
pub(super) fn noted(all: &Considerations, candidates: &[Candidate]) -> BTreeMap<PolicyId, Consideration> {
    let applied = |id: &PolicyId| candidates.iter().any(|candidate| candidate.considered.contains(id));
    all.iter().filter(|(id, _)| applied(id)).cloned().collect()
}

/// The skills that a case needs of the staff of whom `considered` holds, with the least level of each.
pub(crate) fn skills<'a>(
    noted: impl IntoIterator<Item = (&'a PolicyId, &'a Consideration)>,
    considered: &[PolicyId],
) -> BTreeMap<String, u8> {
    let mut least: BTreeMap<String, u8> = BTreeMap::new();
    for (_, consideration) in noted.into_iter().filter(|(id, _)| considered.contains(id)) {
        if let ConsiderationEffect::Skills { least: more, .. } = &consideration.effect {
            for (skill, level) in more {
                let known = least.entry(skill.clone()).or_default();
                *known = (*known).max(*level);
            }
        }
    }
    least
}

/// The least level of the case's language that it needs of the staff of whom `considered` holds; 0 where any will do.
pub(crate) fn language<'a>(
    noted: impl IntoIterator<Item = (&'a PolicyId, &'a Consideration)>,
    considered: &[PolicyId],
) -> u8 {
    let level = |consideration: &Consideration| match consideration.effect {
        ConsiderationEffect::Skills { language, .. } => language,
        _ => 0,
    };
    noted.into_iter().filter(|(id, _)| considered.contains(id)).map(|(_, one)| level(one)).max().unwrap_or(0)
}

fn of<'a>(all: &'a Considerations, applies: &'a [PolicyId]) -> impl Iterator<Item = &'a (PolicyId, Consideration)> {
    all.iter().filter(|(id, _)| applies.contains(id))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    fn id(name: &str) -> PolicyId {
        PolicyId::new(name).unwrap()
    }

    fn all(effects: Vec<(&str, ConsiderationEffect)>) -> Considerations {
        let of = |effect| Consideration { owner: testing::owner("care"), reason: "so".into(), effect };
        effects.into_iter().map(|(name, effect)| (id(name), of(effect))).collect()
    }

    fn cost(total_minor: i64) -> Cost {
        Cost {
            handling_minor: total_minor,
            delay_minor: 0,
            failure_minor: 0,
            total_minor,
            resolves_bp: 0,
            value_percent: 100,
            due_minor: 0,
            preference_minor: 0,
        }
    }

    #[test]
    fn amounts_and_shares_add_up_and_stop_at_the_range_s_ends() {
        let declared = all(vec![
            ("less", ConsiderationEffect::Amount { minor: -500 }),
            ("more", ConsiderationEffect::Share { percent: 30 }),
            ("half", ConsiderationEffect::Share { percent: -50 }),
        ]);
        for (applies, total, want) in [
            (&["less"][..], 1_000, -500),
            (&["more"], 1_000, 300),
            (&["less", "half"], 1_000, -1_000),
            (&["other"], 1_000, 0),
            (&["more"], i64::MAX, i64::MAX / 10 * 3 + 2),
            (&["less", "less", "half"], i64::MIN, i64::MAX / 2 + 1 - 500),
        ] {
            let applies: Vec<_> = applies.iter().map(|name| id(name)).collect();
            assert_eq!(preference_minor(&declared, &applies, &cost(total)), want, "{applies:?} of {total}");
        }
    }

    #[test]
    fn an_order_puts_those_it_names_first_and_the_skills_needed_are_the_highest() {
        let of = ["care", "general"].map(testing::responder).to_vec();
        let skills_of = |level| ConsiderationEffect::Skills {
            least: BTreeMap::from([("reissue".to_owned(), level)]),
            language: level - 1,
        };
        let declared =
            all(vec![("order", ConsiderationEffect::Order { of }), ("one", skills_of(3)), ("two", skills_of(2))]);
        let place = |name, applies: &[PolicyId]| places(&declared, &testing::responder(name), applies);
        let applies = [id("order")];
        assert!(place("care", &applies) < place("general", &applies));
        assert!(place("general", &applies) < place("cards", &applies));
        assert_eq!(place("care", &[]), place("cards", &[]));
        let noted: BTreeMap<_, _> = declared.into_iter().collect();
        assert_eq!(skills(&noted, &[id("one"), id("two")]), BTreeMap::from([("reissue".to_owned(), 3)]));
        assert_eq!(skills(&noted, &[id("order")]), BTreeMap::new());
        assert_eq!(language(&noted, &[id("one"), id("two")]), 2);
        assert_eq!(language(&noted, &[id("order")]), 0);
    }
}
