//! What happens on the floor: people come, go and change; cases wait, are offered, taken and left.

use super::{
    line::{CasePlace, Entry, FOR_GOOD, Pass, Waiting},
    need::nowhere,
    staff::{Person, Presence, StaffProfile},
    state::Floor,
    terms::OfferTerms,
};
use crate::{
    case::Channel,
    id::{CaseId, ResponderId, StaffId, Timestamp},
    offer::OfferEnd,
};
use std::sync::Arc;

/// Why the floor did not do what was asked. Nothing has changed then.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StepRefused {
    /// No such person is on the floor.
    #[error("`{0}` is not on the floor")]
    NoSuchStaff(StaffId),
    /// They still hold cases.
    #[error("`{0}` still holds cases")]
    HoldsCases(StaffId),
    /// The case is not offered to them: the offer was answered, ran out or was withdrawn.
    #[error("case {0} is not offered to them")]
    NotOffered(CaseId),
    /// The case is offered to or held by somebody.
    #[error("case {0} is offered or held already")]
    Taken(CaseId),
    /// Nobody holds the case.
    #[error("case {0} is held by nobody")]
    NotHeld(CaseId),
}

/// Why somebody counts as away who let offers run out.
pub const UNRESPONSIVE: &str = "did not answer offers";

/// What else the end of an offer brings about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ended {
    /// Whether the staff member counts as away from now on.
    pub away: bool,
    /// Other cases whose offers to them are withdrawn; they wait again.
    pub withdrawn: Vec<CaseId>,
}

impl Floor {
    /// A floor with nobody on it.
    pub fn new(terms: OfferTerms) -> Self {
        Self { terms, ..Self::default() }
    }

    /// The terms under which it offers.
    pub fn terms(&self) -> &OfferTerms {
        &self.terms
    }

    /// Brings somebody onto the floor, offline at first, or changes what they can be offered.
    ///
    /// Offers and cases that they have stay theirs, also above a lowered capacity.
    pub fn set_profile(&mut self, profile: StaffProfile, now: Timestamp) {
        let (id, profile) = (profile.id.clone(), Arc::new(profile));
        self.unlist(&id);
        let person = self.people.entry(id.clone()).or_insert_with(|| Person::new(Arc::clone(&profile), now));
        let before = std::mem::replace(&mut person.profile, profile);
        self.stir(&before);
        self.refresh(&id, now);
        self.stir_all_of(&id);
    }

    /// Changes whether somebody is there; gives the cases whose offers to them are withdrawn and wait again.
    ///
    /// # Errors
    /// [`StepRefused::NoSuchStaff`].
    pub fn set_presence(&mut self, id: &StaffId, to: Presence, now: Timestamp) -> Result<Vec<CaseId>, StepRefused> {
        let leaves = matches!(to, Presence::Away { .. } | Presence::Offline);
        if !self.say_presence(id, to, now)? {
            return Ok(vec![]);
        }
        let cases = if leaves { self.open_offers(id) } else { vec![] };
        for case in &cases {
            self.take_back(case, id, None, now)?;
        }
        self.refresh(id, now);
        self.stir_all_of(id);
        Ok(cases)
    }

    /// Notes what somebody says of whether they are there; whether that is something else than before.
    fn say_presence(&mut self, id: &StaffId, to: Presence, now: Timestamp) -> Result<bool, StepRefused> {
        let person = self.people.get_mut(id).ok_or_else(|| StepRefused::NoSuchStaff(id.clone()))?;
        if person.presence == to {
            return Ok(false);
        }
        // Who was only busy has not been away from what they had.
        let was_gone = matches!(person.presence, Presence::Away { .. } | Presence::Offline);
        match to {
            Presence::Available => {
                person.come_back(now);
                if was_gone {
                    self.comes_back(id, now);
                }
            }
            other => person.presence = other,
        }
        Ok(true)
    }

    /// Changes whether somebody is there; what is offered to them stays so until its end is on record. Whoever says
    /// that they are still there is offered something again.
    pub(super) fn note_presence(&mut self, id: &StaffId, to: Presence, now: Timestamp) {
        if self.say_presence(id, to, now) == Ok(false)
            && let Some(person) = self.people.get_mut(id)
        {
            (person.unanswered, person.unresponsive) = (0, false);
        }
        self.refresh(id, now);
        self.stir_all_of(id);
    }

    /// Takes somebody off the floor; gives the cases whose offers to them are withdrawn and wait again.
    ///
    /// # Errors
    /// [`StepRefused::NoSuchStaff`]; [`StepRefused::HoldsCases`] while they hold any.
    pub fn remove(&mut self, id: &StaffId, now: Timestamp) -> Result<Vec<CaseId>, StepRefused> {
        let person = self.people.get(id).ok_or_else(|| StepRefused::NoSuchStaff(id.clone()))?;
        let open = self.open_offers(id).len();
        if person.spent_in_all() as usize > open {
            return Err(StepRefused::HoldsCases(id.clone()));
        }
        let withdrawn = self.set_presence(id, Presence::Offline, now)?;
        self.people.remove(id);
        Ok(withdrawn)
    }

