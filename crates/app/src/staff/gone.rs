//! Takes back what waits for somebody who is gone.

use crate::{
    Caller, Parts,
    caller::principal::Job,
    journal::stored_case,
    pipeline::{self, commit::Envelope},
    refused::Refused,
};
use remit_domain::{Command, case::Status, id::CaseId};
use remit_policy::actions::Permission;

/// Takes a case back whose customer waits for somebody who is gone, or that somebody has who works here no more; where
/// that is not so any more, nothing is done.
pub(super) async fn take_back(parts: &Parts, id: CaseId) -> Result<(), Refused> {
    let Some(case) = stored_case::stored_case(&parts.journal, id).await? else { return Ok(()) };
    let Some(holder) = case.holder.as_ref().filter(|_| case.status == Status::Open) else { return Ok(()) };
    let Some(staff) = &holder.staff else { return Ok(()) };
    let removed = parts.live.floor.staff(staff).is_none();
    let waits = case.waiting_since.is_some() && !case.is_put_off();
    let gone = removed || (waits && parts.live.floor.is_gone(staff, parts.environment.steady()));
    if !gone {
        return Ok(());
    }
    let envelope = Envelope::new(Permission::HANDOFF_REQUEST, Command::TakeBack { epoch: holder.epoch });
    match pipeline::execute(parts, &Caller::system(Job::Floor), None, Some(&id.to_string()), envelope, |_| ()).await {
        // It went on to somebody else in that moment, or was dealt with.
        Err(refused) if !refused.kind.is_ours() => Ok(()),
        taken => taken.map(|_| ()),
    }
}
