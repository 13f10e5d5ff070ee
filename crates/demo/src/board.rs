//! What the event stream has told so far: where every case is, what everybody on the staff has, what went wrong.

use super::events::{Announced, Event, Handoff, Holder, Item, Stopped};
use serde::Serialize;
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    time::Instant,
};

/// The demo's picture of the bank. It is made from events alone, as anybody's could be who may follow them.
#[derive(Debug)]
pub(super) struct Board {
    pub(super) cases: HashMap<String, Case>,
    pub(super) shifts: BTreeMap<String, Shift>,
    pub(super) exceptions: BTreeMap<String, Exception>,
    pub(super) stopped: Vec<(i64, Stopped)>,
    pub(super) counts: Counts,
    /// When the newest event came, by the machine's clock.
    pub(super) newest: Instant,
    ai: HashSet<String>,
}

/// That cases wait at a desk that is closed.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Closed {
    pub(super) queue: String,
    pub(super) waiting: usize,
    /// When it opens, by the clock there; none where it does not within years.
    pub(super) opens: Option<String>,
    /// The same moment.
    #[serde(skip)]
    pub(super) at: Option<i64>,
}

/// What a customer was told whose case waits at a closed desk.
#[derive(Debug, Clone)]
pub(super) struct Promised {
    pub(super) queue: String,
    /// From when on somebody may take it.
    pub(super) opens: i64,
    /// Whether they are called back then.
    pub(super) calls_back: bool,
    /// The decision with which they were told.
    pub(super) decision: String,
}

/// One case.
#[derive(Debug, Default)]
pub(super) struct Case {
    /// Which of the messages opened it, once that is known.
    pub(super) number: Option<usize>,
    pub(super) opened: i64,
    pub(super) place: Whereabouts,
    /// Whether the customer wrote last.
    pub(super) customer_wrote: bool,
    pub(super) first_reply: Option<i64>,
    /// Answers of AI responders, and who gave the newest.
    pub(super) ai_answers: u32,
    pub(super) answered_by: Option<String>,
    /// The AI responder that gave it up, why, and by which decision it moved on.
    pub(super) yielded: Option<(String, String, String)>,
    /// The desk at which it waited first.
    pub(super) first_desk: Option<String>,
    /// What was told of a desk that was closed.
    pub(super) promised: Option<Promised>,
    /// Who of the staff took it, in order, and when the first did.
    pub(super) taken_by: Vec<String>,
    pub(super) taken: Option<i64>,
    /// The decision by which it moved on when its AI responder was stopped.
    pub(super) moved_by_stop: Option<String>,
    pub(super) resolved: Option<i64>,
    pub(super) missed: bool,
    pub(super) asked_for_human: bool,
}

/// Where a case is.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) enum Whereabouts {
    #[default]
    Nowhere,
    Ai(String),
    Queue(String),
    Staff(String),
    Owner(String),
}

/// What one member of staff did.
#[derive(Debug, Default)]
pub(super) struct Shift {
    pub(super) resolved: u32,
    pub(super) taken: u32,
    has: u32,
    busy_since: Option<i64>,
    busy_ms: i64,
    there_since: Option<i64>,
    there_ms: i64,
}

/// Work that left the standard path.
#[derive(Debug)]
pub(super) struct Exception {
    pub(super) case: String,
    pub(super) kind: String,
    pub(super) owner: String,
    pub(super) raised: i64,
    pub(super) taken: Option<i64>,
    pub(super) resolved: Option<i64>,
    pub(super) escalated: bool,
}

/// Counted over all cases.
#[derive(Debug, Default)]
pub(super) struct Counts {
    pub(super) events: u64,
    pub(super) handoffs: u64,
    pub(super) ai_answers: BTreeMap<String, u64>,
    /// By reason.
    pub(super) yields: BTreeMap<String, u64>,
    /// Cases that policy took from an AI responder after something the customer wrote.
    pub(super) taken_from_ai: u64,
    pub(super) moved_by_stop: u64,
    pub(super) offers: u64,
    pub(super) accepted: u64,
    /// Offers that ended otherwise, by how.
    pub(super) offers_ended: BTreeMap<String, u64>,
    pub(super) sla_at_risk: u64,
    pub(super) reopened: u64,
}

