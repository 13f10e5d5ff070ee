//! A customer asked by another way than their browser, and their answer waited for by asking from time to time (OpenID
//! Connect Client-Initiated Backchannel Authentication 1.0, in poll mode).
//!
//! What is asked here is whether one exact request is confirmed, which the customer sees in the organisation's own
//! words. What a client may have shown beside it is a code, by which the customer knows that it is their client's
//! request and no other.

use crate::{
    details::DETAILS_BYTES_MAX,
    error::{ErrorCode, OAuthError, of_json},
};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The grant by which a token is asked for until it is given out.
pub const GRANT_TYPE: &str = "urn:openid:params:grant-type:ciba";
/// How a client hears how it ended: it asks.
pub const MODE: &str = "poll";
/// How many seconds a client leaves between two times that it asks, at least (section 7.3).
pub const INTERVAL_S: i64 = 5;
/// The longest code.
const BINDING_MESSAGE_MAX: usize = 20;
/// The longest identifier of what is to be confirmed, in bytes.
const IDENTIFIER_MAX: usize = 64;
/// The type of the detail that says what is to be confirmed.
pub const DETAIL_TYPE: &str = "support_confirmation";

/// A code that is shown to the customer beside what they are asked (`binding_message`, section 7.1): short, and of
/// characters that every device shows, so that it cannot say anything in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BindingMessage(String);

impl BindingMessage {
    /// Reads one.
    ///
    /// # Errors
    /// `invalid_binding_message` where it is empty, longer than 20 characters, or of others than letters and figures of
    /// ASCII and `-._+/!?#`.
    pub fn parse(text: &str) -> Result<Self, OAuthError> {
        let shown = |byte: u8| byte.is_ascii_alphanumeric() || b"-._+/!?#".contains(&byte);
        if !text.is_empty() && text.len() <= BINDING_MESSAGE_MAX && text.bytes().all(shown) {
            return Ok(Self(text.to_owned()));
        }
        let what = "binding_message has to be a code of 1 to 20 of a-z, A-Z, 0-9 and -._+/!?#; what is to be done is \
                    said in the organisation's own words";
        Err(OAuthError::new(ErrorCode::InvalidBindingMessage, what))
    }

    /// The code.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for BindingMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum ConfirmationType {
    SupportConfirmation,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ConfirmationDetail {
    #[expect(dead_code, reason = "there is one type, and another one is refused")]
    r#type: ConfirmationType,
    identifier: String,
}

/// The request that `authorization_details` name, whose confirmation is waited for.
///
/// # Errors
/// `invalid_authorization_details` where they are not one detail of the type `support_confirmation` that names one.
pub fn confirmation(details: &str) -> Result<String, OAuthError> {
    let wrong = |what: &str| {
        let what = format!(
            "authorization_details: {what}; send one detail, of the type {DETAIL_TYPE}, whose identifier is the request"
        );
        OAuthError::new(ErrorCode::InvalidAuthorizationDetails, what)
    };
    if details.len() > DETAILS_BYTES_MAX {
        return Err(wrong("they are too long"));
    }
    let read: Vec<ConfirmationDetail> =
        serde_json::from_str(details).map_err(|error| wrong(&of_json(&error).to_string()))?;
    match <[ConfirmationDetail; 1]>::try_from(read) {
        Ok([detail]) if detail.identifier.len() <= IDENTIFIER_MAX => Ok(detail.identifier),
        Ok(_) => Err(wrong("the identifier is too long")),
        Err(_) => Err(wrong("there has to be one")),
    }
}

/// A customer who is being asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Acknowledged {
    /// What is named to hear how it ended.
    pub auth_req_id: String,
    /// In so many seconds it can be answered no more.
    pub expires_in: i64,
    /// So many seconds are left between two times that it is asked.
    pub interval: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_says_nothing_in_words() {
        for code in ["W4SCT", "a", "A1-b2.c3_d4+e5/f6!?#"] {
            assert_eq!(BindingMessage::parse(code).unwrap().as_str(), code);
        }
        for words in ["", "Say yes to this", "a1-b2.c3_d4+e5/f6!?#x", "päß", "<b>", "a\u{200b}"] {
            assert_eq!(BindingMessage::parse(words).unwrap_err().code(), ErrorCode::InvalidBindingMessage, "{words:?}");
        }
    }

    #[test]
    fn one_request_is_named_and_nothing_else() {
        let one = r#"[{"type":"support_confirmation","identifier":"req_1"}]"#;
        assert_eq!(confirmation(one).unwrap(), "req_1");
        let long = format!(r#"[{{"type":"support_confirmation","identifier":"{}"}}]"#, "x".repeat(65));
        for other in [
            "",
            "[]",
            "{}",
            r#"[{"type":"support_confirmation"}]"#,
            r#"[{"type":"support_delegation","identifier":"req_1"}]"#,
            r#"[{"type":"support_confirmation","identifier":"req_1","amount":5}]"#,
            r#"[{"type":"support_confirmation","identifier":"req_1","identifier":"req_2"}]"#,
            r#"[{"type":"support_confirmation","identifier":"a"},{"type":"support_confirmation","identifier":"b"}]"#,
            &long,
        ] {
            let refused = confirmation(other).unwrap_err();
            assert_eq!(refused.code(), ErrorCode::InvalidAuthorizationDetails, "{other}");
        }
    }
}
