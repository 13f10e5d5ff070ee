//! Tells the service manager how the server does, where there is one (`sd_notify`): that it serves, that it stops, and,
//! where it wants to hear so now and then, that the store answers.

use remit_app::{Parts, Succession};
use remit_store::Journal as _;
use sd_notify::NotifyState;
use std::{sync::Arc, time::Duration};
use tokio::{sync::watch, task::JoinHandle, time::Interval};

/// A service manager that was told that the server serves.
pub(crate) struct NotifiedManager(Vec<JoinHandle<()>>);

/// Tells that the server serves and under which bundle, in the words of `status`; from then on, as often as is wanted,
/// that it still does, and under which bundle each time that another one comes into force.
pub(crate) fn serves(
    succession: &Arc<Succession>,
    status: impl Fn(&Parts) -> String + Send + Sync + 'static,
) -> NotifiedManager {
    // Listened for before it is told, so that none is missed between the two.
    let terms = succession.terms();
    tell(&[NotifyState::Ready, NotifyState::Status(&status(&succession.current()))]);
    let followed = tokio::spawn(followed(Arc::clone(succession), terms, status));
    let watched =
        sd_notify::watchdog_enabled().map(|within| tokio::spawn(watched(Arc::clone(succession), every(within))));
    NotifiedManager(watched.into_iter().chain([followed]).collect())
}

impl NotifiedManager {
    /// Tells that the server stops.
    pub(crate) fn stops(self) {
        self.0.iter().for_each(JoinHandle::abort);
        tell(&[NotifyState::Stopping]);
    }
}

/// Half of the time within which the manager wants to hear something.
fn every(within: Duration) -> Interval {
    tokio::time::interval((within / 2).max(Duration::from_millis(1)))
}

/// Tells each time that another bundle comes into force.
async fn followed(
    succession: Arc<Succession>,
    mut terms: watch::Receiver<u64>,
    status: impl Fn(&Parts) -> String + Send + Sync,
) {
    while terms.changed().await.is_ok() {
        tell(&[NotifyState::Status(&status(&succession.current()))]);
    }
}

/// Tells every so often that the store answers. Where it does not, nothing is told, and the manager starts anew.
async fn watched(succession: Arc<Succession>, mut turn: Interval) {
    loop {
        turn.tick().await;
        match succession.current().journal.store().last_seq().await {
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
