//! Commands: what may be asked of a case, and what then happens.

mod act;
mod begin;
mod conclude;
mod effects;
mod guard;

pub use begin::{Decided, Pending, Step, begin};
pub use effects::{Effects, Question};

use crate::{
    action::{ActionAnswer, ActionEnd},
    automatic::AutoSubmitted,
    case::{Channel, Requester},
    decision::{DecisionPoint, Trigger, YieldReason},
    deferral::{DeferralHow, DeferralKind, Wish},
    ending::Feedback,
    event::{Attachment, Mark, Words},
    field::{SetFields, Untold},
    id::{
        ActionName, CaseId, ConsultId, CustomerId, DecisionId, Disposition, ExceptionId, FieldName, Ids, MessageId,
        OfferId, OwnerId, ResponderId, SignalName, StaffId, Timestamp,
    },
    offer::{Offer, OfferEnd, OfferWithheld},
    request::{RequestEnded, RequestNoted},
    retrieval::Retrieval,
    signal::Reading,
    situation::Noted,
};
use smol_str::SmolStr;

/// What arrives from outside with every command: the moment, and a source of identifiers.
#[derive(Debug, Clone)]
pub struct Context {
    /// The moment of the command.
    pub now: Timestamp,
    /// Where new identifiers come from.
    pub ids: Ids,
    /// Who gave the command, by the name of their token.
    pub by: String,
}

