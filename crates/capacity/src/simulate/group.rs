//! A group of people as it is at a moment.

use super::window::CountedWindow;

/// How many of a group are idle and busy, and how long they were.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct GroupState {
    pub(super) idle: u32,
    busy: u32,
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

impl GroupState {
    /// One who was idle serves somebody from `now` until `done`.
    pub(super) fn begins(&mut self, now: f64, done: f64, counted: CountedWindow) {
        self.idle -= 1;
        self.busy += 1;
        self.busy_time += counted.within(now, done);
    }

    /// One has served somebody. Who is more than the shift has goes home.
    pub(super) fn ends(&mut self) {
        self.busy -= 1;
        if self.busy + self.idle < self.at_work {
            self.idle += 1;
        }
    }

    /// One who would have served somebody until `done` leaves them at `now`.
    pub(super) fn leaves(&mut self, now: f64, done: f64, counted: CountedWindow) {
        self.busy -= 1;
        self.busy_time -= counted.within(now, done);
    }

    /// So many are to be at work from `now` on; says how many more than that serve somebody.
    pub(super) fn step(&mut self, people: u32, now: f64, counted: CountedWindow) -> u32 {
        self.work_time += f64::from(self.at_work) * counted.within(self.since, now);
        (self.at_work, self.since) = (people, now);
        self.idle = people.saturating_sub(self.busy);
        self.busy.saturating_sub(people)
    }
}
