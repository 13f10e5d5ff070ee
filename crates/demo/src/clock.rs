//! The demo's clock: it is set forward to when the demo begins, and runs many times as fast as the machine's
//! while people are at work; where the machine does not keep up, it runs slower.

use remit_app::environment::clock::{Clock, SystemClock, rfc3339};
use remit_domain::id::Timestamp;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

/// A clock that can be set forward and made to run faster. Clones are the same clock.
#[derive(Debug, Clone)]
pub(super) struct DemoClock(Arc<Mutex<State>>);

#[derive(Debug, Clone)]
struct State {
    at: Instant,
    shows: i64,
    rate: i64,
    /// The greatest rate that it runs at.
    rate_max: i64,
    /// When the rate was last looked at.
    looked: Instant,
    /// What is waited for, and since when.
    awaited: HashMap<String, i64>,
    /// What it shows up to which it runs at its rate; beyond, it runs as fast as the machine's.
    fast_until: Option<i64>,
}

pub(super) const HOUR_MS: i64 = 3_600_000;
/// How late what is due may be done before the clock slows down, by the machine's time.
const LATE: Duration = Duration::from_millis(60);
/// How soon it may be done for the clock to run faster again.
const IN_TIME: Duration = Duration::from_millis(15);
/// How often the rate changes at most.
const STEP: Duration = Duration::from_millis(40);

impl DemoClock {
    /// A clock that shows the machine's time and runs as fast.
    pub(super) fn new() -> Self {
        Self(Arc::new(Mutex::new(State::new(Instant::now(), SystemClock.now().0, 1))))
    }

    /// Sets it forward to `to`; it is never set back.
    pub(super) fn forward(&self, to: Timestamp) {
        self.change(|state| state.shows = state.shows.max(to.0));
    }

    /// Makes it run so many times as fast as the machine's.
    pub(super) fn run(&self, rate: i64) {
        self.change(|state| (state.rate, state.rate_max) = (rate.max(1), rate.max(1)));
    }

    /// Is told how late something was done that was due: the clock waits for a machine that does not keep up.
    pub(super) fn steady(&self, late: Duration) {
        self.change(|state| {
            if state.at.saturating_duration_since(state.looked) < STEP {
                return;
            }
            state.looked = state.at;
            if late > LATE {
                state.rate = (state.rate * 4 / 5).max(1);
            } else if late < IN_TIME {
                state.rate = (state.rate + state.rate / 16 + 1).min(state.rate_max);
            }
        });
    }

    /// Is told what is waited for: from when it was first told of one, it runs at its rate for `ahead_ms`, and then as
    /// fast as the machine's clock until that is done. It is told often: without, it soon runs so too.
    pub(super) fn wait_for(&self, awaited: impl Iterator<Item = String>, ahead_ms: i64) {
        self.change(|state| {
            let now = state.shows;
            let before = std::mem::take(&mut state.awaited);
            let since = |name: String| {
                let since = before.get(&name).copied().unwrap_or(now);
                (name, since)
            };
            state.awaited = awaited.map(since).collect();
            let first = state.awaited.values().min().copied().unwrap_or(now);
            state.fast_until = Some(first.saturating_add(ahead_ms));
        });
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        state.shows = state.shown(now);
        state.at = now;
        change(&mut state);
    }

    /// How long the machine takes until it shows `at`.
    pub(super) fn until(&self, at: i64) -> Duration {
        self.as_machine_time(at.saturating_sub(self.now().0))
    }

    /// How long ago it showed `at`, by the machine's time.
    pub(super) fn since(&self, at: i64) -> Duration {
        self.as_machine_time(self.now().0.saturating_sub(at))
    }

    fn as_machine_time(&self, ms: i64) -> Duration {
        let rate = self.0.lock().unwrap_or_else(PoisonError::into_inner).rate;
        Duration::from_micros(u64::try_from(ms.saturating_mul(1_000) / rate).unwrap_or(0))
    }
}

