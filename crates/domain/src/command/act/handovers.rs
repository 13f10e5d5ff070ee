//! Where the case goes: looked at again, given up, given on, and decided against the system.

use crate::command::effects::{Left, ask, ask_with};
use crate::{
    case::Holder,
    command::{
        Context, Effects,
        act::deferrals::with_people,
        guard::{holding_exception, human_wanted, lease, measured, not_held_by_exception, open_only, raised},
    },
    decision::{DecisionPoint, ResponderKind, Trigger, YieldReason},
    event::{Event, Words},
    exception::ExceptionKind,
    id::{OwnerId, ResponderId, Timestamp},
    refusal::Refusal,
    retrieval::Retrieval,
};

pub(super) fn review(draft: &Effects, epoch: u64, point: DecisionPoint, trigger: Trigger) -> Left {
    lease(&draft.case, epoch)?;
    ask(point, trigger)
}

pub(super) fn rehome(draft: &Effects, from: &ResponderId, to: Option<ResponderId>) -> Left {
    let held = open_only(&draft.case)?;
    if held.responder() != Some(from) {
        return Err(Refusal::NotTheHolder { holder: held.to_ref() });
    }
    let was = if draft.case.held_by_ai { ResponderKind::Ai } else { ResponderKind::Queue };
    ask(DecisionPoint::Route, Trigger::HolderGone { to, was, staff: held.staff.clone() })
}

pub(super) fn decline_handover(draft: &mut Effects, context: &Context, epoch: u64, note: Option<Words>) -> Left {
    lease(&draft.case, epoch)?;
    let Some(question) = draft.case.handover_question.as_ref().map(|question| question.decision) else {
        return Err(Refusal::NothingAsked);
    };
    draft.emit(Event::HandoverDeclined { question, by: context.by.clone(), note, at: context.now });
    Ok(None)
}

pub(super) fn yield_case(
    draft: &mut Effects,
    context: &Context,
    epoch: u64,
    reason: YieldReason,
    note: Option<Words>,
    found: Option<Box<Retrieval>>,
) -> Left {
    lease(&draft.case, epoch)?;
    not_held_by_exception(&draft.case)?;
    if reason == YieldReason::WantsHuman && !draft.case.human_requested {
        measured(draft, human_wanted(context.now), context.now);
    }
    ask_with(note, DecisionPoint::Escalate, Trigger::Yielded { reason, found })
}

pub(super) fn deny_turn(
    draft: &mut Effects,
    context: &mut Context,
    epoch: u64,
    owned: (OwnerId, Timestamp),
    reason: Words,
) -> Left {
    lease(&draft.case, epoch)?;
    not_held_by_exception(&draft.case)?;
    raised(draft, context, ExceptionKind::Raised, owned, None, Some(reason));
    ask(DecisionPoint::Escalate, Trigger::Yielded { reason: YieldReason::Denied, found: None })
}

pub(super) fn return_to_ai(draft: &Effects, epoch: u64, note: Option<Words>) -> Left {
    lease(&draft.case, epoch)?;
    not_held_by_exception(&draft.case)?;
    with_people(&draft.case)?;
    ask_with(note, DecisionPoint::ReturnToAi, Trigger::ReturnRequested)
}

pub(super) fn transfer(draft: &Effects, epoch: u64, to: ResponderId, note: Option<Words>) -> Left {
    let held = lease(&draft.case, epoch)?;
    if held.staff.is_none() {
        return Err(Refusal::NotTheHolder { holder: held.to_ref() });
    }
    if held.responder() == Some(&to) {
        return Err(Refusal::HasItAlready { responder: to });
    }
    ask_with(note, DecisionPoint::Escalate, Trigger::Transferred { to })
}

pub(super) fn override_case(draft: &mut Effects, context: &Context, to: ResponderId, reason: Words) -> Left {
    open_only(&draft.case)?;
    if draft.case.holder.as_ref().and_then(Holder::responder) == Some(&to) {
        return Err(Refusal::HasItAlready { responder: to });
    }
    // Who says where the case goes has seen to the exception that held it.
    if let Some(exception) = holding_exception(&draft.case) {
        let (by, reason) = (context.by.clone(), Some(reason.clone()));
        draft.emit(Event::ExceptionResolved { exception, by, reason, remembers: true, at: context.now });
    }
    let trigger = Trigger::Overridden { to, reason: reason.commit.clone() };
    ask_with(Some(reason), DecisionPoint::Override, trigger)
}
