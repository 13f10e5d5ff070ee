//! Moments as clocks on walls show them, where queues work and where the bundle is.

use super::{Bundle, QueueSpec, WallTime};
use crate::local_time::zone_of;
use remit_domain::id::{ResponderId, Timestamp};

impl Bundle {
    /// A moment by the clock on the wall where `near` works, if it is a queue, and else where the first queue works;
    /// none where that is in UTC.
    pub fn local(&self, near: Option<&ResponderId>, at: Timestamp) -> Option<String> {
        let near = near.and_then(|near| self.candidate(near)?.queue.as_ref());
        near.or_else(|| self.first_queue())?.local(at)
    }

    /// The first queue, by whose clock is told what nobody of a queue has.
    pub fn first_queue(&self) -> Option<&QueueSpec> {
        self.candidates().iter().find_map(|spec| spec.queue.as_ref())
    }

    /// A moment as the clock on the wall shows it where `near` works, if it is a queue, and else in the time zone of
    /// the bundle; none for a moment out of all calendars.
    pub fn wall_time(&self, near: Option<&ResponderId>, at: Timestamp) -> Option<WallTime> {
        let near = near.and_then(|near| self.candidate(near)?.queue.as_ref());
        near.map_or_else(|| WallTime::of(&zone_of(&self.manifest), at.0), |queue| queue.wall_time(at))
    }
}
