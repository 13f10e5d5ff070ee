//! The record, as every fit needs it.

use super::{
    ai_share::DayShares,
    days::WEEK,
    history::{DemandHistory, at_of},
    profile::{Axis, QueueSlots},
};

/// Days that are learned from before the first origin.
pub(super) const LEARNED_MIN: usize = 3 * WEEK;
/// The record, as every fit needs it.
#[derive(Debug)]
pub(super) struct Record<'a> {
    pub(super) history: &'a DemandHistory,
    pub(super) axis: Axis,
    pub(super) queues: Vec<QueueSlots>,
    pub(super) shares: DayShares,
}

impl<'a> Record<'a> {
    pub(super) fn new(history: &'a DemandHistory) -> Self {
        let slots = history.gap.len();
        let mut queues = vec![QueueSlots { arrived: vec![0.0; slots] }; history.queues.len()];
        for series in &history.series {
            if let Some(queue) = queues.get_mut(series.queue) {
                queue.arrived.iter_mut().zip(&series.arrived).for_each(|(sum, came)| *sum += came);
            }
        }
        Self { history, axis: Axis::new(history), queues, shares: DayShares::new(history) }
    }

    /// Cases of all queues in a slot.
    pub(super) fn came(&self, at: usize) -> f64 {
        self.queues.iter().map(|queue| at_of(&queue.arrived, at)).sum()
    }
}
