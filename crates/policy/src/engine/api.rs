//! The product's own interfaces: who may take which of their actions, asked of policy.

use super::Engine;
use crate::{
    actions::Permission,
    product_schema::{DELEGATE, SchemaVersion},
    scope::{denied, uid},
};
use cedar_policy::{Context, Entities, Entity, Request, RestrictedExpression};
use remit_domain::{
    decision::Verdict,
    delegation::DelegateClass,
    id::{ResponderId, StaffId},
    request::Parties,
};
use std::collections::{HashMap, HashSet};

/// Whose a case is, as the policies of the product's own interfaces see it; by default one that there is not.
#[derive(Debug, Clone, Copy, Default)]
pub struct ApiCase<'a> {
    /// The responder, if one has it.
    pub holder: Option<&'a str>,
    /// The member of staff, if one has it.
    pub staff: Option<&'a str>,
    /// The member of staff to whom it is offered, if it is.
    pub offered: Option<&'a str>,
    /// Pseudonym of the customer whose case it is; none where there is no such case.
    pub customer: Option<&'a str>,
}

impl<'a> From<&'a Parties> for ApiCase<'a> {
    fn from(parties: &'a Parties) -> Self {
        Self {
            holder: parties.holder.as_ref().map(ResponderId::as_str),
            staff: parties.staff.as_ref().map(StaffId::as_str),
            offered: parties.offered.as_ref().map(StaffId::as_str),
            customer: Some(parties.customer.as_str()),
        }
    }
}

/// Who uses a token, as the policies of the product's own interfaces see them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ApiPrincipal<'a> {
    /// A program, or a person of whom policies know no more than their roles.
    Unnamed,
    /// An AI responder, or whoever writes for a responder with no person behind it.
    Responder(&'a str),
    /// A member of staff.
    Staff {
        /// Who.
        staff: &'a str,
        /// The responder on whose behalf they write.
        responder: Option<&'a str>,
    },
    /// A customer, by their pseudonym.
    Customer(&'a str),
    /// A delegate.
    Delegate {
        /// Of which class it is.
        class: DelegateClass,
        /// Pseudonym of the customer whom it represents.
        customer: &'a str,
    },
}

impl<'a> ApiPrincipal<'a> {
    /// The attributes that say who it is: each that there is, with whom it names if anybody.
    fn attributes(self) -> [(&'static str, Option<&'a str>); 3] {
        let (responder, staff, customer) = match self {
            Self::Unnamed => (None, None, None),
            Self::Responder(responder) => (Some(responder), None, None),
            Self::Staff { staff, responder } => (responder, Some(staff), None),
            Self::Customer(customer) | Self::Delegate { customer, .. } => (None, None, Some(customer)),
        };
        [("responder", responder), ("staff", staff), ("customer", customer)]
    }
}

/// A question of the product's own interfaces.
#[derive(Debug, Clone, Copy)]
pub struct ApiRequest<'a> {
    /// Roles of the token.
    pub roles: &'a [String],
    /// Who uses it.
    pub principal: ApiPrincipal<'a>,
    /// What is to be permitted.
    pub action: Permission,
    /// The case in question, if one is.
    pub case: Option<ApiCase<'a>>,
}

impl Engine {
    /// Whether policy permits an action of the product's own interfaces.
    pub fn authorize(&self, asked: &ApiRequest<'_>) -> Verdict {
        let Some(governed) = self.api.get(&asked.action) else { return denied() };
        let roles = asked.roles.iter().map(|role| RestrictedExpression::new_entity_uid(uid("Role", role)));
        let mut token = self.named(asked.principal.attributes().into_iter());
        if let ApiPrincipal::Delegate { class, .. } = asked.principal {
            token.insert(DELEGATE.to_owned(), RestrictedExpression::new_string(class.as_str().to_owned()));
        }
        token.insert("roles".to_owned(), RestrictedExpression::new_set(roles));
        let principal = uid("Token", "caller");
        let (resource, attributes) = match asked.case {
            Some(case) => (self.case.clone(), self.of_case(case)),
            None => (uid("Organisation", "organisation"), HashMap::new()),
        };
        let entities = [
            Entity::new(principal.clone(), token, HashSet::new()),
            Entity::new(resource.clone(), attributes, HashSet::new()),
        ];
        let entities = entities.into_iter().collect::<Result<Vec<_>, _>>().ok();
        let Some(entities) = entities.and_then(|entities| Entities::from_entities(entities, None).ok()) else {
            return denied();
        };
        let request = Request::new(principal, governed.action.clone(), resource, Context::empty(), None);
        request.map_or_else(|_| denied(), |request| governed.ask(&self.authorizer, &request, &entities, true))
    }

    /// The attributes of a case.
    pub(super) fn of_case(&self, case: ApiCase<'_>) -> HashMap<String, RestrictedExpression> {
        let ApiCase { holder, staff, offered, customer } = case;
        let of_case = [("holder", holder), ("staff", staff), ("offered", offered), ("customer", customer)];
        self.named(of_case.into_iter())
    }

    /// These attributes, without those that are of nobody; in a bundle of the first version of the product's schema
    /// these are empty.
    fn named<'a>(
        &self,
        attributes: impl Iterator<Item = (&'a str, Option<&'a str>)>,
    ) -> HashMap<String, RestrictedExpression> {
        let nobody = (self.schema == SchemaVersion::First).then_some("");
        let string = |value: &str| RestrictedExpression::new_string(value.to_owned());
        attributes.filter_map(|(name, value)| Some((name.to_owned(), string(value.or(nobody)?)))).collect()
    }
}
