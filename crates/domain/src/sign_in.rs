//! Who works here and signs in with a browser: what they sign in with, and the sessions that this begins. Nothing here
//! has a secret in it, or anything that one is found from.

use crate::{
    governance::Grant,
    id::{StaffId, Timestamp},
};
use serde::{Deserialize, Serialize};

/// That what somebody signs in with was changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct AccountChanged {
    /// Whose it is, by their name in records.
    pub person: StaffId,
    /// How.
    pub change: AccountChange,
    /// Who changed it, by the identifier of their token, or from where.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// A change of what somebody signs in with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum AccountChange {
    /// They were given a link by which they choose a password, once. One that they had before counts no more.
    Invited {
        /// Their roles from now on.
        roles: Vec<String>,
        /// A digest of what the link's secret is known by.
        digest: String,
        /// When the link ends.
        expires: Timestamp,
    },
    /// They have another password; a link that they had counts no more.
    PasswordSet {
        /// Their roles from now on.
        roles: Vec<String>,
        /// A digest of what is kept to know the password by, which is salted.
        digest: String,
    },
    /// They have no password any more, and sign in with a passkey.
    PasswordRemoved,
    /// They have another passkey.
    PasskeyRegistered {
        /// Its identifier.
        passkey: String,
        /// A digest of what it is known by and called.
        digest: String,
        /// How often it had signed by then, as it says itself; some always say 0.
        count: u32,
    },
    /// A passkey signs nobody in any more.
    PasskeyRemoved {
        /// Its identifier.
        passkey: String,
    },
    /// A passkey was shown that had signed no more often than it had before: somebody may have a copy of it. It was
    /// refused, and signs nobody in any more.
    PasskeyDoubted {
        /// Its identifier.
        passkey: String,
        /// How often it had signed when it signed somebody in last.
        known: u32,
    },
    /// They cannot sign in any more.
    Ended,
}

/// By what somebody showed who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum SignInWay {
    /// By a password that is known here.
    Password,
    /// By the organisation's identity provider.
    Provider,
    /// By a passkey that is known here.
    Passkey,
}

impl SignInWay {
    /// In words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Provider => "provider",
            Self::Passkey => "passkey",
        }
    }
}

/// A passkey, as it signed somebody in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PasskeyUsed {
    /// Its identifier.
    pub passkey: String,
    /// How often it had signed by then, as it says itself.
    pub count: u32,
}

/// That somebody signed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SessionStarted {
    /// Who, by their name in records.
    pub person: StaffId,
    /// What the session grants; its `token` is the session's identifier.
    pub grant: Grant,
    /// By what they showed who they are.
    pub way: SignInWay,
    /// A digest of what their identity provider calls them and their session there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// The passkey that they showed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub passkey: Option<PasskeyUsed>,
    /// When.
    pub at: Timestamp,
}

/// Why a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum SessionEnd {
    /// They signed out.
    SignedOut,
    /// The same browser signed in anew.
    SignedInAnew,
    /// Nothing came with it for too long.
    Idle,
    /// Its time was over.
    Expired,
    /// They began more sessions than one person may have.
    TooMany,
    /// What they sign in with, or their roles, were changed.
    AccountChanged,
    /// The passkey that began it was removed, or is doubted.
    PasskeyRemoved,
    /// They work here no more.
    Removed,
    /// Somebody who may ended it.
    Ended,
    /// Their identity provider said that they signed out there.
    Provider,
}

/// That a session ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SessionEnded {
    /// Which.
    pub session: String,
    /// Whose it was.
    pub person: StaffId,
    /// Why.
    pub cause: SessionEnd,
    /// Who ended it, by the identifier of their token or session; `remit` where nobody did.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// That sign-ins under somebody's name are refused for a while, since too many failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SignInRefused {
    /// Under whose name.
    pub person: StaffId,
    /// When the first of them was.
    pub at: Timestamp,
}
