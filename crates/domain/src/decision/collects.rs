//! Queues that are closed and have a case wait for them until they open.

use crate::id::{ResponderId, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// That a queue which is closed has a case wait for it until it opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Collects {
    /// When it opens.
    pub opens: Timestamp,
    /// Whether the customer does not wait for it: they are promised to be called back, and the queue takes the case
    /// only where nobody else may have it who is there.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub calls_back: bool,
}

/// Those that do, by name.
pub type Collecting = BTreeMap<ResponderId, Collects>;

/// Whether a queue has a case wait for it only where nobody else may have it who is there.
pub(super) fn calls_back(collecting: &Collecting, queue: &ResponderId) -> bool {
    collecting.get(queue).is_some_and(|collects| collects.calls_back)
}
