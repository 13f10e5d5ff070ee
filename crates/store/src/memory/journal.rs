//! The journal in memory.

use super::MemoryStore;
use crate::{Commit, CommitError, Committed, InFlight, Journal, ReadError, RecordRow};
use std::time::Duration;

/// One of those that wait for the disk, until it is dropped.
struct Waiting<'s>(&'s MemoryStore);

impl<'s> Waiting<'s> {
    fn begin(store: &'s MemoryStore) -> Result<Self, CommitError> {
        let mut inner = store.lock();
        if inner.is_closed {
            return Err(CommitError::Stopped);
        }
        if inner.waiting >= inner.waiting_max {
            return Err(CommitError::Busy);
        }
        inner.waiting += 1;
        Ok(Self(store))
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.lock().waiting -= 1;
    }
}

impl Journal for MemoryStore {
    fn announce(&self) -> InFlight {
        InFlight::default()
    }

    async fn commit(&self, commit: Commit, in_flight: InFlight) -> Result<Committed, CommitError> {
        drop(in_flight);
        let _waiting = Waiting::begin(self)?;
        let (number, outcome) = self.change(|state| state.commit(&commit));
        self.wait_for(number).await;
        outcome
    }

    async fn wait_durable(&self) -> Result<(), ReadError> {
        let commits = self.lock().commits;
        self.wait_for(commits).await;
        Ok(())
    }

    async fn feed(&self, after: u64, limit: usize) -> Result<Vec<RecordRow>, ReadError> {
        let state = self.on_disk();
        let rows = state.records.iter().map(|kept| &kept.row);
        Ok(rows.filter(|row| row.seq > after).take(limit).cloned().collect())
    }

    async fn last_seq(&self) -> Result<u64, ReadError> {
        Ok(self.on_disk().last_seq())
    }

    async fn records_of(&self, stream: &str, after: u64, limit: usize) -> Result<Vec<RecordRow>, ReadError> {
        let state = self.written();
        let rows = state.records.iter().map(|kept| &kept.row).filter(|row| row.stream == stream);
        Ok(rows.filter(|row| row.seq > after).take(limit).cloned().collect())
    }

    async fn newest_record_of(&self, stream: &str) -> Result<Option<RecordRow>, ReadError> {
        let state = self.written();
        let newest = state.records.iter().rev().find(|kept| kept.row.stream == stream);
        Ok(newest.map(|kept| kept.row.clone()))
    }

    async fn record_by_subject(&self, subject: &str) -> Result<Option<RecordRow>, ReadError> {
        let state = self.written();
        let found = state.records.iter().find(|kept| kept.subject.as_deref() == Some(subject));
        Ok(found.map(|kept| kept.row.clone()))
    }

    async fn has_kind(&self, kinds: &[&str]) -> Result<bool, ReadError> {
        Ok(self.written().records.iter().any(|kept| kinds.contains(&kept.row.kind.as_str())))
    }

    /// There are no files in which anything could be left.
    async fn purge(&self, _patience: Duration) -> Result<bool, CommitError> {
        if self.lock().is_closed { Err(CommitError::Stopped) } else { Ok(true) }
    }

    async fn close(&self) {
        let commits = {
            let mut inner = self.lock();
            inner.is_closed = true;
            inner.commits
        };
        self.wait_for(commits).await;
    }
}
