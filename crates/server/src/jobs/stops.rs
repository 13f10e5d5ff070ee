//! Acts on circuit breakers that have tripped.

use remit_app::{Succession, ai::breaker};
use std::{sync::Arc, time::Duration};
use tokio::sync::watch;

/// How long to wait before trying again, when the store refused.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

pub(super) async fn run(succession: Arc<Succession>, mut stop: watch::Receiver<bool>) {
    let Some(mut trips) = breaker::trips(&succession.current().live) else { return };
    loop {
        let tripped = tokio::select! {
            Some(tripped) = trips.recv() => tripped,
            _ = stop.changed() => return,
            else => return,
        };
        while let Err(problem) = breaker::stop_ai(&succession.current(), &tripped).await {
            tracing::error!(%problem, responder = %tripped.responder, "a stop is not on record yet");
            tokio::select! {
                () = tokio::time::sleep(LOOK_AGAIN) => {}
                _ = stop.changed() => return,
            }
        }
    }
}
