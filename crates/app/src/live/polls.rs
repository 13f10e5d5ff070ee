//! When clients asked last how a customer's answer stands: paces, which this process alone knows and a start begins
//! anew.

use super::median::median;
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// What is asked about at once. Beyond that, those are forgotten that were asked about least lately.
const KEPT_MAX: usize = 8_192;

/// When each was asked about last, and how long is left between two times.
#[derive(Debug, Default)]
pub(crate) struct Polls(Mutex<HashMap<String, Poll>>);

#[derive(Debug, Clone, Copy)]
struct Poll {
    last: Duration,
    interval: Duration,
}

impl Polls {
    /// Notes that `id` is asked about at `now`, by the monotonic clock; false where it is too soon, and from then on
    /// `interval` more is left between two times (OpenID CIBA 1.0, section 11).
    pub(crate) fn take(&self, id: &str, now: Duration, interval: Duration) -> bool {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(poll) = known.get_mut(id) {
            let in_time = now.saturating_sub(poll.last) >= poll.interval;
            poll.last = now;
            if !in_time {
                poll.interval += interval;
            }
            return in_time;
        }
        if known.len() >= KEPT_MAX {
            let middle = median(known.values().map(|poll| poll.last));
            known.retain(|_, poll| poll.last > middle);
        }
        known.insert(id.to_owned(), Poll { last: now, interval });
        true
    }

    /// Nobody asks about it any more.
    pub(crate) fn forget(&self, id: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INTERVAL: Duration = Duration::from_secs(5);

    #[test]
    fn whoever_asks_too_soon_waits_for_longer() {
        let polls = Polls::default();
        let at = |seconds: u64| polls.take("one", Duration::from_secs(seconds), INTERVAL);
        assert!(at(0) && at(5) && at(11));
        assert!(!at(14), "two seconds too soon");
        assert!(!at(19), "ten are left from now on");
        assert!(at(34));
        assert!(polls.take("other", Duration::ZERO, INTERVAL));
        polls.forget("one");
        assert!(at(35));
    }

    #[test]
    fn so_many_are_known_and_no_more() {
        let polls = Polls::default();
        for nth in 0..20_000_u64 {
            polls.take(&nth.to_string(), Duration::from_millis(nth), INTERVAL);
        }
        assert!(polls.0.lock().unwrap().len() <= KEPT_MAX);
        assert!(!polls.take("19999", Duration::from_millis(20_000), INTERVAL), "the newest are known");
    }
}
