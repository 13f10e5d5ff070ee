//! Proofs and assertions are taken once: what was seen is remembered for as long as it could be sent again.

use sha2::{Digest as _, Sha256};
use std::{
    collections::{HashMap, hash_map::RandomState},
    fmt,
    hash::BuildHasher as _,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// How many parts the memory has, each behind a lock of its own.
const SHARDS: usize = 64;

/// Remembers what was seen.
///
/// The memory of one process is [`SeenProofs`]. Where several nodes answer, what one has seen has to be refused by all:
/// such a memory is the store's, and is asked after [`dpop::read`](crate::dpop::read) or
/// [`assertion::read`](crate::assertion::read), which do everything else.
pub trait Seen {
    /// Notes that `jti` of `by` (a key's thumbprint, a client) was seen, until `until_ms`, from when on it is refused
    /// for another reason.
    ///
    /// # Errors
    /// When it was seen before, or nothing more can be remembered now.
    fn first_time(&self, by: &str, jti: &str, until_ms: i64, now_ms: i64) -> Result<(), NotFirst>;
}

/// Why something is not taken for the first of its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotFirst {
    /// It was seen before.
    #[error("it was used before; make a new one, with a new jti, for each request")]
    Repeated,
    /// Too much is remembered already: what could be a repetition is not taken.
    #[error("too many requests are under way; try again in a minute")]
    Busy,
}

/// What was seen by this process, up to a bound: when that is reached, nothing more is taken until some of it may be
/// forgotten. Whoever asks it with what anybody can make, and has not yet asked who that is, lets anybody fill it.
pub struct SeenProofs {
    shards: Vec<Mutex<Shard>>,
    /// Chooses the part, by what only this process knows: nobody can aim at one of them.
    choose: RandomState,
    /// How much one part remembers at most.
    each_max: usize,
}

#[derive(Default)]
struct Shard {
    /// What was seen, by the first half of its hash, until when.
    seen: HashMap<[u8; 16], i64>,
    /// The earliest moment at which something of it may be forgotten, or an earlier one.
    earliest_ms: i64,
    /// What counted until then or before may have been forgotten: it is not taken again should a clock be set back.
    forgotten_ms: i64,
}

impl fmt::Debug for SeenProofs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SeenProofs").field("each_max", &self.each_max).finish_non_exhaustive()
    }
}

impl SeenProofs {
    /// A memory of about so many, of some fifty bytes each.
    pub fn new(most: usize) -> Self {
        let shards = (0..SHARDS).map(|_| Mutex::new(Shard::new())).collect();
        Self { shards, choose: RandomState::new(), each_max: most.div_ceil(SHARDS).max(1) }
    }

    /// How much is remembered, also of what may be forgotten.
    pub fn len(&self) -> usize {
        self.shards.iter().map(|shard| lock(shard).seen.len()).sum()
    }

    /// Whether nothing is.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Seen for SeenProofs {
    fn first_time(&self, by: &str, jti: &str, until_ms: i64, now_ms: i64) -> Result<(), NotFirst> {
        let hash = Sha256::new().chain_update(length(by)).chain_update(by).chain_update(jti).finalize();
        let key = hash.first_chunk::<16>().copied().unwrap_or_default();
        let at = self.choose.hash_one(key) % self.shards.len() as u64;
        let shard = usize::try_from(at).ok().and_then(|at| self.shards.get(at)).ok_or(NotFirst::Busy)?;
        lock(shard).note(key, until_ms, now_ms, self.each_max)
    }
}

impl Shard {
    fn new() -> Self {
        Self { seen: HashMap::new(), earliest_ms: i64::MAX, forgotten_ms: i64::MIN }
    }

