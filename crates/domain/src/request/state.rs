//! How far a request has come.

use serde::{Deserialize, Serialize};

/// How far a request has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum RequestState {
    /// It is asked for; policy has not answered yet. On record a request is never left so.
    Asked,
    /// Policy permits it once it is confirmed by who is named.
    Waiting,
    /// Nothing more is to be confirmed; it waits to be carried out.
    Confirmed,
    /// Policy denied it, or somebody who was to confirm it said no.
    Declined,
    /// Nobody confirmed it in time.
    Expired,
    /// Whoever asked took it back, or what it was confirmed on is no longer so.
    Withdrawn,
    /// It is being carried out.
    Executing,
    /// It was carried out.
    Done,
    /// It was not carried out, and will not be.
    Failed,
    /// Whether it was carried out is not known.
    Unknown,
}

impl RequestState {
    /// In words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Waiting => "waiting",
            Self::Confirmed => "confirmed",
            Self::Declined => "declined",
            Self::Expired => "expired",
            Self::Withdrawn => "withdrawn",
            Self::Executing => "executing",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
        }
    }

    /// Whether nothing more becomes of it.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Declined | Self::Expired | Self::Withdrawn | Self::Done | Self::Failed)
    }
}
