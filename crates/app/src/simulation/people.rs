//! The people of a simulated support, as the floor knows them.

use crate::simulation::{
    error::{MOST_PEOPLE, SimulationError},
    opening::Opening,
};
use remit_capacity::simulate::GroupDescription;
use remit_domain::{
    case::Channel,
    decision::ConsiderationEffect,
    floor::{FollowedFloor, Presence, StaffChange, StaffProfile},
    id::{CaseId, ResponderId, StaffId, Timestamp},
};
use remit_policy::bundle::Bundle;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Languages and skills are spoken and had at most at this level.
const BEST: u8 = 5;

/// People who serve the same queues.
#[derive(Debug)]
pub(super) struct Group {
    queues: Vec<ResponderId>,
    languages: BTreeMap<String, u8>,
    skills: BTreeMap<String, u8>,
}

impl Group {
    /// As it is described, with so many of it at work at most.
    pub(super) fn of(
        bundle: &Bundle,
        group: &GroupDescription,
        most: u32,
        openings: &[Opening],
    ) -> Result<Self, SimulationError> {
        if most > MOST_PEOPLE {
            return Err(SimulationError::TooMany(group.name.clone()));
        }
        let languages = || openings.iter().flat_map(Opening::languages).map(|language| (language.to_owned(), BEST));
        let of_queues =
            bundle.candidates().iter().filter_map(|spec| spec.queue.as_ref()).flat_map(|queue| &queue.needs);
        let terms = bundle.terms();
        let of_cases = terms.considerations.iter().filter_map(|(_, consideration)| match &consideration.effect {
            ConsiderationEffect::Skills { least, .. } => Some(least),
            _ => None,
        });
        let skills = || of_queues.chain(of_cases.flatten()).map(|(skill, _)| (skill.clone(), BEST)).collect();
        Ok(Self {
            queues: group.queues.iter().filter_map(|queue| ResponderId::new(queue).ok()).collect(),
            languages: group.languages.clone().unwrap_or_else(|| languages().collect()),
            skills: group.skills.clone().unwrap_or_else(skills),
        })
    }

    fn profile(&self, id: StaffId) -> StaffProfile {
        StaffProfile {
            id,
            queues: self.queues.clone(),
            languages: self.languages.clone(),
            skills: self.skills.clone(),
            capacity: Channel::ALL.map(|channel| (channel, 1)).into(),
        }
    }
}

/// Everybody, as they are at a moment.
#[derive(Debug)]
pub(super) struct People {
    groups: Vec<OfGroup>,
    by_id: HashMap<StaffId, (u16, usize)>,
    said: u64,
}

/// Those of a group: who has which case, and who is to be at work.
#[derive(Debug, Default)]
struct OfGroup {
    people: Vec<Person>,
    /// Who is not at work, and has nothing.
    off: BTreeSet<usize>,
    /// Who is to be at work.
    at_work: BTreeSet<usize>,
}

#[derive(Debug)]
struct Person {
    id: StaffId,
    serves: Option<CaseId>,
}

impl People {
    /// Nobody yet, of so many groups.
    pub(super) fn of(groups: usize) -> Self {
        let groups = (0..groups).map(|_| OfGroup::default()).collect();
        Self { groups, by_id: HashMap::new(), said: 0 }
    }

    /// The group of somebody.
    pub(super) fn group_of(&self, staff: &StaffId) -> Option<u16> {
        self.by_id.get(staff).map(|(group, _)| *group)
    }

    /// Somebody has a case from now on.
    pub(super) fn takes(&mut self, staff: &StaffId, case: CaseId) {
        let Some((group, at)) = self.by_id.get(staff).copied() else { return };
        let of = self.groups.get_mut(usize::from(group)).and_then(|group| group.people.get_mut(at));
        if let Some(person) = of {
            person.serves = Some(case);
        }
    }

