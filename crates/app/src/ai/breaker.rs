//! Circuit breakers: AI responders that were shown to fail an intent too often are stopped for it, on record, and what
//! they hold of it moves on.

use crate::{
    Caller, Environment, Governance, Live, Parts,
    access::auth,
    bounds::{REASON_MAX, bounded},
    caller::principal::Job,
    environment::clock::rfc3339,
    live::load::{BREAKERS, BreakerItem, Tally, Tripped},
    operation::{ListRespondersUnreachableRefusal, ListStoppedRefusal, ResetOutcomesRefusal, ResumeAiRefusal},
    pipeline::{self, authority, case_fold, commit::Envelope},
    refused::{Kind, Refused},
};
use remit_domain::{
    Case, Command, Event,
    decision::{DecisionPoint, Trigger},
    governance::OutcomesReset,
    id::{ResponderId, Timestamp},
    signal::Value,
};
use remit_policy::actions::Permission;
use remit_store::{CaseFilter, Commit, Expected, OutcomeDelta, Views as _};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

const PAGE: usize = 200;

/// An AI responder that is stopped for an intent.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct StoppedView {
    /// Who.
    pub responder: String,
    /// For which intent.
    pub intent: String,
}

/// An AI responder that could not be reached several times in a row, and is left alone for a while.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct UnreachableView {
    /// Who.
    pub responder: String,
    /// Until when; then it is tried again.
    #[schema(format = "date-time")]
    pub until: String,
}

/// A wish to count outcomes anew.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ResetOutcomes {
    /// For which intent.
    pub intent: String,
    /// Why what was counted says nothing any more.
    #[schema(max_length = 4_096, min_length = 1)]
    pub reason: String,
}

/// A wish to switch an AI responder on again.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ResumeAi {
    /// For which intent.
    pub intent: String,
    /// Why it may again.
    #[schema(max_length = 4_096, min_length = 1)]
    pub reason: String,
}

/// What has tripped, for the one who acts on it.
pub fn trips(live: &Live) -> Option<tokio::sync::mpsc::UnboundedReceiver<Tripped>> {
    live.trips.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take()
}

/// Puts on record that an AI responder is stopped, and moves on what it holds of the intent.
///
/// # Errors
/// When the store refuses.
pub async fn stop_ai(parts: &Parts, tripped: &Tripped) -> Result<(), Refused> {
    let terms = parts.governance.bundle.terms();
    let owner = terms.owners.get(&DecisionPoint::StopAi).unwrap_or(&terms.exception_owner).clone();
    let event = Event::AiStopped {
        responder: tripped.responder.clone(),
        intent: tripped.intent.clone(),
        owner,
        resolved: tripped.outcomes.resolved,
        failed: tripped.outcomes.failed,
        tolerance_bp: tripped.tolerance.failures_bp,
        error_bp: tripped.tolerance.error_bp,
        evidence_milli: (tripped.tolerance.evidence(tripped.outcomes) * 1_000.0) as i64,
        bundle: terms.bundle.clone(),
        at: parts.environment.now(),
    };
    let item = BreakerItem {
        responder: tripped.responder.to_string(),
        intent: tripped.intent.clone(),
        stopped: true,
        resolved: 0,
        failed: 0,
        wrong: 0,
    };
    note(parts, &Caller::system(Job::Stops), &event, &item).await?;
    move_on(parts, &tripped.responder, &tripped.intent).await
}

/// Whether every case of the intent that the responder holds may stay there is decided anew.
async fn move_on(parts: &Parts, responder: &ResponderId, intent: &str) -> Result<(), Refused> {
    let filter = CaseFilter { status: Some("open".to_owned()), holder: Some(responder.to_string()), accountable: None };
    let mut after: Option<String> = None;
    loop {
        let rows = parts.journal.store.cases(&filter, after.as_deref(), PAGE).await.map_err(Refused::internal)?;
        for row in &rows {
            let case: Case = serde_json::from_slice(&row.state).map_err(Refused::internal)?;
            let about = |name: &Value| matches!(name, Value::Name(name) if &**name == intent);
            if !case.readings.of("intent").any(|reading| about(&reading.value)) {
                continue;
            }
            // Only under the lease that was found: whom it went to meanwhile was not stopped.
            let Some(epoch) = case.holder.as_ref().map(|holder| holder.epoch) else { continue };
            let review = Command::Review { epoch, point: DecisionPoint::StopAi, trigger: Trigger::AiStopped };
            let envelope = Envelope::new(Permission::RESPONDER_STOP, review);
            let moved =
                pipeline::execute(parts, &Caller::system(Job::Stops), None, Some(&row.id), envelope, |_| ()).await;
            // A case that has ended or moved meanwhile needs nothing.
            if let Err(refused) = moved
                && refused.kind.is_ours()
            {
                return Err(refused);
            }
        }
        match rows.last() {
            Some(last) if rows.len() == PAGE => after = Some(last.id.clone()),
            _ => return Ok(()),
        }
    }
}

