//! Commands: what may be asked of a case, and the one function that says what then happens.

use crate::{
    case::{Author, Case, Channel, Holder, HolderRef, Requester, Status},
    decision::{self, DecisionPoint, Deliberation, Outcome, ResponderKind, Standing, Trigger, YieldReason},
    event::{ContextPackage, Event, Handoff, Message, Words},
    exception::{Exception, ExceptionKind},
    id::{
        CaseId, CustomerId, DecisionId, ExceptionId, Ids, MessageId, OfferId, OwnerId, ResponderId, SignalName,
        StaffId, Timestamp,
    },
    offer::{Offer, OfferEnd},
    refusal::Refusal,
    signal::{OWN_SOURCE, Reading, Value},
};

/// What arrives from outside with every command: the moment, and a source of identifiers.
#[derive(Debug, Clone)]
pub struct Context {
    /// The moment of the command.
    pub now: Timestamp,
    /// Where new identifiers come from.
    pub ids: Ids,
    /// Who gave the command, by the name of their token.
    pub by: String,
}

/// What may be asked of a case.
#[derive(Debug, Clone)]
pub enum Command {
    /// Take a request in.
    Open {
        /// Whose.
        customer: CustomerId,
        /// Who wrote.
        requester: Requester,
        /// Over which channel.
        channel: Channel,
        /// The first message.
        words: Words,
        /// What was measured.
        readings: Vec<(SignalName, Reading)>,
    },
    /// The requester writes.
    Write {
        /// The message.
        words: Words,
        /// What was measured.
        readings: Vec<(SignalName, Reading)>,
    },
    /// The holder answers.
    Answer {
        /// Under which lease.
        epoch: u64,
        /// The message.
        words: Words,
        /// The customer's message that it answers; another one since then makes the answer late.
        to: Option<MessageId>,
    },
    /// Look again whether the holder may keep the case.
    Review {
        /// Where the question is asked.
        point: DecisionPoint,
        /// Why now.
        trigger: Trigger,
    },
    /// Propose the case, which waits in a queue, to a member of staff.
    Offer {
        /// The offer.
        offer: Offer,
    },
    /// Take the case, as the member of staff to whom it was offered.
    Accept {
        /// Which offer.
        offer: OfferId,
        /// Who.
        staff: StaffId,
    },
    /// End an offer without taking the case.
    EndOffer {
        /// Which offer.
        offer: OfferId,
        /// Who declines; none when nobody answered or the offer is taken back.
        staff: Option<StaffId>,
        /// How it ends.
        how: OfferEnd,
    },
    /// Give the case back to the queue, as the member of staff who has it.
    Return {
        /// Under which lease.
        epoch: u64,
        /// A note for the next holder.
        note: Option<Words>,
    },
    /// Note readings.
    Measure {
        /// The readings.
        readings: Vec<(SignalName, Reading)>,
    },
    /// The holder gives the case up.
    Yield {
        /// Under which lease.
        epoch: u64,
        /// Why.
        reason: YieldReason,
        /// A note for the next holder.
        note: Option<Words>,
    },
    /// Ask for an AI responder to take over again.
    ReturnToAi {
        /// Under which lease.
        epoch: u64,
        /// A note for the next holder.
        note: Option<Words>,
    },
    /// Decide against the system.
    Override {
        /// To whom the case is to go.
        to: ResponderId,
        /// Why.
        reason: Words,
    },
    /// Note that an SLA target was missed; the accountable sees to it.
    MissSla {
        /// By when.
        due: Timestamp,
    },
    /// Take work off the standard path by hand.
    RaiseException {
        /// Who must see to it.
        owner: OwnerId,
        /// By when.
        due: Timestamp,
        /// Why.
        reason: Words,
    },
    /// Give an exception that is overdue to somebody else.
    EscalateException {
        /// Which.
        exception: ExceptionId,
        /// To whom.
        owner: OwnerId,
        /// By when.
        due: Timestamp,
    },
    /// Take an exception on.
    TakeException {
        /// Which.
        exception: ExceptionId,
    },
    /// End an exception. A case that it held moves on, or ends with it.
    ResolveException {
        /// Which.
        exception: ExceptionId,
        /// Why it is over.
        reason: Words,
        /// Whether the case is dealt with too.
        close: bool,
    },
    /// The holder has dealt with the request.
    Resolve {
        /// Under which lease.
        epoch: u64,
        /// A note.
        note: Option<Words>,
    },
    /// The request came back.
    Reopen {
        /// Why.
        reason: Words,
    },
    /// Record that everybody's words on the case were destroyed.
    Erase,
}

