//! Cases that delegates open for customers, and go on with.

use super::{opened, permitted, root, within};
use crate::{
    Caller, Done, Parts, Repeat,
    access::auth,
    case::{
        enrich, open,
        query::Page,
        request::{OpenCase, PostMessage},
        write,
    },
    chat::conversation::{ChatMessage, ChatStatus, MESSAGES_MAX, said_on, status_of},
    customer,
    field::sent::Sent,
    journal::delegations::{Delegated, cases_of},
    operation::{GetDelegatedCaseRefusal, ListDelegatedCasesRefusal, OpenDelegatedCaseRefusal, WriteDelegatedRefusal},
    pipeline::{self, load, measure},
    refused::{Kind, Refused},
};
use remit_domain::{
    case::{Channel, Status},
    command::Effects,
    delegation::Scope,
    id::CaseId,
};
use remit_policy::{actions::Permission, engine::ApiCase};
use remit_signals::written::written;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a delegate says for its customer, which opens a case.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OpenDelegatedCase {
    /// What is wanted, in words.
    #[schema(max_length = 32_768, min_length = 1)]
    pub text: String,
    /// Whether it is a question alone: nothing can be requested on it, and `support:ask` is enough.
    #[serde(default)]
    pub question: bool,
}

/// What a delegate adds to a case.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WriteDelegated {
    /// The words.
    #[schema(max_length = 32_768, min_length = 1)]
    pub text: String,
}

/// A case that was opened under a delegation.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DelegatedCaseView {
    /// Its identifier.
    pub case: String,
    /// Whether it is a question, on which nothing can be requested.
    pub question: bool,
}

/// A case that was opened under a delegation, with what was said on it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DelegatedConversation {
    /// Its identifier.
    pub case: String,
    /// Whether it is a question, on which nothing can be requested.
    pub question: bool,
    /// Who has it now, and what can be expected.
    pub status: ChatStatus,
    /// Messages, oldest first; `you` is the delegate, `customer` whom it represents.
    pub messages: Vec<ChatMessage>,
    /// Where the next page begins: send it as `after`. Nothing when this is the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// Opens a case for the customer.
///
/// # Errors
/// [`OpenDelegatedCaseRefusal`] says when each arises.
pub async fn open_delegated_case(
    parts: &Parts,
    caller: &Caller,
    repeat: Option<&Repeat>,
    said: OpenDelegatedCase,
) -> Result<Done<DelegatedCaseView>, OpenDelegatedCaseRefusal> {
    let question = said.question;
    let of = within(caller, if question { Scope::SupportAsk } else { Scope::CaseOpen })?;
    let open = OpenCase {
        customer: String::new(),
        text: said.text,
        channel: Channel::Api,
        requester: None,
        signals: Vec::new(),
        fields: Sent::new(),
        source: None,
        auto_submitted: Some("no".to_owned()),
    };
    open::may_open(&parts.governance, &parts.live, &parts.environment, caller, &open)?;
    let customer = customer::customer_of(&parts.journal, &parts.vault, &parts.environment, of.customer.clone()).await?;
    let now = parts.environment.now();
    let measured = measure::measure(&parts.governance, &parts.environment, &written(&open.text), now).await?;
    let enriched = enrich::enrich(parts, None, &customer.id, open.channel, &open.fields, now).await?;
    let mut envelope = open::opening_of(parts, caller, customer, &open, enriched, measured, now).await?;
    envelope.side.delegated = Some(Delegated {
        root: root(of)?,
        question,
        chain: of.chain.iter().map(|link| link.id).collect(),
        by: of.delegate,
    });
    envelope.side.expect.extend(of.expect.iter().cloned());
    let shown = |effects: &Effects| DelegatedCaseView { case: effects.case.id.to_string(), question };
    Ok(pipeline::execute(parts, caller, repeat, None, envelope, shown).await?)
}

/// The cases that were opened under the delegation, the newest first, from after a place on.
///
/// # Errors
/// [`ListDelegatedCasesRefusal`] says when each arises.
pub async fn list_delegated_cases(
    parts: &Parts,
    caller: &Caller,
    after: Option<&str>,
    limit: usize,
) -> Result<Page<DelegatedCaseView>, ListDelegatedCasesRefusal> {
    let of = permitted(caller, Permission::CASE_READ)?;
    // As of any case of theirs.
    let case = ApiCase { customer: Some(of.customer.as_str()), ..ApiCase::default() };
    auth::permit_on(&parts.governance, &parts.environment, caller, Permission::CASE_READ, case)?;
    if after.is_some_and(|after| after.parse::<CaseId>().is_err()) {
        return Err(Refused::invalid("after", "must be the `next` of the page before").into());
    }
    let all = cases_of(root(of)?).page(&parts.journal.store, after, limit).await.map_err(Refused::internal)?;
    let next = (all.len() == limit).then(|| all.last().map(|last| last.id.clone())).flatten();
    let view = |case: String, question| DelegatedCaseView { case, question };
    let own = all.into_iter().filter(|entry| entry.value.is_of(&of.chain));
    Ok(Page { items: own.map(|entry| view(entry.id, entry.value.question)).collect(), next })
}

/// A case that was opened under the delegation, with what was said on it after a place.
///
/// # Errors
/// [`GetDelegatedCaseRefusal`] says when each arises.
pub async fn get_delegated_case(
    parts: &Parts,
    caller: &Caller,
    case: &str,
    after: u64,
) -> Result<DelegatedConversation, GetDelegatedCaseRefusal> {
    let of = permitted(caller, Permission::CASE_READ)?;
    let known = opened(&parts.journal, of, case).await?;
    let (governance, journal, environment) = (&parts.governance, &parts.journal, &parts.environment);
    let case = load::case_for(governance, journal, environment, caller, Permission::CASE_READ, case).await?;
    let mut messages = Vec::new();
    said_on(parts, &case, after, Some(of.delegate), &mut messages).await?;
    messages.truncate(MESSAGES_MAX);
    let next = (messages.len() == MESSAGES_MAX).then(|| messages.last().map(|last| last.seq.to_string())).flatten();
    let status = status_of(parts, &case);
    Ok(DelegatedConversation { case: case.id.to_string(), question: known.question, status, messages, next })
}

/// Adds what a delegate says to a case that was opened under its delegation.
///
/// # Errors
/// [`WriteDelegatedRefusal`] says when each arises.
pub async fn write_delegated(
    parts: &Parts,
    caller: &Caller,
    repeat: Option<&Repeat>,
    case: &str,
    said: WriteDelegated,
) -> Result<Done<DelegatedCaseView>, WriteDelegatedRefusal> {
    let of = permitted(caller, write::POST)?;
    let known = opened(&parts.journal, of, case).await?;
    let (governance, journal, environment) = (&parts.governance, &parts.journal, &parts.environment);
    let loaded = load::load(governance, journal, environment, caller, write::POST, case).await?;
    if loaded.case.status == Status::Resolved {
        return Err(Refused::new(Kind::Conflict, "the case is resolved; open another one").into());
    }
    let message =
        PostMessage { text: said.text, epoch: None, marks: Vec::new(), auto_submitted: Some("no".to_owned()) };
    let view = DelegatedCaseView { case: case.to_owned(), question: known.question };
    // What is kept of the answer is for people who work here.
    write::post_on(parts, caller, repeat, loaded, message).await?;
    Ok(Done::Now { output: view, kept: None })
}
