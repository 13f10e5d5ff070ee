//! A breaker for outages: an AI responder that cannot be reached is left alone for a while, and tried again by itself.
//!
//! It says nothing of how well anybody answers, and what it counts is of this process alone.

use remit_domain::id::Timestamp;

/// The longest time for which one is left alone, in milliseconds.
const PAUSE_MAX_MS: i64 = 10 * 60_000;

/// Turns in which an AI responder could not be reached.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Outages {
    in_a_row: u32,
    /// How often it was left alone since it was last reached.
    opened: u32,
    until: Option<Timestamp>,
}

impl Outages {
    /// Until when it is left alone, if it is.
    pub(crate) fn until(&self, now: Timestamp) -> Option<Timestamp> {
        self.until.filter(|until| *until > now)
    }

    /// Counts one more, and says until when it is left alone from now on: after so many in a row, and after one more at
    /// each try since. What was under way while it is left alone counts for nothing.
    pub(crate) fn missed(&mut self, most: u32, pause_ms: i64, now: Timestamp) -> Option<Timestamp> {
        if self.until(now).is_some() {
            return None;
        }
        self.in_a_row = self.in_a_row.saturating_add(1);
        if self.in_a_row < most && self.opened == 0 {
            return None;
        }
        let pause = pause_ms.saturating_mul(1 << self.opened.min(20)).min(PAUSE_MAX_MS.max(pause_ms));
        self.opened = self.opened.saturating_add(1);
        self.until = Some(now.plus_ms(pause));
        self.until
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_opens_after_some_in_a_row_and_closes_by_itself() {
        let at = |seconds: i64| Timestamp(seconds * 1_000);
        let mut outages = Outages::default();
        let mut missed = |seconds| outages.missed(3, 30_000, at(seconds));
        assert_eq!((missed(0), missed(1), missed(2)), (None, None, Some(at(32))));
        assert_eq!(missed(10), None, "what was under way counts for nothing");
        assert_eq!(missed(32), Some(at(92)), "one try more, and twice as long");
        assert_eq!(missed(92), Some(at(212)));
        for _ in 0..100 {
            let until = outages.until.unwrap();
            assert_eq!(outages.until(until), None, "it closes by itself");
            let next = outages.missed(3, 30_000, until).unwrap();
            assert!(next.0 - until.0 <= PAUSE_MAX_MS);
        }
        outages = Outages::default();
        assert_eq!(outages.missed(3, 30_000, at(0)), None);
    }
}
