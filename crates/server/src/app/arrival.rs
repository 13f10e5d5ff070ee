//! Requests that have arrived and are not carried out yet: announced to the store all at once, so that it knows how many
//! commands come and can write them together.

use super::App;
use remit_store::{Coming, Store};
use std::cell::RefCell;

tokio::task_local! {
    /// The announcement of the request that this task carries out.
    static ANNOUNCED: RefCell<Coming>;
}

/// Carries a request out; what it announces counts until it is committed, and at most until it is answered.
pub(crate) async fn carry_out<T>(request: impl Future<Output = T>) -> T {
    ANNOUNCED.scope(RefCell::default(), request).await
}

impl App {
    /// Announces a command that has arrived whole, and lets those that arrived with it be read first.
    pub(crate) async fn arrive(&self) {
        let announced = ANNOUNCED.try_with(|announced| announced.replace(self.store.coming()));
        if announced.is_ok() {
            tokio::task::yield_now().await;
        }
    }

    /// The announcement that the commit takes along.
    pub(super) fn coming(&self) -> Coming {
        let early = ANNOUNCED.try_with(RefCell::take).unwrap_or_default();
        if early.counts() { early } else { self.store.coming() }
    }
}
