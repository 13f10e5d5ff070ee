//! When the keys of delegates were read last from the addresses where they are: known to this process alone, and begun
//! anew with it.

use remit_domain::id::DelegateId;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// How it stands with each. There are no more than delegates that are registered.
#[derive(Debug, Default)]
pub(crate) struct KeyReads(Mutex<HashMap<DelegateId, Arc<KeyRead>>>);

/// How it stands with one.
#[derive(Debug, Default)]
pub(crate) struct KeyRead {
    last: Mutex<LastKeyRead>,
    /// One reads at a time, and the others wait for what it finds.
    pub(crate) reading: tokio::sync::Mutex<()>,
}

/// Moments of the monotonic clock.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct LastKeyRead {
    /// When it was tried last.
    pub(crate) tried: Option<Duration>,
    /// When it came to something last.
    pub(crate) read: Option<Duration>,
}

impl KeyReads {
    pub(crate) fn of(&self, id: DelegateId) -> Arc<KeyRead> {
        Arc::clone(self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(id).or_default())
    }
}

impl KeyRead {
    pub(crate) fn last(&self) -> LastKeyRead {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// It was tried at a moment, and came to something or not.
    pub(crate) fn tried(&self, at: Duration, is_read: bool) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.tried = Some(at);
        if is_read {
            last.read = Some(at);
        }
    }
}
