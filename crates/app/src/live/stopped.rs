//! Which AI responders are stopped, as it is kept.

use remit_store::{ReadError, Store};
use serde::{Deserialize, Serialize};

/// A breaker as stored: what it is about is its identifier.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct BreakerItem {
    pub(crate) responder: String,
    pub(crate) intent: String,
    pub(crate) stopped: bool,
    /// Counted when it was last switched on.
    pub(crate) resolved: i64,
    pub(crate) failed: i64,
    pub(crate) wrong: i64,
}

pub(crate) const BREAKER: &str = "breaker";

/// What is kept of each.
pub(crate) fn stopped(store: &impl Store) -> Result<Vec<BreakerItem>, ReadError> {
    let rows = store.items(BREAKER)?.into_iter();
    Ok(rows.filter_map(|row| serde_json::from_slice(&row.body?).ok()).collect())
}
