//! What waits on cases that have ended, or of a customer who was erased, so that nobody can be shown any more what is
//! asked for: it is void at once. What was begun goes on, and its connector says what became of it.

use super::{REQUESTS, of_case, record};
use crate::{
    Caller, Parts,
    caller::principal::Job,
    customer::erasure::{self, ErasuresUnderWay},
    journal::stored_case,
    pipeline::projections,
    refused::{Refused, refused},
    vault::erasures::ErasureDue,
};
use remit_domain::{
    case::Status,
    id::CaseId,
    request::{Changed, RequestCommand, RequestState},
};
use remit_store::OutboxRow;

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
        void_on(parts, &Caller::system(Job::Requests), case, changed).await?;
    }
    parts.journal.drop_row(&row.id).await
}

async fn void_of(parts: &Parts, due: &ErasureDue) -> Result<(), Refused> {
    let caller = Caller::system_for(Job::Erasures, &due.by);
    let mut last = None;
    loop {
        let (cases, next) = erasure::erased_cases(&parts.journal, due, last.as_ref()).await?;
        for case in &cases {
            void_on(parts, &caller, case.parse().map_err(Refused::internal)?, Changed::Erased).await?;
        }
        if next.is_none() {
            return Ok(());
        }
        last = next;
    }
}

/// Voids what waits on a case.
async fn void_on(parts: &Parts, caller: &Caller, case: CaseId, changed: Changed) -> Result<(), Refused> {
    let store = &parts.journal.store;
    for listed in of_case(case).all(store).await.map_err(Refused::internal)? {
        let Some(entry) = REQUESTS.get(store, &listed.id).await.map_err(Refused::internal)? else { continue };
        if !matches!(entry.value.state, RequestState::Waiting | RequestState::Confirmed) {
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
