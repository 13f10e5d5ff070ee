//! What events say of how responders did: the outcomes that routing estimates from and that breakers judge.

use crate::live::load::Tally;
use remit_domain::{
    Case, Event,
    case::{HolderRef, Status},
    decision::{Decision, Trigger, YieldReason},
    ending::Ending,
    governance::OutcomesReset,
    id::ResponderId,
    signal::Value,
};
use remit_store::OutcomeDelta;
use smol_str::SmolStr;

/// A case dealt with.
const RESOLVED: Tally = Tally { resolved: 1, failed: 0, wrong: 0 };

/// A case that was not.
const FAILED: Tally = Tally { resolved: 0, failed: 1, wrong: 0 };

/// A case that was not, which tells against the responder.
const WRONG: Tally = Tally { resolved: 0, failed: 1, wrong: 1 };

/// A case that was counted as dealt with, and was not.
const TAKEN_BACK: Tally = Tally { resolved: -1, failed: 1, wrong: 1 };

const NONE: Tally = Tally { resolved: 0, failed: 0, wrong: 0 };

/// What a case's events show of how responders did, event by event.
#[derive(Debug, Default)]
pub(crate) struct Counting {
    /// What the case was about until it was measured last, while the decision is not taken that was asked for with
    /// that: what comes of it is of what whoever has the case made of it until then.
    until: Option<Option<SmolStr>>,
}

impl Counting {
    /// The outcomes that an event shows of a case that was as `before`: how it ended in whose hands, who gave it up or
    /// lost it, whether it came back, and what its customer said; each counted for the responder that had the case,
    /// under the intent that it was about.
    pub(crate) fn follow(&mut self, before: Option<&Case>, event: &Event) -> Vec<OutcomeDelta> {
        if let Event::OutcomesReset(OutcomesReset { responder, intent, resolved, failed, wrong, .. }) = event {
            let back = Tally { resolved: -resolved, failed: -failed, wrong: -wrong };
            return vec![delta(responder, intent, back, "reset")];
        }
        // An open case is decided anew in the commit that measures it.
        let open = before.filter(|case| case.status == Status::Open);
        if let (Event::SignalsMeasured { .. }, Some(open)) = (event, open) {
            self.until.get_or_insert_with(|| intent_of(open).cloned());
        }
        let shown = shown(before, event);
        let until = match event {
            Event::DecisionMade { .. } => self.until.take().flatten(),
            _ if shown.is_empty() => None,
            _ => self.until.clone().flatten(),
        };
        let about = until.as_ref().or_else(|| intent_of(before?)).map_or("", SmolStr::as_str);
        shown.into_iter().map(|(responder, tally, kind)| delta(responder, about, tally, kind)).collect()
    }
}

fn delta(responder: &ResponderId, intent: &str, tally: Tally, kind: &'static str) -> OutcomeDelta {
    OutcomeDelta {
        responder: responder.to_string(),
        intent: intent.to_owned(),
        resolved: tally.resolved,
        failed: tally.failed,
        wrong: tally.wrong,
        kind: kind.to_owned(),
    }
}

/// What a case is about, as it was measured.
pub(crate) fn intent_of(case: &Case) -> Option<&SmolStr> {
    case.readings.of("intent").find_map(|reading| match &reading.value {
        Value::Name(name) => Some(name),
        _ => None,
    })
}

type Shown<'e> = (&'e ResponderId, Tally, &'static str);

