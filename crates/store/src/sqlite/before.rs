//! The port as it was: every method at once, on the thread that asks.

use super::SqliteStore;
use crate::*;
use remit_ledger::hash::Hash;
use std::{collections::HashMap, pin::pin, sync::Arc, task, thread};

/// Waits for `future` on this thread.
fn now<T>(future: impl Future<Output = T>) -> T {
    struct Waker(thread::Thread);
    impl task::Wake for Waker {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let mut future = pin!(future);
    let waker = task::Waker::from(Arc::new(Waker(thread::current())));
    let mut context = task::Context::from_waker(&waker);
    loop {
        match future.as_mut().poll(&mut context) {
            task::Poll::Ready(done) => return done,
            task::Poll::Pending => thread::park(),
        }
    }
}

fn row(item: Item) -> ItemRow {
    ItemRow { kind: item.kind, id: item.id, body: Some(item.body) }
}

impl Store for SqliteStore {
    async fn commit(&self, commit: Commit) -> Result<Committed, CommitError> {
        self.submit(commit).await
    }

    fn coming(&self) -> Coming {
        Journal::announce(self)
    }

    async fn settled(&self) -> Result<(), ReadError> {
        self.disk.settled().await
    }

    fn case(&self, id: &str) -> Result<Option<CaseRow>, ReadError> {
        now(Views::case(self, id))
    }

    fn cases(&self, filter: &CaseFilter, after: Option<&str>, limit: usize) -> Result<Vec<CaseRow>, ReadError> {
        now(Views::cases(self, filter, after, limit))
    }

    fn cases_under(
        &self,
        customer: &str,
        key: u64,
        after: Option<&(i64, String)>,
        limit: usize,
    ) -> Result<Vec<(i64, String)>, ReadError> {
        now(Views::cases_under(self, customer, key, after, limit))
    }

    fn count_under(&self, customer: &str, key: u64) -> Result<u64, ReadError> {
        now(Views::count_under(self, customer, key))
    }

    fn resolved_of_customer(&self, customer: &str, since_ms: i64, limit: usize) -> Result<Vec<CaseRow>, ReadError> {
        now(Views::resolved_of_customer(self, customer, since_ms, limit))
    }

    fn recent_cases(&self, customer: &str, since_ms: i64) -> Result<u32, ReadError> {
        now(Views::recent_cases(self, customer, since_ms))
    }

    fn records_of(&self, case: &str, after: u64, limit: usize) -> Result<Vec<RecordRow>, ReadError> {
        now(Journal::records_of(self, case, after, limit))
    }

    fn record_by_subject(&self, subject: &str) -> Result<Option<RecordRow>, ReadError> {
        now(Journal::record_by_subject(self, subject))
    }

    fn feed(&self, after: u64, limit: usize) -> Result<Vec<RecordRow>, ReadError> {
        now(Journal::feed(self, after, limit))
    }

    fn last_seq(&self) -> Result<u64, ReadError> {
        now(Journal::last_seq(self))
    }

    fn words(&self, case: &str, id: &str) -> Result<Option<WordsRow>, ReadError> {
        now(Views::words(self, case, id))
    }

    fn attachment(&self, case: &str, id: &str) -> Result<Option<AttachmentRow>, ReadError> {
        now(Views::attachment(self, case, id))
    }

    fn customer(&self, id: &str) -> Result<Option<CustomerRow>, ReadError> {
        now(Views::customer(self, id))
    }

    fn key_of_case(&self, customer_id: &str, opened_ms: i64, case: &str) -> Result<Option<CustomerRow>, ReadError> {
        now(Views::key_of_case(self, customer_id, opened_ms, case))
    }

    fn exception(&self, id: &str) -> Result<Option<ExceptionRow>, ReadError> {
        now(Views::exception(self, id))
    }

    fn exceptions(
        &self,
        filter: &ExceptionFilter,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<ExceptionRow>, ReadError> {
        now(Views::exceptions(self, filter, after, limit))
    }

    fn owners(&self, state: &str) -> Result<Vec<String>, ReadError> {
        now(Views::owners(self, state))
    }

    fn depths(&self) -> Result<HashMap<String, i64>, ReadError> {
        now(Views::depths(self))
    }

    fn outcomes(&self) -> Result<Vec<OutcomeDelta>, ReadError> {
        now(Views::outcomes(self))
    }

    fn outcome_counts(&self) -> Result<Vec<OutcomeCount>, ReadError> {
        now(Views::outcome_counts(self))
    }

    fn idempotency(&self, scope: &str, key: &str) -> Result<Option<IdempotencyRow>, ReadError> {
        now(Views::idempotency(self, scope, key))
    }

    fn due(&self, kind: &str, now_ms: i64, limit: usize) -> Result<Vec<OutboxRow>, ReadError> {
        now(Views::due(self, kind, now_ms, limit))
    }

    fn next_due(&self, kind: &str) -> Result<Option<i64>, ReadError> {
        now(Views::next_due(self, kind))
    }

    fn items(&self, kind: &str) -> Result<Vec<ItemRow>, ReadError> {
        now(Views::items(self, kind)).map(|items| items.into_iter().map(row).collect())
    }

    fn items_page(&self, kind: &str, before: Option<&str>, limit: usize) -> Result<Vec<ItemRow>, ReadError> {
        now(Views::items_page(self, kind, before, limit)).map(|items| items.into_iter().map(row).collect())
    }

    fn token(&self, hash: &[u8; 32]) -> Result<Option<TokenRow>, ReadError> {
        now(Views::token(self, hash))
    }

    fn has_kind(&self, kinds: &[&str]) -> Result<bool, ReadError> {
        now(Journal::has_kind(self, kinds))
    }

    fn has_token(&self, id: &str) -> Result<bool, ReadError> {
        now(Views::has_token(self, id))
    }

    fn tokens(&self) -> Result<Vec<TokenRow>, ReadError> {
        now(Views::tokens(self))
    }

    fn token_name(&self, id: &str) -> Result<Option<String>, ReadError> {
        now(Views::token_name(self, id))
    }

    fn forget_token_name(&self, id: &str) -> Result<bool, ReadError> {
        now(Views::forget_token_name(self, id)).map_err(|error| ReadError(error.to_string()))
    }

    fn keep_bundle(&self, digest: &str, bytes: &[u8]) -> Result<(), ReadError> {
        now(Evidence::keep_bundle(self, digest, bytes)).map_err(|error| ReadError(error.to_string()))
    }

    fn bundle_in_force(&self) -> Result<Option<String>, ReadError> {
        now(Evidence::bundle_in_force(self))
    }

    fn bundle(&self, digest: &str) -> Result<Option<Vec<u8>>, ReadError> {
        now(Evidence::bundle(self, digest))
    }

    fn head(&self) -> Result<(u64, Hash), ReadError> {
        now(Evidence::head(self))
    }

    fn add_checkpoint(&self, size: u64, note: &str) -> Result<bool, ReadError> {
        now(Evidence::add_checkpoint(self, size, note)).map_err(|error| ReadError(error.to_string()))
    }

    fn checkpoint(&self) -> Result<Option<(u64, String)>, ReadError> {
        now(Evidence::checkpoint(self))
    }

    fn tile(&self, level: u8, index: u64) -> Result<Option<Vec<Hash>>, ReadError> {
        now(Evidence::tile(self, level, index))
    }
}

impl SqliteStore {
    /// What tells each key that this database was made with from others, by the key's name.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn key_marks(&self) -> Result<std::collections::BTreeMap<String, Vec<u8>>, ReadError> {
        now(Views::key_marks(self))
    }

    /// Notes what tells the keys of this database from others.
    ///
    /// # Errors
    /// When the database does not take it.
    pub fn mark_keys(&self, marks: &[(&str, [u8; 32])]) -> Result<(), ReadError> {
        now(Views::mark_keys(self, marks)).map_err(|error| ReadError(error.to_string()))
    }

    /// Whether nothing is in it that a key is needed for, and no key is noted.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn is_blank(&self) -> Result<bool, ReadError> {
        now(Views::is_blank(self))
    }

    /// Some customer with the key that seals their words, if there is one.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn some_customer(&self) -> Result<Option<(String, Vec<u8>)>, ReadError> {
        now(Views::some_customer(self))
    }

    /// The digest of the bundle that came into force last, if one ever did.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn bundle_in_force(&self) -> Result<Option<String>, ReadError> {
        now(Evidence::bundle_in_force(self))
    }

    /// Writes and answers what waits, and takes nothing more.
    pub async fn close(&self) {
        self.stop().await;
    }

    /// Moves what is in the log of writes into the database and holds reads back for a moment.
    ///
    /// # Errors
    /// When the database refuses.
    pub fn quieten(&self, patience: std::time::Duration) -> Result<Option<impl Sized + use<>>, ReadError> {
        super::wal_checkpoint::quieten(&self.path, &self.database, &self.readers_gate, patience)
    }
}
