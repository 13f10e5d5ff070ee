//! Decides anew, once another bundle is in force, what is open and has a holder that is gone or may not keep it; and
//! gives exceptions on whose owner is gone.

use remit_app::{Succession, bundle::rehome, case::exception};
use std::{sync::Arc, time::Duration};
use tokio::sync::watch;

/// How long to wait before trying again, when the store refused.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

pub(super) async fn run(succession: Arc<Succession>, mut stop: watch::Receiver<bool>) {
    let mut terms = succession.terms();
    loop {
        tokio::select! {
            changed = terms.changed() => if changed.is_err() { return },
            // What is left is decided at the next start.
            _ = stop.changed() => return,
        }
        loop {
            let app = succession.current();
            let done = tokio::select! {
                done = rehome::rehome_beside(&app) => done,
                _ = stop.changed() => return,
            };
            let done = match done {
                Ok(cases) => exception::reach_exceptions(&app).await.map(|exceptions| (cases, exceptions)),
                Err(refused) => Err(refused),
            };
            match done {
                Ok((cases, exceptions)) => {
                    tracing::info!(cases, exceptions, "what is open is as the bundle in force has it");
                    break;
                }
                // Yet another bundle came into force.
                Err(_) if succession.current().journal.term() != app.journal.term() => {}
                Err(problem) => {
                    tracing::error!(%problem, "open cases are not as the bundle in force has it; tried again");
                    tokio::select! {
                        () = tokio::time::sleep(LOOK_AGAIN) => {}
                        _ = stop.changed() => return,
                    }
                }
            }
        }
    }
}
