//! What somebody has to see to becomes an exception with an owner and a due time, whatever its case has come to.

use crate::{
    Caller, Parts, bounds,
    caller::principal::Job,
    pipeline::{
        self,
        commit::Envelope,
        load::{self, Loaded},
        sealing,
    },
    refused::{Kind, Refused},
};
use remit_domain::{Command, case::Status, ending::Ending, id::OwnerId};
use remit_policy::actions::Permission;
use remit_store::OutboxRow;

/// Cases that ended one in the other, at most, before the last is found.
const MERGES_MAX: usize = 8;

/// Raises an exception on the case of `row`, which is done with that. A case that has ended is open again with it; of
/// one that ended in another it is on that one. Where the words on the case were erased, nothing is said of why: it is
/// on record with its owner.
///
/// # Errors
/// When the store refuses; the row stays then.
pub(crate) async fn raise(parts: &Parts, row: &OutboxRow, owner: OwnerId, reason: &str) -> Result<(), Refused> {
    let caller = Caller::system(Job::Requests);
    let loaded = last(parts, &caller, &row.case).await?;
    let (case, reason) = (loaded.case.id.to_string(), bounds::cut(reason, bounds::REASON_MAX));
    let seal = || sealing::seal_on(&parts.journal, &parts.vault, &parts.environment, &loaded, reason);
    let sealed = match seal().await {
        Ok(sealed) => Some(sealed),
        // What is raised before the erasure has come to the case would end with that.
        Err(refused) if refused.kind == Kind::Erased && loaded.case.erased => None,
        Err(refused) => return Err(refused),
    };
    if loaded.case.status == Status::Resolved && sealed.is_some() {
        let again = seal().await?;
        let command = Command::Reopen { reason: again.words.clone() };
        let envelope = Envelope::new(Permission::REQUEST_EXECUTE, command).with([again]);
        pipeline::execute(parts, &caller, None, Some(&case), envelope, |_| ()).await?;
    }
    let due = parts.environment.now().plus_ms(parts.governance.bundle.terms().exception_due_ms);
    let reason = sealed.as_ref().map(|sealed| sealed.words.clone());
    let command = Command::RaiseException { owner, due, reason };
    let envelope = Envelope::new(Permission::REQUEST_EXECUTE, command).with(sealed).claiming(&row.id);
    pipeline::execute(parts, &caller, None, Some(&case), envelope, |_| ()).await.map(drop)
}

/// The case, or the one in which it ended.
async fn last(parts: &Parts, caller: &Caller, case: &str) -> Result<Loaded, Refused> {
    let (governance, journal, environment) = (&parts.governance, &parts.journal, &parts.environment);
    let mut id = case.to_owned();
    for _ in 0..MERGES_MAX {
        let loaded = load::load(governance, journal, environment, caller, Permission::REQUEST_EXECUTE, &id).await?;
        match loaded.case.ending {
            Some(Ending::Merged { into }) if loaded.case.status == Status::Resolved && !loaded.case.erased => {
                id = into.to_string();
            }
            _ => return Ok(loaded),
        }
    }
    load::load(governance, journal, environment, caller, Permission::REQUEST_EXECUTE, &id).await
}
