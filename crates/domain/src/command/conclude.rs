//! Takes the decision that a command asks for, and what follows from it.

use super::{Context, Effects, act::deferrals, guard};
use crate::{
    announcement::Announcement,
    case::{Case, Holder, HolderRef},
    decision::{self, Custody, Decision, Deliberation, Outcome, ResponderKind, Standing, Terms, Trigger},
    event::{ContextPackage, Event, Handoff, Words},
    exception::ExceptionKind,
    id::{DecisionId, OwnerId, ResponderId, Timestamp},
    refusal::Refusal,
};

/// Takes the decision.
pub(super) fn decide(draft: &Effects, deliberation: Deliberation, context: &mut Context) -> Result<Decision, Refusal> {
    if let Trigger::Overridden { to, .. } = &deliberation.trigger {
        overridable(&draft.case, &deliberation, to)?;
    }
    if let Trigger::Transferred { to } = &deliberation.trigger {
        transferable(&deliberation, to)?;
    }
    let id = DecisionId::next(&mut context.ids);
    let case = &draft.case;
    // A reopened case is given out anew: who had it last is history, not a holder.
    let holder = match deliberation.point.gives_out_anew(&deliberation.trigger) {
        true => None,
        false => case.holder.as_ref(),
    };
    let custody = Custody {
        people: case.is_with_people(),
        staff: holder.and_then(|holder| holder.staff.clone()),
        set_aside: case.set_aside.clone().filter(|_| holder.is_some()),
        danger: draft.events.iter().any(|event| matches!(event, Event::SituationNoted { .. })),
        standing: case.situations.gravest().is_some(),
        put_off: case.is_put_off_for_all(),
    };
    let (version, handoffs) = (decision::DECISION_VERSION, case.handoffs);
    let standing = Standing { version, case: case.id, holder, handoffs, custody: Some(custody) };
    Ok(decision::deliberate(id, context.now, &standing, deliberation))
}

/// Does what the decision says, with how long the case waits for those who could take it at least, where that is known.
pub(super) fn conclude(
    draft: &mut Effects,
    decision: Decision,
    (note, terms): (Option<Words>, &Terms),
    least_wait_ms: Option<i64>,
    context: &mut Context,
) {
    let (case, id) = (&draft.case, decision.id);
    let policy_error = policy_error(&decision).map(|owner| (ExceptionKind::PolicyError, owner));
    let asked = draft.events.iter().find_map(action_taken_back);
    let invariant = invariant_held(&decision).or(asked).map(|owner| (ExceptionKind::InvariantHeld, owner));
    let raised = match &decision.outcome {
        Outcome::Exception { exception, owner, due } => Some((*exception, owner.clone(), *due)),
        Outcome::Keep { .. } | Outcome::Assign { .. } | Outcome::Take { .. } => None,
    };
    // A note goes with the case; where the case stays, it is left with it, so that no words are taken and then nowhere.
    let stays = matches!(decision.outcome, Outcome::Keep { .. });
    let (goes, left) = if stays { (None, note) } else { (note, None) };
    let handoff = handoff(case, &decision, least_wait_ms, goes, context.now);
    draft.emit(Event::DecisionMade { decision: Box::new(decision), handoff });
    if let Some(note) = left {
        draft.emit(Event::NoteLeft { note, by: context.by.clone(), at: context.now });
    }
    deferrals::decided(draft, context, terms.callback_ms);
    let due_of_error = context.now.plus_ms(terms.exception_due_ms);
    let wrong = policy_error.into_iter().chain(invariant).map(|(kind, owner)| (kind, owner, due_of_error));
    for (kind, owner, due) in raised.into_iter().chain(wrong) {
        if draft.case.exceptions.values().any(|open| open.kind == kind) {
            continue;
        }
        guard::raised(draft, context, kind, (owner, due), Some(id), None);
    }
}

/// The owner of the first policy that failed to evaluate, if any did.
fn policy_error(decision: &Decision) -> Option<OwnerId> {
    let failed = decision.candidates.iter().flat_map(|c| &c.verdict.errors).next()?;
    decision.policies.get(failed).map_or_else(|| Some(decision.owner.clone()), |note| Some(note.owner.clone()))
}

