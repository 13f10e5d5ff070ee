//! Cases that take no room of whoever has them: their customer is silent, or they are put off. And cases of somebody
//! who comes back, which they get before all others.

use super::{
    Floor,
    line::{CasePlace, Entry},
    state::Turn,
};
use crate::id::{CaseId, StaffId, Timestamp};

impl Floor {
    /// From when on a case that somebody has takes none of their room; never, unless told again, where there is no
    /// such moment. It counts again as soon as that is said, also above what they can hold; nothing is offered above.
    pub fn quiet_from(&mut self, case: &CaseId, from: Option<Timestamp>, now: Timestamp) {
        let Some(Entry { place: CasePlace::Held { counts, quiet_from, .. }, .. }) = self.cases.get_mut(case) else {
            return;
        };
        let (counted, before) = (*counts, std::mem::replace(quiet_from, from));
        if before != from {
            if let Some(at) = before {
                self.timetable.remove(&(at, Turn::Quiet(*case)));
            }
            if let Some(at) = from.filter(|at| *at > now) {
                self.timetable.insert((at, Turn::Quiet(*case)));
            }
        }
        let counts = from.is_none_or(|at| at > now);
        if counts != counted {
            self.count(case, counts, now);
        }
    }

    /// Does what time alone has brought until `now`.
    pub fn pass(&mut self, now: Timestamp) {
        self.settle(now);
    }

    /// Takes a case off the floor that somebody has; gives who, since when, and the case.
    pub(super) fn let_go(&mut self, case: &CaseId, now: Timestamp) -> Option<(StaffId, Timestamp, Entry)> {
        let CasePlace::Held { staff, since, counts, quiet_from } = self.cases.get(case)?.place.clone() else {
            return None;
        };
        let entry = self.cases.remove(case)?;
        if let Some(at) = quiet_from {
            self.timetable.remove(&(at, Turn::Quiet(*case)));
        }
        if counts {
            self.give_back(&staff, entry.waiting.channel, now);
        }
        Some((staff, since, entry))
    }

    /// Somebody is back: what they had, and nobody has taken since, is kept for them again and comes first.
    pub(super) fn comes_back(&mut self, id: &StaffId, now: Timestamp) {
        let cases: Vec<CaseId> = self.formers.get(id).into_iter().flatten().copied().collect();
        for case in cases {
            if let Some(entry) = self.unqueue(&case) {
                self.enqueue(Entry { came: now, back: true, ..entry }, now);
            }
        }
    }
}
