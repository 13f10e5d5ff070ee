//! Reads the ledger alone, event by event, and says which promise was broken at which position.

use remit_domain::{
    Event,
    case::{Author, HolderRef},
    decision::{Decision, DecisionPoint, Outcome, ResponderKind, Trigger, YieldReason},
    event::Handoff,
    id::{OfferId, StaffId},
    offer::Offer,
    signal::Value,
};
use remit_store::RecordRow;
use std::collections::{BTreeMap, BTreeSet};

/// What is promised beside the rules themselves.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// Handoffs after which a case becomes somebody's exception.
    pub(crate) handoffs_max: u32,
    /// Cases that each member of staff has room for.
    pub(crate) room: usize,
}

/// Who has a case, under which number, and who answers for it.
#[derive(Debug, Clone)]
struct Held {
    by: HolderRef,
    staff: Option<StaffId>,
    epoch: u64,
}

#[derive(Debug, Default)]
struct Case {
    open: bool,
    held: Option<Held>,
    offer: Option<Offer>,
    human_requested: bool,
    /// Handoffs since a human last looked, or the customer came back.
    unseen: u32,
    /// The position of the newest event.
    at: u64,
}

/// What was read so far.
pub(crate) struct Chronicle {
    bounds: Bounds,
    cases: BTreeMap<String, Case>,
    accepted: BTreeSet<OfferId>,
    /// How often each kind of event was read.
    pub(crate) kinds: BTreeMap<String, usize>,
}

macro_rules! ensure {
    ($held:expr, $($why:tt)+) => {
        if !$held {
            return Err(format!($($why)+));
        }
    };
}

impl Chronicle {
    pub(crate) fn new(bounds: Bounds) -> Self {
        Self { bounds, cases: BTreeMap::new(), accepted: BTreeSet::new(), kinds: BTreeMap::new() }
    }

    /// Reads the next event.
    ///
    /// # Errors
    /// Which promise it broke, in words.
    pub(crate) fn read(&mut self, row: &RecordRow) -> Result<(), String> {
        let event: Event = serde_json::from_slice(&row.body).map_err(|e| e.to_string())?;
        *self.kinds.entry(row.kind.clone()).or_default() += 1;
        if event.is_of_no_case() {
            return Ok(());
        }
        let mut case = self.cases.remove(&row.stream).unwrap_or_default();
        let read = self.take(&mut case, &event, row.seq);
        case.at = row.seq;
        self.cases.insert(row.stream.clone(), case);
        read.and_then(|()| self.room()).map_err(|why| format!("at {} in {}: {why}: {event:?}", row.seq, row.stream))
    }

    fn take(&mut self, case: &mut Case, event: &Event, seq: u64) -> Result<(), String> {
        let first = matches!(event, Event::CaseOpened { .. });
        // Only the events of the commit that opens a case come before it has a holder.
        let opening = case.held.is_none() && !first;
        ensure!(!opening || seq == case.at + 1, "P1: an open case without a holder");
        let quiet =
            matches!(event, Event::SignalsMeasured { .. } | Event::HumanWishEnded { .. } | Event::DecisionMade { .. });
        ensure!(!opening || quiet, "P1: something happened to a case without a holder");
        match event {
            Event::CaseOpened { .. } => case.open = true,
            Event::MessageAdded { message, .. } => {
                let Author::Holder { holder, epoch, .. } = &message.author else { return Ok(()) };
                let held = case.held.as_ref().ok_or("P1: nobody holds it")?;
                ensure!(case.open, "P2: somebody wrote on a case that is not open");
                ensure!(*epoch == held.epoch && *holder == held.by, "P2: {holder:?} wrote under {epoch}, not {held:?}");
            }
            Event::SignalsMeasured { readings, .. } => {
                let wants = |(name, reading): &(_, remit_domain::signal::Reading)| {
                    let name: &remit_domain::id::SignalName = name;
                    name.as_str() == "wants_human" && reading.value == Value::Bool(true)
                };
                case.human_requested |= readings.iter().any(wants);
            }
            Event::HumanWishEnded { .. } => {
                ensure!(case.human_requested, "P5: a wish for a human ended that nobody had");
                case.human_requested = false;
            }
            Event::DecisionMade { decision, handoff } => self.decided(case, decision, handoff.as_deref())?,
            Event::OfferMade { offer } => {
                let waits = case.held.as_ref().is_some_and(|held| held.staff.is_none());
                ensure!(case.open && waits && case.offer.is_none(), "P1: offered, though it does not wait: {case:?}");
                case.offer = Some(offer.clone());
            }
            Event::OfferEnded { offer, staff, .. } => {
                let open = case.offer.take().ok_or("P1: an offer ended that was not open")?;
                ensure!(open.id == *offer && open.staff == *staff, "P1: another offer than {open:?} ended");
            }
            Event::CaseResolved { holder, .. } => {
                let held = case.held.as_ref().ok_or("P1: nobody holds it")?;
                ensure!(case.open && *holder == held.by, "P2: resolved by {holder:?}, not {held:?}");
                (case.open, case.offer) = (false, None);
                // Whoever had it is free again; reopened, it is decided anew in the same commit.
                case.held.iter_mut().for_each(|held| held.staff = None);
            }
            Event::CaseReopened { .. } => {
                ensure!(!case.open, "P1: reopened though it was open");
                (case.open, case.unseen) = (true, 0);
            }
            _ => {}
        }
        Ok(())
    }

