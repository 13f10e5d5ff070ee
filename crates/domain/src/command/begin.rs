//! Begins a command, and concludes it once the decision that it may need is answered.

use super::{
    Command, Context, act, conclude,
    effects::{AskedOfPolicy, Effects, Question},
    guard,
};
use crate::{
    announcement::Announcement,
    case::{Author, Case},
    decision::{Decision, DecisionPoint, Deliberation, Terms, Trigger},
    event::{EnrichmentMissed, Event, Message, Words},
    id::{CaseId, MessageId, ResponderId},
    refusal::Refusal,
};
use std::sync::Arc;

/// Where a command stands that was not refused.
#[derive(Debug, Clone)]
#[must_use]
pub enum Step {
    /// All that it leads to is known.
    Done(Effects),
    /// A decision is taken first.
    Asks(Pending),
}

/// A command that waits for a decision. Nothing of it has taken effect: who drops it leaves everything as it was.
///
/// No command needs more than one decision, so that what [`Decided::conclude`] gives is final.
#[derive(Debug, Clone)]
#[must_use]
pub struct Pending {
    draft: Effects,
    asked: AskedOfPolicy,
}

impl Pending {
    /// The case as it stands when the decision is taken, with all that the command did before. The facts and verdicts
    /// of the decision are of this case.
    pub fn case(&self) -> &Case {
        &self.draft.case
    }

    /// What is to be decided.
    pub fn question(&self) -> &Question {
        &self.asked.question
    }

    /// Takes the decision by `deliberation`, in the context in which the command began.
    ///
    /// # Errors
    /// A [`Refusal`] says why nothing happens.
    pub fn decide(self, deliberation: Deliberation, context: &mut Context) -> Result<Decided, Refusal> {
        let Self { draft, asked: AskedOfPolicy { note, .. } } = self;
        let terms = Arc::clone(&deliberation.terms);
        let decision = conclude::decide(&draft, deliberation, context)?;
        Ok(Decided { draft, decision, note, terms })
    }
}

/// A command whose decision is taken. Nothing of it has taken effect either.
#[derive(Debug, Clone)]
#[must_use]
pub struct Decided {
    draft: Effects,
    decision: Decision,
    note: Option<Words>,
    terms: Arc<Terms>,
}

impl Decided {
    /// The case as it stood when the decision was taken.
    pub fn case(&self) -> &Case {
        &self.draft.case
    }

    /// The decision.
    pub fn decision(&self) -> &Decision {
        &self.decision
    }

    /// The queue of which the customer is told how long they wait in it, if they are told that of one.
    pub fn waits_in(&self) -> Option<&ResponderId> {
        Announcement::tells_wait_in(&self.decision)
    }

    /// What happens, in the context in which the command began. `least_wait_ms` is for how long the case waits at
    /// least, in milliseconds, for those who are there in the queue [`waits_in`](Self::waits_in) and could take it;
    /// none where nobody is.
    pub fn conclude(self, least_wait_ms: Option<i64>, context: &mut Context) -> Effects {
        let Self { mut draft, decision, note, terms } = self;
        conclude::conclude(&mut draft, decision, (note, &terms), least_wait_ms, context);
        draft
    }
}

/// Begins `command`, which is given for `case` (none, to open one): does what it does by itself, up to the decision
/// that it needs, if it needs one.
///
/// # Errors
/// A [`Refusal`] says why nothing happens.
pub fn begin(case: Option<&Case>, command: Command, context: &mut Context) -> Result<Step, Refusal> {
    let now = context.now;
    let (draft, asked) = match (case, command) {
        (
            None,
            Command::Open {
                customer,
                requester,
                channel,
                words,
                readings,
                situation,
                not_asked,
                fields,
                untold,
                follows,
            },
        ) => {
            let id = CaseId::next(&mut context.ids);
            let message = Message::new(MessageId::next(&mut context.ids), Author::Requester, words);
            let mut case = Case::new(id, &customer, requester, channel, &message, now);
            case.follows = follows;
            let event = Event::CaseOpened { case: id, customer, requester, channel, message, follows, at: now };
            let mut draft = Effects { case, events: vec![event] };
            guard::measured(&mut draft, readings, now);
            guard::unasked(&mut draft, not_asked, &context.by, now);
            guard::noted(&mut draft, situation, now);
            fields.into_iter().for_each(|fields| guard::set(&mut draft, fields, &context.by, now));
            if let Some((why, left_out)) = untold {
                draft.emit(Event::EnrichmentMissed(EnrichmentMissed { why, left_out, at: now }));
            }
            (draft, Some(AskedOfPolicy::new(DecisionPoint::Route, Trigger::CaseOpened, None)))
        }
        (None, _) => return Err(Refusal::NoCase),
        (Some(case), command) => {
            let mut draft = Effects { case: case.clone(), events: Vec::new() };
            let asked = act::on_case(&mut draft, command, context)?;
            (draft, asked)
        }
    };
    Ok(match asked {
        Some(asked) => Step::Asks(Pending { draft, asked }),
        None => Step::Done(draft),
    })
}
