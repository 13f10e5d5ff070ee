//! Begins a command, and concludes it once the decision that it may need is answered.

use super::{
    Command, Context, act, guard,
    happened::{Asked, Happened, Question},
    settle,
};
use crate::{
    case::{Author, Case},
    decision::{DecisionPoint, Deliberation, Trigger},
    event::{EnrichmentMissed, Event, Message},
    id::{CaseId, MessageId},
    refusal::Refusal,
};

/// Where a command stands that was not refused.
#[derive(Debug, Clone)]
#[must_use]
pub enum Step {
    /// All that it leads to is known.
    Done(Happened),
    /// A decision is taken first.
    Asks(Pending),
}

/// A command that waits for a decision. Nothing of it has taken effect: who drops it leaves everything as it was.
///
/// No command needs more than one decision, so that what [`Pending::conclude`] gives is final.
#[derive(Debug, Clone)]
#[must_use]
pub struct Pending {
    so_far: Happened,
    asked: Asked,
}

impl Pending {
    /// The case as it stands when the decision is taken, with all that the command did before. The facts and verdicts
    /// of the decision are of this case.
    pub fn case(&self) -> &Case {
        &self.so_far.case
    }

    /// What is to be decided.
    pub fn question(&self) -> &Question {
        &self.asked.question
    }

    /// Takes the decision by `deliberation`, in the context in which the command began, and says what happens.
    ///
    /// # Errors
    /// A [`Refusal`] says why nothing happens.
    pub fn conclude(self, deliberation: Deliberation, context: &mut Context) -> Result<Happened, Refusal> {
        let Self { mut so_far, asked: Asked { note, .. } } = self;
        settle::settle(&mut so_far, deliberation, note, context)?;
        Ok(so_far)
    }
}

/// Begins `command`, which is given for `case` (none, to open one): does what it does by itself, up to the decision
/// that it needs, if it needs one.
///
/// # Errors
/// A [`Refusal`] says why nothing happens.
pub fn begin(case: Option<&Case>, command: Command, context: &mut Context) -> Result<Step, Refusal> {
    let now = context.now;
    let (so_far, asked) = match (case, command) {
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
            let mut so_far = Happened { case, events: vec![event] };
            guard::measured(&mut so_far, readings, now);
            guard::unasked(&mut so_far, not_asked, &context.by, now);
            guard::noted(&mut so_far, situation, now);
            fields.into_iter().for_each(|fields| guard::set(&mut so_far, fields, &context.by, now));
            if let Some((why, left_out)) = untold {
                so_far.emit(Event::EnrichmentMissed(EnrichmentMissed { why, left_out, at: now }));
            }
            (so_far, Some(Asked::new(DecisionPoint::Route, Trigger::CaseOpened, None)))
        }
        (None, _) => return Err(Refusal::NoCase),
        (Some(case), command) => {
            let mut so_far = Happened { case: case.clone(), events: Vec::new() };
            let asked = act::on_case(&mut so_far, command, context)?;
            (so_far, asked)
        }
    };
    Ok(match asked {
        Some(asked) => Step::Asks(Pending { so_far, asked }),
        None => Step::Done(so_far),
    })
}
