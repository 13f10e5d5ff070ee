//! When a customer has waited on a case, and in whose hours: what a promise about the case is counted from.
//!
//! Opening hours are the bundle's, so that here are only moments. While the customer is awaited, and once the case has
//! ended, nothing is added.

use crate::id::{ResponderId, Timestamp};
use serde::{Deserialize, Deserializer, Serialize, de::IgnoredAny};

/// A stretch of time in which the customer waited for those who had the case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Waited {
    /// The queue in whose hours it counts.
    pub queue: ResponderId,
    /// Its beginning.
    pub from: Timestamp,
    /// Its end.
    pub until: Timestamp,
    /// Whether others were waited for meanwhile, so that it does not count against what is promised for the case's end.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub apart: bool,
}

/// All the stretches in which the customer waited.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Waits {
    /// The queue in whose hours the customer waits now: the one that has the case or, while an AI responder does, the
    /// one that is next; the last of them while the owner of an exception has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    queue: Option<ResponderId>,
    /// Those that are over, oldest first and apart from each other, at most [`STRETCHES_MAX`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    over: Vec<Waited>,
    /// Whether others are waited for now.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    apart: bool,
}

/// Stretches that are kept apart. Of more, the two that count alike and are closest to each other become one as long as
/// both, at the place of the later one: within one opening of the queue that counts the same.
pub const STRETCHES_MAX: usize = 32;

impl Waits {
    /// Stretches that are over, oldest first.
    pub fn over(&self) -> &[Waited] {
        &self.over
    }

    /// From when on the stretch counts that goes on, of a customer who has waited since `since`.
    pub fn current(&self, since: Timestamp) -> Timestamp {
        self.over.last().map_or(since, |last| last.until.max(since))
    }

    /// Ends the stretch that goes on since `since`, if one does.
    pub(super) fn end(&mut self, since: Option<Timestamp>, at: Timestamp) {
        let (Some(since), Some(queue)) = (since, &self.queue) else { return };
        let from = self.current(since);
        if at > from {
            self.over.push(Waited { queue: queue.clone(), from, until: at, apart: self.apart });
        }
        if self.over.len() > STRETCHES_MAX {
            self.merge();
        }
    }

    /// From `at` on the customer waits in the hours of `queue`.
    pub(super) fn turn_to(&mut self, queue: &ResponderId, since: Option<Timestamp>, at: Timestamp) {
        if self.queue.as_ref() != Some(queue) {
            self.end(since, at);
            self.queue = Some(queue.clone());
        }
    }

    /// From `at` on others are waited for, or are no more.
    pub(super) fn count_apart(&mut self, apart: bool, since: Option<Timestamp>, at: Timestamp) {
        if self.apart != apart {
            self.end(since, at);
            self.apart = apart;
        }
    }

    fn merge(&mut self) {
        let pairs = self.over.iter().zip(self.over.iter().skip(1));
        let closest =
            pairs.enumerate().min_by_key(|(_, (one, next))| (is_apart(one, next), next.from.since(one.until)));
        let Some(at) = closest.map(|(at, _)| at) else { return };
        let one = self.over.remove(at);
        if let Some(next) = self.over.get_mut(at) {
            next.from = next.from.plus_ms(-one.until.since(one.from));
        }
    }
}

/// Whether two stretches count differently.
fn is_apart(one: &Waited, next: &Waited) -> bool {
    one.queue != next.queue || one.apart != next.apart
}

/// What an earlier version of the program kept: read over.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Former;

impl<'de> Deserialize<'de> for Former {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        IgnoredAny::deserialize(deserializer).map(|_| Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queue(name: &str) -> ResponderId {
        ResponderId::new(name).unwrap()
    }

    fn stretches(waits: &Waits) -> Vec<(&str, i64, i64)> {
        waits.over().iter().map(|one| (one.queue.as_str(), one.from.0, one.until.0)).collect()
    }

    #[test]
    fn each_stretch_counts_where_the_case_was() {
        let mut waits = Waits::default();
        let at = Timestamp;
        waits.turn_to(&queue("desk"), Some(at(10)), at(10));
        waits.turn_to(&queue("desk"), Some(at(10)), at(15));
        waits.turn_to(&queue("back"), Some(at(10)), at(20));
        waits.end(Some(at(10)), at(50));
        // Awaited; a clock that was set back meanwhile makes no time that was negative, or counts twice.
        waits.end(None, at(70));
        waits.end(Some(at(40)), at(45));
        waits.end(Some(at(80)), at(90));
        assert_eq!(stretches(&waits), [("desk", 10, 20), ("back", 20, 50), ("back", 80, 90)]);
        assert_eq!((waits.current(at(85)), waits.current(at(95))), (at(90), at(95)));
    }

    #[test]
    fn of_many_the_closest_become_one_and_nothing_is_lost() {
        let mut waits = Waits::default();
        waits.turn_to(&queue("desk"), None, Timestamp(0));
        let mut all = 0;
        for turn in 0..1_000 {
            let from = turn * 100 + if turn % 7 == 0 { 90 } else { 10 };
            waits.end(Some(Timestamp(from)), Timestamp(from + 5 + turn % 3));
            all += 5 + turn % 3;
            assert!(waits.over().len() <= STRETCHES_MAX);
        }
        assert_eq!(waits.over().iter().map(|one| one.until.since(one.from)).sum::<i64>(), all);
        let apart = waits.over().windows(2).all(|two| two[0].until <= two[1].from);
        assert!(apart && waits.over().iter().all(|one| one.from < one.until));
    }
}
