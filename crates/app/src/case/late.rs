//! Answers of AI responders that come too late, under a lease that is lost: refused, and on record.

use crate::{
    Caller, Journal, Parts,
    caller::principal::Job,
    environment::metrics::TurnLost,
    journal::stored_case::{self, Records},
    pipeline::{self, commit::Envelope},
    refused::{Kind, Refused},
};
use remit_domain::{
    Command, Event,
    id::{CaseId, ResponderId},
};
use remit_policy::actions::Permission;

/// An answer that came too late.
#[derive(Debug)]
pub(crate) struct LateAnswer<'a> {
    /// On which case.
    pub(crate) case: &'a str,
    /// Whose.
    pub(crate) responder: ResponderId,
    /// Under which lease.
    pub(crate) epoch: u64,
    /// The outbox row that asked for it, if one did.
    pub(crate) row: Option<&'a str>,
}

/// Counts a late answer and puts it on record. The row that asked for it goes with it, unless whatever made it late
/// has taken that away already.
///
/// # Errors
/// When the store refuses.
pub(crate) async fn note(parts: &Parts, late: LateAnswer<'_>) -> Result<(), Refused> {
    let LateAnswer { case, responder, epoch, row } = late;
    parts.environment.metrics.turn_lost(responder.as_str(), TurnLost::Late);
    let mut envelope = Envelope::new(Permission::MESSAGE_ANSWER, Command::NoteLate { responder, epoch });
    envelope.side.cancel.extend(row.map(str::to_owned));
    pipeline::execute(parts, &Caller::system(Job::Turns), None, Some(case), envelope, |_| ()).await.map(|_| ())
}

/// The same where `caller` answered through the interface and was `refused`, if it is an AI responder that had the
/// case `id` under the lease `epoch`: once for each lease, however often it tries.
///
/// # Errors
/// When the store refuses.
pub(super) async fn note_refused(
    parts: &Parts,
    caller: &Caller,
    id: &str,
    epoch: Option<u64>,
    refused: &Refused,
) -> Result<(), Refused> {
    let current = refused.members.get("current_epoch").and_then(serde_json::Value::as_u64);
    let (Kind::LeaseLost, Some(epoch), Some(current)) = (refused.kind, epoch, current) else { return Ok(()) };
    let (Some(responder), Ok(case)) = (caller.responder_alone(), id.parse::<CaseId>()) else {
        return Ok(());
    };
    if epoch >= current || is_noted(&parts.journal, case, &responder, epoch).await? {
        return Ok(());
    }
    note(parts, LateAnswer { case: id, responder, epoch, row: None }).await
}

async fn is_noted(journal: &Journal, id: CaseId, responder: &ResponderId, epoch: u64) -> Result<bool, Refused> {
    let Some(case) = stored_case::stored_case(journal, id).await? else { return Ok(true) };
    let said = |event: &Event| match event {
        Event::AnsweredTooLate { responder: by, epoch: under, .. } => by == responder && *under == epoch,
        _ => false,
    };
    Records::of(&case).any(journal, "answered_too_late", said).await
}
