//! What is said to have happened, held against what was asked for: how much, when, and under which reference.

use super::{carrier, effect_of};
use crate::{Governance, Journal, Parts, refused::Refused};
use remit_domain::{
    id::{RequestId, Timestamp},
    request::{Agreement, Effect, Request, Statement},
};
use remit_store::Expected;

/// How far the clock of a back office may be wrong, in milliseconds.
const CLOCKS_MS: i64 = 86_400_000;

/// The effect of a request that somebody states.
pub(super) async fn effect(parts: &Parts, request: &Request, statement: Statement) -> Result<Effect, Refused> {
    let agrees = Agreement::of(request.amount.as_ref(), statement.amount.as_ref());
    let is_its = is_possible(request, &statement, parts.environment.now())
        && anothers(&parts.governance, &parts.journal, request, &statement).await?.is_none();
    Ok(Effect::Done { statement, agrees: if is_its { agrees } else { Agreement::Differs } })
}

/// Whether it can have happened when it is said to have.
pub(super) fn is_possible(request: &Request, statement: &Statement, now: Timestamp) -> bool {
    let within = request.asked.plus_ms(-CLOCKS_MS)..=now.plus_ms(CLOCKS_MS);
    statement.at.is_none_or(|at| within.contains(&at))
}

/// Another request whose effect has this reference at its connector.
pub(super) async fn anothers(
    governance: &Governance,
    journal: &Journal,
    request: &Request,
    statement: &Statement,
) -> Result<Option<RequestId>, Refused> {
    let Some(connector) = carrier::named(&governance.bundle, request) else { return Ok(None) };
    let first = effect_of(connector).get(&journal.store, &statement.reference).await;
    Ok(first.map_err(Refused::internal)?.map(|first| first.value).filter(|first| *first != request.id))
}

/// That the reference of a request's effect is the request's from now on, where it is nobody's yet.
pub(super) async fn noted(journal: &Journal, request: &Request) -> Result<Option<remit_store::ItemWrite>, Refused> {
    let (Some(connector), Some(Effect::Done { statement, .. })) = (&request.connector, &request.effect) else {
        return Ok(None);
    };
    let of = effect_of(connector.as_str());
    let first = of.get(&journal.store, &statement.reference).await.map_err(Refused::internal)?;
    let write = || of.write(&statement.reference, Expected::Absent, &request.id).map_err(Refused::internal);
    if first.is_some() { Ok(None) } else { write().map(Some) }
}
