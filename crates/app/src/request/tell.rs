//! What customers are told of requests on their cases, in words: what is asked of them, and what became of it. Words
//! are those of the bundle under which it was asked for, in the language of then.

use super::{REQUESTS, change::LISTED_MAX, of_case};
use crate::{
    Governance, Journal, Parts,
    case::announce::{self, Telling},
    environment::clock::rfc3339,
    journal::delegations::stored_delegate,
    pipeline::sealing,
    refused::Refused,
};
use remit_domain::{
    Case, Event, Stream,
    deferral::Wording,
    id::{CaseId, Timestamp},
    request::{Asker, Confirming, Effect, Money, Request, RequestAsked, RequestChange, RequestEnded, RequestState},
};
use remit_store::Journal as _;
use serde::Serialize;
use utoipa::ToSchema;

/// Requests of one case that its customer is shown at once.
const SHOWN_MAX: usize = LISTED_MAX;
/// The newest requests of a case among which those are looked for that wait.
const LOOKED_AT_MAX: usize = 1_000;

/// A request as the customer is shown it who is to say yes or no.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AskedOfCustomer {
    /// Which.
    pub request: String,
    /// The hash of the exact request, which the answer names.
    pub hash: String,
    /// What people call what is asked for.
    pub title: String,
    /// Exactly what will be done.
    pub text: String,
    /// What it moves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<Money>,
    /// Who asks, in words.
    pub asked_by: String,
    /// The code beside which it is answered, in words, where a delegate shows one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Until when it can be answered.
    #[schema(format = DateTime)]
    pub due_at: String,
    /// The same in words.
    pub until: String,
    /// What became of it, in words; nothing while it waits for the customer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub became: Option<String>,
}

/// What a page says around requests, to be shown as it stands.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ConfirmTexts {
    /// What is asked of the customer.
    pub ask: String,
    /// Yes to one.
    pub yes: String,
    /// No to one.
    pub no: String,
    /// Yes to all that are shown.
    pub yes_all: String,
    /// No to all that are shown.
    pub no_all: String,
    /// That more wait than are shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub more: Option<String>,
}

/// What a page says around so many requests of a case that wait, where so many more do, in its customer's language.
pub(crate) fn texts(governance: &Governance, case: &Case, count: usize, more: usize) -> ConfirmTexts {
    let telling = Telling::now(governance, case);
    let (count, beyond) = (count.to_string(), more.to_string());
    ConfirmTexts {
        ask: telling.say("request_ask", &[]),
        yes: telling.say("request_yes", &[]),
        no: telling.say("request_no", &[]),
        yes_all: telling.say("request_yes_all", &[("count", &count)]),
        no_all: telling.say("request_no_all", &[("count", &count)]),
        more: (more > 0).then(|| telling.say("request_more", &[("count", &beyond)])),
    }
}

/// Requests of a case that wait for its customer, as many as are shown at once, the one that was asked for first before
/// the others; and how many more there are.
pub(crate) async fn waiting_of(
    journal: &Journal,
    case: CaseId,
    now: Timestamp,
) -> Result<(Vec<Request>, usize), Refused> {
    let store = &journal.store;
    let (of_case, mut waiting, mut last) = (of_case(case), Vec::new(), None);
    for _ in 0..LOOKED_AT_MAX / SHOWN_MAX {
        let page = of_case.page(store, last.as_deref(), SHOWN_MAX).await.map_err(Refused::internal)?;
        for entry in &page {
            let request = REQUESTS.get(store, &entry.id).await.map_err(Refused::internal)?;
            waiting.extend(request.map(|entry| entry.value).filter(|request| waits_for_customer(request, now)));
        }
        if page.len() < SHOWN_MAX {
            break;
        }
        last = page.last().map(|entry| entry.id.clone());
    }
    waiting.reverse();
    let more = waiting.len().saturating_sub(SHOWN_MAX);
    waiting.truncate(SHOWN_MAX);
    Ok((waiting, more))
}

/// The newest requests of a case, oldest first.
pub(crate) async fn requests_of(journal: &Journal, case: CaseId) -> Result<Vec<Request>, Refused> {
    let store = &journal.store;
    let mut requests = Vec::new();
    for entry in of_case(case).page(store, None, SHOWN_MAX).await.map_err(Refused::internal)?.iter().rev() {
        requests.extend(REQUESTS.get(store, &entry.id).await.map_err(Refused::internal)?.map(|entry| entry.value));
    }
    Ok(requests)
}

/// Whether a request waits for a yes or a no of the customer's.
pub(crate) fn waits_for_customer(request: &Request, now: Timestamp) -> bool {
    let waits = request.state == RequestState::Waiting && request.wanted.contains(&Confirming::Customer);
    waits && now < request.due
}

/// A request of a case as its customer is shown it; nothing once the words on the case were erased.
pub(crate) async fn asked(parts: &Parts, case: &Case, request: &Request) -> Result<Option<AskedOfCustomer>, Refused> {
    let (journal, vault, environment) = (&parts.journal, &parts.vault, &parts.environment);
    let Some(text) = sealing::open_words(journal, vault, environment, case, &request.shown).await? else {
        return Ok(None);
    };
    let telling = Telling::now(&parts.governance, case);
    let became = match waits_for_customer(request, environment.now()) {
        true => None,
        false => Some(became(parts, case, request).await?.unwrap_or_else(|| text.clone())),
    };
    let until = telling.say("request_until", &[("time", &telling.moment("request_until", request.due))]);
    let spec = parts.governance.bundle.requested(request.action.as_str());
    Ok(Some(AskedOfCustomer {
        request: request.id.to_string(),
        hash: request.hash.to_string(),
        title: spec.map_or_else(|| request.action.to_string(), |spec| spec.title.clone()),
        text,
        amount: request.amount.clone(),
        asked_by: asked_by(parts, &telling, request).await?,
        code: request.code.as_ref().map(|code| telling.say("request_code", &[("code", code)])),
        due_at: rfc3339(request.due),
        until,
        became,
    }))
}

