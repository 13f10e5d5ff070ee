//! Why a use case was refused: the kind, which interfaces map to what they tell, and what exactly, this time.

use remit_domain::Refusal;
use remit_store::CommitError;
use serde::Serialize;
use serde_json::{Map, Value};

/// One kind of refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A value is not accepted.
    Invalid,
    /// What is asked is not of the form that the standard of its interface asks for.
    BadRequest,
    /// What is asked for is not what was denied.
    DenialUnbound,
    /// What was denied can be asked for no more.
    DenialExpired,
    /// No valid token was sent.
    Unauthenticated,
    /// The request is signed by an agent, and says nothing of whom it acts for.
    ProveWhomYouActFor,
    /// The request is signed, and by nobody who is recognised.
    SignatureNotRecognised,
    /// More requests that are only signed than may come.
    TooManyKnocks,
    /// Policy does not permit it.
    Forbidden,
    /// Who signs in did not show who they are, or may not be let in.
    SignInRefused,
    /// Too many attempts to sign in.
    TooManySignIns,
    /// The chat is over, or never was.
    ChatEnded,
    /// The link is over, or never was.
    LinkEnded,
    /// More at once on one chat than it may.
    TooOften,
    /// More at once with one token than it may.
    RateLimited,
    /// There is nothing of that name.
    NotFound,
    /// The lease is no longer current.
    LeaseLost,
    /// The state forbids it.
    Conflict,
    /// The case kept changing while it was decided.
    Changed,
    /// The idempotency key stands for another request.
    KeyReused,
    /// There are as many as there may be.
    LimitReached,
    /// The words were erased.
    Erased,
    /// The file's media type is not accepted.
    MediaType,
    /// Something inside went wrong.
    Internal,
    /// Too much is waiting.
    Busy,
    /// A read was cut short.
    ReadTooLong,
    /// The disk is full.
    StorageFull,
    /// Another bundle came into force while it was decided.
    Superseded,
    /// A connector that must be asked first does not answer.
    Unreachable,
    /// The identity provider does not answer.
    ProviderUnreachable,
}

impl Kind {
    /// Whether it is nothing that the caller did or asked: the same may succeed later.
    pub fn is_ours(self) -> bool {
        matches!(
            self,
            Self::Internal
                | Self::Busy
                | Self::ReadTooLong
                | Self::StorageFull
                | Self::Superseded
                | Self::Unreachable
                | Self::ProviderUnreachable
        )
    }

    /// Whether it says that what was to be done came too late: the case went on, ended or was erased meanwhile.
    pub fn is_late(self) -> bool {
        matches!(self, Self::LeaseLost | Self::Conflict | Self::NotFound | Self::Erased)
    }
}

/// A refusal.
#[derive(Debug, Clone)]
pub struct Refused {
    /// Which kind.
    pub kind: Kind,
    /// What exactly, this time.
    pub detail: String,
    /// Further members, such as the current epoch.
    pub members: Map<String, Value>,
}

impl Refused {
    /// A refusal of `kind` with what exactly went wrong.
    pub fn new(kind: Kind, detail: impl Into<String>) -> Self {
        Self { kind, detail: detail.into(), members: Map::new() }
    }

    /// The same with a further member.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Serialize) -> Self {
        let value = serde_json::to_value(value).unwrap_or(Value::Null);
        self.members.insert(name.to_owned(), value);
        self
    }

    /// The same with what to do about it, where that is something else than for others of its kind.
    #[must_use]
    pub fn cured_by(self, cure: &str) -> Self {
        self.with("cure", cure)
    }

    /// A value that is not accepted, by the name of its field.
    pub fn invalid(field: &str, detail: impl std::fmt::Display) -> Self {
        Self::new(Kind::Invalid, format!("`{field}`: {detail}")).with("field", field)
    }

    /// Something that went wrong inside; `cause` goes to the log and not to the caller.
    pub fn internal(cause: impl std::fmt::Display) -> Self {
        tracing::error!(%cause, "refused for an internal error");
        Self::new(Kind::Internal, "an internal error; see the server's log")
    }

    /// Something that is stored is not as it was written, which goes to the log and to the caller.
    pub(crate) fn damaged(what: &str) -> Self {
        tracing::error!(what, "refused for what is stored");
        Self::new(Kind::Internal, format!("{what}; run `remit ledger verify`"))
    }
}

impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.detail)
    }
}

impl std::error::Error for Refused {}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        let detail = refusal.to_string();
        match refusal {
            Refusal::LeaseLost { held, current, holder } => Self::new(Kind::LeaseLost, detail)
                .with("held_epoch", held)
                .with("current_epoch", current)
                .with("holder", holder.name()),
            Refusal::NotTheHolder { holder } => Self::new(Kind::LeaseLost, detail).with("holder", holder.name()),
            Refusal::UnknownException { .. }
            | Refusal::UnknownConsult { .. }
            | Refusal::UnknownAction { .. }
            | Refusal::UnknownSituation { .. }
            | Refusal::OfferOfAnother { .. } => Self::new(Kind::NotFound, detail),
            Refusal::NotPermitted { policies, .. } => Self::new(Kind::Forbidden, detail).with("policies", policies),
            Refusal::MergedIntoItself => Self::invalid("into", detail),
            Refusal::MomentOver => Self::invalid("until", detail),
            Refusal::PutOffUntilItself => Self::invalid("after", detail),
            Refusal::NotPutOff { .. } => Self::new(Kind::NotFound, detail),
            Refusal::Merged { into } => Self::new(Kind::Conflict, detail).with("into", into),
            Refusal::UnknownResponder { .. } => Self::invalid("to", detail),
            Refusal::WordsErased => Self::new(Kind::Erased, detail),
            Refusal::NoCase => Self::internal(detail),
            Refusal::CaseResolved
            | Refusal::CaseOpen
            | Refusal::HumanWasAskedFor { .. }
            | Refusal::HasItAlready { .. }
            | Refusal::MessageCameBetween
            | Refusal::OfferEnded { .. }
            | Refusal::TakenOn { .. }
            | Refusal::NotTakenOn { .. }
            | Refusal::NotWaiting { .. }
            | Refusal::NothingAsked
            | Refusal::NotWithPeople { .. }
            | Refusal::OfferOpen { .. }
            | Refusal::PutOff { .. }
            | Refusal::StillPutOff { .. }
            | Refusal::TooManyConsults
            | Refusal::TooMuchAttached { .. }
            | Refusal::AgainstInvariant { .. }
            | Refusal::InDanger { .. }
            | Refusal::HeldByException { .. } => Self::new(Kind::Conflict, detail),
        }
    }
}

/// What a refused commit is told as.
pub(crate) fn refused(error: CommitError) -> Refused {
    match error {
        CommitError::KeyReused => Refused::new(Kind::KeyReused, "this key was sent with another request before"),
        CommitError::KeyGone => Refusal::WordsErased.into(),
        CommitError::Done => Refused::new(Kind::Conflict, "this has been done already"),
        CommitError::CaseConflict { id, .. } => {
            Refused::new(Kind::Changed, format!("{id} changed while this was decided from it"))
        }
        CommitError::ItemConflict { kind, .. } if kind == "delegation" => {
            Refused::new(Kind::Changed, "the delegation changed meanwhile; ask again")
        }
        CommitError::Busy => Refused::new(Kind::Busy, "the queue of commands to be written is full"),
        CommitError::Superseded => {
            Refused::new(Kind::Superseded, "another bundle came into force while this was decided; it is taken anew")
        }
        CommitError::StorageFull => Refused::new(Kind::StorageFull, "the store reported that its disk is full"),
        other => Refused::internal(other),
    }
}
