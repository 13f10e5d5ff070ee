//! Decisions: who may and who should handle a case, as a function of recorded facts, with every reason kept.

use crate::{
    case::{Holder, HolderRef},
    cost::{Cost, Economics},
    exception::ExceptionKind,
    id::{CaseId, DecisionId, Digest, OwnerId, PolicyId, ResponderId, StaffId, Timestamp},
    signal::Signals,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

mod custody;
mod outcome;
mod rehomed;
mod trigger;

pub use custody::{Custody, PEOPLE_KEEP};
pub use trigger::{SlaClock, Trigger, YieldReason};

/// The version of the decision record that this code writes. Since version 3 it holds the custody, without which it is
/// decided as before; since version 4 people keep it, and an override stands, against posted signals and promises
/// at risk too; since version 5 outages and permitted actions do not tell against an AI responder.
pub const DECISION_VERSION: u16 = 5;

/// A place where the system decides; the bundle names an owner for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DecisionPoint {
    /// Who gets a case that nobody holds.
    Route,
    /// May the holder keep the case after something changed?
    Retain,
    /// Who gets a case whose holder gave it up.
    Escalate,
    /// May an AI responder have the case back?
    ReturnToAi,
    /// A human decides against the system.
    Override,
    /// Who of a queue's staff has a case.
    Offer,
    /// Must an AI responder stop?
    StopAi,
    /// May an AI responder have an action carried out?
    Act,
}

impl DecisionPoint {
    /// All of them; a bundle must name an owner for each.
    pub const ALL: [Self; 8] = [
        Self::Route,
        Self::Retain,
        Self::Escalate,
        Self::ReturnToAi,
        Self::Override,
        Self::Offer,
        Self::StopAi,
        Self::Act,
    ];

    /// The name used in bundles and records.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Route => "route",
            Self::Retain => "retain",
            Self::Escalate => "escalate",
            Self::ReturnToAi => "return_to_ai",
            Self::Override => "override",
            Self::Offer => "offer",
            Self::StopAi => "stop_ai",
            Self::Act => "act",
        }
    }
}

/// What can be given a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResponderKind {
    /// A configured AI service.
    Ai,
    /// A queue of staff.
    Queue,
}

/// What is true of one candidate at the moment of the decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CandidateFacts {
    /// Which responder.
    pub responder: ResponderId,
    /// AI or queue.
    pub kind: ResponderKind,
    /// Who answers for a case that this responder holds.
    pub accountable: OwnerId,
    /// Whether it takes work now (a queue's hours; an AI responder is open unless it cannot be reached).
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
        }
    }
}

/// Policy's answer about one candidate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Verdict {
    /// Whether it may. Without a policy that permits, it may not.
    pub allow: bool,
    /// The policies that determined it, sorted. Empty when nothing permits and nothing forbids.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub policies: Vec<PolicyId>,
    /// Policies that failed to evaluate, sorted. Any makes the verdict a deny.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<PolicyId>,
}

impl Verdict {
    /// Whether it may: allowed, and no policy failed to evaluate, since a failed `forbid` would be skipped.
    pub fn permits(&self) -> bool {
        self.allow && self.errors.is_empty()
    }
}

/// What a policy says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyNote {
    /// `permit` or `forbid`.
    pub effect: PolicyEffect,
    /// Whose rule it is.
    pub owner: OwnerId,
    /// Why the rule exists, in plain words.
    pub reason: std::sync::Arc<str>,
    /// Whether it is an invariant, which took back what the policies allow.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub invariant: bool,
}

/// Whether a policy permits or forbids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PolicyEffect {
    /// Makes it allowed unless something forbids it.
    Permit,
    /// Makes it denied whatever permits it.
    Forbid,
}

/// A candidate as it was considered: its facts, policy's verdict and every term of its expected cost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Candidate {
    /// What was true of it.
    #[serde(flatten)]
    pub facts: CandidateFacts,
    /// Whether it may.
    pub verdict: Verdict,
    /// What it would cost.
    pub cost: Cost,
}

/// What was decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Outcome {
    /// The holder keeps the case.
    Keep {
        /// Who holds it.
        holder: HolderRef,
        /// Who would have it by policy. People keep what they have; they are asked whether to hand it over.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        instead: Option<ResponderId>,
    },
    /// The case goes to a responder.
    Assign {
        /// To whom.
        responder: ResponderId,
    },
    /// A member of the staff of the queue that has the case takes it.
    Take {
        /// The queue.
        responder: ResponderId,
        /// Who takes it.
        staff: StaffId,
    },
    /// Nobody may have it: its owner does, and must act before it is due.
    Exception {
        /// What went wrong.
        exception: ExceptionKind,
        /// Who owns it.
        owner: OwnerId,
        /// By when.
        due: Timestamp,
    },
}

/// The record of one evaluation at a decision point. Everything needed to take it again is in it or in
/// the bundle that it names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decision {
    /// Version of this record's form.
    pub v: u16,
    /// Which decision.
    pub id: DecisionId,
    /// Of which case.
    pub case: CaseId,
    /// Where it was taken.
    pub point: DecisionPoint,
    /// Who owns that decision point.
    pub owner: OwnerId,
    /// What caused it.
    pub trigger: Trigger,
    /// When.
    pub at: Timestamp,
    /// Which bundle governed.
    pub bundle: Digest,
    /// Which built-in policies governed beside it, since version 3 of the record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline: Option<Digest>,
    /// By what words were read when it was taken; decisions of before have it not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_by: Option<ReadBy>,
    /// Who held the case before.
    pub holder: Option<HolderRef>,
    /// How often the case had changed hands.
    pub handoffs: u32,
    /// What ties the case to who has it, since version 3 of the record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custody: Option<Custody>,
    /// The readings that counted.
    pub signals: Signals,
    /// Everyone considered, in the bundle's order.
    pub candidates: Vec<Candidate>,
    /// The determining policies that the verdicts name.
    pub policies: BTreeMap<PolicyId, PolicyNote>,
    /// What was decided.
    pub outcome: Outcome,
    /// Who is next, in order, should the one chosen yield.
    pub sequence: Vec<ResponderId>,
}

