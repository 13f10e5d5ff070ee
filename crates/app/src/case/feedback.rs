//! What customers say of how they were helped: it is solved, it is not, how satisfied they are, or that they give up.

use crate::{
    Caller, Done, Governance, Journal, Parts, Repeat,
    case::counted::{CaseAnswer, shown},
    operation::{AbandonCaseRefusal, GiveCaseFeedbackRefusal},
    pipeline::{self, commit::Envelope, load, measure::Named, sealing},
    refused::Refused,
};
use remit_domain::{
    Case, Command,
    ending::{Ending, Feedback},
    id::{CaseId, CustomerId, Timestamp},
    signal::Value,
};
use remit_policy::actions::Permission;
use remit_store::Views as _;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a customer says of how they were helped; at least one of both.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GiveFeedback {
    /// Whether it is solved. Yes ends an open case; no reopens one that has ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub solved: Option<bool>,
    /// How satisfied, from 1 to 5.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 5)]
    pub satisfaction: Option<u8>,
}

/// Notes what the customer says. Who says that it is solved ends the case; who says that it is not, of a case that
/// has ended, has it reopened.
///
/// # Errors
/// [`GiveCaseFeedbackRefusal`] says when each arises.
pub async fn give_feedback(
    parts: &Parts,
    caller: &Caller,
    repeat: Option<&Repeat>,
    id: &str,
    said: GiveFeedback,
) -> Result<Done<CaseAnswer>, GiveCaseFeedbackRefusal> {
    let action = Permission::CASE_FEEDBACK;
    let feedback = Feedback { solved: said.solved, satisfaction: said.satisfaction };
    if feedback == Feedback::default() {
        return Err(Refused::invalid("solved", "say whether it is solved, or how satisfied the customer is").into());
    }
    if feedback.satisfaction.is_some_and(|score| !(1..=5).contains(&score)) {
        return Err(Refused::invalid("satisfaction", "must be 1 to 5").into());
    }
    let loaded = load::load(&parts.governance, &parts.journal, &parts.environment, caller, action, id).await?;
    // Who says so of a case that ends just now has it reopened too, so that the reason is at hand in any case.
    let sealed = match feedback.solved {
        Some(false) if !loaded.case.erased => {
            Some(sealing::seal_on(&parts.journal, &parts.vault, &parts.environment, &loaded, NOT_SOLVED).await?)
        }
        _ => None,
    };
    let reopens = sealed.as_ref().map(|sealed| sealed.words.clone());
    let mut envelope = Envelope::on(loaded, Command::GiveFeedback { feedback, reopens });
    envelope.side.reopens = sealed;
    Ok(pipeline::execute(parts, caller, repeat, Some(id), envelope, shown(&parts.environment, &parts.governance))
        .await?)
}

/// Ends a case whose customer gives up.
///
/// # Errors
/// [`AbandonCaseRefusal`] says when each arises.
pub async fn abandon_case(
    parts: &Parts,
    caller: &Caller,
    repeat: Option<&Repeat>,
    id: &str,
) -> Result<Done<CaseAnswer>, AbandonCaseRefusal> {
    let envelope = Envelope::new(Permission::CASE_FEEDBACK, Command::Abandon);
    Ok(pipeline::execute(parts, caller, repeat, Some(id), envelope, shown(&parts.environment, &parts.governance))
        .await?)
}

/// The customer's last case that ended lately and was about the same as what is read in a new one: they were not
/// helped by it.
pub(crate) async fn ended_before(
    governance: &Governance,
    journal: &Journal,
    customer: &CustomerId,
    readings: &Named,
    now: Timestamp,
) -> Result<Option<CaseId>, Refused> {
    let intent = readings.iter().find_map(|(name, reading)| match &reading.value {
        Value::Name(intent) if name.as_str() == "intent" => Some(intent.clone()),
        _ => None,
    });
    let Some(intent) = intent else { return Ok(None) };
    let window_ms = i64::from(governance.bundle.limits().contact_again_days) * DAY_MS;
    let since = now.plus_ms(-window_ms);
    let ended = journal.store.resolved_of_customer(customer.as_str(), since.0, LOOKED_AT).await;
    for row in ended.map_err(Refused::internal)? {
        let case: Case = serde_json::from_slice(&row.state).map_err(Refused::internal)?;
        let about = |value: &Value| matches!(value, Value::Name(name) if *name == intent);
        let same = case.readings.of("intent").any(|reading| about(&reading.value));
        let merged = matches!(case.ending, Some(Ending::Merged { .. }));
        if same && !merged && !case.contacted_again {
            return Ok(Some(case.id));
        }
    }
    Ok(None)
}

/// Why a case is reopened whose customer says that they were not helped.
const NOT_SOLVED: &str = "The customer says that it is not solved.";

const DAY_MS: i64 = 24 * 3_600_000;

/// Cases of a customer that are looked at, the newest.
const LOOKED_AT: usize = 8;
