//! Acts of authority that are of no case: who may call, who works here and is there, which chats and subscriptions
//! there are. Each is an event in the stream of what it is about, so that nobody gets a right beside the record.

use crate::{
    floor::Presence,
    id::{ResponderId, StaffId, Timestamp},
};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeSet, fmt};

/// A stream of events: what they are about, by kind and identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream<'a> {
    /// A token, by its identifier.
    Token(&'a str),
    /// A member of staff.
    Staff(&'a StaffId),
    /// A chat, by its name.
    Chat(&'a str),
    /// A subscription to events, by its identifier.
    Subscription(&'a str),
    /// A responder: when it was stopped and resumed, and its outcomes set back.
    Responder(&'a ResponderId),
    /// The bundle in force.
    Bundle,
}

impl fmt::Display for Stream<'_> {
    /// As records name it: `staff:ana`; what has an identifier that tells its kind goes by that alone.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Token(id) | Self::Chat(id) | Self::Subscription(id) => f.write_str(id),
            Self::Staff(id) => write!(f, "staff:{id}"),
            Self::Responder(id) => write!(f, "responder:{id}"),
            Self::Bundle => f.write_str("bundle"),
        }
    }
}

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
    /// The member of staff who uses it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub staff: Option<String>,
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

/// What a subscription sends, and where to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SubscriptionTerms {
    /// The receiver's origin: the address without its path, which may hold a secret.
    pub origin: String,
    /// The kinds of events that are sent; all where there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kinds: Option<BTreeSet<String>>,
}

/// A change of what a subscription sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum SubscriptionChange {
    /// It has another secret.
    SecretRotated,
    /// Nothing is sent until it is resumed.
    Paused,
    /// It goes on.
    Resumed,
    /// Everything after a position is sent again.
    Replayed {
        /// After which.
        after: u64,
    },
}
