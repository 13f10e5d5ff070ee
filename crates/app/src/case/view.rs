//! What callers are shown of a case: plain data with times as RFC 3339.

use crate::{
    Governance,
    case::{deferral_view::DeferralView, needs::NeedView, schema},
    customer::erased::ErasedView,
    environment::clock::rfc3339,
    field::view::FieldView,
    pipeline::sla,
};
use remit_domain::{
    Case, Decision,
    action::OpenAction,
    case::{Channel, Holder, HolderRef, Requester, Status},
    decision::{DecisionPoint, Outcome},
    ending::Ending,
    exception::Exception,
    id::{DecisionId, Timestamp},
    offer::Offer,
    situation::StandingSituation,
};
use remit_responders::{TurnAuthor, TurnMessage};
use serde::Serialize;
use utoipa::ToSchema;

/// A case.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CaseView {
    /// Its identifier.
    #[schema(example = "cas_01KAS5W2Z8M4Q6B1J0T3V7X9YC")]
    pub id: String,
    /// `open` or `resolved`.
    #[schema(schema_with = schema::status)]
    pub status: Status,
    /// Pseudonym of the customer.
    pub customer: String,
    /// Who wrote: `customer`, `proxy`, `workflow`, `autonomous` or `integration`.
    #[schema(schema_with = schema::requester)]
    pub requester: Requester,
    /// Over which channel: `chat`, `email`, `web`, `phone` or `api`.
    #[schema(schema_with = schema::channel)]
    pub channel: Channel,
    /// Who has it.
    pub holder: Option<HolderView>,
    /// The person or team that answers for it.
    pub accountable: Option<String>,
    /// What people call them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accountable_title: Option<String>,
    /// How often it has changed hands.
    pub handoffs: u32,
    /// Whether the customer has asked for a human.
    pub human_requested: bool,
    /// Dangers and needs that stand on it until a person says otherwise, in the order in which they were noted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub situations: Vec<SituationView>,
    /// What it is about, by the bundle's fields, as far as the caller may see them. Told where the case is read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldView>,
    /// What is known of its customer, as far as the caller may see it. Told where the case is read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub customer_facts: Vec<FieldView>,
    /// What the people who have it are asked: whether to hand it over. Answer by `transfer`, or by `keep`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub handover_question: Option<HandoverQuestionView>,
    /// Messages so far.
    pub messages: u32,
    /// Since when the customer waits for a reply.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waiting_since: Option<String>,
    /// By when the promise that runs is kept: a reply, the end of the case, or a call. It counts in opening hours.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub due_at: Option<String>,
    /// When the queue that has it opens, while it is closed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    pub opens_at: Option<String>,
    /// The IANA zone in which that queue works; the first queue of the bundle where none has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Europe/London")]
    pub time_zone: Option<String>,
    /// The queue's open proposal to a member of staff.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offer: Option<OfferView>,
    /// The newest decision.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision: Option<String>,
    /// Exceptions that are open.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub exceptions: Vec<ExceptionView>,
    /// Actions that are permitted and not carried out yet.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub actions: Vec<ActionView>,
    /// Consults that nobody has answered yet, by identifier.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub consults: Vec<String>,
    /// How it ended: `answered`, `confirmed`, `silent`, `abandoned`, `exception`, `merged` or `erased`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ending: Option<&'static str>,
    /// How it was wrapped up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disposition: Option<String>,
    /// The case in which it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merged_into: Option<String>,
    /// Cases that ended in it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub absorbed: Vec<String>,
    /// What it is put off for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub deferrals: Vec<DeferralView>,
    /// There, and true, while nobody has to do anything on it: it takes nobody's room, and is offered to nobody.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub put_off: bool,
    /// Cases that are put off until it ends.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub awaited_by: Vec<String>,
    /// Who was passed over in the order of offers, since policy does not let them answer.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub passed_over: Vec<String>,
    /// Skills that it needs of the member of staff who takes it from its queue.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<NeedView>,
    /// The case that had ended and that its first message was written on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub follows: Option<String>,
    /// Cases that what the customer wrote on this one, after it had ended, opened.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub followed_by: Vec<String>,
    /// There once the words on it were erased: none of them can be read any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub erased: Option<ErasedView>,
    /// When it was opened.
    #[schema(format = DateTime)]
    pub opened_at: String,
    /// When anything last happened to it.
    #[schema(format = DateTime)]
    pub updated_at: String,
    /// How many events have made it.
    pub version: u64,
}

/// A danger or need that stands on a case.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SituationView {
    /// Its name in the bundle's vocabulary.
    pub situation: String,
    /// Who read it: `remit`, or the source of an integration.
    pub source: String,
    /// Since when it stands.
    #[schema(format = DateTime)]
    pub since: String,
}

