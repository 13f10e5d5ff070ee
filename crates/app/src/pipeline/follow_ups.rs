//! Follow-ups of a commit, in rows of the outbox: turns of AI responders, and moments to look at a case again.

use crate::{
    Governance, Live,
    journal::outbox::{self, Look, TURN, TurnDue},
    pipeline::{closed, sla, unmet},
};
use remit_domain::{
    Case, Event,
    case::{Author, Holder, Status},
    command::Effects,
    deferral::{Deferral, DeferralEnd, DeferralHow, DeferralKind},
    id::{CaseId, Timestamp},
};
use remit_store::OutboxRow;

/// Rows of the outbox to add and to take back.
#[derive(Debug, Default)]
pub(crate) struct FollowUps {
    pub(crate) rows: Vec<OutboxRow>,
    pub(crate) cancel: Vec<String>,
}

pub(crate) fn follow_ups(
    governance: &Governance,
    live: &Live,
    before: Option<&Case>,
    effects: &Effects,
    now: Timestamp,
) -> FollowUps {
    let mut follow_ups = FollowUps::default();
    turn_due(governance, effects, now, &mut follow_ups);
    for event in &effects.events {
        look_again(governance, &effects.case, event, &mut follow_ups);
    }
    // An offer ends by being answered, and with whoever made it.
    let offered = |case: Option<&Case>| case.and_then(|case| case.offer.as_ref()).map(|offer| offer.id);
    let ended = offered(before).filter(|was| offered(Some(&effects.case)) != Some(*was));
    follow_ups.cancel.extend(ended.map(|offer| format!("offer:{offer}")));
    put_off(before, effects, now, &mut follow_ups);
    let ends = effects.events.iter().any(|event| matches!(event, Event::CaseResolved { .. }));
    if ends && !governance.bundle.catalogue().is_empty() {
        follow_ups.rows.push(outbox::ended_requests(effects.case.id, now));
    }
    let (waited, waits) = (before.is_some_and(Case::waits_in_queue), effects.case.waits_in_queue());
    if before.is_some() && !waited && waits && closed::waits_in_closed(governance, &effects.case, now) {
        let id = format!("closed:{}", effects.case.id);
        follow_ups.rows.push(outbox::timer(id, &effects.case, now, Look::Closed));
    }
    if waits
        && before.is_none_or(|before| !waited || needs_otherwise(before, &effects.case))
        && unmet::lacked_by_all(governance, live, &effects.case).is_some()
    {
        let id = format!("needs:{}", effects.case.id);
        follow_ups.rows.push(outbox::timer(id, &effects.case, now, Look::Needs));
    }
    let (was, is) =
        (before.and_then(|case| sla::next_look(governance, case)), sla::next_look(governance, &effects.case));
    if was != is {
        let id = format!("sla:{}", effects.case.id);
        match is {
            Some(at) => follow_ups.rows.push(outbox::timer(id, &effects.case, at, Look::Sla)),
            None => follow_ups.cancel.push(id),
        }
    }
    follow_ups
}

/// Whether other skills are needed of whoever takes a case than were before, or those of another queue.
fn needs_otherwise(before: &Case, case: &Case) -> bool {
    let queue = |case: &Case| case.holder.as_ref().map(Holder::to_ref);
    before.needs != case.needs || queue(before) != queue(case)
}

/// A moment for each deferral; and who waits for the case's end is told of it.
fn put_off(before: Option<&Case>, effects: &Effects, now: Timestamp, follow_ups: &mut FollowUps) {
    let case = &effects.case;
    for kind in DeferralKind::ALL {
        let moment = |case: &Case| case.deferrals.get(&kind).map(Deferral::next_moment);
        let (was, is) = (before.and_then(moment), moment(case));
        if was == is {
            continue;
        }
        let id = outbox::deferral_row(case.id, kind);
        match is {
            Some(at) => follow_ups.rows.push(outbox::timer(id, case, at, Look::Deferral { of: kind })),
            None => follow_ups.cancel.push(id),
        }
    }
    if effects.events.iter().any(|event| matches!(event, Event::CaseResolved { .. })) {
        let awaited = before.map(|before| before.awaited_by.as_slice()).unwrap_or_default();
        follow_ups.rows.extend(awaited.iter().map(|by| outbox::ended(case.id, *by, now)));
    }
}

