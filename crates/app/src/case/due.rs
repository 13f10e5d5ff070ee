//! What is done about a row of the outbox whose moment has come: a command on its case, or another look later.

use crate::{
    Caller, Journal, Parts,
    caller::principal::Job,
    journal::outbox::{Look, timer},
    pipeline::{self, commit::Act},
    refused::Refused,
};
use remit_domain::{Case, Command, id::Timestamp};
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

/// Does `command` on the row's case on Remit's own account.
pub(super) async fn own(
    parts: &Parts,
    row: &OutboxRow,
    command: Command,
    outbox: Vec<OutboxRow>,
) -> Result<(), Refused> {
    let mut act = Act::new("timer", command);
    act.beside.outbox = outbox;
    do_due(parts, row, act).await
}

/// Does what a row asks for, with which it is done.
pub(crate) async fn do_due(parts: &Parts, row: &OutboxRow, act: Act) -> Result<(), Refused> {
    let act = act.claiming(&row.id);
    pipeline::execute(parts, &Caller::system(Job::Timers), None, Some(&row.case), act, |_| ()).await.map(|_| ())
}
