//! Ends of a case, what follows after them, and how it comes back.

use crate::command::effects::{Left, ask};
use crate::{
    case::Status,
    command::{
        Context, Effects,
        guard::{
            holding_exception, human_wanted, lease, measured, not_held_by_exception, not_in_danger, not_put_off, noted,
            open_only, resolved,
        },
    },
    decision::{DecisionPoint, Trigger},
    ending::{Ending, Feedback},
    event::{Event, Words},
    id::{CaseId, Disposition, ExceptionId, ResponderId},
    refusal::Refusal,
    situation::Noted,
};

pub(super) fn resolve(
    draft: &mut Effects,
    context: &Context,
    epoch: u64,
    note: Option<Words>,
    disposition: Option<Disposition>,
) -> Left {
    lease(&draft.case, epoch)?;
    not_held_by_exception(&draft.case)?;
    resolved(draft, note, Ending::Answered, disposition, context.now);
    Ok(None)
}

pub(super) fn abandon(draft: &mut Effects, context: &Context) -> Left {
    open_only(&draft.case)?;
    not_held_by_exception(&draft.case)?;
    not_in_danger(&draft.case)?;
    resolved(draft, None, Ending::Abandoned, None, context.now);
    Ok(None)
}

pub(super) fn end_silent(draft: &mut Effects, context: &Context, epoch: u64) -> Left {
    lease(&draft.case, epoch)?;
    not_held_by_exception(&draft.case)?;
    not_in_danger(&draft.case)?;
    not_put_off(&draft.case)?;
    resolved(draft, None, Ending::Silent, None, context.now);
    Ok(None)
}

pub(super) fn merge(draft: &mut Effects, context: &Context, epoch: u64, into: CaseId) -> Left {
    lease(&draft.case, epoch)?;
    not_held_by_exception(&draft.case)?;
    if into == draft.case.id || draft.case.absorbed.contains(&into) {
        return Err(Refusal::MergedIntoItself);
    }
    resolved(draft, None, Ending::Merged { into }, None, context.now);
    Ok(None)
}

/// What stood on the case that ended in this one stands here, and reopens this one if it has ended meanwhile: whoever
/// ended it knew nothing of that. Asks only where that brought anything.
pub(super) fn absorb(
    draft: &mut Effects,
    context: &Context,
    from: CaseId,
    (situations, human_requested): (Vec<Noted>, bool),
    reopens: Option<Words>,
) -> Left {
    if draft.case.absorbed.contains(&from) {
        return Ok(None);
    }
    draft.emit(Event::CaseAbsorbed { from, at: context.now });
    let brings = !situations.is_empty() || human_requested;
    let goes_on = matches!(draft.case.ending, Some(Ending::Merged { .. })) || draft.case.erased;
    let reopens = reopens.filter(|_| brings && !goes_on && draft.case.status == Status::Resolved);
    let is_reopened = reopens.is_some();
    if let Some(reason) = reopens {
        draft.emit(Event::CaseReopened { reason, at: context.now });
    }
    let before = draft.events.len();
    for situation in situations {
        noted(draft, Some(situation), context.now);
    }
    if human_requested && !draft.case.human_requested {
        measured(draft, human_wanted(context.now), context.now);
    }
    match (is_reopened, draft.case.status) {
        (true, _) => ask(DecisionPoint::Route, Trigger::Absorbed { from }),
        (false, Status::Open) if draft.events.len() > before => ask(DecisionPoint::Retain, Trigger::Absorbed { from }),
        _ => Ok(None),
    }
}

pub(super) fn give_feedback(
    draft: &mut Effects,
    context: &Context,
    feedback: Feedback,
    reopens: Option<Words>,
) -> Left {
    draft.emit(Event::FeedbackGiven { feedback, at: context.now });
    if let (Status::Resolved, Some(reason)) = (draft.case.status, reopens) {
        return reopened(draft, context, reason);
    }
    let free = draft.case.status == Status::Open
        && holding_exception(&draft.case).is_none()
        && not_in_danger(&draft.case).is_ok();
    if feedback.solved == Some(true) && free {
        resolved(draft, None, Ending::Confirmed, None, context.now);
    }
    Ok(None)
}

pub(super) fn note_late(draft: &mut Effects, context: &Context, responder: ResponderId, epoch: u64) -> Left {
    draft.emit(Event::AnsweredTooLate { responder, epoch, at: context.now });
    Ok(None)
}

pub(super) fn note_contact(draft: &mut Effects, context: &Context, case: CaseId, linked: bool) -> Left {
    let new = if linked { !draft.case.followed_by.contains(&case) } else { !draft.case.contacted_again };
    if draft.case.status == Status::Resolved && new {
        draft.emit(Event::ContactedAgain { case, linked, at: context.now });
    }
    Ok(None)
}

pub(super) fn reopen(draft: &mut Effects, context: &Context, reason: Words) -> Left {
    match draft.case.status {
        Status::Open => Err(Refusal::CaseOpen),
        Status::Resolved => reopened(draft, context, reason),
    }
}

fn reopened(draft: &mut Effects, context: &Context, reason: Words) -> Left {
    if let Some(Ending::Merged { into }) = draft.case.ending {
        return Err(Refusal::Merged { into });
    }
    draft.emit(Event::CaseReopened { reason, at: context.now });
    ask(DecisionPoint::Route, Trigger::Reopened)
}

/// Nobody can go on with a case whose words are gone, nor say why an exception on it is over.
pub(super) fn erase(draft: &mut Effects, context: &Context) -> Left {
    let (by, at) = (&context.by, context.now);
    if !draft.case.erased {
        draft.emit(Event::WordsErased { at });
    }
    let open: Vec<ExceptionId> = draft.case.exceptions.keys().copied().collect();
    for exception in open {
        draft.emit(Event::ExceptionResolved { exception, by: by.clone(), reason: None, remembers: true, at });
    }
    if draft.case.status == Status::Open {
        resolved(draft, None, Ending::Erased, None, at);
    }
    Ok(None)
}
