//! Decides anew what waits in queues that close: whenever a calendar changes, once another bundle is in force, and at
//! the start.

use remit_app::{Succession, case::closing};
use std::{sync::Arc, time::Duration};
use tokio::sync::watch;

/// How long to wait at most before looking at the clock again, which may be set.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

pub(super) async fn run(succession: Arc<Succession>, mut stop: watch::Receiver<bool>) {
    let mut terms = succession.terms();
    loop {
        let app = succession.current();
        let began = app.environment.now();
        let looked = tokio::select! {
            looked = closing::look_through(&app) => looked,
            // What is left is decided at the next start.
            _ = stop.changed() => return,
        };
        let again = match looked {
            Ok(looked) => {
                if looked.moved > 0 {
                    tracing::info!(cases = looked.moved, "what waited in queues that are closed was decided anew");
                }
                looked.again
            }
            // Another bundle came into force.
            Err(_) if succession.current().journal.term() != app.journal.term() => continue,
            Err(problem) => {
                tracing::error!(%problem, "what waits in closed queues is not decided anew yet; tried again");
                Some(app.environment.now().plus_ms(1_000))
            }
        };
        loop {
            let now = app.environment.now();
            let left_ms = again.map(|again| again.since(now));
            // A clock that was set back comes by the same changes again.
            if left_ms.is_some_and(|left_ms| left_ms <= 0) || now < began {
                break;
            }
            let left = left_ms.and_then(|left_ms| u64::try_from(left_ms).ok()).map(Duration::from_millis);
            tokio::select! {
                () = tokio::time::sleep(left.unwrap_or(LOOK_AGAIN).min(LOOK_AGAIN)) => {}
                changed = terms.changed() => if changed.is_err() { return } else { break },
                _ = stop.changed() => return,
            }
        }
    }
}
