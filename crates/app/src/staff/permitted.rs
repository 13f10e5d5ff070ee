//! Whether a member of staff may answer what would be offered to them: policy is asked before the offer, so that
//! nothing is offered to somebody who could not take it, or not write on it.

use crate::{Governance, Live, access::auth};
use remit_domain::{
    Case,
    case::Holder,
    decision::Verdict,
    id::{ResponderId, StaffId, Timestamp},
    offer::OfferWithheld,
};
use remit_policy::{
    actions::Permission,
    engine::{ApiCase, ApiPrincipal, ApiRequest},
};

/// The role of whoever works here and uses no token of their own: others answer for them.
const STAFF: &str = "staff";

/// Why `staff` is not to be offered `case`: what they may not do, and by which policies; nothing where one of their
/// tokens lets them answer the offer and then write on the case.
pub(super) fn denied(
    governance: &Governance,
    live: &Live,
    case: &Case,
    staff: &StaffId,
    at: Timestamp,
) -> Option<OfferWithheld> {
    let tokens = auth::tokens_of(live, staff.as_str(), at);
    let none = [STAFF.to_owned()];
    let mut denied = match tokens.is_empty() {
        true => Some(denied_to(governance, case, staff, (&none, None))?),
        false => None,
    };
    for token in &tokens {
        // One that may is enough.
        denied = Some(denied_to(governance, case, staff, (&token.roles, token.responder.as_deref()))?);
    }
    let (action, verdict) = denied?;
    Some(OfferWithheld {
        staff: staff.clone(),
        action: action.to_string(),
        policies: verdict.policies.into_iter().chain(verdict.errors).collect(),
        at,
    })
}

/// What a token with these roles, for this responder, does not let them do: first the answer to the offer, then that
/// to the customer.
fn denied_to(
    governance: &Governance,
    case: &Case,
    staff: &StaffId,
    (roles, responder): (&[String], Option<&str>),
) -> Option<(Permission, Verdict)> {
    let holder = case.holder.as_ref().and_then(Holder::responder).map(ResponderId::as_str);
    let (customer, name) = (Some(case.customer.as_str()), Some(staff.as_str()));
    let principal = ApiPrincipal::Staff { staff: staff.as_str(), responder };
    let steps = [
        (Permission::OFFER_ANSWER, ApiCase { holder, staff: None, offered: name, customer }),
        (Permission::MESSAGE_ANSWER, ApiCase { holder, staff: name, offered: None, customer }),
    ];
    steps.into_iter().find_map(|(action, case)| {
        let asked = ApiRequest { roles, principal, action, case: Some(case) };
        let verdict = governance.engine.authorize(&asked);
        (!verdict.allow).then_some((action, verdict))
    })
}
