//! Projections in memory and what a commit changes in them: depths, outcomes, the floor, counts.
//!
//! Made before the commit and put into force once it is durable, so that nothing of what happened has to be held while
//! the disk is waited for.

use crate::{
    Environment, Governance, Live, Parts,
    environment::{clock::rfc3339, metrics::Counted},
    live::change::Change,
    pipeline::{counting, placing},
};
use remit_domain::{
    Case, Event,
    case::{Author, Status},
    command::Effects,
    decision::{Trigger, YieldReason},
    id::CaseId,
};
use remit_store::{Commit, CommitError, Committed, OutcomeDelta, ReadError};

/// What a command changes in memory, and what operators are told that it did.
pub(crate) struct Projections {
    /// What memory follows.
    pub(crate) change: Change,
    pub(crate) counted: Counted,
}

impl Projections {
    /// Of what happened to the case that was as `before`.
    pub(crate) fn of(before: Option<&Case>, effects: Effects, commit: &Commit) -> Self {
        let counted = Counted::of(&effects);
        let change = change_of(before, &effects.events, effects.case, &commit.outcomes);
        Self { change: change.with(commit), counted }
    }
}

/// What events change of a case that was as `before` and is as `case` with them, but for the outcomes that they show.
pub(crate) fn change_of(before: Option<&Case>, events: &[Event], case: Case, shown: &[OutcomeDelta]) -> Change {
    let held = |case: Option<&Case>| case.and_then(held_open).map(ToOwned::to_owned);
    let ended = events.iter().find_map(|event| match event {
        Event::OfferEnded { how, .. } => Some(*how),
        _ => None,
    });
    let (from, to) = (held(before), held(Some(&case)));
    let moved = from != to;
    let less = from.filter(|_| moved).map(|from| (from, -1));
    let more = to.filter(|_| moved).map(|to| (to, 1));
    let missed = shown.iter().filter(|outcome| outcome.kind == counting::NO_ANSWER);
    let waited = before.is_some_and(|case| case.holder.is_some() && !case.held_by_ai);
    Change {
        depths: less.into_iter().chain(more).collect(),
        reached: reached(before, events),
        missed: missed.map(|outcome| outcome.responder.clone()).collect(),
        case: Some(case.id),
        placed: (waited || !case.held_by_ai).then_some((case, ended)),
        ..Change::default()
    }
}

/// The AI responder that has said something under its lease.
fn reached(before: Option<&Case>, events: &[Event]) -> Option<String> {
    let held = before.filter(|case| case.held_by_ai)?.holder.as_ref()?.who.name();
    let said = events.iter().any(|event| match event {
        Event::MessageAdded { message, .. } => matches!(message.author, Author::Holder { .. }),
        Event::ActionAsked { .. } => true,
        Event::DecisionMade { decision, .. } => {
            let unsaid = [YieldReason::NoAnswer, YieldReason::Denied];
            matches!(&decision.trigger, Trigger::Yielded { reason, .. } if !unsaid.contains(reason))
        }
        _ => false,
    });
    said.then(|| held.to_owned())
}

/// Commits what memory has to follow, and has it follow it before anybody is told.
pub(crate) async fn commit(parts: &Parts, commit: Commit) -> Result<Committed, CommitError> {
    let change = Change::default().with(&commit);
    parts.journal.commit_and(commit, parts.journal.announce(), || follow(parts, change)).await
}

/// The same of what is of a case without changing it, so that whoever listens to that case is told.
pub(crate) async fn commit_on(parts: &Parts, case: CaseId, commit: Commit) -> Result<Committed, CommitError> {
    let change = Change { case: Some(case), ..Change::default().with(&commit) };
    parts.journal.commit_and(commit, parts.journal.announce(), || follow(parts, change)).await
}

/// Has memory follow what was committed.
pub(crate) fn follow(parts: &Parts, change: Change) {
    if let Err(error) = follow_in(parts, &parts.live, change) {
        tracing::error!(%error, "what was committed cannot be read, and memory does not follow it");
    }
}

/// Has `live` follow a change: the one way in which what it holds of the record changes.
pub(crate) fn follow_in(parts: &Parts, live: &Live, change: Change) -> Result<(), ReadError> {
    let Parts { governance, environment, vault, .. } = parts;
    for missed in &change.missed {
        if let Some(until) = live.load.missed(missed, environment.now()) {
            let until = rfc3339(until);
            tracing::warn!(responder = missed, until, "an AI responder cannot be reached and is left alone");
        }
    }
    for tripped in live.load.follow(&change) {
        // Without a receiver nobody works beside requests; it trips again at the next start.
        let _ = live.tripped.send(tripped);
    }
    live.tokens.follow(&change);
    live.staff_tokens.follow(&change);
    live.sign_ins.follow(&change);
    follow_on_floor(governance, live, environment, &change);
    let followed = live.subscriptions.follow(&change, &vault.keys);
    live.chats.follow(&change);
    followed
}

/// Has the floor of `live` follow a change. What was followed already is not followed again, so that a floor that was
/// made from what is stored follows the feed from before that on.
pub(crate) fn follow_on_floor(governance: &Governance, live: &Live, environment: &Environment, change: &Change) {
    live.floor.follow(change, environment);
    if let Some((case, ended)) = &change.placed {
        placing::follow_case(governance, live, environment, case, *ended);
    }
}

/// The responder or owner that holds `case`, while it is open.
pub(crate) fn held_open(case: &Case) -> Option<&str> {
    case.holder.as_ref().filter(|_| case.status == Status::Open).map(|holder| holder.who.name())
}
