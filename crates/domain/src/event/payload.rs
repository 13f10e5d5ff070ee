//! What events carry: commitments to words and files, messages, and changes of holder.

pub use crate::vocabulary::{Attachment, FileKind, Words};
use crate::{
    announcement::Announcement,
    automatic::AutoSubmitted,
    case::{Author, HolderRef},
    decision::YieldReason,
    field::Untold,
    id::{CustomerId, DecisionId, ExceptionId, FieldName, MessageId, OwnerId, ResponderId, StaffId, Timestamp},
    retrieval::Retrieval,
};
use serde::{Deserialize, Serialize};

/// What was asked before the first decision told nothing, or not all: it was decided without.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct EnrichmentMissed {
    /// Why.
    pub why: Untold,
    /// Fields and facts that were told and do not fit their declarations.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<FieldName>,
    /// When.
    pub at: Timestamp,
}

/// One message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
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
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Mark {
    /// Something is promised to the customer.
    Promise,
    /// Something is refused to the customer.
    Refusal,
}

/// What the next holder is handed with the case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
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
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Tried {
    /// Who.
    pub responder: ResponderId,
    /// Why it gave the case up; none when policy took it away.
    pub reason: Option<YieldReason>,
}

/// A change of holder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
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

/// That nothing is left of what was to be erased of a customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ErasureCompleted {
    /// Whose.
    pub customer: CustomerId,
    /// How many cases they had.
    pub cases: u64,
    /// When.
    pub at: Timestamp,
}
