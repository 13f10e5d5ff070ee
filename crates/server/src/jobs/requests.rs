//! Carries requests for actions out: takes what is due from the outbox, many at once.

use remit_app::{Succession, reconciliation::tell, refused::Kind, request::execute};
use remit_store::OutboxRow;
use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{sync::watch, task::JoinSet};

/// Requests that are carried out at once.
const AT_ONCE: usize = 64;
/// How long to wait at most before looking again.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

pub(super) async fn run(succession: Arc<Succession>, mut stop: watch::Receiver<bool>) {
    let mut tasks = JoinSet::new();
    // Rows stay in the outbox while they are under way, so that those are not begun again.
    let under_way: Arc<Mutex<HashSet<String>>> = Arc::default();
    loop {
        let app = succession.current();
        let begun = || under_way.lock().unwrap_or_else(PoisonError::into_inner);
        match execute::executions_due(&app.journal, app.environment.now(), AT_ONCE * 2).await {
            Ok(rows) => {
                for row in rows {
                    if tasks.len() >= AT_ONCE || !begun().insert(row.id.clone()) {
                        continue;
                    }
                    let (succession, under_way) = (Arc::clone(&succession), Arc::clone(&under_way));
                    tasks.spawn(async move {
                        go_on(&succession, &row).await;
                        under_way.lock().unwrap_or_else(PoisonError::into_inner).remove(&row.id);
                    });
                }
            }
            Err(error) => tracing::error!(%error, "the outbox could not be read"),
        }
        let next = execute::next_execution(&app.journal, app.environment.now()).await;
        let next = next.ok().flatten().unwrap_or(LOOK_AGAIN);
        tokio::select! {
            Some(_) = tasks.join_next(), if !tasks.is_empty() => {}
            () = app.journal.wakeups.executions() => {}
            () = tokio::time::sleep(next.clamp(Duration::from_millis(20), LOOK_AGAIN)) => {}
            _ = stop.changed() => break,
        }
    }
    // What is under way is asked about at the next start: that it was begun is on record.
    tasks.abort_all();
}

async fn go_on(succession: &Succession, row: &OutboxRow) {
    let app = succession.current();
    let done = match tell::is_of(row) {
        true => tell::tell(&app, row).await,
        false => execute::go_on(&app, row).await,
    };
    match done {
        Ok(()) => {}
        // Another bundle came into force, or the request changed: it is looked at anew.
        Err(refused) if refused.kind == Kind::Superseded => {}
        Err(refused) => {
            tracing::warn!(%refused, row = row.id, case = row.case, "a request is looked at again");
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }
}
