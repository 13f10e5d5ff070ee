//! Deferrals: a case put off until a moment or an event. Each has a clock and an owner, and the case comes back to
//! them.
//!
//! Whoever puts a case off keeps it: the lease goes on. What is promised to the customer stands still only where the
//! customer agreed to wait (a callback) or while others are waited for (a third party, of what is promised for the end
//! of the case): see [`DeferralKind`].

use crate::{
    id::{CaseId, DecisionId, FieldName, PartyName, StaffId, Timestamp},
    vocabulary::Words,
};
use serde::{Deserialize, Serialize};

/// Why a case is put off. A case has at most one deferral of each kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum DeferralKind {
    /// Its holder looks at it again at a moment, once the customer writes, once another case ends, or once a field of
    /// the case is set. Promises to the customer run on; once one is at risk, it is looked at.
    Snooze,
    /// The customer is to be called at a moment, on which they agreed or which a queue that is closed promised, and
    /// waits for nothing until then. From the moment on they wait.
    Callback,
    /// Its holder looks at it again on a date; until then no silence of the customer ends it. Nothing else stands
    /// still.
    FollowUp,
    /// Somebody else has to do something first. What is promised for the end of the case stands still meanwhile; a
    /// reply to the customer is promised as ever.
    ThirdParty,
}

impl DeferralKind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Snooze, Self::Callback, Self::FollowUp, Self::ThirdParty];

    /// The name used in records and interfaces.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Snooze => "snooze",
            Self::Callback => "callback",
            Self::FollowUp => "follow_up",
            Self::ThirdParty => "third_party",
        }
    }

    /// The same in words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Snooze => "snooze",
            Self::Callback => "callback",
            Self::FollowUp => "follow-up",
            Self::ThirdParty => "wait for somebody else",
        }
    }

    /// Whether the customer is told of it.
    pub fn is_told(self) -> bool {
        matches!(self, Self::Callback | Self::ThirdParty)
    }
}

/// A case put off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Deferral {
    /// Why.
    pub kind: DeferralKind,
    /// Until when.
    pub until: Timestamp,
    /// The member of staff who put it off; none where it waits in a queue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<StaffId>,
    /// Of a callback: by when the customer must have been called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call_by: Option<Timestamp>,
    /// Of a callback: whether the customer waited for a reply when it was agreed on.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub waited: bool,
    /// Of a snooze: the case with whose end it ends, if that comes first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<CaseId>,
    /// Of a snooze: the field of the case with which it ends, once somebody sets it, if that comes first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<FieldName>,
    /// Of a callback that a queue promises which is closed: the decision that rests on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<DecisionId>,
    /// Whether the customer was told of it with the handoff of that decision.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub told: bool,
    /// Who is waited for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub party: Option<PartyName>,
    /// Why, by commitment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Words>,
    /// Who put it off, by the identifier of their token.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// Of a callback: whether its moment has come, and the customer waits for the call.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_due: bool,
}

impl Deferral {
    /// When time brings something about: its end, or the moment at which a callback counts as missed.
    pub fn next_moment(&self) -> Timestamp {
        self.call_by.filter(|_| self.is_due).unwrap_or(self.until)
    }
}

/// How a deferral ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum DeferralHow {
    /// Its moment came.
    Due,
    /// The customer wrote.
    Customer,
    /// The other case ended.
    CaseEnded,
    /// The field was set.
    FieldSet,
    /// The case went to somebody else than the queue that promised it.
    HandedOver,
    /// A promise to the customer is at risk.
    Promise,
    /// The customer was called, or who was waited for has answered.
    Kept,
    /// A person took it back.
    Cancelled,
    /// Nobody called in time.
    Missed,
}

/// The end of a deferral.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct DeferralEnd {
    /// Which.
    pub kind: DeferralKind,
    /// How.
    pub how: DeferralHow,
    /// Who ended it, by the identifier of their token.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// What is asked for where a case is to be put off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// Why.
    pub kind: DeferralKind,
    /// Until when.
    pub until: Timestamp,
    /// Of a callback: by when the customer must have been called.
    pub call_by: Option<Timestamp>,
    /// Of a snooze: the case with whose end it ends, if that comes first.
    pub after: Option<CaseId>,
    /// Of a snooze: the field of the case with which it ends, once somebody sets it, if that comes first.
    pub field: Option<FieldName>,
    /// Who is waited for.
    pub party: Option<PartyName>,
    /// Why, by commitment.
    pub note: Option<Words>,
}

/// That another case is put off until this one ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Awaited {
    /// Which one is.
    pub by: CaseId,
    /// When.
    pub at: Timestamp,
}
