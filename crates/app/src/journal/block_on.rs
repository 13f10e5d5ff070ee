//! Waiting for a future, or for a commit, on a thread that has nothing else to do.

use crate::refused::Refused;
use remit_store::{Commit, InFlight, Journal};
use std::{pin::pin, sync::Arc, task, thread};

/// Waits for `future` on this thread, in a runtime or outside of one.
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
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

/// Commits, and waits until it is durable.
///
/// # Errors
/// When the store refuses.
pub(crate) fn commit(store: &impl Journal, commit: Commit) -> Result<(), Refused> {
    block_on(store.commit(commit, InFlight::default())).map(drop).map_err(crate::refused)
}
