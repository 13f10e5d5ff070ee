//! Attempts to sign in, and when sessions were used last: paces, which this process alone knows and a start begins
//! anew.

use super::{ceremonies::Ceremonies, median::median};
use crate::{
    environment::{
        rate_limit::RateLimit,
        relying_party::{Registering, SigningIn},
    },
    live::change::Change,
};
use std::{
    collections::HashMap,
    hash::Hash,
    net::IpAddr,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::sync::Semaphore;

/// Attempts under one name at once, and after how long there is one more.
const BY_NAME: (u32, Duration) = (10, Duration::from_secs(30));
/// The same from one address, behind which several people may sit.
const BY_ADDRESS: (u32, Duration) = (40, Duration::from_secs(3));
/// Names, and addresses, of which attempts are counted. Beyond that those are forgotten that were tried least lately.
const KEPT_MAX: usize = 8_192;
/// Passwords that wait to be looked at.
const WAITING_MAX: usize = 16;

/// What is counted.
#[derive(Debug)]
pub(crate) struct SignIns {
    names: Mutex<HashMap<String, Attempts>>,
    addresses: Mutex<HashMap<IpAddr, Attempts>>,
    /// When each session was used last, and from what.
    used: Mutex<HashMap<String, Use>>,
    /// Passkeys that are being made, by their session, and sign-ins by one that began, by their browser.
    pub(crate) registering: Ceremonies<Registering>,
    pub(crate) signing_in: Ceremonies<SigningIn>,
    /// Room for passwords that wait, and for the one that is looked at: so much memory and time is taken by no more.
    pub(crate) waiting: Semaphore,
    pub(crate) hashing: Semaphore,
}

impl Default for SignIns {
    fn default() -> Self {
        Self {
            names: Mutex::default(),
            addresses: Mutex::default(),
            used: Mutex::default(),
            registering: Ceremonies::default(),
            signing_in: Ceremonies::default(),
            waiting: Semaphore::new(WAITING_MAX),
            hashing: Semaphore::new(1),
        }
    }
}

/// From what a session is used, as far as that is known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    /// The address, or its network.
    pub address: Option<IpAddr>,
    /// What the browser calls itself.
    pub browser: Option<String>,
}

/// When a session was used last, in milliseconds of the steady clock, and from what.
#[derive(Debug, Clone)]
pub(crate) struct Use {
    pub(crate) last: i64,
    pub(crate) seen: Seen,
}

#[derive(Debug)]
struct Attempts {
    pace: RateLimit,
    last: Duration,
    /// Whether it was told already that they are too many.
    told: bool,
}

/// Why an attempt is refused.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TooMany {
    /// After how long there is another one.
    pub(crate) wait: Duration,
    /// Whether they are under the name, and this is the first that is refused.
    pub(crate) is_first_of_name: bool,
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Takes an attempt of `key`, or says how long it is until there is one, and whether that was told before.
fn take<K: Hash + Eq + Clone>(
    of: &Mutex<HashMap<K, Attempts>>,
    key: &K,
    (most, each): (u32, Duration),
    now: Duration,
) -> Result<(), (Duration, bool)> {
    let mut known = lock(of);
    if known.len() >= KEPT_MAX && !known.contains_key(key) {
        let middle = median(known.values().map(|attempts| attempts.last));
        // Whoever is refused goes on being so, however many others are tried; unless all of them are.
        known.retain(|_, attempts| attempts.told || attempts.last > middle);
        if known.len() >= KEPT_MAX {
            known.retain(|_, attempts| attempts.last > middle);
        }
    }
    let new = || Attempts { pace: RateLimit::new(most, each), last: now, told: false };
    let attempts = known.entry(key.clone()).or_insert_with(new);
    attempts.last = now;
    match attempts.pace.take(now) {
        Ok(()) => {
            attempts.told = false;
            Ok(())
        }
        Err(wait) => Err((wait, std::mem::replace(&mut attempts.told, true))),
    }
}

impl SignIns {
    /// Notes an attempt under a name and from an address, where that is known.
    ///
    /// # Errors
    /// When there were too many.
    pub(crate) fn attempt(&self, name: &str, from: Option<IpAddr>, now: Duration) -> Result<(), TooMany> {
        self.attempt_from(from, now)?;
        self.attempt_of(name, now)
    }

    /// Notes an attempt from an address, where that is known; under whose name will be seen.
    ///
    /// # Errors
    /// When there were too many.
    pub(crate) fn attempt_from(&self, from: Option<IpAddr>, now: Duration) -> Result<(), TooMany> {
        let Some(from) = from else { return Ok(()) };
        let taken = take(&self.addresses, &from, BY_ADDRESS, now);
        taken.map_err(|(wait, _)| TooMany { wait, is_first_of_name: false })
    }

