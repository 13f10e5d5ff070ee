//! The floor as it follows from what is on record: changed by what was committed, and by nothing else.

use super::{
    change::{CaseChange, OnRecord, StaffChange},
    place::Placed,
    staff::{Presence, StaffProfile},
    state::Floor,
    terms::OfferTerms,
};
use crate::{
    case::Channel,
    id::{CaseId, OfferId, ResponderId, StaffId, Timestamp},
    offer::OfferEnd,
};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Cases that have left whose version is known, so that an older change of one, which comes late, changes nothing.
/// Between a change and one of before it others of the same moments come, and no more.
const LEFT_MAX: usize = 65_536;

/// A floor that follows the record, and the offers that are on their way to it.
#[derive(Debug, Clone)]
pub struct FollowedFloor {
    pub(super) floor: Floor,
    pub(super) people: BTreeMap<StaffId, Seat>,
    pub(super) cases: BTreeMap<CaseId, RecordedCase>,
    /// Offers of which it is not known yet whether the record took them.
    pub(super) proposed: BTreeMap<CaseId, Proposed>,
    /// Cases that are offered on record to somebody who is not there, or has no room for them any more.
    pub(super) misplaced: BTreeSet<CaseId>,
    /// Cases whose customer waits for somebody who is not there.
    pub(super) stranded: BTreeSet<CaseId>,
    /// Who is there on record, and does not answer.
    pub(super) unresponsive: BTreeSet<StaffId>,
    /// Who is away counts as gone after so many milliseconds.
    away_ms: i64,
    /// Cases that have left, the first first.
    left: VecDeque<(u64, CaseId)>,
    leaves: u64,
    proposals: u64,
}

/// With whom a case is, as it is on record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum With {
    /// It is in no queue.
    Nobody,
    /// It waits in a queue.
    Queue,
    /// It is offered to somebody.
    Offered {
        /// To whom.
        staff: StaffId,
        /// By which offer.
        offer: OfferId,
    },
    /// Somebody has it.
    Held {
        /// Who.
        staff: StaffId,
        /// Whether the customer waits for them.
        awaited: bool,
    },
}

/// What is known of a case.
#[derive(Debug, Clone)]
pub(super) struct RecordedCase {
    pub(super) version: u64,
    pub(super) with: With,
    /// Whether whoever it is offered to has less room since than when it was proposed.
    unfit: bool,
    /// Which of those that left it was, where it has left.
    left: u64,
}

/// What is known of a member of staff beside what the floor keeps.
#[derive(Debug, Clone, Default)]
pub(super) struct Seat {
    /// How often they were stored; nothing where a case of theirs came before them.
    revision: Option<u64>,
    said: Option<Timestamp>,
    /// From when on they count as gone, who are not there.
    pub(super) gone_from: Option<Timestamp>,
    /// What is offered to them, and what they have.
    pub(super) has: BTreeSet<CaseId>,
    /// Whether they work here no more: what they have goes back, whoever waits.
    removed: bool,
}

/// An offer on its way to the record. The room that it takes is taken.
#[derive(Debug, Clone)]
pub(super) struct Proposed {
    pub(super) staff: StaffId,
    pub(super) channel: Channel,
    pub(super) deadline: Timestamp,
    pub(super) nth: u64,
    revision: Option<u64>,
}

impl FollowedFloor {
    /// With nobody on it. Who is away counts as gone after `away_ms` milliseconds.
    pub fn new(terms: OfferTerms, away_ms: i64) -> Self {
        Self {
            floor: Floor::new(terms),
            people: BTreeMap::new(),
            cases: BTreeMap::new(),
            proposed: BTreeMap::new(),
            misplaced: BTreeSet::new(),
            stranded: BTreeSet::new(),
            unresponsive: BTreeSet::new(),
            away_ms,
            left: VecDeque::new(),
            leaves: 0,
            proposals: 0,
        }
    }

    /// Sets the mean handling time that a queue is taken to have, in milliseconds.
    pub fn set_handling(&mut self, queue: &ResponderId, mean_ms: i64) {
        self.floor.set_handling(queue, mean_ms);
    }

    /// What it looks like: who is there with how much room, and how long one waits.
    pub fn floor(&self) -> &Floor {
        &self.floor
    }

    /// What is offered to somebody on record, and what they have.
    pub fn cases_of(&self, staff: &StaffId) -> Vec<CaseId> {
        self.people.get(staff).map_or_else(Vec::new, |seat| seat.has.iter().copied().collect())
    }

    /// Whether somebody counts as gone at `now`.
    pub fn is_gone(&self, staff: &StaffId, now: Timestamp) -> bool {
        self.people.get(staff).and_then(|seat| seat.gone_from).is_some_and(|from| from <= now)
    }

    /// Every case on the floor with its version, as it is on record.
    pub fn on_record(&self) -> impl Iterator<Item = (CaseId, u64, &With)> {
        let there = self.cases.iter().filter(|(_, known)| known.with != With::Nobody);
        there.map(|(case, known)| (*case, known.version, &known.with))
    }

