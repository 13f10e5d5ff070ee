//! A case folded from its events, with what each of them shows of how responders did.

use crate::pipeline::counting::Counting;
use remit_domain::{Case, Event, event::Handoff};
use remit_store::OutcomeDelta;

/// A case as its events make it so far; none before it is opened.
#[derive(Debug, Default)]
pub(crate) struct CaseFold {
    pub(crate) case: Option<Case>,
    counting: Counting,
}

impl CaseFold {
    /// That of a case as it is between two commits.
    fn between(case: Option<&Case>) -> Self {
        Self { case: case.cloned(), counting: Counting::default() }
    }

    /// Applies the event that comes next, and gives the outcomes that it shows.
    pub(crate) fn apply(&mut self, event: &Event) -> Vec<OutcomeDelta> {
        let shown = self.counting.follow(self.case.as_ref(), event);
        match &mut self.case {
            Some(case) => case.apply(event),
            None => self.case = Case::from_events([event]),
        }
        shown
    }
}

/// The outcomes that the events of a commit show of what was as `before`.
pub(crate) fn outcomes(before: Option<&Case>, events: &[Event]) -> Vec<OutcomeDelta> {
    if !events.iter().any(may_show) {
        return Vec::new();
    }
    let mut fold = CaseFold::between(before);
    events.iter().flat_map(|event| fold.apply(event)).collect()
}

/// Whether an event can show anything: most commits are of none that can, and nothing is folded for them.
fn may_show(event: &Event) -> bool {
    let moves = |handoff: &Handoff| handoff.from.as_ref().is_some_and(|from| *from != handoff.to);
    match event {
        Event::DecisionMade { handoff, .. } => handoff.as_deref().is_some_and(moves),
        Event::OutcomesReset(_)
        | Event::CaseResolved { .. }
        | Event::CaseReopened { .. }
        | Event::AnsweredTooLate { .. }
        | Event::ContactedAgain { .. }
        | Event::FeedbackGiven { .. } => true,
        _ => false,
    }
}
