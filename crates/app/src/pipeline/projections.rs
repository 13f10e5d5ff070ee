//! Projections in memory and what a commit changes in them: depths, outcomes, the floor, counts.
//!
//! Made before the commit and put into force once it is durable, so that nothing of what happened has to be held while
//! the disk is waited for.

use crate::{
    Environment, Governance, Live,
    environment::{clock::rfc3339, metrics::Counted},
    live::load::Tally,
    pipeline::counting,
    staff::placing,
};
use remit_domain::{
    Case, Event,
    case::{Author, Status},
    command::Happened,
    decision::{Trigger, YieldReason},
    id::CaseId,
    offer::OfferEnd,
};
use remit_store::OutcomeDelta;

/// What changes in memory because of a commit.
pub(crate) struct Projections {
    case: CaseId,
    /// Who held the case, and who does.
    held: (Option<String>, Option<String>),
    outcomes: Vec<OutcomeDelta>,
    /// The AI responder that answered something, whatever it was.
    reached: Option<String>,
    /// The case for the floor, and how an offer of it ended.
    placed: Option<(Case, OfferEnd)>,
    counted: Counted,
}

impl Projections {
    /// Of what `happened` to the case that was as `before`.
    pub(crate) fn of(before: Option<&Case>, happened: Happened, outcomes: &[OutcomeDelta]) -> Self {
        let held = |case: Option<&Case>| case.and_then(held_open).map(ToOwned::to_owned);
        let how = happened.events.iter().find_map(|event| match event {
            Event::OfferEnded { how, .. } => Some(*how),
            _ => None,
        });
        let waited = before.is_some_and(|case| case.holder.is_some() && !case.held_by_ai);
        Self {
            case: happened.case.id,
            held: (held(before), held(Some(&happened.case))),
            outcomes: outcomes.to_vec(),
            reached: reached(before, &happened.events),
            counted: Counted::of(&happened),
            placed: (waited || !happened.case.held_by_ai).then(|| (happened.case, how.unwrap_or(OfferEnd::Withdrawn))),
        }
    }
}

/// The AI responder that has said something under its lease.
fn reached(before: Option<&Case>, events: &[Event]) -> Option<String> {
    let held = before.filter(|case| case.held_by_ai)?.holder.as_ref()?.who.name();
    let said = events.iter().any(|event| match event {
        Event::MessageAdded { message, .. } => matches!(message.author, Author::Holder { .. }),
        Event::ActionAsked { .. } => true,
        Event::DecisionMade { decision, .. } => {
            matches!(decision.trigger, Trigger::Yielded { reason, .. } if reason != YieldReason::NoAnswer)
        }
        _ => false,
    });
    said.then(|| held.to_owned())
}

/// Keeps what is in memory in step with what was committed.
pub(crate) fn put_into_force(
    governance: &Governance,
    live: &Live,
    environment: &Environment,
    projections: Projections,
) {
    let (from, to) = projections.held;
    if from != to {
        if let Some(from) = from {
            live.load.shift(&from, -1);
        }
        if let Some(to) = to {
            live.load.shift(&to, 1);
        }
    }
    if let Some(reached) = projections.reached {
        live.load.reached(&reached);
    }
    for outcome in projections.outcomes {
        if outcome.kind == counting::NO_ANSWER
            && let Some(until) = live.load.missed(&outcome.responder, environment.now())
        {
            let until = rfc3339(until);
            tracing::warn!(responder = outcome.responder, until, "an AI responder cannot be reached and is left alone");
        }
        let tally = Tally::from(&outcome);
        if let Some(tripped) = live.load.record(&outcome.responder, &outcome.intent, tally) {
            // Without a receiver nobody works beside requests; it trips again at the next start.
            let _ = live.tripped.send(tripped);
        }
    }
    if let Some((case, how)) = projections.placed {
        placing::place(governance, live, environment, &case, how);
    }
    environment.metrics.happened(&projections.counted);
    live.chats.ring(projections.case);
}

/// The responder or owner that holds `case`, while it is open.
pub(crate) fn held_open(case: &Case) -> Option<&str> {
    case.holder.as_ref().filter(|_| case.status == Status::Open).map(|holder| holder.who.name())
}
