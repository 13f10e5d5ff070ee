//! Errors as OAuth tells them: a code, and in words what to do.

use serde::{Serialize, Serializer};
use std::fmt;

/// Longest description, in bytes.
const DESCRIPTION_MAX: usize = 600;
/// Longest word of a caller's that is told back to them, in characters.
const QUOTED_MAX: usize = 64;

/// What kind of error it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorCode {
    /// RFC 6749: a parameter is missing, named twice or wrong.
    InvalidRequest,
    /// RFC 6749: the client is not known, or did not prove who it is.
    InvalidClient,
    /// RFC 6749: the code, token or assertion is not good, or is somebody else's.
    InvalidGrant,
    /// RFC 6749: the client may not use this grant.
    UnauthorizedClient,
    /// RFC 6749: there is no such grant here.
    UnsupportedGrantType,
    /// RFC 6749: a scope is not known, or more than was granted.
    InvalidScope,
    /// RFC 6749: the customer, or policy, said no.
    AccessDenied,
    /// RFC 6749: only codes are given out.
    UnsupportedResponseType,
    /// RFC 6749: something is wrong on this side.
    ServerError,
    /// RFC 6749: too much is asked at once.
    TemporarilyUnavailable,
    /// RFC 6750: the access token is not good, or no more.
    InvalidToken,
    /// RFC 6750: the access token does not reach so far.
    InsufficientScope,
    /// RFC 7009: such tokens are not revoked here.
    UnsupportedTokenType,
    /// RFC 7591: a redirect address may not be registered.
    InvalidRedirectUri,
    /// RFC 7591: what is said of the client cannot be registered.
    InvalidClientMetadata,
    /// RFC 8628, CIBA: nobody has answered yet.
    AuthorizationPending,
    /// RFC 8628, CIBA: it is asked too often.
    SlowDown,
    /// RFC 8628, CIBA: nobody answered in time.
    ExpiredToken,
    /// CIBA: the customer is not known.
    UnknownUserId,
    /// CIBA: the binding message cannot be shown.
    InvalidBindingMessage,
    /// RFC 8707: there is no such audience or resource.
    InvalidTarget,
    /// RFC 9396: what is asked for in detail is not known, or more than was granted.
    InvalidAuthorizationDetails,
    /// RFC 9449: the proof of possession is not good.
    InvalidDpopProof,
    /// RFC 9449: the proof of possession wants the nonce that comes with this answer.
    UseDpopNonce,
}

impl ErrorCode {
    /// The code as it is sent.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::InvalidClient => "invalid_client",
            Self::InvalidGrant => "invalid_grant",
            Self::UnauthorizedClient => "unauthorized_client",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::InvalidScope => "invalid_scope",
            Self::AccessDenied => "access_denied",
            Self::UnsupportedResponseType => "unsupported_response_type",
            Self::ServerError => "server_error",
            Self::TemporarilyUnavailable => "temporarily_unavailable",
            Self::InvalidToken => "invalid_token",
            Self::InsufficientScope => "insufficient_scope",
            Self::UnsupportedTokenType => "unsupported_token_type",
            Self::InvalidRedirectUri => "invalid_redirect_uri",
            Self::InvalidClientMetadata => "invalid_client_metadata",
            Self::AuthorizationPending => "authorization_pending",
            Self::SlowDown => "slow_down",
            Self::ExpiredToken => "expired_token",
            Self::UnknownUserId => "unknown_user_id",
            Self::InvalidBindingMessage => "invalid_binding_message",
            Self::InvalidTarget => "invalid_target",
            Self::InvalidAuthorizationDetails => "invalid_authorization_details",
            Self::InvalidDpopProof => "invalid_dpop_proof",
            Self::UseDpopNonce => "use_dpop_nonce",
        }
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for ErrorCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// An error as it is sent: `{"error": …, "error_description": …}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OAuthError {
    /// What kind.
    #[serde(rename = "error")]
    code: ErrorCode,
    /// What is wrong and what to do, in the characters that RFC 6749 has for it.
    #[serde(rename = "error_description")]
    description: String,
}

impl OAuthError {
    /// An error. Of the description, what RFC 6749 does not let through is said in other characters.
    pub fn new(code: ErrorCode, description: impl fmt::Display) -> Self {
        let mut description = plain(&description.to_string());
        description.truncate(DESCRIPTION_MAX);
        Self { code, description }
    }

    /// What kind.
    pub fn code(&self) -> ErrorCode {
        self.code
    }

    /// What is wrong and what to do: printable ASCII without `"` and `\`.
    pub fn description(&self) -> &str {
        &self.description
    }
}

impl fmt::Display for OAuthError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.description)
    }
}

impl std::error::Error for OAuthError {}

/// A text in the characters of an `error_description` (RFC 6749, section 5.2), which fit into a header's quotes too.
pub(crate) fn plain(text: &str) -> String {
    text.chars()
        .map(|letter| match letter {
            '"' | '\u{2018}'..='\u{201f}' => '\'',
            '\\' => '/',
            '\u{2013}' | '\u{2014}' => '-',
            ' '..='~' => letter,
            _ => '?',
        })
        .collect()
}

/// A word of a caller's, as it is told back to them: short, and nothing in it acts on whoever reads it.
pub(crate) fn quoted(word: &str) -> String {
    let mut shown: String = plain(word).chars().take(QUOTED_MAX).collect();
    if word.chars().nth(QUOTED_MAX).is_some() {
        shown.push_str("...");
    }
    format!("'{shown}'")
}

/// What is wrong with JSON, without its line and column: whoever sent it knows names, not places in what was decoded.
pub(crate) fn of_json(error: &serde_json::Error) -> String {
    let told = error.to_string();
    told.split_once(" at line ").map_or(told.as_str(), |(what, _)| what).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_error_is_sent_as_rfc_6749_has_it() {
        let error = OAuthError::new(ErrorCode::InvalidGrant, "the code \"a\\b\" is used \u{2014} ask anew\u{7}");
        let sent = serde_json::to_value(&error).unwrap();
        let wanted = "the code 'a/b' is used - ask anew?";
        assert_eq!(sent, serde_json::json!({ "error": "invalid_grant", "error_description": wanted }));
    }

    #[test]
    fn a_callers_word_is_told_back_shortly() {
        assert_eq!(quoted("speed"), "'speed'");
        assert_eq!(quoted("\u{202e}<\"\n>"), "'?<'?>'");
        assert_eq!(quoted(&"x".repeat(65)), format!("'{}...'", "x".repeat(64)));
    }

    proptest! {
        #[test]
        fn a_description_has_the_characters_of_the_standard(text in any::<String>()) {
            let error = OAuthError::new(ErrorCode::ServerError, &text);
            let allowed = |byte: u8| matches!(byte, 0x20..=0x21 | 0x23..=0x5b | 0x5d..=0x7e);
            prop_assert!(error.description().bytes().all(allowed));
            prop_assert!(error.description().len() <= DESCRIPTION_MAX);
        }
    }
}