    /// Sets the mean handling time that a queue is taken to have, in milliseconds, as of outcomes elsewhere.
    pub fn set_handling(&mut self, queue: &ResponderId, mean_ms: i64) {
        self.records.entry(queue.clone()).or_default().set_handling(mean_ms);
    }

    /// Puts a case in line. One that waits already is put in line anew with what is said of it now.
    ///
    /// # Errors
    /// [`StepRefused::Taken`] when it is offered or held: then [`Floor::released`] or [`Floor::leave`] comes first.
    pub fn wait(&mut self, waiting: Waiting, now: Timestamp) -> Result<(), StepRefused> {
        let case = waiting.case;
        match self.cases.get(&case).map(|entry| &entry.place) {
            Some(CasePlace::Offered { .. } | CasePlace::Held { .. }) => return Err(StepRefused::Taken(case)),
            Some(CasePlace::Line(..)) => {
                if let Some(mut entry) = self.unqueue(&case) {
                    // Whom it is kept for follows from when it came.
                    let last_staff = entry.waiting.last_staff.take();
                    entry.waiting = Waiting { last_staff, ..waiting };
                    self.enqueue(entry, now);
                }
            }
            None => {
                // The line is found by `enqueue`.
                let place = CasePlace::Line(Arc::new(nowhere()), None);
                self.enqueue(Entry { waiting, came: now, back: false, passes: vec![], place }, now);
            }
        }
        Ok(())
    }

    /// Takes a case off the floor wherever it is: closed, withdrawn, or given to another queue. Says whether it
    /// was there.
    pub fn leave(&mut self, case: &CaseId, now: Timestamp) -> bool {
        match self.cases.get(case).map(|entry| entry.place.clone()) {
            None => false,
            Some(CasePlace::Line(..)) => self.unqueue(case).is_some(),
            Some(CasePlace::Offered { staff, .. }) => {
                self.take_back(case, &staff, None, now).is_ok() && self.unqueue(case).is_some()
            }
            Some(CasePlace::Held { .. }) => self.let_go(case, now).is_some(),
        }
    }

    /// Records that somebody holds a case without an offer from here: an override, or what was so before a
    /// restart. It spends capacity, also above the limit; nothing is offered above the limit.
    ///
    /// # Errors
    /// [`StepRefused::NoSuchStaff`]; [`StepRefused::Taken`] when it is offered or held already.
    pub fn hold(&mut self, waiting: Waiting, staff: &StaffId, now: Timestamp) -> Result<(), StepRefused> {
        self.place(waiting, CasePlace::held(staff, now), staff, now)
    }

    /// Records an open offer that was not made from here, as [`Floor::hold`] records a holder.
    ///
    /// # Errors
    /// As [`Floor::hold`].
    pub fn offered(
        &mut self,
        waiting: Waiting,
        staff: &StaffId,
        deadline: Timestamp,
        now: Timestamp,
    ) -> Result<(), StepRefused> {
        let case = waiting.case;
        self.place(waiting, CasePlace::Offered { staff: staff.clone(), deadline }, staff, now)?;
        self.deadlines.insert((deadline, case));
        Ok(())
    }

    fn place(
        &mut self,
        waiting: Waiting,
        place: CasePlace,
        staff: &StaffId,
        now: Timestamp,
    ) -> Result<(), StepRefused> {
        let case = waiting.case;
        if !self.people.contains_key(staff) {
            return Err(StepRefused::NoSuchStaff(staff.clone()));
        }
        if self.cases.get(&case).is_some_and(|entry| !matches!(entry.place, CasePlace::Line(..))) {
            return Err(StepRefused::Taken(case));
        }
        self.unqueue(&case);
        self.spend(staff, waiting.channel, now);
        self.cases.insert(case, Entry { waiting, came: now, back: false, passes: vec![], place });
        Ok(())
    }

    /// The one to whom the case is offered takes it. Capacity was spent by the offer. A late answer counts as
    /// long as the offer is open here.
    ///
    /// # Errors
    /// [`StepRefused::NotOffered`].
    pub fn accepted(&mut self, case: &CaseId, staff: &StaffId, now: Timestamp) -> Result<(), StepRefused> {
        self.close(case, staff)?;
        if let Some(person) = self.people.get_mut(staff) {
            person.unanswered = 0;
        }
        if let Some(entry) = self.cases.get_mut(case) {
            entry.place = CasePlace::held(staff, now);
            entry.back = false;
            entry.passes = vec![];
            let waited = now.since(entry.waiting.since);
            self.records.entry(entry.waiting.queue.clone()).or_default().entered(waited);
        }
        Ok(())
    }

