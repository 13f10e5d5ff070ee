//! Deferrals: a case is put off until a moment or an event, and comes back.

use crate::command::happened::Left;
use crate::{
    case::Case,
    command::{
        Context, Happened,
        guard::{lease, open_only},
    },
    deferral::{Awaited, Deferral, DeferralEnd, DeferralHow, DeferralKind, Wish},
    event::Event,
    exception::{Exception, ExceptionKind},
    id::{CaseId, ExceptionId, Timestamp},
    refusal::Refusal,
};

pub(super) fn defer(so_far: &mut Happened, context: &Context, epoch: Option<u64>, wish: Wish) -> Left {
    let held = match epoch {
        Some(epoch) => lease(&so_far.case, epoch)?,
        None if wish.kind == DeferralKind::Callback => open_only(&so_far.case)?,
        None => return Err(Refusal::NotTheHolder { holder: open_only(&so_far.case)?.to_ref() }),
    };
    if so_far.case.held_by_ai || held.responder().is_none() {
        return Err(Refusal::NotWithPeople { holder: held.to_ref() });
    }
    let owner = held.staff.clone();
    let Wish { kind, until, call_by, after, party, note, told } = wish;
    if until <= context.now {
        return Err(Refusal::MomentOver);
    }
    if after == Some(so_far.case.id) {
        return Err(Refusal::PutOffUntilItself);
    }
    // Whoever is asked meanwhile would be asked for nothing.
    if let Some(offer) = so_far.case.offer.clone() {
        return Err(Refusal::OfferOpen { staff: offer.staff });
    }
    let before = so_far.case.deferrals.get(&kind).is_some_and(|before| before.waited);
    let waited = kind == DeferralKind::Callback && (before || so_far.case.waiting_since.is_some());
    let (by, at) = (context.by.clone(), context.now);
    let told = told.filter(|_| kind.is_told());
    let deferral = Deferral { kind, until, owner, call_by, waited, after, party, note, told, by, at, is_due: false };
    so_far.emit(Event::CaseDeferred { deferral });
    Ok(None)
}

pub(super) fn end(
    so_far: &mut Happened,
    context: &mut Context,
    epoch: Option<u64>,
    kind: DeferralKind,
    how: DeferralHow,
    due: Timestamp,
) -> Left {
    let held = match epoch {
        Some(epoch) => lease(&so_far.case, epoch)?,
        None => open_only(&so_far.case)?,
    };
    let owner = held.accountable.clone();
    let Some(open) = so_far.case.deferrals.get(&kind) else { return Err(Refusal::NotPutOff { kind }) };
    match (kind, how, open.is_due) {
        (DeferralKind::Callback, DeferralHow::Due, false) => {
            so_far.emit(Event::CallbackDue { at: context.now });
            return Ok(None);
        }
        (DeferralKind::Callback, DeferralHow::Due, true) | (_, DeferralHow::Missed, false) => return Ok(None),
        _ => {}
    }
    let missed = how == DeferralHow::Missed;
    over(so_far, context, kind, how);
    if missed {
        let exception = Exception {
            id: ExceptionId::next(&mut context.ids),
            kind: ExceptionKind::CallbackMissed,
            owner,
            due,
            raised: context.now,
            decision: None,
            taken_by: None,
            escalated_to: None,
        };
        so_far.emit(Event::ExceptionRaised { exception, reason: None });
    }
    Ok(None)
}

/// What the customer writes ends a snooze.
pub(super) fn customer_wrote(so_far: &mut Happened, context: &Context) {
    if so_far.case.deferrals.contains_key(&DeferralKind::Snooze) {
        over(so_far, context, DeferralKind::Snooze, DeferralHow::Customer);
    }
}

/// Who answers a customer who waits for a call has kept it.
pub(super) fn was_called(so_far: &mut Happened, context: &Context) {
    let waits = |case: &Case| case.deferrals.get(&DeferralKind::Callback).is_some_and(|callback| callback.is_due);
    if waits(&so_far.case) {
        over(so_far, context, DeferralKind::Callback, DeferralHow::Kept);
    }
}

pub(super) fn note_awaited(so_far: &mut Happened, context: &Context, by: CaseId) -> Left {
    open_only(&so_far.case)?;
    if !so_far.case.awaited_by.contains(&by) {
        so_far.emit(Event::CaseAwaited { awaited: Awaited { by, at: context.now } });
    }
    Ok(None)
}

fn over(so_far: &mut Happened, context: &Context, kind: DeferralKind, how: DeferralHow) {
    let end = DeferralEnd { kind, how, by: context.by.clone(), at: context.now };
    so_far.emit(Event::DeferralEnded { end });
}
