//! Requests that have arrived and are not carried out yet: announced to the store all at once, so that it knows how many
//! commands come and can write them together.

use super::App;
use remit_store::{Coming, Store};
use std::cell::RefCell;

tokio::task_local! {
    /// The announcement of the request that this task carries out.
    static ANNOUNCED: RefCell<Option<Coming>>;
}

/// Carries a request out; what it announces counts until it is committed, and at most until it is answered.
pub(crate) async fn carry_out<T>(request: impl Future<Output = T>) -> T {
    ANNOUNCED.scope(RefCell::default(), request).await
}

/// Whether this task carries a request out, of which `coming` is now the announcement.
fn announce(coming: Coming) -> bool {
    ANNOUNCED.try_with(|announced| announced.replace(Some(coming))).is_ok()
}

/// The announcement, once.
fn taken() -> Option<Coming> {
    ANNOUNCED.try_with(RefCell::take).ok().flatten()
}

impl App {
    /// Announces a command that has arrived whole, and lets those that arrived with it be read first.
    pub(crate) async fn arrive(&self) {
        if announce(self.store.coming()) {
            tokio::task::yield_now().await;
        }
    }

    /// The announcement that the commit takes along.
    pub(super) fn coming(&self) -> Coming {
        taken().unwrap_or_else(|| self.store.coming())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    };

    #[tokio::test]
    async fn an_announcement_counts_until_its_commit_has_it_or_its_request_ends() {
        let counter = Arc::new(AtomicUsize::new(0));
        let count = || counter.load(Ordering::Relaxed);
        assert!(!announce(Coming::counted(&counter)), "no request is carried out here");
        assert_eq!(count(), 0);
        let committing = carry_out(async {
            assert!(announce(Coming::counted(&counter)));
            taken().inspect(|_| assert!(taken().is_none()))
        });
        let committing = committing.await;
        assert_eq!(count(), 1);
        drop(committing);
        assert_eq!(count(), 0);
        carry_out(async {
            assert!(announce(Coming::counted(&counter)));
            assert_eq!(count(), 1);
        })
        .await;
        assert_eq!(count(), 0, "a request that was refused comes no more");
    }
}
