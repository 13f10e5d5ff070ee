//! Counts how much is looked at, for the tests that hold the time to be linear.

#[cfg(test)]
thread_local! {
    static STEPS: std::cell::Cell<u64> = const { std::cell::Cell::new(0) };
}

/// Notes that so many bytes are looked at.
pub(super) fn look(bytes: usize) {
    #[cfg(test)]
    STEPS.with(|steps| steps.set(steps.get() + bytes as u64 + 1));
    let _ = bytes;
}

/// How much was looked at since this was asked last.
#[cfg(test)]
pub(super) fn taken() -> u64 {
    STEPS.with(|steps| steps.replace(0))
}
