//! Whether the customer waits or is awaited, and how it counts.

use super::{Case, Status};
use crate::id::Timestamp;

impl Case {
    /// Since when the customer is awaited: they were answered, and have said nothing since.
    pub fn silent_since(&self) -> Option<Timestamp> {
        if self.waiting_since.is_some() || self.status != Status::Open {
            return None;
        }
        let waits = self.waits.as_ref()?;
        waits.over().last().map(|last| last.until)
    }

    /// The customer is awaited from now on, or the case has ended.
    pub(super) fn stop_waiting(&mut self, at: Timestamp) {
        let since = self.waiting_since.take();
        if let Some(waits) = &mut self.waits {
            waits.end(since, at);
        }
    }

    /// From now on the customer's waiting counts, or does not count, against what is promised for the case's end.
    pub(super) fn count_apart(&mut self, apart: bool, at: Timestamp) {
        if let Some(waits) = &mut self.waits {
            waits.count_apart(apart, self.waiting_since, at);
        }
    }
}