/// Who asks, in words.
async fn asked_by(parts: &Parts, telling: &Telling<'_>, request: &Request) -> Result<String, Refused> {
    Ok(match &request.by {
        Asker::Responder { facts } => {
            telling.say("request_by_ai", &[("title", &telling.title(facts.responder.as_str()))])
        }
        Asker::Staff { staff, .. } => match parts.live.floor.staff(staff) {
            Some(known) => telling.say("request_by_person", &[("name", &known.first_name)]),
            None => telling.say("request_by_person", &[("name", &telling.say("a_colleague", &[]))]),
        },
        Asker::Customer { .. } => telling.say("request_by_you", &[]),
        Asker::Delegate(asker) => {
            let known = stored_delegate(&parts.journal, asker.delegate).await?;
            let name = known.map_or_else(|| asker.delegate.to_string(), |known| known.value.name);
            telling.say("request_by_delegate", &[("name", &name)])
        }
        Asker::Person { .. } => telling.say("request_by_person", &[("name", &telling.say("a_colleague", &[]))]),
        Asker::Integration { .. } => telling.say("request_by_us", &[("name", parts.governance.bundle.name())]),
    })
}

/// Something that the customer is told of a request.
#[derive(Debug)]
pub(crate) struct Notice {
    /// The place of what happened in the ledger.
    pub(crate) seq: u64,
    /// When.
    pub(crate) at: Timestamp,
    /// What is told; nothing once the words on the case were erased.
    pub(crate) text: Option<String>,
}

/// What the customer is told of a request while it goes on, after a place in the ledger, oldest first. How it ended is
/// told where its case knows of it.
pub(crate) async fn told_on(parts: &Parts, case: &Case, request: &Request, after: u64) -> Result<Vec<Notice>, Refused> {
    if !request.is_customers() {
        return Ok(Vec::new());
    }
    let (journal, vault, environment) = (&parts.journal, &parts.vault, &parts.environment);
    let stream = Stream::request(request.id).to_string();
    let rows = journal.store.records_of(&stream, 0, usize::MAX).await.map_err(Refused::internal)?;
    let (mut told, mut asked, mut now): (Vec<Notice>, Option<Box<RequestAsked>>, Option<Request>) = Default::default();
    for row in &rows {
        let event: Event = serde_json::from_slice(&row.body).map_err(Refused::internal)?;
        now = Request::after(now, &event);
        match (event, &asked, &now) {
            (Event::RequestAsked(first), ..) => asked = Some(first),
            (Event::RequestChanged(changed), Some(asked), Some(now)) if row.seq > after => {
                let Some(name) = name_of(&changed.change, now) else { continue };
                let shown = sealing::open_words(journal, vault, environment, case, &request.shown).await?;
                let bundle = announce::governing(&parts.governance, &parts.journal, &asked.decision.bundle).await;
                let language = announce::spoken(&asked.decision.signals);
                let say = |shown: String| bundle.texts().say(language, name, &[("shown", &shown)]);
                told.push(Notice { seq: row.seq, at: changed.at, text: shown.map(say) });
            }
            _ => {}
        }
    }
    Ok(told)
}

/// The text that tells what a request came to by a change, which is `now` what it is since.
fn name_of(change: &RequestChange, now: &Request) -> Option<&'static str> {
    let is_whole = now.state == RequestState::Confirmed;
    match change {
        RequestChange::Confirmed { confirmation } => match (confirmation.by.confirming(), is_whole) {
            (Confirming::Customer, true) => Some("request_agreed"),
            (Confirming::Customer, false) => Some("request_agreed_first"),
            (Confirming::Staff, true) => Some("request_under_way"),
            (Confirming::Staff, false) => None,
        },
        RequestChange::CarriedOut { effect: Effect::Unknown { .. } } => Some("request_unknown"),
        _ => None,
    }
}

/// How a request that has ended did, as its case notes it.
pub(super) fn end_of(request: &Request, wording: Option<Wording>, at: Timestamp) -> RequestEnded {
    let (reference, agrees) = match &request.effect {
        Some(Effect::Done { statement, agrees }) => (Some(statement.reference.clone()), Some(*agrees)),
        _ => (None, None),
    };
    RequestEnded {
        request: request.id,
        action: request.action.clone(),
        shown: request.shown.clone(),
        state: request.state,
        void: request.void,
        reference,
        agrees,
        wording,
        at,
    }
}

/// What became of a request that its customer answers no more, in words.
async fn became(parts: &Parts, case: &Case, request: &Request) -> Result<Option<String>, Refused> {
    if !request.state.is_final() {
        return Ok(told_on(parts, case, request, 0).await?.pop().and_then(|told| told.text));
    }
    let wording = Some(announce::wording(&parts.governance, case));
    Ok(announce::of_request(parts, case, &end_of(request, wording, parts.environment.now())).await)
}
