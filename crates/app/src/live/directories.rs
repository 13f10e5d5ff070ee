//! Keys of agents that only sign their requests, as they were read where each has them: a bounded number, read at a
//! bounded pace, since strangers say where. Known to this process alone, and begun anew with it.

use super::median::median;
use crate::environment::rate_limit::RateLimit;
use remit_oauth::jwk::KeySet;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::sync::{OwnedMutexGuard, OwnedSemaphorePermit, Semaphore};

/// Addresses that are known, and hosts whose reads are counted. Beyond that, those are forgotten that were of use least
/// lately.
const KEPT_MAX: usize = 1_024;
/// For how long what was read counts.
const FRESH: Duration = Duration::from_secs(300);
/// How long passes between two attempts, whoever asks for them.
const AGAIN: Duration = Duration::from_secs(60);
/// For how long what was read last counts while nobody answers.
const KEPT: Duration = Duration::from_secs(24 * 3_600);
/// Reads within a minute: of addresses at which nobody was recognised yet, of the others, and from one host.
const STRANGERS: u32 = 60;
const FAMILIAR: u32 = 240;
const OF_HOST: u32 = 6;
/// Reads under way at once, and requests that wait for one.
const READING_MAX: usize = 16;
const WAITING_MAX: usize = 64;

/// All of them.
#[derive(Debug)]
pub(crate) struct Directories {
    known: Mutex<HashMap<String, Arc<KeyDirectory>>>,
    hosts: Mutex<HashMap<String, (RateLimit, Duration)>>,
    strangers: RateLimit,
    familiar: RateLimit,
    reading: Arc<Semaphore>,
    /// Room for requests that wait until something is read.
    pub(crate) waiting: Semaphore,
}

/// What stands at one address.
#[derive(Debug, Default)]
pub(crate) struct KeyDirectory {
    state: Mutex<DirectoryState>,
    /// Whose turn it is to read it.
    pub(crate) turn: Arc<tokio::sync::Mutex<()>>,
}

#[derive(Debug, Default)]
struct DirectoryState {
    /// When it was asked for last, tried last, and came to something last, with what that was.
    used: Duration,
    tried: Option<Duration>,
    read: Option<(Duration, Arc<KeySet>)>,
    /// Why nothing was read the last time.
    failed: Option<Arc<str>>,
    /// Whether somebody was recognised by it.
    is_familiar: bool,
}

/// What is known of an address now.
#[derive(Debug)]
pub(crate) enum KeysKnown {
    /// Its keys.
    All(Arc<KeySet>),
    /// Nothing could be read a moment ago.
    Failed(Arc<str>),
    /// It is to be read.
    Unread,
}

/// Why nothing was read.
#[derive(Debug)]
pub(crate) enum NoKeys {
    /// Nobody answered, or nobody could for now: what was read before counts on.
    Away(String),
    /// What stands there is nothing that is taken, or nothing does.
    Nothing(String),
}

/// What became of asking for an address to be read.
#[derive(Debug)]
pub(crate) enum ReadTurn {
    /// Whoever asked reads it.
    Own(Arc<KeyDirectory>, KeyReading),
    /// Somebody else does.
    Another(Arc<KeyDirectory>),
}

/// The right to read one, until it is dropped.
#[derive(Debug)]
pub(crate) struct KeyReading {
    _turn: OwnedMutexGuard<()>,
    _place: OwnedSemaphorePermit,
}

impl Default for Directories {
    fn default() -> Self {
        let a_minute = |most: u32| RateLimit::new(most, Duration::from_secs(60) / most);
        Self {
            known: Mutex::default(),
            hosts: Mutex::default(),
            strangers: a_minute(STRANGERS),
            familiar: a_minute(FAMILIAR),
            reading: Arc::new(Semaphore::new(READING_MAX)),
            waiting: Semaphore::new(WAITING_MAX),
        }
    }
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Directories {
    /// What is known of an address.
    pub(crate) fn of(&self, at: &str) -> Option<Arc<KeyDirectory>> {
        lock(&self.known).get(at).cloned()
    }

    /// Takes the turn to read what stands at an address, or says how long it is until there is one. Who has no turn
    /// leaves nothing behind.
    pub(crate) fn turn(&self, at: &str, host: &str, now: Duration) -> Result<ReadTurn, Duration> {
        let known = self.of(at);
        let directory = known.clone().unwrap_or_default();
        let Ok(turn) = Arc::clone(&directory.turn).try_lock_owned() else { return Ok(ReadTurn::Another(directory)) };
        let place = Arc::clone(&self.reading).try_acquire_owned().map_err(|_| Duration::from_secs(1))?;
        self.pace(host, directory.is_familiar(), now)?;
        if known.is_none() {
            let mut known = lock(&self.known);
            // Another one may have come between.
            if let Some(other) = known.get(at) {
                return Ok(ReadTurn::Another(Arc::clone(other)));
            }
            if known.len() >= KEPT_MAX {
                let middle = median(known.values().map(|one| lock(&one.state).used));
                known.retain(|_, one| lock(&one.state).used > middle);
            }
            lock(&directory.state).used = now;
            known.insert(at.to_owned(), Arc::clone(&directory));
        }
        Ok(ReadTurn::Own(directory, KeyReading { _turn: turn, _place: place }))
    }

    /// Takes a read of a host, within what all of that kind may cause.
    fn pace(&self, host: &str, is_familiar: bool, now: Duration) -> Result<(), Duration> {
        let mut hosts = lock(&self.hosts);
        let all = if is_familiar { &self.familiar } else { &self.strangers };
        if let Some((pace, last)) = hosts.get_mut(host) {
            *last = now;
            pace.take(now)?;
            return all.take(now);
        }
        all.take(now)?;
        if hosts.len() >= KEPT_MAX {
            let middle = median(hosts.values().map(|(_, last)| *last));
            hosts.retain(|_, (_, last)| *last > middle);
        }
        let pace = RateLimit::new(OF_HOST, Duration::from_secs(60) / OF_HOST);
        pace.take(now)?;
        hosts.insert(host.to_owned(), (pace, now));
        Ok(())
    }
}

impl KeyDirectory {
    fn is_familiar(&self) -> bool {
        lock(&self.state).is_familiar
    }

