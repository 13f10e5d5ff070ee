//! Somebody who waits.

/// A visit in a queue.
#[derive(Debug, Clone, Copy)]
pub struct WaitingVisit {
    /// Its number.
    pub visit: u32,
    /// Since when it waits.
    pub since: f64,
    /// When it gives up.
    pub until: f64,
}
