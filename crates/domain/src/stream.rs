//! Streams: what events are about, by kind and identifier. Each has one spelling as text: `case/cas_…`, `staff/ana`.

use crate::id::{
    CaseId, CustomerId, DelegateId, DelegationId, IssuerId, ReconciliationId, RequestId, ResponderId, StaffId,
};
use serde::{Deserialize, Serialize, Serializer};
use smol_str::{SmolStr, ToSmolStr};
use std::{fmt, str::FromStr};

/// Longest identifier of a stream, in bytes.
const ID_BYTES_MAX: usize = 128;
/// The identifier of the one stream of bundles.
const IN_FORCE: &str = "in_force";

/// What kind of thing a stream of events is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StreamKind {
    /// A case.
    Case,
    /// A responder: when it was stopped and resumed, and its outcomes set back.
    Responder,
    /// A token.
    Token,
    /// A member of staff.
    Staff,
    /// A chat.
    Chat,
    /// A subscription to events.
    Subscription,
    /// A customer: that their words were erased.
    Customer,
    /// The bundle in force.
    Bundle,
    /// A request for an action.
    Request,
    /// A reconciliation.
    Reconciliation,
    /// A customer's own AI agent.
    Delegate,
    /// What a customer granted one.
    Delegation,
    /// The host of agents that only sign their requests.
    Agent,
    /// An identity provider whose word is taken for customers.
    Issuer,
    /// What the capacity of a queue is planned on.
    Capacity,
}

impl StreamKind {
    /// All of them.
    pub const ALL: [Self; 15] = [
        Self::Case,
        Self::Responder,
        Self::Token,
        Self::Staff,
        Self::Chat,
        Self::Subscription,
        Self::Customer,
        Self::Bundle,
        Self::Request,
        Self::Reconciliation,
        Self::Delegate,
        Self::Delegation,
        Self::Agent,
        Self::Issuer,
        Self::Capacity,
    ];

    /// As it stands before the identifier.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Case => "case",
            Self::Responder => "responder",
            Self::Token => "token",
            Self::Staff => "staff",
            Self::Chat => "chat",
            Self::Subscription => "subscription",
            Self::Customer => "customer",
            Self::Bundle => "bundle",
            Self::Request => "request",
            Self::Reconciliation => "reconciliation",
            Self::Delegate => "delegate",
            Self::Delegation => "delegation",
            Self::Agent => "agent",
            Self::Issuer => "issuer",
            Self::Capacity => "capacity",
        }
    }
}

/// A stream of events: what they are about, by kind and identifier.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "SmolStr")]
pub struct Stream {
    kind: StreamKind,
    id: SmolStr,
}

/// Why a text names no stream.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StreamError {
    /// No such kind.
    #[error(
        "`{0}` is no kind of stream; a stream is named by kind and identifier, such as case/cas_… or staff/ana, and \
         the kinds are {kinds}",
        kinds = StreamKind::ALL.map(StreamKind::as_str).join(", ")
    )]
    Kind(String),
    /// No such identifier.
    #[error("`{0}` is no identifier of a stream: 1 to {ID_BYTES_MAX} ASCII letters, digits and signs, and no `/`")]
    Id(String),
}

/// What is told of a text that is not accepted.
fn shown(text: &str) -> String {
    text.chars().take(64).collect()
}

