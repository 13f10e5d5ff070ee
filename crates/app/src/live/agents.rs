//! Agents that only sign their requests: how often each knocks, and what of that is still to be put on record. Paces
//! and counts that this process alone knows; a start begins them anew.

use super::{directories::Directories, median::median};
use crate::environment::{limits::Limits, rate_limit::RateLimit};
use remit_domain::{
    agent::{OTHERS, note_key},
    id::Timestamp,
};
use remit_oauth::seen::SeenProofs;
use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, OnceLock, PoisonError},
    time::Duration,
};

/// Agents that are counted each on its own. Beyond that, those are counted together that knocked least lately.
const KEPT_MAX: usize = 4_096;
/// For how long one record of an agent is the last one, in milliseconds.
const DAY_MS: i64 = 24 * 3_600_000;
/// Records of agents on one day, and those of agents of which there was none before. The rest is on record as a sum.
const RECORDS_MAX: u32 = 1_000;
const NEW_MAX: u32 = 100;
/// Nonces that are remembered at once.
const NONCES_MAX: usize = 100_000;

/// What is counted.
#[derive(Debug)]
pub(crate) struct Agents {
    /// How often all of them together are looked at.
    all: OnceLock<RateLimit>,
    known: Mutex<Known>,
    /// Nonces of signatures, apart from what delegates prove: strangers fill no memory but their own.
    pub(crate) nonces: SeenProofs,
    /// What was read of their keys.
    pub(crate) directories: Directories,
}

#[derive(Debug, Default)]
struct Known {
    by_name: HashMap<String, Knocking>,
    /// The newest day on which something was put on record, how much, and of how many of whom nothing was before.
    day: i64,
    records: u32,
    new: u32,
}

#[derive(Debug)]
struct Knocking {
    pace: RateLimit,
    last: Duration,
    since: Knocks,
    /// When the newest record of it was made, where that is known.
    recorded: Option<Timestamp>,
    /// Whether one is being made.
    recording: bool,
}

/// How often an agent knocked since the newest record of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Knocks {
    /// The thumbprints of its keys, the last one last.
    pub(crate) keys: Vec<String>,
    pub(crate) knocks: u64,
    pub(crate) refused: u64,
    pub(crate) first: Timestamp,
    pub(crate) last: Timestamp,
}

impl Knocks {
    /// This and what came after it.
    fn and(mut self, later: Self) -> Self {
        if self.knocks == 0 {
            return later;
        }
        if later.knocks == 0 {
            return self;
        }
        later.keys.iter().for_each(|key| note_key(&mut self.keys, key));
        self.knocks = self.knocks.saturating_add(later.knocks);
        self.refused = self.refused.saturating_add(later.refused);
        self.first = self.first.min(later.first);
        self.last = self.last.max(later.last);
        self
    }
}

/// So often within a minute.
fn a_minute(most: u32) -> RateLimit {
    let most = most.max(1);
    RateLimit::new(most, Duration::from_secs(60) / most)
}

impl Default for Agents {
    fn default() -> Self {
        Self {
            all: OnceLock::new(),
            known: Mutex::default(),
            nonces: SeenProofs::new(NONCES_MAX),
            directories: Directories::default(),
        }
    }
}

impl Known {
    /// What is counted of an agent. Where there are too many, those who knocked least lately are counted together.
    fn of(&mut self, name: &str, limits: &Limits, now: Duration) -> &mut Knocking {
        let new = || Knocking {
            pace: a_minute(limits.knocks_each),
            last: now,
            since: Knocks::default(),
            recorded: None,
            recording: false,
        };
        if self.by_name.len() >= KEPT_MAX && !self.by_name.contains_key(name) {
            let middle = median(self.by_name.values().map(|one| one.last));
            let gone = self.by_name.extract_if(|name, one| name != OTHERS && one.last <= middle);
            let gone = gone.fold(Knocks::default(), |sum, (_, one)| sum.and(Knocks { keys: Vec::new(), ..one.since }));
            let others = self.by_name.entry(OTHERS.to_owned()).or_insert_with(new);
            others.since = std::mem::take(&mut others.since).and(gone);
        }
        self.by_name.entry(name.to_owned()).or_insert_with(new)
    }
}

impl Agents {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that a signed request is looked at, or says how long it is until one can be.
    pub(crate) fn look(&self, limits: &Limits, now: Duration) -> Result<(), Duration> {
        self.all.get_or_init(|| a_minute(limits.knocks)).take(now)
    }

    /// Counts that an agent knocked with a key, and says how long it is until it may again where it did so too often.
    pub(crate) fn knock(
        &self,
        (name, key): (&str, &str),
        limits: &Limits,
        now: Duration,
        at: Timestamp,
    ) -> Result<(), Duration> {
        let mut known = self.known();
        let one = known.of(name, limits, now);
        one.last = now;
        let taken = one.pace.take(now);
        let knock =
            Knocks { keys: vec![key.to_owned()], knocks: 1, refused: taken.is_err().into(), first: at, last: at };
        one.since = std::mem::take(&mut one.since).and(knock);
        taken
    }

    /// Counts what there is no record of on its own with all others.
    pub(crate) fn among_others(&self, tally: Knocks, limits: &Limits, now: Duration) {
        let mut known = self.known();
        let others = known.of(OTHERS, limits, now);
        others.since = std::mem::take(&mut others.since).and(Knocks { keys: Vec::new(), ..tally });
    }

    /// What is to be put on record of an agent at a moment, which is then on its way there.
    pub(crate) fn due(&self, name: &str, at: Timestamp) -> Option<Knocks> {
        let mut known = self.known();
        let one = known.by_name.get_mut(name).filter(|one| one.is_due(at))?;
        one.recording = true;
        Some(std::mem::take(&mut one.since))
    }

