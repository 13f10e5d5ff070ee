//! Who is gone from the floor, and the cases that wait for them.

use crate::live::floor::State;
use remit_domain::{
    floor::{Placed, Presence},
    id::{CaseId, StaffId, Timestamp},
};

impl State {
    /// Notes that somebody is there or not since `since`; for a while who is away may still be back.
    pub(crate) fn note_presence(&mut self, id: &StaffId, presence: &Presence, since: Timestamp) {
        let from = match presence {
            Presence::Available | Presence::Busy => {
                self.gone.remove(id);
                return;
            }
            Presence::Away { .. } => since.plus_ms(self.away_ms),
            Presence::Offline => since,
        };
        let known = self.gone.entry(id.clone()).or_insert(from);
        *known = from.min(*known);
        self.left.extend(self.work.get(id).into_iter().flatten());
    }
}

impl super::LiveFloor {
    /// Cases to be taken back from those who have them: they are gone at `now`.
    pub(crate) fn left(&self, now: Timestamp) -> Vec<CaseId> {
        let State { floor, gone, left, .. } = &mut *self.lock();
        let mut due = Vec::new();
        left.retain(|case| {
            let Some(Placed::Held(staff)) = floor.placed(case) else { return false };
            let Some(from) = gone.get(&staff) else { return false };
            if *from <= now {
                due.push(*case);
            }
            *from > now
        });
        due
    }

    pub(crate) fn is_gone(&self, id: &StaffId, now: Timestamp) -> bool {
        self.lock().gone.get(id).is_some_and(|from| *from <= now)
    }
}
