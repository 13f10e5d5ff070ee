//! Exceptions: raised, taken, given up, escalated and resolved.

use crate::command::effects::{Left, ask};
use crate::{
    Refusal,
    case::Status,
    command::{
        Context, Effects,
        guard::{holding_exception, known, not_held_by_exception, open_only, raised, resolved},
    },
    decision::{DecisionPoint, Trigger},
    ending::Ending,
    event::{Event, Words},
    exception::{ExceptionGivenUp, ExceptionKind},
    id::{ExceptionId, OwnerId, Timestamp},
};

/// The accountable sees to a missed SLA target; one such exception is open on a case at once.
pub(super) fn miss_sla(draft: &mut Effects, context: &mut Context, due: Timestamp) -> Left {
    let owner = open_only(&draft.case)?.accountable.clone();
    let kind = ExceptionKind::SlaMissed;
    if draft.case.exceptions.values().all(|open| open.kind != kind) {
        let decision = draft.case.last_decision;
        raised(draft, context, kind, (owner, due), decision, None);
    }
    Ok(None)
}

pub(super) fn raise(
    draft: &mut Effects,
    context: &mut Context,
    owner: OwnerId,
    due: Timestamp,
    reason: Option<Words>,
) -> Left {
    // A case whose words are gone is never open again; what is left to see to on it has an owner all the same.
    if !draft.case.erased {
        open_only(&draft.case)?;
    }
    raised(draft, context, ExceptionKind::Raised, (owner, due), None, reason);
    Ok(None)
}

pub(super) fn escalate(
    draft: &mut Effects,
    context: &Context,
    exception: ExceptionId,
    owner: OwnerId,
    due: Timestamp,
) -> Left {
    known(&draft.case, exception)?;
    draft.emit(Event::ExceptionEscalated { exception, owner, due, at: context.now });
    Ok(None)
}

pub(super) fn take(draft: &mut Effects, context: &Context, exception: ExceptionId) -> Left {
    known(&draft.case, exception)?;
    // Who has taken it on has it until they let it become overdue.
    let theirs = draft.case.exceptions.get(&exception).filter(|of| of.due > context.now);
    if theirs.and_then(|of| of.taken_by.as_ref()).is_some_and(|by| *by != context.by) {
        return Err(Refusal::TakenOn { exception });
    }
    draft.emit(Event::ExceptionTaken { exception, by: context.by.clone(), at: context.now });
    Ok(None)
}

/// It stays due when it was due: whoever takes it next has what is left of the time.
pub(super) fn give_up(draft: &mut Effects, context: &Context, exception: ExceptionId, reason: Words) -> Left {
    known(&draft.case, exception)?;
    let taken_by = draft.case.exceptions.get(&exception).and_then(|of| of.taken_by.as_ref());
    if taken_by != Some(&context.by) {
        return Err(Refusal::NotTakenOn { exception });
    }
    let (by, at) = (context.by.clone(), context.now);
    draft.emit(Event::ExceptionGivenUp(ExceptionGivenUp { exception, by, reason, at }));
    Ok(None)
}

pub(super) fn resolve(
    draft: &mut Effects,
    context: &Context,
    exception: ExceptionId,
    reason: Option<Words>,
    close: bool,
) -> Left {
    known(&draft.case, exception)?;
    let held = holding_exception(&draft.case) == Some(exception);
    let by = context.by.clone();
    draft.emit(Event::ExceptionResolved { exception, by, reason, remembers: true, at: context.now });
    if draft.case.status == Status::Open && close {
        not_held_by_exception(&draft.case)?;
        resolved(draft, None, Ending::Exception, None, context.now);
    } else if draft.case.status == Status::Open && held {
        return ask(DecisionPoint::Route, Trigger::ExceptionResolved);
    }
    Ok(None)
}
