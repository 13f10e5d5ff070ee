//! A bundle that comes into force: how it differs from the one before, and where goes what is not in it any more.

use crate::id::{Digest, ResponderId, Timestamp};
use serde::{Deserialize, Serialize};

/// How a bundle differs from the one before it, in numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct BundleChanges {
    /// Policies that were not there.
    pub policies_new: u32,
    /// Policies that are not there any more.
    pub policies_gone: u32,
    /// Policies that read otherwise.
    pub policies_changed: u32,
    /// Responders that were not there.
    pub responders_new: u32,
    /// Responders that are not there any more.
    pub responders_gone: u32,
    /// Rules for words that were not there.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub rules_new: u32,
    /// Rules for words that are not there any more.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub rules_gone: u32,
    /// Rules for words that read otherwise, or that somebody else owns.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub rules_changed: u32,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks with a reference")]
fn is_zero(count: &u32) -> bool {
    *count == 0
}

/// Where goes what a responder had that is not in the bundle any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Moved {
    /// The responder that is gone.
    pub from: ResponderId,
    /// Where whoever changed the bundle wants it to go.
    pub to: ResponderId,
    /// Open cases that it had.
    pub cases: u64,
}

/// A bundle that came into force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct BundleActivation {
    /// The one that was in force before; none in a new data directory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Digest>,
    /// The one in force from now on.
    pub to: Digest,
    /// What it calls its organisation.
    pub name: String,
    /// Who had it put in force.
    pub by: String,
    /// Why, in their words, where they were asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Whether it was loaded from the directory that the server was started with, at a start or by SIGHUP.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub from_directory: bool,
    /// Where it was not, what lay in that directory when it was loaded last; not in records of earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loaded_before: Option<Digest>,
    /// What is in it otherwise, in numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed: Option<BundleChanges>,
    /// Where goes what those had who are not in it any more.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub moves: Vec<Moved>,
    /// When.
    pub at: Timestamp,
}
