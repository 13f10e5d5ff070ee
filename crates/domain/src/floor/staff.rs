//! Staff members on the floor: what they can do, whether they are there, and how much room they have.

use super::{
    asks::{ANY_LANGUAGE, Asks},
    need::Need,
};
use crate::{
    case::Channel,
    id::{ResponderId, StaffId, Timestamp},
};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, sync::Arc};

/// What a staff member can be offered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct StaffProfile {
    /// Who.
    pub id: StaffId,
    /// Queues that they work in.
    pub queues: Vec<ResponderId>,
    /// Languages by tag, with a level from 1 to 5.
    pub languages: BTreeMap<String, u8>,
    /// Skills by name, with a level from 1 to 5.
    pub skills: BTreeMap<String, u8>,
    /// Cases at once on each channel; nothing on a channel that is not named.
    pub capacity: BTreeMap<Channel, u32>,
}

impl StaffProfile {
    /// Whether they work in the queue on the channel, speak the language and have the skills.
    pub(super) fn can(&self, queue: &ResponderId, channel: Channel, need: &Need) -> bool {
        self.serves(queue, channel) && self.meets(need)
    }

    /// Whether they work in the queue, and could take a case that asks this.
    pub fn could_take(&self, queue: &ResponderId, asks: &Asks<'_>) -> bool {
        let language = Some(asks.language).filter(|language| *language != ANY_LANGUAGE);
        self.serves(queue, asks.channel)
            && self.speaks_at(language, asks.language_level)
            && asks.skills.iter().all(|(skill, least)| self.level(skill) >= *least)
    }

    /// The level at which they have a skill; 0 where they do not.
    pub fn level(&self, skill: &str) -> u8 {
        level(&self.skills, skill)
    }

    pub(super) fn serves(&self, queue: &ResponderId, channel: Channel) -> bool {
        self.most(channel) > 0 && self.queues.contains(queue)
    }

    /// Whether they speak the language and have the skills.
    pub(super) fn meets(&self, need: &Need) -> bool {
        self.speaks(need) && self.knows(need)
    }

    pub(super) fn speaks(&self, need: &Need) -> bool {
        self.speaks_at(need.language.as_deref(), need.language_level)
    }

    /// Whether they speak the language at that level, or at all where it is 0; everybody does where any will do.
    fn speaks_at(&self, language: Option<&str>, least: u8) -> bool {
        language.is_none_or(|language| level(&self.languages, language) >= least.max(1))
    }

    pub(super) fn knows(&self, need: &Need) -> bool {
        need.skills.iter().all(|(skill, least)| self.level(skill) >= *least)
    }

    /// Sum of their levels in what is needed: more is better.
    pub(super) fn levels(&self, need: &Need) -> u32 {
        let language = need.language.as_deref().map_or(0, |language| level(&self.languages, language));
        let skills = need.skills.iter().map(|(skill, _)| u32::from(level(&self.skills, skill)));
        u32::from(language) + skills.sum::<u32>()
    }

    /// Cases that they may have at once on the channel.
    pub(super) fn most(&self, channel: Channel) -> u32 {
        self.capacity.get(&channel).copied().unwrap_or(0)
    }
}

fn level(levels: &BTreeMap<String, u8>, name: &str) -> u8 {
    levels.get(name).copied().unwrap_or(0)
}

/// Whether a staff member is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Presence {
    /// Takes offers.
    Available,
    /// At work, and takes no new offers; open ones stay open.
    Busy,
    /// Not at the desk; open offers are withdrawn.
    Away {
        /// Why, in words.
        reason: String,
    },
    /// Not at work; open offers are withdrawn.
    Offline,
}

/// The place of somebody with room in the order of choice: the least comes first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank {
    /// Sum over channels of the share of capacity that is spent, in basis points.
    pub(super) share_bp: u64,
    /// When they were last offered something, finished something, or became available.
    pub(super) idle_since: Timestamp,
    pub(super) id: StaffId,
}

/// How much somebody may have while work is coming back to them.
#[derive(Debug, Clone, Copy)]
struct Ramp {
    from: Timestamp,
    /// What they had when they became available.
    had: u32,
}

