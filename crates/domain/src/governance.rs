//! Acts of authority that are of no case: who may call, who works here and is there, which chats and subscriptions
//! there are. Each is an event in the stream of what it is about, so that nobody gets a right beside the record.

use crate::{
    floor::Presence,
    id::{ResponderId, StaffId, Timestamp},
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What a token grants. Its name is in no record, since it can be forgotten.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Grant {
    /// The token's identifier.
    pub token: String,
    /// Its roles.
    pub roles: Vec<String>,
    /// The responder on whose behalf it writes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub responder: Option<String>,
    /// The source name of the readings that it posts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// All sources under which it may say things, where there are several.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<String>,
    /// The member of staff who uses it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub staff: Option<String>,
    /// A digest of what is kept to know its secret by, which nobody finds the secret from; records of earlier versions
    /// have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// When it was made; records of earlier versions do not say so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made: Option<Timestamp>,
    /// When it ends.
    pub expires: Timestamp,
}

/// Whether a member of staff is there, without the words that they gave for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum PresenceKind {
    /// Takes offers.
    Available,
    /// At work, and takes no new offers.
    Busy,
    /// Not at the desk.
    Away,
    /// Not at work.
    Offline,
}

impl PresenceKind {
    /// In words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Available => "available",
            Self::Busy => "busy",
            Self::Away => "away",
            Self::Offline => "offline",
        }
    }
}

impl From<&Presence> for PresenceKind {
    fn from(presence: &Presence) -> Self {
        match presence {
            Presence::Available => Self::Available,
            Presence::Busy => Self::Busy,
            Presence::Away { .. } => Self::Away,
            Presence::Offline => Self::Offline,
        }
    }
}

/// That a member of staff works here no more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct StaffRemoval {
    /// Who.
    pub staff: StaffId,
    /// Who removed them.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// That what was counted of a responder for an intent was set back to nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct OutcomesReset {
    /// Whose.
    pub responder: ResponderId,
    /// For which intent.
    pub intent: String,
    /// Cases resolved that had been counted.
    pub resolved: i64,
    /// Cases not resolved.
    pub failed: i64,
    /// Of these, those that told against the responder.
    pub wrong: i64,
    /// Who decided it, by the identifier of their token.
    pub by: String,
    /// Why.
    pub reason: String,
    /// When.
    pub at: Timestamp,
}

/// What is on record of a name that was forgotten.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NameForgotten {
    /// The token that had it.
    pub token: String,
    /// Who had it forgotten.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// That a subscription was deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SubscriptionDeleted {
    /// Which.
    pub subscription: String,
    /// Who deleted it.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// What a subscription sends, and where to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SubscriptionTerms {
    /// The receiver's origin: the address without its path, which may hold a secret.
    pub origin: String,
    /// A keyed digest of the whole address, which tells nobody without the key anything of it. Earlier versions put
    /// none on record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// The same of the secret that messages are signed with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
    /// The kinds of events that are sent; all where there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kinds: Option<BTreeSet<String>>,
}

/// A change of what a subscription sends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum SubscriptionChange {
    /// It has another secret.
    SecretRotated {
        /// A keyed digest of it; none in records of earlier versions.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        secret: Option<String>,
    },
    /// Nothing is sent until it is resumed; by `remit` where the receiver said that it is gone.
    Paused,
    /// It goes on.
    Resumed,
    /// Everything after a position is sent again.
    Replayed {
        /// After which.
        after: u64,
    },
}
