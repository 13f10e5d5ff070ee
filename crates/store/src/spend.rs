//! What a command takes from counters that cannot be overdrawn: at once, or held back first and settled later.

/// A counter: whose it is, what it counts, and in which window.
///
/// A counter is there as soon as something is taken from it, and stays; its window ends by nobody naming it any more.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Counter {
    /// Whose limit it is: a delegation, a responder, an organisation.
    pub scope: String,
    /// What is counted: an action, and in which unit.
    pub key: String,
    /// When the window begins, in milliseconds since the Unix epoch; 0 for one that never ends.
    pub window_ms: i64,
}

/// What a command takes from a counter, or does with what was held back on one before.
///
/// Amounts are in the counter's own unit, and at most `i64::MAX`. The several of one command are done in their order,
/// and stand all or none; what is taken twice from one counter counts twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Spend {
    /// Takes `amount` at once, if what was taken and what is held back stay within `limit`.
    Take {
        /// From what.
        counter: Counter,
        /// How much.
        amount: u64,
        /// The most that may be taken and held back in all, as it is when the command is given.
        limit: u64,
    },
    /// Holds `amount` back under `id`, if what was taken and what is held back stay within `limit`: the effect is still
    /// to be tried, and must find its amount there.
    Reserve {
        /// Names the reservation; one that is held is not there twice.
        id: String,
        /// On what.
        counter: Counter,
        /// How much.
        amount: u64,
        /// The most that may be taken and held back in all, as it is when the command is given.
        limit: u64,
    },
    /// Takes `amount` of what is held back under `id`, at most all of it, and gives the rest back: the effect came to
    /// pass. Neither limit nor window matters any more.
    Settle {
        /// The reservation.
        id: String,
        /// How much.
        amount: u64,
    },
    /// Gives back what is held back under `id`: the effect did not come to pass.
    Release {
        /// The reservation.
        id: String,
    },
}

/// What a counter stands at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Balance {
    /// Taken.
    pub spent: u64,
    /// Held back.
    pub reserved: u64,
}

impl Balance {
    /// What may still be taken under a limit.
    pub fn left(self, limit: u64) -> u64 {
        limit.min(AMOUNT_MAX).saturating_sub(self.spent).saturating_sub(self.reserved)
    }
}

/// The most that a counter holds.
pub(crate) const AMOUNT_MAX: u64 = i64::MAX as u64;

/// An amount that is held back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reservation {
    /// On what.
    pub counter: Counter,
    /// How much.
    pub amount: u64,
}
