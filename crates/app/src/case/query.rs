//! What is read of cases: lists, messages and timelines.

use crate::{
    Caller, Governance, Journal, Parts,
    access::{auth, who},
    case::{announce, attachment::AttachmentView, complete, fields, view::CaseView},
    environment::clock::rfc3339,
    operation::{GetCaseRefusal, ListCasesRefusal, ListMessagesRefusal, ListTimelineRefusal},
    pipeline::{found_by, load, sealing},
    refused::Refused,
};
use remit_domain::{
    Case, Event, Stream,
    automatic::AutoSubmitted,
    case::Author,
    event::Words,
    id::{CaseId, FieldName, IdError, Timestamp},
    schema::RecordedEvent,
    signal::OWN_SOURCE,
};
use remit_policy::actions::Permission;
use remit_signals::written::written;
use remit_store::{CaseFilter, Journal as _, RecordRow, Views as _};
use serde::Serialize;
use std::{collections::BTreeMap, str::FromStr};
use utoipa::ToSchema;

/// One page of a list.
#[derive(Debug, Clone, Serialize)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// Where the next page begins: send it as `after`. Nothing when this is the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// Whether a page can begin after this, where it is told: the `next` of a page of a list by identifiers of this kind.
///
/// # Errors
/// [`Kind::Invalid`](crate::refused::Kind::Invalid) where it is no such identifier.
pub(crate) fn begins_after<I: FromStr<Err = IdError>>(after: Option<&str>) -> Result<(), Refused> {
    let read = |after: &str| after.parse::<I>().map_err(|error| Refused::invalid("after", error));
    after.map_or(Ok(()), |after| read(after).map(drop))
}

/// A message.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct MessageView {
    /// Its identifier.
    pub id: String,
    /// Who wrote: `requester`, the name of the holder or the member of staff, or `remit` where the customer is told who
    /// has the case now.
    pub author: String,
    /// The name of the delegate that wrote it for the requester, where one did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delegate: Option<String>,
    /// What it says; nothing once the words were erased.
    pub text: Option<String>,
    /// What of a customer's message is read, where that is not all of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read: Option<ReadPart>,
    /// What the search among articles found that it was made from, with the scores, where one was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub found: Option<String>,
    /// There where a machine sent it: `auto-generated`, `auto-replied` or `auto-notified`. Nothing of it is read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auto_submitted: Option<&'static str>,
    /// Files that came with it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<AttachmentView>,
    /// When.
    #[schema(format = DateTime)]
    pub at: String,
    /// Its place in the ledger.
    pub seq: u64,
}

/// What of a message was written now, which is what is read of it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ReadPart {
    /// As plain text; empty where nothing was.
    pub text: String,
    /// What was left out, in the order of the message: `quote`, `forward`, `signature` or `disclaimer`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<&'static str>,
}

impl MessageView {
    /// What Remit tells the customer.
    fn of_remit(id: String, text: String, at: Timestamp, seq: u64) -> Self {
        Self {
            id,
            author: OWN_SOURCE.to_owned(),
            delegate: None,
            text: Some(text),
            read: None,
            found: None,
            auto_submitted: None,
            attachments: Vec::new(),
            at: rfc3339(at),
            seq,
        }
    }
}

impl ReadPart {
    fn of(text: &str) -> Option<Self> {
        let message = written(text);
        (message.html || !message.left.is_empty()).then(|| Self {
            left_out: message.left.iter().map(|part| part.kind.as_str()).collect(),
            text: message.now.into_owned(),
        })
    }
}

/// One event of a case or of another stream, as recorded.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TimelineItem {
    /// Its place in the ledger.
    pub seq: u64,
    /// When.
    #[schema(format = DateTime)]
    pub at: String,
    /// Who caused it, by the name of their token.
    pub by: String,
    /// The delegate's name, where one did it for the customer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delegate: Option<String>,
    /// The event as recorded, with commitments in place of words. Readings and candidates are tables: `columns` names
    /// what each of the `rows` holds.
    #[schema(value_type = RecordedEvent)]
    pub event: serde_json::Value,
    /// The words that the event commits to, while they exist.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub words: Option<String>,
    /// What of a customer's message is read, where that is not all of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read: Option<ReadPart>,
    /// What the customer was told of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub told: Option<String>,
    /// The rules for words that it rests on: where each comes from, who owns it and why it is there, in the bundle in
    /// force.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<String>,
    /// Fields that it set, and whose values who asks may not see.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<String>)]
    pub withheld: Vec<FieldName>,
}

