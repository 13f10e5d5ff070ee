//! Clocks that tests set.

use remit_app::environment::clock::Clock;
use remit_domain::id::Timestamp;
use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

/// A Tuesday at ten in the morning in UTC, and a millisecond more each time it is asked: which desks are open is the
/// same whenever the tests run.
#[derive(Debug)]
pub(crate) struct Morning;

/// One for all servers, so that a second one on the same directory does not start in the past.
static TOLD: AtomicI64 = AtomicI64::new(1_773_136_800_000);

impl Clock for Morning {
    fn now(&self) -> Timestamp {
        Timestamp(TOLD.fetch_add(1, Ordering::Relaxed))
    }
}

/// A clock of one test's own, which the test sets forward. It begins in that morning too, and goes on by a millisecond
/// each time it is asked.
#[derive(Debug, Clone)]
pub(crate) struct OwnClock(Arc<AtomicI64>);

impl OwnClock {
    pub(crate) fn new() -> Self {
        Self(Arc::new(AtomicI64::new(Morning.now().0)))
    }

    pub(crate) fn forward_ms(&self, ms: i64) {
        self.0.fetch_add(ms, Ordering::Relaxed);
    }
}

impl Clock for OwnClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.fetch_add(1, Ordering::Relaxed))
    }
}

/// A clock that stands still until it is set.
#[derive(Debug, Clone)]
pub(crate) struct Hands(Arc<AtomicI64>);

impl Hands {
    pub(crate) fn at(ms: i64) -> Self {
        Self(Arc::new(AtomicI64::new(ms)))
    }

    pub(crate) fn pass(&self, ms: i64) {
        self.0.fetch_add(ms, Ordering::SeqCst);
    }
}

impl Clock for Hands {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }
}

/// A wall clock that can be set, beside a clock that nobody sets; both stand still until they are told.
#[derive(Debug, Clone)]
pub(crate) struct TwoClocks {
    wall: Hands,
    monotonic: Hands,
}

impl TwoClocks {
    pub(crate) fn at(ms: i64) -> Self {
        Self { wall: Hands::at(ms), monotonic: Hands::at(0) }
    }

    /// Time passes.
    pub(crate) fn pass(&self, ms: i64) {
        self.wall.pass(ms);
        self.monotonic.pass(ms);
    }

    /// Somebody sets the wall clock.
    pub(crate) fn set_by(&self, ms: i64) {
        self.wall.pass(ms);
    }
}

impl Clock for TwoClocks {
    fn now(&self) -> Timestamp {
        self.wall.now()
    }

    fn monotonic(&self) -> Duration {
        Duration::from_millis(self.monotonic.now().0.unsigned_abs())
    }
}
