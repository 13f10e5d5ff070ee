//! Erasures under way: keys that were destroyed, and what they sealed is not yet overwritten.

use crate::environment::block_on::block_on;
use remit_domain::id::CustomerId;
use remit_store::{ReadError, Views};
use serde::{Deserialize, Serialize};
use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::sync::watch;

/// What remains to be done for an erasure.
pub(crate) const ERASURE: &str = "erasure";

/// How long an answer waits for everything to be done.
const ANSWER_WITHIN: Duration = Duration::from_secs(2);

/// Erasures that are not done yet, by the number of the key.
#[derive(Debug)]
pub(crate) struct Erasures {
    pending: Mutex<HashMap<u64, CustomerId>>,
    changed: watch::Sender<()>,
}

/// One erasure, as it remains to be done.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ErasureDue {
    pub(crate) customer: CustomerId,
    pub(crate) key: u64,
    /// Who wanted it, as records call them.
    pub(crate) by: String,
}

impl ErasureDue {
    /// The row in the outbox of the erasure of this key.
    pub(crate) fn row(key: u64) -> String {
        format!("{ERASURE}:{key}")
    }
}

impl Erasures {
    /// Those that the store has.
    pub(crate) fn load(store: &impl Views) -> Result<Self, ReadError> {
        let rows = block_on(store.due(ERASURE, i64::MAX, usize::MAX))?;
        let due = rows.iter().filter_map(|row| serde_json::from_slice::<ErasureDue>(&row.body).ok());
        let pending = due.map(|due| (due.key, due.customer)).collect();
        Ok(Self { pending: Mutex::new(pending), changed: watch::Sender::new(()) })
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, HashMap<u64, CustomerId>> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn is_pending(&self, customer: &CustomerId) -> bool {
        self.lock().values().any(|pending| pending == customer)
    }

    /// Whether one of this key is under way.
    pub(crate) fn is_of(&self, key: u64) -> bool {
        self.lock().contains_key(&key)
    }

    pub(crate) fn end(&self, key: u64) {
        self.lock().remove(&key);
        self.changed.send_replace(());
    }

    /// Whether it is done, before long.
    pub(crate) async fn is_done(&self, key: u64) -> bool {
        let mut changed = self.changed.subscribe();
        let done = async { while self.is_of(key) && changed.changed().await.is_ok() {} };
        tokio::time::timeout(ANSWER_WITHIN, done).await.is_ok()
    }
}
