//! How long a read may take: a bound that a thread sets for what it reads.

use std::{
    cell::Cell,
    time::{Duration, Instant},
};

thread_local! {
    /// Until when what this thread reads may take.
    static UNTIL: Cell<Option<Instant>> = const { Cell::new(None) };
    /// Whether something was cut short since.
    static CUT: Cell<bool> = const { Cell::new(false) };
}

/// What `read` gives, and whether a read of the store in it was cut short because all of them together took longer than
/// `patience`. One that is cut short is an error, and so is each that would begin after it.
pub fn within<T>(patience: Duration, read: impl FnOnce() -> T) -> (T, bool) {
    UNTIL.set(Instant::now().checked_add(patience));
    CUT.set(false);
    let given = read();
    UNTIL.set(None);
    (given, CUT.get())
}

/// Whether this thread has read for as long as it may.
pub(crate) fn is_over() -> bool {
    let over = UNTIL.get().is_some_and(|until| Instant::now() >= until);
    if over {
        CUT.set(true);
    }
    over
}