/// For whom an event tells what.
fn shown<'e>(before: Option<&'e Case>, event: &'e Event) -> Vec<Shown<'e>> {
    let of = |holder: Option<&'e HolderRef>, tally: Tally, kind: &'static str| match holder {
        Some(HolderRef::Responder(id)) => vec![(id, tally, kind)],
        Some(HolderRef::Owner(_)) | None => Vec::new(),
    };
    let last = before.and_then(|case| case.holder.as_ref()).map(|holder| &holder.who);
    // A case that ended unsolved was not counted as dealt with, so there is nothing to take back.
    let ended = before.and_then(|case| case.ending);
    let counted = !matches!(ended, Some(Ending::Abandoned | Ending::Merged { .. } | Ending::Erased));
    let back = if counted { TAKEN_BACK } else { NONE };
    match event {
        Event::CaseResolved { holder, how, .. } => {
            let tally = match how {
                Ending::Abandoned => FAILED,
                Ending::Merged { .. } | Ending::Erased => NONE,
                _ => RESOLVED,
            };
            of(Some(holder), tally, how.as_str())
        }
        Event::CaseReopened { .. } => of(last, back, "reopened"),
        Event::AnsweredTooLate { responder, .. } => vec![(responder, NONE, "late")],
        // Once, however many cases follow.
        Event::ContactedAgain { .. } if before.is_none_or(|case| !case.contacted_again) => {
            of(last, back, "contacted_again")
        }
        Event::FeedbackGiven { feedback, .. } => {
            let solved = feedback.solved == Some(true) && before.is_some_and(|case| case.status == Status::Resolved);
            let kinds = [solved.then_some("confirmed"), feedback.satisfaction.map(satisfaction)];
            kinds.into_iter().flatten().flat_map(|kind| of(last, NONE, kind)).collect()
        }
        Event::DecisionMade { decision, handoff: Some(handoff) } if handoff.from.as_ref() != Some(&handoff.to) => {
            let from = handoff.from.as_ref();
            lost(before, decision, from).map_or_else(Vec::new, |(tally, kind)| of(from, tally, kind))
        }
        _ => Vec::new(),
    }
}

/// What it tells of whoever had a case that a decision gave it to somebody else.
fn lost(before: Option<&Case>, decision: &Decision, from: Option<&HolderRef>) -> Option<(Tally, &'static str)> {
    Some(match &decision.trigger {
        // It could not be reached, or our own process failed it: that says nothing of its answers.
        Trigger::Yielded { reason: YieldReason::NoAnswer, .. } if counts_apart(decision) => (NONE, NO_ANSWER),
        // What policy does not let it do says nothing of its answers either.
        Trigger::Yielded { reason: YieldReason::Denied, .. } => (NONE, "denied"),
        // It asked for what policy lets it ask for, and people carry that out.
        Trigger::Yielded { reason: YieldReason::NeedsAction, .. }
            if counts_apart(decision) && asked_for(before, decision) =>
        {
            (NONE, "asked")
        }
        _ if counts_apart(decision) && was_unreachable(from, decision) => (NONE, "unreachable"),
        // Whoever gives a case up in time does what it should.
        Trigger::Yielded {
            reason:
                YieldReason::Unsure
                | YieldReason::OutOfScope
                | YieldReason::WantsHuman
                | YieldReason::NeedsAction
                | YieldReason::WrongTeam,
            ..
        } => (FAILED, "yielded"),
        Trigger::Yielded { .. } => (WRONG, "yielded"),
        Trigger::Transferred { .. } => (FAILED, "transferred"),
        // Who wants a person before anything was answered was not answered wrongly.
        Trigger::CustomerMessage if before.is_some_and(|case| case.ai_turns == 0) => (FAILED, "moved"),
        Trigger::CustomerMessage => (WRONG, "moved"),
        Trigger::Overridden { .. } => (WRONG, "overridden"),
        _ => return None,
    })
}

/// Whether the case knows of an action that was asked for at the moment of a decision: with it, and permitted.
fn asked_for(before: Option<&Case>, decision: &Decision) -> bool {
    before.is_some_and(|case| case.actions.values().any(|action| action.at == decision.at))
}

/// As what it is counted that a responder could not be reached.
pub(crate) const NO_ANSWER: &str = "no_answer";

/// Since version 5 of the record, what is not a responder's judgement is counted apart.
const APART_SINCE: u16 = 5;

/// The policy by which an AI responder that cannot be reached loses its cases.
const UNREACHABLE: &str = "remit.unreachable";

const fn counts_apart(decision: &Decision) -> bool {
    decision.v >= APART_SINCE
}

fn was_unreachable(from: Option<&HolderRef>, decision: &Decision) -> bool {
    let Some(HolderRef::Responder(id)) = from else { return false };
    let held = decision.candidates.iter().find(|candidate| candidate.facts.responder == *id);
    held.is_some_and(|held| held.verdict.policies.iter().any(|policy| policy.as_str() == UNREACHABLE))
}

fn satisfaction(score: u8) -> &'static str {
    match score {
        1 => "satisfaction_1",
        2 => "satisfaction_2",
        3 => "satisfaction_3",
        4 => "satisfaction_4",
        _ => "satisfaction_5",
    }
}