/// Most items of one page.
pub const PAGE_MAX: usize = 200;

/// A case.
///
/// # Errors
/// [`GetCaseRefusal`] says when each arises.
pub async fn case(parts: &Parts, caller: &Caller, id: &str) -> Result<CaseView, GetCaseRefusal> {
    let case = load::case_for(&parts.governance, &parts.journal, &parts.environment, caller, Permission::CASE_READ, id)
        .await?;
    let mut view = complete::case_view(parts, &case).await?;
    for (deferral, shown) in case.deferrals.values().zip(&mut view.deferrals) {
        if let Some(note) = &deferral.note {
            shown.note = sealing::open_words(&parts.journal, &parts.vault, &parts.environment, &case, note).await?;
        }
    }
    Ok(CaseView {
        fields: fields::views(parts, caller, &case).await?,
        customer_facts: fields::facts(parts, caller, &case).await?,
        ..view
    })
}

/// Cases, newest first; where `fields` names any, those that have exactly these values.
///
/// # Errors
/// [`ListCasesRefusal`] says when each arises.
pub async fn cases(
    parts: &Parts,
    caller: &Caller,
    filter: &CaseFilter,
    fields: &BTreeMap<String, String>,
    after: Option<&str>,
    limit: usize,
) -> Result<Page<CaseView>, ListCasesRefusal> {
    auth::permit(&parts.governance, &parts.live, &parts.environment, caller, Permission::CASE_LIST)?;
    begins_after::<CaseId>(after)?;
    if !fields.is_empty() {
        let wanted = fields::wanted(&parts.governance.bundle, fields)?;
        let (cases, next) = found_by::cases(parts, &wanted, filter, after, limit).await?;
        let mut items = Vec::with_capacity(cases.len());
        for case in &cases {
            items.push(complete::case_view(parts, case).await?);
        }
        return Ok(Page { items, next });
    }
    let rows = parts.journal.store.cases(filter, after, limit).await.map_err(Refused::internal)?;
    let next = (rows.len() == limit).then(|| rows.last().map(|row| row.id.clone())).flatten();
    let mut items = Vec::with_capacity(rows.len());
    for row in &rows {
        let case = serde_json::from_slice(&row.state).map_err(Refused::internal)?;
        items.push(complete::case_view(parts, &case).await?);
    }
    Ok(Page { items, next })
}

/// The messages of a case, oldest first.
///
/// # Errors
/// [`ListMessagesRefusal`] says when each arises.
pub async fn messages(
    parts: &Parts,
    caller: &Caller,
    id: &str,
    after: u64,
    limit: usize,
) -> Result<Page<MessageView>, ListMessagesRefusal> {
    let case = load::case_for(&parts.governance, &parts.journal, &parts.environment, caller, Permission::CASE_READ, id)
        .await?;
    let (rows, next) = records_of(&parts.journal, &Stream::case(case.id), after, limit).await?;
    let mut items = Vec::new();
    for row in rows {
        let event: Event = serde_json::from_slice(&row.body).map_err(Refused::internal)?;
        items.extend(message_view(parts, &case, &event, &row).await?);
    }
    Ok(Page { items, next })
}

