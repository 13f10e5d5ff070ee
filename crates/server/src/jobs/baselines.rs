//! Holds what capacity is planned on against the record, once for each day that is over.

use remit_app::{
    Succession,
    capacity::{
        baseline,
        days::{self, DemandWatch},
    },
};
use std::{sync::Arc, time::Duration};
use tokio::sync::watch;

/// How often it is looked whether another day has begun.
const EVERY: Duration = Duration::from_secs(60);

pub(super) async fn run(succession: Arc<Succession>, mut stop: watch::Receiver<bool>) {
    let (mut watch, mut looked) = (DemandWatch::default(), None);
    loop {
        tokio::select! {
            () = tokio::time::sleep(EVERY) => {}
            _ = stop.changed() => return,
        }
        let app = succession.current();
        let today = days::today(&app.environment);
        if looked == Some(today) {
            continue;
        }
        match baseline::look(&app, &mut watch).await {
            Ok(()) => looked = Some(today),
            Err(problem) => tracing::error!(%problem, "what capacity is planned on was not held against the record"),
        }
    }
}
