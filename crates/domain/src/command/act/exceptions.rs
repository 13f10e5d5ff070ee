//! Exceptions: raised, taken, escalated and resolved.

use crate::command::happened::{Left, ask};
use crate::{
    Refusal,
    case::Status,
    command::{
        Context, Happened,
        guard::{holding_exception, known, not_held_by_exception, open_only, raised, resolved},
    },
    decision::{DecisionPoint, Trigger},
    ending::Ending,
    event::{Event, Words},
    exception::ExceptionKind,
    id::{ExceptionId, OwnerId, Timestamp},
};

/// The accountable sees to a missed SLA target; one such exception is open on a case at once.
pub(super) fn miss_sla(so_far: &mut Happened, context: &mut Context, due: Timestamp) -> Left {
    let owner = open_only(&so_far.case)?.accountable.clone();
    let kind = ExceptionKind::SlaMissed;
    if so_far.case.exceptions.values().all(|open| open.kind != kind) {
        let decision = so_far.case.last_decision;
        raised(so_far, context, kind, (owner, due), decision, None);
    }
    Ok(None)
}

pub(super) fn raise(
    so_far: &mut Happened,
    context: &mut Context,
    owner: OwnerId,
    due: Timestamp,
    reason: Words,
) -> Left {
    open_only(&so_far.case)?;
    raised(so_far, context, ExceptionKind::Raised, (owner, due), None, Some(reason));
    Ok(None)
}

pub(super) fn escalate(
    so_far: &mut Happened,
    context: &Context,
    exception: ExceptionId,
    owner: OwnerId,
    due: Timestamp,
) -> Left {
    known(&so_far.case, exception)?;
    so_far.emit(Event::ExceptionEscalated { exception, owner, due, at: context.now });
    Ok(None)
}

pub(super) fn take(so_far: &mut Happened, context: &Context, exception: ExceptionId) -> Left {
    known(&so_far.case, exception)?;
    // Who has taken it on has it until they let it become overdue.
    let theirs = so_far.case.exceptions.get(&exception).filter(|of| of.due > context.now);
    if theirs.and_then(|of| of.taken_by.as_ref()).is_some_and(|by| *by != context.by) {
        return Err(Refusal::TakenOn { exception });
    }
    so_far.emit(Event::ExceptionTaken { exception, by: context.by.clone(), at: context.now });
    Ok(None)
}

pub(super) fn resolve(
    so_far: &mut Happened,
    context: &Context,
    exception: ExceptionId,
    reason: Option<Words>,
    close: bool,
) -> Left {
    known(&so_far.case, exception)?;
    let held = holding_exception(&so_far.case) == Some(exception);
    let by = context.by.clone();
    so_far.emit(Event::ExceptionResolved { exception, by, reason, remembers: true, at: context.now });
    if so_far.case.status == Status::Open && close {
        not_held_by_exception(&so_far.case)?;
        resolved(so_far, None, Ending::Exception, None, context.now);
    } else if so_far.case.status == Status::Open && held {
        return ask(DecisionPoint::Route, Trigger::ExceptionResolved);
    }
    Ok(None)
}