/// Everything that is stopped.
///
/// # Errors
/// [`ListStoppedRefusal`] says when each arises.
pub fn stopped(
    governance: &Governance,
    live: &Live,
    environment: &Environment,
    caller: &Caller,
) -> Result<Vec<StoppedView>, ListStoppedRefusal> {
    auth::permit(governance, live, environment, caller, Permission::STAFF_READ)?;
    let view = |(responder, intent): (ResponderId, String)| StoppedView { responder: responder.to_string(), intent };
    Ok(live.load.stopped().into_iter().map(view).collect())
}

/// Everybody who is left alone because they could not be reached.
///
/// # Errors
/// [`ListRespondersUnreachableRefusal`] says when each arises.
pub fn unreachable(
    governance: &Governance,
    live: &Live,
    environment: &Environment,
    caller: &Caller,
) -> Result<Vec<UnreachableView>, ListRespondersUnreachableRefusal> {
    auth::permit(governance, live, environment, caller, Permission::STAFF_READ)?;
    let view = |(responder, until): (ResponderId, Timestamp)| UnreachableView {
        responder: responder.to_string(),
        until: rfc3339(until),
    };
    Ok(live.load.unreachable(environment.now()).into_iter().map(view).collect())
}

/// Sets back what was counted of a responder for an intent, on record: routing estimates from the bundle's prior
/// again, and the breaker judges anew. Who is stopped stays so.
///
/// # Errors
/// [`ResetOutcomesRefusal`] says when each arises.
pub async fn reset_outcomes(
    parts: &Parts,
    caller: &Caller,
    responder: &str,
    wish: ResetOutcomes,
) -> Result<(), ResetOutcomesRefusal> {
    auth::permit(&parts.governance, &parts.live, &parts.environment, caller, Permission::RESPONDER_RESUME)?;
    bounded("reason", &wish.reason, REASON_MAX)?;
    let tally = parts.live.load.tally(responder, &wish.intent);
    let known = ResponderId::new(responder).ok().filter(|_| tally != Tally::default());
    let Some(id) = known else {
        let detail = format!("nothing is counted of `{responder}` for `{}`", wish.intent);
        return Err(Refused::new(Kind::NotFound, detail).into());
    };
    let event = Event::OutcomesReset(OutcomesReset {
        responder: id.clone(),
        intent: wish.intent.clone(),
        resolved: tally.resolved,
        failed: tally.failed,
        wrong: tally.wrong,
        by: caller.pseudonym.to_string(),
        reason: wish.reason,
        at: parts.environment.now(),
    });
    let stopped = parts.live.load.stopped().iter().any(|(at, intent)| *at == id && *intent == wish.intent);
    let item = BreakerItem {
        responder: responder.to_owned(),
        intent: wish.intent.clone(),
        stopped,
        resolved: 0,
        failed: 0,
        wrong: 0,
    };
    let outcomes = case_fold::outcomes(None, std::slice::from_ref(&event));
    Ok(note_with(parts, caller, &event, &item, outcomes).await?)
}

/// Switches an AI responder on again for an intent; what is counted against it begins anew.
///
/// # Errors
/// [`ResumeAiRefusal`] says when each arises.
pub async fn resume_ai(parts: &Parts, caller: &Caller, responder: &str, wish: ResumeAi) -> Result<(), ResumeAiRefusal> {
    auth::permit(&parts.governance, &parts.live, &parts.environment, caller, Permission::RESPONDER_RESUME)?;
    bounded("reason", &wish.reason, REASON_MAX)?;
    let stopped = parts.live.load.stopped();
    let found = stopped.iter().find(|(id, intent)| id.as_str() == responder && *intent == wish.intent);
    let Some((id, intent)) = found else {
        let detail = format!("`{responder}` is not stopped for `{}`", wish.intent);
        return Err(Refused::new(Kind::NotFound, detail).into());
    };
    let from = parts.live.load.tally(responder, intent);
    let event = Event::AiResumed {
        responder: id.clone(),
        intent: intent.clone(),
        by: caller.pseudonym.to_string(),
        reason: wish.reason,
        at: parts.environment.now(),
    };
    let item = BreakerItem {
        responder: responder.to_owned(),
        intent: intent.clone(),
        stopped: false,
        resolved: from.resolved,
        failed: from.failed,
        wrong: from.wrong,
    };
    Ok(note(parts, caller, &event, &item).await?)
}

/// Writes an event of the responder, together with the breaker.
async fn note(parts: &Parts, caller: &Caller, event: &Event, item: &BreakerItem) -> Result<(), Refused> {
    note_with(parts, caller, event, item, Vec::new()).await
}

async fn note_with(
    parts: &Parts,
    caller: &Caller,
    event: &Event,
    item: &BreakerItem,
    outcomes: Vec<OutcomeDelta>,
) -> Result<(), Refused> {
    let expected = Expected::Any("it follows from outcomes that are counted in memory, and the newest counts");
    let row = BREAKERS.write(BreakerItem::name(&item.responder, &item.intent), expected, item);
    let row = row.map_err(Refused::internal)?;
    let changed = Commit { items: vec![row], outcomes, ..Commit::default() };
    authority::govern(parts, caller, std::slice::from_ref(event), changed).await.map_err(crate::refused)
}
