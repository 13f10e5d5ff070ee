//! Deferrals: a case is put off until a moment or an event, and comes back.

use crate::command::effects::Left;
use crate::{
    case::{Case, Holder},
    command::{
        Context, Effects,
        guard::{lease, open_only, raised, with_words},
    },
    decision::{Decision, Trigger},
    deferral::{Awaited, Deferral, DeferralEnd, DeferralHow, DeferralKind, Wish, Wording},
    event::Event,
    exception::ExceptionKind,
    id::{CaseId, FieldName, ResponderId, Timestamp},
    offer::{Offer, OfferEnd},
    refusal::Refusal,
};
use std::collections::BTreeSet;

pub(super) fn defer(draft: &mut Effects, context: &Context, epoch: Option<u64>, wish: Wish) -> Left {
    with_words(&draft.case)?;
    let held = match epoch {
        Some(epoch) => lease(&draft.case, epoch)?,
        None if wish.kind == DeferralKind::Callback => open_only(&draft.case)?,
        None => return Err(Refusal::NotTheHolder { holder: open_only(&draft.case)?.to_ref() }),
    };
    if draft.case.held_by_ai || held.responder().is_none() {
        return Err(Refusal::NotWithPeople { holder: held.to_ref() });
    }
    let owner = held.staff.clone();
    let Wish { kind, until, call_by, after, field, party, note, wording } = wish;
    if until <= context.now {
        return Err(Refusal::MomentOver);
    }
    if after == Some(draft.case.id) {
        return Err(Refusal::PutOffUntilItself);
    }
    // Whoever is asked meanwhile would be asked for nothing.
    match draft.case.offer.clone() {
        Some(offer) if epoch.is_some() => return Err(Refusal::OfferOpen { staff: offer.staff }),
        Some(Offer { id, staff, .. }) => {
            draft.emit(Event::OfferEnded { offer: id, staff, how: OfferEnd::Withdrawn, at: context.now });
        }
        None => {}
    }
    let before = draft.case.deferrals.get(&kind).is_some_and(|before| before.waited);
    let waited = kind == DeferralKind::Callback && (before || draft.case.waiting_since.is_some());
    let (by, at) = (context.by.clone(), context.now);
    let wording = wording.filter(|_| kind.is_told());
    let deferral = Deferral {
        kind,
        until,
        owner,
        call_by,
        waited,
        after,
        field,
        decision: None,
        told: false,
        wording,
        party,
        note,
        by,
        at,
        is_due: false,
    };
    draft.emit(Event::CaseDeferred { deferral });
    Ok(None)
}

/// What a decision means for a callback: a queue that is closed and calls back promises one for when it opens, unless
/// one is agreed on already; where the case goes to somebody else, they see to it, and what was promised for later is
/// over.
pub(in crate::command) fn decided(draft: &mut Effects, context: &Context, call_ms: i64) {
    let Some((decision, handoff)) = draft.events.iter().rev().find_map(|event| match event {
        Event::DecisionMade { decision, handoff } => Some((decision, handoff)),
        _ => None,
    }) else {
        return;
    };
    let queue = draft.case.holder.as_ref().filter(|held| held.staff.is_none()).and_then(Holder::responder);
    let promises = queue.and_then(|queue| decision.collecting.get(queue)).filter(|collects| collects.calls_back);
    let moved = handoff.as_ref().is_some_and(|handoff| handoff.from.as_ref() != Some(&handoff.to));
    let (id, told, customer_waits) =
        (decision.id, handoff.is_some(), handoff.is_some() || decision.trigger == Trigger::CustomerMessage);
    let opens = promises.map(|collects| collects.opens);
    let wording = opens.filter(|_| !told).map(|_| wording(decision, queue));
    let before = draft.case.deferrals.get(&DeferralKind::Callback);
    // One that is due already is theirs too, unless the customer is promised another moment with that.
    let promised = before.is_some_and(|before| before.decision.is_some() && (!before.is_due || opens.is_some()));
    let agreed = before.is_some() && !(promised && moved);
    if promised && moved {
        over(draft, context, DeferralKind::Callback, DeferralHow::HandedOver);
    }
    let Some(until) = opens.filter(|opens| customer_waits && !agreed && *opens > context.now) else { return };
    if draft.case.offer.is_some() {
        return;
    }
    let deferral = Deferral {
        kind: DeferralKind::Callback,
        until,
        owner: None,
        call_by: Some(until.plus_ms(call_ms)),
        waited: draft.case.waiting_since.is_some(),
        after: None,
        field: None,
        decision: Some(id),
        told,
        wording,
        party: None,
        note: None,
        by: context.by.clone(),
        at: context.now,
        is_due: false,
    };
    draft.emit(Event::CaseDeferred { deferral });
}