    /// Somebody has nothing from now on; they go where they are not to be at work.
    pub(super) fn is_done(&mut self, staff: &StaffId, floor: &mut FollowedFloor, all: &[Group], now: Timestamp) {
        let Some((number, at)) = self.by_id.get(staff).copied() else { return };
        let Some(group) = self.groups.get_mut(usize::from(number)) else { return };
        if let Some(person) = group.people.get_mut(at) {
            person.serves = None;
        }
        if !group.at_work.contains(&at) {
            group.off.insert(at);
            self.say(number, at, Presence::Offline, floor, all, now);
        }
    }

    /// So many of a group are to be at work: those go first who have nothing, and those come first who have something.
    /// Says how many have something who are not to be.
    pub(super) fn staffed(
        &mut self,
        number: u16,
        people: usize,
        floor: &mut FollowedFloor,
        all: &[Group],
        now: Timestamp,
    ) -> u32 {
        let Some(group) = self.groups.get_mut(usize::from(number)) else { return 0 };
        let serves = |group: &OfGroup, at: usize| group.people.get(at).is_some_and(|person| person.serves.is_some());
        let mut changed = Vec::new();
        while group.at_work.len() > people {
            let idle = group.at_work.iter().copied().rfind(|at| !serves(group, *at));
            let Some(goes) = idle.or_else(|| group.at_work.last().copied()) else { break };
            group.at_work.remove(&goes);
            if serves(group, goes) {
                // Nothing more is offered to them; they go once they are done.
                changed.push((goes, Presence::Busy));
            } else {
                group.off.insert(goes);
                changed.push((goes, Presence::Offline));
            }
        }
        let mut to_go: Vec<usize> =
            (0..group.people.len()).filter(|at| serves(group, *at) && !group.at_work.contains(at)).collect();
        while group.at_work.len() < people {
            let comes = to_go.pop().or_else(|| group.off.pop_first()).unwrap_or(group.people.len());
            if comes == group.people.len() {
                // INVARIANT: a short name of letters, digits and dashes is one.
                let Ok(id) = StaffId::new(&format!("group-{number}-person-{comes}")) else { break };
                self.by_id.insert(id.clone(), (number, comes));
                group.people.push(Person { id, serves: None });
            }
            group.at_work.insert(comes);
            changed.push((comes, Presence::Available));
        }
        for (at, presence) in changed {
            self.say(number, at, presence, floor, all, now);
        }
        u32::try_from(to_go.len()).unwrap_or(u32::MAX)
    }

    /// Somebody gives their case back and goes. In their place somebody stays who was to go once they are done.
    pub(super) fn leaves(&mut self, staff: &StaffId, floor: &mut FollowedFloor, all: &[Group], now: Timestamp) {
        let Some((number, at)) = self.by_id.get(staff).copied() else { return };
        let Some(group) = self.groups.get_mut(usize::from(number)) else { return };
        if group.at_work.remove(&at) {
            let is_to_go = |at: &usize| {
                group.people.get(*at).is_some_and(|person| person.serves.is_some()) && !group.at_work.contains(at)
            };
            if let Some(stays) = (0..group.people.len()).filter(|other| *other != at).find(is_to_go) {
                group.at_work.insert(stays);
                self.say(number, stays, Presence::Available, floor, all, now);
            }
        }
        self.is_done(staff, floor, all, now);
    }

    fn say(
        &mut self,
        number: u16,
        at: usize,
        presence: Presence,
        floor: &mut FollowedFloor,
        all: &[Group],
        now: Timestamp,
    ) {
        let (of, described) = (self.groups.get(usize::from(number)), all.get(usize::from(number)));
        let Some((person, group)) = of.and_then(|of| of.people.get(at)).zip(described) else { return };
        self.said += 1;
        let change = StaffChange {
            profile: group.profile(person.id.clone()),
            presence,
            said: now,
            since: now,
            revision: self.said,
        };
        floor.follow_staff(change, now);
    }
}
