//! Actions: an AI responder asks for one, and a person says what became of it.

use crate::command::effects::{Left, ask};
use crate::{
    action::{ACTION_VERSION, ActionAnswer, ActionDecision, ActionEnd},
    case::Status,
    command::{Context, Effects, guard::lease},
    decision::{DecisionPoint, Trigger, YieldReason},
    event::{Event, Words},
    id::{ActionName, DecisionId},
    refusal::Refusal,
    request::{RequestEnded, RequestNoted},
};

pub(super) fn ask_action(
    draft: &mut Effects,
    context: &mut Context,
    epoch: u64,
    action: ActionName,
    arguments: Words,
    answer: ActionAnswer,
) -> Left {
    let held = lease(&draft.case, epoch)?;
    if !draft.case.held_by_ai || held.responder() != Some(&answer.principal.responder) {
        return Err(Refusal::NotTheHolder { holder: held.to_ref() });
    }
    let decision = ActionDecision {
        v: ACTION_VERSION,
        id: DecisionId::next(&mut context.ids),
        case: draft.case.id,
        owner: answer.owner,
        at: context.now,
        bundle: answer.bundle,
        baseline: Some(answer.baseline),
        principal: answer.principal,
        action,
        arguments,
        signals: answer.signals,
        verdict: answer.verdict,
        policies: answer.policies,
    };
    draft.emit(Event::ActionAsked { decision: Box::new(decision) });
    // Permitted or not, an AI responder carries nothing out.
    ask(DecisionPoint::Escalate, Trigger::Yielded { reason: YieldReason::NeedsAction, found: None })
}

pub(super) fn note_request(draft: &mut Effects, epoch: Option<u64>, noted: RequestNoted) -> Left {
    if draft.case.status == Status::Resolved {
        return Err(Refusal::CaseResolved);
    }
    if let Some(epoch) = epoch {
        lease(&draft.case, epoch)?;
    }
    draft.emit(Event::RequestNoted(noted));
    Ok(None)
}

/// That a request ended is noted whatever has become of the case: it was asked for there.
pub(super) fn note_request_end(draft: &mut Effects, ended: Box<RequestEnded>) -> Left {
    draft.emit(Event::RequestEnded(ended));
    Ok(None)
}

pub(super) fn end_action(
    draft: &mut Effects,
    context: &Context,
    epoch: u64,
    action: DecisionId,
    how: ActionEnd,
    note: Option<Words>,
) -> Left {
    lease(&draft.case, epoch)?;
    if !draft.case.actions.contains_key(&action) {
        return Err(Refusal::UnknownAction { action });
    }
    draft.emit(Event::ActionEnded { action, how, by: context.by.clone(), note, at: context.now });
    Ok(None)
}
