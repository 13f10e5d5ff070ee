//! Waiting cases, in lines: a line holds the cases that the same people could take now.

use super::{
    asks::ANY_LANGUAGE,
    need::Need,
    staff::{Rank, StaffProfile},
    terms::OfferTerms,
};
use crate::{
    case::Channel,
    id::{CaseId, ResponderId, StaffId, Timestamp},
};
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// A case that waits for a staff member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Waiting {
    /// Which case.
    pub case: CaseId,
    /// The queue that holds it.
    pub queue: ResponderId,
    /// How it reached us; spends capacity on this channel.
    pub channel: Channel,
    /// The customer's language by tag; [`ANY_LANGUAGE`] for any.
    pub language: SmolStr,
    /// The least level of it, 1 to 5; 0 where any will do.
    #[serde(default)]
    pub language_level: u8,
    /// Skills needed, with the least level of each.
    pub skills: Arc<BTreeMap<String, u8>>,
    /// When the customer's wait began; our own handoffs never reset it.
    pub since: Timestamp,
    /// Weight of the customer's value class, in percent.
    pub value_percent: i64,
    /// Milliseconds after `since` until the SLA is missed.
    pub sla_ms: i64,
    /// Mean milliseconds that a case like it takes; as the queue's cases do where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handling_ms: Option<i64>,
    /// A date of the case's own, such as a departure, before which it should be served.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Timestamp>,
    /// How grave the gravest danger is that stands on it, if one does: the lower, the graver.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub danger: Option<u16>,
    /// Who had it last, if it comes back.
    pub last_staff: Option<StaffId>,
    /// What is no longer asked for after waiting.
    pub relax: Arc<[Relax]>,
    /// Before when it is offered to nobody, since its queue was closed when it came.
    pub not_before: Option<Timestamp>,
}

/// What a case no longer asks for once it has waited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Relax {
    /// After so many milliseconds of the customer's waiting.
    pub after_ms: i64,
    /// Levels by which every skill needed, and that of the language, is lowered (in all; steps do not add up).
    pub skill_drop: u8,
    /// Whether any language will do.
    pub any_language: bool,
}

/// Until when a case is not offered again to whoever it is not for.
pub(super) const FOR_GOOD: Timestamp = Timestamp(i64::MAX);

/// That somebody declined a case, or did not answer.
#[derive(Debug, Clone)]
pub(super) struct Pass {
    pub(super) staff: StaffId,
    pub(super) until: Timestamp,
}

/// Where a case on the floor is.
#[derive(Debug, Clone)]
pub(super) enum CasePlace {
    /// In this line, until time changes what it needs.
    Line(Arc<Need>, Option<Timestamp>),
    Offered {
        staff: StaffId,
        deadline: Timestamp,
    },
    Held {
        staff: StaffId,
        since: Timestamp,
        /// Whether it takes room; not while its customer is silent, or it is put off.
        counts: bool,
        /// From when on it takes none.
        quiet_from: Option<Timestamp>,
    },
}

impl CasePlace {
    /// Held by somebody from now on.
    pub(super) fn held(staff: &StaffId, since: Timestamp) -> Self {
        Self::Held { staff: staff.clone(), since, counts: true, quiet_from: None }
    }
}

/// A case on the floor.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) waiting: Waiting,
    /// When it came to the floor, or whoever had it last came back.
    pub(super) came: Timestamp,
    /// Whether whoever had it last was gone meanwhile, and came back: they get it before all others.
    pub(super) back: bool,
    /// Latest last.
    pub(super) passes: Vec<Pass>,
    pub(super) place: CasePlace,
}

impl Entry {
    /// Forgets who passed long enough ago.
    pub(super) fn forget(&mut self, now: Timestamp) {
        self.passes.retain(|pass| pass.until > now);
    }

    /// Who could take it now, and when time alone changes that.
    pub(super) fn need(&self, terms: &OfferTerms, now: Timestamp) -> (Need, Option<Timestamp>) {
        let waiting = &self.waiting;
        let mut turns: Vec<Timestamp> = vec![];
        let (mut drop, mut any) = (0, waiting.language == ANY_LANGUAGE);
        for relax in waiting.relax.iter() {
            let at = waiting.since.plus_ms(relax.after_ms);
            if at <= now {
                drop = drop.max(relax.skill_drop);
                any |= relax.any_language;
            } else {
                turns.push(at);
            }
        }
        let least = |(skill, level): (&String, &u8)| (skill.clone(), level.saturating_sub(drop));
        let skills = waiting.skills.iter().map(least).filter(|(_, level)| *level > 0).collect();
        let (mut passed, mut barred) = (vec![], vec![]);
        for pass in self.passes.iter().filter(|pass| pass.until > now) {
            if pass.until == FOR_GOOD {
                barred.push(pass.staff.clone());
            } else {
                passed.push(pass.staff.clone());
                turns.push(pass.until);
            }
        }
        passed.sort();
        barred.sort();
        let grace = self.came.plus_ms(terms.grace_ms);
        let stays = |last: &StaffId| grace > now && !passed.contains(last) && !barred.contains(last);
        let kept_for = waiting.last_staff.clone().filter(stays);
        turns.extend(kept_for.iter().map(|_| grace));
        let opens = waiting.not_before.filter(|opens| *opens > now);
        turns.extend(opens);
        let language = (!any).then(|| waiting.language.clone());
        let language_level = if any { 0 } else { waiting.language_level.saturating_sub(drop) };
        let held_back = opens.is_some();
        let back = self.back && kept_for.is_some();
        (Need { language, language_level, skills, passed, barred, kept_for, back, held_back }, turns.into_iter().min())
    }

