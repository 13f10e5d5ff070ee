//! What became of a request, step by step, as its stream has it.

use super::view::{RequestStep, StepView, VerdictView};
use crate::{Journal, Vault, access::who, environment::clock::rfc3339, refused::Refused};
use remit_domain::{
    Event, Stream,
    id::Timestamp,
    request::{Request, RequestChange, RequestDecision},
};
use remit_store::Journal as _;

/// Every record of a request, oldest first, with when it was written.
pub(crate) async fn records(journal: &Journal, request: &Request) -> Result<Vec<(Timestamp, Event)>, Refused> {
    let stream = Stream::request(request.id).to_string();
    let rows = journal.store.records_of(&stream, 0, usize::MAX).await.map_err(Refused::internal)?;
    let event = |body: &[u8]| serde_json::from_slice(body).map_err(Refused::internal);
    rows.iter().map(|row| Ok((Timestamp(row.ts_ms), event(&row.body)?))).collect()
}

/// The newest record of policy's answer among them.
pub(crate) fn newest_decision(records: &[(Timestamp, Event)]) -> Option<&RequestDecision> {
    records.iter().rev().find_map(|(_, event)| event.request_decision())
}

/// The same as interfaces show them.
pub(super) async fn steps(
    journal: &Journal,
    vault: &Vault,
    records: &[(Timestamp, Event)],
) -> Result<Vec<StepView>, Refused> {
    let mut steps = Vec::with_capacity(records.len());
    for (at, event) in records {
        let step = match event {
            Event::RequestAsked(asked) => Some(RequestStep::Asked {
                decision: asked.decision.id.to_string(),
                verdict: VerdictView::of(&asked.decision),
            }),
            Event::RequestChanged(changed) => Some(step(journal, vault, &changed.change).await?),
            _ => None,
        };
        steps.extend(step.map(|step| StepView { at: rfc3339(*at), step }));
    }
    Ok(steps)
}

async fn step(journal: &Journal, vault: &Vault, change: &RequestChange) -> Result<RequestStep, Refused> {
    Ok(match change {
        RequestChange::Confirmed { confirmation } => RequestStep::Confirmed { confirmation: confirmation.into() },
        RequestChange::Declined { confirmation } => RequestStep::Declined { confirmation: confirmation.into() },
        RequestChange::Linked { by, .. } => RequestStep::Linked { by: who::named(journal, vault, by).await? },
        RequestChange::CodeShown { code, by } => RequestStep::CodeShown { code: code.clone(), by: by.to_string() },
        RequestChange::Withdrawn { by } => RequestStep::Withdrawn { by: who::named(journal, vault, by).await? },
        RequestChange::Expired => RequestStep::Expired,
        RequestChange::Voided { changed, decision } => RequestStep::Voided {
            changed: *changed,
            decision: decision.as_ref().map(|decision| decision.id.to_string()),
            verdict: decision.as_deref().map(VerdictView::of),
        },
        RequestChange::Executing { decision, .. } => {
            RequestStep::Executing { decision: decision.id.to_string(), verdict: VerdictView::of(decision) }
        }
        RequestChange::AskedAgain => RequestStep::AskedAgain,
        RequestChange::Concluded { effect, by } => {
            RequestStep::Concluded { effect: effect.into(), by: who::named(journal, vault, by).await? }
        }
        RequestChange::CarriedOut { effect } => RequestStep::CarriedOut { effect: effect.into() },
    })
}
