//! The context package of a case, opened: what the next holder needs to know, and the conversation so far.

use crate::case::shown;
use crate::{
    Caller, Environment, Journal, Parts, Vault,
    access::who,
    case::{
        announce,
        view::{CaseView, DecisionSummary, MessageFrom},
    },
    environment::clock::rfc3339,
    journal::stored_case,
    pipeline::{facts, load, said::each_said, sealing},
    refused::Refused,
};
use remit_domain::{
    Case, Event,
    event::Message,
    id::{MessageId, Timestamp},
};
use remit_responders::TurnMessage;
use serde::Serialize;
use std::collections::HashMap;
use utoipa::ToSchema;

/// What the next holder needs to know of a case.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ContextView {
    /// The case.
    pub case: CaseView,
    /// What was asked, tried, promised and refused, and what is open, in words.
    pub summary: String,
    /// The conversation, oldest first; the newest 40 messages.
    pub conversation: Vec<MessageFrom>,
    /// What the customer was told of who has the case, oldest first; the newest 20.
    pub told: Vec<String>,
    /// Notes of those who had it, and advice that was given, oldest first; the newest 20.
    pub notes: Vec<NoteView>,
    /// What was decided, oldest first; the newest 20.
    pub decisions: Vec<DecisionSummary>,
}

/// A note for whoever has the case next.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct NoteView {
    /// Who wrote it, by the name of their token.
    pub by: String,
    /// What it says.
    pub text: String,
}

/// Entries of each kind of history that a holder is given, the newest.
const HISTORY_MAX: usize = 20;

/// Bytes of a message that are quoted to the next holder.
const QUOTED_MAX: usize = 400;

fn newest<T>(mut all: Vec<T>, most: usize) -> Vec<T> {
    all.split_off(all.len().saturating_sub(most))
}

/// What the next holder needs to know of a case.
///
/// # Errors
/// `Forbidden` by policy; `NotFound` without such a case.
pub fn context_of(parts: &Parts, caller: &Caller, id: &str) -> Result<ContextView, Refused> {
    let case = load::case_for(&parts.governance, &parts.journal, &parts.environment, caller, "case.read", id)?;
    let (mut told, mut notes, mut decisions) = (Vec::new(), Vec::new(), Vec::new());
    let mut note = |by: &str, text: Option<String>| -> Result<(), Refused> {
        if let Some(text) = text {
            notes.push(NoteView { by: who::named(&parts.journal, &parts.vault, by)?, text });
        }
        Ok(())
    };
    stored_case::each_record(&parts.journal, &case, |row| {
        match serde_json::from_slice(&row.body).map_err(Refused::internal)? {
            Event::DecisionMade { decision, handoff } => {
                if let Some(handoff) = handoff {
                    let staff = handoff.staff.as_ref();
                    told.extend(handoff.announced.map(|told| {
                        announce::announce(
                            &parts.governance,
                            &parts.live,
                            told,
                            handoff.to.name(),
                            staff,
                            announce::language(&case),
                        )
                    }));
                    if let Some(words) = &handoff.package.note {
                        note(
                            &row.actor,
                            sealing::open_words(&parts.journal, &parts.vault, &parts.environment, &case, words)?,
                        )?;
                    }
                }
                decisions.push(DecisionSummary::from(&*decision));
            }
            Event::ConsultAnswered { answer, .. } => note(
                &row.actor,
                sealing::open_words(&parts.journal, &parts.vault, &parts.environment, &case, &answer)?,
            )?,
            Event::ActionEnded { note: Some(words), .. } | Event::NoteLeft { note: words, .. } => {
                note(
                    &row.actor,
                    sealing::open_words(&parts.journal, &parts.vault, &parts.environment, &case, &words)?,
                )?;
            }
            _ => {}
        }
        Ok(())
    })?;
    let conversation = conversation(parts, &case)?;
    Ok(ContextView {
        summary: summary(parts, &case, parts.environment.now())?,
        conversation: conversation.into_iter().map(MessageFrom::from).collect(),
        case: shown::case_view(&parts.journal, &parts.vault, &case)?,
        told: newest(told, HISTORY_MAX),
        notes: newest(notes, HISTORY_MAX),
        decisions: newest(decisions, HISTORY_MAX),
    })
}

/// The newest messages of a case whose words are there, oldest first, whole.
fn conversation(parts: &Parts, case: &Case) -> Result<Vec<TurnMessage>, Refused> {
    let whole = |message: &Message, mut said: TurnMessage| {
        if let Some(how) = message.auto_submitted {
            said.text.insert_str(0, &format!("[sent by a machine: {}] ", how.as_str()));
        }
        Some(said)
    };
    Ok(each_said(parts, case, whole)?.into_iter().map(|(_, message)| message).collect())
}

