//! Actions of the bundle's own, which other systems take: whether somebody may.

use super::Engine;
use crate::own_actions::{OwnQuestion, Unasked};
use cedar_policy::{Entities, Request};
use remit_domain::decision::Verdict;

impl Engine {
    /// Whether policy permits an action of the bundle's own.
    ///
    /// # Errors
    /// When policy cannot be asked.
    pub fn own(&self, asked: &OwnQuestion<'_>) -> Result<Verdict, Unasked> {
        let own = self.own.get(asked.action).ok_or(Unasked::Action)?;
        let (principal, resource, context) = own.action.seen(asked)?;
        let request = Request::new(principal, own.governed.action.clone(), resource, context, None);
        let verdict = |request| own.governed.ask(&self.authorizer, &request, &Entities::empty(), true);
        Ok(request.map_or_else(|_| crate::scope::denied(), verdict))
    }
}
