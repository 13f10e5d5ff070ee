//! One case and its history: gives commands, and holds every step against the promises.

use crate::{
    promise::{self, Step},
    world::World,
};
use remit_domain::{
    Case, Command, Event, Refusal,
    command::Happened,
    id::{ExceptionId, Ids},
};

/// A case as it grows.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) world: World,
    pub(crate) case: Option<Case>,
    pub(crate) events: Vec<Event>,
    /// Exceptions in the order in which they were raised.
    pub(crate) exceptions: Vec<ExceptionId>,
    /// Handoffs since a human last looked at the case or the customer last came back.
    unseen: u32,
}

impl Session {
    pub(crate) fn new(world: World) -> Self {
        Self { world, case: None, events: vec![], exceptions: vec![], unseen: 0 }
    }

    /// The exception with this number, counted from 1; one that never was, if there are not so many.
    pub(crate) fn exception(&self, number: usize) -> ExceptionId {
        let known = number.checked_sub(1).and_then(|index| self.exceptions.get(index));
        known.copied().unwrap_or_else(|| ExceptionId::next(&mut Ids::new(self.world.now, 5)))
    }

    /// Gives a command and checks every promise on what follows.
    ///
    /// # Errors
    /// Which promise was broken, in words.
    pub(crate) fn give(&mut self, command: Command) -> Result<Result<Happened, Refusal>, String> {
        let mut asked = 0;
        let result = self.world.give(self.case.as_ref(), command.clone(), &mut asked);
        let step = Step { before: self.case.as_ref(), command: &command, result: &result, asked, world: &self.world };
        promise::check(&step)?;
        if let Ok(happened) = &result {
            self.count_handoffs(&command, happened);
            self.events.extend(happened.events.iter().cloned());
            for event in &happened.events {
                if let Event::ExceptionRaised { exception, .. } = event {
                    self.exceptions.push(exception.id);
                }
            }
            self.case = Some(happened.case.clone());
            promise::check_history(&happened.case, &self.events)?;
        }
        let allowed = self.world.handoffs_max + 1;
        if self.unseen > allowed {
            return Err(format!("P5: {} handoffs without a human looking; {allowed} are allowed", self.unseen));
        }
        Ok(result)
    }

    fn count_handoffs(&mut self, command: &Command, happened: &Happened) {
        let moved = happened.events.iter().any(|e| matches!(e, Event::DecisionMade { handoff: Some(_), .. }));
        let held = self.case.as_ref().is_some_and(|case| case.holder.is_some());
        match command {
            Command::Override { .. } | Command::Reopen { .. } => self.unseen = 0,
            Command::ResolveException { .. } if moved => self.unseen = 0,
            _ => self.unseen += u32::from(moved && held),
        }
    }
}
