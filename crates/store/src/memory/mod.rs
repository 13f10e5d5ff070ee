//! The port in memory, plain enough to be read as the specification of every backend: one mutex around what is there
//! (`state.rs`), and beside it what of that a crash would leave.
//!
//! Each commit makes a new state out of the one before, so that a commit takes as long as the store is large: it is for
//! tests, and to be held against other backends.

mod evidence;
mod journal;
mod state;
mod views;

use crate::CommitError;
use state::State;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// A store in memory.
#[derive(Debug)]
pub struct MemoryStore {
    inner: Mutex<Inner>,
    /// Commits that are durable, by number.
    durable: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct Inner {
    /// What reads see.
    written: Arc<State>,
    /// What a crash leaves.
    durable: Arc<State>,
    /// Commits that were carried out or refused.
    commits: u64,
    /// Those of them that wait for the disk.
    waiting: usize,
    /// More than these are refused as busy.
    waiting_max: usize,
    /// How often the disk is held.
    held: usize,
    is_closed: bool,
}

/// While it lives nothing becomes durable.
#[derive(Debug)]
pub struct HeldDisk(Arc<MemoryStore>);

impl Default for MemoryStore {
    fn default() -> Self {
        Self::with_room(usize::MAX)
    }
}

impl MemoryStore {
    /// An empty store in which so many commits may wait for the disk.
    pub fn with_room(waiting_max: usize) -> Self {
        Self::of(Arc::default(), waiting_max)
    }

    fn of(state: Arc<State>, waiting_max: usize) -> Self {
        let inner = Inner { written: Arc::clone(&state), durable: state, waiting_max, ..Inner::default() };
        Self { inner: Mutex::new(inner), durable: watch::Sender::new(0) }
    }

    /// The store as it is opened after a crash at this moment: what was not durable is forgotten.
    #[must_use]
    pub fn after_crash(&self) -> Self {
        let inner = self.lock();
        Self::of(Arc::clone(&inner.durable), inner.waiting_max)
    }

    /// Lets nothing become durable until what is given is dropped.
    pub fn hold_disk(self: &Arc<Self>) -> HeldDisk {
        self.lock().held += 1;
        HeldDisk(Arc::clone(self))
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What reads see.
    fn written(&self) -> Arc<State> {
        Arc::clone(&self.lock().written)
    }

    /// What a crash leaves.
    fn on_disk(&self) -> Arc<State> {
        Arc::clone(&self.lock().durable)
    }

    /// Makes everything durable that was written, unless the disk is held.
    fn flush(&self, inner: &mut Inner) {
        if inner.held == 0 {
            inner.durable = Arc::clone(&inner.written);
            self.durable.send_replace(inner.commits);
        }
    }

    /// Changes what is there, all or nothing; the number of the change, and what it came to.
    fn change<T>(&self, change: impl FnOnce(&mut State) -> Result<T, CommitError>) -> (u64, Result<T, CommitError>) {
        let mut inner = self.lock();
        let mut next = State::clone(&inner.written);
        let outcome = change(&mut next);
        if outcome.is_ok() {
            inner.written = Arc::new(next);
        }
        // One that is refused is told what it was refused for: that has to be durable too.
        inner.commits += 1;
        self.flush(&mut inner);
        (inner.commits, outcome)
    }

    /// Waits until so many commits are durable.
    async fn wait_for(&self, number: u64) {
        // The sender is kept in `self`.
        let _ = self.durable.subscribe().wait_for(|durable| *durable >= number).await;
    }
}

impl Drop for HeldDisk {
    fn drop(&mut self) {
        let mut inner = self.0.lock();
        inner.held -= 1;
        self.0.flush(&mut inner);
    }
}