/// The message that an event holds, if it holds one.
async fn message_view(
    parts: &Parts,
    case: &Case,
    event: &Event,
    row: &RecordRow,
) -> Result<Option<MessageView>, Refused> {
    let seq = row.seq;
    Ok(match event {
        Event::CaseOpened { message, at, .. } | Event::MessageAdded { message, at } => {
            let text =
                sealing::open_words(&parts.journal, &parts.vault, &parts.environment, case, &message.words).await?;
            Some(MessageView {
                id: message.id.to_string(),
                author: match &message.author {
                    Author::Requester => "requester".to_owned(),
                    Author::Holder { staff: Some(staff), .. } => staff.to_string(),
                    Author::Holder { holder, .. } => holder.name().to_owned(),
                },
                delegate: who::delegate_named(&parts.journal, &row.actor).await?,
                found: message.found.as_ref().map(|found| found.told()),
                read: text.as_deref().filter(|_| asks(event)).and_then(ReadPart::of),
                text,
                auto_submitted: message.auto_submitted.map(AutoSubmitted::as_str),
                attachments: message.attachments.iter().map(AttachmentView::from).collect(),
                at: rfc3339(*at),
                seq,
            })
        }
        Event::DecisionMade { decision, handoff: Some(_) } => told_of(parts, case, event)
            .await
            .map(|text| MessageView::of_remit(decision.id.to_string(), text, decision.at, seq)),
        Event::CaseDeferred { deferral } => told_of(parts, case, event)
            .await
            .map(|text| MessageView::of_remit(format!("put-off-{seq}"), text, deferral.at, seq)),
        Event::RequestEnded(ended) => told_of(parts, case, event)
            .await
            .map(|text| MessageView::of_remit(format!("ended-{}", ended.request), text, ended.at, seq)),
        _ => None,
    })
}

/// Everything that happened to a case, oldest first.
///
/// # Errors
/// [`ListTimelineRefusal`] says when each arises.
pub async fn timeline(
    parts: &Parts,
    caller: &Caller,
    id: &str,
    after: u64,
    limit: usize,
) -> Result<Page<TimelineItem>, ListTimelineRefusal> {
    let case = load::case_for(&parts.governance, &parts.journal, &parts.environment, caller, Permission::CASE_READ, id)
        .await?;
    let (rows, next) = records_of(&parts.journal, &Stream::case(case.id), after, limit).await?;
    let mut items = Vec::with_capacity(rows.len());
    for row in rows {
        let mut event: Event = serde_json::from_slice(&row.body).map_err(Refused::internal)?;
        let withheld = fields::withhold(parts, caller, &mut event);
        let words = match words_of(&event) {
            Some(words) => sealing::open_words(&parts.journal, &parts.vault, &parts.environment, &case, words).await?,
            None => None,
        };
        items.push(TimelineItem {
            seq: row.seq,
            at: rfc3339(Timestamp(row.ts_ms)),
            by: who::named(&parts.journal, &parts.vault, &row.actor).await?,
            delegate: who::delegate_named(&parts.journal, &row.actor).await?,
            event: serde_json::to_value(&event).map_err(Refused::internal)?,
            read: words.as_deref().filter(|_| asks(&event)).and_then(ReadPart::of),
            words,
            told: told_of(parts, &case, &event).await,
            rules: rules_of(&parts.governance, &event),
            withheld,
        });
    }
    Ok(Page { items, next })
}

/// The rules for words that an event rests on, each once.
fn rules_of(governance: &Governance, event: &Event) -> Vec<String> {
    let mut ids: Vec<&String> = match event {
        Event::SignalsMeasured { readings, .. } => readings.iter().flat_map(|(_, one)| &one.because).collect(),
        Event::SituationNoted { noted, .. } => noted.because.iter().collect(),
        _ => Vec::new(),
    };
    ids.sort();
    ids.dedup();
    let readings = governance.bundle.readings();
    ids.into_iter().filter(|id| readings.rule(id).is_some()).filter_map(|id| readings.told(id)).collect()
}

/// What the customer was told of an event, in words.
async fn told_of(parts: &Parts, case: &Case, event: &Event) -> Option<String> {
    match event {
        // What was told with a handoff is told once.
        Event::CaseDeferred { deferral } if deferral.told => None,
        Event::CaseDeferred { deferral } => {
            announce::of_deferral(&parts.governance, &parts.journal, case, deferral).await
        }
        Event::DecisionMade { decision, handoff: Some(handoff) } => {
            announce::of_handoff(parts, decision, handoff).await
        }
        Event::RequestEnded(ended) => announce::of_request(parts, case, ended).await,
        _ => None,
    }
}

