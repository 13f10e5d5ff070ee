//! How often something may be done: so often at once, and again once in so long, on the monotonic clock.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

/// A bound on how often something is done. It takes no lock, and a clock that is set does not move it.
#[derive(Debug)]
pub(crate) struct RateLimit {
    /// How long all of it takes to come back, in nanoseconds, and one of it.
    whole_ns: u64,
    each_ns: u64,
    /// The moment at which all of it is there, in nanoseconds of
    /// [`Clock::monotonic`](crate::environment::clock::Clock::monotonic).
    full_ns: AtomicU64,
}

impl RateLimit {
    /// `most` at once, and one again after each `each`.
    pub(crate) fn new(most: u32, each: Duration) -> Self {
        let each_ns = nanoseconds(each);
        Self { whole_ns: each_ns.saturating_mul(u64::from(most)), each_ns, full_ns: AtomicU64::new(0) }
    }

    /// Takes one, or says how long it is until there is one. `now` is a moment of the monotonic clock.
    pub(crate) fn take(&self, now: Duration) -> Result<(), Duration> {
        let now = nanoseconds(now);
        let room = now.saturating_add(self.whole_ns);
        let after = |full: u64| full.max(now).saturating_add(self.each_ns);
        let taken = self
            .full_ns
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |full| Some(after(full)).filter(|full| *full <= room));
        taken.map(drop).map_err(|full| Duration::from_nanos(after(full) - room))
    }
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_are_given_at_once_and_then_one_by_one() {
        let limit = RateLimit::new(3, Duration::from_secs(1));
        let at = |ms: u64| Duration::from_millis(1_000_000 + ms);
        let wait = |ms| Err(Duration::from_millis(ms));
        let taken: Vec<_> = (0..4).map(|_| limit.take(at(0))).collect();
        assert_eq!(taken, [Ok(()), Ok(()), Ok(()), wait(1_000)]);
        assert_eq!(limit.take(at(400)), wait(600));
        assert_eq!((limit.take(at(1_000)), limit.take(at(1_000))), (Ok(()), wait(1_000)));
        let later: Vec<_> = (0..4).map(|_| limit.take(at(1_000_000)).is_ok()).collect();
        assert_eq!(later, [true, true, true, false]);
    }

    #[test]
    fn of_many_who_take_at_once_no_more_get_one_than_there_are() {
        let limit = RateLimit::new(1_000, Duration::from_micros(500));
        let given = AtomicU64::new(0);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    let taken = (0..500).filter(|_| limit.take(Duration::from_secs(1)).is_ok()).count();
                    given.fetch_add(taken as u64, Ordering::Relaxed);
                });
            }
        });
        assert_eq!(given.into_inner(), 1_000);
    }
}
