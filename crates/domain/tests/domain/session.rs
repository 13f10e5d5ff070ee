//! One case and its history: gives commands, and holds every step against the promises.

use crate::{
    promise::{self, MARKER, Step},
    world::{World, words},
};
use remit_domain::{
    Case, Command, Event, Refusal,
    command::Effects,
    decision::Trigger,
    id::{ActionName, CaseId, ConsultId, DecisionId, ExceptionId, Ids, OfferId, StaffId},
    offer::Offer,
};

/// A case as it grows.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) world: World,
    pub(crate) case: Option<Case>,
    pub(crate) events: Vec<Event>,
    /// Exceptions in the order in which they were raised.
    pub(crate) exceptions: Vec<ExceptionId>,
    /// Offers in the order in which they were made.
    pub(crate) offers: Vec<Offer>,
    /// Handoffs since a human last looked at the case or the customer last came back.
    unseen: u32,
}

impl Session {
    pub(crate) fn new(world: World) -> Self {
        Self { world, case: None, events: vec![], exceptions: vec![], offers: vec![], unseen: 0 }
    }

    /// The exception with this number, counted from 1; one that never was, if there are not so many.
    pub(crate) fn exception(&self, number: usize) -> ExceptionId {
        let known = number.checked_sub(1).and_then(|index| self.exceptions.get(index));
        known.copied().unwrap_or_else(|| ExceptionId::next(&mut Ids::new(self.world.now, 5)))
    }

    /// The offer with this number, counted from 1, and to whom it was made; one that never was, if there are not so
    /// many.
    pub(crate) fn offer(&self, number: usize) -> (OfferId, StaffId) {
        let known = number.checked_sub(1).and_then(|index| self.offers.get(index));
        known.map_or_else(
            || (OfferId::next(&mut Ids::new(self.world.now, 6)), StaffId::new("nobody").unwrap()),
            |offer| (offer.id, offer.staff.clone()),
        )
    }

    /// An offer to this member of staff.
    pub(crate) fn offering(&self, staff: &str) -> Command {
        let now = self.world.now;
        let id = OfferId::next(&mut Ids::new(now, 7 + (self.offers.len() as u128) * 2));
        let staff = StaffId::new(staff).unwrap();
        Command::Offer { offer: Offer { id, staff, made: now, due: now.plus_ms(60_000), index: 1, considered: 1 } }
    }

    /// A consult of the case, counted from its newest one; one that never was, if there are not so many.
    pub(crate) fn consult(&self, back: usize) -> ConsultId {
        let open = self.case.iter().flat_map(|case| case.consults.keys().rev()).nth(back);
        open.copied().unwrap_or_else(|| ConsultId::next(&mut Ids::new(self.world.now, 8)))
    }

    /// A permitted action of the case, counted from its newest one; one that never was, if there are not so many.
    pub(crate) fn action(&self, back: usize) -> DecisionId {
        let open = self.case.iter().flat_map(|case| case.actions.keys().rev()).nth(back);
        open.copied().unwrap_or_else(|| DecisionId::next(&mut Ids::new(self.world.now, 9)))
    }

    /// Asks for an action, of which policy says yes or no.
    pub(crate) fn asking(&self, epoch: u64, action: &str, allow: bool) -> Command {
        let Some(case) = &self.case else { return Command::Abandon };
        let answer = Box::new(self.world.action(case, allow));
        Command::AskAction { epoch, action: ActionName::new(action).unwrap(), arguments: words(MARKER), answer }
    }

    /// A case that is not this one.
    pub(crate) fn other_case(&self) -> CaseId {
        CaseId::next(&mut Ids::new(self.world.now, 10))
    }

    /// Notes what an earlier version recorded and this one does not.
    pub(crate) fn note(&mut self, event: Event) {
        if let Some(case) = &mut self.case {
            case.apply(&event);
            self.events.push(event);
        }
    }

    /// Gives a command and checks every promise on what follows.
    ///
    /// # Errors
    /// Which promise was broken, in words.
    pub(crate) fn give(&mut self, command: Command) -> Result<Result<Effects, Refusal>, String> {
        let mut asked = false;
        let result = self.world.give(self.case.as_ref(), command.clone(), &mut asked);
        let step = Step { before: self.case.as_ref(), command: &command, result: &result, asked, world: &self.world };
        promise::check(&step)?;
        if let Ok(effects) = &result {
            self.count_handoffs(&command, effects);
            self.events.extend(effects.events.iter().cloned());
            for event in &effects.events {
                match event {
                    Event::ExceptionRaised { exception, .. } => self.exceptions.push(exception.id),
                    Event::OfferMade { offer } => self.offers.push(offer.clone()),
                    _ => {}
                }
            }
            self.case = Some(effects.case.clone());
            promise::check_history(&effects.case, &self.events)?;
        }
        // From an exception that held the case each new danger takes it once more.
        let dangers = self.events.iter().filter(|e| matches!(e, Event::SituationNoted { .. })).count();
        let allowed = self.world.handoffs_max + 1 + u32::try_from(dangers).unwrap_or(0);
        if self.unseen > allowed {
            return Err(format!("P5: {} handoffs without a human looking; {allowed} are allowed", self.unseen));
        }
        Ok(result)
    }

    /// Whether an open exception is of a kind that holds its case.
    fn holds(&self, exception: &ExceptionId) -> bool {
        self.case.as_ref().and_then(|case| case.exceptions.get(exception)).is_some_and(|open| open.kind.holds())
    }

    fn count_handoffs(&mut self, command: &Command, effects: &Effects) {
        let moved = effects.events.iter().any(|e| matches!(e, Event::DecisionMade { handoff: Some(_), .. }));
        let held = self.case.as_ref().is_some_and(|case| case.holder.is_some());
        match command {
            Command::Override { .. } | Command::Reopen { .. } => self.unseen = 0,
            // What stood on a case that ended in it reopens it once.
            Command::WriteAgain { .. } | Command::Absorb { .. }
                if effects.events.iter().any(|e| matches!(e, Event::CaseReopened { .. })) =>
            {
                self.unseen = 0;
            }
            // Somebody looked into why nobody could have it, also where a danger took it from there meanwhile.
            Command::ResolveException { exception, .. } if self.holds(exception) => self.unseen = 0,
            Command::ResolveException { .. } | Command::GiveFeedback { reopens: Some(_), .. } if moved => {
                self.unseen = 0;
            }
            // Who takes it from the queue is a human who looks at it; who is not there hands nothing over.
            Command::Accept { .. } | Command::TakeBack { .. } => {}
            // That a shift ends is nobody's handoff.
            Command::Review { trigger: Trigger::QueueClosed, .. } => {}
            // Somebody in a new danger is handed to those who help, whatever the count.
            _ if effects.events.iter().any(|e| matches!(e, Event::SituationNoted { .. })) => {}
            _ => self.unseen += u32::from(moved && held),
        }
    }
}