/// By what words are read, each by the SHA-256 of its content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReadBy {
    /// Rules, situations, languages and labelled sentences, of packs and of the bundle.
    pub readings: Digest,
    /// The examples of intents.
    pub intents: Digest,
    /// The model of the sentence encoder; none where it is never asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encoder: Option<Digest>,
}

/// All that one evaluation needs beside the case: facts, verdicts and the bundle's terms.
#[derive(Debug, Clone)]
pub struct Deliberation {
    /// Where.
    pub point: DecisionPoint,
    /// Why now.
    pub trigger: Trigger,
    /// The readings that count.
    pub signals: Signals,
    /// Every candidate with its verdict, in the bundle's order.
    pub candidates: Vec<(CandidateFacts, Verdict)>,
    /// Notes of the policies that the verdicts name.
    pub policies: BTreeMap<PolicyId, PolicyNote>,
    /// The bundle's terms.
    pub terms: std::sync::Arc<Terms>,
    /// By what words are read.
    pub read_by: Option<ReadBy>,
    /// Queues in which somebody is known to be there, so that a wait in them can be told.
    pub attended: Vec<ResponderId>,
    /// Invariants that forbid whom a human named: no override goes against them.
    pub forbidden: Vec<PolicyId>,
}

/// What a bundle says about deciding, beside its policies.
#[derive(Debug, Clone)]
pub struct Terms {
    /// The bundle's digest.
    pub bundle: Digest,
    /// The digest of the built-in policies.
    pub baseline: Digest,
    /// Owner of every decision point.
    pub owners: BTreeMap<DecisionPoint, OwnerId>,
    /// How cost is counted.
    pub economics: Economics,
    /// How often a case may change hands before it becomes an owned exception.
    pub handoffs_max: u32,
    /// Who owns exceptions of routing.
    pub exception_owner: OwnerId,
    /// How long that owner has, in milliseconds.
    pub exception_due_ms: i64,
    /// Who owns an exception that was not resolved when it was due.
    pub escalate_to: Option<OwnerId>,
}

/// Where a case stands when a decision about it is taken.
#[derive(Debug, Clone)]
pub struct Standing<'a> {
    /// The version of the record, by whose rules it is decided.
    pub version: u16,
    /// The case.
    pub case: CaseId,
    /// Its holder, if it has one yet.
    pub holder: Option<&'a Holder>,
    /// How often it has changed hands.
    pub handoffs: u32,
    /// What ties it to who has it; none for what was decided before version 3 of the record.
    pub custody: Option<Custody>,
}

/// Takes the decision. Pure: the same arguments give the same record, byte for byte.
pub fn deliberate(id: DecisionId, at: Timestamp, standing: &Standing<'_>, asked: Deliberation) -> Decision {
    let Deliberation { point, trigger, signals, candidates, mut policies, terms, read_by, attended: _, forbidden: _ } =
        asked;
    let mut candidates: Vec<Candidate> = candidates
        .into_iter()
        .map(|(facts, verdict)| Candidate { cost: terms.economics.cost(&facts, &signals), facts, verdict })
        .collect();
    if standing.custody.as_ref().is_some_and(|custody| custody.people) && !trigger.asks_for_ai() {
        custody::people_keep(&mut candidates, &mut policies);
    }
    let mut ranked: Vec<&Candidate> = candidates.iter().filter(|c| c.verdict.permits()).collect();
    ranked.sort_by(|a, b| (a.cost.total_minor, &a.facts.responder).cmp(&(b.cost.total_minor, &b.facts.responder)));
    let outcome = outcome::of(&outcome::Asked {
        point,
        trigger: &trigger,
        at,
        standing,
        candidates: &candidates,
        ranked: &ranked,
        terms: &terms,
    });
    let chosen = match &outcome {
        Outcome::Assign { responder } | Outcome::Take { responder, .. } => Some(responder),
        Outcome::Keep { holder: HolderRef::Responder(responder), .. } => Some(responder),
        Outcome::Keep { .. } | Outcome::Exception { .. } => None,
    };
    // Who gives a case up is not next; who keeps it, or had it taken away by a human, may be.
    let held_by = standing.holder.and_then(Holder::responder).filter(|_| point == DecisionPoint::Escalate);
    // What people give up goes to other people.
    let is_queue = |c: &&&Candidate| c.facts.kind == ResponderKind::Queue;
    let to_people =
        standing.custody.is_some() && ranked.iter().filter(is_queue).any(|c| Some(&c.facts.responder) == chosen);
    let next = |c: &&&Candidate| Some(&c.facts.responder) != chosen && Some(&c.facts.responder) != held_by;
    let next = ranked.iter().filter(next).filter(|c| !to_people || is_queue(c));
    let sequence = next.map(|c| c.facts.responder.clone()).collect();
    Decision {
        v: standing.version,
        id,
        case: standing.case,
        point,
        // INVARIANT: a bundle without an owner for every decision point is not activated.
        owner: terms.owners.get(&point).unwrap_or(&terms.exception_owner).clone(),
        trigger,
        at,
        bundle: terms.bundle.clone(),
        baseline: standing.custody.as_ref().map(|_| terms.baseline.clone()),
        read_by,
        holder: standing.holder.map(Holder::to_ref),
        handoffs: standing.handoffs,
        custody: standing.custody.clone(),
        signals,
        candidates,
        policies,
        outcome,
        sequence,
    }
}
