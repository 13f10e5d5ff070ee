//! Events: what happened to a case. The only event that can change a holder carries the decision that caused it.

mod kind;

use crate::{
    action::{ActionDecision, ActionEnd},
    activation::{BundleChanges, Moved},
    announcement::Announcement,
    automatic::AutoSubmitted,
    case::{Author, Channel, HolderRef, Requester},
    consult::Consult,
    decision::{Decision, YieldReason},
    ending::{Ending, Feedback},
    exception::Exception,
    id::{
        CaseId, ConsultId, CustomerId, DecisionId, Digest, Disposition, ExceptionId, MessageId, OfferId, OwnerId,
        ResponderId, SignalName, StaffId, Timestamp,
    },
    offer::{Offer, OfferEnd},
    retrieval::Retrieval,
    signal::Reading,
    situation::Noted,
};
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

/// A commitment to somebody's words, which are kept apart and can be erased.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Words {
    /// HMAC-SHA-256 of the words under a key that is kept with them, in hexadecimal.
    pub commit: String,
    /// Their length in bytes.
    pub bytes: u32,
}

/// A commitment to a file that came with a message. Like words, it is kept apart and can be erased.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attachment {
    /// HMAC-SHA-256 of the file under a key that is kept with it, in hexadecimal.
    pub commit: String,
    /// Its length in bytes.
    pub bytes: u32,
    /// What kind of file it is, by its own first bytes.
    pub media_type: String,
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
    /// What the holder commits to with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub marks: Vec<Mark>,
    /// Files that came with it, by commitment.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Attachment>,
    /// There where no person sent it: it is kept, and asks for nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auto_submitted: Option<AutoSubmitted>,
    /// What the search among articles found that it was made from, if one was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub found: Option<Box<Retrieval>>,
}

impl Message {
    /// A message of words alone that commits to nothing.
    pub fn new(id: MessageId, author: Author, words: Words) -> Self {
        Self { id, author, words, marks: Vec::new(), attachments: Vec::new(), auto_submitted: None, found: None }
    }
}

