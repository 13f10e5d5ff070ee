//! Goes on with what is to be erased until nothing is left, after a crash too.

use remit_app::{Parts, Succession, customer::erasure, refused::Refused, request::voided};
use std::{sync::Arc, time::Duration};
use tokio::sync::watch;

/// How long to wait at first before trying again, while somebody reads what is to be overwritten.
const SOON: Duration = Duration::from_millis(50);
/// And at most.
const LATER: Duration = Duration::from_secs(2);

pub(super) async fn run(succession: Arc<Succession>, mut stop: watch::Receiver<bool>) {
    let mut wait = SOON;
    loop {
        let app = succession.current();
        let gone_on = tokio::select! {
            gone_on = go_on(&app) => gone_on,
            // What is left is done after the next start.
            _ = stop.changed() => return,
        };
        let left = match gone_on {
            Ok(left) => left,
            Err(problem) => {
                tracing::error!(%problem, "what is to be erased is not erased yet");
                true
            }
        };
        let again = async {
            if left {
                tokio::time::sleep(wait).await;
            } else {
                std::future::pending::<()>().await;
            }
        };
        tokio::select! {
            () = again => wait = wait.saturating_mul(2).min(LATER),
            () = app.journal.wakeups.erasures() => wait = SOON,
            _ = stop.changed() => return,
        }
    }
}

/// Goes on with what is to be erased; says whether anything is left. What waits for who is erased is void first, so
/// that no erasure is completed while something still does.
async fn go_on(app: &Arc<Parts>) -> Result<bool, Refused> {
    let under_way = voided::void_waiting(app, erasure::under_way(&app.journal).await?).await;
    erasure::go_on_erasing(app, under_way).await
}
