//! Every refusal the interfaces can give, in one table: RFC 9457 problem details with a cause and a cure.

use remit_app::refused::{Kind, Refused};
use serde_json::{Map, Value, json};

/// One kind of refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProblemKind {
    /// The last part of the problem's `type`, under `/problems/`.
    pub slug: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// What went wrong, in a few words that never change.
    pub title: &'static str,
    /// What to do about it.
    pub cure: &'static str,
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $slug:literal, $status:literal, $title:literal, $cure:literal;)*) => {
        $(
            $(#[$doc])*
            pub const $name: &ProblemKind =
                &ProblemKind { slug: $slug, status: $status, title: $title, cure: $cure };
        )*
        /// All of them, in the order of the documentation.
        pub const ALL: &[&ProblemKind] = &[$($name),*];
    };
}

kinds! {
    /// The body is not JSON.
    MALFORMED = "malformed", 400, "The body is not JSON in UTF-8",
        "Send one JSON object in UTF-8; the detail names the line and column where reading stopped.";
    /// The body or a parameter has a value that is not accepted.
    INVALID = "invalid", 422, "A value is not accepted",
        "Change the value that the detail names. Unknown fields are refused, so check the spelling against \
         /v1/openapi.json.";
    /// The request is not of the form that a standard asks for.
    BAD_REQUEST = "bad_request", 400, "The request is not of the form that the interface's standard asks for",
        "Change what the detail names: docs/authzen.md shows each request. What it does not know is ignored.";
    /// What is asked for is not what was denied.
    DENIAL_UNBOUND = "denial_unbound", 400, "The request does not follow from a denial",
        "Evaluate once more, and send subject, action and resource as you sent them there, with evaluation_id and \
         expires_at of the answer; docs/authzen.md shows how.";
    /// What was denied can be asked for no more.
    DENIAL_EXPIRED = "denial_expired", 410, "What was denied can be asked for no more",
        "Evaluate once more, and ask within ten minutes.";
    /// No valid token.
    UNAUTHENTICATED = "unauthenticated", 401, "No valid token was sent",
        "Send `Authorization: Bearer <token>` with a token that has neither expired nor been revoked; make one with \
         `remit token create`.";
    /// Signed by an agent, and nothing else.
    PROVE_WHOM_YOU_ACT_FOR = "prove_whom_you_act_for", 401, "A signature says who asks, and not for whom",
        "Prove whom you act for: have the organisation register you as a delegate, have its customer consent, and send \
         an access token with a proof. `next` says how, step by step.";
    /// Signed, and by nobody who is recognised.
    SIGNATURE_NOT_RECOGNISED = "signature_not_recognised", 401, "The signature recognises nobody",
        "Sign each request anew, as the detail and the header `Accept-Signature` say, with a key that stands at your \
         address; docs/delegates.md tells how under \"Agents that only sign\". No signature lets anything be done.";
    /// More requests that are only signed than may come.
    TOO_MANY_KNOCKS = "too_many_knocks", 429, "Too many requests that are only signed",
        "Wait the seconds in `Retry-After`. What is asked with an access token is not counted with these.";
    /// The token may not do this.
    FORBIDDEN = "forbidden", 403, "Policy does not allow this",
        "Use a token with a role that the bundle's API policies permit; the detail names the policies that decided.";
    /// Who signs in is not let in.
    SIGN_IN_REFUSED = "sign_in_refused", 403, "Signing in was refused",
        "Check the name and the password, or ask who invited you for a new link; whoever may asks for one with \
         POST /v1/staff/NAME/invitation.";
    /// More attempts than may be.
    TOO_MANY_SIGN_INS = "too_many_sign_ins", 429, "Too many attempts to sign in",
        "Wait the seconds in `Retry-After`. Who does not know the password any more asks for a new link.";
    /// The chat is over.
    CHAT_ENDED = "chat_ended", 401, "The chat link is not valid, or not any more",
        "Get a new link from where you got this one; an integration makes one with POST /v1/chats.";
    /// The link is over.
    LINK_ENDED = "link_ended", 410, "The link is not valid, or not any more",
        "Ask who sent the link for a new one; an integration makes one as it made this one.";
    /// Sent by another site's page.
    CROSS_SITE = "cross_site", 403, "Another site sent this request",
        "Ask from the page itself, which knows what to send beside it; other programs use the API with a token.";
    /// More than one customer may.
    TOO_OFTEN = "too_often", 429, "Too much at once on one chat",
        "Wait the seconds in `Retry-After` and send it again under the same idempotency key.";
    /// More than one token may.
    RATE_LIMITED = "rate_limited", 429, "Too much at once with one token",
        "Wait the seconds in `Retry-After`, spread requests out, and close event streams that nobody reads. `remit \
         serve --help` tells the bounds.";
    /// Nothing there.
    NOT_FOUND = "not_found", 404, "There is no such thing",
        "Check the name or identifier that the detail tells of; what there is, is listed at the address before it, \
         such as /v1/cases.";
    /// The method is not offered there.
    METHOD_NOT_ALLOWED = "method_not_allowed", 405, "The method is not offered at this address",
        "See /v1/openapi.json for the methods of each address.";
    /// A stale lease.
    LEASE_LOST = "lease_lost", 409, "The lease is no longer current",
        "Stop writing on this case. Read it again to see who holds it now; only the holder's epoch is accepted.";
    /// The state forbids it.
    CONFLICT = "conflict", 409, "What this is about is not in a state that allows it",
        "Read the detail, read again what it is about, and act on what it is now.";
    /// The case changed meanwhile.
    CHANGED = "changed", 409, "The case kept changing while this was decided",
        "Read the case again and repeat the request.";
    /// The key stands for another request.
    KEY_REUSED = "idempotency_key_reused", 409, "The idempotency key was used for another request",
        "Use a new key for a new request, and the same key only to repeat the same one.";
    /// As many as there may be.
    LIMIT_REACHED = "limit_reached", 409, "There are as many as there may be",
        "Remove what is no longer needed, or wait until what is under way has ended; the detail names the bound.";
    /// The words are gone.
    ERASED = "erased", 410, "The words were erased",
        "Nothing brings them back; the evidence that remains is in the timeline. Leave words out, or open a new case.";
    /// Too slow.
    TOO_SLOW = "too_slow", 408, "The request took too long to arrive",
        "Send the whole request at once; repeat it with the same idempotency key.";
    /// Too large.
    TOO_LARGE = "too_large", 413, "The body is too large",
        "Send no more than the limit that the detail names.";
    /// Wrong media type.
    MEDIA_TYPE = "media_type", 415, "The body's media type is not accepted",
        "Send JSON as `Content-Type: application/json`, and a file as one of the types that the detail names.";
    /// Something inside went wrong.
    INTERNAL = "internal", 500, "Remit could not carry this out",
        "Nothing was recorded. The server's log has the cause under the id in the answer's `X-Request-Id`.";
    /// Too much at once.
    BUSY = "busy", 503, "Too much is waiting",
        "Repeat the request with the same idempotency key after the seconds in `Retry-After`.";
    /// A read that was cut short.
    READ_TOO_LONG = "read_too_long", 503, "The read took too long",
        "Ask for less: a smaller `limit`, one status, one holder or one owner. The server may be busy; try again \
         later.";
    /// No disk space.
    STORAGE_FULL = "storage_full", 507, "The storage is full",
        "Nothing of this request was recorded. Free space on the data directory's disk and repeat it.";
    /// A connector does not answer.
    UNREACHABLE = "connector_unreachable", 503, "A connector does not say what is true",
        "Nothing was recorded. Repeat the request with the same idempotency key once the service that the detail names \
         answers again.";
    /// The identity provider does not answer.
    PROVIDER_UNREACHABLE = "provider_unreachable", 503, "The identity provider does not answer",
        "Nothing was recorded. Try again; whoever runs the server finds in its log what is wrong.";
    /// Bundles changed faster than it could be decided.
    SUPERSEDED = "superseded", 503, "Another bundle came into force meanwhile",
        "Nothing of this was recorded under the bundle before. Repeat the request with the same idempotency key.";
}

