//! Names and bounds of signatures of agents.

/// What signatures of agents are tagged with.
pub const TAG: &str = "web-bot-auth";
/// Where the keys of an agent that names an origin alone are, below `/.well-known/`.
pub const DIRECTORY: &str = "http-message-signatures-directory";
/// Under which media types keys are served: the directory's own, and those of sets of keys.
pub const DIRECTORY_TYPES: &str =
    "application/http-message-signatures-directory+json, application/jwk-set+json, application/json";
/// What is asked of whoever signs anew (RFC 9421, section 5.1).
pub const ACCEPT_SIGNATURE: &str =
    "sig1=(\"@authority\" \"signature-agent\";key=\"sig1\");created;expires;keyid;tag=\"web-bot-auth\"";
/// For how long a signature counts at most, in seconds.
pub const LIFETIME_MAX_S: i64 = 24 * 3_600;
/// How far a signer's clock may be from this one, in seconds.
pub const SKEW_S: i64 = 60;

/// The headers of a signature.
pub const SIGNATURE_INPUT: &str = "signature-input";
pub(super) const SIGNATURE: &str = "signature";
pub(super) const SIGNATURE_AGENT: &str = "signature-agent";

/// Longest value of one of these headers, and of any that is signed, in bytes.
pub(super) const VALUE_MAX: usize = 8_192;
/// Most signatures, and most members of any dictionary.
pub(super) const MEMBERS_MAX: usize = 8;
/// Longest nonce, in bytes.
pub(super) const NONCE_MAX: usize = 256;

/// Most components that one signature covers.
pub(super) const COMPONENTS_MAX: usize = 16;
/// Longest address of an agent, in bytes.
pub(super) const URL_MAX: usize = 1_024;
/// Longest host with its port, in bytes.
pub(super) const HOST_MAX: usize = 120;
