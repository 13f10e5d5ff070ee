//! Who waits in a queue: by priority, in each in the order in which they came. Who gave up is found when it would be
//! their turn, so that most of them need no event of their own.

use super::waiting::WaitingVisit;
use std::collections::VecDeque;

#[derive(Debug, Default)]
pub(super) struct Line {
    /// By priority, the first of which goes first.
    by_priority: Vec<VecDeque<WaitingVisit>>,
    /// How many stand in it, with those who gave up and were not found yet.
    standing: usize,
    /// When those who gave up are looked for next.
    swept_at: usize,
}

/// Lines that are shorter are not looked through for who gave up.
const SHORT: usize = 1_024;

impl Line {
    pub(super) fn with_priorities(priorities: usize) -> Self {
        Self { by_priority: vec![VecDeque::new(); priorities.max(1)], standing: 0, swept_at: SHORT }
    }

    pub(super) fn push(&mut self, priority: usize, waiting: WaitingVisit) {
        let last = self.by_priority.len().saturating_sub(1);
        if let Some(line) = self.by_priority.get_mut(priority.min(last)) {
            line.push_back(waiting);
            self.standing += 1;
        }
    }

    /// Somebody comes back to the front.
    pub(super) fn push_front(&mut self, waiting: WaitingVisit) {
        if let Some(line) = self.by_priority.first_mut() {
            line.push_front(waiting);
            self.standing += 1;
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.standing == 0
    }

    /// Since when the one has waited whose turn it is, without looking whether they gave up.
    pub(super) fn since(&self) -> Option<f64> {
        self.by_priority.iter().find_map(|line| line.front()).map(|waiting| waiting.since)
    }

    /// Takes the one whose turn it is; `gone` is told of everybody who had given up before.
    pub(super) fn pop(&mut self, now: f64, mut gone: impl FnMut(WaitingVisit)) -> Option<WaitingVisit> {
        for line in &mut self.by_priority {
            while let Some(waiting) = line.pop_front() {
                self.standing -= 1;
                if waiting.until > now {
                    return Some(waiting);
                }
                gone(waiting);
            }
        }
        None
    }

    /// Tells `gone` of those who gave up, where the line has become so long that most of it may have.
    pub(super) fn sweep(&mut self, now: f64, mut gone: impl FnMut(WaitingVisit)) {
        if self.standing < self.swept_at {
            return;
        }
        self.take_gone(now, &mut gone);
        self.swept_at = (2 * self.standing).max(SHORT);
    }

    /// Tells `gone` of everybody who gave up by `now`.
    pub(super) fn take_gone(&mut self, now: f64, gone: &mut impl FnMut(WaitingVisit)) {
        for line in &mut self.by_priority {
            line.retain(|waiting| {
                let waits = waiting.until > now;
                if !waits {
                    gone(*waiting);
                }
                waits
            });
        }
        self.standing = self.by_priority.iter().map(VecDeque::len).sum();
    }
}
