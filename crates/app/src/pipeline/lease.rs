//! Writes under a lease: who had the case and has it no more is told that the lease is lost, before policy is told to
//! whoever has it not. Nobody else learns who has it.

use crate::{
    Caller, Environment, Governance, Journal,
    caller::principal::Principal,
    journal::stored_case::{self, Records},
    pipeline::load::{Loaded, load},
    refused::{Kind, Refused},
};
use remit_domain::{
    Case, Event, Refusal,
    case::{Holder, HolderRef},
    event::Handoff,
    id::{CaseId, ResponderId},
};
use remit_policy::actions::Permission;

/// The case with this identifier, read for an action that `caller` may take on it under the lease with this epoch, or
/// under none.
///
/// # Errors
/// [`Kind::LeaseLost`] to who had the case under an earlier epoch, and whom policy permits nothing on it since;
/// [`Kind::Forbidden`] to anybody else whom it does not; [`Kind::NotFound`] where there is no such case.
pub(crate) async fn load_under(
    governance: &Governance,
    journal: &Journal,
    environment: &Environment,
    caller: &Caller,
    action: Permission,
    id: &str,
    epoch: Option<u64>,
) -> Result<Loaded, Refused> {
    let refused = match load(governance, journal, environment, caller, action, id).await {
        Err(refused) if refused.kind == Kind::Forbidden => refused,
        loaded => return loaded,
    };
    let lost = match epoch {
        Some(epoch) => lost(journal, &caller.principal, id, epoch).await?,
        None => None,
    };
    Err(lost.map_or(refused, Refused::from))
}

/// That the lease is lost, where whoever asks had the case before and has it no more.
async fn lost(journal: &Journal, who: &Principal, id: &str, held: u64) -> Result<Option<Refusal>, Refused> {
    let Ok(id) = id.parse::<CaseId>() else { return Ok(None) };
    let Some(case) = stored_case::stored_case(journal, id).await? else { return Ok(None) };
    let Some(now) = &case.holder else { return Ok(None) };
    if now.epoch <= 1 || has(who, now) || !had(journal, who, &case).await? {
        return Ok(None);
    }
    Ok(Some(Refusal::LeaseLost { held, current: now.epoch, holder: now.to_ref() }))
}

/// Whether the holder is who asks.
fn has(who: &Principal, holder: &Holder) -> bool {
    match who {
        Principal::Staff { staff, .. } => holder.staff.as_ref() == Some(staff),
        Principal::Responder(name) => holder.staff.is_none() && is(holder.responder(), name),
        Principal::Integration
        | Principal::Person(_)
        | Principal::Customer(_)
        | Principal::Delegate(_)
        | Principal::System(_) => false,
    }
}

/// Whether the records of the case say that who asks had it.
async fn had(journal: &Journal, who: &Principal, case: &Case) -> Result<bool, Refused> {
    let given = |handoff: &Handoff| match (who, &handoff.to) {
        (Principal::Staff { staff, .. }, _) => handoff.staff.as_ref() == Some(staff),
        (Principal::Responder(name), HolderRef::Responder(to)) => is(Some(to), name),
        _ => false,
    };
    let gave = |event: &Event| matches!(event, Event::DecisionMade { handoff: Some(handoff), .. } if given(handoff));
    Records::of(case).any(journal, "decision_made", gave).await
}

fn is(responder: Option<&ResponderId>, name: &str) -> bool {
    responder.is_some_and(|responder| responder.as_str() == name)
}