    /// Notes an attempt under a name, from wherever.
    ///
    /// # Errors
    /// When there were too many.
    pub(crate) fn attempt_of(&self, name: &str, now: Duration) -> Result<(), TooMany> {
        let taken = take(&self.names, &name.to_owned(), BY_NAME, now);
        taken.map_err(|(wait, told)| TooMany { wait, is_first_of_name: !told })
    }

    /// Notes that the password was the right one: attempts under the name are counted from nothing.
    pub(crate) fn succeeded(&self, name: &str) {
        lock(&self.names).remove(name);
    }

    /// Notes that a session is used at `now`, from what is `seen`; not if it was not for `idle`.
    pub(crate) fn use_session(&self, session: &str, now: i64, idle: Duration, seen: Seen) -> bool {
        let mut used = lock(&self.used);
        let idle = i64::try_from(idle.as_millis()).unwrap_or(i64::MAX);
        match used.get_mut(session) {
            Some(used) if now.saturating_sub(used.last) >= idle => false,
            Some(used) => {
                *used = Use { last: now, seen };
                true
            }
            None => {
                used.insert(session.to_owned(), Use { last: now, seen });
                true
            }
        }
    }

    /// When a session was used last, and from what; nothing where it was not since the start.
    pub(crate) fn use_of(&self, session: &str) -> Option<Use> {
        lock(&self.used).get(session).cloned()
    }

    /// Follows what was committed: of sessions that ended nothing is known.
    pub(crate) fn follow(&self, change: &Change) {
        if !change.revoked.is_empty() {
            let mut used = lock(&self.used);
            used.retain(|session, _| !change.revoked.contains(session));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attempts_are_counted_by_name_and_by_address_and_told_once() {
        let counted = SignIns::default();
        let at = |seconds: u64| Duration::from_secs(1_000_000 + seconds);
        let from = |last: u8| Some(IpAddr::from([192, 0, 2, last]));
        for _ in 0..BY_NAME.0 {
            assert!(counted.attempt("ana", from(1), at(0)).is_ok());
        }
        let refused = |name: &str, last, seconds: u64| counted.attempt(name, from(last), at(seconds)).unwrap_err();
        assert!(refused("ana", 2, 0).is_first_of_name, "another address does not help");
        assert!(!refused("ana", 3, 0).is_first_of_name, "it is told once");
        assert!(counted.attempt("ben", from(1), at(0)).is_ok(), "another name is let in from there");
        assert!(counted.attempt("ana", from(1), at(30)).is_ok());
        assert!(refused("ana", 1, 30).is_first_of_name, "and once more after one was let through");
        counted.succeeded("ana");
        assert!(counted.attempt("ana", from(4), at(30)).is_ok());
        let names: Vec<String> = (0..100).map(|n| format!("n{n}")).collect();
        let let_in = names.iter().filter(|name| counted.attempt(name, from(9), at(60)).is_ok()).count();
        assert_eq!(let_in, BY_ADDRESS.0 as usize, "one address tries no more than its share, whatever the names");
    }

    #[test]
    fn what_is_counted_is_bounded_and_who_is_tried_now_stays() {
        let counted = SignIns::default();
        let at = |n: usize| Duration::from_secs(1_000_000) + Duration::from_micros(n as u64);
        for _ in 0..BY_NAME.0 {
            counted.attempt("ana", None, at(0)).unwrap();
        }
        for n in 0..3 * KEPT_MAX {
            let _ = counted.attempt(&format!("n{n}"), None, at(n));
            assert!(counted.attempt("ana", None, at(n)).is_err());
        }
        assert!(lock(&counted.names).len() <= KEPT_MAX);
    }

    #[test]
    fn whoever_is_refused_is_so_however_many_other_names_are_tried_meanwhile() {
        let counted = SignIns::default();
        let at = |n: usize| Duration::from_secs(1_000_000) + Duration::from_micros(n as u64);
        while counted.attempt("ana", None, at(0)).is_ok() {}
        for n in 0..3 * KEPT_MAX {
            let _ = counted.attempt(&format!("n{n}"), None, at(n));
        }
        assert!(counted.attempt("ana", None, at(3 * KEPT_MAX)).is_err());
        assert!(lock(&counted.names).len() <= KEPT_MAX);
    }

    #[test]
    fn a_session_that_was_not_used_for_too_long_is_not_used_again() {
        let counted = SignIns::default();
        let idle = Duration::from_secs(60);
        let used = |at| counted.use_session("ses_1", at, idle, Seen::default());
        assert!(used(0) && used(59_999));
        assert!(used(119_998) && !used(179_998));
        assert!(!used(179_999), "asking does not use it");
    }
}
