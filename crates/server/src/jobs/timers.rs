//! Looks at things again when they are due: offers, exceptions, silent customers, SLA clocks.

use remit_app::{
    Succession,
    case::{exception, timer},
};
use std::{sync::Arc, time::Duration};
use tokio::sync::watch;

/// How long to wait at most before looking again.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// Looked at in one go.
const AT_ONCE: usize = 256;

pub(super) async fn run(succession: Arc<Succession>, mut stop: watch::Receiver<bool>) {
    match exception::reach_exceptions(&succession.current()).await {
        Ok(0) => {}
        Ok(moved) => tracing::warn!(moved, "exceptions of owners that the bundle no longer names were given on"),
        Err(problem) => tracing::error!(%problem, "exceptions without a reachable owner remain"),
    }
    loop {
        let app = succession.current();
        let looked = timer::look_at_due(&app, AT_ONCE).await;
        if looked.done == AT_ONCE {
            continue;
        }
        let until = timer::until_due(&app.journal, &app.environment).await.unwrap_or(LOOK_AGAIN);
        // What failed, such as words that cannot be read, stays due and is not looked at again at once.
        let least = if looked.failed == 0 { Duration::from_millis(5) } else { LOOK_AGAIN };
        let wait = until.clamp(least, LOOK_AGAIN);
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = app.journal.wakeups.timers() => {}
            _ = stop.changed() => return,
        }
    }
}
