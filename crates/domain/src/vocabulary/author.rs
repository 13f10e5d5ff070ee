//! Who writes.

use super::holder::HolderRef;
use crate::id::StaffId;
use serde::{Deserialize, Serialize};

/// Who actually wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Requester {
    /// The customer.
    Customer,
    /// A delegate that relays the customer's own words and decisions.
    Proxy,
    /// A delegate with one bounded purpose.
    Workflow,
    /// A delegate that decides for itself.
    Autonomous,
    /// An integration.
    Integration,
}

impl Requester {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Customer, Self::Proxy, Self::Workflow, Self::Autonomous, Self::Integration];

    /// The name used in records and policies.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Proxy => "proxy",
            Self::Workflow => "workflow",
            Self::Autonomous => "autonomous",
            Self::Integration => "integration",
        }
    }
}

/// Who wrote a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Author {
    /// The requester.
    Requester,
    /// The holder, under the lease with this fencing number.
    Holder {
        /// Who held the case.
        holder: HolderRef,
        /// Under which lease.
        epoch: u64,
        /// The member of staff who wrote, where one did.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        staff: Option<StaffId>,
    },
}
