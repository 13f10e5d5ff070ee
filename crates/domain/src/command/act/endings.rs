//! Ends of a case, what follows after them, and how it comes back.

use crate::command::happened::{Left, ask};
use crate::{
    case::Status,
    command::{
        Context, Happened,
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
    so_far: &mut Happened,
    context: &Context,
    epoch: u64,
    note: Option<Words>,
    disposition: Option<Disposition>,
) -> Left {
    lease(&so_far.case, epoch)?;
    not_held_by_exception(&so_far.case)?;
    resolved(so_far, note, Ending::Answered, disposition, context.now);
    Ok(None)
}

pub(super) fn abandon(so_far: &mut Happened, context: &Context) -> Left {
    open_only(&so_far.case)?;
    not_held_by_exception(&so_far.case)?;
    not_in_danger(&so_far.case)?;
    resolved(so_far, None, Ending::Abandoned, None, context.now);
    Ok(None)
}

pub(super) fn end_silent(so_far: &mut Happened, context: &Context, epoch: u64) -> Left {
    lease(&so_far.case, epoch)?;
    not_held_by_exception(&so_far.case)?;
    not_in_danger(&so_far.case)?;
    not_put_off(&so_far.case)?;
    resolved(so_far, None, Ending::Silent, None, context.now);
    Ok(None)
}

pub(super) fn merge(so_far: &mut Happened, context: &Context, epoch: u64, into: CaseId) -> Left {
    lease(&so_far.case, epoch)?;
    not_held_by_exception(&so_far.case)?;
    if into == so_far.case.id || so_far.case.absorbed.contains(&into) {
        return Err(Refusal::MergedIntoItself);
    }
    resolved(so_far, None, Ending::Merged { into }, None, context.now);
    Ok(None)
}

/// What stood on the case that ended in this one stands here, and reopens this one if it has ended meanwhile: whoever
/// ended it knew nothing of that. Asks only where that brought anything.
pub(super) fn absorb(
    so_far: &mut Happened,
    context: &Context,
    from: CaseId,
    (situations, human_requested): (Vec<Noted>, bool),
    reopens: Option<Words>,
) -> Left {
    if so_far.case.absorbed.contains(&from) {
        return Ok(None);
    }
    so_far.emit(Event::CaseAbsorbed { from, at: context.now });
    let brings = !situations.is_empty() || human_requested;
    let goes_on = matches!(so_far.case.ending, Some(Ending::Merged { .. })) || so_far.case.erased;
    let reopens = reopens.filter(|_| brings && !goes_on && so_far.case.status == Status::Resolved);
    let is_reopened = reopens.is_some();
    if let Some(reason) = reopens {
        so_far.emit(Event::CaseReopened { reason, at: context.now });
    }
    let before = so_far.events.len();
    for situation in situations {
        noted(so_far, Some(situation), context.now);
    }
    if human_requested && !so_far.case.human_requested {
        measured(so_far, human_wanted(context.now), context.now);
    }
    match (is_reopened, so_far.case.status) {
        (true, _) => ask(DecisionPoint::Route, Trigger::Absorbed { from }),
        (false, Status::Open) if so_far.events.len() > before => ask(DecisionPoint::Retain, Trigger::Absorbed { from }),
        _ => Ok(None),
    }
}

pub(super) fn give_feedback(
    so_far: &mut Happened,
    context: &Context,
    feedback: Feedback,
    reopens: Option<Words>,
) -> Left {
    so_far.emit(Event::FeedbackGiven { feedback, at: context.now });
    if let (Status::Resolved, Some(reason)) = (so_far.case.status, reopens) {
        return reopened(so_far, context, reason);
    }
    let free = so_far.case.status == Status::Open
        && holding_exception(&so_far.case).is_none()
        && not_in_danger(&so_far.case).is_ok();
    if feedback.solved == Some(true) && free {
        resolved(so_far, None, Ending::Confirmed, None, context.now);
    }
    Ok(None)
}

pub(super) fn note_late(so_far: &mut Happened, context: &Context, responder: ResponderId, epoch: u64) -> Left {
    so_far.emit(Event::AnsweredTooLate { responder, epoch, at: context.now });
    Ok(None)
}

pub(super) fn note_contact(so_far: &mut Happened, context: &Context, case: CaseId, linked: bool) -> Left {
    let new = if linked { !so_far.case.followed_by.contains(&case) } else { !so_far.case.contacted_again };
    if so_far.case.status == Status::Resolved && new {
        so_far.emit(Event::ContactedAgain { case, linked, at: context.now });
    }
    Ok(None)
}

pub(super) fn reopen(so_far: &mut Happened, context: &Context, reason: Words) -> Left {
    match so_far.case.status {
        Status::Open => Err(Refusal::CaseOpen),
        Status::Resolved => reopened(so_far, context, reason),
    }
}

fn reopened(so_far: &mut Happened, context: &Context, reason: Words) -> Left {
    if let Some(Ending::Merged { into }) = so_far.case.ending {
        return Err(Refusal::Merged { into });
    }
    so_far.emit(Event::CaseReopened { reason, at: context.now });
    ask(DecisionPoint::Route, Trigger::Reopened)
}

/// Nobody can go on with a case whose words are gone, nor say why an exception on it is over.
pub(super) fn erase(so_far: &mut Happened, context: &Context) -> Left {
    let (by, at) = (&context.by, context.now);
    if !so_far.case.erased {
        so_far.emit(Event::WordsErased { at });
    }
    let open: Vec<ExceptionId> = so_far.case.exceptions.keys().copied().collect();
    for exception in open {
        so_far.emit(Event::ExceptionResolved { exception, by: by.clone(), reason: None, remembers: true, at });
    }
    if so_far.case.status == Status::Open {
        resolved(so_far, None, Ending::Erased, None, at);
    }
    Ok(None)
}
