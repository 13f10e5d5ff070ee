//! Keeping the floor's lists: lines, those with room, and the timetable.

use super::{
    line::{CasePlace, Entry, Waiting},
    staff::StaffProfile,
    state::{Floor, Turn},
};
use crate::{
    case::Channel,
    id::{CaseId, StaffId, Timestamp},
};
use std::sync::Arc;

impl Floor {
    /// Does what time alone has brought until `now`.
    pub(super) fn settle(&mut self, now: Timestamp) {
        while let Some((at, turn)) = self.timetable.pop_first() {
            if at > now {
                self.timetable.insert((at, turn));
                break;
            }
            match turn {
                Turn::Case(case) => self.requeue(&case, now),
                Turn::Quiet(case) => self.be_quiet(&case, now),
                Turn::Staff(id) => {
                    if let Some(person) = self.people.get_mut(&id) {
                        person.turn = None;
                    }
                    self.refresh(&id, now);
                }
            }
        }
    }

    /// The moment has come from which on a case takes no room.
    pub(super) fn be_quiet(&mut self, case: &CaseId, now: Timestamp) {
        if matches!(self.cases.get(case), Some(Entry { place: CasePlace::Held { counts: true, .. }, .. })) {
            self.count(case, false, now);
        }
    }

    /// Has a case that somebody has take room, or none. Idle they were or were not, whatever their customers do.
    pub(super) fn count(&mut self, case: &CaseId, counts: bool, now: Timestamp) {
        let Some(entry) = self.cases.get_mut(case) else { return };
        let CasePlace::Held { staff, counts: counted, .. } = &mut entry.place else { return };
        *counted = counts;
        let (staff, channel) = (staff.clone(), entry.waiting.channel);
        if let Some(person) = self.people.get_mut(&staff) {
            if counts {
                person.spend(channel);
            } else {
                person.give_back(channel);
            }
        }
        self.refresh(&staff, now);
    }

    /// Puts a case in the line of those who could take it now.
    pub(super) fn enqueue(&mut self, mut entry: Entry, now: Timestamp) {
        entry.forget(now);
        let (need, turn) = entry.need(&self.terms, now);
        let (waiting, price) = (&entry.waiting, entry.price());
        let case = waiting.case;
        let desk = self.desks.entry((waiting.queue.clone(), waiting.channel)).or_default();
        let need = desk.lines.get_key_value(&need).map_or_else(|| Arc::new(need), |(known, _)| Arc::clone(known));
        desk.lines.entry(Arc::clone(&need)).or_default().cases.entry(price).or_default().insert(waiting);
        if let Some(at) = turn {
            self.timetable.insert((at, Turn::Case(case)));
        }
        if let Some(last) = &waiting.last_staff {
            self.formers.entry(last.clone()).or_default().insert(case);
        }
        entry.place = CasePlace::Line(need, turn);
        self.cases.insert(case, entry);
    }

    /// Takes a case out of its line and off the floor; `None` if it is in no line.
    pub(super) fn unqueue(&mut self, case: &CaseId) -> Option<Entry> {
        let entry = self.cases.get(case)?;
        let CasePlace::Line(need, turn) = &entry.place else { return None };
        if let Some(at) = turn {
            self.timetable.remove(&(*at, Turn::Case(*case)));
        }
        if let Some(last) = &entry.waiting.last_staff
            && let Some(cases) = self.formers.get_mut(last)
        {
            cases.remove(case);
            if cases.is_empty() {
                self.formers.remove(last);
            }
        }
        let at = (entry.waiting.queue.clone(), entry.waiting.channel);
        if let Some(desk) = self.desks.get_mut(&at) {
            if let Some(line) = desk.lines.get_mut(need) {
                let price = entry.price();
                if let Some(cases) = line.cases.get_mut(&price) {
                    cases.remove(&entry.waiting);
                    if cases.waiting.is_empty() {
                        line.cases.remove(&price);
                    }
                }
                if line.cases.is_empty() {
                    desk.lines.remove(need);
                }
            }
            if desk.lines.is_empty() && desk.free.is_empty() {
                self.desks.remove(&at);
            }
        }
        self.cases.remove(case)
    }

    pub(super) fn requeue(&mut self, case: &CaseId, now: Timestamp) {
        if let Some(entry) = self.unqueue(case) {
            self.enqueue(entry, now);
        }
    }

