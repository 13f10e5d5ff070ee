//! Events: what happened to a case. The only event that can change a holder carries the decision that caused it.

mod kind;
mod names;
mod payload;
use names::*;
pub use payload::*;
use serde::{Deserialize, Serialize};

/// Something that happened to a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
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
        /// The case that had ended and that the message was written on.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        follows: Option<CaseId>,
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
        #[cfg_attr(feature = "schema", schema(schema_with = crate::schema::readings))]
        readings: Vec<(SignalName, Reading)>,
        /// When.
        at: Timestamp,
    },
    /// Fields of the case were set, or taken away.
    FieldsSet {
        /// The values, by field; personal ones by commitment.
        fields: BTreeMap<FieldName, Held>,
        /// Fields that were taken away.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        taken_away: Vec<FieldName>,
        /// Who said them: the source of an integration, `staff`, `ai` or `enrichment`.
        source: String,
        /// Who set them, by the identifier of their token.
        by: String,
        /// When.
        at: Timestamp,
    },
    /// What was asked before the first decision told nothing, or not all: it was decided without.
    EnrichmentMissed(EnrichmentMissed),
    /// A decision was taken, and with it, where it says so, the holder changed.
    DecisionMade {
        /// The record.
        #[serde(with = "crate::record")]
        #[cfg_attr(feature = "schema", schema(value_type = crate::schema::RecordedDecision))]
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
    /// A member of staff was passed over in the order of offers, since policy does not let them answer.
    OfferWithheld {
        /// Who, and by which policies.
        withheld: OfferWithheld,
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
    /// Whoever took an exception on gave it up.
    ExceptionGivenUp(ExceptionGivenUp),
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
        /// Whether nothing counts that was decided without it: an override, and who gave it up. Not in older ones.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        afresh: bool,
        /// When.
        at: Timestamp,
    },
    /// A source that the bundle believes said that the customer had not asked for a human: the wish was misread.
    HumanWishEnded {
        /// Which source.
        #[cfg_attr(feature = "schema", schema(value_type = String))]
        source: SmolStr,
        /// Who posted it, by the identifier of their token.
        by: String,
        /// When.
        at: Timestamp,
    },
    /// A person said that a situation stands no more.
    SituationEnded {
        /// Which.
        #[cfg_attr(feature = "schema", schema(value_type = String))]
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
        /// Whether they wrote on this one, and what they wrote opened the new one.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        linked: bool,
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
    /// An action was asked for on the case, exactly. What becomes of it is in the request's own stream.
    RequestNoted(RequestNoted),
    /// A request that was asked for on the case has ended. How it came to that is in the request's own stream.
    RequestEnded(Box<RequestEnded>),
    /// An action was asked for, exactly, and policy answered. In the request's own stream.
    RequestAsked(Box<RequestAsked>),
    /// Something became of a request. In its own stream.
    RequestChanged(Box<RequestChanged>),
    /// A statement of a back office was held against what is on record of requests.
    Reconciled(Box<Reconciliation>),
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
    /// The case was put off, in place of a deferral of the same kind.
    CaseDeferred {
        /// Until when, and why.
        deferral: Deferral,
    },
    /// The moment of a callback came: the customer waits for the call.
    CallbackDue {
        /// When.
        at: Timestamp,
    },
    /// What the case was put off for has ended.
    DeferralEnded {
        /// Which, and how.
        end: DeferralEnd,
    },
    /// Another case is put off until this one ends.
    CaseAwaited {
        /// Which.
        awaited: Awaited,
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
    /// An AI responder said something after it had lost the case, or the customer had written again: it was refused.
    AnsweredTooLate {
        /// Who.
        responder: ResponderId,
        /// The lease under which it was asked.
        epoch: u64,
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
    OutcomesReset(OutcomesReset),
    /// A bundle came into force. Of no case.
    BundleActivated(BundleActivation),
    /// A token was made. In the token's own stream.
    TokenMade {
        /// What it grants.
        grant: Grant,
        /// Who made it, by the identifier of their token, or from where.
        by: String,
        /// When.
        at: Timestamp,
    },
    /// A token was revoked. In the token's own stream.
    TokenRevoked {
        /// Which.
        token: String,
        /// Who revoked it.
        by: String,
        /// When.
        at: Timestamp,
    },
    /// Who a member of staff is, and what they may be given, in place of what was before. In their own stream.
    StaffNoted {
        /// What was noted.
        profile: Box<StaffProfile>,
        /// A commitment to the name that customers see, under a salt that goes with it; not of earlier versions.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        first_name: Option<String>,
        /// Who noted it.
        by: String,
        /// When.
        at: Timestamp,
    },
    /// Somebody said whether a member of staff is there. In their own stream.
    PresenceSet {
        /// Which member of staff.
        staff: StaffId,
        /// What was said.
        presence: PresenceKind,
        /// Who said it.
        by: String,
        /// When.
        at: Timestamp,
    },
    /// A member of staff works here no more: what they had goes back. In their own stream.
    StaffRemoved {
        /// Who.
        removed: StaffRemoval,
    },
    /// The name of a token that was revoked was forgotten. In the token's stream.
    TokenNameForgotten {
        /// Whose.
        forgotten: NameForgotten,
    },
    /// What somebody who works here signs in with was changed. In their own stream.
    AccountChanged(AccountChanged),
    /// Somebody who works here signed in with a browser. In their own stream.
    SessionStarted(Box<SessionStarted>),
    /// What they signed in to ended. In their own stream.
    SessionEnded(SessionEnded),
    /// Sign-ins under somebody's name were refused, since too many had failed. In their own stream.
    SignInRefused(SignInRefused),
    /// A chat was started for a customer: a link that acts for nobody else. In the chat's own stream.
    ChatStarted {
        /// Which chat, by its name, which is no secret.
        chat: String,
        /// A digest of what its secret is known by, which nobody finds it from; not of earlier versions.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        digest: Option<String>,
        /// For whom.
        customer: CustomerId,
        /// The case that it goes on with.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        case: Option<CaseId>,
        /// When it ends.
        expires: Timestamp,
        /// Who started it.
        by: String,
        /// When.
        at: Timestamp,
    },
    /// A subscription to events was made. In its own stream.
    SubscriptionMade {
        /// Which.
        subscription: String,
        /// What is sent, and where to.
        terms: SubscriptionTerms,
        /// Who made it.
        by: String,
        /// When.
        at: Timestamp,
    },
    /// What a subscription sends was changed. In its own stream.
    SubscriptionChanged {
        /// Which.
        subscription: String,
        /// How.
        change: SubscriptionChange,
        /// Who changed it.
        by: String,
        /// When.
        at: Timestamp,
    },
    /// A subscription was deleted. In its own stream.
    SubscriptionDeleted(SubscriptionDeleted),
    /// A delegate was registered. In its own stream.
    DelegateRegistered(DelegateRegistered),
    /// A delegate was changed. In its own stream.
    DelegateChanged(DelegateChanged),
    /// A customer was asked to let a delegate act for them. In the delegate's stream.
    ConsentAsked(Box<ConsentAsked>),
    /// What a customer was asked came to nothing. In the delegate's stream.
    ConsentEnded(ConsentEnded),
    /// A customer granted a delegate something, or a delegate a part of it to another one. In its own stream.
    DelegationGranted(Box<DelegationGranted>),
    /// A delegation was narrowed, or ended before its time. In its own stream.
    DelegationChanged(DelegationChanged),
    /// A case was opened under a delegation. In its own stream.
    DelegationUsed(DelegationUsed),
    /// An agent that only signs its requests knocked. In the stream of its host.
    AgentKnocked(AgentKnocked),
    /// An issuer was registered. In its own stream.
    IssuerRegistered(Box<IssuerRegistered>),
    /// An issuer was changed, or whom it speaks of. In its own stream.
    IssuerChanged(IssuerChanged),
    /// What capacity is planned on was learned, or changed, or is proposed to be. In the stream of its queue.
    BaselineChanged(Box<BaselineChanged>),
    /// What is known of a customer was said anew. In the customer's own stream.
    CustomerFactsSet(FactsSet),
    /// Everybody's words on the case were destroyed on the customer's behalf.
    WordsErased {
        /// When.
        at: Timestamp,
    },
    /// A customer's key was destroyed: none of their words can be read. Their cases say so after it. In their stream.
    CustomerErased {
        /// Whose.
        customer: CustomerId,
        /// When.
        at: Timestamp,
    },
    /// Nothing is left of what was to be erased, neither on a case nor in what was written. In the customer's stream.
    ErasureCompleted(ErasureCompleted),
}