/// A page of a stream's records, and where the next one begins.
pub(crate) async fn records_of(
    journal: &Journal,
    stream: &Stream,
    after: u64,
    limit: usize,
) -> Result<(Vec<RecordRow>, Option<String>), Refused> {
    let rows = journal.store.records_of(&stream.to_string(), after, limit).await.map_err(Refused::internal)?;
    let next = (rows.len() == limit).then(|| rows.last().map(|row| row.seq.to_string())).flatten();
    Ok((rows, next))
}

/// Whether an event is of a message that is read.
fn asks(event: &Event) -> bool {
    let (Event::CaseOpened { message, .. } | Event::MessageAdded { message, .. }) = event else { return false };
    message.author == Author::Requester && message.auto_submitted.is_none()
}

fn words_of(event: &Event) -> Option<&Words> {
    match event {
        Event::CaseOpened { message, .. } | Event::MessageAdded { message, .. } => Some(&message.words),
        Event::DecisionMade { handoff, .. } => handoff.as_ref().and_then(|handoff| handoff.package.note.as_ref()),
        Event::ExceptionRaised { reason, .. } | Event::ExceptionResolved { reason, .. } => reason.as_ref(),
        Event::CaseReopened { reason, .. } | Event::SituationEnded { reason, .. } => Some(reason),
        Event::ExceptionGivenUp(given_up) => Some(&given_up.reason),
        Event::CaseResolved { note, .. } | Event::ActionEnded { note, .. } | Event::HandoverDeclined { note, .. } => {
            note.as_ref()
        }
        Event::ConsultAsked { consult, .. } => Some(&consult.question),
        Event::ConsultAnswered { answer, .. } => Some(answer),
        Event::NoteLeft { note, .. } => Some(note),
        Event::RequestNoted(noted) => Some(&noted.shown),
        Event::RequestEnded(ended) => Some(&ended.shown),
        Event::CaseDeferred { deferral } => deferral.note.as_ref(),
        Event::ActionAsked { decision } => Some(&decision.arguments),
        Event::SignalsMeasured { .. }
        | Event::FieldsSet { .. }
        | Event::EnrichmentMissed { .. }
        | Event::HumanWishEnded { .. }
        | Event::SituationNoted { .. }
        | Event::OfferMade { .. }
        | Event::OfferEnded { .. }
        | Event::OfferWithheld { .. }
        | Event::CallbackDue { .. }
        | Event::DeferralEnded { .. }
        | Event::CaseAwaited { .. }
        | Event::StaffRemoved { .. }
        | Event::TokenNameForgotten { .. }
        | Event::AccountChanged(_)
        | Event::SessionStarted(_)
        | Event::SessionEnded(_)
        | Event::SignInRefused(_)
        | Event::ExceptionEscalated { .. }
        | Event::AiStopped { .. }
        | Event::AiResumed { .. }
        | Event::OutcomesReset { .. }
        | Event::BundleActivated { .. }
        | Event::TokenMade { .. }
        | Event::TokenRevoked { .. }
        | Event::StaffNoted { .. }
        | Event::PresenceSet { .. }
        | Event::ChatStarted { .. }
        | Event::SubscriptionMade { .. }
        | Event::DelegateRegistered(_)
        | Event::DelegateChanged(_)
        | Event::ConsentAsked(_)
        | Event::ConsentEnded(_)
        | Event::DelegationGranted(_)
        | Event::DelegationChanged(_)
        | Event::DelegationUsed(_)
        | Event::AgentKnocked(_)
        | Event::IssuerRegistered(_)
        | Event::IssuerChanged(_)
        | Event::BaselineChanged(_)
        | Event::SubscriptionChanged { .. }
        | Event::SubscriptionDeleted(_)
        | Event::ExceptionTaken { .. }
        | Event::FeedbackGiven { .. }
        | Event::ContactedAgain { .. }
        | Event::AnsweredTooLate { .. }
        | Event::RequestAsked(_)
        | Event::RequestChanged(_)
        | Event::Reconciled(_)
        | Event::CaseAbsorbed { .. }
        | Event::WordsErased { .. }
        | Event::CustomerFactsSet { .. }
        | Event::CustomerErased { .. }
        | Event::ErasureCompleted(_) => None,
    }
}
