//! Answers that AI responders give through the interface under a lease that is lost: refused, and on record.

use crate::{
    Caller, Parts,
    caller::principal::Job,
    environment::metrics::TurnLost,
    journal::stored_case::{self, Records},
    pipeline::{self, commit::Act},
    refused::{Kind, Refused},
};
use remit_domain::{
    Command, Event,
    id::{CaseId, ResponderId},
};

/// Puts on record that `caller` answered under the lease `epoch` of the case `id` and was `refused`, where it is an AI
/// responder that came too late: once for each lease, however often it tries.
///
/// # Errors
/// When the store refuses.
pub(super) async fn note(
    parts: &Parts,
    caller: &Caller,
    id: &str,
    epoch: Option<u64>,
    refused: &Refused,
) -> Result<(), Refused> {
    let responder = caller.principal.responder().filter(|_| caller.is_responder_alone());
    let current = refused.members.get("current_epoch").and_then(serde_json::Value::as_u64);
    let (Kind::LeaseLost, Some(epoch), Some(current)) = (refused.kind, epoch, current) else { return Ok(()) };
    let (Some(Ok(responder)), Ok(case)) = (responder.map(ResponderId::new), id.parse::<CaseId>()) else {
        return Ok(());
    };
    if epoch >= current || is_noted(parts, case, &responder, epoch).await? {
        return Ok(());
    }
    parts.environment.metrics.turn_lost(responder.as_str(), TurnLost::Late);
    let act = Act::new("message.answer", Command::NoteLate { responder, epoch });
    pipeline::execute(parts, &Caller::system(Job::Turns), None, Some(id), act, |_| ()).await.map(|_| ())
}

async fn is_noted(parts: &Parts, id: CaseId, responder: &ResponderId, epoch: u64) -> Result<bool, Refused> {
    let Some(case) = stored_case::stored_case(&parts.journal, id).await? else { return Ok(true) };
    let said = |event: &Event| match event {
        Event::AnsweredTooLate { responder: by, epoch: under, .. } => by == responder && *under == epoch,
        _ => false,
    };
    Records::of(&case).any(&parts.journal, "answered_too_late", said).await
}
