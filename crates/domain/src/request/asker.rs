//! Who asks for an action.

use crate::{
    decision::CandidateFacts,
    delegation::DelegateClass,
    id::{CustomerId, DelegateId, DelegationId, StaffId},
};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// A delegate that asks, and by what it may.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct DelegateAsker {
    /// Which.
    pub delegate: DelegateId,
    /// Of which kind it is.
    pub class: DelegateClass,
    /// Whom it represents.
    pub customer: CustomerId,
    /// The delegations from the customer's own to the one that it acts under.
    pub chain: Vec<DelegationId>,
    /// The identifier of the token that it asked with (`jti`).
    pub token: String,
    /// The thumbprint of the key that the token is bound to (`jkt`).
    pub key: String,
}

/// Who asks for an action, with what policy knew of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Asker {
    /// An AI responder, as which its turn or its token asks.
    Responder {
        /// What was true of it.
        facts: Box<CandidateFacts>,
    },
    /// A member of staff.
    Staff {
        /// Who.
        staff: StaffId,
        /// The roles of the token.
        roles: Vec<String>,
    },
    /// The customer whose case it is.
    Customer {
        /// Who.
        customer: CustomerId,
    },
    /// A delegate of the customer whose case it is.
    Delegate(Box<DelegateAsker>),
    /// A person who works here and is not noted as staff.
    Person {
        /// Who, by their name in records where they signed in, and otherwise by the identifier of their token.
        who: String,
        /// The roles of the token.
        roles: Vec<String>,
    },
    /// A program of the organisation.
    Integration {
        /// The identifier of its token.
        token: String,
        /// The roles of the token.
        roles: Vec<String>,
    },
}

impl Asker {
    /// Whether this person asks.
    pub fn is_person(&self, person: &StaffId) -> bool {
        match self {
            Self::Staff { staff, .. } => staff == person,
            Self::Person { who, .. } => who == person.as_str(),
            _ => false,
        }
    }

    /// The member of staff who asks, if one does.
    pub fn staff(&self) -> Option<&StaffId> {
        match self {
            Self::Staff { staff, .. } => Some(staff),
            _ => None,
        }
    }

    /// What they are called among their kind.
    pub fn name(&self) -> Cow<'_, str> {
        match self {
            Self::Responder { facts } => facts.responder.as_str().into(),
            Self::Staff { staff, .. } => staff.as_str().into(),
            Self::Customer { customer } => customer.as_str().into(),
            Self::Delegate(asker) => asker.delegate.to_string().into(),
            Self::Person { who, .. } => who.as_str().into(),
            Self::Integration { token, .. } => token.as_str().into(),
        }
    }

    /// As which kind they ask.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Responder { .. } => "responder",
            Self::Staff { .. } => "staff",
            Self::Customer { .. } => "customer",
            Self::Delegate(_) => "delegate",
            Self::Person { .. } => "person",
            Self::Integration { .. } => "integration",
        }
    }
}
