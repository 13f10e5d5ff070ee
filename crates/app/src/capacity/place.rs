//! Where in the record a moment lies.

use crate::{Journal, refused::Refused};
use remit_domain::id::Timestamp;
use remit_store::Journal as _;

/// A position in the ledger before which nothing was recorded from this moment on.
pub(super) async fn before(journal: &Journal, moment: Timestamp) -> Result<u64, Refused> {
    let (mut low, mut high) = (0, journal.store.last_seq().await.map_err(Refused::internal)?);
    while low < high {
        let middle = low + (high - low) / 2;
        let next = journal.store.feed(middle, 1).await.map_err(Refused::internal)?;
        match next.first() {
            Some(row) if Timestamp(row.ts_ms) < moment => low = middle + 1,
            _ => high = middle,
        }
    }
    Ok(low)
}