    /// Takes in a case as it is on record; where it is older than what is known, nothing changes.
    pub fn follow_case(&mut self, change: CaseChange, now: Timestamp) {
        let CaseChange { case, version, on_record, ended } = change;
        if self.cases.get(&case).is_some_and(|known| known.version >= version) {
            return;
        }
        let with = match &on_record {
            OnRecord::Nowhere => With::Nobody,
            OnRecord::Waiting(_) => With::Queue,
            OnRecord::Offered { staff, offer, .. } => With::Offered { staff: staff.clone(), offer: *offer },
            OnRecord::Held { staff, awaited, .. } => With::Held { staff: staff.clone(), awaited: *awaited },
        };
        self.seat(&case, &with, now);
        let unfit = self.place(case, on_record, ended.unwrap_or(OfferEnd::Withdrawn), now);
        let mut known = RecordedCase { version, with, unfit, left: 0 };
        if known.with == With::Nobody {
            self.leaves += 1;
            known.left = self.leaves;
            self.left.push_back((self.leaves, case));
        }
        self.cases.insert(case, known);
        self.forget();
        self.look_at(&case);
    }

    /// Takes in a member of staff as they are on record; where that is older than what is known, nothing changes.
    pub fn follow_staff(&mut self, change: StaffChange, now: Timestamp) {
        let StaffChange { profile, presence, said, since, revision } = change;
        let id = profile.id.clone();
        let seat = self.people.entry(id.clone()).or_default();
        if seat.revision.is_some_and(|known| known >= revision) {
            return;
        }
        (seat.revision, seat.removed) = (Some(revision), false);
        self.floor.set_profile(profile, now);
        if seat.said.replace(said) != Some(said) || self.floor.presence(&id) != Some(&presence) {
            self.floor.note_presence(&id, presence.clone(), now);
            self.unresponsive.remove(&id);
        }
        let from = match presence {
            Presence::Available | Presence::Busy => None,
            Presence::Away { .. } => Some(since.plus_ms(self.away_ms)),
            Presence::Offline => Some(since),
        };
        // Who was gone already is not there again because they say that they are away.
        seat.gone_from = from.map(|from| seat.gone_from.map_or(from, |known| known.min(from)));
        for case in seat.has.clone() {
            self.look_at(&case);
        }
    }

    /// Somebody works here no more. Nothing is offered to them, what is offered ends, and what they have goes back.
    pub fn remove_staff(&mut self, id: &StaffId, now: Timestamp) {
        self.unresponsive.remove(id);
        if self.floor.presence(id).is_some() {
            self.floor.set_profile(nobody(id), now);
            self.floor.note_presence(id, Presence::Offline, now);
        }
        let seat = self.people.entry(id.clone()).or_default();
        (seat.revision, seat.said, seat.gone_from, seat.removed) = (None, None, Some(now), true);
        for case in seat.has.clone() {
            self.look_at(&case);
        }
    }

    /// Whoever has cases and is noted nowhere works here no more. Said once all that is noted is known.
    pub fn remove_unknown(&mut self, now: Timestamp) {
        let unknown = self.people.iter().filter(|(_, seat)| seat.revision.is_none() && !seat.has.is_empty());
        let unknown: Vec<StaffId> = unknown.map(|(id, _)| id.clone()).collect();
        unknown.iter().for_each(|id| self.remove_staff(id, now));
    }

    /// Does what time alone has brought until `now`.
    pub fn pass(&mut self, now: Timestamp) {
        self.floor.pass(now);
    }

    /// Notes whose a case is.
    fn seat(&mut self, case: &CaseId, with: &With, now: Timestamp) {
        let whose = |with: &With| match with {
            With::Offered { staff, .. } | With::Held { staff, .. } => Some(staff.clone()),
            With::Nobody | With::Queue => None,
        };
        let (had, has) = (self.cases.get(case).and_then(|known| whose(&known.with)), whose(with));
        if had != has
            && let Some(seat) = had.and_then(|had| self.people.get_mut(&had))
        {
            seat.has.remove(case);
        }
        let Some(has) = has else { return };
        if self.floor.presence(&has).is_none() {
            // Of whom nothing is known yet, nothing is asked.
            self.floor.set_profile(nobody(&has), now);
        }
        self.people.entry(has).or_default().has.insert(*case);
    }