/// A refusal as it is told.
#[derive(Debug, Clone)]
pub struct Problem {
    /// Which kind.
    pub kind: &'static ProblemKind,
    /// What exactly, this time.
    pub detail: String,
    /// Further members, such as the current epoch.
    pub members: Map<String, Value>,
}

impl Problem {
    /// A problem of `kind` with what exactly went wrong.
    pub fn new(kind: &'static ProblemKind, detail: impl Into<String>) -> Self {
        Self { kind, detail: detail.into(), members: Map::new() }
    }

    /// A value that is not accepted, by the name of its field.
    pub fn invalid(field: &str, detail: impl std::fmt::Display) -> Self {
        Refused::invalid(field, detail).into()
    }

    /// Something that went wrong inside; `cause` goes to the log and not to the caller.
    pub fn internal(cause: impl std::fmt::Display) -> Self {
        Refused::internal(cause).into()
    }

    /// The same with what to do about it, where that is something else than for others of its kind.
    #[must_use]
    pub fn cured_by(mut self, cure: &str) -> Self {
        self.members.insert("cure".to_owned(), cure.into());
        self
    }

    /// The same under the name that a standard has for it.
    #[must_use]
    pub(crate) fn named(mut self, uri: &str) -> Self {
        self.members.insert("type".to_owned(), uri.into());
        self
    }

