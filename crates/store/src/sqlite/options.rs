//! How the backend is set up.

use std::time::Duration;

/// The database's file in the data directory.
pub const DATABASE: &str = "remit.db";

/// How the backend is set up.
#[derive(Debug, Clone)]
pub struct Options {
    /// Commands that share one transaction, at most.
    pub batch_max: usize,
    /// Commands that may wait; more are refused as busy.
    pub queue_max: usize,
    /// For how long, at most, a transaction waits for commands that are announced but not there yet.
    pub window: Duration,
    /// Pages that the database may have; more are refused as a full disk. None: as the disk allows.
    pub pages_max: Option<u32>,
}

impl Default for Options {
    fn default() -> Self {
        Self { batch_max: 1_024, queue_max: 4_096, window: Duration::from_millis(2), pages_max: None }
    }
}