    /// Brings the floor to where a case belongs; whether whoever it is offered to has no room for it any more.
    fn place(&mut self, case: CaseId, to: OnRecord, how: OfferEnd, now: Timestamp) -> bool {
        let quiet = if let OnRecord::Held { quiet_from, .. } = &to { Some(*quiet_from) } else { None };
        let proposed = self.proposed.get(&case).cloned();
        // Everybody whom a record names is on the floor, so that none of these steps is refused.
        match (self.floor.placed(&case), to) {
            (Some(Placed::Offered(is)), OnRecord::Offered { staff, .. }) if is == staff => {
                // What was proposed is on record.
                return self.proposed.remove(&case).is_some_and(|proposed| self.has_less(&proposed));
            }
            (Some(Placed::Offered(is)), OnRecord::Held { staff, .. }) if is == staff => {
                self.proposed.remove(&case);
                let _ = self.floor.accepted(&case, &staff, now);
            }
            (Some(Placed::Held(is)), OnRecord::Held { staff, .. }) if is == staff => {}
            (Some(Placed::Offered(_)), OnRecord::Waiting(waiting)) if proposed.is_some() => {
                self.floor.describe(waiting);
            }
            (Some(Placed::Offered(is)), OnRecord::Waiting(waiting)) => {
                if self.floor.end(&case, &is, how, now) == Ok(true) {
                    self.unresponsive.insert(is);
                }
                let _ = self.floor.wait(waiting, now);
            }
            (is, to) => {
                match is {
                    Some(Placed::Held(_)) => drop(self.floor.released(&case, now)),
                    // Its room stays taken until it is known what became of the offer.
                    Some(Placed::Offered(_)) if proposed.is_some() => self.floor.lift(&case),
                    Some(_) => drop(self.floor.leave(&case, now)),
                    None => {}
                }
                let _ = match (to, proposed) {
                    (OnRecord::Nowhere, _) => Ok(()),
                    // The room that was taken for the proposal is what it takes on record.
                    (OnRecord::Offered { waiting, staff, due, .. }, Some(proposed)) if proposed.staff == staff => {
                        self.floor.put_back(waiting, staff, due, now);
                        self.proposed.remove(&case);
                        return self.has_less(&proposed);
                    }
                    (OnRecord::Held { waiting, staff, .. }, Some(proposed)) if proposed.staff == staff => {
                        self.floor.give_back(&staff, proposed.channel, now);
                        self.proposed.remove(&case);
                        self.floor.hold(waiting, &staff, now)
                    }
                    (OnRecord::Waiting(waiting), Some(proposed)) => {
                        self.floor.put_back(waiting, proposed.staff, proposed.deadline, now);
                        Ok(())
                    }
                    (OnRecord::Waiting(waiting), None) => self.floor.wait(waiting, now),
                    (OnRecord::Offered { waiting, staff, due, .. }, _) => self.floor.offered(waiting, &staff, due, now),
                    (OnRecord::Held { waiting, staff, .. }, _) => self.floor.hold(waiting, &staff, now),
                };
            }
        }
        if let Some(from) = quiet {
            self.floor.quiet_from(&case, from, now);
        }
        false
    }

    /// Whether somebody has less room than they need by now for what was proposed when they had another profile.
    fn has_less(&self, proposed: &Proposed) -> bool {
        let Proposed { staff, channel, revision, .. } = proposed;
        let anew = self.people.get(staff).is_some_and(|seat| seat.revision != *revision);
        let most = self.floor.people.get(staff).map_or(0, |person| person.profile.most(*channel));
        anew && self.floor.spent(staff, *channel) > most
    }

    /// Notes whether something has to be done about a case because of whom it is with.
    fn look_at(&mut self, case: &CaseId) {
        let absent = |staff| self.people.get(staff).is_some_and(|seat| seat.gone_from.is_some());
        let (misplaced, stranded) = match self.cases.get(case) {
            Some(RecordedCase { with: With::Offered { staff, .. }, unfit, .. }) => (*unfit || absent(staff), false),
            Some(RecordedCase { with: With::Held { staff, awaited }, .. }) => {
                let removed = self.people.get(staff).is_some_and(|seat| seat.removed);
                (false, (*awaited || removed) && absent(staff))
            }
            _ => (false, false),
        };
        for (all, is_one) in [(&mut self.misplaced, misplaced), (&mut self.stranded, stranded)] {
            if is_one {
                all.insert(*case);
            } else {
                all.remove(case);
            }
        }
    }

    /// Forgets those that left first, where there are many.
    fn forget(&mut self) {
        while self.left.len() > LEFT_MAX {
            let Some((nth, case)) = self.left.pop_front() else { return };
            if self.cases.get(&case).is_some_and(|known| known.left == nth) {
                self.cases.remove(&case);
            }
        }
    }

    pub(super) fn proposed_to(&mut self, staff: &StaffId, channel: Channel, deadline: Timestamp) -> Proposed {
        let revision = self.people.get(staff).and_then(|seat| seat.revision);
        self.proposals += 1;
        Proposed { staff: staff.clone(), channel, deadline, nth: self.proposals, revision }
    }
}

/// Somebody to whom nothing can be offered.
fn nobody(id: &StaffId) -> StaffProfile {
    let (queues, languages, skills) = (vec![], BTreeMap::new(), BTreeMap::new());
    StaffProfile { id: id.clone(), queues, languages, skills, capacity: BTreeMap::new() }
}
