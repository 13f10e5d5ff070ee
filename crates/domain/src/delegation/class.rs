//! What kinds of delegates there are.

use crate::case::Requester;
use serde::{Deserialize, Serialize};

/// What kind of delegate: how much of what it says and does is the customer's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum DelegateClass {
    /// Relays the customer's own words and decisions.
    Proxy,
    /// A bounded helper with a fixed purpose.
    Workflow,
    /// Decides for itself.
    Autonomous,
}

impl DelegateClass {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Proxy, Self::Workflow, Self::Autonomous];

    /// The one that decides more for itself: what several do one after the other is as much the customer's own as what
    /// the freest of them does.
    #[must_use]
    pub fn freer(self, other: Self) -> Self {
        self.max(other)
    }

    /// As policies name it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Proxy => "proxy",
            Self::Workflow => "workflow",
            Self::Autonomous => "autonomous",
        }
    }

    /// As who it writes on a case.
    pub fn requester(self) -> Requester {
        match self {
            Self::Proxy => Requester::Proxy,
            Self::Workflow => Requester::Workflow,
            Self::Autonomous => Requester::Autonomous,
        }
    }
}
