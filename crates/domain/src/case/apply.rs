//! How each event changes a case.

use super::{Author, Case, HandoverQuestion, Holder, Status};
use crate::{
    action::OpenAction,
    decision::{Candidate, Decision, DecisionPoint, Outcome, ResponderKind, Trigger, YieldReason, language, skills},
    event::{Event, Handoff, Mark, Tried},
    field::Field,
    id::{CaseId, PolicyId, ResponderId, Timestamp},
    request::RequestNoted,
    signal::{BUTTON_PRESSED, Value},
};

/// Cases that are linked to one in the same way, at most: the newest.
const LINKED_MAX: usize = 32;

fn keep_newest(cases: &mut Vec<CaseId>, case: CaseId) {
    cases.retain(|known| *known != case);
    if cases.len() >= LINKED_MAX {
        cases.remove(0);
    }
    cases.push(case);
}

/// Messages that promise or refuse something, of each kind, that are handed on: the newest.
const MARKED_MAX: usize = 16;

impl Case {
    /// The case after its first event, or nothing if `event` does not open a case.
    pub fn open(event: &Event) -> Option<Self> {
        let Event::CaseOpened { case, customer, requester, channel, message, follows, at } = event else { return None };
        Some(Self { follows: *follows, ..Self::new(*case, customer, *requester, *channel, message, *at) })
    }

