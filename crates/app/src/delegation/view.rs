//! Delegates and delegations as they are shown.

use crate::{environment::clock::rfc3339, journal::delegations::DelegateItem};
use remit_domain::{
    delegation::{DelegateClass, Delegation, GrantLimits, KeyAddress},
    id::{DelegateId, Timestamp},
};
use serde::Serialize;
use utoipa::ToSchema;

/// A delegate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct DelegateView {
    /// Its identifier, which is its `client_id`.
    pub id: String,
    /// As what customers are shown it.
    pub name: String,
    /// Of which kind it is.
    pub class: DelegateClass,
    /// Who answers for it.
    pub owner: String,
    /// The thumbprints of its keys (RFC 7638).
    pub keys: Vec<String>,
    /// Where its keys are read from, where they are at an address of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jwks_uri: Option<String>,
    /// The address of the document that says who it is, which is its `client_id` too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id_document: Option<String>,
    /// Where customers may be sent back to.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub redirect_uris: Vec<String>,
    /// `active` or `suspended`.
    pub state: &'static str,
    /// When it was registered.
    #[schema(format = DateTime)]
    pub registered_at: String,
}

impl DelegateView {
    pub(crate) fn of(id: DelegateId, item: &DelegateItem) -> Self {
        let (jwks_uri, client_id_document) = match item.keys_at.clone() {
            None => (None, None),
            Some(KeyAddress::JwksUri(at)) => (Some(at), None),
            Some(KeyAddress::ClientDocument(at)) => (None, Some(at)),
        };
        Self {
            id: id.to_string(),
            jwks_uri,
            client_id_document,
            name: item.name.clone(),
            class: item.class,
            owner: item.owner.clone(),
            keys: item.thumbprints(),
            redirect_uris: item.redirects.clone(),
            state: if item.suspended { "suspended" } else { "active" },
            registered_at: rfc3339(item.registered),
        }
    }
}

/// A delegation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct DelegationView {
    /// Its identifier.
    pub id: String,
    /// Whom the delegate represents, by pseudonym.
    pub customer: String,
    /// Which delegate.
    pub delegate: String,
    /// The one that it is narrowed from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    /// The issuer whose word began it, where the customer was not asked here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// What the delegate may do at the interface.
    pub scopes: Vec<&'static str>,
    /// Which actions it may request.
    pub actions: Vec<String>,
    /// How much of them.
    pub limits: GrantLimits,
    /// `active`, `expired` or `revoked`.
    pub state: &'static str,
    /// Why it was revoked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<&'static str>,
    /// When it was granted.
    #[schema(format = DateTime)]
    pub granted_at: String,
    /// When it ends, or ended.
    #[schema(format = DateTime)]
    pub ends_at: String,
}

impl DelegationView {
    pub(crate) fn of(delegation: &Delegation, now: Timestamp) -> Self {
        let (state, ends) = match delegation.revoked {
            Some((at, _)) => ("revoked", at),
            None if delegation.stands(now) => ("active", delegation.grant.not_after),
            None => ("expired", delegation.grant.not_after),
        };
        Self {
            id: delegation.id.to_string(),
            customer: delegation.customer.to_string(),
            delegate: delegation.delegate.to_string(),
            parent: delegation.parent.map(|parent| parent.to_string()),
            issuer: delegation.asserted.as_ref().map(|by| by.issuer.to_string()),
            scopes: delegation.grant.scopes.iter().map(|scope| scope.as_str()).collect(),
            actions: delegation.grant.actions.iter().map(ToString::to_string).collect(),
            limits: delegation.grant.limits.clone(),
            state,
            cause: delegation.revoked.map(|(_, cause)| cause.as_str()),
            granted_at: rfc3339(delegation.granted),
            ends_at: rfc3339(ends),
        }
    }
}
