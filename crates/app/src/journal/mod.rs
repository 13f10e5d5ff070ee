//! What is on record: commits, and what wakes those who wait for them. Whoever reads what was not waited for waits for
//! the disk before it leaves the process.

pub(crate) mod accounts;
pub(crate) mod agents;
pub(crate) mod baselines;
mod bundles;
pub(crate) mod delegations;
mod gate;
pub(crate) mod issuers;
pub mod outbox;
pub mod readers;
pub mod request_scope;
mod store;
pub mod stored_case;
pub mod wakeups;

use crate::{
    journal::{
        bundles::Bundles,
        gate::{Closed, Gate},
        readers::Readers,
        wakeups::{Due, Wakeups},
    },
    refused::Refused,
};
use remit_domain::id::Digest;
use remit_policy::bundle::Bundle;
use remit_store::{Commit, CommitError, Committed, InFlight, Journal as _, ReadError};
use std::{ops::Deref, sync::Arc};
pub use store::OpenStore;
use tokio::sync::watch;

/// How often a command is taken anew when what it is about changed while it was decided.
pub(crate) const ATTEMPTS: usize = 8;

/// The store, and who waits for what is committed, as whoever decides under one bundle in force has them: once another
/// one is in force, nothing is committed through this any more.
#[derive(Debug)]
pub struct Journal {
    shared: Arc<Shared>,
    /// The term of that bundle.
    term: u64,
}

/// What is the same under every bundle.
#[derive(Debug)]
pub struct Shared {
    pub(crate) store: OpenStore,
    /// The newest position in the ledger that is committed.
    pub ticks: watch::Sender<u64>,
    /// What wakes those who look at what is due.
    pub wakeups: Wakeups,
    /// Threads for reads that can be long.
    pub(crate) readers: Readers,
    /// Bundles that governed once.
    bundles: Bundles,
    /// Whom commits have to pass.
    gate: Gate,
    /// Whether memory has to follow something of a commit.
    is_followed: fn(&Commit) -> bool,
}

impl Deref for Journal {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.shared
    }
}

impl Journal {
    /// Over `store`, whose newest record stands at `last`. `is_followed` says of which commits memory follows some
    /// part.
    pub(crate) fn new(store: OpenStore, last: u64, readers: Readers, is_followed: fn(&Commit) -> bool) -> Self {
        let (ticks, wakeups, gate) = (watch::channel(last).0, Wakeups::default(), Gate::default());
        let bundles = Bundles::default();
        Self { shared: Arc::new(Shared { store, ticks, wakeups, readers, bundles, gate, is_followed }), term: 0 }
    }

    /// The same for those who decide under the bundle that comes next.
    pub(crate) fn next(&self) -> Self {
        Self { shared: Arc::clone(&self.shared), term: self.term + 1 }
    }

    /// How many bundles came into force before this one since the start.
    pub fn term(&self) -> u64 {
        self.term
    }

    /// Waits until nothing is on its way to the store, and keeps it so until what it gives is dropped.
    pub(crate) async fn close(&self) -> Closed<'_> {
        self.shared.gate.close().await
    }

    /// The store.
    pub fn store(&self) -> &OpenStore {
        &self.store
    }

    /// The bundle of this digest that governed once, with the built-in policies that `baseline` names.
    ///
    /// # Errors
    /// When it is not stored, or cannot be read by this version.
    pub(crate) async fn bundle(&self, digest: &Digest, baseline: Option<&Digest>) -> Result<Arc<Bundle>, Refused> {
        self.bundles.of(&self.store, digest, baseline).await
    }

    /// The digest of the bundle that was in force at this place in the ledger; none before the first.
    pub(crate) async fn in_force_at(&self, seq: u64) -> Result<Option<Digest>, Refused> {
        bundles::in_force_at(&self.store, seq).await
    }

    /// Writes a commit that changes nothing which memory follows, and once it is durable tells everyone who waits for
    /// what is in it.
    pub(crate) async fn commit(&self, commit: Commit) -> Result<Committed, CommitError> {
        debug_assert!(commit.case.is_none() && !(self.is_followed)(&commit), "nobody follows this");
        self.commit_and(commit, self.announce(), || {}).await
    }

    /// Takes a row of the outbox away that need not be done any more.
    pub(crate) async fn drop_row(&self, row: &str) -> Result<(), Refused> {
        let commit = Commit { cancel: vec![row.to_owned()], ..Commit::default() };
        self.commit(commit).await.map(|_| ()).map_err(crate::refused)
    }

    /// The same as [`Journal::commit`] for a commit with its own announcement, with what has to be in force before
    /// anyone is told.
    pub(crate) async fn commit_and(
        &self,
        commit: Commit,
        in_flight: InFlight,
        first: impl FnOnce(),
    ) -> Result<Committed, CommitError> {
        let due = Due::of(&commit.outbox);
        let passing = self.gate.pass(self.term).await?;
        let committed = self.store.commit(commit, in_flight).await?;
        first();
        drop(passing);
        self.tell(committed.last_seq);
        self.wakeups.wake(&due);
        Ok(committed)
    }

    /// Tells everyone who waits for it that everything up to this position is committed.
    pub(crate) fn tell(&self, last: u64) {
        self.ticks.send_if_modified(|seq| {
            let grown = last > *seq;
            *seq = last.max(*seq);
            grown
        });
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

    /// Takes back that a command was announced: it waits for something else first. Who writes together with others
    /// waits for those that were announced, and must not wait for one that waits for it.
    pub(crate) fn stand_back(&self) {
        drop(request_scope::taken());
    }

    /// The announcement that the commit takes along.
    pub(crate) fn announce(&self) -> InFlight {
        request_scope::taken().unwrap_or_else(|| self.store.announce())
    }
}
