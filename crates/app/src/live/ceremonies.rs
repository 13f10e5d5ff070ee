//! What was begun by a browser and waits for what it sends back: no more than so many, for no longer than so long, and
//! each comes to an end once. This process alone knows it.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// How long something waits.
pub(crate) const WAITS: Duration = Duration::from_secs(300);
/// How much waits at once. Beyond that the oldest waits no more.
const MOST: usize = 4_096;

/// What was begun, by the digest of what the browser shows that it is the same one.
#[derive(Debug)]
pub(crate) struct Ceremonies<T>(Mutex<HashMap<[u8; 32], (Duration, T)>>);

impl<T> Default for Ceremonies<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T> Ceremonies<T> {
    /// Begins something; what the same browser began before waits no more.
    pub(crate) fn begin(&self, by: [u8; 32], what: T, now: Duration) {
        let mut begun = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if begun.len() >= MOST && !begun.contains_key(&by) {
            begun.retain(|_, (at, _)| now.saturating_sub(*at) < WAITS);
            let oldest = begun.iter().min_by_key(|(_, (at, _))| *at).map(|(by, _)| *by);
            if let Some(oldest) = oldest.filter(|_| begun.len() >= MOST) {
                begun.remove(&oldest);
            }
        }
        begun.insert(by, (now, what));
    }

    /// What it began, which it can end once, however that ends.
    pub(crate) fn end(&self, by: &[u8; 32], now: Duration) -> Option<T> {
        let ended = self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(by);
        ended.filter(|(at, _)| now.saturating_sub(*at) < WAITS).map(|(_, what)| what)
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
        assert_eq!((begun.end(&by(1), at(299)), begun.end(&by(1), at(299))), (Some("a"), None));
        begun.begin(by(1), "a", at(0));
        begun.begin(by(1), "b", at(1));
        assert_eq!(begun.end(&by(1), at(2)), Some("b"));
        begun.begin(by(1), "a", at(0));
        assert_eq!(begun.end(&by(1), at(300)), None);
    }

    #[test]
    fn no_more_waits_than_may_and_the_oldest_goes_first() {
        let (begun, at) = (Ceremonies::default(), |n: usize| Duration::from_micros(n as u64));
        for n in 0..MOST + 2 {
            begun.begin(by(n), n, at(n));
        }
        assert_eq!(begun.0.lock().unwrap().len(), MOST);
        assert_eq!((begun.end(&by(1), at(MOST)), begun.end(&by(2), at(MOST))), (None, Some(2)));
        let late = WAITS + at(2 * MOST);
        for n in 0..2 {
            begun.begin(by(MOST + 2 + n), n, late);
        }
        assert_eq!(begun.0.lock().unwrap().len(), 1 + 1, "what is over makes room, all of it");
    }
}