/// What the messages say in which something was promised or refused, while their words exist.
fn marked(
    journal: &Journal,
    vault: &Vault,
    environment: &Environment,
    case: &Case,
) -> Result<HashMap<MessageId, String>, Refused> {
    let mut quoted = HashMap::new();
    if case.promised.is_empty() && case.refused.is_empty() {
        return Ok(quoted);
    }
    stored_case::each_record(journal, case, |row| {
        if row.kind != "message_added" {
            return Ok(());
        }
        let event: Event = serde_json::from_slice(&row.body).map_err(Refused::internal)?;
        if let Event::MessageAdded { message, .. } = event
            && (case.promised.contains(&message.id) || case.refused.contains(&message.id))
            && let Some(text) = sealing::open_words(journal, vault, environment, case, &message.words)?
        {
            quoted.insert(message.id, text);
        }
        Ok(())
    })?;
    Ok(quoted)
}

/// The context package in words: what the next holder needs to know beside the conversation.
pub(crate) fn summary(parts: &Parts, case: &Case, now: Timestamp) -> Result<String, Refused> {
    use std::fmt::Write as _;
    let mut text = String::new();
    let signals = facts::signals(&parts.governance, &parts.live, case, now);
    let named = |name: &str| signals.get(name).map_or_else(String::new, |reading| reading.value.to_string());
    let _ = writeln!(
        text,
        "About {} ({} % sure), in {}, by {}. Messages so far: {}; the customer has waited {} s for a reply.",
        named("intent").replace('_', " "),
        named("intent_confidence_bp").parse::<i64>().unwrap_or(0) / 100,
        named("language"),
        case.channel.as_str(),
        case.messages,
        case.waited_ms(now) / 1_000
    );
    let own = [("human_requested", "The customer has asked for a human.")];
    for (name, says) in own.into_iter().chain(parts.governance.bundle.says()) {
        if named(name) == "true" {
            let _ = writeln!(text, "{says}");
        }
    }
    for standing in case.situations.iter() {
        let since = rfc3339(standing.since);
        let _ = writeln!(text, "Stands since {since}: {}.", standing.noted.situation.replace('_', " "));
    }
    if let Some(question) = &case.handover_question {
        let to = announce::title(&parts.governance, question.to.as_str());
        let _ = writeln!(text, "The customer's last message looks like a matter for {to}: hand over, or keep it?");
    }
    for tried in &case.tried {
        let reason = tried.reason.and_then(|reason| serde_json::to_value(reason).ok());
        let reason = reason.and_then(|value| value.as_str().map(|text| text.replace('_', " ")));
        let why = reason.unwrap_or_else(|| "policy took it away".to_owned());
        let _ = writeln!(text, "{} had it before: {why}.", tried.responder);
    }
    let quoted = marked(&parts.journal, &parts.vault, &parts.environment, case)?;
    for (ids, says) in [(&case.promised, "Promised to the customer"), (&case.refused, "Refused to the customer")] {
        for said in ids.iter().filter_map(|id| quoted.get(id)) {
            let _ = writeln!(text, "{says}: \"{}\"", cut(said, QUOTED_MAX));
        }
    }
    for open in case.actions.values() {
        let action = open.action.as_str().replace('_', " ");
        let arguments = sealing::open_words(&parts.journal, &parts.vault, &parts.environment, case, &open.arguments)?
            .unwrap_or_default();
        let _ = writeln!(text, "To be done, permitted, asked for by {}: {action} {arguments}.", open.asked_by);
    }
    for open in case.consults.values() {
        let question = sealing::open_words(&parts.journal, &parts.vault, &parts.environment, case, &open.question)?
            .unwrap_or_default();
        let _ = writeln!(text, "{} asked {} for advice: \"{}\"", open.by, open.queue, cut(&question, QUOTED_MAX));
    }
    for from in &case.absorbed {
        let _ = writeln!(text, "Case {from}, the same request, ended in this one.");
    }
    if let Some(told) = case.told {
        let staff = case.holder.as_ref().and_then(|holder| holder.staff.as_ref());
        let holder = case.holder.as_ref().map_or("", |holder| holder.who.name());
        let _ = writeln!(
            text,
            "The customer was told: \"{}\"",
            announce::announce(&parts.governance, &parts.live, told, holder, staff, announce::language(case))
        );
    }
    for exception in case.exceptions.values() {
        let kind = exception.kind.as_str().replace('_', " ");
        let _ = writeln!(text, "Open exception: {kind}, owned by {}.", exception.owner);
    }
    Ok(text)
}

/// The beginning of `text`, at most so many bytes long.
pub(crate) fn cut(text: &str, max: usize) -> &str {
    text.get(..text.floor_char_boundary(max)).unwrap_or(text)
}