/// Where somebody stands in the lists of those with room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Listed {
    pub(super) rank: Rank,
    pub(super) channels: Vec<Channel>,
}

/// A staff member on the floor.
#[derive(Debug, Clone)]
pub(super) struct Person {
    pub(super) profile: Arc<StaffProfile>,
    pub(super) presence: Presence,
    /// Open offers and held cases by channel.
    pub(super) spent: BTreeMap<Channel, u32>,
    pub(super) idle_since: Timestamp,
    ramp: Option<Ramp>,
    /// Offers in a row that were not answered.
    pub(super) unanswered: u32,
    /// Whether so many were not that nothing more is offered to them before they say that they are there.
    pub(super) unresponsive: bool,
    pub(super) listed: Option<Listed>,
    /// When room grows with time alone.
    pub(super) turn: Option<Timestamp>,
}

impl Person {
    pub(super) fn new(profile: Arc<StaffProfile>, now: Timestamp) -> Self {
        Self {
            profile,
            presence: Presence::Offline,
            spent: BTreeMap::new(),
            idle_since: now,
            ramp: None,
            unanswered: 0,
            unresponsive: false,
            listed: None,
            turn: None,
        }
    }

    pub(super) fn available(&self) -> bool {
        self.presence == Presence::Available && !self.unresponsive
    }

    pub(super) fn spent_on(&self, channel: Channel) -> u32 {
        self.spent.get(&channel).copied().unwrap_or(0)
    }

    pub(super) fn spent_in_all(&self) -> u32 {
        self.spent.values().fold(0, |sum, spent| sum.saturating_add(*spent))
    }

    pub(super) fn spend(&mut self, channel: Channel) {
        let spent = self.spent.entry(channel).or_default();
        *spent = spent.saturating_add(1);
    }

    pub(super) fn give_back(&mut self, channel: Channel) {
        let left = self.spent_on(channel).saturating_sub(1);
        if left == 0 {
            self.spent.remove(&channel);
        } else {
            self.spent.insert(channel, left);
        }
    }

    /// Begins the ramp of somebody who becomes available.
    pub(super) fn come_back(&mut self, now: Timestamp) {
        self.presence = Presence::Available;
        self.idle_since = now;
        (self.unanswered, self.unresponsive) = (0, false);
        self.ramp = Some(Ramp { from: now, had: self.spent_in_all() });
    }

    /// Where they stand now among those with room, and when time alone gives them more.
    pub(super) fn standing(&self, ramp_ms: i64, now: Timestamp) -> (Option<Listed>, Option<Timestamp>) {
        if !self.available() {
            return (None, None);
        }
        let open = |channel: &Channel| self.spent_on(*channel) < self.profile.most(*channel);
        let channels: Vec<_> = self.profile.capacity.keys().copied().filter(open).collect();
        if channels.is_empty() {
            return (None, None);
        }
        if let Some(ramp) = self.ramp.filter(|_| ramp_ms > 0) {
            let steps = now.since(ramp.from) / ramp_ms;
            let room = i64::from(ramp.had).saturating_add(1).saturating_add(steps);
            if i64::from(self.spent_in_all()) >= room {
                let next = ramp.from.plus_ms(ramp_ms.saturating_mul(steps.saturating_add(1)));
                return (None, Some(next).filter(|next| *next > now));
            }
        }
        let rank = Rank { share_bp: self.share_bp(), idle_since: self.idle_since, id: self.profile.id.clone() };
        (Some(Listed { rank, channels }), None)
    }

    fn share_bp(&self) -> u64 {
        let share = |(channel, spent): (&Channel, &u32)| {
            u64::from(*spent) * 10_000 / u64::from(self.profile.most(*channel).max(1))
        };
        self.spent.iter().map(share).sum()
    }

    /// Whether they have room on the channel, as last settled.
    pub(super) fn has_room(&self, channel: Channel) -> bool {
        self.listed.as_ref().is_some_and(|listed| listed.channels.contains(&channel))
    }
}
