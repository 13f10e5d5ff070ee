//! Requests for actions: what somebody asks to have done with an effect beyond the conversation, exactly; who confirms
//! it; how it was carried out; and what was seen to have happened. Each is a stream of its own.
//!
//! A request is bound to the hash of what was asked for. Nothing of it changes afterwards: another amount is another
//! request, which nobody has confirmed.

mod command;
mod decision;
mod event;
mod fold;
mod value;

pub use command::{RequestCommand, RequestRefusal};
pub use decision::{Answer, Confirming, REQUEST_VERSION, RequestDecision, RequestVerdict, Requestable};
pub use event::{RequestAsked, RequestChange, RequestChanged, RequestNoted};
pub use value::{Money, Names, Term};

use crate::{
    case::HolderRef,
    decision::CandidateFacts,
    id::{ActionName, CaseId, CustomerId, DecisionId, Digest, RequestId, StaffId, Timestamp},
    vocabulary::Words,
};
use serde::{Deserialize, Serialize};

/// How far a request has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum RequestState {
    /// It is asked for; policy has not answered yet. On record a request is never left so.
    Asked,
    /// Policy permits it once it is confirmed by who is named.
    Waiting,
    /// Nothing more is to be confirmed; it waits to be carried out.
    Confirmed,
    /// Policy denied it, or somebody who was to confirm it said no.
    Declined,
    /// Nobody confirmed it in time.
    Expired,
    /// Whoever asked took it back, or what it was confirmed on is no longer so.
    Withdrawn,
    /// It is being carried out.
    Executing,
    /// It was carried out.
    Done,
    /// It was not carried out, and will not be.
    Failed,
    /// Whether it was carried out is not known.
    Unknown,
}

impl RequestState {
    /// In words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Waiting => "waiting",
            Self::Confirmed => "confirmed",
            Self::Declined => "declined",
            Self::Expired => "expired",
            Self::Withdrawn => "withdrawn",
            Self::Executing => "executing",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
        }
    }

    /// Whether nothing more becomes of it.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Declined | Self::Expired | Self::Withdrawn | Self::Done | Self::Failed)
    }
}

/// Who asks for an action, with what policy knew of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Asker {
    /// An AI responder, as which its turn or its token asks.
    Responder {
        /// What was true of it.
        facts: Box<CandidateFacts>,
    },
    /// A member of staff.
    Staff {
        /// Who.
        staff: StaffId,
        /// The roles of the token.
        roles: Vec<String>,
    },
    /// The customer whose case it is.
    Customer {
        /// Who.
        customer: CustomerId,
    },
    /// A program of the organisation.
    Integration {
        /// The identifier of its token.
        token: String,
        /// The roles of the token.
        roles: Vec<String>,
    },
}

impl Asker {
    /// The member of staff who asks, if one does.
    pub fn staff(&self) -> Option<&StaffId> {
        match self {
            Self::Staff { staff, .. } => Some(staff),
            _ => None,
        }
    }

    /// What they are called among their kind.
    pub fn name(&self) -> &str {
        match self {
            Self::Responder { facts } => facts.responder.as_str(),
            Self::Staff { staff, .. } => staff.as_str(),
            Self::Customer { customer } => customer.as_str(),
            Self::Integration { token, .. } => token,
        }
    }
}

/// What must be as it was when the request was asked for, so that a yes to it still counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Standing {
    /// The bundle that governed.
    pub bundle: Digest,
    /// Who had the case.
    pub holder: Option<HolderRef>,
    /// Under which lease.
    pub epoch: u64,
    /// What the connector and the case said of it.
    pub facts: Names,
}

/// What is no longer as it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Changed {
    /// Another bundle is in force.
    Bundle,
    /// The case has ended, or its words were erased.
    Case,
    /// Somebody else has the case.
    Holder,
    /// A fact that the request was asked on is another one.
    Fact,
    /// Policy no longer permits it.
    Verdict,
}

impl Changed {
    /// What is told of it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Bundle => "another bundle is in force",
            Self::Case => "the case has ended",
            Self::Holder => "somebody else has the case",
            Self::Fact => "a fact that it was asked on has changed",
            Self::Verdict => "policy no longer permits it",
        }
    }
}