/// An AI responder is asked when it gets a case, and when the customer writes while it has one.
fn turn_due(governance: &Governance, effects: &Effects, now: Timestamp, follow_ups: &mut FollowUps) {
    let case = &effects.case;
    let Some(holder) = case.holder.as_ref().filter(|_| case.status == Status::Open && case.held_by_ai) else {
        return;
    };
    let Some(responder) = holder.responder().filter(|id| governance.services.get(id.as_str()).is_some()) else {
        return;
    };
    let asks = |event: &Event| match event {
        Event::DecisionMade { handoff, .. } => handoff.is_some(),
        Event::MessageAdded { message, .. } => message.author == Author::Requester && message.auto_submitted.is_none(),
        _ => false,
    };
    if !effects.events.iter().any(asks) {
        return;
    }
    let due = TurnDue { responder: responder.clone(), epoch: holder.epoch, message: case.last_customer_message };
    follow_ups.rows.push(OutboxRow {
        // One for every lease and message: what was asked under an older one is not asked again.
        id: format!("turn:{}:{}:{}", case.id, due.epoch, case.messages),
        kind: TURN.to_owned(),
        case: case.id.to_string(),
        due_ms: now.0,
        body: serde_json::to_vec(&due).unwrap_or_default(),
    });
}

fn look_again(governance: &Governance, case: &Case, event: &Event, follow_ups: &mut FollowUps) {
    match event {
        Event::OfferMade { offer } => {
            let look = Look::Offer { offer: offer.id };
            follow_ups.rows.push(outbox::timer(format!("offer:{}", offer.id), case, offer.due, look));
        }
        Event::ExceptionRaised { exception, .. } => {
            let look = Look::Exception { exception: exception.id };
            follow_ups.rows.push(outbox::timer(format!("exception:{}", exception.id), case, exception.due, look));
        }
        Event::ExceptionEscalated { exception, due, .. } => {
            let look = Look::Exception { exception: *exception };
            follow_ups.rows.push(outbox::timer(format!("exception:{exception}"), case, *due, look));
        }
        Event::ExceptionResolved { exception, .. } => follow_ups.cancel.push(format!("exception:{exception}")),
        Event::MessageAdded { message, at } if matches!(message.author, Author::Holder { .. }) => {
            let silence_ms = i64::from(governance.bundle.limits().silence_hours) * 3_600_000;
            let look = Look::Silence { messages: case.said() };
            follow_ups.rows.push(outbox::timer(format!("silence:{}", case.id), case, at.plus_ms(silence_ms), look));
        }
        // What a machine wrote breaks no silence.
        Event::MessageAdded { message, .. } if message.auto_submitted.is_some() => {}
        Event::MessageAdded { .. } | Event::CaseResolved { .. } => {
            follow_ups.cancel.push(format!("silence:{}", case.id))
        }
        Event::CallbackDue { at } => follow_ups.rows.extend(outbox::back(case, *at)),
        Event::DeferralEnded { end } => came_back(governance, case, end, follow_ups),
        _ => {}
    }
}

/// A case that comes back by itself goes to its queue where whoever has it is gone. Where its customer waits for
/// nothing, no promise runs on it either: whether somebody took it up is looked at after as long as a reply may take.
fn came_back(governance: &Governance, case: &Case, end: &DeferralEnd, follow_ups: &mut FollowUps) {
    let by_itself = match end.how {
        DeferralHow::Due
        | DeferralHow::CaseEnded
        | DeferralHow::FieldSet
        | DeferralHow::Promise
        | DeferralHow::Missed => true,
        DeferralHow::Customer | DeferralHow::HandedOver | DeferralHow::Kept | DeferralHow::Cancelled => false,
    };
    if !by_itself {
        return;
    }
    follow_ups.rows.extend(outbox::back(case, end.at));
    if end.how != DeferralHow::Missed && case.waiting_since.is_none() && case.status == Status::Open {
        follow_ups.rows.extend(outbox::unattended(governance, case, end.at));
    }
}

/// What is to be noted on a case that had ended, about which the customer opens another one.
pub(crate) fn contacted_again(ended: CaseId, case: CaseId, now: Timestamp) -> OutboxRow {
    outbox::timer_on(format!("again:{ended}"), ended, now, Look::ContactedAgain { case })
}

/// The same where what the customer wrote on it opened the other one.
pub(crate) fn followed(ended: CaseId, case: CaseId, now: Timestamp) -> OutboxRow {
    outbox::timer_on(format!("followed:{ended}:{case}"), ended, now, Look::Followed { case })
}
