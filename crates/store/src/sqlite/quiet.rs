//! Reads of this process, counted, so that they can be held back for the moment that beginning the log anew takes: some
//! read is nearly always under way, and the log cannot be begun anew under any.

use std::{
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// For how long a read is held back at most, whatever becomes of who holds it back.
const HELD_MAX: Duration = Duration::from_secs(1);

/// What reads are under way, and whether more may begin.
#[derive(Debug, Default)]
pub(super) struct Quiet {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    reading: usize,
    closed: bool,
}

/// A read under way.
#[derive(Debug)]
pub(super) struct Reading<'q>(&'q Quiet);

/// No read is under way, and none begins until this is dropped.
#[derive(Debug)]
pub(super) struct Closed(Arc<Quiet>);

impl Quiet {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins a read.
    pub(super) fn enter(&self) -> Reading<'_> {
        let mut state = self.lock();
        if state.closed {
            let held = self.changed.wait_timeout_while(state, HELD_MAX, |state| state.closed);
            state = held.unwrap_or_else(PoisonError::into_inner).0;
        }
        state.reading += 1;
        Reading(self)
    }

    /// Lets no read begin, and waits for `patience` at most until none is under way.
    pub(super) fn close(self: &Arc<Self>, patience: Duration) -> Option<Closed> {
        let mut state = self.lock();
        if state.closed {
            return None;
        }
        state.closed = true;
        let closed = Closed(Arc::clone(self));
        let waited = self.changed.wait_timeout_while(state, patience, |state| state.reading > 0);
        let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        let quiet = state.reading == 0;
        drop(state);
        quiet.then_some(closed)
    }
}

impl Drop for Reading<'_> {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.reading -= 1;
        if state.closed && state.reading == 0 {
            self.0.changed.notify_all();
        }
    }
}

impl Drop for Closed {
    fn drop(&mut self) {
        self.0.lock().closed = false;
        self.0.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_are_held_back_while_it_is_quiet_and_go_on_after_it() {
        let quiet: Arc<Quiet> = Arc::default();
        let reading = quiet.enter();
        assert!(quiet.close(Duration::ZERO).is_none(), "a read is under way");
        drop(reading);
        let closed = quiet.close(Duration::ZERO).unwrap();
        assert!(quiet.close(Duration::ZERO).is_none(), "one at a time");
        std::thread::scope(|scope| {
            let held = scope.spawn(|| drop(quiet.enter()));
            drop(closed);
            held.join().unwrap();
        });
        drop(quiet.enter());
        assert_eq!(quiet.lock().reading, 0);
    }
}