    fn decided(&mut self, case: &mut Case, decision: &Decision, handoff: Option<&Handoff>) -> Result<(), String> {
        let asked = matches!(decision.trigger, Trigger::Yielded { reason: YieldReason::WantsHuman, .. });
        case.human_requested |= asked;
        ensure!(case.open, "P1: decided on a case that is not open");
        if let Trigger::Accepted { offer, staff } = &decision.trigger
            && handoff.is_some()
        {
            let open = case.offer.as_ref().ok_or("P1: taken without an open offer")?;
            ensure!(open.id == *offer && open.staff == *staff, "P1: {staff} took what {open:?} says");
            ensure!(self.accepted.insert(*offer), "P1: {offer} was accepted twice");
        }
        let Some(handoff) = handoff else {
            ensure!(case.held.is_some(), "P1: decided without giving it to anybody");
            return Ok(());
        };
        let before = case.held.as_ref();
        ensure!(
            handoff.from.as_ref() == before.map(|held| &held.by),
            "P1: handed over by {:?}, not {before:?}",
            handoff.from
        );
        let epoch = before.map_or(0, |held| held.epoch) + 1;
        ensure!(handoff.epoch == epoch, "P2: epoch {} where {epoch} was due", handoff.epoch);
        let taken = matches!(decision.outcome, Outcome::Take { .. });
        let gone = matches!(decision.trigger, Trigger::StaffGone { .. });
        ensure!(handoff.staff.is_some() == taken, "P1: {:?} has it after {:?}", handoff.staff, decision.outcome);
        let candidate = |name: &str| decision.candidates.iter().find(|c| c.facts.responder.as_str() == name);
        match &handoff.to {
            HolderRef::Responder(name) => {
                let chosen = candidate(name.as_str()).ok_or("P3: given to somebody who was not considered")?;
                ensure!(chosen.facts.accountable == handoff.accountable, "P1: {} answers for it", handoff.accountable);
                let by_human = decision.point == DecisionPoint::Override;
                let to_ai = chosen.facts.kind == ResponderKind::Ai;
                ensure!(!to_ai || !case.human_requested || by_human, "P5: an AI got a case that wants a human");
                // Within a queue it goes from hand to hand, whoever let the queue have it.
                let same = before.as_ref().is_some_and(|held| held.by == handoff.to);
                let within = taken || ((gone || decision.trigger == Trigger::Returned) && same);
                ensure!(by_human || within || chosen.verdict.allow, "P9: given to somebody who is not allowed");
            }
            HolderRef::Owner(owner) => ensure!(*owner == handoff.accountable, "P1: {owner} holds, another answers"),
        }
        match (&decision.trigger, decision.point) {
            (Trigger::ExceptionResolved | Trigger::Reopened, _) | (_, DecisionPoint::Override) => case.unseen = 0,
            // Who takes it is a human who looks at it; who is not there hands nothing over.
            _ if taken || gone => {}
            // That a shift ends is nobody's handoff.
            (Trigger::QueueClosed, _) => {}
            // Somebody in a new danger is handed to those who help, whatever the count.
            _ if decision.custody.as_ref().is_some_and(|custody| custody.danger) => {}
            _ => case.unseen += u32::from(before.is_some()),
        }
        let most = self.bounds.handoffs_max + 1;
        ensure!(case.unseen <= most, "P5: {} handoffs without a human looking; {most} are allowed", case.unseen);
        case.held = Some(Held { by: handoff.to.clone(), staff: handoff.staff.clone(), epoch });
        case.offer = None;
        Ok(())
    }

    /// Nobody has more offers and cases than they have room for.
    fn room(&self) -> Result<(), String> {
        let mut spent: BTreeMap<&StaffId, Vec<&str>> = BTreeMap::new();
        for (id, case) in self.cases.iter().filter(|(_, case)| case.open) {
            let holds = case.held.as_ref().and_then(|held| held.staff.as_ref());
            for staff in holds.into_iter().chain(case.offer.as_ref().map(|offer| &offer.staff)) {
                spent.entry(staff).or_default().push(id);
            }
        }
        let over = spent.into_iter().find(|(_, cases)| cases.len() > self.bounds.room);
        ensure!(over.is_none(), "P1: {over:?} is more than {}", self.bounds.room);
        Ok(())
    }
}
