//! What is proposed in the place of levels that no longer hold: listed, read, accepted and declined.

use super::baseline;
use crate::{
    Caller, Journal, Parts, Vault,
    access::{auth, who},
    bounds::{REASON_MAX, bounded},
    case::query::{self, Page},
    environment::clock::rfc3339,
    journal::baselines::{self, BASELINES, PROPOSALS},
    operation::{
        AcceptBaselineRefusal, DeclineBaselineRefusal, GetBaselineProposalRefusal, ListBaselineProposalsRefusal,
    },
    pipeline::authority,
    refused::{Kind, Refused},
};
use remit_domain::{
    Event,
    baseline::{
        BaselineChange, BaselineChanged, KnownProposal, LevelEstimate, PredictionScore, StaffingProposal,
        ThresholdProposal, WatchedMeasure,
    },
    id::BaselineProposalId,
};
use remit_policy::actions::Permission;
use remit_store::{CommitError, Entry};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Why a proposal is accepted or declined.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DecideBaseline {
    /// Why.
    #[schema(max_length = 4_096, min_length = 1)]
    pub reason: String,
}

/// A level that no longer holds, and what is proposed in its place. Levels are in millionths: of a case a day, of a
/// share, or of a second.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct BaselineProposalView {
    /// Its identifier.
    pub id: String,
    /// Of which queue.
    pub queue: String,
    /// What of it moved.
    pub measure: WatchedMeasure,
    /// `open`, `accepted` or `declined`.
    pub state: &'static str,
    /// Who is to decide it.
    pub owner: String,
    /// By when.
    #[schema(format = DateTime)]
    pub due_at: String,
    /// When it was put on record.
    #[schema(format = DateTime)]
    pub proposed_at: String,
    /// Whether it went up.
    pub is_up: bool,
    /// When the first day of the new level began, most likely.
    #[schema(format = DateTime)]
    pub since: String,
    /// When the day ended after which it was sure.
    #[schema(format = DateTime)]
    pub found: String,
    /// Without a change, evidence as strong comes once in so many days in the mean, at most.
    pub once_in_days: u64,
    /// The level that was planned on.
    pub before: i64,
    /// The new one, with its interval of 90 %.
    pub after: LevelEstimate,
    /// The level that is predicted of the four weeks that come, with its interval of 90 %.
    pub predicted: LevelEstimate,
    /// When the first of them begins.
    #[schema(format = DateTime)]
    pub predicted_from: String,
    /// When the last of them ends.
    #[schema(format = DateTime)]
    pub predicted_to: String,
    /// What came of it, once that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<PredictionScore>,
    /// How many people it takes, and what comes of that.
    pub staffing: StaffingProposal,
    /// From which confidence on AI keeps a case.
    pub threshold: ThresholdProposal,
    /// Who decided it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<String>,
    /// When.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub decided_at: Option<String>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl BaselineProposalView {
    async fn of(journal: &Journal, vault: &Vault, known: KnownProposal) -> Result<Self, Refused> {
        let KnownProposal { queue, measure, proposal, at, decided, score } = known;
        let state = match decided.as_ref().map(|decided| decided.accepted) {
            None => "open",
            Some(true) => "accepted",
            Some(false) => "declined",
        };
        let decided_by = match &decided {
            Some(decided) => Some(who::named(journal, vault, &decided.by).await?),
            None => None,
        };
        Ok(Self {
            id: proposal.id.to_string(),
            queue,
            measure,
            state,
            owner: proposal.owner.to_string(),
            due_at: rfc3339(proposal.due),
            proposed_at: rfc3339(at),
            is_up: proposal.is_up,
            since: rfc3339(proposal.since),
            found: rfc3339(proposal.found),
            once_in_days: proposal.once_in_days,
            before: proposal.before,
            after: proposal.after,
            predicted: proposal.prediction.level,
            predicted_from: rfc3339(proposal.prediction.from),
            predicted_to: rfc3339(proposal.prediction.to),
            score,
            staffing: proposal.staffing,
            threshold: proposal.threshold,
            decided_by,
            decided_at: decided.as_ref().map(|decided| rfc3339(decided.at)),
            reason: decided.map(|decided| decided.reason),
        })
    }
}

