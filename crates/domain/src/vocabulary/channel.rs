//! How a request reached us.

use serde::{Deserialize, Serialize};

/// How a request reached us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// A live chat.
    Chat,
    /// Electronic mail.
    Email,
    /// A web form.
    Web,
    /// A telephone call, transcribed.
    Phone,
    /// Another program.
    Api,
}

impl Channel {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Chat, Self::Email, Self::Web, Self::Phone, Self::Api];

    /// Whether the customer is there and waits while somebody is found.
    pub fn is_live(self) -> bool {
        matches!(self, Self::Chat | Self::Phone)
    }

    /// The name used in records and policies.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Email => "email",
            Self::Web => "web",
            Self::Phone => "phone",
            Self::Api => "api",
        }
    }
}