/// What a decision is needed for.
#[derive(Debug, Clone)]
pub struct Question {
    /// Where it is taken.
    pub point: DecisionPoint,
    /// Why now.
    pub trigger: Trigger,
}

/// What a command leads to.
#[derive(Debug, Clone)]
pub struct Happened {
    /// The case afterwards.
    pub case: Case,
    /// The events, in order.
    pub events: Vec<Event>,
}

impl Happened {
    /// The decision among the events, if one was taken.
    pub fn decision(&self) -> Option<&decision::Decision> {
        self.events.iter().find_map(|event| match event {
            Event::DecisionMade { decision, .. } => Some(&**decision),
            _ => None,
        })
    }

    fn emit(&mut self, event: Event) {
        self.case.apply(&event);
        self.events.push(event);
    }
}

/// Says what happens when `command` is given for `case` (none, to open one). `answer` supplies signals
/// and verdicts for a question, looking at the case as it stands then; it is asked at most once.
///
/// # Errors
/// A [`Refusal`] says why nothing happens.
pub fn decide(
    case: Option<&Case>,
    command: Command,
    context: &mut Context,
    answer: &mut dyn FnMut(&Case, &Question) -> Deliberation,
) -> Result<Happened, Refusal> {
    let now = context.now;
    let question = |point, trigger| Some(Question { point, trigger });
    let (mut so_far, question, note) = match (case, command) {
        (Some(_), Command::Open { .. }) => return Err(Refusal::CaseOpen),
        (None, Command::Open { customer, requester, channel, words, readings }) => {
            let id = CaseId::next(&mut context.ids);
            let message = Message { id: MessageId::next(&mut context.ids), author: Author::Requester, words };
            let event = Event::CaseOpened { case: id, customer, requester, channel, message, at: now };
            let Some(case) = Case::open(&event) else { return Err(Refusal::Undecided) };
            let mut so_far = Happened { case, events: vec![event] };
            measured(&mut so_far, readings, now);
            (so_far, question(DecisionPoint::Route, Trigger::CaseOpened), None)
        }
        (None, _) => return Err(Refusal::Undecided),
        (Some(case), command) => on_case(Happened { case: case.clone(), events: Vec::new() }, command, context)?,
    };
    if let Some(question) = question {
        let deliberation = answer(&so_far.case, &question);
        settle(&mut so_far, deliberation, note, context)?;
    }
    Ok(so_far)
}

type Step = (Happened, Option<Question>, Option<Words>);

