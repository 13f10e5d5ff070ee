//! Waiting for a future on a thread that has nothing else to do.

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
