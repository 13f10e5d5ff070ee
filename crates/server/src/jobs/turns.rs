//! Asks AI responders: takes what is due from the outbox, many at once.

use crate::app::App;
use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{sync::watch, task::JoinSet};

/// Turns under way at once; each AI responder has its own bound beside it.
const AT_ONCE: usize = 1_024;
/// How long to wait at most before looking again, as when the store refused.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

pub(super) async fn run(app: Arc<App>, mut stop: watch::Receiver<bool>) {
    let mut turns = JoinSet::new();
    // Rows stay in the outbox until they are done, so that those under way are not begun again.
    let under_way: Arc<Mutex<HashSet<String>>> = Arc::default();
    loop {
        let room = AT_ONCE.saturating_sub(turns.len());
        let begun = || under_way.lock().unwrap_or_else(PoisonError::into_inner);
        match app.turns_due(turns.len() + room.min(256)) {
            Ok(rows) => {
                for row in rows {
                    if turns.len() >= AT_ONCE || !begun().insert(row.id.clone()) {
                        continue;
                    }
                    let (app, under_way) = (Arc::clone(&app), Arc::clone(&under_way));
                    turns.spawn(async move {
                        if let Err(problem) = app.take_turn(&row).await {
                            tracing::warn!(%problem, case = row.case, "a turn was not recorded and is taken again");
                            tokio::time::sleep(LOOK_AGAIN).await;
                        }
                        under_way.lock().unwrap_or_else(PoisonError::into_inner).remove(&row.id);
                    });
                }
            }
            Err(error) => tracing::error!(%error, "the outbox could not be read"),
        }
        tokio::select! {
            Some(_) = turns.join_next(), if !turns.is_empty() => {}
            () = app.bells.turns() => {}
            () = tokio::time::sleep(LOOK_AGAIN) => {}
            _ = stop.changed() => break,
        }
    }
    // What is under way is begun anew at the next start: nothing of it is on record yet.
    turns.abort_all();
}