fn on_case(mut so_far: Happened, command: Command, context: &mut Context) -> Result<Step, Refusal> {
    let now = context.now;
    let mut question = None;
    let mut note = None;
    let mut ask = |point, trigger| question = Some(Question { point, trigger });
    match command {
        Command::Open { .. } => return Err(Refusal::CaseOpen),
        Command::Write { words, readings } => {
            open_only(&so_far.case)?;
            with_words(&so_far.case)?;
            let message = Message { id: MessageId::next(&mut context.ids), author: Author::Requester, words };
            so_far.emit(Event::MessageAdded { message, at: now });
            measured(&mut so_far, readings, now);
            ask(DecisionPoint::Retain, Trigger::CustomerMessage);
        }
        Command::Answer { epoch, words, to } => {
            let held = lease(&so_far.case, epoch)?;
            let (holder, staff) = (held.to_ref(), held.staff.clone());
            with_words(&so_far.case)?;
            if to.is_some() && to != so_far.case.last_customer_message {
                return Err(Refusal::MessageCameBetween);
            }
            let author = Author::Holder { holder, epoch, staff };
            let message = Message { id: MessageId::next(&mut context.ids), author, words };
            so_far.emit(Event::MessageAdded { message, at: now });
        }
        Command::Measure { readings } => {
            measured(&mut so_far, readings, now);
            if so_far.case.status == Status::Open {
                ask(DecisionPoint::Retain, Trigger::SignalsPosted);
            }
        }
        Command::Review { point, trigger } => {
            open_only(&so_far.case)?;
            ask(point, trigger);
        }
        Command::Offer { offer } => {
            let held = open_only(&so_far.case)?;
            if !so_far.case.waits_in_queue() {
                return Err(Refusal::NotWaiting { holder: held.to_ref() });
            }
            so_far.emit(Event::OfferMade { offer });
        }
        Command::Accept { offer, staff } => {
            open_offer(&so_far.case, offer, Some(&staff))?;
            ask(DecisionPoint::Offer, Trigger::Accepted { offer, staff });
        }
        Command::EndOffer { offer, staff, how } => {
            let staff = open_offer(&so_far.case, offer, staff.as_ref())?.staff.clone();
            so_far.emit(Event::OfferEnded { offer, staff, how, at: now });
        }
        Command::Return { epoch, note: words } => {
            let held = lease(&so_far.case, epoch)?;
            if held.staff.is_none() {
                return Err(Refusal::NotTheHolder { holder: held.to_ref() });
            }
            note = words;
            ask(DecisionPoint::Offer, Trigger::Returned);
        }
        Command::Yield { epoch, reason, note: words } => {
            lease(&so_far.case, epoch)?;
            not_held_by_exception(&so_far.case)?;
            note = words;
            if reason == YieldReason::WantsHuman && !so_far.case.human_requested {
                measured(&mut so_far, human_wanted(now), now);
            }
            ask(DecisionPoint::Escalate, Trigger::Yielded { reason });
        }
        Command::ReturnToAi { epoch, note: words } => {
            lease(&so_far.case, epoch)?;
            not_held_by_exception(&so_far.case)?;
            note = words;
            ask(DecisionPoint::ReturnToAi, Trigger::ReturnRequested);
        }
        Command::Override { to, reason } => {
            open_only(&so_far.case)?;
            not_held_by_exception(&so_far.case)?;
            if so_far.case.holder.as_ref().and_then(Holder::responder) == Some(&to) {
                return Err(Refusal::HasItAlready { responder: to });
            }
            ask(DecisionPoint::Override, Trigger::Overridden { to, reason: reason.commit.clone() });
            note = Some(reason);
        }
        Command::MissSla { due } => {
            let owner = open_only(&so_far.case)?.accountable.clone();
            let kind = ExceptionKind::SlaMissed;
            if so_far.case.exceptions.values().all(|open| open.kind != kind) {
                let id = ExceptionId::next(&mut context.ids);
                let decision = so_far.case.last_decision;
                let exception =
                    Exception { id, kind, owner, due, raised: now, decision, taken_by: None, escalated_to: None };
                so_far.emit(Event::ExceptionRaised { exception, reason: None });
            }
        }
        Command::RaiseException { owner, due, reason } => {
            open_only(&so_far.case)?;
            let id = ExceptionId::next(&mut context.ids);
            let exception = Exception {
                id,
                kind: ExceptionKind::Raised,
                owner,
                due,
                raised: now,
                decision: None,
                taken_by: None,
                escalated_to: None,
            };
            so_far.emit(Event::ExceptionRaised { exception, reason: Some(reason) });
        }
        Command::EscalateException { exception, owner, due } => {
            known(&so_far.case, exception)?;
            so_far.emit(Event::ExceptionEscalated { exception, owner, due, at: now });
        }
        Command::TakeException { exception } => {
            known(&so_far.case, exception)?;
            so_far.emit(Event::ExceptionTaken { exception, by: context.by.clone(), at: now });
        }
        Command::ResolveException { exception, reason, close } => {
            known(&so_far.case, exception)?;
            let held = holding_exception(&so_far.case) == Some(exception);
            so_far.emit(Event::ExceptionResolved { exception, by: context.by.clone(), reason, at: now });
            if so_far.case.status == Status::Open && close {
                not_held_by_exception(&so_far.case)?;
                resolved(&mut so_far, None, now);
            } else if so_far.case.status == Status::Open && held {
                ask(DecisionPoint::Route, Trigger::ExceptionResolved);
            }
        }
        Command::Resolve { epoch, note } => {
            lease(&so_far.case, epoch)?;
            not_held_by_exception(&so_far.case)?;
            resolved(&mut so_far, note, now);
        }
        Command::Reopen { reason } => {
            if so_far.case.status == Status::Open {
                return Err(Refusal::CaseOpen);
            }
            with_words(&so_far.case)?;
            so_far.emit(Event::CaseReopened { reason, at: now });
            ask(DecisionPoint::Route, Trigger::Reopened);
        }
        Command::Erase => {
            if !so_far.case.erased {
                so_far.emit(Event::WordsErased { at: now });
            }
        }
    }
    Ok((so_far, question, note))
}

