//! Consults: the member of staff who has a case asks another queue for advice, and keeps the case.

use crate::{
    Caller, Done, Parts, Repeat,
    access::auth,
    bounds::{self, bounded},
    case::counted::{CaseAnswer, shown},
    environment::clock::rfc3339,
    governance::resolve_names,
    operation::{AnswerConsultRefusal, AskConsultRefusal, ListConsultsRefusal},
    pipeline::{self, commit::Envelope, lease, load, sealing},
    refused::{Kind, Refused},
};
use remit_domain::{
    Case, Command, Event,
    case::Status,
    command::Effects,
    consult::Consult,
    id::{CaseId, ConsultId},
};
use remit_policy::actions::Permission;
use remit_store::{Collection, Entry, Expected, ItemWrite, Views as _};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A question to another queue.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AskConsult {
    /// The holder's lease.
    pub epoch: u64,
    /// The queue whose advice is asked for.
    pub queue: String,
    /// What is asked.
    #[schema(max_length = 32_768, min_length = 1)]
    pub question: String,
}

/// The advice.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AnswerConsult {
    /// Which consult.
    pub consult: String,
    /// What is advised.
    #[schema(max_length = 32_768, min_length = 1)]
    pub answer: String,
}

/// A question that nobody has answered yet.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ConsultView {
    /// Its identifier.
    pub id: String,
    /// The case.
    pub case: String,
    /// Whose advice is asked for.
    pub queue: String,
    /// Who asks.
    pub by: String,
    /// What is asked; nothing once the words were erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub question: Option<String>,
    /// Since when.
    #[schema(format = DateTime)]
    pub at: String,
}

/// Open consults, by identifier.
pub(crate) const CONSULTS: Collection<ConsultItem> = Collection::new("consult");

/// Open consults that are listed at most, the newest.
const LISTED_MAX: usize = 200;

/// A consult as stored beside its case.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct ConsultItem {
    case: CaseId,
    pub(crate) consult: Consult,
}

pub(crate) fn items(effects: &Effects) -> Vec<ItemWrite> {
    let expected = Expected::Any("it changes with its case alone, whose version is expected");
    let item = |event: &Event| match event {
        Event::ConsultAsked { id, consult } => {
            let item = ConsultItem { case: effects.case.id, consult: consult.clone() };
            CONSULTS.write(id.to_string(), expected, &item).ok()
        }
        Event::ConsultAnswered { id, .. } => Some(CONSULTS.forget(id.to_string(), expected)),
        _ => None,
    };
    effects.events.iter().filter_map(item).collect()
}

/// Asks another queue for advice on a case that the caller keeps.
///
/// # Errors
/// [`AskConsultRefusal`] says when each arises.
pub async fn ask_consult(
    parts: &Parts,
    caller: &Caller,
    repeat: Option<&Repeat>,
    id: &str,
    ask: AskConsult,
) -> Result<Done<CaseAnswer>, AskConsultRefusal> {
    let action = Permission::CONSULT_ASK;
    bounded("question", &ask.question, bounds::TEXT_MAX)?;
    let loaded =
        lease::load_under(&parts.governance, &parts.journal, &parts.environment, caller, action, id, Some(ask.epoch))
            .await?;
    let sealed = sealing::seal_on(&parts.journal, &parts.vault, &parts.environment, &loaded, &ask.question).await?;
    let queue = resolve_names::queue_named(&parts.governance, "queue", &ask.queue)?;
    let command = Command::Consult { epoch: ask.epoch, queue, question: sealed.words.clone() };
    let envelope = Envelope::on(loaded, command).with([sealed]).changing(items);
    Ok(pipeline::execute(parts, caller, repeat, Some(id), envelope, shown(&parts.environment, &parts.governance))
        .await?)
}

/// Gives the advice, as somebody who works in the queue that was asked, or as a lead.
///
/// # Errors
/// [`AnswerConsultRefusal`] says when each arises.
pub async fn answer_consult(
    parts: &Parts,
    caller: &Caller,
    repeat: Option<&Repeat>,
    id: &str,
    answer: AnswerConsult,
) -> Result<Done<CaseAnswer>, AnswerConsultRefusal> {
    let action = Permission::CONSULT_ANSWER;
    bounded("answer", &answer.answer, bounds::TEXT_MAX)?;
    let consult: ConsultId = answer.consult.parse().map_err(|error| Refused::invalid("consult", error))?;
    let loaded = load::load(&parts.governance, &parts.journal, &parts.environment, caller, action, id).await?;
    let case = &loaded.case;
    if let (Some(open), Some(staff)) = (case.consults.get(&consult), caller.principal.staff())
        && !parts.live.floor.works_in(staff, &open.queue)
    {
        let detail = "advice is given by those who work in the queue that was asked";
        return Err(Refused::new(Kind::Forbidden, detail).into());
    }
    let sealed = sealing::seal_on(&parts.journal, &parts.vault, &parts.environment, &loaded, &answer.answer).await?;
    let command = Command::AnswerConsult { consult, answer: sealed.words.clone() };
    let envelope = Envelope::on(loaded, command).with([sealed]).changing(items);
    Ok(pipeline::execute(parts, caller, repeat, Some(id), envelope, shown(&parts.environment, &parts.governance))
        .await?)
}

/// Questions that nobody has answered yet, the newest first; those to `queue`, or all: of them those that were asked of
/// a queue in which who asks works, and those on cases that they may read.
///
/// # Errors
/// [`ListConsultsRefusal`] says when each arises.
pub async fn consults(
    parts: &Parts,
    caller: &Caller,
    queue: Option<&str>,
) -> Result<Vec<ConsultView>, ListConsultsRefusal> {
    auth::permit(&parts.governance, &parts.live, &parts.environment, caller, Permission::STAFF_READ)?;
    let queue = queue.map(|name| resolve_names::queue_named(&parts.governance, "queue", name)).transpose()?;
    let mut views = Vec::new();
    for row in parts.journal.store.items_page(CONSULTS.kind(), None, LISTED_MAX).await.map_err(Refused::internal)? {
        let Ok(Entry { id, value: item, .. }) = CONSULTS.entry(row) else { continue };
        if queue.as_ref().is_some_and(|queue| *queue != item.consult.queue) {
            continue;
        }
        let case: Case =
            load::for_views(&parts.governance, &parts.journal, &parts.environment, &item.case.to_string()).await?;
        // A case that has ended needs no advice.
        let asked = case.consults.keys().any(|open| open.to_string() == id);
        if case.status != Status::Open || !asked {
            continue;
        }
        let works_there = |staff| parts.live.floor.works_in(staff, &item.consult.queue);
        if !caller.principal.staff().is_some_and(works_there)
            && !load::may(&parts.governance, &parts.environment, caller, Permission::CASE_READ, &case)
        {
            continue;
        }
        views.push(ConsultView {
            id,
            case: item.case.to_string(),
            queue: item.consult.queue.to_string(),
            by: item.consult.by.to_string(),
            question: sealing::open_words(
                &parts.journal,
                &parts.vault,
                &parts.environment,
                &case,
                &item.consult.question,
            )
            .await?,
            at: rfc3339(item.consult.at),
        });
    }
    Ok(views)
}
