//! How cases end, and what customers say of it: the outcomes that routing and circuit breakers learn from.

use crate::id::CaseId;
use serde::{Deserialize, Serialize};

/// How a case ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Ending {
    /// The holder said that it is dealt with.
    #[default]
    Answered,
    /// The customer said that it is dealt with.
    Confirmed,
    /// The customer said nothing more after the last answer.
    Silent,
    /// The customer gave up.
    Abandoned,
    /// It ended with the exception that held it.
    Exception,
    /// It is the same request as another case, which goes on.
    Merged {
        /// Which.
        into: CaseId,
    },
    /// The customer's words were erased, so that nobody could go on with it.
    Erased,
}

impl Ending {
    /// Whether it is the ordinary one, which records leave out.
    pub(crate) fn is_answered(&self) -> bool {
        *self == Self::Answered
    }

    /// The name used in records and interfaces.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Confirmed => "confirmed",
            Self::Silent => "silent",
            Self::Abandoned => "abandoned",
            Self::Exception => "exception",
            Self::Merged { .. } => "merged",
            Self::Erased => "erased",
        }
    }
}

/// What a customer says of how they were helped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Feedback {
    /// Whether the request was dealt with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub solved: Option<bool>,
    /// How satisfied they are, 1 to 5.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub satisfaction: Option<u8>,
}
