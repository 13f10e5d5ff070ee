//! What the moment of a deferral brings about: the case comes back to whoever has it, or to its queue where they are
//! gone; a call that nobody made is somebody's exception.

use crate::{
    Environment, Governance, Live, Parts,
    case::due::{look_later, own},
    journal::outbox::{self, Look, timer},
    refused::{Kind, Refused},
};
use remit_domain::{
    Case, Command,
    case::Status,
    deferral::{Deferral, DeferralHow, DeferralKind},
    id::{CaseId, StaffId, Timestamp},
};
use remit_store::OutboxRow;

/// The moment of a deferral has come.
pub(super) async fn look_at(parts: &Parts, row: &OutboxRow, case: &Case, kind: DeferralKind) -> Result<(), Refused> {
    let open = case.deferrals.get(&kind).filter(|_| case.status == Status::Open);
    let Some(open) = open else { return parts.journal.drop_row(&row.id).await };
    let now = parts.environment.now();
    if now < open.next_moment() {
        return look_later(&parts.journal, row, case, open.next_moment(), Look::Deferral { of: kind }).await;
    }
    let (how, due) = if open.is_due {
        (DeferralHow::Missed, exception_due(&parts.governance, now))
    } else {
        (DeferralHow::Due, now)
    };
    own(parts, row, case, Command::EndDeferral { epoch: None, kind, how, due }, Vec::new()).await
}

/// A snooze ends with another case.
pub(super) async fn case_ended(parts: &Parts, row: &OutboxRow, case: &Case, ended: CaseId) -> Result<(), Refused> {
    let waits = |open: &&Deferral| open.after == Some(ended);
    let kind = DeferralKind::Snooze;
    if case.status != Status::Open || case.deferrals.get(&kind).filter(waits).is_none() {
        return parts.journal.drop_row(&row.id).await;
    }
    let now = parts.environment.now();
    let command = Command::EndDeferral { epoch: None, kind, how: DeferralHow::CaseEnded, due: now };
    own(parts, row, case, command, Vec::new()).await
}

/// A promise is at risk, which no snooze outlives.
pub(super) async fn wake(parts: &Parts, row: &OutboxRow, case: &Case) -> Result<(), Refused> {
    let now = parts.environment.now();
    let kind = DeferralKind::Snooze;
    let command = Command::EndDeferral { epoch: None, kind, how: DeferralHow::Promise, due: now };
    own(parts, row, case, command, vec![timer(row.id.clone(), case, now, Look::Sla)]).await
}

/// A case that came back to somebody who is gone goes to their queue.
pub(super) async fn give_back(parts: &Parts, row: &OutboxRow, case: &Case, epoch: u64) -> Result<(), Refused> {
    let held = case.holder.as_ref().filter(|held| case.status == Status::Open && held.epoch == epoch);
    match held.and_then(|held| held.staff.as_ref()).is_some_and(|staff| is_gone(&parts.environment, &parts.live, staff))
    {
        true => own(parts, row, case, Command::TakeBack { epoch }, Vec::new()).await,
        false => parts.journal.drop_row(&row.id).await,
    }
}

fn is_gone(environment: &Environment, live: &Live, staff: &StaffId) -> bool {
    let floor = &live.floor;
    floor.staff(staff).is_none() || floor.is_gone(staff, environment.steady())
}

/// A case that came back and that nobody took up in time is somebody's exception. Where whoever has it is gone by now,
/// those of its queue have as long again.
pub(super) async fn unattended(parts: &Parts, row: &OutboxRow, case: &Case) -> Result<(), Refused> {
    let now = parts.environment.now();
    let waits = case.status == Status::Open && case.waiting_since.is_none() && !case.is_put_off();
    let held = case.holder.as_ref().filter(|held| waits && held.responder().is_some() && !case.held_by_ai);
    match held.map(|held| (held, held.staff.as_ref(), case.offer.as_ref())) {
        Some((held, Some(staff), _)) if is_gone(&parts.environment, &parts.live, staff) => {
            let again = outbox::unattended(&parts.governance, case, now).into_iter().collect();
            own(parts, row, case, Command::TakeBack { epoch: held.epoch }, again).await
        }
        // Who is asked may say no.
        Some((_, None, Some(offer))) => {
            look_later(&parts.journal, row, case, offer.due.max(now.plus_ms(1)), Look::Unattended).await
        }
        Some((_, None, None)) => {
            own(parts, row, case, Command::MissDeferral { due: exception_due(&parts.governance, now) }, Vec::new())
                .await
        }
        _ => parts.journal.drop_row(&row.id).await,
    }
}

/// Another case is put off until this one ends; where it has ended already, that one is told at once.
pub(super) async fn awaited(parts: &Parts, row: &OutboxRow, case: &Case, by: CaseId) -> Result<(), Refused> {
    if case.status == Status::Open {
        match own(parts, row, case, Command::NoteAwaited { by }, Vec::new()).await {
            // It ended since it was read.
            Err(refused) if refused.kind == Kind::Conflict => {}
            done => return done,
        }
    }
    let told = outbox::ended(case.id, by, parts.environment.now());
    let commit = remit_store::Commit { claim: Some(row.id.clone()), outbox: vec![told], ..Default::default() };
    parts.journal.commit(commit).await.map(|_| ()).map_err(crate::refused)
}

fn exception_due(governance: &Governance, now: Timestamp) -> Timestamp {
    now.plus_ms(governance.bundle.terms().exception_due_ms)
}
