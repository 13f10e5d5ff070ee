//! What is told of a decision and of a change of holder, in the stories of a case.

use remit_domain::{
    Decision,
    announcement::Announcement,
    case::HolderRef,
    decision::{Outcome, Trigger},
    event::Handoff,
    id::Timestamp,
};
use std::fmt::Write as _;

/// A minute, in milliseconds.
const MINUTE_MS: i64 = 60_000;

pub(crate) fn tell_decision(decision: &Decision, lines: &mut Vec<String>) {
    let why = match &decision.trigger {
        Trigger::CaseOpened => "a case was opened".to_owned(),
        Trigger::CustomerMessage => "the customer wrote".to_owned(),
        Trigger::SignalsPosted => "signals were posted".to_owned(),
        Trigger::FieldsSet => "what it is about was set".to_owned(),
        Trigger::FactsSet => "something else is known of the customer".to_owned(),
        Trigger::Yielded { reason, .. } => {
            format!("it was given up ({})", serde_json::to_value(reason).unwrap().as_str().unwrap())
        }
        Trigger::ReturnRequested => "staff asked for an AI responder".to_owned(),
        Trigger::Overridden { to, .. } => format!("a human chose {to}"),
        Trigger::Transferred { to } => format!("the holder chose {to}"),
        Trigger::Accepted { staff, .. } => format!("{staff} accepted"),
        Trigger::Returned => "it was given back".to_owned(),
        Trigger::StaffGone { staff } => format!("{staff} is not there"),
        Trigger::QueueClosed => "the queue that has it closed".to_owned(),
        Trigger::AiStopped => "the AI responder was stopped".to_owned(),
        Trigger::SlaAtRisk { .. } => "the time promised runs out".to_owned(),
        Trigger::ExceptionResolved => "its exception was resolved".to_owned(),
        Trigger::SituationEnded => "a person ended a situation".to_owned(),
        Trigger::Reopened => "it was reopened".to_owned(),
        Trigger::Absorbed { .. } => "what stood on the other case stands here".to_owned(),
        Trigger::HolderGone { .. } => "its holder is not in the bundle any more".to_owned(),
        Trigger::PoliciesChanged => "under another bundle its holder may not keep it".to_owned(),
        Trigger::BundleChanged => "the bundle changed".to_owned(),
        Trigger::Asked => "somebody asked".to_owned(),
    };
    let what = match &decision.outcome {
        Outcome::Keep { holder, instead: None } => format!("{} keeps it", holder.name()),
        Outcome::Keep { holder, instead: Some(to) } => format!("{} keeps it, and is asked about {to}", holder.name()),
        Outcome::Assign { responder }
            if matches!(decision.trigger, Trigger::QueueClosed)
                && decision.holder.as_ref().map(HolderRef::name) == Some(responder.as_str()) =>
        {
            format!("{responder} has it until it opens")
        }
        Outcome::Assign { responder } => format!("it goes to {responder}"),
        Outcome::Take { responder, staff } => format!("{staff} of {responder} takes it"),
        Outcome::Exception { exception, owner, .. } => format!("exception {} for {owner}", exception.as_str()),
    };
    let names: Vec<_> = decision.sequence.iter().map(|r| r.as_str()).collect();
    let next = if names.is_empty() { "nobody".to_owned() } else { names.join(", ") };
    lines.push(format!("{} ({}), as {why}: {what}; next {next}", decision.point.as_str(), decision.owner));
    for candidate in &decision.candidates {
        let verdict = &candidate.verdict;
        let mut line = format!("  {} {}", if verdict.permits() { "may" } else { "not" }, candidate.facts.responder);
        if verdict.policies.is_empty() && verdict.errors.is_empty() {
            line.push_str(": nothing permits it");
        }
        verdict.policies.iter().for_each(|id| {
            let _ = write!(line, ": {id}");
        });
        verdict.errors.iter().for_each(|id| {
            let _ = write!(line, ": {id} failed");
        });
        lines.push(format!("{line}, costs {}", candidate.cost.total_minor));
    }
}

/// What the customer is told of a handoff.
pub(crate) fn told(announced: Option<Announcement>, at: Timestamp) -> String {
    match announced {
        None => "told nothing".to_owned(),
        Some(Announcement::Ai) => "told that an AI answers".to_owned(),
        Some(Announcement::Waiting { opens: Some(opens), .. }) => {
            format!("told to wait until it opens in {} min", opens.since(at) / MINUTE_MS)
        }
        Some(Announcement::CallBack { from }) => {
            format!("told that they are called back in {} min", from.since(at) / MINUTE_MS)
        }
        Some(Announcement::Waiting { expected_wait_ms: Some(expected), .. }) => {
            format!("told to wait {} min", expected / MINUTE_MS)
        }
        Some(Announcement::Waiting { expected_wait_ms: None, .. }) => "told to wait".to_owned(),
        Some(Announcement::Person) => "told that a person has it".to_owned(),
        Some(Announcement::Owner { .. }) => "told that somebody sees to it".to_owned(),
    }
}

pub(crate) fn tell_handoff(handoff: &Handoff) -> String {
    let from = handoff.from.as_ref().map_or("nobody", HolderRef::name);
    let tried: Vec<_> = handoff.package.tried.iter().map(|tried| tried.responder.as_str()).collect();
    let tried = if tried.is_empty() { String::new() } else { format!(", before that {}", tried.join(", ")) };
    let package = &handoff.package;
    let counted = |count: usize, what: &str| if count == 0 { String::new() } else { format!(", {count} {what}") };
    format!(
        "handed from {from} to {} with {} messages{tried}{}{}{}",
        handoff.to.name(),
        package.messages,
        counted(package.promised.len(), "promised"),
        counted(package.refused.len(), "refused"),
        counted(package.open_actions.len(), "to be done")
    )
}
