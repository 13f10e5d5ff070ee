//! What requests take of limits, against their records: what is held back for each that goes on, and what each counter
//! stands at.

use super::super::problem::kept;
use remit_domain::request::{LimitCounter, Request, RequestState, Reserved};
use remit_store::{Balance, Counter, Found, Reservation};
use std::collections::BTreeMap;

/// What of it is kept.
#[derive(Debug, Default)]
pub(super) struct Limits {
    reservations: BTreeMap<String, Reservation>,
    counters: BTreeMap<Counter, Balance>,
}

/// What records make of it.
#[derive(Debug, Default)]
struct Made<'r> {
    held: BTreeMap<&'r str, &'r Reserved>,
    counters: BTreeMap<Counter, Balance>,
    /// Whether every record says on which counters it counts.
    is_whole: bool,
}

impl<'r> Made<'r> {
    fn by(requests: impl Iterator<Item = &'r Request>) -> Self {
        let mut made = Self { is_whole: true, ..Self::default() };
        for request in requests {
            for reserved in &request.reserved {
                if !request.state.is_final() {
                    made.held.insert(&reserved.id, reserved);
                }
                let Some(on) = &reserved.on else {
                    made.is_whole = false;
                    continue;
                };
                let balance = made.counters.entry(counter(on)).or_default();
                match request.state {
                    RequestState::Done => balance.spent = balance.spent.saturating_add(reserved.amount),
                    state if state.is_final() => {}
                    _ => balance.reserved = balance.reserved.saturating_add(reserved.amount),
                }
            }
        }
        made
    }
}

impl Limits {
    /// Notes what a counter stands at.
    pub(super) fn keep_counter(&mut self, counter: &Counter, balance: Balance) {
        self.counters.insert(counter.clone(), balance);
    }

    /// Notes what is held back under a name.
    pub(super) fn keep_reservation(&mut self, id: &str, held: &Reservation) {
        self.reservations.insert(id.to_owned(), held.clone());
    }

    /// Names everything that is kept otherwise than the records of these requests say; whether counters were held
    /// against them, too.
    pub(super) fn compare<'r>(&self, requests: impl Iterator<Item = &'r Request>, found: Found<'_>) -> bool {
        let made = Made::by(requests);
        for (id, reserved) in &made.held {
            let is_elsewhere = |held: &Reservation| reserved.on.as_ref().is_some_and(|on| counter(on) != held.counter);
            let how = match self.reservations.get(*id) {
                None => "its request goes on, and nothing is held back under it".to_owned(),
                Some(held) if held.amount != reserved.amount => {
                    format!("{} is held back under it, and its record says {}", held.amount, reserved.amount)
                }
                Some(held) if is_elsewhere(held) => "it is on another counter than its record says".to_owned(),
                Some(_) => continue,
            };
            found(kept("reservation", id, &how));
        }
        for id in self.reservations.keys().filter(|id| !made.held.contains_key(id.as_str())) {
            found(kept("reservation", id, "it is of no request that goes on"));
        }
        if made.is_whole {
            self.compare_counters(&made.counters, found);
        }
        made.is_whole
    }

    fn compare_counters(&self, made: &BTreeMap<Counter, Balance>, found: Found<'_>) {
        for (counter, made) in made {
            let how = match self.counters.get(counter) {
                None => "its records count on it, and it is not there".to_owned(),
                Some(balance) if balance != made => format!(
                    "{} is spent of it and {} held back, and the records say {} and {}",
                    balance.spent, balance.reserved, made.spent, made.reserved
                ),
                Some(_) => continue,
            };
            found(kept("counter", &named(counter), &how));
        }
        for counter in self.counters.keys().filter(|counter| !made.contains_key(counter)) {
            found(kept("counter", &named(counter), "no record counts on it"));
        }
    }
}

fn counter(on: &LimitCounter) -> Counter {
    Counter { scope: on.scope.clone(), key: on.key.clone(), window_ms: on.window.0 }
}

fn named(counter: &Counter) -> String {
    format!("{} of {}, window {}", counter.key, counter.scope, counter.window_ms)
}
