//! What causes decisions to be taken.

use super::ResponderKind;
use crate::{
    id::{CaseId, OfferId, ResponderId, StaffId},
    retrieval::Retrieval,
};
use serde::{Deserialize, Serialize};

/// What caused a decision to be taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Trigger {
    /// A case was opened.
    CaseOpened,
    /// The customer wrote again.
    CustomerMessage,
    /// An integration posted signals.
    SignalsPosted,
    /// Fields of the case were set that policies look at.
    FieldsSet,
    /// Something else is known of the customer, which policies look at.
    FactsSet,
    /// The holder gave the case up.
    Yielded {
        /// Why, from a closed list.
        reason: YieldReason,
        /// What its search among articles found, if it made one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        found: Option<Box<Retrieval>>,
    },
    /// Staff asked for an AI responder to take over again.
    ReturnRequested,
    /// The member of staff who had the case chose another queue for it.
    Transferred {
        /// Which.
        to: ResponderId,
    },
    /// A human decided against the system.
    Overridden {
        /// To whom the case is to go.
        to: ResponderId,
        /// Commitment to the human's reason, whose words are kept apart.
        reason: String,
    },
    /// A member of staff accepted an offer.
    Accepted {
        /// Which.
        offer: OfferId,
        /// Who.
        staff: StaffId,
    },
    /// The member of staff who had the case gave it back to the queue.
    Returned,
    /// The member of staff who had the case is not there, and its customer waits.
    StaffGone {
        /// Who.
        staff: StaffId,
    },
    /// A calendar changed: the queue that has the case is closed, and nobody has taken the case.
    QueueClosed,
    /// The AI responder that has the case was stopped for its intent.
    AiStopped,
    /// An SLA clock ran so far that its target is at risk.
    SlaAtRisk {
        /// Which.
        clock: SlaClock,
    },
    /// The exception that held the case was resolved.
    ExceptionResolved,
    /// A person said that a situation stands on the case no more.
    SituationEnded,
    /// A resolved case was reopened.
    Reopened,
    /// Another case of the customer ended in this one, and what stood on it stands here.
    Absorbed {
        /// Which.
        from: CaseId,
    },
    /// The bundle changed, and the responder that had the case is not in it any more.
    HolderGone {
        /// Where whoever changed the bundle wants it to go.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<ResponderId>,
        /// What had it.
        was: ResponderKind,
        /// The member of staff who had it from its queue, and keeps it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        staff: Option<StaffId>,
    },
    /// The bundle changed: the holder keeps the case, and who answers for it is who the bundle says now.
    BundleChanged,
    /// The bundle changed, and its policies do not let the holder keep the case.
    PoliciesChanged,
    /// Somebody asked what would be decided; nothing is recorded.
    Asked,
}

/// What an SLA promises the time of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum SlaClock {
    /// The first reply.
    FirstReply,
    /// A reply to what the customer wrote later.
    NextReply,
    /// The end of the case.
    Resolution,
}

/// Why a holder gives a case up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum YieldReason {
    /// Not sure enough of the answer.
    Unsure,
    /// Outside what it may or can answer.
    OutOfScope,
    /// The customer wants a human.
    WantsHuman,
    /// Needs an action that it may not take.
    NeedsAction,
    /// A tool it depends on failed.
    ToolFailed,
    /// The conversation goes in circles.
    ConversationStuck,
    /// Belongs to another team.
    WrongTeam,
    /// Did not answer in the time it had, or not in a usable form.
    NoAnswer,
    /// Policy does not let it do what it is there for.
    Denied,
}
