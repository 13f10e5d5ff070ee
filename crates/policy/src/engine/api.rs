//! The product's own interfaces: who may take which of their actions, asked of policy.

use super::Engine;
use crate::scope::{denied, uid};
use cedar_policy::{Context, Entities, Entity, Request, RestrictedExpression};
use remit_domain::decision::Verdict;
use std::collections::{HashMap, HashSet};

/// Who has a case, as the policies of the product's own interfaces see it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Held<'a> {
    /// The responder; empty if none has it.
    pub holder: &'a str,
    /// The member of staff; empty if none has it.
    pub staff: &'a str,
    /// The member of staff to whom it is offered; empty if to none.
    pub offered: &'a str,
    /// Pseudonym of the customer whose case it is.
    pub customer: &'a str,
}

/// A question of the product's own interfaces.
#[derive(Debug, Clone)]
pub struct ApiRequest<'a> {
    /// Roles of the token.
    pub roles: &'a [String],
    /// The responder on whose behalf it writes.
    pub responder: Option<&'a str>,
    /// The member of staff who uses it.
    pub staff: Option<&'a str>,
    /// Pseudonym of the customer who uses it.
    pub customer: Option<&'a str>,
    /// One of [`API_ACTIONS`](super::API_ACTIONS).
    pub action: &'a str,
    /// Who has the case in question; none if no case is in question.
    pub held: Option<Held<'a>>,
}

impl Engine {
    /// Whether policy permits an action of the product's own interfaces.
    pub fn authorize(&self, asked: &ApiRequest<'_>) -> Verdict {
        let Some(governed) = self.api.get(asked.action) else { return denied() };
        let roles = asked.roles.iter().map(|role| RestrictedExpression::new_entity_uid(uid("Role", role)));
        let token = [
            ("roles".to_owned(), RestrictedExpression::new_set(roles)),
            ("responder".to_owned(), RestrictedExpression::new_string(asked.responder.unwrap_or_default().to_owned())),
            ("staff".to_owned(), RestrictedExpression::new_string(asked.staff.unwrap_or_default().to_owned())),
            ("customer".to_owned(), RestrictedExpression::new_string(asked.customer.unwrap_or_default().to_owned())),
        ];
        let held = |held: Held<'_>| {
            [("holder", held.holder), ("staff", held.staff), ("offered", held.offered), ("customer", held.customer)]
                .map(|(name, value)| (name.to_owned(), RestrictedExpression::new_string(value.to_owned())))
        };
        let principal = uid("Token", "caller");
        let (resource, attributes) = match asked.held {
            Some(by) => (self.case.clone(), HashMap::from(held(by))),
            None => (uid("Organisation", "organisation"), HashMap::new()),
        };
        let entities = [
            Entity::new(principal.clone(), HashMap::from(token), HashSet::new()),
            Entity::new(resource.clone(), attributes, HashSet::new()),
        ];
        let entities = entities.into_iter().collect::<Result<Vec<_>, _>>().ok();
        let Some(entities) = entities.and_then(|entities| Entities::from_entities(entities, None).ok()) else {
            return denied();
        };
        let request = Request::new(principal, governed.action.clone(), resource, Context::empty(), None);
        request.map_or_else(|_| denied(), |request| governed.ask(&self.authorizer, &request, &entities, true))
    }
}
