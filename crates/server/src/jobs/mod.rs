//! Work that goes on beside requests: signing checkpoints, asking AI responders, offering cases to staff, deciding
//! anew what waits in queues that close, delivering events to subscriptions, noting who knocked, holding what capacity
//! is planned on against the record, and looking at things
//! again when they are due.

mod agents;
mod baselines;
mod closing;
mod erasures;
mod offers;
mod rehome;
mod requests;
mod signing;
mod stops;
mod timers;
mod turns;
mod webhooks;

use remit_app::Succession;
use std::sync::Arc;
use tokio::{sync::watch, task::JoinHandle};

pub(crate) use signing::run;
pub use signing::{sign, signer};

/// Starts everything but signing, each step of which is taken under the bundle in force at its beginning; each ends
/// soon after `stop` says so.
pub(crate) fn start(app: &Arc<Succession>, stop: &watch::Receiver<bool>) -> Vec<JoinHandle<()>> {
    vec![
        tokio::spawn(agents::run(Arc::clone(app), stop.clone())),
        tokio::spawn(baselines::run(Arc::clone(app), stop.clone())),
        tokio::spawn(turns::run(Arc::clone(app), stop.clone())),
        tokio::spawn(erasures::run(Arc::clone(app), stop.clone())),
        tokio::spawn(timers::run(Arc::clone(app), stop.clone())),
        tokio::spawn(stops::run(Arc::clone(app), stop.clone())),
        tokio::spawn(offers::run(Arc::clone(app), stop.clone())),
        tokio::spawn(rehome::run(Arc::clone(app), stop.clone())),
        tokio::spawn(closing::run(Arc::clone(app), stop.clone())),
        tokio::spawn(requests::run(Arc::clone(app), stop.clone())),
        tokio::spawn(webhooks::run(Arc::clone(app), stop.clone())),
    ]
}
