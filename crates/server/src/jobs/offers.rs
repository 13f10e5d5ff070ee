//! Makes the offers that the floor proposes, many at once, and again when time alone allows another; and takes back
//! what those have who are not there.

use futures_util::{StreamExt, stream::FuturesUnordered};
use remit_app::{
    Parts,
    staff::{gone, offering, settle},
};
use std::{sync::Arc, time::Duration};
use tokio::sync::watch;

/// Offers on their way to the store at once.
const AT_ONCE: usize = 256;
/// How long to wait at most before looking again.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

pub(super) async fn run(app: Arc<Parts>, mut stop: watch::Receiver<bool>) {
    let mut making = FuturesUnordered::new();
    loop {
        if let Err(problem) = settle::withdraw_owed(&app).await {
            tracing::debug!(%problem, "an offer was not taken back");
        }
        if let Err(problem) = gone::take_back_left(&app).await {
            tracing::warn!(%problem, "a case stays with somebody who is not there, and is looked at again");
        }
        if let Err(problem) = offering::expire_overdue(&app).await {
            tracing::warn!(%problem, "an offer that is over stays open");
        }
        while making.len() < AT_ONCE {
            let Some(pairing) = offering::next_offer(&app.live, &app.environment) else { break };
            let app = Arc::clone(&app);
            making.push(async move { offering::make_offer(&app, pairing).await });
        }
        let wait = offering::until_next_offer(&app.live, &app.environment).unwrap_or(LOOK_AGAIN).min(LOOK_AGAIN);
        tokio::select! {
            Some(made) = making.next(), if !making.is_empty() => {
                if let Err(problem) = made {
                    tracing::debug!(%problem, "an offer was not made");
                }
            }
            () = offering::offer_bell(&app.live) => {}
            () = tokio::time::sleep(wait) => {}
            _ = stop.changed() => break,
        }
    }
    while making.next().await.is_some() {}
}