impl State {
    fn new(at: Instant, shows: i64, rate: i64) -> Self {
        Self { at, shows, rate, rate_max: rate, looked: at, awaited: HashMap::new(), fast_until: None }
    }

    fn shown(&self, now: Instant) -> i64 {
        let passed_us = i64::try_from(now.saturating_duration_since(self.at).as_micros()).unwrap_or(i64::MAX);
        let fast = self.shows.saturating_add(passed_us.saturating_mul(self.rate) / 1_000);
        let Some(until) = self.fast_until.map(|until| until.max(self.shows)).filter(|until| fast > *until) else {
            return fast;
        };
        let fast_us = (until - self.shows).saturating_mul(1_000) / self.rate;
        until.saturating_add(passed_us.saturating_sub(fast_us).max(0) / 1_000)
    }
}

impl Clock for DemoClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.lock().unwrap_or_else(PoisonError::into_inner).shown(Instant::now()))
    }
}

/// The time of day, in UTC.
pub(super) fn time_of_day(at: i64) -> String {
    rfc3339(Timestamp(at)).get(11..16).unwrap_or_default().to_owned()
}

/// The day.
pub(super) fn day(at: i64) -> String {
    rfc3339(Timestamp(at)).get(..10).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_goes_forward_only_and_as_fast_as_told() {
        let clock = DemoClock::new();
        let start = clock.now();
        clock.forward(Timestamp(start.0 - HOUR_MS));
        assert!(clock.now() >= start, "never back");
        clock.forward(start.plus_ms(HOUR_MS));
        assert!(clock.now().since(start) >= HOUR_MS);
        clock.run(100);
        let left = clock.until(clock.now().0 + 60_000);
        assert!(left <= Duration::from_millis(600), "{left:?}");
        assert_eq!(clock.until(start.0), Duration::ZERO);
    }

    #[test]
    fn it_waits_for_a_machine_that_does_not_keep_up() {
        let mut state = State::new(Instant::now(), 0, 100);
        let long_ago = state.at.checked_sub(Duration::from_secs(1)).unwrap();
        let mut after = |late: Duration| {
            state.looked = long_ago;
            let clock = DemoClock(Arc::new(Mutex::new(state.clone())));
            clock.steady(late);
            state = clock.0.lock().unwrap().clone();
            state.rate
        };
        assert_eq!(after(LATE + IN_TIME), 80);
        assert_eq!(after(LATE), 80);
        assert_eq!(after(Duration::ZERO), 86);
        assert!((0..200).map(|_| after(LATE * 2)).all(|rate| rate >= 1));
        assert!((0..200).map(|_| after(Duration::ZERO)).last() == Some(100), "no faster than told");
    }

    #[test]
    fn it_runs_no_faster_than_the_machine_while_an_answer_is_overdue() {
        let at = Instant::now();
        let after = |state: &State, ms: u64| state.shown(at + Duration::from_millis(ms));
        let mut state = State::new(at, 0, 100);
        assert_eq!(after(&state, 50), 5_000);
        state.fast_until = Some(2_000);
        assert_eq!([0, 10, 20, 50, 1_020].map(|ms| after(&state, ms)), [0, 1_000, 2_000, 2_030, 3_000]);
        // What lies behind sets it back by nothing.
        state.fast_until = Some(-1);
        assert_eq!([0, 30].map(|ms| after(&state, ms)), [0, 30]);

        let clock = DemoClock(Arc::new(Mutex::new(State::new(at, 0, 100))));
        let until = |awaited: &[&str]| {
            clock.wait_for(awaited.iter().map(|name| (*name).to_owned()), 5_000);
            clock.0.lock().unwrap().fast_until.unwrap()
        };
        let first = until(&["a"]);
        assert_eq!(until(&["a", "b"]), first, "the one that waits longest counts");
        assert!(until(&["b"]) >= first && until(&[]) >= first);
    }
}