    /// The case that `events` make, in order; nothing if they do not begin by opening one.
    pub fn from_events<'a>(events: impl IntoIterator<Item = &'a Event>) -> Option<Self> {
        let mut events = events.into_iter();
        let mut case = Self::open(events.next()?)?;
        events.for_each(|event| case.apply(event));
        Some(case)
    }

    /// Changes the case as `event` says. Total: an event that does not fit changes only what it can.
    pub fn apply(&mut self, event: &Event) {
        self.version += 1;
        match event {
            Event::CaseOpened { .. } => {}
            Event::MessageAdded { message, at } => self.apply_message(message, *at),
            Event::SignalsMeasured { readings, at } => {
                for (name, reading) in readings {
                    if name.as_str() == "wants_human" && reading.value == Value::Bool(true) {
                        self.human_requested = true;
                        self.human_outright |= reading.because.iter().any(|because| because == BUTTON_PRESSED);
                    }
                    self.readings.keep(name.clone(), reading.clone());
                }
                self.updated = *at;
            }
            Event::FieldsSet { fields, taken_away, source, at, .. } => {
                for (name, held) in fields {
                    let field = Field { held: held.clone(), source: source.as_str().into(), at: *at };
                    self.fields.insert(name.clone(), field);
                }
                self.fields.retain(|name, _| !taken_away.contains(name));
                self.updated = *at;
            }
            Event::EnrichmentMissed(missed) => self.updated = missed.at,
            Event::DecisionMade { decision, handoff } => {
                self.apply_decision(decision, handoff.as_deref());
                self.count_in_hours_of(decision);
            }
            Event::ExceptionRaised { exception, .. } => {
                self.updated = exception.raised;
                self.exceptions.insert(exception.id, exception.clone());
            }
            Event::ExceptionTaken { exception, by, at } => {
                self.updated = *at;
                if let Some(exception) = self.exceptions.get_mut(exception) {
                    exception.taken_by = Some(by.clone());
                }
            }
            Event::ExceptionGivenUp(given_up) => {
                self.updated = given_up.at;
                if let Some(exception) = self.exceptions.get_mut(&given_up.exception) {
                    exception.taken_by = None;
                }
            }
            Event::ExceptionResolved { exception, at, remembers, .. } => {
                self.updated = *at;
                let ended = self.exceptions.remove(exception);
                if ended.is_some_and(|ended| ended.kind.holds()) {
                    let gave_up = |tried: &Tried| *remembers && tried.reason.is_some();
                    self.tried.retain(gave_up);
                    self.handoffs = 0;
                }
            }
            Event::SituationNoted { noted, afresh, at } => {
                if *afresh {
                    // They stay known as those who had it.
                    for tried in &mut self.tried {
                        tried.reason = None;
                    }
                    self.set_aside = None;
                }
                self.updated = *at;
                self.situations.note(noted, *at);
            }
            Event::HumanWishEnded { at, .. } => {
                self.updated = *at;
                self.human_requested = false;
            }
            Event::SituationEnded { situation, at, .. } => {
                self.updated = *at;
                self.situations.end(situation, *at);
            }
            Event::HandoverDeclined { at, .. } => {
                self.updated = *at;
                self.handover_question = None;
            }
            Event::OfferMade { offer, .. } => {
                self.updated = offer.made;
                self.offer = Some(offer.clone());
            }
            Event::OfferEnded { at, .. } => {
                self.updated = *at;
                self.offer = None;
            }
            Event::ExceptionEscalated { exception, owner, due, at } => {
                self.updated = *at;
                let held = self.holder.as_mut().filter(|holder| holder.responder().is_none());
                if let Some(exception) = self.exceptions.get_mut(exception) {
                    // Who holds the case because of it hands it over with it.
                    if let Some(held) =
                        held.filter(|held| exception.kind.holds() && held.who.name() == exception.owner.as_str())
                    {
                        held.accountable = owner.clone();
                    }
                    exception.escalated_to = Some(owner.clone());
                    exception.due = *due;
                }
            }
            // Not of a case.
            Event::AiStopped { .. }
            | Event::AiResumed { .. }
            | Event::OutcomesReset { .. }
            | Event::BundleActivated { .. }
            | Event::RequestAsked { .. }
            | Event::RequestChanged { .. }
            | Event::Reconciled { .. }
            | Event::TokenMade { .. }
            | Event::TokenRevoked { .. }
            | Event::StaffNoted { .. }
            | Event::PresenceSet { .. }
            | Event::StaffRemoved { .. }
            | Event::TokenNameForgotten { .. }
            | Event::AccountChanged(_)
            | Event::SessionStarted(_)
            | Event::SessionEnded(_)
            | Event::SignInRefused(_)
            | Event::ChatStarted { .. }
            | Event::SubscriptionMade { .. }
            | Event::DelegateRegistered(_)
            | Event::DelegateChanged(_)
            | Event::ConsentAsked(_)
            | Event::ConsentEnded(_)
            | Event::DelegationGranted(_)
            | Event::DelegationChanged(_)
            | Event::DelegationUsed(_)
            | Event::AgentKnocked(_)
            | Event::IssuerRegistered(_)
            | Event::IssuerChanged(_)
            | Event::BaselineChanged(_)
            | Event::SubscriptionChanged { .. }
            | Event::SubscriptionDeleted(_)
            | Event::CustomerFactsSet { .. }
            | Event::CustomerErased { .. }
            | Event::ErasureCompleted(_) => {}
            Event::CaseResolved { how, disposition, at, .. } => {
                self.status = Status::Resolved;
                self.stop_waiting(*at);
                self.offer = None;
                self.handover_question = None;
                self.count_apart(false, *at);
                self.deferrals.clear();
                self.awaited_by.clear();
                self.ending = Some(*how);
                self.disposition.clone_from(disposition);
                self.updated = *at;
            }
            Event::FeedbackGiven { at, .. } => self.updated = *at,
            Event::NoteLeft { at, .. }
            | Event::AnsweredTooLate { at, .. }
            | Event::RequestNoted(RequestNoted { at, .. }) => self.updated = *at,
            Event::RequestEnded(ended) => self.updated = ended.at,
            Event::ContactedAgain { case, linked, at } => {
                self.contacted_again = true;
                if *linked {
                    keep_newest(&mut self.followed_by, *case);
                }
                self.updated = *at;
            }
            Event::CaseAbsorbed { from, at } => {
                self.absorbed.push(*from);
                self.updated = *at;
            }
            Event::ActionAsked { decision } => {
                self.updated = decision.at;
                if decision.verdict.permits() {
                    let (action, arguments) = (decision.action.clone(), decision.arguments.clone());
                    let open = OpenAction {
                        action,
                        arguments,
                        asked_by: decision.principal.responder.clone(),
                        at: decision.at,
                    };
                    self.actions.insert(decision.id, open);
                }
            }
            Event::ActionEnded { action, at, .. } => {
                self.actions.remove(action);
                self.updated = *at;
            }
            Event::ConsultAsked { id, consult } => {
                self.updated = consult.at;
                self.consults.insert(*id, consult.clone());
            }
            Event::ConsultAnswered { id, at, .. } => {
                self.consults.remove(id);
                self.updated = *at;
            }
            Event::CaseDeferred { deferral } => self.put_off(deferral),
            Event::CallbackDue { at } => self.call_is_due(*at),
            Event::DeferralEnded { end } => self.end_deferral(end),
            Event::CaseAwaited { awaited } => {
                keep_newest(&mut self.awaited_by, awaited.by);
                self.updated = awaited.at;
            }
            Event::OfferWithheld { withheld } => {
                self.withheld.insert(withheld.staff.clone());
                self.updated = withheld.at;
            }
            Event::CaseReopened { at, .. } => {
                self.status = Status::Open;
                (self.ending, self.disposition) = (None, None);
                self.waiting_since = Some(*at);
                self.updated = *at;
                self.start_afresh();
            }
            Event::WordsErased { at } => {
                self.erased = true;
                self.fields.clear();
                self.updated = *at;
            }
        }
    }

    /// The customer has come back: what was tried before is history.
    fn start_afresh(&mut self) {
        self.tried.clear();
        self.handoffs = 0;
    }

    /// Counts from now on in the hours of the queue that has the case or, while an AI responder does, would be next.
    fn count_in_hours_of(&mut self, decision: &Decision) {
        let is_queue = |id: &&ResponderId| {
            let queue = |c: &Candidate| c.facts.kind == ResponderKind::Queue && c.facts.responder == **id;
            decision.candidates.iter().any(queue)
        };
        let queue = match self.held_by_ai {
            true => decision.sequence.iter().find(is_queue),
            false => self.holder.as_ref().and_then(Holder::responder),
        };
        if let (Some(queue), Some(waits)) = (queue, &mut self.waits) {
            waits.turn_to(queue, self.waiting_since, decision.at);
        }
    }

    fn apply_message(&mut self, message: &crate::event::Message, at: Timestamp) {
        self.messages = self.messages.saturating_add(1);
        for attachment in &message.attachments {
            self.attached = self.attached.saturating_add(1);
            self.attached_bytes = self.attached_bytes.saturating_add(u64::from(attachment.bytes));
        }
        self.updated = at;
        match message.author {
            // Nobody waits for an answer to it.
            Author::Requester if message.auto_submitted.is_some() => {
                self.automatic = self.automatic.saturating_add(1);
            }
            Author::Requester => {
                self.last_customer_message = Some(message.id);
                // The wait runs from the first message that is unanswered, not from the newest.
                self.waiting_since.get_or_insert(at);
            }
            Author::Holder { ref staff, .. } => {
                self.stop_waiting(at);
                self.replies = self.replies.saturating_add(1);
                let by_ai = staff.is_none() && self.held_by_ai;
                self.ai_turns = if by_ai { self.ai_turns.saturating_add(1) } else { 0 };
                for mark in &message.marks {
                    let marked = match mark {
                        Mark::Promise => &mut self.promised,
                        Mark::Refusal => &mut self.refused,
                    };
                    if marked.len() >= MARKED_MAX {
                        marked.remove(0);
                    }
                    marked.push(message.id);
                }
            }
        }
    }

    fn apply_decision(&mut self, decision: &Decision, handoff: Option<&Handoff>) {
        self.apply_handoff(decision, handoff);
        let holder = self.holder.as_ref().and_then(Holder::responder);
        let held = decision.candidates.iter().find(|c| Some(&c.facts.responder) == holder);
        self.needs = held.map(|c| skills(&decision.considerations, &c.considered)).unwrap_or_default();
        self.needs_language = held.map(|c| language(&decision.considerations, &c.considered)).unwrap_or_default();
    }

    fn apply_handoff(&mut self, decision: &Decision, handoff: Option<&Handoff>) {
        self.updated = decision.at;
        self.last_decision = Some(decision.id);
        self.sequence.clone_from(&decision.sequence);
        let asks = decision.v > 3 && decision.point == DecisionPoint::Retain;
        if let Outcome::Keep { instead, .. } = &decision.outcome
            && (asks || matches!(decision.trigger, Trigger::CustomerMessage | Trigger::SituationEnded))
        {
            let question = |to: &_| HandoverQuestion { decision: decision.id, to: Clone::clone(to), at: decision.at };
            self.handover_question = instead.as_ref().map(question);
        }
        let Some(handoff) = handoff else {
            self.reaffirm(decision);
            return;
        };
        self.offer = None;
        self.wake();
        self.withheld.clear();
        let taken = matches!(decision.outcome, Outcome::Take { .. });
        let closed = decision.trigger == Trigger::QueueClosed;
        let leaves = match &decision.outcome {
            Outcome::Assign { responder } => self.holder.as_ref().and_then(Holder::responder) != Some(responder),
            _ => false,
        };
        // Its queue has it still, and its customer was told when that opens.
        let stays = closed && !leaves && matches!(decision.outcome, Outcome::Assign { .. });
        // Whoever takes the case from its queue is asked what nobody has answered there.
        if decision.v <= 3 || !(taken || stays) || decision.keeps_person() {
            self.handover_question = None;
        }
        if !decision.keeps_person() {
            self.told = handoff.announced;
        }
        if let Outcome::Take { staff, .. } = &decision.outcome {
            self.last_staff = Some(staff.clone());
        }
        // Who gave it back is not the first to be asked again.
        if decision.trigger == Trigger::Returned {
            self.last_staff = None;
        }
        let afresh = decision.point.gives_out_anew(&decision.trigger);
        // Within a queue a case goes from hand to hand without having been tried elsewhere.
        let gone = matches!(decision.trigger, Trigger::StaffGone { .. });
        let within = taken || stays || ((gone || decision.trigger == Trigger::Returned) && !leaves);
        if let Some(responder) = self.holder.as_ref().filter(|_| !afresh && !within).and_then(Holder::responder) {
            let reason: Option<YieldReason> = match &decision.trigger {
                Trigger::Yielded { reason, .. } => Some(*reason),
                _ => None,
            };
            self.tried.push(Tried { responder: responder.clone(), reason });
        }
        let rehomed = matches!(decision.trigger, Trigger::HolderGone { .. } | Trigger::PoliciesChanged);
        // Who is not there has handed nothing over.
        if self.holder.is_some() && !afresh && !taken && !gone && !rehomed && !closed {
            self.handoffs = self.handoffs.saturating_add(1);
        }
        if let Outcome::Assign { responder } = &decision.outcome {
            let is_ai = |c: &&Candidate| c.facts.kind == ResponderKind::Ai;
            let chosen = decision.candidates.iter().find(|c| &c.facts.responder == responder);
            self.held_by_ai = chosen.as_ref().is_some_and(is_ai);
            self.ai_attempts = self.ai_attempts.saturating_add(u32::from(self.held_by_ai));
        } else {
            self.held_by_ai = false;
        }
        // Records of before say nothing of this, and what is kept of their cases was made without it.
        if decision.custody.is_some() {
            self.people = match &decision.outcome {
                Outcome::Assign { .. } | Outcome::Take { .. } => !self.held_by_ai,
                Outcome::Keep { .. } | Outcome::Exception { .. } => self.people,
            };
            // Within the queue to which a person gave it, it goes from hand to hand under the same override.
            if !within {
                self.set_aside = set_aside(decision);
            }
        }
        self.holder = Some(Holder {
            who: handoff.to.clone(),
            staff: handoff.staff.clone(),
            accountable: handoff.accountable.clone(),
            epoch: handoff.epoch,
            since: decision.at,
        });
    }

    /// The holder keeps the case, and whoever the bundle names for it now answers for it.
    fn reaffirm(&mut self, decision: &Decision) {
        let Some(holder) = self.holder.as_mut().filter(|_| decision.trigger == Trigger::BundleChanged) else { return };
        let named = decision.candidates.iter().find(|c| Some(&c.facts.responder) == holder.responder());
        if let Some(named) = named {
            holder.accountable = named.facts.accountable.clone();
        }
    }
}

/// The policies that spoke against who was given the case by an override; none where it is none.
fn set_aside(decision: &Decision) -> Option<Vec<PolicyId>> {
    let Trigger::Overridden { to, .. } = &decision.trigger else { return None };
    let given = decision.candidates.iter().find(|c| &c.facts.responder == to)?;
    Some(if given.verdict.permits() { Vec::new() } else { given.verdict.policies.clone() })
}