/// What a holder's message commits to; the next holder is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mark {
    /// Something is promised to the customer.
    Promise,
    /// Something is refused to the customer.
    Refusal,
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
    /// Messages in which something was promised to the customer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub promised: Vec<MessageId>,
    /// Messages in which something was refused to the customer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refused: Vec<MessageId>,
    /// Actions that are permitted and not carried out yet.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub open_actions: Vec<DecisionId>,
    /// What the customer was told last of who has the case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told: Option<Announcement>,
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
    /// What the customer is told of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub announced: Option<Announcement>,
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
        #[serde(with = "crate::record::table::readings")]
        readings: Vec<(SignalName, Reading)>,
        /// When.
        at: Timestamp,
    },
    /// A decision was taken, and with it, where it says so, the holder changed.
    DecisionMade {
        /// The record.
        #[serde(with = "crate::record")]
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
        /// Who, by the identifier of their token; in records of earlier versions by its name.
        by: String,
        /// When.
        at: Timestamp,
    },
    /// An exception ended.
    ExceptionResolved {
        /// Which.
        exception: ExceptionId,
        /// Who resolved it, by the identifier of their token; in records of earlier versions by its name.
        by: String,
        /// The reason, by commitment; none where it ended because the words on the case were erased.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<Words>,
        /// Whether it stays known who gave the case up before; so it is since version 3 of the decision record.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        remembers: bool,
        /// When.
        at: Timestamp,
    },
    /// A danger or need was read that did not stand on the case; it stands from now on.
    SituationNoted {
        /// What was read.
        noted: Noted,
        /// Whether nothing counts that was decided without knowing of it: an override, and who gave the case up before.
        /// Older records do not say so.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        afresh: bool,
        /// When.
        at: Timestamp,
    },
    /// A source that the bundle believes said that the customer had not asked for a human: the wish was misread.
    HumanWishEnded {
        /// Which source.
        source: SmolStr,
        /// Who posted it, by the identifier of their token.
        by: String,
        /// When.
        at: Timestamp,
    },
    /// A person said that a situation stands no more.
    SituationEnded {
        /// Which.
        situation: SmolStr,
        /// Who, by the identifier of their token.
        by: String,
        /// Why, by commitment.
        reason: Words,
        /// When.
        at: Timestamp,
    },
    /// Who has the case was asked whether to hand it over, and keeps it.
    HandoverDeclined {
        /// The decision that asked.
        question: DecisionId,
        /// Who, by the identifier of their token.
        by: String,
        /// A note, by commitment.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<Words>,
        /// When.
        at: Timestamp,
    },
    /// The request was dealt with.
    CaseResolved {
        /// Who had it at the end.
        holder: HolderRef,
        /// The member of staff who had it at the end.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        staff: Option<StaffId>,
        /// A note, by commitment.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<Words>,
        /// How it ended.
        #[serde(default, skip_serializing_if = "Ending::is_answered")]
        how: Ending,
        /// How it was wrapped up.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        disposition: Option<Disposition>,
        /// When.
        at: Timestamp,
    },
    /// The customer said how they were helped.
    FeedbackGiven {
        /// What they said.
        feedback: Feedback,
        /// When.
        at: Timestamp,
    },
    /// The customer came back with the same request, in a case of its own, after this one had ended.
    ContactedAgain {
        /// The new case.
        case: CaseId,
        /// When.
        at: Timestamp,
    },
    /// Another case of the customer turned out to be the same request, and ended in this one.
    CaseAbsorbed {
        /// Which.
        from: CaseId,
        /// When.
        at: Timestamp,
    },
    /// An AI responder asked for an action, and policy answered.
    ActionAsked {
        /// The record.
        decision: Box<ActionDecision>,
    },
    /// A person carried an action out, or refused it.
    ActionEnded {
        /// Which.
        action: DecisionId,
        /// How.
        how: ActionEnd,
        /// Who, by the identifier of their token; in records of earlier versions by its name.
        by: String,
        /// A note, by commitment.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<Words>,
        /// When.
        at: Timestamp,
    },
    /// The holder asked another queue for advice.
    ConsultAsked {
        /// Which consult.
        id: ConsultId,
        /// What was asked.
        consult: Consult,
    },
    /// Somebody gave the advice.
    ConsultAnswered {
        /// Which consult.
        id: ConsultId,
        /// Who, by the identifier of their token; in records of earlier versions by its name.
        by: String,
        /// The advice, by commitment.
        answer: Words,
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
    /// Who has the case left a note with it, for whoever has it next: it was to be handed over and stayed where it was.
    NoteLeft {
        /// The note, by commitment.
        note: Words,
        /// Who left it.
        by: String,
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
        /// Who decided it, by the identifier of their token; in records of earlier versions by its name.
        by: String,
        /// Why.
        reason: String,
        /// When.
        at: Timestamp,
    },
    /// What was counted of a responder for an intent was set back to nothing. Of no case.
    OutcomesReset {
        /// Whose.
        responder: ResponderId,
        /// For which intent.
        intent: String,
        /// Cases resolved that had been counted.
        resolved: i64,
        /// Cases not resolved.
        failed: i64,
        /// Of these, those that told against the responder.
        wrong: i64,
        /// Who decided it, by the identifier of their token.
        by: String,
        /// Why.
        reason: String,
        /// When.
        at: Timestamp,
    },
    /// A bundle came into force. Of no case.
    BundleActivated {
        /// The one that was in force before; none in a new data directory.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<Digest>,
        /// The one in force from now on.
        to: Digest,
        /// What it calls its organisation.
        name: String,
        /// Who had it put in force.
        by: String,
        /// What is in it otherwise, in numbers.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        changed: Option<BundleChanges>,
        /// Where goes what those had who are not in it any more.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        moves: Vec<Moved>,
        /// When.
        at: Timestamp,
    },
    /// Everybody's words on the case were destroyed on the customer's behalf.
    WordsErased {
        /// When.
        at: Timestamp,
    },
    /// The key that sealed all words of a customer was destroyed: from here on none of them can be read. Each of their
    /// cases says so of itself after it. In the customer's own stream.
    CustomerErased {
        /// Whose.
        customer: CustomerId,
        /// When.
        at: Timestamp,
    },
    /// Nothing is left of what was to be erased: the sealed words are gone from every case, and the key from everything
    /// that the database wrote. In the customer's own stream.
    ErasureCompleted {
        /// Whose.
        customer: CustomerId,
        /// How many cases they had.
        cases: u64,
        /// When.
        at: Timestamp,
    },
}
