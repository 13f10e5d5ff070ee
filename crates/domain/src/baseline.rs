//! What capacity is planned on, queue by queue: levels that were learned from the record, what they are proposed to be
//! changed to once they no longer hold, who decided that, and whether what was predicted came.
//!
//! Levels are in millionths: of a case a day, of a share, or of a second.

use crate::id::{BaselineProposalId, OwnerId, Timestamp};
use serde::{Deserialize, Serialize};

/// What of a queue is watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum WatchedMeasure {
    /// Cases that come in a day.
    Volume,
    /// The share of them that AI keeps.
    AiShare,
    /// Seconds that people take for each of the others.
    HandlingTime,
    /// The share whose customers come back.
    Recontact,
    /// The share of those left to people whose customers give up.
    Abandonment,
}

impl WatchedMeasure {
    /// The name used in records and interfaces.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Volume => "volume",
            Self::AiShare => "ai_share",
            Self::HandlingTime => "handling_time",
            Self::Recontact => "recontact",
            Self::Abandonment => "abandonment",
        }
    }
}

/// A number with its interval of 90 %.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct LevelEstimate {
    /// In the mean.
    pub mean: i64,
    /// The lower end.
    pub low: i64,
    /// The upper end.
    pub high: i64,
}

/// A level on which capacity is planned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PlannedLevel {
    /// How much.
    pub level: i64,
    /// What each weekday has of it, from Monday on, in millionths.
    pub weekdays: Vec<i64>,
    /// How days scatter around it beyond chance, in millionths of a logarithm.
    pub spread: i64,
    /// When the first day began that it was learned from; days are those of UTC.
    pub from: Timestamp,
    /// When the last one ended.
    pub to: Timestamp,
}

/// The level of four weeks as it was predicted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct LevelPrediction {
    /// Its interval of 90 %.
    pub level: LevelEstimate,
    /// When the first of its days begins.
    pub from: Timestamp,
    /// When the last one ends.
    pub to: Timestamp,
}

/// A share in basis points, with half of its interval of 95 %.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SimulatedShare {
    /// The mean of the runs.
    pub bp: i64,
    /// Half the width of its interval.
    pub half_width_bp: i64,
}

/// How many people the busiest hour of a week takes, before and after, and the share that is served in time with them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ProposedStaffing {
    /// When that hour begins, in hours since Monday at midnight (UTC).
    pub hour: u32,
    /// Within how many minutes somebody is to be served.
    pub within_minutes: u32,
    /// Which share of those who come, in basis points.
    pub served_bp: u32,
    /// The fewest people that keep this at the level of before.
    pub people: u32,
    /// The fewest that keep it at the new one.
    pub proposed: u32,
    /// The share served in time at the level of before.
    pub before: SimulatedShare,
    /// The same at the new one, with the people of before.
    pub unchanged: SimulatedShare,
    /// The same with those proposed.
    pub changed: SimulatedShare,
    /// By which chance it was played.
    pub seed: u64,
}

/// Why nothing is proposed of something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum NotProposed {
    /// What moved does not change how much work there is by itself: what it brings is in the volume.
    NoWork,
    /// The bundle has no such queue, so that nothing is promised of it.
    NoPromise,
    /// Nobody had any of it in hand, so that it is not known how long it takes.
    NoHandling,
    /// It cannot be computed: too much comes, or nothing.
    NotComputable,
    /// Too few cases that AI kept have an outcome.
    TooFewCases,
    /// No threshold is shown to keep few enough that come back.
    NoneHolds,
}

/// What is proposed of how many people there are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum StaffingProposal {
    /// So many.
    People {
        /// How many, and what comes of it.
        staffing: Box<ProposedStaffing>,
    },
    /// Nothing can be said.
    Unsaid {
        /// Why.
        why: NotProposed,
    },
}

/// What is proposed of from which confidence on AI keeps a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum ThresholdProposal {
    /// From this confidence on, so that few enough of what it keeps come back.
    From {
        /// The least confidence, in basis points.
        confidence_bp: u32,
        /// Cases with an outcome.
        cases: u64,
        /// Those of them that it would keep.
        kept: u64,
        /// Those of these whose customers came back.
        wrong: u64,
        /// The upper bound of their share, in basis points.
        bound_bp: u32,
    },
    /// Nothing can be said.
    Unsaid {
        /// Why.
        why: NotProposed,
        /// Cases with an outcome.
        cases: u64,
    },
}

/// A level that no longer holds, and what is proposed in its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct BaselineProposal {
    /// Which proposal.
    pub id: BaselineProposalId,
    /// Who is to decide it.
    pub owner: OwnerId,
    /// By when.
    pub due: Timestamp,
    /// Whether it went up.
    pub is_up: bool,
    /// When the first day of the new level began, most likely.
    pub since: Timestamp,
    /// When the day ended after which it was sure.
    pub found: Timestamp,
    /// Without a change, evidence as strong comes once in so many days in the mean, at most.
    pub once_in_days: u64,
    /// The level that was planned on.
    pub before: i64,
    /// The new one.
    pub after: LevelEstimate,
    /// What is predicted of the four weeks that come.
    pub prediction: LevelPrediction,
    /// What is proposed of how many people there are.
    pub staffing: StaffingProposal,
    /// What is proposed of when AI gives a case to people.
    pub threshold: ThresholdProposal,
}

/// What came of what was predicted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PredictionScore {
    /// The level that came.
    pub came: i64,
    /// Whether it lay within the interval.
    pub held: bool,
    /// Days that it rests on.
    pub days: u32,
}

