//! Consults: the holder asks another queue for advice, and keeps the case.

use crate::{
    event::Words,
    id::{ResponderId, StaffId, Timestamp},
};
use serde::{Deserialize, Serialize};

/// A question to another queue that nobody has answered yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Consult {
    /// Whose advice is asked for.
    pub queue: ResponderId,
    /// Who asks.
    pub by: StaffId,
    /// What, by commitment.
    pub question: Words,
    /// When.
    pub at: Timestamp,
}
