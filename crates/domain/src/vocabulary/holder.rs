//! Who has a case.

use crate::id::{OwnerId, ResponderId, StaffId, Timestamp};
use serde::{Deserialize, Serialize};

/// A holder by name, as it stands in records.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum HolderRef {
    /// An AI responder or a queue.
    Responder(ResponderId),
    /// The owner of the exception that the case has become.
    Owner(OwnerId),
}

impl HolderRef {
    /// The name alone.
    pub fn name(&self) -> &str {
        match self {
            Self::Responder(id) => id.as_str(),
            Self::Owner(id) => id.as_str(),
        }
    }
}

/// Who has a case, who answers for it, and under which fencing number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Holder {
    /// Who has it.
    pub who: HolderRef,
    /// The member of staff who took it from the queue that has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub staff: Option<StaffId>,
    /// Who answers for it, also while an AI has it.
    pub accountable: OwnerId,
    /// The lease's fencing number: grows with every handoff, and never falls.
    pub epoch: u64,
    /// Since when.
    pub since: Timestamp,
}

impl Holder {
    /// The holder by name.
    pub fn to_ref(&self) -> HolderRef {
        self.who.clone()
    }

    /// The responder that holds, unless the owner of an exception does.
    pub fn responder(&self) -> Option<&ResponderId> {
        match &self.who {
            HolderRef::Responder(id) => Some(id),
            HolderRef::Owner(_) => None,
        }
    }
}
