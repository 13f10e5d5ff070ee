//! Tells the service manager how the server does, where there is one (`sd_notify`): that it serves, that it stops, and,
//! where it wants to hear so now and then, that the store answers.

use remit_app::Parts;
use remit_store::Journal as _;
use sd_notify::NotifyState;
use std::{sync::Arc, time::Duration};
use tokio::task::JoinHandle;

/// A service manager that was told that the server serves.
pub(crate) struct Told(Option<JoinHandle<()>>);

/// Tells that the server serves, and from then on, as often as is wanted, that it still does.
pub(crate) fn serves(app: Arc<Parts>, status: &str) -> Told {
    tell(&[NotifyState::Ready, NotifyState::Status(status)]);
    Told(sd_notify::watchdog_enabled().map(|within| tokio::spawn(watched(app, within / 2))))
}

impl Told {
    /// Tells that the server stops.
    pub(crate) fn stops(self) {
        if let Some(watched) = self.0 {
            watched.abort();
        }
        tell(&[NotifyState::Stopping]);
    }
}

/// Tells every so often that the store answers. Where it does not, nothing is told, and the manager starts anew.
async fn watched(app: Arc<Parts>, every: Duration) {
    let mut turn = tokio::time::interval(every.max(Duration::from_millis(1)));
    loop {
        turn.tick().await;
        match app.journal.store().last_seq().await {
            Ok(_) => tell(&[NotifyState::Watchdog]),
            Err(error) => tracing::error!(%error, "the store does not answer, so the watchdog is told nothing"),
        }
    }
}

/// Without a service manager nothing is told.
fn tell(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::warn!(%error, "the service manager cannot be told");
    }
}
