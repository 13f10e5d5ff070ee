//! What would be decided if a request came in now.

use crate::{
    Caller, Parts,
    access::auth,
    bounds::{self, CUSTOMER_MAX},
    case::{
        automatic,
        enrich::Enriched,
        open::{may_open, opening_of, requester},
        request::OpenCase,
    },
    customer,
    evidence::{decision, explain::Explanation},
    operation::AskRouteRefusal,
    pipeline::{self, measure},
    refused::Refused,
};
use remit_domain::{Decision, decision::Trigger};
use remit_policy::actions::Permission;
use remit_signals::written::written;
use serde::Serialize;
use utoipa::ToSchema;

/// What would be decided.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct WouldDecide {
    /// What would be recorded, each reading and each candidate with the names of all that is known of it.
    pub decision: Decision,
    /// The record in plain words.
    pub explanation: Explanation,
}

/// What would be decided if this request came in now. Nothing is recorded.
///
/// # Errors
/// [`AskRouteRefusal`] says when each arises.
pub async fn ask_route(parts: &Parts, caller: &Caller, open: OpenCase) -> Result<WouldDecide, AskRouteRefusal> {
    auth::permit(&parts.governance, &parts.live, &parts.environment, caller, Permission::ROUTE_ASK)?;
    may_open(&parts.governance, &parts.live, &parts.environment, caller, &open)?;
    bounds::bounded("customer", &open.customer, CUSTOMER_MAX)?;
    let message = written(&open.text);
    automatic::asked_by_a_person(open.auto_submitted.as_deref(), requester(caller, &open)?, &message)?;
    let now = parts.environment.now();
    let readings = measure::measure(&parts.governance, &parts.environment, &message, now).await?;
    let act = opening_of(
        parts,
        caller,
        customer::customer(&parts.journal, &parts.vault, &parts.environment, &open.customer).await?,
        &open,
        Enriched::default(),
        readings,
        now,
    )
    .await?;
    let mut context = parts.environment.context(&caller.pseudonym)?;
    let asked = Some(Trigger::Asked);
    let effects = pipeline::decided(parts, None, act.command, asked, act.side.about, &mut context).await?;
    let decision = effects.decision().ok_or_else(|| Refused::internal("opening a case took no decision"))?;
    Ok(WouldDecide {
        explanation: decision::explain(&parts.governance, &parts.journal, decision),
        decision: decision.clone(),
    })
}
