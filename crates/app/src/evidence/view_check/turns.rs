//! Turns of AI responders that are asked: that of an open case is in the outbox until it is taken, unless the responder
//! said that it answers by itself, which is on no record.

use crate::journal::outbox::{TURN, TurnDue};
use remit_domain::{
    Case, Event,
    case::{Author, Status},
    decision::Trigger,
    id::{CaseId, ResponderId, Timestamp},
};
use remit_policy::{bundle::Bundle, manifest::ServiceKind};
use remit_store::OutboxRow;

/// Whether the AI responder that has a case was asked, by its records so far.
#[derive(Debug, Default)]
pub(super) struct TurnAsked(bool);

impl TurnAsked {
    /// Follows an event, which made `after` of the case.
    pub(super) fn follow(&mut self, event: &Event, after: &Case) {
        self.0 = match event {
            // It is asked when it gets a case, and when the customer writes while it has one.
            Event::DecisionMade { handoff: Some(_), .. } => after.held_by_ai,
            Event::MessageAdded { message, .. } if message.author == Author::Requester => {
                (self.0 || message.auto_submitted.is_none()) && after.held_by_ai
            }
            // What it said, or what was done since it could not be heard.
            Event::MessageAdded { .. }
            | Event::ActionAsked { .. }
            | Event::ExceptionRaised { .. }
            | Event::AnsweredTooLate { .. }
            | Event::CaseResolved { .. }
            | Event::WordsErased { .. } => false,
            Event::DecisionMade { decision, .. } if matches!(decision.trigger, Trigger::Yielded { .. }) => false,
            _ => self.0,
        };
    }
}

/// A case whose AI responder was asked, with no turn of it in the outbox.
#[derive(Debug)]
pub(super) struct Unasked {
    pub(super) case: CaseId,
    responder: ResponderId,
    since: Timestamp,
}

impl Unasked {
    /// Where a case is one.
    pub(super) fn of(rows: &[OutboxRow], made: &Case, asked: &TurnAsked) -> Option<Self> {
        let open = asked.0 && made.status == Status::Open && made.held_by_ai && !made.erased;
        let holder = made.holder.as_ref().filter(|_| open && made.waiting_since.is_some())?;
        let is_there = |row: &OutboxRow| {
            row.kind == TURN
                && serde_json::from_slice::<TurnDue>(&row.body)
                    .is_ok_and(|turn| turn.epoch == holder.epoch && turn.message == made.last_customer_message)
        };
        let responder = holder.responder().filter(|_| !rows.iter().any(is_there))?.clone();
        Some(Self { case: made.id, responder, since: holder.since })
    }

    /// Whether its turn has to be there: the responder is the built-in one, which says something each time, and has
    /// been since it got the case, which was after `in_force`.
    pub(super) fn has_to_be_there(&self, bundle: &Bundle, in_force: Timestamp) -> bool {
        let spec = bundle.candidate(&self.responder).and_then(|spec| spec.service.as_ref());
        self.since >= in_force && spec.is_some_and(|service| service.kind == ServiceKind::Knowledge)
    }
}
