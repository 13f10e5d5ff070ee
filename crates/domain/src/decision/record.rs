//! The record of a decision, and what it is taken from.

use super::{
    candidate::Candidate,
    collects::{Collecting, Collects},
    consideration::{Consideration, Considerations, language, skills},
    custody::Custody,
    facts::CandidateFacts,
    trigger::Trigger,
    verdict::{PolicyNote, Verdict},
};
use crate::{
    case::{Holder, HolderRef},
    cost::Economics,
    exception::ExceptionKind,
    id::{CaseId, DecisionId, Digest, OwnerId, PolicyId, ResponderId, StaffId, Timestamp},
    signal::Signals,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The version of the decision record that this code writes. Since version 3 it holds the custody, without which it is
/// decided as before; since version 4 people keep it, and an override stands, against posted signals and promises
/// at risk too; since version 5 outages and permitted actions do not tell against an AI responder; since version 6 what
/// comes back to a closed queue that calls back goes to who is there; since version 7 what stays in a queue that closes
/// is given to it anew, so that its customer is told when it opens.
pub const DECISION_VERSION: u16 = 7;

/// A place where the system decides; the bundle names an owner for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
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
    /// Whether a case is given out anew by a decision for this reason: who had it last is history, not a holder.
    pub(crate) fn gives_out_anew(self, trigger: &Trigger) -> bool {
        match trigger {
            Trigger::Reopened | Trigger::ExceptionResolved => true,
            // What stood on another one has reopened it.
            Trigger::Absorbed { .. } => self == Self::Route,
            _ => false,
        }
    }

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

/// What was decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
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
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
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
    /// The considerations that candidates name: preferences, and what the case needs of staff.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub considerations: BTreeMap<PolicyId, Consideration>,
    /// Queues that are closed, and have the case wait for them until they open.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub collecting: BTreeMap<ResponderId, Collects>,
    /// What was decided.
    pub outcome: Outcome,
    /// Who is next, in order, should the one chosen yield.
    pub sequence: Vec<ResponderId>,
}

/// By what words are read, each by the SHA-256 of its content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
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
    /// The considerations that apply to each candidate, in the same order; none of those for whom it says nothing.
    pub considered: Vec<Vec<PolicyId>>,
    /// Notes of the policies that the verdicts name.
    pub policies: BTreeMap<PolicyId, PolicyNote>,
    /// The bundle's terms.
    pub terms: std::sync::Arc<Terms>,
    /// By what words are read.
    pub read_by: Option<ReadBy>,
    /// Queues that are closed, and have the case wait for them until they open. They count as open.
    pub collecting: Collecting,
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
    /// What is weighed beside policy, in the order in which it is declared.
    pub considerations: Considerations,
    /// How often a case may change hands before it becomes an owned exception.
    pub handoffs_max: u32,
    /// Who owns exceptions of routing.
    pub exception_owner: OwnerId,
    /// How long that owner has, in milliseconds.
    pub exception_due_ms: i64,
    /// For how long after its moment a customer waits to be called before that counts as missed, in milliseconds.
    pub callback_ms: i64,
    /// Who owns an exception that was not resolved when it was due.
    pub escalate_to: Option<OwnerId>,
}

impl Terms {
    /// The skills that a case needs of staff to whom these considerations apply, with the least level of each.
    pub fn skills(&self, considered: &[PolicyId]) -> BTreeMap<String, u8> {
        skills(self.considerations.iter().map(|(id, of)| (id, of)), considered)
    }

    /// The least level of its language that a case needs of staff to whom these considerations apply; 0 for any.
    pub fn language(&self, considered: &[PolicyId]) -> u8 {
        language(self.considerations.iter().map(|(id, of)| (id, of)), considered)
    }
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