/// How many open cases are where.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Now {
    pub(super) with_ai: usize,
    /// Of these, those whose customer waits for the answer.
    pub(super) ai_to_answer: usize,
    pub(super) waiting: usize,
    pub(super) with_staff: usize,
    pub(super) with_owner: usize,
    pub(super) resolved: usize,
}

impl Board {
    /// An empty one; `ai` names the AI responders.
    pub(super) fn new(ai: HashSet<String>) -> Self {
        Self {
            cases: HashMap::new(),
            shifts: BTreeMap::new(),
            exceptions: BTreeMap::new(),
            stopped: Vec::new(),
            counts: Counts::default(),
            newest: Instant::now(),
            ai,
        }
    }

    pub(super) fn is_ai(&self, responder: &str) -> bool {
        self.ai.contains(responder)
    }

    /// Takes an event in that happened at `at`.
    pub(super) fn note(&mut self, item: &Item, at: i64) {
        self.counts.events += 1;
        self.newest = Instant::now();
        match &item.event {
            Event::AiStopped(stopped) => return self.stopped.push((at, stopped.clone())),
            Event::ExceptionRaised { exception } => {
                let note = Exception {
                    case: item.case.clone(),
                    kind: exception.kind.clone(),
                    owner: exception.owner.clone(),
                    raised: at,
                    taken: None,
                    resolved: None,
                    escalated: false,
                };
                self.exceptions.insert(exception.id.clone(), note);
                let missed = exception.kind == "sla_missed";
                return self.cases.entry(item.case.clone()).or_default().missed |= missed;
            }
            Event::ExceptionTaken { exception }
            | Event::ExceptionResolved { exception }
            | Event::ExceptionEscalated { exception, .. } => {
                let Some(known) = self.exceptions.get_mut(exception) else { return };
                match &item.event {
                    Event::ExceptionTaken { .. } => known.taken = Some(at),
                    Event::ExceptionEscalated { owner, .. } => {
                        known.escalated = true;
                        known.owner.clone_from(owner);
                    }
                    _ => known.resolved = Some(at),
                }
                return;
            }
            Event::OfferMade { .. } => return self.counts.offers += 1,
            Event::OfferEnded { how, .. } => {
                return *self.counts.offers_ended.entry(how.clone()).or_default() += 1;
            }
            _ => {}
        }
        if item.case.is_empty() {
            return;
        }
        let case = self.cases.entry(item.case.clone()).or_default();
        match &item.event {
            Event::CaseOpened { .. } => {
                case.opened = at;
                case.customer_wrote = true;
            }
            Event::MessageAdded { message } => {
                // Remit itself announces who answers from now on.
                case.customer_wrote |= message.author.kind == "requester";
                let Some(holder) = &message.author.holder else { return };
                case.customer_wrote = false;
                case.first_reply.get_or_insert(at);
                case.answered_by = message.author.staff.clone().or_else(|| Some(holder.name().to_owned()));
                if message.author.staff.is_none() && self.ai.contains(holder.name()) {
                    case.ai_answers += 1;
                    *self.counts.ai_answers.entry(holder.name().to_owned()).or_default() += 1;
                }
            }
            Event::DecisionMade { decision, handoff } => {
                let (trigger, reason) = (decision.trigger.kind.as_str(), decision.trigger.reason.as_deref());
                let from_ai = handoff.as_ref().and_then(|handoff| match &handoff.from {
                    Some(Holder::Responder(name)) if self.ai.contains(name) => Some(name.clone()),
                    _ => None,
                });
                if let Some(from) = from_ai {
                    match trigger {
                        "yielded" => {
                            let reason = reason.unwrap_or("unsure").to_owned();
                            *self.counts.yields.entry(reason.clone()).or_default() += 1;
                            case.yielded = Some((from, reason, decision.id.clone()));
                        }
                        "ai_stopped" => {
                            self.counts.moved_by_stop += 1;
                            case.moved_by_stop = Some(decision.id.clone());
                        }
                        _ => self.counts.taken_from_ai += 1,
                    }
                }
                self.counts.sla_at_risk += u64::from(trigger == "sla_at_risk");
                self.counts.accepted += u64::from(trigger == "accepted" && decision.outcome.kind == "take");
                if let Some(handoff) = handoff {
                    self.counts.handoffs += u64::from(handoff.from.is_some());
                    self.hand_over(&item.case, &decision.id, handoff, at);
                }
            }
            Event::CaseResolved { .. } => {
                case.resolved = Some(at);
                if let Whereabouts::Staff(staff) = &case.place {
                    let shift = self.shifts.entry(staff.clone()).or_default();
                    shift.resolved += 1;
                    shift.gives_up(at);
                }
            }
            Event::CaseReopened { .. } => {
                case.resolved = None;
                case.customer_wrote = true;
                case.place = Whereabouts::Nowhere;
                self.counts.reopened += 1;
            }
            _ => {}
        }
    }

