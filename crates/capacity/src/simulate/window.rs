//! Which part of a run is counted.

/// What is counted of a run: who begins to wait from `from` on, and before `to`, when it ends.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CountedWindow {
    /// Before, everything fills up.
    pub from: f64,
    /// The end.
    pub to: f64,
    /// Whether each slot is counted by itself too.
    pub by_slot: bool,
}

impl CountedWindow {
    /// How much of a time lies within it.
    pub(super) fn within(self, from: f64, to: f64) -> f64 {
        (to.min(self.to) - from.max(self.from)).max(0.0)
    }
}
