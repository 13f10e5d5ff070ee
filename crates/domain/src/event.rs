//! Events: what happened to a case. The only event that can change a holder carries the decision that caused it.

use crate::{
    case::{Author, Channel, HolderRef, Requester},
    decision::{Decision, YieldReason},
    exception::Exception,
    id::{
        CaseId, CustomerId, DecisionId, Digest, ExceptionId, MessageId, OfferId, OwnerId, ResponderId, SignalName,
        StaffId, Timestamp,
    },
    offer::{Offer, OfferEnd},
    signal::Reading,
};
use serde::{Deserialize, Serialize};

/// A commitment to somebody's words, which are kept apart and can be erased.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Words {
    /// HMAC-SHA-256 of the words under a key that is kept with them, in hexadecimal.
    pub commit: String,
    /// Their length in bytes.
    pub bytes: u32,
}

/// One message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Message {
    /// Which message.
    pub id: MessageId,
    /// Who wrote it.
    pub author: Author,
    /// What it says, by commitment.
    pub words: Words,
}

/// What the next holder is handed with the case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContextPackage {
    /// Messages so far.
    pub messages: u32,
    /// The newest message of the customer.
    pub last_customer_message: Option<MessageId>,
    /// Who held the case before and gave it up, with why.
    pub tried: Vec<Tried>,
    /// Exceptions that are open.
    pub open_exceptions: Vec<ExceptionId>,
    /// The decision before this one, where the history goes on.
    pub previous_decision: Option<DecisionId>,
    /// How long the customer has waited for a reply, in milliseconds; handoffs do not reset it.
    pub waited_ms: i64,
    /// A note from who handed over, by commitment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Words>,
}

/// A responder that had the case and no longer has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tried {
    /// Who.
    pub responder: ResponderId,
    /// Why it gave the case up; none when policy took it away.
    pub reason: Option<YieldReason>,
}

/// A change of holder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Handoff {
    /// Who had it.
    pub from: Option<HolderRef>,
    /// Who has it now.
    pub to: HolderRef,
    /// The member of staff who has it now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub staff: Option<StaffId>,
    /// Who answers for it now.
    pub accountable: OwnerId,
    /// The lease's fencing number from now on.
    pub epoch: u64,
    /// What the new holder is handed.
    pub package: ContextPackage,
}

/// Something that happened to a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Event {
    /// A customer's request came in.
    CaseOpened {
        /// Which case.
        case: CaseId,
        /// Whose.
        customer: CustomerId,
        /// Who wrote.
        requester: Requester,
        /// Over which channel.
        channel: Channel,
        /// The first message.
        message: Message,
        /// When.
        at: Timestamp,
    },
    /// Somebody wrote.
    MessageAdded {
        /// The message.
        message: Message,
        /// When.
        at: Timestamp,
    },
    /// Readings were posted or measured.
    SignalsMeasured {
        /// The readings, by signal.
        readings: Vec<(SignalName, Reading)>,
        /// When.
        at: Timestamp,
    },
    /// A decision was taken, and with it, where it says so, the holder changed.
    DecisionMade {
        /// The record.
        decision: Box<Decision>,
        /// The change of holder.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        handoff: Option<Box<Handoff>>,
    },
    /// A queue proposed the case to a member of staff.
    OfferMade {
        /// The offer.
        offer: Offer,
    },
    /// An offer ended without being accepted.
    OfferEnded {
        /// Which.
        offer: OfferId,
        /// To whom it was made.
        staff: StaffId,
        /// How it ended.
        how: OfferEnd,
        /// When.
        at: Timestamp,
    },
    /// Work left the standard path.
    ExceptionRaised {
        /// The exception.
        exception: Exception,
        /// Why, by commitment, where a person raised it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<Words>,
    },
    /// Somebody took an exception on.
    ExceptionTaken {
        /// Which.
        exception: ExceptionId,
        /// Who.
        by: String,
        /// When.
        at: Timestamp,
    },
    /// An exception ended.
    ExceptionResolved {
        /// Which.
        exception: ExceptionId,
        /// Who resolved it.
        by: String,
        /// The reason, by commitment.
        reason: Words,
        /// When.
        at: Timestamp,
    },
    /// The request was dealt with.
    CaseResolved {
        /// Who had it at the end.
        holder: HolderRef,
        /// A note, by commitment.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<Words>,
        /// When.
        at: Timestamp,
    },
    /// The request came back.
    CaseReopened {
        /// Why, by commitment.
        reason: Words,
        /// When.
        at: Timestamp,
    },
    /// An exception that was overdue went to somebody else.
    ExceptionEscalated {
        /// Which.
        exception: ExceptionId,
        /// Who must see to it now.
        owner: OwnerId,
        /// By when.
        due: Timestamp,
        /// When.
        at: Timestamp,
    },
    /// An AI responder was shown to fail an intent more often than is tolerated, and was stopped for it. Of no case.
    AiStopped {
        /// Who.
        responder: ResponderId,
        /// For which intent.
        intent: String,
        /// Who owns the decision to stop.
        owner: OwnerId,
        /// Cases resolved since it was last switched on.
        resolved: u64,
        /// Cases not resolved since then.
        failed: u64,
        /// The share of failures that is tolerated, in basis points.
        tolerance_bp: i64,
        /// The probability of stopping one that keeps within it, in basis points.
        error_bp: i64,
        /// The natural logarithm of the evidence, in thousandths.
        evidence_milli: i64,
        /// Which bundle governed.
        bundle: Digest,
        /// When.
        at: Timestamp,
    },
    /// An AI responder may have an intent again. Of no case.
    AiResumed {
        /// Who.
        responder: ResponderId,
        /// For which intent.
        intent: String,
        /// Who decided it, by the name of their token.
        by: String,
        /// Why.
        reason: String,
        /// When.
        at: Timestamp,
    },
    /// Everybody's words on the case were destroyed on the customer's behalf.
    WordsErased {
        /// When.
        at: Timestamp,
    },
}

impl Event {
    /// The name under which the event is recorded.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::CaseOpened { .. } => "case_opened",
            Self::MessageAdded { .. } => "message_added",
            Self::SignalsMeasured { .. } => "signals_measured",
            Self::DecisionMade { .. } => "decision_made",
            Self::OfferMade { .. } => "offer_made",
            Self::OfferEnded { .. } => "offer_ended",
            Self::ExceptionRaised { .. } => "exception_raised",
            Self::ExceptionTaken { .. } => "exception_taken",
            Self::ExceptionResolved { .. } => "exception_resolved",
            Self::ExceptionEscalated { .. } => "exception_escalated",
            Self::AiStopped { .. } => "ai_stopped",
            Self::AiResumed { .. } => "ai_resumed",
            Self::CaseResolved { .. } => "case_resolved",
            Self::CaseReopened { .. } => "case_reopened",
            Self::WordsErased { .. } => "words_erased",
        }
    }

    /// The identifier of what the event records, by which it can be looked up.
    pub fn subject(&self) -> Option<String> {
        match self {
            Self::DecisionMade { decision, .. } => Some(decision.id.to_string()),
            Self::ExceptionRaised { exception, .. } => Some(exception.id.to_string()),
            _ => None,
        }
    }
}
