//! Carries out what the floor proposes: offers, many at once, and again when time alone allows another; and their ends,
//! who counts as away, and what goes back from those who are gone.

use futures_util::{StreamExt, stream::FuturesUnordered};
use remit_app::{
    Succession,
    staff::{carrying_out, offering},
};
use std::{sync::Arc, time::Duration};
use tokio::sync::watch;

/// Offers on their way to the store at once.
const AT_ONCE: usize = 256;
/// How long to wait at most before looking again.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

pub(super) async fn run(succession: Arc<Succession>, mut stop: watch::Receiver<bool>) {
    let mut making = FuturesUnordered::new();
    loop {
        let app = succession.current();
        if let Err(problem) = carrying_out::carry_out_due(&app).await {
            tracing::warn!(%problem, "something that the floor proposes is not done, and is tried again");
        }
        while making.len() < AT_ONCE {
            let Some(proposed) = offering::next_offer(&app.live, &app.environment) else { break };
            let app = Arc::clone(&app);
            making.push(async move { offering::make_offer(&app, proposed).await });
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
