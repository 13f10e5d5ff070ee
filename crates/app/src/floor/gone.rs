//! Who is not there any more: what they have goes back to its queue once its customer waits, so that somebody else is
//! asked. It stays theirs while the customer is awaited, and nobody but a person takes it from the queue.

use super::State;
use crate::{Caller, Parts, commit::Act, pipeline, principal::Job, refused::Refused, view_check};
use remit_domain::{
    Command,
    case::Status,
    floor::{Placed, Presence},
    id::{CaseId, StaffId, Timestamp},
};
use remit_store::Store;

impl State {
    /// Notes that somebody is there or not since `since`; for a while who is away may still be back.
    pub(super) fn note_presence(&mut self, id: &StaffId, presence: &Presence, since: Timestamp) {
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
    fn left(&self, now: Timestamp) -> Vec<CaseId> {
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

    fn is_gone(&self, id: &StaffId, now: Timestamp) -> bool {
        self.lock().gone.get(id).is_some_and(|from| *from <= now)
    }
}

/// Takes back what those have who are gone, where the customer waits. What fails is tried again.
///
/// # Errors
/// When the store refuses.
pub async fn take_back_left(parts: &Parts) -> Result<(), Refused> {
    let mut all = Ok(());
    for case in parts.live.floor.left(parts.environment.steady()) {
        let taken = take_back(parts, case).await;
        if taken.is_err() {
            parts.live.floor.lock().left.insert(case);
        }
        all = all.and(taken);
    }
    all
}

async fn take_back(parts: &Parts, id: CaseId) -> Result<(), Refused> {
    let id = id.to_string();
    let Some(row) = parts.journal.store.case(&id).map_err(Refused::internal)? else { return Ok(()) };
    let case = view_check::case_of(&parts.journal, &row.state)?;
    let waits = case.status == Status::Open && case.waiting_since.is_some();
    let Some(holder) = case.holder.as_ref().filter(|_| waits) else { return Ok(()) };
    if !holder.staff.as_ref().is_some_and(|staff| parts.live.floor.is_gone(staff, parts.environment.steady())) {
        return Ok(());
    }
    let act = Act::new("handoff.request", Command::TakeBack { epoch: holder.epoch });
    match pipeline::execute(parts, &Caller::system(Job::Floor), None, Some(&id), act, |_| ()).await {
        // It went on to somebody else in that moment, or was dealt with.
        Err(refused) if !refused.kind.is_ours() => Ok(()),
        taken => taken.map(|_| ()),
    }
}
