//! Announcements of commands in flight.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

/// Says that a command is being made that will be committed soon. A store that gathers commands (a group commit) may
/// wait a moment for those in flight, rather than pay for a transaction each. Counts until it is dropped.
#[derive(Debug, Default)]
pub struct InFlight(Option<Arc<AtomicUsize>>);

impl InFlight {
    /// One more that counts in `counter`.
    pub fn counted(counter: &Arc<AtomicUsize>) -> Self {
        counter.fetch_add(1, Ordering::Relaxed);
        Self(Some(Arc::clone(counter)))
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        if let Some(counter) = &self.0 {
            counter.fetch_sub(1, Ordering::Relaxed);
        }
    }
}
