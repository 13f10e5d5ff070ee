//! When keys of delegates and issuers were read last from the addresses where they are: known to this process alone,
//! and begun anew with it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// How it stands with each, by identifier. There are no more than are registered.
#[derive(Debug, Default)]
pub(crate) struct KeyReads(Mutex<HashMap<String, Arc<KeyRead>>>);

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
    pub(crate) fn of(&self, id: &str) -> Arc<KeyRead> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(all.entry(id.to_owned()).or_default())
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