/// What became of a level that capacity is planned on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum BaselineChange {
    /// It was learned.
    Learned {
        /// How much it is.
        planned: PlannedLevel,
    },
    /// It no longer holds, and another one is proposed.
    Proposed {
        /// Which.
        proposal: Box<BaselineProposal>,
    },
    /// The one that was proposed is planned on from now on.
    Accepted {
        /// What was proposed.
        proposal: BaselineProposalId,
        /// Why.
        reason: String,
    },
    /// It stays as it was, and what was proposed is not proposed again unless it moves on.
    Declined {
        /// What was proposed.
        proposal: BaselineProposalId,
        /// Why.
        reason: String,
    },
    /// What had moved and was declined is back where it was.
    Returned {
        /// When the day ended after which it was sure.
        found: Timestamp,
    },
    /// The days are there of which something was predicted.
    Scored {
        /// With which proposal.
        proposal: BaselineProposalId,
        /// What came.
        score: PredictionScore,
    },
}

/// A level that capacity is planned on was learned, proposed to be changed, changed, kept, or scored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct BaselineChanged {
    /// Of which queue.
    pub queue: String,
    /// Of what of it.
    pub measure: WatchedMeasure,
    /// How.
    pub change: BaselineChange,
    /// Who did it: `remit`, or who decided by the identifier of their token.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// What a level is by its records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownBaseline {
    /// Of which queue.
    pub queue: String,
    /// Of what of it.
    pub measure: WatchedMeasure,
    /// What is planned on.
    pub planned: PlannedLevel,
    /// From when on days are watched.
    pub watched_from: Timestamp,
    /// A level that was proposed and declined: days are held against it until they leave it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declined: Option<i64>,
    /// What is proposed and not decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open: Option<Box<BaselineProposal>>,
}

impl KnownBaseline {
    /// The level that days are held against.
    pub fn level(&self) -> i64 {
        self.declined.unwrap_or(self.planned.level)
    }

    /// What is known after a record, where `before` was known; nothing where no level was learned.
    #[must_use]
    pub fn after(before: Option<Self>, record: &BaselineChanged) -> Option<Self> {
        let mut known = match (&record.change, before) {
            (BaselineChange::Learned { planned }, _) => {
                return Some(Self {
                    queue: record.queue.clone(),
                    measure: record.measure,
                    planned: planned.clone(),
                    watched_from: planned.to,
                    declined: None,
                    open: None,
                });
            }
            (_, before) => before?,
        };
        match &record.change {
            BaselineChange::Learned { .. } | BaselineChange::Scored { .. } => {}
            BaselineChange::Proposed { proposal } => known.open = Some(proposal.clone()),
            BaselineChange::Accepted { .. } => {
                if let Some(open) = known.open.take() {
                    let BaselineProposal { since, found, after, .. } = *open;
                    known.planned = PlannedLevel { level: after.mean, from: since, to: found, ..known.planned };
                    (known.watched_from, known.declined) = (found, None);
                }
            }
            BaselineChange::Declined { .. } => {
                if let Some(open) = known.open.take() {
                    (known.watched_from, known.declined) = (open.found, Some(open.after.mean));
                }
            }
            BaselineChange::Returned { found } => (known.watched_from, known.declined) = (*found, None),
        }
        Some(known)
    }
}

/// What was decided of a proposal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProposalDecision {
    /// Whether it was accepted.
    pub accepted: bool,
    /// Why.
    pub reason: String,
    /// Who decided, by the identifier of their token.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// What a proposal is by its records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownProposal {
    /// Of which queue.
    pub queue: String,
    /// Of what of it.
    pub measure: WatchedMeasure,
    /// What is proposed.
    pub proposal: BaselineProposal,
    /// When it was put on record.
    pub at: Timestamp,
    /// What was decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided: Option<ProposalDecision>,
    /// What came of what was predicted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<PredictionScore>,
}

impl BaselineChanged {
    /// The proposal that it is about, if it is about one.
    pub fn proposal(&self) -> Option<BaselineProposalId> {
        match &self.change {
            BaselineChange::Proposed { proposal } => Some(proposal.id),
            BaselineChange::Accepted { proposal, .. }
            | BaselineChange::Declined { proposal, .. }
            | BaselineChange::Scored { proposal, .. } => Some(*proposal),
            BaselineChange::Learned { .. } | BaselineChange::Returned { .. } => None,
        }
    }
}

impl KnownProposal {
    /// What is known of the proposal that a record is about, where `before` was known.
    #[must_use]
    pub fn after(before: Option<Self>, record: &BaselineChanged) -> Option<Self> {
        if let BaselineChange::Proposed { proposal } = &record.change {
            return Some(Self {
                queue: record.queue.clone(),
                measure: record.measure,
                proposal: (**proposal).clone(),
                at: record.at,
                decided: None,
                score: None,
            });
        }
        let mut known = before?;
        let decided = |accepted, reason: &String| {
            Some(ProposalDecision { accepted, reason: reason.clone(), by: record.by.clone(), at: record.at })
        };
        match &record.change {
            BaselineChange::Accepted { reason, .. } => known.decided = decided(true, reason),
            BaselineChange::Declined { reason, .. } => known.decided = decided(false, reason),
            BaselineChange::Scored { score, .. } => known.score = Some(*score),
            BaselineChange::Learned { .. } | BaselineChange::Proposed { .. } | BaselineChange::Returned { .. } => {}
        }
        Some(known)
    }
}