/// The owner of the first invariant that took back what policies allow, if any did.
fn invariant_held(decision: &Decision) -> Option<OwnerId> {
    let mut named = decision.candidates.iter().flat_map(|c| &c.verdict.policies);
    named.find_map(|id| decision.policies.get(id).filter(|note| note.invariant)).map(|note| note.owner.clone())
}

/// The owner of the invariant that took back an action which was asked for just now, if one did.
fn action_taken_back(event: &Event) -> Option<OwnerId> {
    let Event::ActionAsked { decision } = event else { return None };
    let mut named = decision.verdict.policies.iter();
    named.find_map(|id| decision.policies.get(id).filter(|note| note.invariant)).map(|note| note.owner.clone())
}

fn overridable(case: &Case, deliberation: &Deliberation, to: &ResponderId) -> Result<(), Refusal> {
    let Some((facts, _)) = deliberation.candidates.iter().find(|(facts, _)| &facts.responder == to) else {
        return Err(Refusal::UnknownResponder { responder: to.clone() });
    };
    if facts.kind == ResponderKind::Ai && case.human_requested {
        return Err(Refusal::HumanWasAskedFor { responder: to.clone() });
    }
    if facts.kind == ResponderKind::Ai {
        deferrals::with_people(case)?;
    }
    if !deliberation.forbidden.is_empty() {
        return Err(Refusal::AgainstInvariant { responder: to.clone(), invariants: deliberation.forbidden.clone() });
    }
    Ok(())
}

/// A member of staff chooses among the queues that policy permits; to choose another is an override.
fn transferable(deliberation: &Deliberation, to: &ResponderId) -> Result<(), Refusal> {
    let queue = deliberation
        .candidates
        .iter()
        .find(|(facts, _)| &facts.responder == to && facts.kind == ResponderKind::Queue)
        .ok_or_else(|| Refusal::UnknownResponder { responder: to.clone() })?;
    if queue.1.permits() {
        return Ok(());
    }
    let policies = queue.1.policies.iter().chain(&queue.1.errors).cloned().collect();
    Err(Refusal::NotPermitted { responder: to.clone(), policies })
}

/// The change of holder that a decision brings, with what the new holder is handed.
fn handoff(
    case: &Case,
    decision: &Decision,
    least_wait_ms: Option<i64>,
    note: Option<Words>,
    now: Timestamp,
) -> Option<Box<Handoff>> {
    let staff = match &decision.outcome {
        Outcome::Take { staff, .. } => Some(staff.clone()),
        _ => None,
    };
    let (to, accountable) = match &decision.outcome {
        Outcome::Keep { .. } => return None,
        Outcome::Assign { responder } | Outcome::Take { responder, .. } => {
            let chosen = decision.candidates.iter().find(|c| &c.facts.responder == responder)?;
            (HolderRef::Responder(responder.clone()), chosen.facts.accountable.clone())
        }
        Outcome::Exception { owner, .. } => (HolderRef::Owner(owner.clone()), owner.clone()),
    };
    let package = ContextPackage {
        messages: case.messages,
        last_customer_message: case.last_customer_message,
        tried: case.tried.clone(),
        open_exceptions: case.exceptions.keys().copied().collect(),
        previous_decision: case.last_decision,
        waited_ms: case.waited_ms(now),
        note,
        promised: case.promised.clone(),
        refused: case.refused.clone(),
        open_actions: case.actions.keys().copied().collect(),
        told: case.told,
    };
    let from = case.holder.as_ref().map(Holder::to_ref);
    let epoch = case.holder.as_ref().map_or(0, |holder| holder.epoch) + 1;
    // To the customer nothing has changed while the same person is with them.
    let announced = if decision.keeps_person() { None } else { Announcement::of(decision, least_wait_ms) };
    Some(Box::new(Handoff { from, to, staff, accountable, epoch, package, announced }))
}
