//! What earlier holders of a case left behind for the next one: what they said when they gave it up, what policy said
//! of actions that it denied, and what became of those that it permitted.

use crate::{Parts, access::who, bounds, journal::stored_case::Records, pipeline::sealing, refused::Refused};
use remit_domain::{
    Case, Event,
    action::{ActionDecision, ActionEnd},
    decision::{PolicyEffect, Trigger},
    event::Words,
    id::DecisionId,
};
use std::collections::{HashMap, VecDeque};

/// So much of it is told, the newest.
const TOLD_MAX: usize = 12;

/// Bytes of one note that are told.
const NOTE_MAX: usize = 400;

/// What was left behind, a sentence each, oldest first; the newest.
pub(crate) async fn left_behind(parts: &Parts, case: &Case) -> Result<VecDeque<String>, Refused> {
    let mut told = VecDeque::new();
    let mut asked: HashMap<DecisionId, String> = HashMap::new();
    let mut records = Records::of(case);
    while let Some(row) = records.next(&parts.journal).await? {
        if !matches!(row.kind.as_str(), "decision_made" | "action_asked" | "action_ended") {
            continue;
        }
        let line = match serde_json::from_slice(&row.body).map_err(Refused::internal)? {
            Event::DecisionMade { decision, handoff } => {
                let Trigger::Yielded { reason, .. } = &decision.trigger else { continue };
                let Some(note) = handoff.and_then(|handoff| handoff.package.note) else { continue };
                let reason = serde_json::to_value(reason).map_err(Refused::internal)?;
                let reason = reason.as_str().unwrap_or_default().replace('_', " ");
                let from = decision.holder.as_ref().map_or("whoever had it", |holder| holder.name());
                opened(parts, case, &note).await?.map(|note| format!("{from} gave it up ({reason}): \"{note}\""))
            }
            Event::ActionAsked { decision } => {
                asked.insert(decision.id, decision.action.as_str().replace('_', " "));
                denied(parts, case, &decision).await?
            }
            Event::ActionEnded { action, how, note, .. } => {
                let by = who::named(&parts.journal, &parts.vault, &row.actor).await?;
                let action = asked.get(&action).map_or("an action", String::as_str);
                let note = match note {
                    Some(note) => opened(parts, case, &note).await?,
                    None => None,
                };
                let note = note.map_or_else(|| ".".to_owned(), |note| format!(": \"{note}\""));
                Some(match how {
                    ActionEnd::Done => format!("{by} carried out {action}{note}"),
                    ActionEnd::Refused => format!("{by} refused {action}{note}"),
                })
            }
            _ => None,
        };
        told.extend(line);
        if told.len() > TOLD_MAX {
            told.pop_front();
        }
    }
    Ok(told)
}

/// That policy denied an action, and by which rule; nothing where it permitted it.
async fn denied(parts: &Parts, case: &Case, decision: &ActionDecision) -> Result<Option<String>, Refused> {
    if decision.verdict.permits() {
        return Ok(None);
    }
    let rules = decision.verdict.policies.iter().filter_map(|id| decision.policies.get(id).map(|note| (id, note)));
    let forbids = rules.filter(|(_, note)| note.effect == PolicyEffect::Forbid);
    let why: Vec<String> = forbids
        .map(|(id, note)| format!("rule `{id}` of {}: {}", note.owner, note.reason.trim_end_matches('.')))
        .collect();
    let why = if why.is_empty() { "no rule permits it".to_owned() } else { why.join("; and ") };
    let (by, action) = (&decision.principal.responder, decision.action.as_str().replace('_', " "));
    let arguments = opened(parts, case, &decision.arguments).await?.unwrap_or_default();
    Ok(Some(format!("{by} asked for {action} {arguments}, and policy denied it: {why}.")))
}

/// The words, while they are there.
async fn opened(parts: &Parts, case: &Case, words: &Words) -> Result<Option<String>, Refused> {
    let opened = sealing::open_words(&parts.journal, &parts.vault, &parts.environment, case, words).await?;
    Ok(opened.map(|text| bounds::cut(&text, NOTE_MAX).to_owned()))
}
