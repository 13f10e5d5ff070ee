//! What is on record of delegates and delegations, each in a stream of its own.

use super::{class::DelegateClass, grant::DelegatedGrant};
use crate::id::{CaseId, CustomerId, DelegateId, DelegationId, Digest, IssuerId, Timestamp};
use serde::{Deserialize, Serialize};

/// Who a delegate is. Its name itself is in no record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct DelegateTerms {
    /// Of which kind it is.
    pub class: DelegateClass,
    /// The organisation that answers for it: its origin on the web.
    pub owner: String,
    /// The thumbprints of its public keys (RFC 7638).
    pub keys: Vec<String>,
    /// What stands for its name, by a key of this server's; nothing in what an earlier version registered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Where customers may be sent back to after they were asked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub redirects: Vec<String>,
    /// Where its keys are read from, where they are at an address of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keys_at: Option<KeyAddress>,
}

/// The address of a delegate's own from which its keys are read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum KeyAddress {
    /// A JWK set stands there (`jwks_uri` of RFC 7591).
    JwksUri(String),
    /// A document that says who it is stands there, and it is called by the address (Client ID Metadata Document).
    ClientDocument(String),
}

/// A delegate was registered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct DelegateRegistered {
    /// Which.
    pub delegate: DelegateId,
    /// Who it is.
    pub terms: DelegateTerms,
    /// Who registered it, by the identifier of their token.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// A delegate was changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct DelegateChanged {
    /// Which.
    pub delegate: DelegateId,
    /// How.
    pub change: DelegateChange,
    /// Who changed it, by the identifier of their token.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// How a delegate was changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum DelegateChange {
    /// It has other keys; proofs and assertions by the ones before count no more.
    KeysReplaced {
        /// The thumbprints of its public keys.
        keys: Vec<String>,
    },
    /// Something else stands at the address that its keys are read from. What it was given before goes on to count.
    Refreshed {
        /// The thumbprints of its public keys.
        keys: Vec<String>,
        /// Where customers may be sent back to.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        redirects: Vec<String>,
    },
    /// Nothing can be read at that address since now. What was read last counts for a day.
    Unread,
    /// Nothing is taken of it until it is resumed.
    Suspended,
    /// It goes on.
    Resumed,
}

/// A customer was asked to let a delegate act for them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ConsentAsked {
    /// A digest of the link by which they were asked, without its secret.
    pub link: String,
    /// Who was asked.
    pub customer: CustomerId,
    /// Who would act for them.
    pub delegate: DelegateId,
    /// What it would be able to do.
    pub grant: DelegatedGrant,
    /// A digest of where the answer is brought to and of the browser that it is expected from, where the delegate sent
    /// it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub back: Option<Digest>,
    /// Until when they could answer.
    pub expires: Timestamp,
    /// Who had them asked, by the identifier of their token.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// What a customer was asked came to nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ConsentEnded {
    /// A digest of the link by which they were asked, without its secret.
    pub link: String,
    /// Who would have acted for them.
    pub delegate: DelegateId,
    /// Why.
    pub cause: Unanswered,
    /// Who ended it: `customer`, or the identifier of a token.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// Why nothing came of what a customer was asked. Of a link whose time is over nothing is noted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Unanswered {
    /// They said no.
    Refused,
    /// They were erased.
    Erasure,
}

/// How a customer consented.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Consent {
    /// A digest of the link by which they were asked, without its secret.
    pub link: String,
    /// The SHA-256 of what was shown to them, in canonical JSON (RFC 8785).
    pub shown: Digest,
    /// For how long it was before them, in milliseconds, where that was measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen_ms: Option<i64>,
    /// Who had them asked, by the identifier of their token or of the delegate.
    pub asked_by: String,
}

/// By whose word a delegation came to be, where the customer was not asked here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct AssertedBy {
    /// The issuer.
    pub issuer: IssuerId,
    /// Whom it spoke of, by a pseudonym.
    pub subject: String,
    /// The SHA-256 of what it signed.
    pub assertion: Digest,
}

/// A delegation came to be. In its own stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct DelegationGranted {
    /// Which.
    pub delegation: DelegationId,
    /// Who is represented.
    pub customer: CustomerId,
    /// By whom.
    pub delegate: DelegateId,
    /// The one that it is narrowed from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<DelegationId>,
    /// How many links lead to it from the customer: 1 for one that they granted themselves.
    pub depth: u8,
    /// What it may do.
    pub grant: DelegatedGrant,
    /// How the customer consented, where they did themselves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consent: Option<Consent>,
    /// By whose word it came to be, where the customer was not asked here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asserted: Option<AssertedBy>,
    /// When.
    pub at: Timestamp,
}

/// A delegation was changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct DelegationChanged {
    /// Which.
    pub delegation: DelegationId,
    /// How.
    pub change: DelegationChange,
    /// Who changed it: `customer`, or the identifier of a token or a delegate.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// A case was opened under a delegation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct DelegationUsed {
    /// Under which: the customer's own, where it was one narrowed from it.
    pub delegation: DelegationId,
    /// The one narrowed from it under which it was, where it was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub under: Option<DelegationId>,
    /// Which case.
    pub case: CaseId,
    /// Whether it is a question, on which nothing can be requested.
    pub question: bool,
    /// Which delegate opened it.
    pub by: DelegateId,
    /// When.
    pub at: Timestamp,
}

/// How a delegation was changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum DelegationChange {
    /// The customer narrowed it.
    Narrowed {
        /// What it may do from now on.
        grant: DelegatedGrant,
    },
    /// An access token that was given out for it counts no more, before its time.
    TokenRevoked {
        /// The token's identifier (`jti`).
        token: String,
        /// Until when it would have counted.
        until: Timestamp,
    },
    /// It ended, and with it all that were narrowed from it.
    Revoked {
        /// Why.
        cause: RevocationCause,
    },
}

/// Why a delegation ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum RevocationCause {
    /// The customer took it back.
    Customer,
    /// The delegate gave it up.
    Delegate,
    /// The organisation ended it.
    Organisation,
    /// The customer was erased.
    Erasure,
    /// Another one took its place.
    Superseded,
}

impl RevocationCause {
    /// In words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Delegate => "delegate",
            Self::Organisation => "organisation",
            Self::Erasure => "erasure",
            Self::Superseded => "superseded",
        }
    }
}