/// Takes the decision and does what it says.
fn settle(
    so_far: &mut Happened,
    deliberation: Deliberation,
    note: Option<Words>,
    context: &mut Context,
) -> Result<(), Refusal> {
    if let Trigger::Overridden { to, .. } = &deliberation.trigger {
        overridable(&so_far.case, &deliberation, to)?;
    }
    let exception_due_ms = deliberation.terms.exception_due_ms;
    let id = DecisionId::next(&mut context.ids);
    let case = &so_far.case;
    // A reopened case is given out anew: who had it last is history, not a holder.
    let holder = match deliberation.trigger {
        Trigger::Reopened | Trigger::ExceptionResolved => None,
        _ => case.holder.as_ref(),
    };
    let standing = Standing { case: case.id, holder, handoffs: case.handoffs };
    let decision = decision::deliberate(id, context.now, &standing, deliberation);
    let policy_error = policy_error(&decision);
    let raised = match &decision.outcome {
        Outcome::Exception { exception, owner, due } => Some((*exception, owner.clone(), *due)),
        Outcome::Keep { .. } | Outcome::Assign { .. } | Outcome::Take { .. } => None,
    };
    let handoff = handoff(case, &decision, note, context.now);
    so_far.emit(Event::DecisionMade { decision: Box::new(decision), handoff });
    let due_of_error = context.now.plus_ms(exception_due_ms);
    let error = policy_error.map(|owner| (ExceptionKind::PolicyError, owner, due_of_error));
    for (kind, owner, due) in raised.into_iter().chain(error) {
        if so_far.case.exceptions.values().any(|open| open.kind == kind) {
            continue;
        }
        let exception = Exception {
            id: ExceptionId::next(&mut context.ids),
            kind,
            owner,
            due,
            raised: context.now,
            decision: Some(id),
            taken_by: None,
            escalated_to: None,
        };
        so_far.emit(Event::ExceptionRaised { exception, reason: None });
    }
    Ok(())
}

/// The owner of the first policy that failed to evaluate, if any did.
fn policy_error(decision: &decision::Decision) -> Option<OwnerId> {
    let failed = decision.candidates.iter().flat_map(|c| &c.verdict.errors).next()?;
    decision.policies.get(failed).map_or_else(|| Some(decision.owner.clone()), |note| Some(note.owner.clone()))
}

