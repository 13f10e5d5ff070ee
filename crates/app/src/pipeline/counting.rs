//! What events say of how responders did: the outcomes that routing estimates from and that breakers judge.

use crate::live::load::Tally;
use remit_domain::{
    Case, Event,
    case::{HolderRef, Status},
    decision::{Decision, Trigger, YieldReason},
    ending::Ending,
    governance::OutcomesReset,
    id::ResponderId,
};
use remit_store::OutcomeDelta;

/// A case dealt with.
const RESOLVED: Tally = Tally { resolved: 1, failed: 0, wrong: 0 };

/// A case that was not.
const FAILED: Tally = Tally { resolved: 0, failed: 1, wrong: 0 };

/// A case that was not, which tells against the responder.
const WRONG: Tally = Tally { resolved: 0, failed: 1, wrong: 1 };

/// A case that was counted as dealt with, and was not.
const TAKEN_BACK: Tally = Tally { resolved: -1, failed: 1, wrong: 1 };

const NONE: Tally = Tally { resolved: 0, failed: 0, wrong: 0 };

/// The outcomes that events show: how cases ended in whose hands, who gave them up or lost them, which came back, and
/// what customers said; each counted for the responder that had the case, under the intent that it was about.
pub(crate) fn outcomes(before: Option<&Case>, events: &[Event], about: &str) -> Vec<OutcomeDelta> {
    let mut found = Vec::new();
    let mut tell = |id: &ResponderId, tally: Tally, kind: &'static str| {
        found.push(OutcomeDelta {
            responder: id.to_string(),
            intent: about.to_owned(),
            resolved: tally.resolved,
            failed: tally.failed,
            wrong: tally.wrong,
            kind: kind.to_owned(),
        });
    };
    let last = before.and_then(|case| case.holder.as_ref()).map(|holder| &holder.who);
    // A case that ended unsolved was not counted as dealt with, so there is nothing to take back.
    let ended = before.and_then(|case| case.ending);
    let counted = !matches!(ended, Some(Ending::Abandoned | Ending::Merged { .. } | Ending::Erased));
    let back = if counted { TAKEN_BACK } else { NONE };
    for event in events {
        let mut count = |holder: Option<&HolderRef>, tally: Tally, kind: &'static str| {
            if let Some(HolderRef::Responder(id)) = holder {
                tell(id, tally, kind);
            }
        };
        match event {
            Event::OutcomesReset(OutcomesReset { responder, resolved, failed, wrong, .. }) => {
                let back = Tally { resolved: -resolved, failed: -failed, wrong: -wrong };
                tell(responder, back, "reset");
            }
            Event::CaseResolved { holder, how, .. } => {
                let tally = match how {
                    Ending::Abandoned => FAILED,
                    Ending::Merged { .. } | Ending::Erased => NONE,
                    _ => RESOLVED,
                };
                count(Some(holder), tally, how.as_str());
            }
            Event::CaseReopened { .. } => count(last, back, "reopened"),
            Event::AnsweredTooLate { responder, .. } => tell(responder, NONE, "late"),
            // Once, however many cases follow.
            Event::ContactedAgain { .. } if before.is_none_or(|case| !case.contacted_again) => {
                count(last, back, "contacted_again");
            }
            Event::FeedbackGiven { feedback, .. } => {
                if feedback.solved == Some(true) && before.is_some_and(|case| case.status == Status::Resolved) {
                    count(last, NONE, "confirmed");
                }
                if let Some(score) = feedback.satisfaction {
                    count(last, NONE, satisfaction(score));
                }
            }
            Event::DecisionMade { decision, handoff: Some(handoff) } => {
                if handoff.from.as_ref() == Some(&handoff.to) {
                    continue;
                }
                let from = handoff.from.as_ref();
                match &decision.trigger {
                    // It could not be reached, or our own process failed it: that says nothing of its answers.
                    Trigger::Yielded { reason: YieldReason::NoAnswer, .. } if counts_apart(decision) => {
                        count(from, NONE, NO_ANSWER);
                    }
                    // What policy does not let it do says nothing of its answers either.
                    Trigger::Yielded { reason: YieldReason::Denied, .. } => count(from, NONE, "denied"),
                    // It asked for what policy lets it ask for, and people carry that out.
                    Trigger::Yielded { reason: YieldReason::NeedsAction, .. }
                        if counts_apart(decision) && asked_for_permitted(before, events, decision) =>
                    {
                        count(from, NONE, "asked");
                    }
                    _ if counts_apart(decision) && was_unreachable(from, decision) => {
                        count(from, NONE, "unreachable");
                    }
                    // Whoever gives a case up in time does what it should.
                    Trigger::Yielded {
                        reason:
                            YieldReason::Unsure
                            | YieldReason::OutOfScope
                            | YieldReason::WantsHuman
                            | YieldReason::NeedsAction
                            | YieldReason::WrongTeam,
                        ..
                    } => count(from, FAILED, "yielded"),
                    Trigger::Yielded { .. } => count(from, WRONG, "yielded"),
                    Trigger::Transferred { .. } => count(from, FAILED, "transferred"),
                    // Who wants a person before anything was answered was not answered wrongly.
                    Trigger::CustomerMessage if before.is_some_and(|case| case.ai_turns == 0) => {
                        count(from, FAILED, "moved");
                    }
                    Trigger::CustomerMessage => count(from, WRONG, "moved"),
                    Trigger::Overridden { .. } => count(from, WRONG, "overridden"),
                    _ => {}
                }
            }
            _ => {}
        }
    }
    found
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

/// Whether the holder gives the case up because it asked, at this moment, for an action that policy permits.
fn asked_for_permitted(before: Option<&Case>, events: &[Event], decision: &Decision) -> bool {
    let now = events.iter().any(|event| {
        matches!(event, Event::ActionAsked { decision: asked } if asked.at == decision.at && asked.verdict.permits())
    });
    now || before.is_some_and(|case| case.actions.values().any(|action| action.at == decision.at))
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