/// Proposals, newest first.
///
/// # Errors
/// [`ListBaselineProposalsRefusal`] says when each arises.
pub async fn baseline_proposals(
    parts: &Parts,
    caller: &Caller,
    after: Option<&str>,
    limit: usize,
) -> Result<Page<BaselineProposalView>, ListBaselineProposalsRefusal> {
    auth::permit(&parts.governance, &parts.live, &parts.environment, caller, Permission::CAPACITY_READ)?;
    query::begins_after::<BaselineProposalId>(after)?;
    let rows = PROPOSALS.page(&parts.journal.store, after, limit).await.map_err(Refused::internal)?;
    let next = (rows.len() == limit).then(|| rows.last().map(|row| row.id.clone())).flatten();
    let mut items = Vec::with_capacity(rows.len());
    for row in rows {
        items.push(BaselineProposalView::of(&parts.journal, &parts.vault, row.value).await?);
    }
    Ok(Page { items, next })
}

/// A proposal.
///
/// # Errors
/// [`GetBaselineProposalRefusal`] says when each arises.
pub async fn baseline_proposal(
    parts: &Parts,
    caller: &Caller,
    id: &str,
) -> Result<BaselineProposalView, GetBaselineProposalRefusal> {
    auth::permit(&parts.governance, &parts.live, &parts.environment, caller, Permission::CAPACITY_READ)?;
    let (_, known) = stored(&parts.journal, id).await?;
    Ok(BaselineProposalView::of(&parts.journal, &parts.vault, known.value).await?)
}

/// Plans on what was proposed from now on.
///
/// # Errors
/// [`AcceptBaselineRefusal`] says when each arises.
pub async fn accept_baseline(
    parts: &Parts,
    caller: &Caller,
    id: &str,
    decide: DecideBaseline,
) -> Result<BaselineProposalView, AcceptBaselineRefusal> {
    let accept = |proposal, reason| BaselineChange::Accepted { proposal, reason };
    Ok(decided(parts, caller, id, decide, accept).await?)
}

/// Goes on planning on what was planned on; the same is not proposed again unless it moves on.
///
/// # Errors
/// [`DeclineBaselineRefusal`] says when each arises.
pub async fn decline_baseline(
    parts: &Parts,
    caller: &Caller,
    id: &str,
    decide: DecideBaseline,
) -> Result<BaselineProposalView, DeclineBaselineRefusal> {
    let decline = |proposal, reason| BaselineChange::Declined { proposal, reason };
    Ok(decided(parts, caller, id, decide, decline).await?)
}

async fn decided(
    parts: &Parts,
    caller: &Caller,
    id: &str,
    decide: DecideBaseline,
    change: impl FnOnce(BaselineProposalId, String) -> BaselineChange,
) -> Result<BaselineProposalView, Refused> {
    auth::permit(&parts.governance, &parts.live, &parts.environment, caller, Permission::CAPACITY_DECIDE)?;
    bounded("reason", &decide.reason, REASON_MAX)?;
    let (id, before) = stored(&parts.journal, id).await?;
    if let Some(decided) = &before.value.decided {
        let how = if decided.accepted { "accepted" } else { "declined" };
        return Err(Refused::new(Kind::Conflict, format!("{id} was {how} at {}", rfc3339(decided.at))));
    }
    let (queue, measure) = (before.value.queue.clone(), before.value.measure);
    let name = baselines::name(&queue, measure);
    let known = BASELINES.get(&parts.journal.store, &name).await.map_err(Refused::internal)?;
    let (by, at) = (caller.pseudonym.to_string(), parts.environment.now());
    let record = BaselineChanged { queue, measure, change: change(id, decide.reason), by, at };
    let changed = baseline::commit(known.as_ref(), Some(&before), &record)?;
    let after = KnownProposal::after(Some(before.value), &record);
    let event = Event::BaselineChanged(Box::new(record));
    authority::govern(parts, caller, &[event], changed).await.map_err(|error| match error {
        CommitError::ItemConflict { .. } => {
            Refused::new(Kind::Conflict, format!("{id} was decided meanwhile; read it again"))
        }
        error => crate::refused(error),
    })?;
    let after = after.ok_or_else(|| Refused::internal("a proposal is there after it was decided"))?;
    BaselineProposalView::of(&parts.journal, &parts.vault, after).await
}

async fn stored(journal: &Journal, id: &str) -> Result<(BaselineProposalId, Entry<KnownProposal>), Refused> {
    let none = || {
        let detail = "there is no such proposal; `GET /v1/capacity/proposals` has those that there are";
        Refused::new(Kind::NotFound, detail)
    };
    let id: BaselineProposalId = id.parse().map_err(|_| none())?;
    let known = PROPOSALS.get(&journal.store, &id.to_string()).await.map_err(Refused::internal)?;
    Ok((id, known.ok_or_else(none)?))
}
