//! Keeps the demo's clock from running away from AI responders: what is seconds of patience to a customer would be
//! milliseconds for them, so that a slow machine would have them step back where a fast one has them answer.

use super::clock::DemoClock;
use remit_app::{Parts, environment::block_on::block_on};
use remit_policy::bundle::Bundle;
use remit_store::Views as _;
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

/// How often is looked whom the server waits for.
const LOOK_EVERY: Duration = Duration::from_millis(4);
/// Turns that are looked at.
const TURNS_MAX: usize = 1_024;
/// The share of the shortest patience that may pass as fast as told: the rest passes as fast as the machine's clock.
const SHARE: i64 = 4;
/// Patience where no AI responder says any, in seconds.
const PATIENCE: u32 = 20;

/// What looks at the turns under way, until it is dropped.
#[derive(Debug)]
pub(super) struct Patience {
    ended: Arc<AtomicBool>,
    looking: Option<JoinHandle<()>>,
}

impl Patience {
    /// Has `clock` wait for the turns that `app` has under way.
    pub(super) fn of(app: Arc<Parts>, clock: DemoClock, bundle: &Bundle) -> Self {
        let patience =
            bundle.candidates().iter().filter_map(|spec| Some(spec.service.as_ref()?.patience_seconds)).min();
        let ahead_ms = i64::from(patience.unwrap_or(PATIENCE)) * 1_000 / SHARE;
        let ended = Arc::new(AtomicBool::new(false));
        let over = Arc::clone(&ended);
        let look = move || {
            while !over.load(Ordering::Relaxed) {
                if let Ok(rows) = block_on(app.journal.store().due("turn", i64::MAX, TURNS_MAX)) {
                    clock.wait_for(rows.into_iter().map(|row| row.id), ahead_ms);
                }
                thread::park_timeout(LOOK_EVERY);
            }
        };
        Self { ended, looking: Some(thread::spawn(look)) }
    }
}

impl Drop for Patience {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        if let Some(looking) = self.looking.take() {
            looking.thread().unpark();
            let _ = looking.join();
        }
    }
}