/// In which words the customer is told of what a decision brings.
fn wording(decision: &Decision, queue: Option<&ResponderId>) -> Wording {
    let language = decision.signals.get("language").map(|reading| reading.value.to_string());
    Wording { bundle: decision.bundle.clone(), language, queue: queue.cloned() }
}

/// What is set on a case ends a snooze that waits for it.
pub(super) fn field_set(draft: &mut Effects, context: &Context, set: &BTreeSet<FieldName>) {
    let snooze = draft.case.deferrals.get(&DeferralKind::Snooze);
    if snooze.and_then(|snooze| snooze.field.as_ref()).is_some_and(|field| set.contains(field)) {
        over(draft, context, DeferralKind::Snooze, DeferralHow::FieldSet);
    }
}

/// What people have to see to at a moment goes to no machine, which would let the moment pass.
pub(in crate::command) fn with_people(case: &Case) -> Result<(), Refusal> {
    let kind = case.deferrals.keys().find(|kind| **kind != DeferralKind::Snooze);
    kind.map_or(Ok(()), |kind| Err(Refusal::StillPutOff { kind: *kind }))
}

pub(super) fn end(
    draft: &mut Effects,
    context: &mut Context,
    epoch: Option<u64>,
    kind: DeferralKind,
    how: DeferralHow,
    due: Timestamp,
) -> Left {
    let held = match epoch {
        Some(epoch) => lease(&draft.case, epoch)?,
        None => open_only(&draft.case)?,
    };
    let owner = held.accountable.clone();
    let Some(open) = draft.case.deferrals.get(&kind) else { return Err(Refusal::NotPutOff { kind }) };
    match (kind, how, open.is_due) {
        (DeferralKind::Callback, DeferralHow::Due, false) => {
            draft.emit(Event::CallbackDue { at: context.now });
            return Ok(None);
        }
        (DeferralKind::Callback, DeferralHow::Due, true) | (_, DeferralHow::Missed, false) => return Ok(None),
        _ => {}
    }
    let missed = how == DeferralHow::Missed;
    over(draft, context, kind, how);
    if missed {
        raised(draft, context, ExceptionKind::CallbackMissed, (owner, due), None, None);
    }
    Ok(None)
}

/// Whoever has it, or is offered it, would have taken it up.
pub(super) fn miss(draft: &mut Effects, context: &mut Context, due: Timestamp) -> Left {
    let held = open_only(&draft.case)?;
    let owner = held.accountable.clone();
    let is_raised = draft.case.exceptions.values().any(|open| open.kind == ExceptionKind::DeferralMissed);
    if draft.case.waits_in_queue() && !is_raised {
        raised(draft, context, ExceptionKind::DeferralMissed, (owner, due), None, None);
    }
    Ok(None)
}

/// What the customer writes ends a snooze.
pub(super) fn customer_wrote(draft: &mut Effects, context: &Context) {
    if draft.case.deferrals.contains_key(&DeferralKind::Snooze) {
        over(draft, context, DeferralKind::Snooze, DeferralHow::Customer);
    }
}

/// Who answers a customer who waits for a call has kept it.
pub(super) fn was_called(draft: &mut Effects, context: &Context) {
    let waits = |case: &Case| case.deferrals.get(&DeferralKind::Callback).is_some_and(|callback| callback.is_due);
    if waits(&draft.case) {
        over(draft, context, DeferralKind::Callback, DeferralHow::Kept);
    }
}

pub(super) fn note_awaited(draft: &mut Effects, context: &Context, by: CaseId) -> Left {
    open_only(&draft.case)?;
    if !draft.case.awaited_by.contains(&by) {
        draft.emit(Event::CaseAwaited { awaited: Awaited { by, at: context.now } });
    }
    Ok(None)
}

fn over(draft: &mut Effects, context: &Context, kind: DeferralKind, how: DeferralHow) {
    let end = DeferralEnd { kind, how, by: context.by.clone(), at: context.now };
    draft.emit(Event::DeferralEnded { end });
}