    /// An offer ended without the case being taken; it waits again. After [`OfferTerms::unanswered_max`] offers in a
    /// row that they did not answer, the staff member counts as away.
    ///
    /// # Errors
    /// [`StepRefused::NotOffered`].
    pub fn ended(
        &mut self,
        case: &CaseId,
        staff: &StaffId,
        how: OfferEnd,
        now: Timestamp,
    ) -> Result<Ended, StepRefused> {
        if !self.end(case, staff, how, now)? {
            return Ok(Ended::default());
        }
        let to = Presence::Away { reason: UNRESPONSIVE.to_owned() };
        Ok(Ended { away: true, withdrawn: self.set_presence(staff, to, now)? })
    }

    /// The same, and says whether the staff member does not answer: nothing more is offered to them until they say that
    /// they are there.
    pub(super) fn end(
        &mut self,
        case: &CaseId,
        staff: &StaffId,
        how: OfferEnd,
        now: Timestamp,
    ) -> Result<bool, StepRefused> {
        let until = match how {
            OfferEnd::Withdrawn => None,
            OfferEnd::Busy | OfferEnd::Expired => Some(now.plus_ms(self.terms.again_ms)),
            OfferEnd::NotMine | OfferEnd::Conflict => Some(FOR_GOOD),
        };
        self.take_back(case, staff, until, now)?;
        let Some(person) = self.people.get_mut(staff) else { return Ok(false) };
        match how {
            OfferEnd::Expired => person.unanswered = person.unanswered.saturating_add(1),
            OfferEnd::Withdrawn => {}
            OfferEnd::Busy | OfferEnd::NotMine | OfferEnd::Conflict => person.unanswered = 0,
        }
        let most = self.terms.unanswered_max;
        if most == 0 || person.unanswered < most || !person.available() {
            return Ok(false);
        }
        person.unresponsive = true;
        self.refresh(staff, now);
        Ok(true)
    }

    /// The holder is done with the case: resolved, or handed on. Gives who held it; the time it took goes into
    /// the queue's mean handling time.
    ///
    /// # Errors
    /// [`StepRefused::NotHeld`].
    pub fn released(&mut self, case: &CaseId, now: Timestamp) -> Result<StaffId, StepRefused> {
        let Some((staff, since, entry)) = self.let_go(case, now) else { return Err(StepRefused::NotHeld(*case)) };
        self.records.entry(entry.waiting.queue).or_default().handled(now.since(since), &self.terms);
        Ok(staff)
    }

    /// The open offer that runs out first: when, which case, and to whom it is offered. The caller says
    /// [`Floor::ended`] once that has passed.
    pub fn next_deadline(&self) -> Option<(Timestamp, CaseId, &StaffId)> {
        let (deadline, case) = self.deadlines.first()?;
        Some((*deadline, *case, self.offered_to(case)?))
    }

    /// The earliest moment from `now` on at which time alone could allow a new offer: relaxed skills, an ended
    /// grace or pass, room that grows. `None` while nothing waits.
    pub fn next_change(&self, now: Timestamp) -> Option<Timestamp> {
        let waits = self.desks.values().any(|desk| !desk.lines.is_empty());
        self.timetable.first().filter(|_| waits).map(|(at, _)| (*at).max(now))
    }

    /// Whether somebody is there.
    pub fn presence(&self, id: &StaffId) -> Option<&Presence> {
        self.people.get(id).map(|person| &person.presence)
    }

    /// Open offers and held cases of somebody on a channel.
    pub fn spent(&self, id: &StaffId, channel: Channel) -> u32 {
        self.people.get(id).map_or(0, |person| person.spent_on(channel))
    }

    /// The cases that are offered to somebody and not answered yet.
    pub fn open_offers(&self, id: &StaffId) -> Vec<CaseId> {
        let offered = self.deadlines.iter().map(|(_, case)| *case);
        offered.filter(|case| self.offered_to(case) == Some(id)).collect()
    }

    fn offered_to(&self, case: &CaseId) -> Option<&StaffId> {
        match &self.cases.get(case)?.place {
            CasePlace::Offered { staff, .. } => Some(staff),
            _ => None,
        }
    }

    /// Ends an open offer, without saying where the case goes.
    pub(super) fn close(&mut self, case: &CaseId, to: &StaffId) -> Result<(), StepRefused> {
        match self.cases.get(case).map(|entry| &entry.place) {
            Some(CasePlace::Offered { staff, deadline }) if staff == to => {
                self.deadlines.remove(&(*deadline, *case));
                Ok(())
            }
            _ => Err(StepRefused::NotOffered(*case)),
        }
    }

    /// Ends an open offer and puts the case in line again, not for the same person until then.
    pub(super) fn take_back(
        &mut self,
        case: &CaseId,
        staff: &StaffId,
        until: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<(), StepRefused> {
        self.close(case, staff)?;
        if let Some(mut entry) = self.cases.remove(case) {
            self.give_back(staff, entry.waiting.channel, now);
            if let Some(until) = until {
                entry.passes.retain(|pass| pass.staff != *staff);
                entry.passes.push(Pass { staff: staff.clone(), until });
                entry.waiting.last_staff.take_if(|last| last == staff);
            }
            self.enqueue(entry, now);
        }
        Ok(())
    }
}
