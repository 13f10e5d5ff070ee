//! The way to the store: whoever commits was decided under the bundle in force, or is turned back. Each bundle in force
//! has a number, its term; while another one takes its place nothing else is on its way.

use remit_store::CommitError;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};

/// The way to the store.
#[derive(Debug, Default)]
pub(crate) struct Gate {
    term: AtomicU64,
    passing: RwLock<()>,
}

impl Gate {
    /// Lets a commit pass that was decided in `term`, until what it gives is dropped. Waits while terms change.
    ///
    /// # Errors
    /// [`CommitError::Superseded`] where that term is over.
    pub(crate) async fn pass(&self, term: u64) -> Result<RwLockReadGuard<'_, ()>, CommitError> {
        let passing = self.passing.read().await;
        if self.term.load(Ordering::Acquire) == term { Ok(passing) } else { Err(CommitError::Superseded) }
    }

    /// Waits until nothing is on its way, and keeps it so until what it gives is dropped.
    pub(crate) async fn close(&self) -> Closed<'_> {
        Closed { gate: self, _passing: self.passing.write().await }
    }
}

/// Nothing is on its way to the store.
pub(crate) struct Closed<'g> {
    gate: &'g Gate,
    _passing: RwLockWriteGuard<'g, ()>,
}

impl Closed<'_> {
    /// From now on this term governs.
    pub(crate) fn begin(&self, term: u64) {
        self.gate.term.store(term, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::block_on::block_on;

    #[test]
    fn what_was_decided_in_an_earlier_term_is_turned_back() {
        let gate = Gate::default();
        block_on(async {
            drop(gate.pass(0).await.unwrap());
            let closed = gate.close().await;
            assert!(gate.passing.try_read().is_err(), "nobody passes while terms change");
            closed.begin(1);
            drop(closed);
            assert!(matches!(gate.pass(0).await, Err(CommitError::Superseded)));
            assert!(gate.pass(1).await.is_ok());
        });
    }
}
