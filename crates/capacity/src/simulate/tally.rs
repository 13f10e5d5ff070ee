//! What is counted of a run, of everybody who began to wait within its window.

use super::histogram::Histogram;

/// What became of those who came to a queue.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct QueueTally {
    /// Who came and was served or gave up.
    pub offered: u64,
    /// Who was served without a wait.
    pub at_once: u64,
    /// Who was served.
    pub served: u64,
    /// Who was served within the queue's threshold.
    pub within: u64,
    /// Who gave up.
    pub gave_up: u64,
    /// Who waited longer than the threshold, whatever became of them.
    pub beyond: u64,
    /// How long they all waited together.
    pub wait: f64,
}

impl QueueTally {
    /// Somebody who waited so long, and was served or gave up.
    pub(super) fn add(&mut self, wait: f64, threshold: f64, served: bool) {
        self.offered += 1;
        self.wait += wait;
        self.beyond += u64::from(wait > threshold);
        if served {
            self.served += 1;
            self.at_once += u64::from(wait == 0.0);
            self.within += u64::from(wait <= threshold);
        } else {
            self.gave_up += 1;
        }
    }

    /// The sum of both.
    pub fn merge(&mut self, other: &Self) {
        self.offered += other.offered;
        self.at_once += other.at_once;
        self.served += other.served;
        self.within += other.within;
        self.gave_up += other.gave_up;
        self.beyond += other.beyond;
        self.wait += other.wait;
    }

    fn of_offered(&self, count: u64) -> f64 {
        if self.offered == 0 { 0.0 } else { count as f64 / self.offered as f64 }
    }

    /// The share that had to wait, whatever became of them.
    #[must_use]
    pub fn waits(&self) -> f64 {
        self.of_offered(self.offered - self.at_once)
    }

    /// The share that gave up.
    #[must_use]
    pub fn gives_up(&self) -> f64 {
        self.of_offered(self.gave_up)
    }

    /// The share of all that was served within the threshold.
    #[must_use]
    pub fn service_level(&self) -> f64 {
        self.of_offered(self.within)
    }

    /// The share that waited longer than the threshold.
    #[must_use]
    pub fn waits_beyond(&self) -> f64 {
        self.of_offered(self.beyond)
    }

    /// The mean wait of all, with those who gave up.
    #[must_use]
    pub fn mean_wait(&self) -> f64 {
        if self.offered == 0 { 0.0 } else { self.wait / self.offered as f64 }
    }
}

/// What is counted of a run.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RunTally {
    /// How long the window was.
    pub length: f64,
    /// Customers who asked for the first time.
    pub asked: u64,
    /// Visits, with those of who came back.
    pub visits: u64,
    /// Visits that began with AI.
    pub ai_visits: u64,
    /// Visits that AI kept to the end.
    pub ai_kept: u64,
    /// Visits that went to somebody who is not simulated.
    pub elsewhere: u64,
    /// How long AI was waited for.
    pub ai_wait: f64,
    /// Each queue, over the whole window.
    pub queues: Vec<QueueTally>,
    /// How the waits in each queue are spread.
    pub waits: Vec<Histogram>,
    /// Each queue in each slot of the demand in which somebody began to wait: the queue's slots lie together. Empty
    /// where nobody asked for it.
    pub by_slot: Vec<QueueTally>,
    /// How long people of each group were serving.
    pub busy: Vec<f64>,
    /// How long people of each group were at work by their shifts.
    pub at_work: Vec<f64>,
    /// Who still waited for people at the end, of those who began to within the window.
    pub unfinished: u64,
    /// Whom AI had at the end, or who waited for it, of those who came to it within the window.
    pub with_ai: u64,
    /// Everything that happened.
    pub events: u64,
}

impl RunTally {
    /// The share of their time that people of all groups were serving.
    #[must_use]
    pub fn occupancy(&self) -> f64 {
        let (busy, at_work) = (self.busy.iter().sum::<f64>(), self.at_work.iter().sum::<f64>());
        if at_work > 0.0 { busy / at_work } else { 0.0 }
    }
}
