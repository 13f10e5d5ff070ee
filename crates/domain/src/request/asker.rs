//! Who asks for an action.

use crate::{
    decision::CandidateFacts,
    id::{CustomerId, StaffId},
};
use serde::{Deserialize, Serialize};

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
    /// A program of the organisation.
    Integration {
        /// The identifier of its token.
        token: String,
        /// The roles of the token.
        roles: Vec<String>,
    },
}

impl Asker {
    /// The member of staff who asks, if one does.
    pub fn staff(&self) -> Option<&StaffId> {
        match self {
            Self::Staff { staff, .. } => Some(staff),
            _ => None,
        }
    }

    /// What they are called among their kind.
    pub fn name(&self) -> &str {
        match self {
            Self::Responder { facts } => facts.responder.as_str(),
            Self::Staff { staff, .. } => staff.as_str(),
            Self::Customer { customer } => customer.as_str(),
            Self::Integration { token, .. } => token,
        }
    }

    /// As which kind they ask.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Responder { .. } => "responder",
            Self::Staff { .. } => "staff",
            Self::Customer { .. } => "customer",
            Self::Integration { .. } => "integration",
        }
    }
}