/// Whether the people who have a case hand it over, since policy would give it to somebody else by what the customer
/// wrote last.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct HandoverQuestionView {
    /// Who would have it by policy.
    pub to: String,
    /// The decision that asks.
    pub decision: String,
    /// Since when it is asked.
    #[schema(format = DateTime)]
    pub since: String,
}

/// Who has a case.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct HolderView {
    /// `responder`, or `owner` of the exception that the case has become.
    pub kind: &'static str,
    /// The name in the bundle.
    pub name: String,
    /// What people call it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The member of staff who took it from the queue.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub staff: Option<String>,
    /// The lease's fencing number: send it with every write as the holder.
    pub epoch: u64,
    /// Since when.
    #[schema(format = DateTime)]
    pub since: String,
}

/// A queue's proposal of a case to a member of staff.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct OfferView {
    /// Its identifier.
    pub id: String,
    /// To whom.
    pub staff: String,
    /// Until when it can be accepted.
    #[schema(format = DateTime)]
    pub due_at: String,
    /// Its place in the order of work, in minor units for each hour of waiting and hour of work.
    pub index: i64,
    /// How many members of staff were considered.
    pub considered: u32,
}

impl From<&Offer> for OfferView {
    fn from(offer: &Offer) -> Self {
        Self {
            id: offer.id.to_string(),
            staff: offer.staff.to_string(),
            due_at: rfc3339(offer.due),
            index: offer.index,
            considered: offer.considered,
        }
    }
}

/// A permitted action that nobody has carried out yet.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ActionView {
    /// The decision that permitted it: name it when you say what became of it.
    pub id: String,
    /// What is to be done, as the bundle's catalogue names it.
    pub action: String,
    /// Who asked for it.
    pub asked_by: String,
}

impl From<(&DecisionId, &OpenAction)> for ActionView {
    fn from((id, open): (&DecisionId, &OpenAction)) -> Self {
        Self { id: id.to_string(), action: open.action.to_string(), asked_by: open.asked_by.to_string() }
    }
}

/// Work that left the standard path.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ExceptionView {
    /// Its identifier.
    pub id: String,
    /// The case.
    pub case: String,
    /// `no_responder`, `handoff_limit`, `policy_error`, `invariant_held`, `sla_missed`, `callback_missed`,
    /// `deferral_missed` or `raised`.
    pub kind: &'static str,
    /// Who must see to it.
    pub owner: String,
    /// What people call them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner_title: Option<String>,
    /// By when.
    #[schema(format = DateTime)]
    pub due_at: String,
    /// When it was raised.
    #[schema(format = DateTime)]
    pub raised_at: String,
    /// The decision that raised it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision: Option<String>,
    /// Who took it on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub taken_by: Option<String>,
}

/// What a decision came to.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DecisionSummary {
    /// Its identifier; ask for the whole record and the reasons at `/v1/decisions/{id}`.
    pub id: String,
    /// Where it was taken.
    pub point: &'static str,
    /// `keep`, `assign`, `take` or `exception`.
    pub outcome: &'static str,
    /// Who has the case now.
    pub to: String,
    /// The policies that determined the chosen one's verdict.
    pub policies: Vec<String>,
    /// Who is next, should the one chosen yield.
    pub sequence: Vec<String>,
}

impl From<&StandingSituation> for SituationView {
    fn from(standing: &StandingSituation) -> Self {
        Self {
            situation: standing.noted.situation.to_string(),
            source: standing.noted.source.to_string(),
            since: rfc3339(standing.since),
        }
    }
}

impl CaseView {
    /// `case` as it is shown at `now`, with what the bundle in force promises of it.
    pub(crate) fn promised(governance: &Governance, case: &Case, now: Timestamp) -> Self {
        let bundle = &governance.bundle;
        let responder = case.holder.as_ref().and_then(Holder::responder);
        let queue = responder.and_then(|name| bundle.candidate(name)?.queue.as_ref());
        let called = case.deferrals.values().filter_map(|deferral| deferral.call_by);
        let due = sla::clock(governance, case).map(|running| running.due).into_iter().chain(called).min();
        let mut view = Self::from(case);
        if let (Some(holder), Some(shown)) = (&case.holder, &mut view.holder) {
            shown.title = match &holder.who {
                HolderRef::Responder(name) => bundle.candidate(name).map(|spec| spec.title.clone()),
                HolderRef::Owner(name) => bundle.owner_title(name.as_str()).map(ToOwned::to_owned),
            };
        }
        let accountable = view.accountable.as_deref();
        Self {
            accountable_title: accountable.and_then(|name| bundle.owner_title(name)).map(ToOwned::to_owned),
            due_at: due.map(rfc3339),
            opens_at: queue.filter(|_| case.status == Status::Open).and_then(|queue| queue.reopens(now)).map(rfc3339),
            time_zone: queue.or_else(|| bundle.first_queue()).map(|queue| queue.zone().to_owned()),
            exceptions: view.exceptions.into_iter().map(|one| one.titled(governance)).collect(),
            ..view
        }
    }
}

