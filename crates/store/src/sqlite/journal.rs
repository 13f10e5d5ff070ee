//! The journal: commits go to the writer, and records are read in their order.

use super::{
    SqliteStore,
    read::{EVENT, rows},
    wal_checkpoint,
};
use crate::{Commit, CommitError, Committed, InFlight, Journal, ReadError, RecordRow};
use rusqlite::params;
use std::{sync::Arc, time::Duration};

impl Journal for SqliteStore {
    fn announce(&self) -> InFlight {
        InFlight::counted(&self.in_flight)
    }

    async fn commit(&self, commit: Commit, in_flight: InFlight) -> Result<Committed, CommitError> {
        self.submit(commit, in_flight).await
    }

    async fn wait_durable(&self) -> Result<(), ReadError> {
        self.disk.settled().await
    }

    async fn feed(&self, after: u64, limit: usize) -> Result<Vec<RecordRow>, ReadError> {
        let sql = format!("SELECT {EVENT} FROM events WHERE seq > ?1 AND seq <= ?2 ORDER BY seq LIMIT ?3");
        let (after, last) = (after.min(i64::MAX as u64).cast_signed(), self.disk.records().cast_signed());
        self.many(&sql, params![after, last, rows(limit)], |row| self.event(row))
    }

    async fn last_seq(&self) -> Result<u64, ReadError> {
        Ok(self.disk.records())
    }

    async fn records_of(&self, stream: &str, after: u64, limit: usize) -> Result<Vec<RecordRow>, ReadError> {
        // From the place of the event before, where that is one of the stream's: those before it are not gone through.
        let sql = format!(
            "SELECT {EVENT} FROM events WHERE stream = ?1 AND seq > ?2 \
             AND ver > COALESCE((SELECT ver FROM events WHERE seq = ?2 AND stream = ?1), 0) ORDER BY ver LIMIT ?3"
        );
        let after = after.min(i64::MAX as u64).cast_signed();
        self.many(&sql, params![stream, after, rows(limit)], |row| self.event(row))
    }

    async fn newest_record_of(&self, stream: &str) -> Result<Option<RecordRow>, ReadError> {
        let sql = format!("SELECT {EVENT} FROM events WHERE stream = ?1 ORDER BY ver DESC LIMIT 1");
        self.one(&sql, [stream], |row| self.event(row))
    }

    async fn record_by_subject(&self, subject: &str) -> Result<Option<RecordRow>, ReadError> {
        self.one(&format!("SELECT {EVENT} FROM events WHERE subject = ?1"), [subject], |row| self.event(row))
    }

    async fn has_kind(&self, kinds: &[&str]) -> Result<bool, ReadError> {
        let any = vec!["?"; kinds.len()].join(", ");
        let sql = format!("SELECT 1 FROM events WHERE kind IN ({any}) LIMIT 1");
        Ok(self.one(&sql, rusqlite::params_from_iter(kinds), |_| Ok(()))?.is_some())
    }

    async fn purge(&self, patience: Duration) -> Result<bool, CommitError> {
        let failed = |why: String| CommitError::Failed(why);
        let (path, database, gate) = (self.path.clone(), Arc::clone(&self.database), Arc::clone(&self.readers_gate));
        let (answer, answered) = tokio::sync::oneshot::channel();
        // On a thread of its own: it waits for reads to end, and those that carry requests out may be among them.
        let quieten = move || {
            let _ = answer.send(wal_checkpoint::quieten(&path, &database, &gate, patience));
        };
        std::thread::Builder::new()
            .name("store-purge".into())
            .spawn(quieten)
            .map_err(|error| failed(error.to_string()))?;
        let quiet = answered.await.map_err(|_| CommitError::Stopped)?;
        let Some(_quiet) = quiet.map_err(|error| failed(error.to_string()))? else { return Ok(false) };
        match self.submit(Commit { begin_log_anew: true, ..Commit::default() }, InFlight::default()).await {
            Ok(_) => Ok(true),
            Err(CommitError::LogInUse) => Ok(false),
            Err(error) => Err(error),
        }
    }

    async fn close(&self) {
        self.stop().await;
    }
}