    /// Counts a case more for somebody.
    pub(super) fn spend(&mut self, id: &StaffId, channel: Channel, now: Timestamp) {
        if let Some(person) = self.people.get_mut(id) {
            person.spend(channel);
            person.idle_since = now;
        }
        self.refresh(id, now);
    }

    /// Counts a case less for somebody.
    pub(super) fn give_back(&mut self, id: &StaffId, channel: Channel, now: Timestamp) {
        if let Some(person) = self.people.get_mut(id) {
            person.give_back(channel);
            person.idle_since = now;
        }
        self.refresh(id, now);
    }

    /// Lists somebody as they now stand among those with room.
    pub(super) fn refresh(&mut self, id: &StaffId, now: Timestamp) {
        let Some(person) = self.people.get_mut(id) else { return };
        let (listed, turn) = person.standing(self.terms.ramp_ms, now);
        if turn != person.turn {
            if let Some(at) = person.turn {
                self.timetable.remove(&(at, Turn::Staff(id.clone())));
            }
            if let Some(at) = turn {
                self.timetable.insert((at, Turn::Staff(id.clone())));
            }
            person.turn = turn;
        }
        if listed == person.listed {
            return;
        }
        let before = self.unlist(id);
        let (Some(person), Some(listed)) = (self.people.get_mut(id), listed) else { return };
        let profile = Arc::clone(&person.profile);
        person.listed = Some(listed.clone());
        for queue in &profile.queues {
            for channel in &listed.channels {
                let desk = self.desks.entry((queue.clone(), *channel)).or_default();
                desk.free.insert(listed.rank.clone(), Arc::clone(&profile));
                if !before.contains(channel) {
                    self.changes += 1;
                    desk.changed = self.changes;
                }
            }
        }
    }

    /// Takes somebody off the lists of those with room; gives the channels on which they had any.
    pub(super) fn unlist(&mut self, id: &StaffId) -> Vec<Channel> {
        let Some(person) = self.people.get_mut(id) else { return vec![] };
        let Some(listed) = person.listed.take() else { return vec![] };
        for queue in &person.profile.queues {
            for channel in &listed.channels {
                let at = (queue.clone(), *channel);
                if let Some(desk) = self.desks.get_mut(&at) {
                    desk.free.remove(&listed.rank);
                    if desk.free.is_empty() && desk.lines.is_empty() {
                        self.desks.remove(&at);
                    }
                }
            }
        }
        listed.channels
    }

    /// Has the lines that somebody serves looked at again.
    pub(super) fn stir_all_of(&mut self, id: &StaffId) {
        if let Some(profile) = self.people.get(id).map(|person| Arc::clone(&person.profile)) {
            self.stir(&profile);
        }
    }

    /// Has the lines that somebody with this profile serves looked at again.
    pub(super) fn stir(&mut self, profile: &StaffProfile) {
        self.changes += 1;
        for queue in &profile.queues {
            for channel in profile.capacity.keys() {
                if let Some(desk) = self.desks.get_mut(&(queue.clone(), *channel)) {
                    desk.changed = self.changes;
                }
            }
        }
    }

    /// Has what is said of a case that is offered or held be as it is now; whom it is kept for stays.
    pub(super) fn describe(&mut self, waiting: Waiting) {
        if let Some(entry) = self.cases.get_mut(&waiting.case) {
            let last_staff = entry.waiting.last_staff.take();
            entry.waiting = Waiting { last_staff, ..waiting };
        }
    }

    /// Takes a case off the floor whose room stays taken.
    pub(super) fn lift(&mut self, case: &CaseId) {
        if let Some(Entry { place: CasePlace::Offered { deadline, .. }, .. }) = self.cases.remove(case) {
            self.deadlines.remove(&(deadline, *case));
        }
    }

    /// Puts a case on the floor as offered to somebody whose room was taken before.
    pub(super) fn put_back(&mut self, waiting: Waiting, staff: StaffId, deadline: Timestamp, now: Timestamp) {
        let case = waiting.case;
        let place = CasePlace::Offered { staff, deadline };
        self.cases.insert(case, Entry { waiting, came: now, back: false, passes: vec![], place });
        self.deadlines.insert((deadline, case));
    }
}
