//! Who is gone from the floor, and the cases that wait for them.

use crate::live::floor::State;
use remit_domain::{
    floor::Placed,
    id::{CaseId, StaffId, Timestamp},
};

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
