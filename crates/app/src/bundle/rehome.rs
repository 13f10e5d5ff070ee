//! Moves what is open and has a holder that is not in the bundle in force: a decision on record for each case.

use super::{
    Moves,
    open_cases::each_open,
    plan::{item, pending},
    survey::{accountable_changed, holder_gone, is_there},
};
use crate::{
    Caller, Governance, Journal, Parts,
    caller::principal::Job,
    environment::block_on::block_on,
    pipeline::{self, commit::Envelope, facts},
    refused::Refused,
};
use futures_util::{StreamExt as _, stream};
use remit_domain::{
    Case, Command,
    decision::{DecisionPoint, ResponderKind, Trigger},
    id::ResponderId,
};
use remit_policy::actions::Permission;
use remit_store::{CaseFilter, Commit, ReadError, Views as _};
use std::sync::Arc;

/// Cases decided at once before anybody is served.
const AT_ONCE: usize = 256;

/// Cases decided at once beside requests, which come first.
const AT_ONCE_BESIDE: usize = 16;

/// The API action under which Remit itself moves them.
const ACTION: Permission = Permission::BUNDLE_ACTIVATE;

/// What is to be done with one case.
struct Due {
    case: String,
    commands: Vec<Command>,
}

/// Gives on what is open and belongs to nobody in the bundle in force, as whoever changed it said; where nobody
/// said it, policy says. Done before anybody is served, and gone on with at the next start if it does not end.
/// `told` hears how many of how many cases are done.
///
/// # Errors
/// When the store refuses.
pub async fn rehome(parts: &Arc<Parts>, told: &mut (dyn FnMut(u64, u64) + Send)) -> Result<u64, Refused> {
    rehome_at_once(parts, AT_ONCE, told).await
}

/// The same beside requests, once another bundle is in force in a running server. How much is left is a metric.
///
/// # Errors
/// When the store refuses, or yet another bundle came into force.
pub async fn rehome_beside(parts: &Arc<Parts>) -> Result<u64, Refused> {
    let left = &parts.environment.metrics.to_rehome;
    let mut told = |done: u64, all: u64| {
        left.set(i64::try_from(all.saturating_sub(done)).unwrap_or(i64::MAX));
    };
    let done = rehome_at_once(parts, AT_ONCE_BESIDE, &mut told).await;
    left.set(0);
    done
}

async fn rehome_at_once(
    parts: &Arc<Parts>,
    at_once: usize,
    told: &mut (dyn FnMut(u64, u64) + Send),
) -> Result<u64, Refused> {
    let moves = pending(&parts.journal.store).await.map_err(Refused::internal)?;
    let due = to_rehome(parts, moves.clone()).await.map_err(Refused::internal)?;
    let all = due.len() as u64;
    if all > 0 {
        tracing::warn!(cases = all, "open cases are not as the bundle in force has it, and are decided anew");
    }
    let mut doing = stream::iter(due.into_iter().map(|due| {
        let app = Arc::clone(parts);
        // On threads of their own, since each decides.
        async move { tokio::spawn(async move { rehome_one(&app, due).await }).await.map_err(Refused::internal)? }
    }))
    .buffer_unordered(at_once);
    let mut done = 0;
    told(done, all);
    while let Some(moved) = doing.next().await {
        moved?;
        done += 1;
        told(done, all);
    }
    drop(doing);
    if moves.is_some() {
        let commit = Commit { items: vec![item(None)?], ..Commit::default() };
        parts.journal.commit(commit).await.map_err(crate::refused)?;
    }
    Ok(done)
}

/// What is to be done, case by case. Unless the bundle has just changed, only holders that it does not name are
/// looked at. Away from the threads that serve requests, since policy is asked of every open case.
async fn to_rehome(parts: &Arc<Parts>, moves: Option<Moves>) -> Result<Vec<Due>, ReadError> {
    let parts = Arc::clone(parts);
    let found = move || {
        let (governance, journal) = (&parts.governance, &parts.journal);
        let names: Vec<&str> = governance.bundle.candidates().iter().map(|spec| spec.responder.as_str()).collect();
        let wanted = |holder: &str| moves.is_some() || !names.contains(&holder);
        let mut due = Vec::new();
        block_on(each_open(&journal.store, &wanted, async |case| {
            let commands = commands(&parts, &case, moves.as_ref()).await;
            let commands = commands.map_err(|refused| ReadError(refused.to_string()))?;
            if !commands.is_empty() {
                due.push(Due { case: case.id.to_string(), commands });
            }
            Ok(())
        }))?;
        Ok(due)
    };
    tokio::task::spawn_blocking(found).await.unwrap_or_else(|error| Err(ReadError(error.to_string())))
}

