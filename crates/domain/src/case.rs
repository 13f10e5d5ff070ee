//! A case: its state, and how each event changes it.

mod apply;
mod customer_waits;
mod put_off;
pub mod waits;

use crate::{
    action::OpenAction,
    announcement::Announcement,
    consult::Consult,
    deferral::{Deferral, DeferralKind},
    ending::Ending,
    event::{Message, Tried},
    exception::Exception,
    field::Field,
    id::{
        CaseId, ConsultId, CustomerId, DecisionId, Disposition, ExceptionId, FieldName, MessageId, PolicyId,
        ResponderId, StaffId, Timestamp,
    },
    offer::Offer,
    signal::Readings,
    situation::Situations,
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use waits::{Former, Waits};

pub use crate::vocabulary::{Author, Channel, Holder, HolderRef, Requester};

/// How far a case has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Somebody has it.
    Open,
    /// Dealt with; it can be reopened.
    Resolved,
}

impl Status {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Open, Self::Resolved];

    /// The name used in records and interfaces.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Resolved => "resolved",
        }
    }
}

/// What people who have a case are asked: whether to hand it over, since policy would give it to somebody else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HandoverQuestion {
    /// The decision that asks.
    pub decision: DecisionId,
    /// Who would have it by policy.
    pub to: ResponderId,
    /// Since when it is asked.
    pub at: Timestamp,
}

/// One customer request, as the events so far have made it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// Which case.
    pub id: CaseId,
    /// How many events have made it: the version that a writer must have seen.
    pub version: u64,
    /// Whose request it is.
    pub customer: CustomerId,
    /// Who wrote it.
    pub requester: Requester,
    /// Over which channel.
    pub channel: Channel,
    /// How far it has come.
    pub status: Status,
    /// Who has it. While the case is open there is always one; the last one stays on record afterwards.
    pub holder: Option<Holder>,
    /// How often it has changed hands since somebody first had it.
    pub handoffs: u32,
    /// How many AI responders have had it.
    pub ai_attempts: u32,
    /// Whether an AI responder has it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub held_by_ai: bool,
    /// How many times an AI responder has answered since a person last did.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub ai_turns: u32,
    /// The queue's open proposal to a member of staff.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offer: Option<Offer>,
    /// The member of staff who last had it: they get it first when it comes back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_staff: Option<StaffId>,
    /// Who had it and no longer has it.
    pub tried: Vec<Tried>,
    /// Whether the customer has asked for a human; once true, it stays, unless a source that the bundle believes says
    /// that it was misread.
    pub human_requested: bool,
    /// Whether they did so without words, which cannot have been misread.
    #[serde(default, skip_serializing_if = "is_false")]
    pub human_outright: bool,
    /// Dangers and needs that stand on it until a person says otherwise.
    #[serde(default, skip_serializing_if = "Situations::is_empty")]
    pub situations: Situations,
    /// Whether people have it, or had it last; see [`Case::is_with_people`] for what older records say of it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub people: bool,
    /// The policies that an override set aside by which the holder has it; none where no override stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub set_aside: Option<Vec<PolicyId>>,
    /// Skills that it needs of the staff who take it, with the least level of each, beside those that its queue asks.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub needs: BTreeMap<String, u8>,
    /// The least level of its language that it needs of them; 0 where any will do.
    #[serde(default, skip_serializing_if = "is_any")]
    pub needs_language: u8,
    /// What the people who have it are asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handover_question: Option<HandoverQuestion>,
    /// Every reading kept.
    pub readings: Readings,
    /// What it is about, by the bundle's fields.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<FieldName, Field>,
    /// The newest decision.
    pub last_decision: Option<DecisionId>,
    /// Who is next, should the holder yield.
    pub sequence: Vec<ResponderId>,
    /// Messages so far.
    pub messages: u32,
    /// Of these, what machines wrote in the customer's name.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub automatic: u32,
    /// The newest message of the customer.
    pub last_customer_message: Option<MessageId>,
    /// Since when the customer has waited for a reply; nothing while the customer is awaited.
    pub waiting_since: Option<Timestamp>,
    /// Messages of holders so far.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub replies: u32,
    /// When the customer has waited, and in whose hours. Nothing where an earlier version of the program kept the case:
    /// its records say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waits: Option<Waits>,
    /// Kept by earlier versions of the program in place of [`Case::waits`].
    #[serde(default, skip_serializing)]
    awaited_since: Former,
    #[serde(default, skip_serializing)]
    awaited_ms: Former,
    /// Files on it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub attached: u32,
    /// Bytes of the files on it.
    #[serde(default, skip_serializing_if = "is_no_bytes")]
    pub attached_bytes: u64,
    /// Exceptions that are open.
    pub exceptions: BTreeMap<ExceptionId, Exception>,
    /// Messages in which something was promised to the customer, the newest last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub promised: Vec<MessageId>,
    /// Messages in which something was refused to the customer, the newest last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refused: Vec<MessageId>,
    /// What the customer was told last of who has the case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told: Option<Announcement>,
    /// Actions that are permitted and not carried out yet.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub actions: BTreeMap<DecisionId, OpenAction>,
    /// Questions to other queues that nobody has answered yet.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub consults: BTreeMap<ConsultId, Consult>,
    /// How it ended, the last time that it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ending: Option<Ending>,
    /// How it was wrapped up, the last time that it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disposition: Option<Disposition>,
    /// Whether the customer came back with the same request after it had ended.
    #[serde(default, skip_serializing_if = "is_false")]
    pub contacted_again: bool,
    /// What it is put off for.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub deferrals: BTreeMap<DeferralKind, Deferral>,
    /// Cases that are put off until this one ends.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub awaited_by: Vec<CaseId>,
    /// Who was passed over in the order of offers since it came to who has it, as policy does not let them answer.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub withheld: BTreeSet<StaffId>,
    /// The case that had ended and that its first message was written on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub follows: Option<CaseId>,
    /// Cases that were opened by what the customer wrote on this one after it had ended, the newest last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub followed_by: Vec<CaseId>,
    /// Cases that turned out to be the same request, and ended in this one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub absorbed: Vec<CaseId>,
    /// When it was opened.
    pub opened: Timestamp,
    /// When anything last happened to it.
    pub updated: Timestamp,
    /// Whether the words on it were erased.
    pub erased: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks with a reference")]