fn overridable(case: &Case, deliberation: &Deliberation, to: &ResponderId) -> Result<(), Refusal> {
    let Some((facts, _)) = deliberation.candidates.iter().find(|(facts, _)| &facts.responder == to) else {
        return Err(Refusal::UnknownResponder { responder: to.clone() });
    };
    if facts.kind == ResponderKind::Ai && case.human_requested {
        return Err(Refusal::HumanWasAskedFor { responder: to.clone() });
    }
    Ok(())
}

/// The change of holder that a decision brings, with what the new holder is handed.
fn handoff(case: &Case, decision: &decision::Decision, note: Option<Words>, now: Timestamp) -> Option<Box<Handoff>> {
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
    };
    let from = case.holder.as_ref().map(Holder::to_ref);
    let epoch = case.holder.as_ref().map_or(0, |holder| holder.epoch) + 1;
    Some(Box::new(Handoff { from, to, staff, accountable, epoch, package }))
}

fn measured(so_far: &mut Happened, readings: Vec<(SignalName, Reading)>, at: Timestamp) {
    if !readings.is_empty() {
        so_far.emit(Event::SignalsMeasured { readings, at });
    }
}

/// The reading that a holder's word stands for: the customer asked for a human.
fn human_wanted(at: Timestamp) -> Vec<(SignalName, Reading)> {
    let because = vec!["the holder yielded with wants_human".to_owned()];
    let reading = Reading { value: Value::Bool(true), source: OWN_SOURCE.into(), at, because };
    SignalName::new("wants_human").map(|name| vec![(name, reading)]).unwrap_or_default()
}

fn resolved(so_far: &mut Happened, note: Option<Words>, at: Timestamp) {
    if let Some(holder) = so_far.case.holder.as_ref().map(Holder::to_ref) {
        so_far.emit(Event::CaseResolved { holder, note, at });
    }
}

fn open_only(case: &Case) -> Result<&Holder, Refusal> {
    match (&case.holder, case.status) {
        (Some(holder), Status::Open) => Ok(holder),
        _ => Err(Refusal::CaseResolved),
    }
}

fn with_words(case: &Case) -> Result<(), Refusal> {
    if case.erased { Err(Refusal::WordsErased) } else { Ok(()) }
}

/// The holder, if `epoch` is the current fencing number of an open case.
fn lease(case: &Case, epoch: u64) -> Result<&Holder, Refusal> {
    let holder = open_only(case)?;
    if holder.epoch == epoch {
        Ok(holder)
    } else {
        Err(Refusal::LeaseLost { held: epoch, current: holder.epoch, holder: holder.to_ref() })
    }
}

/// The open offer with this identifier, if it was made to `staff`.
fn open_offer<'a>(case: &'a Case, offer: OfferId, staff: Option<&StaffId>) -> Result<&'a Offer, Refusal> {
    let open = case.offer.as_ref().filter(|open| open.id == offer).ok_or(Refusal::OfferEnded { offer })?;
    match staff {
        Some(staff) if *staff != open.staff => Err(Refusal::OfferOfAnother { offer, staff: staff.clone() }),
        _ => Ok(open),
    }
}

fn known(case: &Case, exception: ExceptionId) -> Result<(), Refusal> {
    if case.exceptions.contains_key(&exception) { Ok(()) } else { Err(Refusal::UnknownException { exception }) }
}

/// The open exception because of which its owner holds the case.
fn holding_exception(case: &Case) -> Option<ExceptionId> {
    let HolderRef::Owner(owner) = &case.holder.as_ref()?.who else { return None };
    case.exceptions.values().find(|e| &e.owner == owner && e.kind.holds()).map(|e| e.id)
}

fn not_held_by_exception(case: &Case) -> Result<(), Refusal> {
    holding_exception(case).map_or(Ok(()), |exception| Err(Refusal::HeldByException { exception }))
}
