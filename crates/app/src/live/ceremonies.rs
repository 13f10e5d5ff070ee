//! What was begun by a browser and waits for what it sends back: no more than so many, for no longer than so long, and
//! each comes to an end once. This process alone knows it.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// How long something waits.
pub(crate) const WAITS: Duration = Duration::from_secs(300);
/// How much waits at once: so much that whoever begins without end, within the paces of addresses, pushes nobody out
/// before they have answered. Beyond that the oldest waits no more.
const MOST: usize = 65_536;

/// What was begun, by the digest of what the browser shows that it is the same one.
#[derive(Debug)]
pub(crate) struct Ceremonies<T>(Mutex<Waiting<T>>);

#[derive(Debug)]
struct Waiting<T> {
    begun: HashMap<[u8; 32], (Duration, T)>,
    /// In the order in which they were begun, with those that ended meanwhile.
    order: VecDeque<(Duration, [u8; 32])>,
}

impl<T> Waiting<T> {
    /// Forgets what was begun first; not what the same browser began anew meanwhile.
    fn forget_first(&mut self) {
        if let Some((at, by)) = self.order.pop_front()
            && self.begun.get(&by).is_some_and(|(begun, _)| *begun == at)
        {
            self.begun.remove(&by);
        }
    }
}

impl<T> Default for Ceremonies<T> {
    fn default() -> Self {
        Self(Mutex::new(Waiting { begun: HashMap::new(), order: VecDeque::new() }))
    }
}

impl<T> Ceremonies<T> {
    /// Begins something; what the same browser began before waits no more.
    pub(crate) fn begin(&self, by: [u8; 32], what: T, now: Duration) {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_over = |(at, _): &(Duration, [u8; 32])| now.saturating_sub(*at) >= WAITS;
        while waiting.order.front().is_some_and(is_over) || waiting.order.len() >= MOST {
            waiting.forget_first();
        }
        waiting.order.push_back((now, by));
        waiting.begun.insert(by, (now, what));
    }

    /// What it began, which it can end once, however that ends, and how long ago.
    pub(crate) fn end(&self, by: &[u8; 32], now: Duration) -> Option<(Duration, T)> {
        let ended = self.0.lock().unwrap_or_else(PoisonError::into_inner).begun.remove(by);
        let ended = ended.map(|(at, what)| (now.saturating_sub(at), what));
        ended.filter(|(ago, _)| *ago < WAITS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn by(n: usize) -> [u8; 32] {
        let mut by = [0; 32];
        by[..8].copy_from_slice(&n.to_be_bytes());
        by
    }

    #[test]
    fn what_was_begun_ends_once_in_its_browser_and_in_time() {
        let (begun, at) = (Ceremonies::default(), Duration::from_secs);
        begun.begin(by(1), "a", at(0));
        assert_eq!(begun.end(&by(2), at(1)), None);
        assert_eq!((begun.end(&by(1), at(299)), begun.end(&by(1), at(299))), (Some((at(299), "a")), None));
        begun.begin(by(1), "a", at(0));
        begun.begin(by(1), "b", at(1));
        assert_eq!(begun.end(&by(1), at(2)), Some((at(1), "b")));
        begun.begin(by(1), "a", at(0));
        assert_eq!(begun.end(&by(1), at(300)), None);
    }

    #[test]
    fn no_more_waits_than_may_and_the_oldest_goes_first() {
        let (begun, at) = (Ceremonies::default(), |n: usize| Duration::from_micros(n as u64));
        for n in 0..MOST + 2 {
            begun.begin(by(n), n, at(n));
        }
        assert_eq!(begun.0.lock().unwrap().begun.len(), MOST);
        let ended = |n: usize| begun.end(&by(n), at(MOST)).map(|(_, what)| what);
        assert_eq!((ended(1), ended(2)), (None, Some(2)));
        let late = WAITS + at(2 * MOST);
        for n in 0..2 {
            begun.begin(by(MOST + 2 + n), n, late);
        }
        assert_eq!(begun.0.lock().unwrap().begun.len(), 1 + 1, "what is over makes room, all of it");
        assert_eq!(begun.0.lock().unwrap().order.len(), 1 + 1);
    }
}
