//! What waits and cannot be carried out any more is void at once: on cases that have ended, of a customer who was
//! erased, so that nobody can be shown any more what is asked for, and of delegates whose delegation was ended. What
//! was begun goes on, and its connector says what became of it.

use super::{REQUESTS, of_case, record};
use crate::{
    Caller, Journal, Parts,
    caller::principal::Job,
    customer::erasure::{self, ErasuresUnderWay},
    journal::{
        delegations::{self, cases_of},
        stored_case,
    },
    pipeline::projections,
    refused::{Refused, refused},
    vault::erasures::ErasureDue,
};
use remit_domain::{
    case::Status,
    delegation::DEPTH_MAX,
    id::{CaseId, DelegationId},
    request::{Asker, Changed, RequestCommand, RequestState},
};
use remit_store::OutboxRow;

/// Cases that are looked at at once.
const AT_ONCE: usize = 256;

/// Voids what waits on the cases of those who are erased; those remain of whom nothing waits any more.
pub async fn void_waiting(parts: &Parts, mut under_way: ErasuresUnderWay) -> ErasuresUnderWay {
    let mut done = Vec::new();
    for (row, due) in under_way.rows {
        match void_of(parts, &due).await {
            Ok(()) => done.push((row, due)),
            Err(refused) => {
                tracing::warn!(%refused, "a request of a customer who was erased waits still");
                under_way.left = true;
            }
        }
    }
    ErasuresUnderWay { rows: done, left: under_way.left }
}

/// Voids what waits on the case of a row, if that has ended; the row is done with that.
pub(super) async fn void_with_case(parts: &Parts, row: &OutboxRow) -> Result<(), Refused> {
    let case: CaseId = row.case.parse().map_err(Refused::internal)?;
    let ended = stored_case::stored_case(&parts.journal, case).await?;
    if let Some(ended) = ended.filter(|case| case.status == Status::Resolved) {
        let changed = if ended.erased { Changed::Erased } else { Changed::Case };
        void_on(parts, &Caller::system(Job::Requests), case, changed, |_| true).await?;
    }
    parts.journal.drop_row(&row.id).await
}

/// Voids what was asked for under the delegation of a row, or under one narrowed from it; the row is done with that.
pub(super) async fn void_under(parts: &Parts, row: &OutboxRow) -> Result<(), Refused> {
    let ended: DelegationId = row.case.parse().map_err(Refused::internal)?;
    let is_under = |asker: &Asker| matches!(asker, Asker::Delegate(of) if of.chain.contains(&ended));
    let cases = cases_of(root(&parts.journal, ended).await?);
    let mut last: Option<String> = None;
    loop {
        let page = cases.page(&parts.journal.store, last.as_deref(), AT_ONCE).await.map_err(Refused::internal)?;
        for case in &page {
            void_on(parts, &Caller::system(Job::Requests), case.value.case, Changed::Asker, is_under).await?;
        }
        match page.last() {
            Some(entry) if page.len() == AT_ONCE => last = Some(entry.id.clone()),
            _ => return parts.journal.drop_row(&row.id).await,
        }
    }
}

/// The delegation of the customer's own from which one is narrowed.
async fn root(journal: &Journal, mut id: DelegationId) -> Result<DelegationId, Refused> {
    for _ in 0..DEPTH_MAX {
        match delegations::stored(journal, id).await?.and_then(|entry| entry.value.parent) {
            Some(parent) => id = parent,
            None => break,
        }
    }
    Ok(id)
}

async fn void_of(parts: &Parts, due: &ErasureDue) -> Result<(), Refused> {
    let caller = Caller::system_for(Job::Erasures, &due.by);
    let mut last = None;
    loop {
        let (cases, next) = erasure::erased_cases(&parts.journal, due, last.as_ref()).await?;
        for case in &cases {
            let case = case.parse().map_err(Refused::internal)?;
            void_on(parts, &caller, case, Changed::Erased, |_| true).await?;
        }
        if next.is_none() {
            return Ok(());
        }
        last = next;
    }
}

/// Voids what waits on a case and was asked for by one of these.
async fn void_on(
    parts: &Parts,
    caller: &Caller,
    case: CaseId,
    changed: Changed,
    is_theirs: impl Fn(&Asker) -> bool,
) -> Result<(), Refused> {
    let store = &parts.journal.store;
    for listed in of_case(case).all(store).await.map_err(Refused::internal)? {
        let Some(entry) = REQUESTS.get(store, &listed.id).await.map_err(Refused::internal)? else { continue };
        let waits = matches!(entry.value.state, RequestState::Waiting | RequestState::Confirmed);
        if !waits || !is_theirs(&entry.value.by) {
            continue;
        }
        let now = parts.environment.now();
        let change = entry.value.act(RequestCommand::Void { changed }, now)?;
        let (_, commit) =
            record::changed(&parts.environment, &parts.journal, &caller.pseudonym, &entry, change, now).await?;
        projections::commit_on(parts, case, commit).await.map_err(refused)?;
    }
    Ok(())
}
