//! What can be said of waiting: how long it will take, and why a case is not offered.

use super::{
    asks::Asks,
    line::CasePlace,
    need::Need,
    staff::{Person, StaffProfile},
    state::Floor,
};
use crate::id::{CaseId, ResponderId, StaffId, Timestamp};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, sync::Arc};

/// How many people a waiting case has left after each condition, the reasons of a decision for nobody.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StaffLeft {
    /// People who work in the queue on the channel.
    pub serve: u32,
    /// Of these, who are available.
    pub available: u32,
    /// Of these, who speak the language.
    pub speak: u32,
    /// Of these, who have the skills at the levels that are asked for now.
    pub skilled: u32,
    /// Of these, who have not passed on it.
    pub not_passed: u32,
    /// Of these, from whom it is not kept: everybody, or only whoever had it last.
    pub not_kept_from: u32,
    /// Of these, who have room.
    pub with_room: u32,
}

/// That somebody lacks a skill that a case needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lacking {
    /// Who.
    pub staff: StaffId,
    /// Which skill.
    pub skill: String,
    /// The level at which they have it; 0 where they do not.
    pub level: u8,
}

impl Floor {
    /// The queue's mean handling time in milliseconds, from its own work or as set.
    pub fn handling_ms(&self, queue: &ResponderId) -> i64 {
        let known = self.records.get(queue).and_then(|record| record.handling_ms);
        known.unwrap_or(self.terms.handling_ms).max(1)
    }

    /// The mean handling time of the cases that wait in the queue, in milliseconds: that of their topics where it is
    /// known, the queue's for the others.
    fn waiting_handling_ms(&self, queue: &ResponderId) -> i64 {
        let mean = self.handling_ms(queue);
        let desks = self.desks.iter().filter(|((of, _), _)| of == queue);
        let lines = desks.flat_map(|(_, desk)| desk.lines.values()).flat_map(|line| &line.cases);
        let (cases, work) = lines.fold((0_i128, 0_i128), |(cases, work), (price, priced)| {
            let many = priced.waiting.len() as i128;
            (cases + many, work + many * i128::from(price.handling_ms.unwrap_or(mean)))
        });
        if cases == 0 { mean } else { i64::try_from(work / cases).unwrap_or(i64::MAX).max(1) }
    }

    /// Cases that wait in the queue.
    pub fn depth(&self, queue: &ResponderId) -> usize {
        let desks = self.desks.iter().filter(|((of, _), _)| of == queue);
        desks
            .flat_map(|(_, desk)| desk.lines.values())
            .flat_map(|line| line.cases.values())
            .map(|priced| priced.waiting.len())
            .sum()
    }

    /// How long a case will wait that has `ahead` others before it in the queue, in milliseconds; `None` when
    /// nobody who works in the queue is available.
    ///
    /// The greater of two estimators (Ibrahim and Whitt, M&SOM 11(3), 2009), so that neither promises what the
    /// other knows to be untrue:
    ///
    /// - queue length: `(ahead + 1) · handling / places`, where everybody available gives their capacity, shared
    ///   equally among their queues; nothing when more have room than are ahead;
    /// - the delay of the last case to enter service, for a case at the end of a queue. Unlike the delay at the
    ///   head of the line it is not distorted by a case that nobody can take.
    pub fn expected_wait_ms(&self, queue: &ResponderId, ahead: usize) -> Option<i64> {
        self.wait_for_ms(queue, ahead, |person| person.profile.queues.contains(queue))
    }

    /// The same for a case that asks this of whoever takes it, counting those alone who could.
    pub fn expected_wait_of_ms(&self, queue: &ResponderId, asks: &Asks<'_>) -> Option<i64> {
        self.wait_for_ms(queue, self.depth(queue), |person| person.profile.could_take(queue, asks))
    }

    /// How long a waiting case still waits, in milliseconds, counting those alone who could take it now; nothing where
    /// nobody of them is available, and where it does not wait. All others in the queue may come before it.
    pub fn remaining_wait_ms(&self, case: &CaseId, now: Timestamp) -> Option<i64> {
        let entry = self.cases.get(case).filter(|entry| matches!(entry.place, CasePlace::Line(..)))?;
        let (queue, channel) = (&entry.waiting.queue, entry.waiting.channel);
        let (need, _) = entry.need(&self.terms, now);
        let ahead = self.depth(queue).saturating_sub(1);
        self.wait_for_ms(queue, ahead, |person| person.profile.can(queue, channel, &need))
    }

