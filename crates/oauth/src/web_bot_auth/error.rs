//! Why a signature recognises nobody, and what to do about it.

use super::bounds::{
    COMPONENTS_MAX, HOST_MAX, LIFETIME_MAX_S, MEMBERS_MAX, NONCE_MAX, SKEW_S, TAG, URL_MAX, VALUE_MAX,
};

/// Why a signature recognises nobody.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// A header is not there.
    #[error("the header {0} is missing: a signed request has Signature-Input, Signature and Signature-Agent")]
    Missing(&'static str),
    /// A header cannot be read.
    #[error(
        "the header {0} cannot be read: it has to be a dictionary (RFC 9651) of at most {MEMBERS_MAX} members and \
         {VALUE_MAX} bytes in ASCII"
    )]
    Header(String),
    /// No signature is tagged as one.
    #[error("no signature in Signature-Input has tag=\"{TAG}\"")]
    Untagged,
    /// There is no signature of the name.
    #[error("Signature has no byte sequence under the label that Signature-Input has it under")]
    Unpaired,
    /// A parameter is not there or of another type.
    #[error("the signature needs the parameter {0}: created and expires in seconds since 1970, keyid as a text")]
    Parameter(&'static str),
    /// Another algorithm.
    #[error("alg is not taken: sign by ed25519 or ecdsa-p256-sha256, with a key of that kind, or leave alg out")]
    Algorithm,
    /// No name of a key.
    #[error("keyid has to be the thumbprint of the key (RFC 7638, SHA-256, base64url): 43 characters")]
    KeyId,
    /// A nonce that cannot be remembered.
    #[error("nonce has to be 1 to {NONCE_MAX} printable ASCII characters, another one for each request")]
    Nonce,
    /// It counts for too long, or never.
    #[error("expires has to be after created, and at most {LIFETIME_MAX_S} seconds after it")]
    Lifetime,
    /// It is signed later than now.
    #[error("created is more than {SKEW_S} seconds ahead: set the clock right")]
    Ahead,
    /// It counts no more.
    #[error("expires has passed: sign each request as it is sent")]
    Expired,
    /// It covers what cannot be covered here.
    #[error("the component {0} cannot be looked at here: cover the target of the request and its headers alone")]
    Component(String),
    /// It covers something twice, or too much.
    #[error("each component is covered once, and at most {COMPONENTS_MAX} are")]
    Components,
    /// It covers what the request does not have.
    #[error("the request has no {0}, which the signature covers")]
    Absent(String),
    /// It would count at any server.
    #[error("the signature has to cover @authority or @target-uri: else it counts at every server")]
    Target,
    /// It does not say who signed, in what it covers.
    #[error(
        "the signature has to cover the member of Signature-Agent that is its own: \"signature-agent\";key=\"LABEL\""
    )]
    AgentUncovered,
    /// Who signed is not an address.
    #[error(
        "the member of Signature-Agent has to be a text that is an https address of at most {URL_MAX} bytes, without \
         user and fragment and without parameters behind it, with a host of at most {HOST_MAX} bytes"
    )]
    Agent,
    /// The key is not where the agent has its keys.
    #[error("the key of keyid is not among those that the agent's address has")]
    UnknownKey,
    /// The key is one that everybody has.
    #[error("the key is that of the examples in RFC 9421, with which anybody can sign: make another pair")]
    TestKey,
    /// The key did not sign this.
    #[error(
        "the signature does not hold for this request: it was made with another key, or for another address, or \
         something that it covers was changed since"
    )]
    Signature,
}

impl SignatureError {
    /// Its name, by which programs tell it from others.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Missing(_) => "header_missing",
            Self::Header(_) => "header_unreadable",
            Self::Untagged => "untagged",
            Self::Unpaired => "signature_missing",
            Self::Parameter(_) => "parameter_missing",
            Self::Algorithm => "algorithm",
            Self::KeyId => "keyid",
            Self::Nonce => "nonce",
            Self::Lifetime => "lifetime",
            Self::Ahead => "clock_ahead",
            Self::Expired => "expired",
            Self::Component(_) | Self::Components => "component",
            Self::Absent(_) => "component_missing",
            Self::Target => "target_not_covered",
            Self::AgentUncovered => "agent_not_covered",
            Self::Agent => "agent",
            Self::UnknownKey => "unknown_key",
            Self::TestKey => "test_key",
            Self::Signature => "bad_signature",
        }
    }
}
