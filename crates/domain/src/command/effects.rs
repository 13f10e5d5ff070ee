//! What a command has done so far, and what is left to be decided.

use crate::{
    case::Case,
    decision::{Decision, DecisionPoint, Trigger},
    event::{Event, Words},
    refusal::Refusal,
};

/// What a decision is needed for.
#[derive(Debug, Clone)]
pub struct Question {
    /// Where it is taken.
    pub point: DecisionPoint,
    /// Why now.
    pub trigger: Trigger,
}

/// A question, and the note for who has the case once it is decided.
#[derive(Debug, Clone)]
pub(super) struct AskedOfPolicy {
    pub(super) question: Question,
    pub(super) note: Option<Words>,
}

impl AskedOfPolicy {
    pub(super) fn new(point: DecisionPoint, trigger: Trigger, note: Option<Words>) -> Self {
        Self { question: Question { point, trigger }, note }
    }
}

/// What a command leads to.
#[derive(Debug, Clone)]
pub struct Effects {
    /// The case afterwards.
    pub case: Case,
    /// The events, in order.
    pub events: Vec<Event>,
}

impl Effects {
    /// The decision among the events, if one was taken.
    pub fn decision(&self) -> Option<&Decision> {
        self.events.iter().find_map(|event| match event {
            Event::DecisionMade { decision, .. } => Some(&**decision),
            _ => None,
        })
    }

    pub(super) fn emit(&mut self, event: Event) {
        self.case.apply(&event);
        self.events.push(event);
    }
}

/// What a command leaves to be decided: a question, or nothing.
pub(super) type Left = Result<Option<AskedOfPolicy>, Refusal>;

/// Asks.
pub(super) fn ask(point: DecisionPoint, trigger: Trigger) -> Left {
    ask_with(None, point, trigger)
}

/// Asks, with a note for who has the case then.
pub(super) fn ask_with(note: Option<Words>, point: DecisionPoint, trigger: Trigger) -> Left {
    Ok(Some(AskedOfPolicy::new(point, trigger, note)))
}