    fn note(&mut self, key: [u8; 16], until_ms: i64, now_ms: i64, most: usize) -> Result<(), NotFirst> {
        if until_ms <= self.forgotten_ms || self.seen.get(&key).is_some_and(|until| *until > now_ms) {
            return Err(NotFirst::Repeated);
        }
        if self.seen.len() >= most && !self.seen.contains_key(&key) {
            self.forget(now_ms);
            if self.seen.len() >= most {
                return Err(NotFirst::Busy);
            }
            if until_ms <= self.forgotten_ms {
                return Err(NotFirst::Repeated);
            }
        }
        self.seen.insert(key, until_ms);
        self.earliest_ms = self.earliest_ms.min(until_ms);
        Ok(())
    }

    /// Forgets what counts no more. Where that is nothing, nothing is gone through.
    fn forget(&mut self, now_ms: i64) {
        if self.earliest_ms > now_ms {
            return;
        }
        self.seen.retain(|_, until| *until > now_ms);
        self.earliest_ms = self.seen.values().min().copied().unwrap_or(i64::MAX);
        self.forgotten_ms = self.forgotten_ms.max(now_ms);
    }
}

/// So that two texts one after the other are read in one way.
fn length(text: &str) -> [u8; 8] {
    (text.len() as u64).to_be_bytes()
}

fn lock(shard: &Mutex<Shard>) -> MutexGuard<'_, Shard> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn each_is_taken_once() {
        let seen = SeenProofs::new(1_000);
        assert_eq!(seen.first_time("key", "1", 100, 0), Ok(()));
        assert_eq!(seen.first_time("key", "1", 100, 99), Err(NotFirst::Repeated));
        assert_eq!(seen.first_time("key", "1", 200, 50), Err(NotFirst::Repeated));
        assert_eq!(seen.first_time("other", "1", 100, 0), Ok(()));
        assert_eq!(seen.first_time("key", "2", 100, 0), Ok(()));
        // Where one ends and the other begins is part of it.
        assert_eq!((seen.first_time("a", "bc", 100, 0), seen.first_time("ab", "c", 100, 0)), (Ok(()), Ok(())));
    }

    #[test]
    fn what_is_full_refuses_until_it_may_forget() {
        let seen = SeenProofs::new(1);
        let names: Vec<String> = (0..2_000).map(|n| n.to_string()).collect();
        let taken = |now: i64| names.iter().map(|jti| seen.first_time("key", jti, now + 100, now)).collect::<Vec<_>>();
        let first = taken(0);
        let count = |told: &[Result<(), NotFirst>], what| told.iter().filter(|told| **told == what).count();
        assert_eq!(count(&first, Ok(())), SHARDS);
        assert_eq!(count(&first, Err(NotFirst::Busy)), 2_000 - SHARDS);
        // Nothing is forgotten a moment too early.
        let again = taken(99);
        assert_eq!(count(&again, Err(NotFirst::Repeated)), SHARDS);
        assert_eq!(count(&again, Err(NotFirst::Busy)), 2_000 - SHARDS);
        assert_eq!(count(&taken(100), Ok(())), SHARDS);
        assert_eq!(seen.len(), SHARDS);
    }

    #[test]
    fn what_was_forgotten_is_not_taken_after_the_clock_was_set_back() {
        let mut shard = Shard::new();
        assert_eq!(shard.note([1; 16], 100, 0, 1), Ok(()));
        assert_eq!(shard.note([2; 16], 300, 150, 1), Ok(()));
        assert_eq!(shard.note([1; 16], 100, 50, 9), Err(NotFirst::Repeated));
        assert_eq!(shard.note([3; 16], 160, 50, 9), Ok(()));
    }

    #[test]
    fn of_many_who_send_the_same_at_once_one_is_taken() {
        let seen = SeenProofs::new(10_000);
        let taken = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    let first = |n: &u32| seen.first_time("key", &n.to_string(), 100, 0).is_ok();
                    taken.fetch_add((0..1_000).filter(first).count(), Ordering::Relaxed);
                });
            }
        });
        assert_eq!(taken.into_inner(), 1_000);
    }
}
