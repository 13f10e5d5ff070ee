//! The requests for actions on a case, as whoever has it is told of them: what is asked for, how far it has come and
//! why it ended so, so that nobody asks for it twice or tells a customer of what did not happen.

use crate::{
    Parts,
    bounds::cut,
    environment::clock::rfc3339,
    pipeline::sealing,
    refused::Refused,
    request::{self, REQUESTS, history},
};
use remit_domain::{
    Case, Event,
    id::Timestamp,
    request::{Agreement, Asker, Changed, Confirming, Effect, Request, RequestChange, RequestState},
};
use remit_policy::action::money_in_words;
use remit_responders::TurnRequest;

/// So many of them are told, the newest.
const TOLD_MAX: usize = 12;
/// Bytes of what is asked for that are told.
const SHOWN_MAX: usize = 600;
/// Bytes of a reason that are told.
const WHY_MAX: usize = 400;

/// The newest requests of a case, the newest first.
pub(super) async fn of_case(parts: &Parts, case: &Case) -> Result<Vec<TurnRequest>, Refused> {
    let store = &parts.journal.store;
    let listed = request::of_case(case.id).page(store, None, TOLD_MAX).await.map_err(Refused::internal)?;
    let mut told = Vec::with_capacity(listed.len());
    for entry in &listed {
        if let Some(request) = REQUESTS.get(store, &entry.id).await.map_err(Refused::internal)? {
            told.push(told_of(parts, case, &request.value).await?);
        }
    }
    Ok(told)
}

async fn told_of(parts: &Parts, case: &Case, request: &Request) -> Result<TurnRequest, Refused> {
    // What policy denied may be somebody else's, and is told by its title alone.
    let shown = match request.is_denied() {
        true => None,
        false => sealing::open_words(&parts.journal, &parts.vault, &parts.environment, case, &request.shown).await?,
    };
    let title = || {
        let spec = parts.governance.bundle.requested(request.action.as_str());
        spec.map_or_else(|| request.action.to_string(), |spec| spec.title.clone())
    };
    let waits = request.state == RequestState::Waiting;
    let stated = match &request.effect {
        Some(Effect::Done { statement, .. }) => Some(statement),
        _ => None,
    };
    let why = why(&history::records(&parts.journal, request).await?, request);
    Ok(TurnRequest {
        id: request.id.to_string(),
        action: request.action.to_string(),
        shown: cut(&shown.unwrap_or_else(title), SHOWN_MAX).to_owned(),
        asked_by: match &request.by {
            Asker::Responder { facts } => facts.responder.to_string(),
            other => other.kind().to_owned(),
        },
        state: request.state.as_str().to_owned(),
        waits_for: request.wanted.iter().filter(|_| waits).map(|wanted| wanted.as_str().to_owned()).collect(),
        until: waits.then(|| rfc3339(request.due)),
        reference: stated.map(|stated| stated.reference.clone()),
        amount: stated.and_then(|stated| stated.amount.as_ref()).map(money_in_words),
        why: why.map(|why| cut(&why, WHY_MAX).to_owned()),
    })
}

/// Why nothing was done, or what is not sure of what was.
fn why(records: &[(Timestamp, Event)], request: &Request) -> Option<String> {
    match (request.state, &request.effect) {
        (RequestState::Declined, _) => {
            let said_no = records.iter().find_map(|(_, event)| match event {
                Event::RequestChanged(changed) => match &changed.change {
                    RequestChange::Declined { confirmation } => Some(confirmation.by.confirming()),
                    _ => None,
                },
                _ => None,
            });
            Some(match said_no {
                Some(Confirming::Customer) => "the customer said no to it".to_owned(),
                Some(Confirming::Staff) => "a member of staff said no to it".to_owned(),
                None => denied(records),
            })
        }
        (RequestState::Expired, _) => Some("nobody said yes to it in time".to_owned()),
        (RequestState::Withdrawn, _) => Some(match request.void {
            None => "it was taken back".to_owned(),
            Some(changed) => format!("it was no longer what was confirmed: {}", what_changed(changed)),
        }),
        (RequestState::Failed, Some(Effect::Failed { why })) => Some(format!("it was refused: {why}")),
        (RequestState::Unknown, Some(Effect::Unknown { why, .. })) => {
            Some(format!("whether it was done is not known yet, and is being found out: {why}"))
        }
        (RequestState::Done, Some(Effect::Done { agrees: Agreement::Differs | Agreement::Unknown, .. })) => {
            Some("what was done may be something else than what was asked for; a person looks at it".to_owned())
        }
        _ => None,
    }
}

/// By which rules policy denied it, and what would change that.
fn denied(records: &[(Timestamp, Event)]) -> String {
    let Some(decision) = history::newest_decision(records) else { return "policy denied it".to_owned() };
    let verdict = &decision.verdict;
    let reasons = verdict.policies.iter().filter_map(|id| decision.policies.get(id));
    let mut why: Vec<String> = reasons.map(|note| note.reason.trim_end_matches('.').to_owned()).collect();
    if why.is_empty() {
        why.push("no policy permits it".to_owned());
    }
    why.extend(verdict.requestable.iter().map(|change| format!("it would change: {}", change.what)));
    format!("policy denied it: {}", why.join("; "))
}

fn what_changed(changed: Changed) -> &'static str {
    match changed {
        Changed::Bundle => "other rules are in force",
        Changed::Case => "the case had ended",
        Changed::Erased => "the customer was erased",
        Changed::Asker => "who asked for it works here no more",
        Changed::Confirmer => "who said yes to it may say so no more",
        Changed::Holder => "somebody else has the case",
        Changed::Fact => "something that was true of it is no longer so",
        Changed::Verdict => "policy no longer permits it",
        Changed::Untold => "what is true of it was not said in time",
    }
}

/// A request in a line, for whoever reads what the next holder is handed.
pub(super) fn line(request: &TurnRequest) -> String {
    let mut line = format!("{} asked for this: \"{}\" It is {}", request.asked_by, request.shown, request.state);
    if let Some(until) = &request.until {
        line.push_str(&format!(" for {} until {until}", request.waits_for.join(" and ")));
    }
    if let Some(reference) = &request.reference {
        line.push_str(&format!(", as {reference}"));
    }
    if let Some(amount) = &request.amount {
        line.push_str(&format!(", {amount}"));
    }
    if let Some(why) = &request.why {
        line.push_str(&format!(": {}", why.trim_end_matches('.')));
    }
    line.push('.');
    line
}
