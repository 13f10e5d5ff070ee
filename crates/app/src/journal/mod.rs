//! What is on record: commits, and what wakes those who wait for them. Whoever reads what was not waited for waits for
//! the disk before it leaves the process.

pub mod block_on;
pub mod outbox;
pub mod readers;
pub mod request_scope;
pub mod stored_case;
pub mod wakeups;

use crate::{
    directory::OpenStore,
    journal::{
        readers::Readers,
        wakeups::{Due, Wakeups},
    },
    live::change::Change,
};
use remit_store::{Commit, CommitError, Committed, InFlight, Journal as _, ReadError};
use tokio::sync::watch;

/// The store, and who waits for what is committed.
#[derive(Debug)]
pub struct Journal {
    pub(crate) store: OpenStore,
    /// The newest position in the ledger that is committed.
    pub ticks: watch::Sender<u64>,
    /// What wakes those who look at what is due.
    pub wakeups: Wakeups,
    /// Threads for reads that can be long.
    pub(crate) readers: Readers,
}

impl Journal {
    /// Over `store`, whose newest record stands at `last`.
    pub(crate) fn new(store: OpenStore, last: u64, readers: Readers) -> Self {
        Self { store, ticks: watch::channel(last).0, wakeups: Wakeups::default(), readers }
    }

    /// The store.
    pub fn store(&self) -> &OpenStore {
        &self.store
    }

    /// Writes a commit that changes nothing which memory follows, and once it is durable tells everyone who waits for
    /// what is in it.
    pub(crate) async fn commit(&self, commit: Commit) -> Result<Committed, CommitError> {
        debug_assert!(commit.case.is_none() && Change::default().with(&commit).is_nothing(), "nobody follows this");
        self.commit_and(commit, self.announce(), || {}).await
    }

    /// The same for a commit with its own announcement, with what has to be in force before anyone is told.
    pub(crate) async fn commit_and(
        &self,
        commit: Commit,
        in_flight: InFlight,
        first: impl FnOnce(),
    ) -> Result<Committed, CommitError> {
        let due = Due::of(&commit.outbox);
        let committed = self.store.commit(commit, in_flight).await?;
        first();
        self.ticks.send_if_modified(|seq| {
            let grown = committed.last_seq > *seq;
            *seq = committed.last_seq.max(*seq);
            grown
        });
        self.wakeups.wake(&due);
        Ok(committed)
    }

    /// Carries a request out to its answer, which tells of nothing that a machine that dies would lose.
    ///
    /// # Errors
    /// When the store's disk has failed.
    pub async fn carry_out<T>(
        &self,
        request: impl Future<Output = T>,
        is_durable: impl FnOnce(&T) -> bool,
    ) -> Result<T, ReadError> {
        request_scope::carry_out(request, is_durable, || self.settled()).await
    }

    /// Waits until everything that was read before is durable.
    ///
    /// # Errors
    /// When the store's disk has failed.
    pub async fn settled(&self) -> Result<(), ReadError> {
        self.store.wait_durable().await
    }

    /// Announces a command that has arrived whole, and lets those that arrived with it be read first.
    pub async fn arrive(&self) {
        if request_scope::announce(self.store.announce()) {
            tokio::task::yield_now().await;
        }
    }

    /// The announcement that the commit takes along.
    pub(crate) fn announce(&self) -> InFlight {
        request_scope::taken().unwrap_or_else(|| self.store.announce())
    }
}
