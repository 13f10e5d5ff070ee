//! Callers by the hash of their token, as they were read lately: a cache that forgets all at each revocation.

use crate::{caller::Caller, live::change::Change};
use remit_policy::actions::Permission;
use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        Arc, Mutex, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
};

/// Tokens seen lately, by hash, with what policy said of each action that needs no case.
#[derive(Debug, Default)]
pub(crate) struct Tokens {
    pub(crate) known: RwLock<HashMap<[u8; 32], Arc<Caller>>>,
    pub(crate) permitted: RwLock<HashMap<(Arc<str>, Permission), bool>>,
    /// Tokens that were revoked and are still in the store, which could not forget them yet, with who revoked them.
    pub(crate) revoked: Arc<Mutex<BTreeMap<String, String>>>,
    /// How often a token has been revoked. What was read before one is not remembered after it.
    pub(crate) revocations: Arc<AtomicU64>,
}

pub(crate) const KNOWN_MAX: usize = 10_000;

impl Tokens {
    /// The same under another bundle, whose policies were asked nothing yet.
    pub(crate) fn next(&self) -> Self {
        let (revoked, revocations) = (Arc::clone(&self.revoked), Arc::clone(&self.revocations));
        Self { revoked, revocations, ..Self::default() }
    }

    /// Follows what was committed: what is known is forgotten once a token is revoked.
    pub(crate) fn follow(&self, change: &Change) {
        if change.revoked.is_empty() {
            return;
        }
        let mut waiting = self.revoked.lock().unwrap_or_else(PoisonError::into_inner);
        change.revoked.iter().for_each(|token| drop(waiting.remove(token)));
        drop(waiting);
        self.forget();
    }

    /// Forgets what is known of tokens.
    pub(crate) fn forget(&self) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        self.revocations.fetch_add(1, Ordering::AcqRel);
        known.clear();
        drop(known);
        self.permitted.write().unwrap_or_else(PoisonError::into_inner).clear();
    }
}
