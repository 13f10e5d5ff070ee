//! How long people of a group were at work and served somebody.

use super::window::CountedWindow;

/// The times of a group.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct GroupTimes {
    /// How many are to be at work.
    at_work: u32,
    /// Since when.
    since: f64,
    pub(super) next_shift: usize,
    /// When its period began.
    pub(super) round: f64,
    pub(super) busy_time: f64,
    pub(super) work_time: f64,
}

impl GroupTimes {
    /// One serves somebody from `now` until `done`.
    pub(super) fn begins(&mut self, now: f64, done: f64, counted: CountedWindow) {
        self.busy_time += counted.within(now, done);
    }

    /// One who would have served somebody until `done` leaves them at `now`.
    pub(super) fn leaves(&mut self, now: f64, done: f64, counted: CountedWindow) {
        self.busy_time -= counted.within(now, done);
    }

    /// So many are to be at work from `now` on.
    pub(super) fn step(&mut self, people: u32, now: f64, counted: CountedWindow) {
        self.work_time += f64::from(self.at_work) * counted.within(self.since, now);
        (self.at_work, self.since) = (people, now);
    }
}