/// Whether it has who gets a case decided.
pub(super) fn decides(command: &Command) -> bool {
    matches!(command, Command::Rehome { .. } | Command::Review { trigger: Trigger::PoliciesChanged, .. })
}

/// What is to be done with a case.
pub(super) async fn commands(parts: &Parts, case: &Case, moves: Option<&Moves>) -> Result<Vec<Command>, Refused> {
    let governance = &parts.governance;
    let to = |gone| moves.and_then(|moves| moves.to(gone)).cloned();
    let mut commands = Vec::new();
    if let Some(from) = holder_gone(&governance.bundle, case) {
        commands.push(Command::Rehome { from: from.clone(), to: to(from) });
    } else {
        commands.extend(reviews(parts, case, moves.is_some()).await?);
    }
    let gone = |queue: &ResponderId| !is_there(&governance.bundle, queue, ResponderKind::Queue);
    for (id, consult) in case.consults.iter().filter(|(_, consult)| gone(&consult.queue)) {
        let moved = |queue| Command::MoveConsult { consult: *id, queue };
        commands.extend(to(&consult.queue).filter(|to| !gone(to)).map(moved));
    }
    Ok(commands)
}

/// Reviews of a case whose holder is there: where it may not keep the case any more, by policies that have just
/// changed, and where somebody else answers for the case. Whoever loses it by the first has nothing to do with the
/// second.
async fn reviews(parts: &Parts, case: &Case, changed: bool) -> Result<impl Iterator<Item = Command> + use<>, Refused> {
    let review = |epoch, trigger| Command::Review { epoch, point: DecisionPoint::Retain, trigger };
    let epoch = case.in_no_hands().filter(|_| changed);
    let lost = match epoch {
        Some(_) if facts::may_keep(parts, case).await? => None,
        epoch => epoch,
    };
    let lost = lost.map(|epoch| review(epoch, Trigger::PoliciesChanged));
    let renamed = accountable_changed(&parts.governance.bundle, case);
    Ok(lost.into_iter().chain(renamed.map(|epoch| review(epoch, Trigger::BundleChanged))))
}

async fn rehome_one(parts: &Parts, due: Due) -> Result<(), Refused> {
    for command in due.commands {
        let envelope = Envelope::new(ACTION, command).changing(crate::case::consult::items);
        let moved =
            pipeline::execute(parts, &Caller::system(Job::Rehome), None, Some(&due.case), envelope, |_| ()).await;
        match moved {
            // What ended or was moved meanwhile needs nothing.
            Err(refused) if !refused.kind.is_ours() => tracing::info!(%refused, case = due.case, "not moved"),
            moved => drop(moved?),
        }
    }
    Ok(())
}

/// Open cases whose holder the bundle in force does not have: none, unless something is wrong.
///
/// # Errors
/// When the store cannot be read.
pub async fn orphaned(governance: &Governance, journal: &Journal) -> Result<i64, ReadError> {
    let mut found = 0;
    for (holder, open) in journal.store.depths().await? {
        let named = governance.bundle.candidates().iter().any(|spec| spec.responder.as_str() == holder);
        if open <= 0 || named {
            continue;
        }
        let status = Some("open".to_owned());
        let filter = CaseFilter { status, holder: Some(holder), accountable: None };
        let newest = journal.store.cases(&filter, None, 1).await?.pop();
        let case = newest.and_then(|row| serde_json::from_slice::<Case>(&row.state).ok());
        // Owners of exceptions hold cases too, and are no responders.
        if case.is_some_and(|case| holder_gone(&governance.bundle, &case).is_some()) {
            found += open;
        }
    }
    Ok(found)
}