impl Standing {
    /// What of it is no longer so, if anything, where it is as `now`.
    pub fn changed(&self, now: &Self) -> Option<Changed> {
        if self.bundle != now.bundle {
            Some(Changed::Bundle)
        } else if (&self.holder, self.epoch) != (&now.holder, now.epoch) {
            Some(Changed::Holder)
        } else if self.facts != now.facts {
            Some(Changed::Fact)
        } else {
            None
        }
    }
}

/// Over what a confirmation came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Via {
    /// The customer's chat page.
    Chat,
    /// A link that can be used once.
    Link,
    /// The interface, by a person's token.
    Api,
}

/// Who confirmed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Confirmer {
    /// The customer.
    Customer {
        /// Who.
        customer: CustomerId,
    },
    /// A member of staff.
    Staff {
        /// Who.
        staff: StaffId,
        /// How many open cases they had.
        cases: u32,
    },
}

impl Confirmer {
    /// As what their yes counts.
    pub fn confirming(&self) -> Confirming {
        match self {
            Self::Customer { .. } => Confirming::Customer,
            Self::Staff { .. } => Confirming::Staff,
        }
    }
}

/// A yes or a no to one exact request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Confirmation {
    /// Who.
    pub by: Confirmer,
    /// Over what it came.
    pub via: Via,
    /// The hash of the request that was shown.
    pub hash: Digest,
    /// For how long they had it before them, in milliseconds, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen_ms: Option<i64>,
    /// When.
    pub at: Timestamp,
}

/// What a connector says that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Statement {
    /// By what the back office knows it.
    pub reference: String,
    /// How much was moved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Money>,
    /// When, as the back office says.
    pub at: Timestamp,
}

/// Whether what happened is what was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Agreement {
    /// It is.
    Agrees,
    /// It is something else.
    Differs,
    /// Nothing is said that it could be held against.
    Unknown,
}

impl Agreement {
    /// Whether `stated` is what was asked for, which moves `asked`.
    pub fn of(asked: Option<&Money>, stated: Option<&Money>) -> Self {
        match (asked, stated) {
            (asked, Some(stated)) if asked == Some(stated) => Self::Agrees,
            (None, None) => Self::Agrees,
            (Some(_), None) => Self::Unknown,
            _ => Self::Differs,
        }
    }
}

/// How carrying a request out ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(tag = "how", rename_all = "snake_case", deny_unknown_fields)]
pub enum Effect {
    /// It was done.
    Done {
        /// What the connector says.
        statement: Statement,
        /// Whether that is what was asked for.
        agrees: Agreement,
    },
    /// It was refused, and nothing happened.
    Failed {
        /// Why, as a word of the connector's.
        why: String,
    },
    /// No answer, or one that says nothing.
    Unknown {
        /// In what way.
        why: String,
    },
}

/// What is held back of a limit until it is known what became of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Reserved {
    /// Names the reservation.
    pub id: String,
    /// How much.
    pub amount: u64,
}

/// A request as it is now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// Which.
    pub id: RequestId,
    /// On which case.
    pub case: CaseId,
    /// Whose case it is.
    pub customer: CustomerId,
    /// What is to be done.
    pub action: ActionName,
    /// Who asks.
    pub by: Asker,
    /// The exact arguments, by commitment.
    pub arguments: Words,
    /// What who confirms it reads, by commitment.
    pub shown: Words,
    /// The hash of the exact request: case, action and arguments in canonical JSON (RFC 8785).
    pub hash: Digest,
    /// What it moves, where it moves money.
    pub amount: Option<Money>,
    /// What is held back of limits for it.
    pub reserved: Vec<Reserved>,
    /// How far it has come.
    pub state: RequestState,
    /// Whose yes is still wanted.
    pub wanted: Vec<Confirming>,
    /// Who said yes.
    pub confirmations: Vec<Confirmation>,
    /// What must be as it was.
    pub standing: Standing,
    /// The decision that it rests on: the one that was taken when it was asked for, then that of its execution.
    pub decision: DecisionId,
    /// When it was asked for.
    pub asked: Timestamp,
    /// When it expires unless it is confirmed.
    pub due: Timestamp,
    /// How often the connector was asked to carry it out or what became of it.
    pub attempts: u32,
    /// How it ended.
    pub effect: Option<Effect>,
    /// What changed, where it was withdrawn for that.
    pub void: Option<Changed>,
}