    /// Who is available and works in the queue on the channel of a waiting case, and lacks a skill that it needs now:
    /// they are passed over for it.
    pub fn lacking(&self, case: &CaseId, now: Timestamp) -> Vec<Lacking> {
        let waits = self.cases.get(case).filter(|entry| matches!(entry.place, CasePlace::Line(..)));
        let Some(entry) = waits else { return Vec::new() };
        let (need, _) = entry.need(&self.terms, now);
        let serves =
            |person: &&Person| person.available() && person.profile.serves(&entry.waiting.queue, entry.waiting.channel);
        let lacks = |person: &Person| {
            let lacking = need.skills.iter().filter_map(|(skill, least)| {
                let level = person.profile.level(skill);
                let staff = person.profile.id.clone();
                (level < *least).then(|| Lacking { staff, skill: skill.clone(), level })
            });
            lacking.collect::<Vec<_>>()
        };
        self.people.values().filter(serves).flat_map(lacks).collect()
    }

    fn wait_for_ms(&self, queue: &ResponderId, ahead: usize, counts: impl Fn(&Person) -> bool) -> Option<i64> {
        let serves = |person: &&Person| person.available() && counts(person);
        let (mut milli_places, mut room) = (0_i128, 0_usize);
        for person in self.people.values().filter(serves) {
            let most: i128 = person.profile.capacity.values().map(|most| i128::from(*most)).sum();
            milli_places += most * 1_000 / i128::try_from(person.profile.queues.len().max(1)).unwrap_or(1);
            room += usize::from(person.listed.is_some());
        }
        if milli_places == 0 {
            return None;
        }
        if ahead < room {
            return Some(0);
        }
        let ahead_ms = (ahead as i128 + 1) * i128::from(self.waiting_handling_ms(queue)) * 1_000;
        let by_length = i64::try_from(ahead_ms / milli_places).unwrap_or(i64::MAX);
        let last = self.records.get(queue).and_then(|record| record.last_wait_ms);
        Some(last.filter(|_| ahead >= self.depth(queue)).map_or(by_length, |last| last.max(by_length)))
    }

    /// Everybody who works in a queue, and whether they are there and answer.
    pub fn works_in(&self, queue: &ResponderId) -> impl Iterator<Item = (&Arc<StaffProfile>, bool)> {
        let works = self.people.values().filter(|person| person.profile.queues.contains(queue));
        works.map(|person| (&person.profile, person.available()))
    }

    /// Who could take a waiting case, condition by condition; `None` if it does not wait.
    pub fn standing(&self, case: &CaseId, now: Timestamp) -> Option<StaffLeft> {
        let entry = self.cases.get(case).filter(|entry| matches!(entry.place, CasePlace::Line(..)))?;
        let (queue, channel) = (&entry.waiting.queue, entry.waiting.channel);
        let (need, _) = entry.need(&self.terms, now);
        let kept = need.kept_for.as_ref().and_then(|last| self.people.get(last));
        let kept = kept.filter(|last| last.available() && last.profile.can(queue, channel, &need));
        let mut standing = StaffLeft::default();
        for person in self.people.values().filter(|person| person.profile.serves(queue, channel)) {
            standing.count(person, &need, kept, person.has_room(channel));
        }
        Some(standing)
    }
}

/// The best level of each language that any of these speaks.
pub fn best_levels<'a>(profiles: impl Iterator<Item = &'a StaffProfile>) -> BTreeMap<&'a str, u8> {
    let mut best: BTreeMap<&str, u8> = BTreeMap::new();
    for (language, level) in profiles.flat_map(|profile| &profile.languages) {
        let known = best.entry(language).or_default();
        *known = (*known).max(*level);
    }
    best
}

impl StaffLeft {
    fn count(&mut self, person: &Person, need: &Need, kept: Option<&Person>, room: bool) {
        let (id, profile) = (&person.profile.id, &person.profile);
        let holds = [
            true,
            person.available(),
            profile.speaks(need),
            profile.knows(need),
            need.leaves(id),
            kept.is_none_or(|last| last.profile.id == *id),
            room,
        ];
        let counts = [
            &mut self.serve,
            &mut self.available,
            &mut self.speak,
            &mut self.skilled,
            &mut self.not_passed,
            &mut self.not_kept_from,
            &mut self.with_room,
        ];
        for (_, count) in holds.iter().zip(counts).take_while(|(holds, _)| **holds) {
            *count += 1;
        }
    }
}