impl From<&Case> for CaseView {
    fn from(case: &Case) -> Self {
        Self {
            id: case.id.to_string(),
            status: case.status,
            customer: case.customer.to_string(),
            requester: case.requester,
            channel: case.channel,
            holder: case.holder.as_ref().map(|holder| HolderView {
                kind: match holder.who {
                    HolderRef::Responder(_) => "responder",
                    HolderRef::Owner(_) => "owner",
                },
                name: holder.who.name().to_owned(),
                title: None,
                staff: holder.staff.as_ref().map(ToString::to_string),
                epoch: holder.epoch,
                since: rfc3339(holder.since),
            }),
            accountable: case.holder.as_ref().map(|holder| holder.accountable.to_string()),
            accountable_title: None,
            handoffs: case.handoffs,
            human_requested: case.human_requested,
            situations: case.situations.iter().map(SituationView::from).collect(),
            fields: Vec::new(),
            customer_facts: Vec::new(),
            handover_question: case.handover_question.as_ref().map(|question| HandoverQuestionView {
                to: question.to.to_string(),
                decision: question.decision.to_string(),
                since: rfc3339(question.at),
            }),
            messages: case.messages,
            waiting_since: case.waiting_since.map(rfc3339),
            due_at: None,
            opens_at: None,
            time_zone: None,
            offer: case.offer.as_ref().map(OfferView::from),
            decision: case.last_decision.map(|id| id.to_string()),
            exceptions: case.exceptions.values().map(|e| ExceptionView::new(&case.id.to_string(), e)).collect(),
            actions: case.actions.iter().map(ActionView::from).collect(),
            consults: case.consults.keys().map(ToString::to_string).collect(),
            ending: case.ending.map(Ending::as_str),
            disposition: case.disposition.as_ref().map(ToString::to_string),
            merged_into: match case.ending {
                Some(Ending::Merged { into }) => Some(into.to_string()),
                _ => None,
            },
            absorbed: case.absorbed.iter().map(ToString::to_string).collect(),
            deferrals: case.deferrals.values().map(|deferral| DeferralView::of(case, deferral)).collect(),
            put_off: case.is_put_off(),
            awaited_by: case.awaited_by.iter().map(ToString::to_string).collect(),
            passed_over: case.withheld.iter().map(ToString::to_string).collect(),
            needs: Vec::new(),
            follows: case.follows.map(|id| id.to_string()),
            followed_by: case.followed_by.iter().map(ToString::to_string).collect(),
            erased: case.erased.then(ErasedView::default),
            opened_at: rfc3339(case.opened),
            updated_at: rfc3339(case.updated),
            version: case.version,
        }
    }
}

impl ExceptionView {
    /// The exception `e` of `case`.
    pub fn new(case: &str, e: &Exception) -> Self {
        Self {
            id: e.id.to_string(),
            case: case.to_owned(),
            kind: e.kind.as_str(),
            owner: e.escalated_to.as_ref().unwrap_or(&e.owner).to_string(),
            owner_title: None,
            due_at: rfc3339(e.due),
            raised_at: rfc3339(e.raised),
            decision: e.decision.map(|id| id.to_string()),
            taken_by: e.taken_by.clone(),
        }
    }

    /// With what people call its owner.
    pub(crate) fn titled(self, governance: &Governance) -> Self {
        Self { owner_title: governance.bundle.owner_title(&self.owner).map(ToOwned::to_owned), ..self }
    }
}

impl From<&Decision> for DecisionSummary {
    fn from(decision: &Decision) -> Self {
        let (outcome, to) = match &decision.outcome {
            Outcome::Keep { holder, .. } => ("keep", holder.name()),
            Outcome::Assign { responder } => ("assign", responder.as_str()),
            Outcome::Take { responder, .. } => ("take", responder.as_str()),
            Outcome::Exception { owner, .. } => ("exception", owner.as_str()),
        };
        let chosen = decision.candidates.iter().find(|c| c.facts.responder.as_str() == to);
        Self {
            id: decision.id.to_string(),
            point: DecisionPoint::as_str(decision.point),
            outcome,
            to: to.to_owned(),
            policies: chosen.map_or_else(Vec::new, |c| c.verdict.policies.iter().map(ToString::to_string).collect()),
            sequence: decision.sequence.iter().map(ToString::to_string).collect(),
        }
    }
}

/// A message with who wrote it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct MessageFrom {
    /// `customer`, `ai` or `staff`.
    pub author: &'static str,
    /// What it says.
    pub text: String,
}

impl From<TurnMessage> for MessageFrom {
    fn from(message: TurnMessage) -> Self {
        let author = match message.author {
            TurnAuthor::Customer => "customer",
            TurnAuthor::Ai => "ai",
            TurnAuthor::Staff => "staff",
        };
        Self { author, text: message.text }
    }
}
