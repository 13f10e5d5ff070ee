//! Puts on record, once a day for each, how often agents knocked that only sign their requests.

use remit_app::{Succession, agent::knock};
use std::{sync::Arc, time::Duration};
use tokio::sync::watch;

/// How often it is looked whether anything is due.
const EVERY: Duration = Duration::from_secs(60);

pub(super) async fn run(succession: Arc<Succession>, mut stop: watch::Receiver<bool>) {
    loop {
        tokio::select! {
            () = tokio::time::sleep(EVERY) => {}
            _ = stop.changed() => return,
        }
        if let Err(problem) = knock::note_due(&succession.current()).await {
            tracing::error!(%problem, "it is not on record yet who knocked");
        }
    }
}