fn is_no_bytes(bytes: &u64) -> bool {
    *bytes == 0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks with a reference")]
fn is_false(truth: &bool) -> bool {
    !*truth
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks with a reference")]
fn is_zero(count: &u32) -> bool {
    *count == 0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks with a reference")]
fn is_any(level: &u8) -> bool {
    *level == 0
}

impl Case {
    /// The case that a first message opens.
    pub(crate) fn new(
        id: CaseId,
        customer: &CustomerId,
        requester: Requester,
        channel: Channel,
        message: &Message,
        at: Timestamp,
    ) -> Self {
        Self {
            id,
            version: 1,
            customer: customer.clone(),
            requester,
            channel,
            status: Status::Open,
            holder: None,
            handoffs: 0,
            ai_attempts: 0,
            held_by_ai: false,
            ai_turns: 0,
            offer: None,
            last_staff: None,
            tried: Vec::new(),
            human_requested: false,
            human_outright: false,
            situations: Situations::default(),
            people: false,
            set_aside: None,
            needs: BTreeMap::new(),
            needs_language: 0,
            handover_question: None,
            readings: Readings::default(),
            fields: BTreeMap::new(),
            last_decision: None,
            sequence: Vec::new(),
            messages: 1,
            automatic: 0,
            last_customer_message: Some(message.id),
            waiting_since: Some(at),
            replies: 0,
            waits: Some(Waits::default()),
            awaited_since: Former,
            awaited_ms: Former,
            attached: 0,
            attached_bytes: 0,
            exceptions: BTreeMap::new(),
            promised: Vec::new(),
            refused: Vec::new(),
            told: None,
            actions: BTreeMap::new(),
            consults: BTreeMap::new(),
            ending: None,
            disposition: None,
            contacted_again: false,
            deferrals: BTreeMap::new(),
            awaited_by: Vec::new(),
            withheld: BTreeSet::new(),
            follows: None,
            followed_by: Vec::new(),
            absorbed: Vec::new(),
            opened: at,
            updated: at,
            erased: false,
        }
    }

    /// How long the customer has waited for a reply at `now`, in milliseconds.
    pub fn waited_ms(&self, now: Timestamp) -> i64 {
        self.waiting_since.map_or(0, |since| now.since(since))
    }

    /// The epoch of an open case that a responder has and no member of staff: people keep what they have.
    pub fn in_no_hands(&self) -> Option<u64> {
        let held = self.holder.as_ref().filter(|_| self.status == Status::Open)?;
        (held.responder().is_some() && held.staff.is_none()).then_some(held.epoch)
    }

    /// How many messages people and AI responders wrote.
    pub fn said(&self) -> u32 {
        self.messages.saturating_sub(self.automatic)
    }

    /// Whether nobody has to do anything on it for now: it takes nobody's room, and is offered to nobody. What the
    /// customer writes has somebody do something, except that a snooze is over with it.
    pub fn is_put_off(&self) -> bool {
        self.status == Status::Open && self.deferrals.values().any(|deferral| self.holds(deferral))
    }

    /// The same where it stays so with another holder, with whom a snooze is over.
    pub(crate) fn is_put_off_for_all(&self) -> bool {
        let holds = |deferral: &Deferral| deferral.kind != DeferralKind::Snooze && self.holds(deferral);
        self.status == Status::Open && self.deferrals.values().any(holds)
    }

    fn holds(&self, deferral: &Deferral) -> bool {
        match deferral.kind {
            DeferralKind::Snooze => true,
            DeferralKind::Callback | DeferralKind::ThirdParty => self.waiting_since.is_none() && !deferral.is_due,
            DeferralKind::FollowUp => false,
        }
    }

    /// Whether it waits in a queue for a member of staff to whom it can be offered.
    pub fn waits_in_queue(&self) -> bool {
        let waits = |holder: &Holder| holder.responder().is_some() && holder.staff.is_none();
        self.status == Status::Open
            && !self.held_by_ai
            && !self.is_put_off()
            && self.offer.is_none()
            && self.holder.as_ref().is_some_and(waits)
    }

    /// Whether people have the case, or had it last: a queue, or a member of staff of it.
    pub fn is_with_people(&self) -> bool {
        self.people || (!self.held_by_ai && self.holder.as_ref().is_some_and(|holder| holder.responder().is_some()))
    }

    /// Whether this responder has the case or had it before; of one that has ended, also who had it last.
    pub fn was_with(&self, responder: &ResponderId) -> bool {
        let holds = self.holder.as_ref().and_then(Holder::responder) == Some(responder);
        holds || self.tried.iter().any(|tried| &tried.responder == responder)
    }

    /// Whether this responder had the case and gave it up.
    pub fn has_yielded(&self, responder: &ResponderId) -> bool {
        self.tried.iter().any(|tried| &tried.responder == responder && tried.reason.is_some())
    }
}
