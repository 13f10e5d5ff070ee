//! Whether a member of staff may answer what would be offered to them: policy is asked before the offer, so that
//! nothing is offered to somebody who could not take it, or not write on it.

use crate::{Parts, live::staff_tokens::StaffToken, refused::Refused};
use remit_domain::{
    Case,
    case::Holder,
    decision::Verdict,
    id::{ResponderId, StaffId, Timestamp},
    offer::OfferWithheld,
};
use remit_policy::{
    actions::{MESSAGE_ANSWER, OFFER_ANSWER},
    engine::{ApiCase, ApiRequest},
};
use remit_store::Views as _;
use std::{
    collections::HashMap,
    sync::{Arc, PoisonError},
    time::Duration,
};

/// For how long tokens are taken to be those that there were.
const TOKENS_FOR: Duration = Duration::from_secs(1);

/// The role of whoever works here and uses no token of their own: others answer for them.
const STAFF: &str = "staff";

/// Why `staff` is not to be offered `case`: what they may not do, and by which policies; nothing where one of their
/// tokens lets them answer the offer and then write on the case.
pub(super) async fn denied(
    parts: &Parts,
    case: &Case,
    staff: &StaffId,
    at: Timestamp,
) -> Result<Option<OfferWithheld>, Refused> {
    let all = tokens(parts, at).await?;
    let none = [StaffToken { roles: vec![STAFF.to_owned()], responder: None }];
    let theirs = all.get(staff.as_str()).map_or(&none[..], Vec::as_slice);
    let mut denied = None;
    for token in theirs {
        match denied_to(parts, case, staff, token) {
            None => return Ok(None),
            Some((action, verdict)) => denied = Some((action, verdict)),
        }
    }
    Ok(denied.map(|(action, verdict)| OfferWithheld {
        staff: staff.clone(),
        action: action.to_owned(),
        policies: verdict.policies.into_iter().chain(verdict.errors).collect(),
        at,
    }))
}

/// What a token does not let them do, first the answer to the offer, then that to the customer.
fn denied_to(parts: &Parts, case: &Case, staff: &StaffId, token: &StaffToken) -> Option<(&'static str, Verdict)> {
    let holder = case.holder.as_ref().and_then(Holder::responder).map(ResponderId::as_str);
    let (customer, name) = (Some(case.customer.as_str()), Some(staff.as_str()));
    let steps = [
        (OFFER_ANSWER, ApiCase { holder, staff: None, offered: name, customer }),
        (MESSAGE_ANSWER, ApiCase { holder, staff: name, offered: None, customer }),
    ];
    steps.into_iter().find_map(|(action, case)| {
        let verdict = parts.governance.engine.authorize(&ApiRequest {
            roles: &token.roles,
            responder: token.responder.as_deref(),
            staff: name,
            customer: None,
            delegate: None,
            action,
            case: Some(case),
        });
        (!verdict.allow).then_some((action, verdict))
    })
}

/// Tokens of staff that are valid, as of a moment ago.
async fn tokens(parts: &Parts, now: Timestamp) -> Result<Arc<HashMap<String, Vec<StaffToken>>>, Refused> {
    let at = parts.environment.clock.monotonic();
    let known = |kept: &Option<(Duration, Arc<_>)>| {
        let fresh = kept.as_ref().filter(|(since, _)| at.saturating_sub(*since) < TOKENS_FOR);
        fresh.map(|(_, tokens)| Arc::clone(tokens))
    };
    let kept = &parts.live.staff_tokens.0;
    if let Some(tokens) = known(&kept.lock().unwrap_or_else(PoisonError::into_inner)) {
        return Ok(tokens);
    }
    let mut tokens: HashMap<String, Vec<StaffToken>> = HashMap::new();
    for row in parts.journal.store.tokens().await.map_err(Refused::internal)? {
        if let Some(staff) = row.staff.filter(|_| row.expires_ms > now.0) {
            tokens.entry(staff).or_default().push(StaffToken { roles: row.roles, responder: row.responder });
        }
    }
    let tokens = Arc::new(tokens);
    *kept.lock().unwrap_or_else(PoisonError::into_inner) = Some((at, Arc::clone(&tokens)));
    Ok(tokens)
}
