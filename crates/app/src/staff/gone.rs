//! Takes back what waits for somebody who is gone.

use crate::{
    Caller, Parts,
    access::principal::Job,
    journal::stored_case,
    pipeline::{self, commit::Act},
    refused::Refused,
};
use remit_domain::{Command, case::Status, id::CaseId};

/// Takes a case back whose customer waits for somebody who is gone; where that is not so any more, nothing is done.
pub(super) async fn take_back(parts: &Parts, id: CaseId) -> Result<(), Refused> {
    let Some(case) = stored_case::stored_case(&parts.journal, id).await? else { return Ok(()) };
    let waits = case.status == Status::Open && case.waiting_since.is_some();
    let Some(holder) = case.holder.as_ref().filter(|_| waits) else { return Ok(()) };
    if !holder.staff.as_ref().is_some_and(|staff| parts.live.floor.is_gone(staff, parts.environment.steady())) {
        return Ok(());
    }
    let act = Act::new("handoff.request", Command::TakeBack { epoch: holder.epoch });
    match pipeline::execute(parts, &Caller::system(Job::Floor), None, Some(&id.to_string()), act, |_| ()).await {
        // It went on to somebody else in that moment, or was dealt with.
        Err(refused) if !refused.kind.is_ours() => Ok(()),
        taken => taken.map(|_| ()),
    }
}