/// What may be asked of a case.
#[derive(Debug, Clone)]
pub enum Command {
    /// Take a request in.
    Open {
        /// Whose.
        customer: CustomerId,
        /// Who wrote.
        requester: Requester,
        /// Over which channel.
        channel: Channel,
        /// The first message.
        words: Words,
        /// What was measured.
        readings: Vec<(SignalName, Reading)>,
        /// The danger or need that was read.
        situation: Option<Noted>,
        /// The source that the bundle believes and that says that no human was asked for.
        not_asked: Option<SmolStr>,
        /// What the case is about, by those who say so.
        fields: Vec<SetFields>,
        /// Why what was asked before told nothing, or not all, and what of it does not fit.
        untold: Option<(Untold, Vec<FieldName>)>,
        /// The case that had ended and that the message was written on.
        follows: Option<CaseId>,
    },
    /// The requester writes on a case that had ended, which goes on with it.
    WriteAgain {
        /// The message.
        words: Words,
        /// What was measured.
        readings: Vec<(SignalName, Reading)>,
        /// The danger or need that was read.
        situation: Option<Noted>,
    },
    /// Put the case off.
    Defer {
        /// Under which lease; none where a callback is agreed on with the customer by somebody else than the holder.
        epoch: Option<u64>,
        /// Until when, and why.
        wish: Wish,
    },
    /// End what the case was put off for.
    EndDeferral {
        /// Under which lease; none where Remit does it, or the customer's side takes a callback back.
        epoch: Option<u64>,
        /// Which.
        kind: DeferralKind,
        /// How.
        how: DeferralHow,
        /// By when an exception must be seen to, where a callback was missed.
        due: Timestamp,
    },
    /// Note that nobody took up a case in time that came back from being put off; whoever answers for it sees to it.
    MissDeferral {
        /// By when.
        due: Timestamp,
    },
    /// Note that another case is put off until this one ends.
    NoteAwaited {
        /// Which.
        by: CaseId,
    },
    /// Note that a member of staff is passed over, since policy does not let them answer.
    Withhold {
        /// Who, and by which policies.
        withheld: OfferWithheld,
    },
    /// The requester writes.
    Write {
        /// The message.
        words: Words,
        /// What was measured.
        readings: Vec<(SignalName, Reading)>,
        /// The danger or need that was read.
        situation: Option<Noted>,
    },
    /// A machine wrote in the requester's name. It is kept, and nothing follows from it but what follows from a danger
    /// of which it speaks.
    KeepAutomatic {
        /// The message.
        words: Words,
        /// How it came about.
        auto_submitted: AutoSubmitted,
        /// The danger or need that was read in what the requester had it say.
        situation: Option<Noted>,
    },
    /// The holder answers.
    Answer {
        /// Under which lease.
        epoch: u64,
        /// The message.
        words: Words,
        /// The customer's message that it answers; another one since then makes the answer late.
        to: Option<MessageId>,
        /// What it commits to.
        marks: Vec<Mark>,
        /// What the search among articles found that it was made from, if one was made.
        found: Option<Box<Retrieval>>,
    },
    /// The requester or, under a lease, the holder adds a file.
    Attach {
        /// Under which lease; none when the requester does.
        epoch: Option<u64>,
        /// The message that it comes with.
        words: Words,
        /// The file.
        attachment: Attachment,
    },
    /// Look again whether the holder may keep the case.
    Review {
        /// The lease that it is about: refused once the case has moved.
        epoch: u64,
        /// Where the question is asked.
        point: DecisionPoint,
        /// Why now.
        trigger: Trigger,
    },
    /// Give the case on, since the bundle changed and its holder is not in it any more.
    Rehome {
        /// The holder that is gone.
        from: ResponderId,
        /// Where whoever changed the bundle wants it to go.
        to: Option<ResponderId>,
    },
    /// Ask another queue what was asked of one that the bundle does not have any more.
    MoveConsult {
        /// Which consult.
        consult: ConsultId,
        /// Whose advice is asked for now.
        queue: ResponderId,
    },
    /// Propose the case, which waits in a queue, to a member of staff.
    Offer {
        /// The offer.
        offer: Offer,
    },
    /// Take the case, as the member of staff to whom it was offered.
    Accept {
        /// Which offer.
        offer: OfferId,
        /// Who.
        staff: StaffId,
    },
    /// End an offer without taking the case.
    EndOffer {
        /// Which offer.
        offer: OfferId,
        /// Who declines; none when nobody answered or the offer is taken back.
        staff: Option<StaffId>,
        /// How it ends.
        how: OfferEnd,
    },
    /// Give the case back to the queue, as the member of staff who has it.
    Return {
        /// Under which lease.
        epoch: u64,
        /// A note for the next holder.
        note: Option<Words>,
    },
    /// Give the case back to the queue, since the member of staff who has it is not there.
    TakeBack {
        /// Under which lease.
        epoch: u64,
    },
    /// Note readings.
    Measure {
        /// The readings.
        readings: Vec<(SignalName, Reading)>,
        /// The danger or need that is among them.
        situation: Option<Noted>,
        /// The source that the bundle believes and that says that no human was asked for.
        not_asked: Option<SmolStr>,
    },
    /// Set what the case is about.
    SetFields(SetFields),
    /// Say, as a person, that a situation stands on the case no more. Whether the holder may keep it is decided anew.
    EndSituation {
        /// Which.
        situation: SmolStr,
        /// Why.
        reason: Words,
    },
    /// Keep the case, as the people who have it and were asked whether to hand it over.
    DeclineHandover {
        /// Under which lease.
        epoch: u64,
        /// A note.
        note: Option<Words>,
    },
    /// The holder gives the case up.
    Yield {
        /// Under which lease.
        epoch: u64,
        /// Why.
        reason: YieldReason,
        /// A note for the next holder.
        note: Option<Words>,
        /// What its search among articles found, if it made one.
        found: Option<Box<Retrieval>>,
    },
    /// Policy does not let the AI responder that has the case take its turn: whoever answers for the case sees to it,
    /// and the case goes on without that responder.
    DenyTurn {
        /// Under which lease.
        epoch: u64,
        /// Who must see to it.
        owner: OwnerId,
        /// By when.
        due: Timestamp,
        /// What policy said.
        reason: Words,
    },
    /// Ask for an AI responder to take over again.
    ReturnToAi {
        /// Under which lease.
        epoch: u64,
        /// A note for the next holder.
        note: Option<Words>,
    },
    /// Give the case to another queue, as the member of staff who has it.
    Transfer {
        /// Under which lease.
        epoch: u64,
        /// To which queue.
        to: ResponderId,
        /// A note for the next holder.
        note: Option<Words>,
    },
    /// Ask another queue for advice, as the member of staff who has the case and keeps it.
    Consult {
        /// Under which lease.
        epoch: u64,
        /// Whose advice.
        queue: ResponderId,
        /// What is asked.
        question: Words,
    },
    /// Give the advice that was asked for.
    AnswerConsult {
        /// Which consult.
        consult: ConsultId,
        /// The advice.
        answer: Words,
    },
    /// Ask for an action as the AI responder that has the case, which then goes to people.
    AskAction {
        /// Under which lease.
        epoch: u64,
        /// For what.
        action: ActionName,
        /// The exact arguments.
        arguments: Words,
        /// What policy said.
        answer: Box<ActionAnswer>,
    },
    /// Say what became of a permitted action, as who has the case.
    EndAction {
        /// Under which lease.
        epoch: u64,
        /// Which.
        action: DecisionId,
        /// How it ended.
        how: ActionEnd,
        /// A note.
        note: Option<Words>,
    },
    /// End the case in another one that is the same request.
    Merge {
        /// Under which lease.
        epoch: u64,
        /// The case that goes on.
        into: CaseId,
    },
    /// Note that another case ended in this one.
    Absorb {
        /// Which.
        from: CaseId,
        /// What stood on it, and stands on this one from now on.
        situations: Vec<Noted>,
        /// Whether its customer asked for a human.
        human_requested: bool,
        /// Why this one is reopened, where it has ended since and somebody has to see to what stands there.
        reopens: Option<Words>,
    },
    /// The customer says how they were helped. Who says that it is dealt with ends the case.
    GiveFeedback {
        /// What they say.
        feedback: Feedback,
        /// Why a case that has ended is reopened, where they say that it is not dealt with.
        reopens: Option<Words>,
    },
    /// Note that what an AI responder said came too late, and was refused.
    NoteLate {
        /// Which AI responder.
        responder: ResponderId,
        /// The lease under which it was asked.
        epoch: u64,
    },
    /// Note that an action was asked for on the case, exactly.
    NoteRequest {
        /// Under which lease, where who asks has the case.
        epoch: Option<u64>,
        /// What was asked for.
        noted: RequestNoted,
    },
    /// Note that a request that was asked for on the case has ended.
    NoteRequestEnd(Box<RequestEnded>),
    /// Note that the customer came back with the same request after the case had ended.
    NoteContact {
        /// The new case.
        case: CaseId,
        /// Whether what they wrote on this one opened it.
        linked: bool,
    },
    /// The customer gives up.
    Abandon,
    /// End a case whose customer has said nothing more since the last answer.
    EndSilent {
        /// Under which lease.
        epoch: u64,
    },
    /// Decide against the system.
    Override {
        /// To whom the case is to go.
        to: ResponderId,
        /// Why.
        reason: Words,
    },
    /// Note that an SLA target was missed; the accountable sees to it.
    MissSla {
        /// By when.
        due: Timestamp,
    },
    /// Take work off the standard path by hand.
    RaiseException {
        /// Who must see to it.
        owner: OwnerId,
        /// By when.
        due: Timestamp,
        /// Why; nothing on a case whose words were erased.
        reason: Option<Words>,
    },
    /// Give an exception that is overdue to somebody else.
    EscalateException {
        /// Which.
        exception: ExceptionId,
        /// To whom.
        owner: OwnerId,
        /// By when.
        due: Timestamp,
    },
    /// Take an exception on.
    TakeException {
        /// Which.
        exception: ExceptionId,
    },
    /// Give an exception up, as who took it on.
    GiveUpException {
        /// Which.
        exception: ExceptionId,
        /// Why.
        reason: Words,
    },
    /// End an exception. A case that it held moves on, or ends with it.
    ResolveException {
        /// Which.
        exception: ExceptionId,
        /// Why it is over; none on a case whose words were erased.
        reason: Option<Words>,
        /// Whether the case is dealt with too.
        close: bool,
    },
    /// The holder has dealt with the request.
    Resolve {
        /// Under which lease.
        epoch: u64,
        /// A note.
        note: Option<Words>,
        /// How it is wrapped up.
        disposition: Option<Disposition>,
    },
    /// The request came back.
    Reopen {
        /// Why.
        reason: Words,
    },
    /// Record that everybody's words on the case were destroyed. What is open on it ends.
    Erase,
}

