//! What the moment of a deferral brings about: the case comes back to whoever has it, or to its queue where they are
//! gone; a call that nobody made is somebody's exception.

use crate::{
    Parts,
    ai::turn,
    case::due::{look_later, own},
    journal::outbox::{self, Look, timer},
    refused::Refused,
};
use remit_domain::{
    Case, Command,
    case::Status,
    deferral::{Deferral, DeferralHow, DeferralKind},
    id::{CaseId, Timestamp},
};
use remit_store::OutboxRow;

/// The moment of a deferral has come.
pub(super) async fn look_at(parts: &Parts, row: &OutboxRow, case: &Case, kind: DeferralKind) -> Result<(), Refused> {
    let open = case.deferrals.get(&kind).filter(|_| case.status == Status::Open);
    let Some(open) = open else { return turn::drop_row(&parts.journal, &row.id).await };
    let now = parts.environment.now();
    if now < open.next_moment() {
        return look_later(&parts.journal, row, case, open.next_moment(), Look::Deferral { of: kind }).await;
    }
    let (how, due) =
        if open.is_due { (DeferralHow::Missed, exception_due(parts, now)) } else { (DeferralHow::Due, now) };
    own(parts, row, Command::EndDeferral { epoch: None, kind, how, due }, outbox::back(case, now).into_iter().collect())
        .await
}

/// A snooze ends with another case.
pub(super) async fn case_ended(parts: &Parts, row: &OutboxRow, case: &Case, ended: CaseId) -> Result<(), Refused> {
    let waits = |open: &&Deferral| open.after == Some(ended);
    let kind = DeferralKind::Snooze;
    if case.status != Status::Open || case.deferrals.get(&kind).filter(waits).is_none() {
        return turn::drop_row(&parts.journal, &row.id).await;
    }
    let now = parts.environment.now();
    let command = Command::EndDeferral { epoch: None, kind, how: DeferralHow::CaseEnded, due: now };
    own(parts, row, command, outbox::back(case, now).into_iter().collect()).await
}

/// A promise is at risk, which no snooze outlives.
pub(super) async fn wake(parts: &Parts, row: &OutboxRow, case: &Case) -> Result<(), Refused> {
    let now = parts.environment.now();
    let kind = DeferralKind::Snooze;
    let command = Command::EndDeferral { epoch: None, kind, how: DeferralHow::Promise, due: now };
    let mut again: Vec<OutboxRow> = outbox::back(case, now).into_iter().collect();
    again.push(timer(row.id.clone(), case, now, Look::Sla));
    own(parts, row, command, again).await
}

/// A case that came back to somebody who is gone goes to their queue.
pub(super) async fn give_back(parts: &Parts, row: &OutboxRow, case: &Case, epoch: u64) -> Result<(), Refused> {
    let held = case.holder.as_ref().filter(|held| case.status == Status::Open && held.epoch == epoch);
    let staff = held.and_then(|held| held.staff.as_ref());
    let gone = staff.is_some_and(|staff| parts.live.floor.is_gone(staff, parts.environment.steady()));
    match gone {
        true => own(parts, row, Command::TakeBack { epoch }, Vec::new()).await,
        false => turn::drop_row(&parts.journal, &row.id).await,
    }
}

/// Another case is put off until this one ends; where it has ended already, that one is told at once.
pub(super) async fn awaited(parts: &Parts, row: &OutboxRow, case: &Case, by: CaseId) -> Result<(), Refused> {
    if case.status == Status::Open {
        return own(parts, row, Command::NoteAwaited { by }, Vec::new()).await;
    }
    let told = outbox::ended(case.id, by, parts.environment.now());
    let commit = remit_store::Commit { claim: Some(row.id.clone()), outbox: vec![told], ..Default::default() };
    parts.journal.commit(commit).await.map(|_| ()).map_err(crate::refused)
}

fn exception_due(parts: &Parts, now: Timestamp) -> Timestamp {
    now.plus_ms(parts.governance.bundle.terms().exception_due_ms)
}
