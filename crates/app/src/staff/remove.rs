//! Removes a member of staff: their tokens stand no more, what was offered to them is offered to others, and what they
//! had goes back to its queue, all on record.

use crate::{
    Caller, Parts, Succession,
    access::auth,
    journal::{
        ATTEMPTS,
        accounts::{self, ACCOUNTS, is_session},
        outbox, stored_case,
    },
    live::floor::STAFF,
    operation::RemoveStaffRefusal,
    pipeline::authority,
    refused::{Kind, Refused},
    staff::{gone, known_staff, settle},
};
use remit_domain::{
    Event,
    governance::StaffRemoval,
    id::{CaseId, StaffId},
    sign_in::{AccountChange, AccountChanged, SessionEnd},
};
use remit_policy::actions::Permission;
use remit_store::{Commit, CommitError, Entry, Expected, OutboxRow, Views as _};

/// Removes a member of staff. Once this is done nothing is offered to them, and they have nothing.
///
/// # Errors
/// [`RemoveStaffRefusal`] says when each arises.
pub async fn remove_staff(
    succession: &Succession,
    parts: &Parts,
    caller: &Caller,
    name: &str,
) -> Result<(), RemoveStaffRefusal> {
    auth::permit(&parts.governance, &parts.live, &parts.environment, caller, Permission::STAFF_MANAGE)?;
    let id = known_staff(&parts.live, name)?.profile.id;
    put_on_record(parts, caller, &id).await?;
    let cases = parts.live.floor.cases_of(&id);
    Ok(take_all_back(succession, &id, &cases).await?)
}

/// Takes back all that somebody has who was removed. Their removal is on record, so that nobody would take it anew:
/// where another bundle comes into force meanwhile, this goes on under that one. What is left after so many is in the
/// outbox.
async fn take_all_back(succession: &Succession, id: &StaffId, cases: &[CaseId]) -> Result<(), Refused> {
    for _ in 0..ATTEMPTS {
        match take_back(&succession.current(), id, cases).await {
            Err(refused) if refused.kind == Kind::Superseded => {}
            taken => return taken,
        }
    }
    Ok(())
}

async fn take_back(parts: &Parts, id: &StaffId, cases: &[CaseId]) -> Result<(), Refused> {
    settle::take_back_offers(parts, id).await?;
    for case in cases {
        gone::take_back(parts, *case).await?;
    }
    Ok(())
}

/// Nobody else notes staff or makes a token for them meanwhile; one of theirs may be revoked.
async fn put_on_record(parts: &Parts, caller: &Caller, id: &StaffId) -> Result<(), RemoveStaffRefusal> {
    let _storing = parts.live.floor.storing.lock().await;
    for _ in 0..ATTEMPTS {
        // Whoever was faster has done it.
        known_staff(&parts.live, id.as_str())?;
        match end_all(parts, caller, id).await? {
            Ok(()) => return Ok(()),
            Err(CommitError::Done) => {}
            Err(error) => return Err(crate::refused(error).into()),
        }
    }
    Err(Refused::new(Kind::Busy, "their tokens were revoked one after the other meanwhile").into())
}

/// One commit with all that ends with them; what they have is looked at by rows of the outbox, whatever becomes of this
/// process.
async fn end_all(parts: &Parts, caller: &Caller, id: &StaffId) -> Result<Result<(), CommitError>, Refused> {
    let (at, by) = (parts.environment.now(), caller.pseudonym.to_string());
    let mut events = vec![Event::StaffRemoved { removed: StaffRemoval { staff: id.clone(), by: by.clone(), at } }];
    let mut commit = Commit::default();
    for row in parts.journal.store.tokens().await.map_err(Refused::internal)? {
        let is_theirs = row.staff.as_deref() == Some(id.as_str()) || (is_session(&row.id) && row.name == id.as_str());
        if is_theirs && !auth::is_revoked(&parts.live, &row.id) {
            accounts::end(&mut commit, &mut events, &row, (SessionEnd::Removed, &by, at));
        }
    }
    if let Some(account) = ACCOUNTS.get(&parts.journal.store, id.as_str()).await.map_err(Refused::internal)? {
        commit.items.push(ACCOUNTS.forget(id.as_str(), account.expected()));
        accounts::forget_passkeys(&parts.journal.store, &mut commit, id).await?;
        let (person, change, by) = (id.clone(), AccountChange::Ended, by.clone());
        events.push(Event::AccountChanged(AccountChanged { person, change, by, at }));
    }
    let stored = STAFF.get(&parts.journal.store, id.as_str()).await.map_err(Refused::internal)?;
    let expected = stored.as_ref().map_or(Expected::Absent, Entry::expected);
    commit.items.push(STAFF.forget(id.to_string(), expected));
    commit.outbox = left(parts, id).await?;
    Ok(authority::govern(parts, caller, &events, commit).await)
}

/// What is to be looked at of all that they have.
async fn left(parts: &Parts, id: &StaffId) -> Result<Vec<OutboxRow>, Refused> {
    let mut rows = Vec::new();
    for case in parts.live.floor.cases_of(id) {
        if let Some(case) = stored_case::stored_case(&parts.journal, case).await? {
            rows.extend(outbox::back(&case, parts.environment.now()));
        }
    }
    Ok(rows)
}
