//! Wakeups of what works beside requests: given when a commit leaves it something to do, so that it need not poll the
//! outbox after each.

use crate::journal::outbox::{EXECUTION, TIMER, TURN};
use remit_store::OutboxRow;
use std::sync::atomic::{AtomicI64, Ordering};
use tokio::sync::Notify;

/// Whom commits wake, and when the next timer wakes by itself.
#[derive(Debug)]
pub struct Wakeups {
    turns: Notify,
    timers: Notify,
    erasures: Notify,
    executions: Notify,
    /// Until when the timers are waited for, in milliseconds since the Unix epoch.
    awaited_ms: AtomicI64,
}

impl Default for Wakeups {
    fn default() -> Self {
        let asleep = Notify::new;
        Self {
            turns: asleep(),
            timers: asleep(),
            erasures: asleep(),
            executions: asleep(),
            awaited_ms: AtomicI64::new(i64::MAX),
        }
    }
}

impl Wakeups {
    /// A turn is to be taken.
    pub async fn turns(&self) {
        self.turns.notified().await;
    }

    /// A request is to be carried out.
    pub async fn executions(&self) {
        self.executions.notified().await;
    }

    /// Somebody's words are to be erased.
    pub async fn erasures(&self) {
        self.erasures.notified().await;
    }

    /// Wakes [`Self::erasures`].
    pub(crate) fn wake_erasures(&self) {
        self.erasures.notify_one();
    }

    /// Something is due sooner than what was waited for.
    pub async fn timers(&self) {
        self.timers.notified().await;
    }

    /// The moment that `next` reads is waited for from now on. What is committed while it reads wakes in any case.
    pub(crate) async fn wait_for(&self, next: impl Future<Output = Option<i64>>) -> Option<i64> {
        self.awaited_ms.store(i64::MAX, Ordering::SeqCst);
        let next = next.await;
        self.awaited_ms.store(next.unwrap_or(i64::MAX), Ordering::SeqCst);
        next
    }

    pub(crate) fn wake(&self, due: &Due) {
        if due.turns {
            self.turns.notify_one();
        }
        if due.executions {
            self.executions.notify_one();
        }
        if due.timer_ms.is_some_and(|due| due < self.awaited_ms.load(Ordering::SeqCst)) {
            self.timers.notify_one();
        }
    }
}

/// What a commit leaves to be done.
pub(crate) struct Due {
    turns: bool,
    executions: bool,
    timer_ms: Option<i64>,
}

impl Due {
    pub(crate) fn of(rows: &[OutboxRow]) -> Self {
        let of_kind = |kind: &'static str| rows.iter().filter(move |row| row.kind == kind);
        let any = |kind| of_kind(kind).next().is_some();
        let timer_ms = of_kind(TIMER).map(|row| row.due_ms).min();
        Self { turns: any(TURN), executions: any(EXECUTION), timer_ms }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::block_on::block_on;

    fn timer(due_ms: i64) -> Due {
        Due { turns: false, executions: false, timer_ms: Some(due_ms) }
    }

    /// Whether it was woken since it last looked.
    fn woken(wakeup: &Notify) -> bool {
        let heard = std::pin::pin!(wakeup.notified());
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        Future::poll(heard, &mut context).is_ready()
    }

    #[test]
    fn only_what_is_due_sooner_wakes() {
        let wakeups = Wakeups::default();
        assert_eq!(block_on(wakeups.wait_for(async { Some(100) })), Some(100));
        wakeups.wake(&timer(100));
        wakeups.wake(&timer(200));
        assert!(!woken(&wakeups.timers));
        wakeups.wake(&timer(99));
        assert!(woken(&wakeups.timers));
        assert!(!woken(&wakeups.turns));
        wakeups.wake(&Due { turns: true, executions: false, timer_ms: None });
        assert!(woken(&wakeups.turns));
        assert!(!woken(&wakeups.timers));
    }

    #[test]
    fn what_is_committed_while_the_next_moment_is_read_wakes() {
        let wakeups = Wakeups::default();
        block_on(wakeups.wait_for(async { Some(100) }));
        block_on(wakeups.wait_for(async {
            wakeups.wake(&timer(300));
            Some(500)
        }));
        assert!(woken(&wakeups.timers));
        block_on(wakeups.wait_for(async { None }));
        wakeups.wake(&timer(i64::MAX - 1));
        assert!(woken(&wakeups.timers));
    }
}