impl Stream {
    /// The stream of this kind and identifier.
    ///
    /// # Errors
    /// [`StreamError::Id`] where the identifier can be none.
    pub fn new(kind: StreamKind, id: &str) -> Result<Self, StreamError> {
        let good = (1..=ID_BYTES_MAX).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_graphic() && b != b'/');
        if good { Ok(Self { kind, id: id.into() }) } else { Err(StreamError::Id(shown(id))) }
    }

    /// A case's.
    pub fn case(id: CaseId) -> Self {
        Self { kind: StreamKind::Case, id: id.to_smolstr() }
    }

    /// A responder's.
    pub fn responder(id: &ResponderId) -> Self {
        Self { kind: StreamKind::Responder, id: id.as_str().into() }
    }

    /// A token's, by its identifier.
    pub fn token(id: &str) -> Self {
        Self { kind: StreamKind::Token, id: id.into() }
    }

    /// A member of staff's.
    pub fn staff(id: &StaffId) -> Self {
        Self { kind: StreamKind::Staff, id: id.as_str().into() }
    }

    /// A chat's, by its name.
    pub fn chat(name: &str) -> Self {
        Self { kind: StreamKind::Chat, id: name.into() }
    }

    /// A subscription's, by its identifier.
    pub fn subscription(id: &str) -> Self {
        Self { kind: StreamKind::Subscription, id: id.into() }
    }

    /// A customer's.
    pub fn customer(id: &CustomerId) -> Self {
        Self { kind: StreamKind::Customer, id: id.as_str().into() }
    }

    /// A request's.
    pub fn request(id: RequestId) -> Self {
        Self { kind: StreamKind::Request, id: id.to_smolstr() }
    }

    /// A reconciliation's.
    pub fn reconciliation(id: ReconciliationId) -> Self {
        Self { kind: StreamKind::Reconciliation, id: id.to_smolstr() }
    }

    /// A delegate's.
    pub fn delegate(id: DelegateId) -> Self {
        Self { kind: StreamKind::Delegate, id: id.to_smolstr() }
    }

    /// A delegation's.
    pub fn delegation(id: DelegationId) -> Self {
        Self { kind: StreamKind::Delegation, id: id.to_smolstr() }
    }

    /// That of the host at which an agent has its keys, by the origin of these; of `*` where several are meant.
    pub fn agent(address: &str) -> Self {
        let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
        Self { kind: StreamKind::Agent, id: rest.split('/').next().unwrap_or_default().into() }
    }

    /// An issuer's.
    pub fn issuer(id: IssuerId) -> Self {
        Self { kind: StreamKind::Issuer, id: id.to_smolstr() }
    }

    /// That of what the capacity of a queue is planned on.
    pub fn capacity(queue: &str) -> Self {
        Self { kind: StreamKind::Capacity, id: queue.into() }
    }

    /// That of the bundle in force.
    pub fn bundle() -> Self {
        Self { kind: StreamKind::Bundle, id: SmolStr::new_static(IN_FORCE) }
    }

    /// Its kind.
    pub fn kind(&self) -> StreamKind {
        self.kind
    }

    /// Its identifier among those of its kind.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The identifier of the case that it is of, if it is of one.
    pub fn case_id(&self) -> Option<&str> {
        (self.kind == StreamKind::Case).then_some(&*self.id)
    }
}

impl fmt::Display for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.as_str())?;
        f.write_str("/")?;
        f.write_str(&self.id)
    }
}

impl FromStr for Stream {
    type Err = StreamError;

    fn from_str(text: &str) -> Result<Self, StreamError> {
        let (kind, id) = text.split_once('/').unwrap_or((text, ""));
        let known = StreamKind::ALL.into_iter().find(|known| known.as_str() == kind);
        Self::new(known.ok_or_else(|| StreamError::Kind(shown(kind)))?, id)
    }
}

impl TryFrom<SmolStr> for Stream {
    type Error = StreamError;

    fn try_from(text: SmolStr) -> Result<Self, StreamError> {
        text.parse()
    }
}

impl Serialize for Stream {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{Ids, RequestId, Timestamp};

    #[test]
    fn a_stream_is_read_as_it_is_written() {
        let case = CaseId::next(&mut Ids::new(Timestamp(1_700_000_000_000), 7));
        let request = RequestId::next(&mut Ids::new(Timestamp(1_700_000_000_000), 8));
        let staff = StaffId::new("ana").unwrap();
        for (stream, text) in [
            (Stream::case(case), format!("case/{case}")),
            (Stream::token("tok_1"), "token/tok_1".to_owned()),
            (Stream::staff(&staff), "staff/ana".to_owned()),
            (Stream::chat("chat_1"), "chat/chat_1".to_owned()),
            (Stream::subscription("sub_1"), "subscription/sub_1".to_owned()),
            (Stream::responder(&ResponderId::new("cards-ai").unwrap()), "responder/cards-ai".to_owned()),
            (Stream::customer(&CustomerId::from_digest([7; 16])), format!("customer/cus_{}", "07".repeat(16))),
            (Stream::bundle(), "bundle/in_force".to_owned()),
            (Stream::agent("https://muse.example:8443/keys"), "agent/muse.example:8443".to_owned()),
            (Stream::agent("https://[2001:db8::1]"), "agent/[2001:db8::1]".to_owned()),
            (Stream::agent("*"), "agent/*".to_owned()),
            (Stream::request(request), format!("request/{request}")),
        ] {
            assert_eq!((stream.to_string(), text.parse()), (text.clone(), Ok(stream.clone())));
            let json = serde_json::to_string(&stream).unwrap();
            assert_eq!((json.as_str(), serde_json::from_str(&json).ok()), (&*format!("\"{text}\""), Some(stream)));
        }
        assert_eq!(Stream::case(case).case_id(), Some(&*case.to_string()));
        assert_eq!(Stream::staff(&staff).case_id(), None);
    }

    #[test]
    fn what_names_no_stream_is_told() {
        for text in ["", "cas_1", "Case/cas_1", "cases/cas_1", "/ana"] {
            assert!(matches!(text.parse::<Stream>(), Err(StreamError::Kind(_))), "{text}");
        }
        for id in ["", "a b", "a/b", "a\n", "\u{e4}", &"x".repeat(129)] {
            assert!(matches!(format!("staff/{id}").parse::<Stream>(), Err(StreamError::Id(_))), "{id}");
        }
        let told = "team/x".parse::<Stream>().unwrap_err().to_string();
        assert!(told.contains("`team`") && told.contains("case, responder, token, staff"), "{told}");
    }
}