impl Command {
    /// Whether it writes somebody's words on the case, which one whose words were erased does not take.
    fn has_words(&self) -> bool {
        match self {
            Self::Write { .. }
            | Self::WriteAgain { .. }
            | Self::KeepAutomatic { .. }
            | Self::Answer { .. }
            | Self::Attach { .. }
            | Self::Consult { .. }
            | Self::AnswerConsult { .. }
            | Self::AskAction { .. }
            | Self::NoteRequest { .. }
            | Self::Override { .. }
            | Self::SetFields(_)
            | Self::EndSituation { .. }
            | Self::GiveUpException { .. }
            | Self::DenyTurn { .. }
            | Self::Reopen { .. } => true,
            Self::Return { note, .. }
            | Self::Yield { note, .. }
            | Self::ReturnToAi { note, .. }
            | Self::Transfer { note, .. }
            | Self::EndAction { note, .. }
            | Self::DeclineHandover { note, .. }
            | Self::Resolve { note, .. } => note.is_some(),
            Self::RaiseException { reason, .. } | Self::ResolveException { reason, .. } => reason.is_some(),
            Self::GiveFeedback { reopens, .. } => reopens.is_some(),
            Self::Defer { wish, .. } => wish.note.is_some(),
            Self::Open { .. }
            | Self::Review { .. }
            | Self::Rehome { .. }
            | Self::MoveConsult { .. }
            | Self::Offer { .. }
            | Self::Accept { .. }
            | Self::EndOffer { .. }
            | Self::TakeBack { .. }
            | Self::Measure { .. }
            | Self::Merge { .. }
            | Self::Absorb { .. }
            | Self::NoteContact { .. }
            | Self::NoteLate { .. }
            | Self::NoteRequestEnd(_)
            | Self::EndDeferral { .. }
            | Self::MissDeferral { .. }
            | Self::NoteAwaited { .. }
            | Self::Withhold { .. }
            | Self::Abandon
            | Self::EndSilent { .. }
            | Self::MissSla { .. }
            | Self::EscalateException { .. }
            | Self::TakeException { .. }
            | Self::Erase => false,
        }
    }
}

/// Files on a case, at most.
pub const ATTACHMENTS_MAX: u32 = 10;
/// Bytes of the files on a case, at most: 20 MiB.
pub const ATTACHED_BYTES_MAX: u64 = 20 * 1024 * 1024;
