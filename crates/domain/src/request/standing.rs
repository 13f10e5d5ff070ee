//! What must stay as it is for a yes to count.

use super::value::Names;
use crate::{case::HolderRef, id::Digest};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What must be as it was when the request was asked for, so that a yes to it still counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "schema", schema(as = Standing))]
#[serde(deny_unknown_fields)]
pub struct RequestStanding {
    /// The bundle that governed.
    pub bundle: Digest,
    /// Who had the case.
    pub holder: Option<HolderRef>,
    /// Under which lease.
    pub epoch: u64,
    /// What the connector and the case said of it.
    pub facts: Names,
    /// What had elapsed: it grows by itself, and never shrinks.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub elapsed: BTreeMap<String, i64>,
}

/// What is no longer as it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Changed {
    /// Another bundle is in force.
    Bundle,
    /// The case has ended.
    Case,
    /// The customer was erased, and with them what was asked for.
    Erased,
    /// Who asked works here no more, or their token was revoked.
    Asker,
    /// Who said yes works here no more, or may say it no more.
    Confirmer,
    /// Somebody else has the case.
    Holder,
    /// A fact that the request was asked on is another one.
    Fact,
    /// Policy no longer permits it.
    Verdict,
    /// Its connector did not say in time what is true of it.
    Untold,
}

impl RequestStanding {
    /// What of it is no longer so, if anything, where it is as `now`.
    pub fn changed(&self, now: &Self) -> Option<Changed> {
        if self.bundle != now.bundle {
            Some(Changed::Bundle)
        } else if (&self.holder, self.epoch) != (&now.holder, now.epoch) {
            Some(Changed::Holder)
        } else if self.facts != now.facts || self.shrank(now) {
            Some(Changed::Fact)
        } else {
            None
        }
    }

    /// Whether less has elapsed of something than before, or nothing is said of it any more.
    fn shrank(&self, now: &Self) -> bool {
        self.elapsed.iter().any(|(name, before)| now.elapsed.get(name).is_none_or(|now| now < before))
    }
}
