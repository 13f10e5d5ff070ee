//! What is counted of a simulation beside waits.

use std::collections::BTreeMap;

/// What the runs of a simulation came to beside what is counted of waits.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SimulationCounts {
    /// Decisions that were taken.
    pub decisions: u64,
    /// Visits that went to somebody who is not simulated, by whom: the owner of an exception, or a queue that is not
    /// described.
    pub elsewhere: BTreeMap<String, u64>,
    /// AI responders that were stopped, with the intent for which they were, and how many runs saw it.
    pub stopped: BTreeMap<(String, String), u64>,
    /// Commands that the domain refused, by its reason. There are none where what is described can happen.
    pub refused: BTreeMap<String, u64>,
}

impl SimulationCounts {
    pub(super) fn add(&mut self, more: Self) {
        let Self { decisions, elsewhere, stopped, refused } = more;
        self.decisions += decisions;
        for (all, more) in [(&mut self.elsewhere, elsewhere), (&mut self.refused, refused)] {
            more.into_iter().for_each(|(name, count)| *all.entry(name).or_default() += count);
        }
        stopped.into_iter().for_each(|(name, count)| *self.stopped.entry(name).or_default() += count);
    }
}