    /// What to do about it: a refusal that knows better than its kind has it among its members.
    fn cure(&self) -> &str {
        self.members.get("cure").and_then(Value::as_str).unwrap_or(self.kind.cure)
    }

    /// The problem details object of RFC 9457.
    pub fn to_json(&self) -> Value {
        let mut object = json!({
            "type": format!("/problems/{}", self.kind.slug),
            "title": self.kind.title,
            "status": self.kind.status,
            "detail": self.detail,
            "cure": self.cure(),
        });
        if let Some(object) = object.as_object_mut() {
            object.extend(self.members.clone());
        }
        object
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}. {}", self.kind.title, self.detail, self.cure())
    }
}

impl std::error::Error for Problem {}

impl From<Kind> for &'static ProblemKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Invalid => INVALID,
            Kind::BadRequest => BAD_REQUEST,
            Kind::DenialUnbound => DENIAL_UNBOUND,
            Kind::DenialExpired => DENIAL_EXPIRED,
            Kind::Unauthenticated => UNAUTHENTICATED,
            Kind::ProveWhomYouActFor => PROVE_WHOM_YOU_ACT_FOR,
            Kind::SignatureNotRecognised => SIGNATURE_NOT_RECOGNISED,
            Kind::TooManyKnocks => TOO_MANY_KNOCKS,
            Kind::Forbidden => FORBIDDEN,
            Kind::SignInRefused => SIGN_IN_REFUSED,
            Kind::TooManySignIns => TOO_MANY_SIGN_INS,
            Kind::ChatEnded => CHAT_ENDED,
            Kind::LinkEnded => LINK_ENDED,
            Kind::TooOften => TOO_OFTEN,
            Kind::RateLimited => RATE_LIMITED,
            Kind::NotFound => NOT_FOUND,
            Kind::LeaseLost => LEASE_LOST,
            Kind::Conflict => CONFLICT,
            Kind::Changed => CHANGED,
            Kind::KeyReused => KEY_REUSED,
            Kind::LimitReached => LIMIT_REACHED,
            Kind::Erased => ERASED,
            Kind::MediaType => MEDIA_TYPE,
            Kind::Internal => INTERNAL,
            Kind::Busy => BUSY,
            Kind::ReadTooLong => READ_TOO_LONG,
            Kind::StorageFull => STORAGE_FULL,
            Kind::Superseded => SUPERSEDED,
            Kind::Unreachable => UNREACHABLE,
            Kind::ProviderUnreachable => PROVIDER_UNREACHABLE,
        }
    }
}

/// Whatever a use case is refused with is told so: here alone.
impl<R: Into<Refused>> From<R> for Problem {
    fn from(refused: R) -> Self {
        let refused: Refused = refused.into();
        Self { kind: refused.kind.into(), detail: refused.detail, members: refused.members }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_its_own_address_and_says_what_to_do() {
        let mut slugs: Vec<_> = ALL.iter().map(|kind| kind.slug).collect();
        slugs.sort_unstable();
        slugs.dedup();
        assert_eq!(slugs.len(), ALL.len());
        assert!(ALL.iter().all(|kind| kind.cure.ends_with('.') && (400..600).contains(&kind.status)));
    }
}
