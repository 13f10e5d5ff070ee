//! Refusals: why a command changes nothing.

use crate::{
    case::HolderRef,
    deferral::DeferralKind,
    id::{CaseId, ConsultId, DecisionId, ExceptionId, OfferId, PolicyId, ResponderId, StaffId},
};

use smol_str::SmolStr;

/// Why a command was refused. Nothing of it took effect.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The writer's lease is no longer current (promise 2).
    #[error(
        "the lease with epoch {held} is no longer current: {holder} holds the case under epoch {current}",
        holder = holder.name()
    )]
    LeaseLost {
        /// The epoch that the writer had.
        held: u64,
        /// The epoch now.
        current: u64,
        /// Who holds the case now.
        holder: HolderRef,
    },
    /// The writer is not the holder.
    #[error("only the holder may do this: {holder} holds the case", holder = holder.name())]
    NotTheHolder {
        /// Who holds the case now.
        holder: HolderRef,
    },
    /// The case is resolved.
    #[error("the case is resolved; reopen it first")]
    CaseResolved,
    /// The case is not resolved.
    #[error("the case is open already")]
    CaseOpen,
    /// There is no case that the command could be given for.
    #[error("there is no case yet; open one first")]
    NoCase,
    /// The customer asked for a human, so no AI responder gets the case.
    #[error("the customer asked for a human, so `{responder}`, an AI responder, cannot be given the case")]
    HumanWasAskedFor {
        /// The AI responder that was named.
        responder: ResponderId,
    },
    /// No such responder in the bundle.
    #[error("the bundle has no responder `{responder}`")]
    UnknownResponder {
        /// The name.
        responder: ResponderId,
    },
    /// The named responder has the case already.
    #[error("`{responder}` has the case already")]
    HasItAlready {
        /// The name.
        responder: ResponderId,
    },
    /// No such exception is open on the case.
    #[error("no exception {exception} is open on this case")]
    UnknownException {
        /// Which.
        exception: ExceptionId,
    },
    /// An invariant forbids whom a human named.
    #[error(
        "`{responder}` cannot be given the case by anybody, since {} forbids it",
        invariants.iter().map(PolicyId::as_str).collect::<Vec<_>>().join(", ")
    )]
    AgainstInvariant {
        /// Who was named.
        responder: ResponderId,
        /// The invariants.
        invariants: Vec<PolicyId>,
    },
    /// A danger stands on the case, so that only a person ends it.
    #[error("{situation} stands on the case, so that only who has it ends it")]
    InDanger {
        /// The gravest.
        situation: SmolStr,
    },
    /// An exception still holds the case.
    #[error("exception {exception} holds the case; resolve it and the case moves on")]
    HeldByException {
        /// Which.
        exception: ExceptionId,
    },
    /// The customer wrote again before the answer came.
    #[error("the customer wrote again before this answer; answer what they wrote last")]
    MessageCameBetween,
    /// No such offer is open on the case.
    #[error("offer {offer} is not open: it was answered, expired or taken back")]
    OfferEnded {
        /// Which.
        offer: OfferId,
    },
    /// Somebody else has taken the exception on, and it is not overdue.
    #[error(
        "somebody else has taken exception {exception} on, and it is theirs until it is due; ask them, or resolve it"
    )]
    TakenOn {
        /// Which.
        exception: ExceptionId,
    },
    /// Whoever would give the exception up has not taken it on, or somebody else has since.
    #[error("you have not taken exception {exception} on, or somebody else has since; only who has it gives it up")]
    NotTakenOn {
        /// Which.
        exception: ExceptionId,
    },
    /// The offer was made to somebody else.
    #[error("offer {offer} was not made to `{staff}`")]
    OfferOfAnother {
        /// Which.
        offer: OfferId,
        /// Who answered it.
        staff: StaffId,
    },
    /// The case waits for nobody of a queue.
    #[error("the case does not wait in a queue: {holder} has it", holder = holder.name())]
    NotWaiting {
        /// Who has it.
        holder: HolderRef,
    },
    /// Policy does not permit the queue that a member of staff chose.
    #[error("policy does not permit `{responder}` this case; a lead may decide against it with an override")]
    NotPermitted {
        /// The queue that was named.
        responder: ResponderId,
        /// The policies that say so; none where nothing permits it.
        policies: Vec<PolicyId>,
    },
    /// No such consult is open on the case.
    #[error("no consult {consult} is open on this case")]
    UnknownConsult {
        /// Which.
        consult: ConsultId,
    },
    /// Too many consults are open on the case.
    #[error("too many consults are open on this case; wait for an answer")]
    TooManyConsults,
    /// No such action is open on the case.
    #[error("no action {action} is open on this case")]
    UnknownAction {
        /// Which.
        action: DecisionId,
    },
    /// The case is to end in itself.
    #[error("a case cannot end in itself, or in one that ended in it")]
    MergedIntoItself,
    /// The case ended in another one.
    #[error("the case ended in {into}, which is the same request; go on there")]
    Merged {
        /// Which.
        into: CaseId,
    },
    /// No room is left for another file.
    #[error(
        "the case has {files} files of {bytes} bytes; it may have {most} of {most_bytes}",
        most = crate::command::ATTACHMENTS_MAX,
        most_bytes = crate::command::ATTACHED_BYTES_MAX
    )]
    TooMuchAttached {
        /// Files on it.
        files: u32,
        /// Their bytes.
        bytes: u64,
    },
    /// No such situation stands on the case.
    #[error("no situation `{situation}` stands on this case")]
    UnknownSituation {
        /// Which.
        situation: SmolStr,
    },
    /// A case is to be put off that people do not have.
    #[error("only what people have can be put off: {holder} has the case", holder = holder.name())]
    NotWithPeople {
        /// Who has it.
        holder: HolderRef,
    },
    /// A case is to be put off until a moment that is over.
    #[error("a case is put off until a moment that is still to come")]
    MomentOver,
    /// A case is to be put off until its own end.
    #[error("a case cannot be put off until its own end")]
    PutOffUntilItself,
    /// A case is to be put off that is just offered to somebody.
    #[error("the case is offered to `{staff}`; who takes it can put it off")]
    OfferOpen {
        /// To whom.
        staff: StaffId,
    },
    /// The case is not put off so.
    #[error("the case is not put off by a {}", kind.words())]
    NotPutOff {
        /// How not.
        kind: DeferralKind,
    },
    /// The case is put off.
    #[error("the case is put off by a {}, and does not end by silence", kind.words())]
    PutOff {
        /// How.
        kind: DeferralKind,
    },
    /// A case is to go to an AI responder while it is put off for people to see to.
    #[error("the case is put off by a {}, which people see to; end that first", kind.words())]
    StillPutOff {
        /// How.
        kind: DeferralKind,
    },
    /// Nobody is asked whether to hand the case over.
    #[error("nobody is asked whether to hand this case over")]
    NothingAsked,
    /// The words on this case were erased.
    #[error("the words on this case were erased and none can be written on it; leave them out, or open a new case")]
    WordsErased,
}