    /// Somebody was recognised by it.
    pub(crate) fn is_known(&self) {
        lock(&self.state).is_familiar = true;
    }

    /// What is known of it.
    pub(crate) fn look(&self, now: Duration) -> KeysKnown {
        let mut state = lock(&self.state);
        state.used = now;
        let is_tried = state.was_tried(now);
        if let Some((at, keys)) = &state.read {
            let age = now.saturating_sub(*at);
            if age < FRESH || is_tried && age < KEPT {
                return KeysKnown::All(Arc::clone(keys));
            }
        }
        match &state.failed {
            Some(why) if is_tried => KeysKnown::Failed(Arc::clone(why)),
            _ => KeysKnown::Unread,
        }
    }

    /// Whether it may be read anew for a key that is not among those that were read.
    pub(crate) fn may_be_anew(&self, now: Duration) -> bool {
        !lock(&self.state).was_tried(now)
    }

    /// Notes what came of reading it.
    pub(crate) fn note(&self, now: Duration, found: Result<KeySet, NoKeys>) {
        let mut state = lock(&self.state);
        state.tried = Some(now);
        match found {
            Ok(keys) => (state.read, state.failed) = (Some((now, Arc::new(keys))), None),
            Err(NoKeys::Away(why)) => state.failed = Some(why.into()),
            Err(NoKeys::Nothing(why)) => (state.read, state.failed) = (None, Some(why.into())),
        }
    }
}

impl DirectoryState {
    fn was_tried(&self, now: Duration) -> bool {
        self.tried.is_some_and(|tried| now.saturating_sub(tried) < AGAIN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(1_000_000 + seconds)
    }

    fn own(directories: &Directories, name: &str, host: &str, now: Duration) -> Result<Arc<KeyDirectory>, Duration> {
        directories.turn(name, host, now).map(|turn| match turn {
            ReadTurn::Own(directory, _) => directory,
            ReadTurn::Another(directory) => panic!("somebody else reads {directory:?}"),
        })
    }

    #[test]
    fn what_was_read_counts_for_so_long_and_while_nobody_answers_for_a_day() {
        let directory = KeyDirectory::default();
        let is = |seconds: u64| match directory.look(at(seconds)) {
            KeysKnown::All(_) => "keys",
            KeysKnown::Failed(_) => "failed",
            KeysKnown::Unread => "unread",
        };
        assert_eq!(is(0), "unread");
        directory.note(at(0), Err(NoKeys::Away("away".into())));
        assert_eq!((is(59), is(60)), ("failed", "unread"));
        directory.note(at(60), Ok(KeySet::default()));
        assert_eq!((is(61), is(359), is(360)), ("keys", "keys", "unread"));
        directory.note(at(360), Err(NoKeys::Away("away".into())));
        assert_eq!((is(361), is(419), is(420)), ("keys", "keys", "unread"));
        directory.note(at(24 * 3_600 + 100), Err(NoKeys::Away("away".into())));
        assert_eq!(is(24 * 3_600 + 101), "failed");
        directory.note(at(100_000), Ok(KeySet::default()));
        directory.note(at(100_001), Err(NoKeys::Nothing("404".into())));
        assert_eq!(is(100_002), "failed", "what is gone does not count on");
        assert!(!directory.may_be_anew(at(100_060)) && directory.may_be_anew(at(100_061)));
    }

    #[test]
    fn strangers_cause_so_many_reads_of_one_host_and_of_all() {
        let directories = Directories::default();
        let of_one = (0..20).filter(|n| own(&directories, &n.to_string(), "one", at(0)).is_ok()).count();
        assert_eq!(of_one, OF_HOST as usize);
        let of_all = (20..200).filter(|n| own(&directories, &n.to_string(), &n.to_string(), at(0)).is_ok()).count();
        assert_eq!(of_all, (STRANGERS - OF_HOST) as usize, "what a host has no room for takes nothing of the others'");
        assert!(lock(&directories.known).len() <= STRANGERS as usize, "who had no turn left nothing");
        // Whoever was recognised once is read beside all that.
        directories.of("20").unwrap().is_known();
        assert!(own(&directories, "20", "20", at(1)).is_ok());
        assert!(own(&directories, "21", "21", at(0)).is_err());
        assert!(own(&directories, "21", "21", at(60)).is_ok());
    }

    #[test]
    fn one_reads_at_a_time_and_so_many_are_known() {
        let directories = Directories::default();
        let first = directories.turn("a", "a", at(0)).unwrap();
        assert!(matches!(directories.turn("a", "a", at(0)), Ok(ReadTurn::Another(_))));
        drop(first);
        assert!(matches!(directories.turn("a", "a", at(0)), Ok(ReadTurn::Own(..))));
        for n in 0..3 * KEPT_MAX as u64 {
            let _ = directories.turn(&n.to_string(), &n.to_string(), at(60 * n));
            directories.of("a").unwrap().look(at(60 * n));
        }
        assert!(lock(&directories.known).len() <= KEPT_MAX && lock(&directories.hosts).len() <= KEPT_MAX);
        assert!(directories.of("a").is_some(), "what is of use stays");
    }
}
