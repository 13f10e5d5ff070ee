//! What is true of those who could be given a case.

use crate::id::{OwnerId, ResponderId};
use serde::{Deserialize, Serialize};

/// What can be given a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ResponderKind {
    /// A configured AI service.
    Ai,
    /// A queue of staff.
    Queue,
}

/// What the clock on the wall shows where a responder works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct LocalTime {
    /// The hour, 0 to 23.
    pub hour: i64,
    /// The day of the week, from 1 for Monday to 7 for Sunday.
    pub weekday: i64,
    /// The date as a number, such as 20261224.
    pub date: i64,
}

/// What is true of one candidate at the moment of the decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct CandidateFacts {
    /// Which responder.
    pub responder: ResponderId,
    /// AI or queue.
    pub kind: ResponderKind,
    /// Who answers for a case that this responder holds.
    pub accountable: OwnerId,
    /// Whether it takes work now (a queue's hours, or that it collects the case while it is closed; an AI responder is
    /// open unless it cannot be reached).
    pub open: bool,
    /// Cases that it holds now.
    pub depth: i64,
    /// Expected wait until this case would be taken up, in milliseconds.
    pub expected_wait_ms: i64,
    /// Probability that the wait exceeds what is left of the first-reply SLA, in basis points.
    pub sla_risk_bp: i64,
    /// Whether it has already held this case and given it up.
    pub yielded: bool,
    /// Whether it was stopped for this intent, since it was shown to fail too often.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub stopped: bool,
    /// What handling one case costs, in minor units of the bundle's currency.
    pub handling_minor: i64,
    /// Recorded outcomes of this responder for this intent: resolved.
    pub resolved: i64,
    /// Recorded outcomes of this responder for this intent: not resolved (yielded, moved away, reopened).
    pub failed: i64,
    /// The bundle's prior probability that it resolves a case, in basis points.
    pub prior_bp: i64,
    /// How many recorded outcomes the prior is worth.
    pub prior_weight: i64,
    /// What the clock shows where it works; none where the bundle's schema asks for none of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(inline))]
    pub local: Option<LocalTime>,
    /// Whether it has this case or had it before; never where the bundle's schema does not ask for it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub had_before: bool,
    /// Whether it had the customer's case before this one; never where the bundle's schema does not ask for it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub served_before: bool,
    /// The level, 1 to 5, in which it speaks the case's language, a queue by the best of its staff who are there; 0
    /// where nobody does; none where the bundle's schema does not ask for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language_level: Option<i64>,
    /// Probability that the wait passes the date by which the case should be served, in basis points; 0 without one,
    /// and once it has passed.
    #[serde(default, skip_serializing_if = "is_nothing")]
    pub due_risk_bp: i64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks with a reference")]
fn is_nothing(risk_bp: &i64) -> bool {
    *risk_bp == 0
}

impl CandidateFacts {
    /// What is true of a responder that is open, has nothing to do and has done nothing yet. What it costs, and what is
    /// expected of it, is the organisation's to say.
    pub fn idle(responder: ResponderId, kind: ResponderKind, accountable: OwnerId) -> Self {
        Self {
            responder,
            kind,
            accountable,
            open: true,
            depth: 0,
            expected_wait_ms: 0,
            sla_risk_bp: 0,
            yielded: false,
            stopped: false,
            handling_minor: 0,
            resolved: 0,
            failed: 0,
            prior_bp: 0,
            prior_weight: 0,
            local: None,
            had_before: false,
            served_before: false,
            language_level: None,
            due_risk_bp: 0,
        }
    }
}
