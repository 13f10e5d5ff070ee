//! What is done about a row of the outbox whose moment has come: a command on its case, or another look later.

use crate::{
    Caller, Environment, Governance, Journal, Parts,
    caller::principal::Job,
    journal::outbox::{Look, timer},
    pipeline::{self, commit::Envelope, load},
    refused::Refused,
};
use remit_domain::{Case, Command, id::Timestamp};
use remit_policy::actions::Permission;
use remit_store::{Commit, OutboxRow};

/// Puts the look off until `at`.
pub(super) async fn look_later(
    journal: &Journal,
    row: &OutboxRow,
    case: &Case,
    at: Timestamp,
    look: Look,
) -> Result<(), Refused> {
    let outbox = vec![timer(row.id.clone(), case, at, look)];
    let commit = Commit { claim: Some(row.id.clone()), outbox, ..Commit::default() };
    journal.commit(commit).await.map(|_| ()).map_err(crate::refused)
}

/// `command` of Remit's own on the row's case, as it was read for the row.
pub(super) fn on(
    environment: &Environment,
    governance: &Governance,
    case: &Case,
    command: Command,
) -> Result<Envelope, Refused> {
    let caller = Caller::system(Job::Timers);
    let loaded = load::permitted(governance, environment, &caller, Permission::TIMER, case.clone())?;
    Ok(Envelope::on(loaded, command))
}

/// Does `command` on the row's case, as it was read for the row, on Remit's own account.
pub(super) async fn own(
    parts: &Parts,
    row: &OutboxRow,
    case: &Case,
    command: Command,
    outbox: Vec<OutboxRow>,
) -> Result<(), Refused> {
    let mut envelope = on(&parts.environment, &parts.governance, case, command)?;
    envelope.side.outbox = outbox;
    do_due(parts, row, envelope).await
}

/// Does what a row asks for, with which it is done.
pub(super) async fn do_due(parts: &Parts, row: &OutboxRow, envelope: Envelope) -> Result<(), Refused> {
    let envelope = envelope.claiming(&row.id);
    pipeline::execute(parts, &Caller::system(Job::Timers), None, Some(&row.case), envelope, |_| ()).await.map(|_| ())
}
