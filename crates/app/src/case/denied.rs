//! Answers of AI responders that policy denies: on record, told to whoever answers for the case, and the case goes on.

use crate::{
    Caller, Parts, bounds,
    caller::principal::Job,
    customer::erased,
    environment::metrics::TurnLost,
    journal::stored_case,
    pipeline::{self, commit::Envelope, load, sealing},
    refused::{Kind, Refused},
};
use remit_domain::{
    Case, Command,
    case::{Holder, Status},
    id::{CaseId, ResponderId},
};
use remit_policy::actions::Permission;

/// A turn that policy denied.
#[derive(Debug)]
pub(crate) struct DeniedTurn<'a> {
    /// Whose.
    pub(crate) responder: &'a ResponderId,
    /// Under which lease.
    pub(crate) epoch: u64,
    /// The outbox row that asked for it, if one did.
    pub(crate) row: Option<&'a str>,
}

/// Policy does not let an AI responder do what it is there for: whoever answers for the case has to see to it, and
/// the case goes on without it, in one commit.
///
/// # Errors
/// When the store refuses.
pub(crate) async fn note(parts: &Parts, case: Case, denied: DeniedTurn<'_>, refused: &Refused) -> Result<(), Refused> {
    let DeniedTurn { responder, epoch, row } = denied;
    let id = case.id.to_string();
    parts.environment.metrics.turn_lost(responder.as_str(), TurnLost::Denied);
    tracing::error!(case = id, %responder, %refused, "policy denies an AI responder its turn");
    let over = async || match row {
        Some(row) => parts.journal.drop_row(row).await,
        None => Ok(()),
    };
    let Some(holder) = &case.holder else { return over().await };
    let owner = holder.accountable.clone();
    let reason = format!("Policy did not let {responder} take its turn: {}", refused.detail);
    let own = Caller::system(Job::Turns);
    let loaded = load::permitted(&parts.governance, &parts.environment, &own, Permission::EXCEPTION_RAISE, case)?;
    let reason = bounds::cut(&reason, bounds::REASON_MAX);
    let sealed = sealing::seal_on(&parts.journal, &parts.vault, &parts.environment, &loaded, reason).await?;
    let command = Command::DenyTurn {
        epoch,
        owner,
        due: parts.environment.now().plus_ms(parts.governance.bundle.terms().exception_due_ms),
        reason: sealed.words.clone(),
    };
    let envelope = Envelope::on(loaded, command).with([sealed]);
    let envelope = match row {
        Some(row) => envelope.claiming(row),
        None => envelope,
    };
    match pipeline::execute(parts, &own, None, Some(&id), envelope, |_| ()).await {
        Err(refused) if refused.kind.is_late() => over().await,
        done => done.map(|_| ()),
    }
}

/// The same where `caller` did so through the interface and was `refused` by policy, if it is the AI responder that has
/// the case `id` under the lease `epoch`.
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
    let (Kind::Forbidden, Some(epoch)) = (refused.kind, epoch) else { return Ok(()) };
    let (Some(responder), Ok(id)) = (caller.responder_alone(), id.parse::<CaseId>()) else {
        return Ok(());
    };
    let Some(case) = stored_case::stored_case(&parts.journal, id).await? else { return Ok(()) };
    let has = |holder: &Holder| holder.epoch == epoch && holder.responder() == Some(&responder);
    let holds = case.status == Status::Open && case.held_by_ai && case.holder.as_ref().is_some_and(has);
    if !holds || erased::is_erased(&parts.journal, &parts.vault, &case).await? {
        return Ok(());
    }
    note(parts, case, DeniedTurn { responder: &responder, epoch, row: None }, refused).await
}
