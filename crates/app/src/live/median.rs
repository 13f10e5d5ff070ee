//! The median of moments, by which about half of what is remembered is forgotten: what was not used after it.

use std::time::Duration;

/// The moment in the middle of these; nothing has passed where there are none.
pub(super) fn median(moments: impl Iterator<Item = Duration>) -> Duration {
    let mut moments: Vec<Duration> = moments.collect();
    moments.sort_unstable();
    moments.get(moments.len() / 2).copied().unwrap_or_default()
}