    /// Of whom something is to be put on record at a moment.
    pub(crate) fn all_due(&self, at: Timestamp) -> Vec<String> {
        let known = self.known();
        known.by_name.iter().filter(|(_, one)| one.is_due(at)).map(|(name, _)| name.clone()).collect()
    }

    /// What was on its way is on record since a moment, or was otherwise seen to.
    pub(crate) fn recorded(&self, name: &str, at: Timestamp) {
        if let Some(one) = self.known().by_name.get_mut(name) {
            (one.recording, one.recorded) = (false, Some(at));
        }
    }

    /// What was on its way is not on record; the newest record there is was made at a moment, where that is known.
    pub(crate) fn put_back(&self, name: &str, tally: Knocks, recorded: Option<Timestamp>) {
        if let Some(one) = self.known().by_name.get_mut(name) {
            one.since = tally.and(std::mem::take(&mut one.since));
            one.recording = false;
            one.recorded = recorded.or(one.recorded);
        }
    }

    /// Takes a record of this day, if there may be another one.
    pub(crate) fn take_record(&self, is_new: bool, at: Timestamp) -> bool {
        let mut known = self.known();
        let day = at.0.div_euclid(DAY_MS);
        if day != known.day {
            (known.day, known.records, known.new) = (day, 0, 0);
        }
        if known.records >= RECORDS_MAX || is_new && known.new >= NEW_MAX {
            return false;
        }
        known.records += 1;
        known.new += u32::from(is_new);
        true
    }

    /// How often an agent knocked since the newest record of it.
    pub(crate) fn since(&self, name: &str) -> Knocks {
        self.known().by_name.get(name).map(|one| one.since.clone()).unwrap_or_default()
    }
}

impl Knocking {
    fn is_due(&self, at: Timestamp) -> bool {
        let is_over = |recorded: Timestamp| at >= recorded.plus_ms(DAY_MS);
        self.since.knocks > 0 && !self.recording && self.recorded.is_none_or(is_over)
    }
}

/// Whether a record is the last one of its agent for a while.
pub(crate) fn is_recent(recorded: Timestamp, at: Timestamp) -> bool {
    at < recorded.plus_ms(DAY_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits() -> Limits {
        Limits { knocks_each: 2, knocks: 5, ..Limits::default() }
    }

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(1_000_000 + seconds)
    }

    #[test]
    fn each_agent_and_all_together_have_limits_of_their_own() {
        let agents = Agents::default();
        let knock = |name: &str, seconds| agents.knock((name, "k"), &limits(), at(seconds), Timestamp(7));
        assert!(knock("a", 0).is_ok() && knock("a", 0).is_ok() && knock("a", 0).is_err() && knock("b", 0).is_ok());
        assert!(knock("a", 30).is_ok() && knock("a", 30).is_err());
        assert_eq!((agents.since("a").knocks, agents.since("a").refused), (5, 2));
        let looked = (0..10).filter(|_| agents.look(&limits(), at(0)).is_ok()).count();
        assert_eq!(looked, 5);
        assert_eq!(agents.look(&limits(), at(0)), Err(Duration::from_secs(12)));
    }

    #[test]
    fn the_first_knock_is_on_record_at_once_and_the_rest_a_day_later() {
        let agents = Agents::default();
        let knock = |ms| agents.knock(("a", "k"), &Limits::default(), at(0), Timestamp(ms)).unwrap();
        knock(5);
        let first = agents.due("a", Timestamp(5)).unwrap();
        assert_eq!((first.knocks, first.first, &first.keys), (1, Timestamp(5), &vec!["k".to_owned()]));
        knock(6);
        assert_eq!(agents.due("a", Timestamp(6)), None, "one is on its way");
        agents.recorded("a", Timestamp(5));
        knock(9);
        assert_eq!(agents.due("a", Timestamp(4 + DAY_MS)), None);
        assert_eq!(agents.all_due(Timestamp(5 + DAY_MS)), ["a"]);
        let rest = agents.due("a", Timestamp(5 + DAY_MS)).unwrap();
        assert_eq!((rest.knocks, rest.first, rest.last), (2, Timestamp(6), Timestamp(9)));
        // What could not be put there is not lost.
        knock(10);
        agents.put_back("a", rest, None);
        assert_eq!(agents.due("a", Timestamp(5 + DAY_MS)).unwrap().knocks, 3);
    }

    #[test]
    fn so_many_are_counted_on_their_own_and_nobody_is_forgotten() {
        let agents = Agents::default();
        let count = 3 * KEPT_MAX as u64;
        for nth in 0..count {
            let now = at(0) + Duration::from_micros(nth);
            agents.knock((&nth.to_string(), "k"), &Limits::default(), now, Timestamp(7)).unwrap();
        }
        let known = agents.known();
        assert!(known.by_name.len() <= KEPT_MAX + 1, "{}", known.by_name.len());
        assert_eq!(known.by_name.values().map(|one| one.since.knocks).sum::<u64>(), count);
        assert!(known.by_name[OTHERS].since.keys.is_empty());
    }

    #[test]
    fn a_day_has_so_many_records_and_fewer_of_whom_there_was_none() {
        let agents = Agents::default();
        let taken =
            |is_new, day: i64, of: u32| (0..of).filter(|_| agents.take_record(is_new, Timestamp(day * DAY_MS))).count();
        assert_eq!(taken(true, 1, 2_000), NEW_MAX as usize);
        assert_eq!(taken(false, 1, 2_000), (RECORDS_MAX - NEW_MAX) as usize);
        assert_eq!(taken(true, 2, 1), 1);
    }
}
