//! Takes back what waits for somebody who is gone.

use crate::{
    Caller, Parts,
    access::principal::Job,
    journal::stored_case,
    pipeline::{self, commit::Act},
    refused::Refused,
};
use remit_domain::{Command, case::Status, id::CaseId};
use remit_store::Views as _;

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
    let Some(row) = parts.journal.store.case(&id).await.map_err(Refused::internal)? else { return Ok(()) };
    let case = stored_case::case_of(&parts.journal, &row.state).await?;
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