    /// What orders it among others that the same people could take.
    pub(super) fn price(&self) -> Price {
        let Waiting { danger, value_percent, sla_ms, handling_ms, .. } = self.waiting;
        Price { gravity: gravity(danger), value_percent, sla_ms, handling_ms }
    }
}

/// What orders cases of a line, besides how long they have waited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Price {
    gravity: u32,
    value_percent: i64,
    sla_ms: i64,
    pub(super) handling_ms: Option<i64>,
}

/// How much before others a case comes for the danger that stands on it: the graver, the greater; 0 without one.
fn gravity(danger: Option<u16>) -> u32 {
    danger.map_or(0, |rank| u32::from(u16::MAX - rank) + 1)
}

/// Cases of one price.
#[derive(Debug, Clone, Default)]
pub(super) struct Priced {
    /// By when their customers began to wait.
    pub(super) waiting: BTreeSet<(Timestamp, CaseId)>,
    /// Those that have a date of their own, by it, with when their customers began to wait.
    due: BTreeSet<(Timestamp, Timestamp, CaseId)>,
}

impl Priced {
    pub(super) fn insert(&mut self, waiting: &Waiting) {
        self.waiting.insert((waiting.since, waiting.case));
        self.due.extend(waiting.due.map(|due| (due, waiting.since, waiting.case)));
    }

    pub(super) fn remove(&mut self, waiting: &Waiting) {
        self.waiting.remove(&(waiting.since, waiting.case));
        if let Some(due) = waiting.due {
            self.due.remove(&(due, waiting.since, waiting.case));
        }
    }
}

/// Cases that the same people could take: of each price, whoever has waited longest is first, or whose date is next.
#[derive(Debug, Clone, Default)]
pub(super) struct Line {
    pub(super) cases: BTreeMap<Price, Priced>,
    /// The floor's change at which nobody was found for it.
    pub(super) stuck_at: Option<u64>,
}

/// The first of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    /// For the danger that stands on it; 0 without one.
    pub(super) gravity: u32,
    pub(super) index: i128,
    pub(super) since: Timestamp,
    pub(super) case: CaseId,
}

impl Ord for Head {
    /// The gravest danger comes last, then the greatest index; of equals the one that has waited longest.
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        let key = |head: &Self| (head.gravity, head.index, std::cmp::Reverse((head.since, head.case)));
        key(self).cmp(&key(other))
    }
}

impl PartialOrd for Head {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Line {
    /// The case on which the gravest danger stands, and of those the one with the greatest index. Of one price the
    /// index grows with waiting, and as a date comes nearer: heads suffice.
    pub(super) fn head(&self, terms: &OfferTerms, handling_ms: i64, now: Timestamp) -> Option<Head> {
        let longest = |(price, cases): (&Price, &Priced)| {
            let (since, case) = *cases.waiting.first()?;
            let handling_ms = price.handling_ms.unwrap_or(handling_ms);
            let index = terms.index(now.since(since), price.value_percent, price.sla_ms, handling_ms);
            Some(Head { gravity: price.gravity, index, since, case })
        };
        let next_due = |(price, cases): (&Price, &Priced)| {
            let (due, since, case) = *cases.due.first()?;
            let left_ms = due.0.saturating_sub(now.0);
            let handling_ms = price.handling_ms.unwrap_or(handling_ms);
            let index = terms.due_index(left_ms, price.value_percent, handling_ms);
            Some(Head { gravity: price.gravity, index, since, case })
        };
        self.cases.iter().flat_map(|priced| [longest(priced), next_due(priced)]).flatten().max()
    }
}

/// One channel of one queue: its lines, and who has room.
#[derive(Debug, Clone, Default)]
pub(super) struct ChannelQueue {
    pub(super) lines: BTreeMap<Arc<Need>, Line>,
    /// Those who are available and have room, in the order in which they are chosen.
    pub(super) free: BTreeMap<Rank, Arc<StaffProfile>>,
    /// The floor's last change that could let somebody take what nobody could.
    pub(super) changed: u64,
}
