//! What became of cases, by responder and intent: the counts from which routing estimates who resolves what.

use crate::{Caller, Parts, access::auth, live::load::Tally, operation::ListOutcomesRefusal, refused::Refused};
use remit_domain::cost::resolves_bp;
use remit_policy::actions::Permission;
use remit_store::{OutcomeDelta, Views as _};
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};
use utoipa::ToSchema;

/// What became of a responder's cases of an intent.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct OutcomeView {
    /// The responder.
    pub responder: String,
    /// The intent.
    pub intent: String,
    /// Cases dealt with.
    pub resolved: i64,
    /// Cases not dealt with.
    pub failed: i64,
    /// Of these, those that tell against the responder, as its circuit breaker counts.
    pub wrong: i64,
    /// The bundle's prior probability that it resolves a case, in basis points.
    pub prior_bp: i64,
    /// How many outcomes the prior is worth.
    pub prior_weight: i64,
    /// The probability that routing counts with: prior and outcomes together, in basis points.
    pub resolves_bp: i64,
    /// How often what happened: `answered`, `confirmed`, `silent`, `abandoned`, `exception`, `merged`, `erased`,
    /// `reopened`, `contacted_again`, `yielded`, `asked` (for an action that policy permits), `no_answer` and
    /// `unreachable` (outages, which count for nothing), `denied` (by policy, which counts for nothing either), `late`
    /// (said something after the case had gone on, which was refused), `reset`, `transferred`, `moved`, `overridden`,
    /// `satisfaction_1` to `satisfaction_5`.
    pub counts: BTreeMap<String, i64>,
}

/// What became of all cases, by responder and intent.
///
/// # Errors
/// [`ListOutcomesRefusal`] says when each arises.
pub async fn outcomes(parts: &Parts, caller: &Caller) -> Result<Vec<OutcomeView>, ListOutcomesRefusal> {
    auth::permit(&parts.governance, &parts.live, &parts.environment, caller, Permission::METRICS_READ)?;
    let mut views = BTreeMap::new();
    for row in parts.journal.store.outcome_counts().await.map_err(Refused::internal)? {
        let view = views.entry((row.responder, row.intent)).or_insert_with(BTreeMap::new);
        view.insert(row.kind, row.count);
    }
    // Of the store as well, rather than of what is in memory: that follows a commit by a moment.
    let tallies = parts.journal.store.outcomes().await.map_err(Refused::internal)?;
    let tallies: HashMap<(&str, &str), &OutcomeDelta> =
        tallies.iter().map(|row| ((row.responder.as_str(), row.intent.as_str()), row)).collect();
    let specs = parts.governance.bundle.candidates();
    let view = |((responder, intent), counts): ((String, String), BTreeMap<String, i64>)| {
        let tally = tallies.get(&(responder.as_str(), intent.as_str())).map(|row| Tally::from(*row));
        let tally = tally.unwrap_or_default();
        let spec = specs.iter().find(|spec| spec.responder.as_str() == responder);
        let (prior_bp, prior_weight) = spec.map_or((0, 0), |spec| (spec.prior_resolve_bp, spec.prior_weight));
        OutcomeView {
            responder,
            intent,
            resolved: tally.resolved.max(0),
            failed: tally.failed.max(0),
            wrong: tally.wrong.max(0),
            prior_bp,
            prior_weight,
            resolves_bp: resolves_bp(prior_bp, prior_weight, tally.resolved, tally.failed),
            counts,
        }
    };
    Ok(views.into_iter().map(view).collect())
}
