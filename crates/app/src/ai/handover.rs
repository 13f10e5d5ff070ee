//! The context package of a case, opened: what the next holder needs to know, and the conversation so far.

use crate::{
    Caller, Environment, Journal, Parts, Vault,
    access::who,
    ai::{left_behind, requests},
    bounds::cut,
    case::{
        announce, complete, fields,
        view::{CaseView, DecisionSummary, MessageFrom},
    },
    environment::clock::rfc3339,
    field::view::FieldView,
    journal::stored_case::Records,
    operation::GetContextRefusal,
    pipeline::{conversation, facts, load, sealing},
    refused::Refused,
};
use remit_domain::{
    Case, Event,
    event::Words,
    id::{MessageId, Timestamp},
};
use remit_policy::actions::Permission;
use remit_responders::TurnRequest;
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
/// [`GetContextRefusal`] says when each arises.
pub async fn context_of(parts: &Parts, caller: &Caller, id: &str) -> Result<ContextView, GetContextRefusal> {
    let case = load::case_for(&parts.governance, &parts.journal, &parts.environment, caller, Permission::CASE_READ, id)
        .await?;
    let (mut told, mut notes, mut decisions) = (Vec::new(), Vec::new(), Vec::new());
    let mut records = Records::of(&case);
    while let Some(row) = records.next(&parts.journal).await? {
        let mut left: Option<Words> = None;
        match serde_json::from_slice(&row.body).map_err(Refused::internal)? {
            Event::DecisionMade { decision, handoff } => {
                if let Some(handoff) = handoff {
                    told.extend(announce::of_handoff(parts, &decision, &handoff).await);
                    left = handoff.package.note;
                }
                decisions.push(DecisionSummary::from(&*decision));
            }
            Event::ConsultAnswered { answer, .. } => left = Some(answer),
            Event::ActionEnded { note: Some(words), .. } | Event::NoteLeft { note: words, .. } => left = Some(words),
            _ => {}
        }
        if let Some(words) = left
            && let Some(text) =
                sealing::open_words(&parts.journal, &parts.vault, &parts.environment, &case, &words).await?
        {
            notes.push(NoteView { by: who::named(&parts.journal, &parts.vault, &row.actor).await?, text });
        }
    }
    let conversation = conversation::conversation(parts, &case).await?;
    let fields = fields::views(parts, caller, &case).await?;
    let known = fields::facts(parts, caller, &case).await?;
    let about: Vec<FieldView> = fields.iter().chain(&known).cloned().collect();
    Ok(ContextView {
        summary: summary(parts, &case, &about, &requests::of_case(parts, &case).await?, parts.environment.now())
            .await?,
        conversation: conversation.into_iter().map(MessageFrom::from).collect(),
        case: CaseView { fields, customer_facts: known, needs: Vec::new(), ..complete::case_view(parts, &case).await? },
        told: newest(told, HISTORY_MAX),
        notes: newest(notes, HISTORY_MAX),
        decisions: newest(decisions, HISTORY_MAX),
    })
}

/// What the messages say in which something was promised or refused, while their words exist.
async fn marked(
    journal: &Journal,
    vault: &Vault,
    environment: &Environment,
    case: &Case,
) -> Result<HashMap<MessageId, String>, Refused> {
    let mut quoted = HashMap::new();
    if case.promised.is_empty() && case.refused.is_empty() {
        return Ok(quoted);
    }
    let mut records = Records::of(case);
    while let Some(row) = records.next(journal).await? {
        if row.kind != "message_added" {
            continue;
        }
        let event: Event = serde_json::from_slice(&row.body).map_err(Refused::internal)?;
        if let Event::MessageAdded { message, .. } = event
            && (case.promised.contains(&message.id) || case.refused.contains(&message.id))
            && let Some(text) = sealing::open_words(journal, vault, environment, case, &message.words).await?
        {
            quoted.insert(message.id, text);
        }
    }
    Ok(quoted)
}

/// The context package in words: what the next holder needs to know beside the conversation, and beside the `requests`
/// of the case where those are told in another way.
pub(crate) async fn summary(
    parts: &Parts,
    case: &Case,
    fields: &[FieldView],
    requests: &[TurnRequest],
    now: Timestamp,
) -> Result<String, Refused> {
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
    for field in fields {
        let value = fields::told(field, &parts.governance.bundle.terms().economics.currency.0);
        let _ = writeln!(text, "{}: {value}.", field.title);
    }
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
        let to = announce::title(&parts.governance.bundle, question.to.as_str());
        let _ = writeln!(text, "The customer's last message looks like a matter for {to}: hand over, or keep it?");
    }
    for tried in &case.tried {
        let reason = tried.reason.and_then(|reason| serde_json::to_value(reason).ok());
        let reason = reason.and_then(|value| value.as_str().map(|text| text.replace('_', " ")));
        let why = reason.unwrap_or_else(|| "policy took it away".to_owned());
        let _ = writeln!(text, "{} had it before: {why}.", tried.responder);
    }
    for line in left_behind::left_behind(parts, case).await? {
        let _ = writeln!(text, "{line}");
    }
    let quoted = marked(&parts.journal, &parts.vault, &parts.environment, case).await?;
    for (ids, says) in [(&case.promised, "Promised to the customer"), (&case.refused, "Refused to the customer")] {
        for said in ids.iter().filter_map(|id| quoted.get(id)) {
            let _ = writeln!(text, "{says}: \"{}\"", cut(said, QUOTED_MAX));
        }
    }
    for open in case.actions.values() {
        let action = open.action.as_str().replace('_', " ");
        let arguments = sealing::open_words(&parts.journal, &parts.vault, &parts.environment, case, &open.arguments)
            .await?
            .unwrap_or_default();
        let _ = writeln!(text, "To be done, permitted, asked for by {}: {action} {arguments}.", open.asked_by);
    }
    for request in requests {
        let _ = writeln!(text, "{}", requests::line(request));
    }
    for open in case.consults.values() {
        let question = sealing::open_words(&parts.journal, &parts.vault, &parts.environment, case, &open.question)
            .await?
            .unwrap_or_default();
        let _ = writeln!(text, "{} asked {} for advice: \"{}\"", open.by, open.queue, cut(&question, QUOTED_MAX));
    }
    for from in &case.absorbed {
        let _ = writeln!(text, "Case {from}, the same request, ended in this one.");
    }
    if let Some(told) = announce::last_told(parts, case).await? {
        let _ = writeln!(text, "The customer was told: \"{told}\"");
    }
    for exception in case.exceptions.values() {
        let kind = exception.kind.as_str().replace('_', " ");
        let _ = writeln!(text, "Open exception: {kind}, owned by {}.", exception.owner);
    }
    Ok(text)
}
