//! Issuers: identity providers whose word the organisation takes for its customers, so that a delegate can act for one
//! who signed in there without being asked again (ID-JAG).

use crate::{
    delegation::{DelegatedGrant, GrantLimits, Scope, Wider},
    id::{ActionName, CustomerId, IssuerId, Timestamp},
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

const DAY_MS: i64 = 24 * 3_600_000;

/// Which customer somebody is whom an issuer speaks of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum IssuerSubjects {
    /// The one that was said to be theirs; of others nothing is taken.
    #[default]
    Linked,
    /// The one whose identifier it is: the issuer calls customers as the organisation does.
    Customers,
}

/// What an issuer's word lets a delegate do at most, for each customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct IssuerWord {
    /// What it may do at the interface.
    pub scopes: BTreeSet<Scope>,
    /// Which actions of the catalogue it may request.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub actions: BTreeSet<ActionName>,
    /// How much of them.
    #[serde(default)]
    pub limits: GrantLimits,
    /// For how many days a delegation lasts that it begins.
    pub days: u16,
}

impl IssuerWord {
    /// What it grants from a moment on.
    pub fn from(&self, begins: Timestamp) -> DelegatedGrant {
        DelegatedGrant {
            scopes: self.scopes.clone(),
            actions: self.actions.clone(),
            limits: self.limits.clone(),
            not_after: begins.plus_ms(i64::from(self.days) * DAY_MS),
        }
    }

    /// That it may grant as much as something that it granted at a moment.
    ///
    /// # Errors
    /// The first way in which it may not.
    pub fn covers(&self, grant: &DelegatedGrant, granted: Timestamp) -> Result<(), Wider> {
        self.from(granted).covers(grant)
    }
}

/// Who an issuer is, and what its word lets be done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct IssuerTerms {
    /// As it names itself (`iss`).
    pub issuer: String,
    /// Among whose people it speaks, where it serves several organisations.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<String>,
    /// Where its keys are read from, where they were not sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwks_uri: Option<String>,
    /// The thumbprints of its public keys (RFC 7638).
    pub keys: Vec<String>,
    /// Which customers it speaks of.
    pub subjects: IssuerSubjects,
    /// What its word lets be done.
    pub word: IssuerWord,
}

/// An issuer was registered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct IssuerRegistered {
    /// Which.
    pub issuer: IssuerId,
    /// Who it is.
    pub terms: IssuerTerms,
    /// Who registered it, by the identifier of their token.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// An issuer was changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct IssuerChanged {
    /// Which.
    pub issuer: IssuerId,
    /// How.
    pub change: IssuerChange,
    /// Who changed it, by the identifier of their token.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// How an issuer was changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum IssuerChange {
    /// Something else stands at the address that its keys are read from.
    KeysRefreshed {
        /// The thumbprints of its public keys.
        keys: Vec<String>,
    },
    /// It is known by other keys.
    KeysReplaced {
        /// The thumbprints of its public keys.
        keys: Vec<String>,
        /// Where they are read from, where they were not sent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        jwks_uri: Option<String>,
    },
    /// Nothing can be read at that address since then. What was read last counts for a day.
    KeysUnread,
    /// Its word lets something else be done.
    WordSet {
        /// What.
        word: IssuerWord,
    },
    /// Nothing is taken of it, and of what it began, until it is resumed.
    Suspended,
    /// It goes on.
    Resumed,
    /// Somebody whom it speaks of was said to be a customer, or to be nobody of whom anything is taken.
    SubjectSet {
        /// Who, by a pseudonym.
        subject: String,
        /// Which customer they are, where that was said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        customer: Option<CustomerId>,
        /// Whether nothing is taken of them.
        disabled: bool,
    },
}