    fn hand_over(&mut self, id: &str, decision: &str, handoff: &Handoff, at: i64) {
        let Some(case) = self.cases.get_mut(id) else { return };
        let place = match (&handoff.to, &handoff.staff) {
            (_, Some(staff)) => Whereabouts::Staff(staff.clone()),
            (Holder::Owner(owner), None) => Whereabouts::Owner(owner.clone()),
            (Holder::Responder(name), None) if self.ai.contains(name) => Whereabouts::Ai(name.clone()),
            (Holder::Responder(name), None) => Whereabouts::Queue(name.clone()),
        };
        if let Whereabouts::Staff(before) = &case.place {
            self.shifts.entry(before.clone()).or_default().gives_up(at);
        }
        if let Whereabouts::Staff(staff) = &place {
            let shift = self.shifts.entry(staff.clone()).or_default();
            shift.taken += 1;
            shift.has += 1;
            shift.busy_since.get_or_insert(at);
            case.taken_by.push(staff.clone());
            case.taken.get_or_insert(at);
        }
        if let Whereabouts::Queue(queue) = &place {
            case.first_desk.get_or_insert_with(|| queue.clone());
            // What was told before anybody had it counts.
            let told = handoff.announced.filter(|_| case.taken.is_none());
            if let Some((opens, calls_back)) = told.and_then(Announced::opens) {
                let (queue, decision) = (queue.clone(), decision.to_owned());
                case.promised = Some(Promised { queue, opens, calls_back, decision });
            } else if let Some(promised) = case.promised.as_mut().filter(|_| case.taken.is_none()) {
                // One that is open has it sooner.
                (promised.queue, promised.opens) = (queue.clone(), promised.opens.min(at));
            }
        }
        case.place = place;
    }

    /// Notes that somebody comes or goes.
    pub(super) fn presence(&mut self, staff: &str, there: bool, at: i64) {
        let shift = self.shifts.entry(staff.to_owned()).or_default();
        match (there, shift.there_since) {
            (true, None) => shift.there_since = Some(at),
            (false, Some(since)) => {
                shift.there_ms += at - since;
                shift.there_since = None;
                shift.stops(at);
            }
            _ => {}
        }
        // What somebody keeps over night takes none of it.
        if there && shift.has > 0 {
            shift.busy_since.get_or_insert(at);
        }
    }

    /// How many cases are where now.
    pub(super) fn now(&self) -> Now {
        let mut now = Now::default();
        for case in self.cases.values() {
            if case.resolved.is_some() {
                now.resolved += 1;
                continue;
            }
            match case.place {
                Whereabouts::Nowhere => {}
                Whereabouts::Ai(_) => {
                    now.with_ai += 1;
                    now.ai_to_answer += usize::from(case.customer_wrote);
                }
                Whereabouts::Queue(_) => now.waiting += 1,
                Whereabouts::Staff(_) => now.with_staff += 1,
                Whereabouts::Owner(_) => now.with_owner += 1,
            }
        }
        now
    }
}

impl Shift {
    fn gives_up(&mut self, at: i64) {
        self.has = self.has.saturating_sub(1);
        if self.has == 0 {
            self.stops(at);
        }
    }

    fn stops(&mut self, at: i64) {
        if let Some(since) = self.busy_since.take() {
            self.busy_ms += at - since;
        }
    }

    /// The share of the time there that was spent with at least one case, in percent.
    pub(super) fn occupancy(&self) -> i64 {
        if self.there_ms <= 0 { 0 } else { (100 * self.busy_ms / self.there_ms).clamp(0, 100) }
    }
}
