//! Asks AI responders: takes what is due from the outbox, many at once.

use remit_app::{Succession, ai::turn, case::timer, refused::Kind};
use remit_store::OutboxRow;
use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{sync::watch, task::JoinSet};

/// Turns under way at once; each AI responder has its own bound beside it.
const AT_ONCE: usize = 1_024;
/// How long to wait at most before looking again.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// Attempts at a turn that cannot be recorded, before people get the case.
const ATTEMPTS: u32 = 6;
/// Longest pause between two attempts: a store that takes nothing does not let the turn be given up either.
const PAUSE_MAX: Duration = Duration::from_secs(60);

/// How long to leave a turn that has failed so often.
fn pause(failures: u32) -> Duration {
    LOOK_AGAIN.saturating_mul(1 << failures.saturating_sub(1).min(6)).min(PAUSE_MAX)
}

pub(super) async fn run(succession: Arc<Succession>, mut stop: watch::Receiver<bool>) {
    let mut turns = JoinSet::new();
    // Rows stay in the outbox until they are done, so that those under way are not begun again.
    let under_way: Arc<Mutex<HashSet<String>>> = Arc::default();
    loop {
        let app = succession.current();
        let room = AT_ONCE.saturating_sub(turns.len());
        let begun = || under_way.lock().unwrap_or_else(PoisonError::into_inner);
        match timer::turns_due(&app.journal, &app.environment, turns.len() + room.min(256)).await {
            Ok(rows) => {
                for row in rows {
                    if turns.len() >= AT_ONCE || !begun().insert(row.id.clone()) {
                        continue;
                    }
                    let (succession, under_way) = (Arc::clone(&succession), Arc::clone(&under_way));
                    turns.spawn(async move {
                        take(&succession, &row).await;
                        under_way.lock().unwrap_or_else(PoisonError::into_inner).remove(&row.id);
                    });
                }
            }
            Err(error) => tracing::error!(%error, "the outbox could not be read"),
        }
        tokio::select! {
            Some(_) = turns.join_next(), if !turns.is_empty() => {}
            () = app.journal.wakeups.turns() => {}
            () = tokio::time::sleep(LOOK_AGAIN) => {}
            _ = stop.changed() => break,
        }
    }
    // What is under way is begun anew at the next start: nothing of it is on record yet.
    turns.abort_all();
}

/// Takes a turn, again and more seldom while that fails, and in the end gives it up.
async fn take(succession: &Succession, row: &OutboxRow) {
    let mut failures = 0;
    loop {
        let app = succession.current();
        let done = if failures < ATTEMPTS {
            turn::take_turn(&app, row).await
        } else {
            turn::give_up_turn(&app, row, &format!("The turn failed {ATTEMPTS} times; the server's log says why."))
                .await
        };
        let Err(problem) = done else { return };
        if problem.kind == Kind::Superseded {
            // Another bundle came into force while it was taken: it is taken anew under that one.
            continue;
        }
        failures = failures.saturating_add(1);
        if failures == ATTEMPTS {
            tracing::error!(%problem, case = row.case, failures, "a turn fails for good: people get the case");
        } else {
            tracing::warn!(%problem, case = row.case, failures, "a turn was not recorded and is taken again");
        }
        tokio::time::sleep(pause(failures)).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fails_is_tried_more_and_more_seldom() {
        let pauses: Vec<u64> = (1..10).map(|failures| pause(failures).as_secs()).collect();
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
        assert_eq!(pause(u32::MAX), PAUSE_MAX);
    }
}
