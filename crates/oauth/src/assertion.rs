//! Clients show who they are by a text that they sign (`private_key_jwt`; RFC 7523, OpenID Connect Core, section 9):
//! no secret is ever sent, nor kept here.
//!
//! As with proofs of possession, [`read`] looks at everything but whether it was sent before, and [`check`] at that
//! too.

use crate::{
    error::{ErrorCode, OAuthError, quoted},
    jwk::KeySet,
    jws::{Jws, Malformed, OneOrMore, Seconds, is_plain},
    seen::{NotFirst, Seen},
};
use serde::{Deserialize, de::IgnoredAny};

/// What `client_assertion_type` has to be.
pub const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// How far ahead an assertion may expire, in milliseconds.
pub const LIFE_MAX_MS: i64 = 300_000;
/// How far ahead of this clock a client's may be, in milliseconds.
const AHEAD_MAX_MS: i64 = 60_000;
/// Longest assertion that is read, in bytes.
pub const ASSERTION_MAX: usize = 8_192;
/// Longest name of a client, and longest identifier of an assertion, in bytes.
const NAME_MAX: usize = 2_048;
const JTI_MAX: usize = 256;
/// Types that such a text may have, if it says one: those of other texts are refused, so that none of them passes for
/// an assertion.
const TYPES: [&str; 2] = ["JWT", HEADER_TYPE];
/// The type that says the most.
pub(crate) const HEADER_TYPE: &str = "client-authentication+jwt";

/// A client that showed who it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    /// Its name.
    pub id: String,
    /// The thumbprint of the key that it did so with.
    pub thumbprint: String,
    /// The assertion's own identifier.
    pub jti: String,
    /// Since when there can have been such a one, in milliseconds since 1970: its `iat`, or as long before its end as
    /// any may live. What was seen before is known from then on alone.
    pub made_ms: i64,
    /// Until when it could be sent again, in milliseconds since 1970.
    pub until_ms: i64,
}

/// Why an assertion is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AssertionError {
    /// It is no signed text.
    #[error("the assertion is no JWT that can be read: {0}")]
    Form(#[from] Malformed),
    /// It is a text of another type.
    #[error("the assertion has typ {is}: make it {wanted}")]
    Type {
        /// What it says.
        is: String,
        /// What it has to say.
        wanted: &'static str,
    },
    /// It says that somebody acts for who signed it.
    #[error("the assertion has act: who signs it acts themselves")]
    Acts,
    /// Issuer and subject are not one client.
    #[error("iss and sub of the assertion both have to be the client_id")]
    Names,
    /// It is another client's than the request says.
    #[error("client_id is not the one of the assertion: leave it out, or send the same")]
    OtherClient,
    /// No key of the client's is meant.
    #[error("no key of the client fits the assertion: register the key, and name it by kid where there are several")]
    NoKey,
    /// The key did not sign it.
    #[error("the assertion is not signed by the client's key")]
    Signature,
    /// It is for somebody else, too.
    #[error("aud of the assertion has to be {0}, and nobody else")]
    Audience(String),
    /// It has expired.
    #[error("the assertion has expired: make one for each request, and set the clock right")]
    Expired,
    /// It lives for too long.
    #[error("exp of the assertion is more than 5 minutes ahead: a minute is enough")]
    TooLong,
    /// It does not count yet.
    #[error("nbf or iat of the assertion is more than a minute ahead: set the clock right")]
    NotYet,
    /// It has no identifier that can be remembered.
    #[error("jti of the assertion has to be 1 to {JTI_MAX} printable ASCII characters, another one each time")]
    Jti,
    /// It was used before, or too many are under way.
    #[error("the assertion is not taken: {0}")]
    NotFirst(#[from] NotFirst),
}

impl AssertionError {
    /// What kind of error it is told as.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::NotFirst(NotFirst::Busy) => ErrorCode::TemporarilyUnavailable,
            _ => ErrorCode::InvalidClient,
        }
    }
}

impl From<AssertionError> for OAuthError {
    fn from(error: AssertionError) -> Self {
        Self::new(error.code(), error)
    }
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: OneOrMore,
    exp: Seconds,
    nbf: Option<Seconds>,
    iat: Option<Seconds>,
    jti: String,
    act: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct Subject {
    sub: String,
}

/// Whose assertion it says that it is, so that the client's keys can be looked for. Nothing of it is true yet.
///
/// # Errors
/// When it is no signed text that names a client.
pub fn peek_client(assertion: &str) -> Result<String, AssertionError> {
    let Subject { sub } = Jws::parse(assertion, ASSERTION_MAX)?.claims()?;
    if is_plain(&sub, NAME_MAX) { Ok(sub) } else { Err(AssertionError::Names) }
}

/// Looks at everything of an assertion but whether it was sent before: that is for [`Seen`]. `client` is the
/// `client_id` of the request, where it has one; `audiences` are the names of this server, its issuer first. An
/// assertion that is for somebody else too is refused, since that somebody could send it here.
///
/// # Errors
/// With what is wrong with it first.
pub fn read(
    assertion: &str,
    client: Option<&str>,
    keys: &KeySet,
    audiences: &[&str],
    now_ms: i64,
) -> Result<Client, AssertionError> {
    read_of(None, assertion, client, keys, audiences, now_ms)
}

/// The same of a text of another type, which it has to say.
pub(crate) fn read_of(
    typ: Option<&'static str>,
    assertion: &str,
    client: Option<&str>,
    keys: &KeySet,
    audiences: &[&str],
    now_ms: i64,
) -> Result<Client, AssertionError> {
    let signed = Jws::parse(assertion, ASSERTION_MAX)?;
    let is_of_type = match typ {
        Some(typ) => signed.is_of_type(typ),
        None => signed.typ.is_none() || TYPES.iter().any(|known| signed.is_of_type(known)),
    };
    if !is_of_type {
        let is = quoted(signed.typ.as_deref().unwrap_or_default());
        return Err(AssertionError::Type { is, wanted: typ.unwrap_or("JWT, or leave it out") });
    }
    let key = keys.find(signed.kid.as_deref(), signed.algorithm).ok_or(AssertionError::NoKey)?;
    if !signed.is_by(key) {
        return Err(AssertionError::Signature);
    }
    let claims: Claims = signed.claims()?;
    if claims.act.is_some() {
        return Err(AssertionError::Acts);
    }
    if claims.iss != claims.sub || !is_plain(&claims.sub, NAME_MAX) {
        return Err(AssertionError::Names);
    }
    if client.is_some_and(|client| client != claims.sub) {
        return Err(AssertionError::OtherClient);
    }
    let named = claims.aud.all();
    if named.is_empty() || !named.iter().all(|name| audiences.contains(&name.as_str())) {
        return Err(AssertionError::Audience((*audiences.first().unwrap_or(&"")).to_owned()));
    }
    if claims.exp.ms() <= now_ms {
        return Err(AssertionError::Expired);
    }
    if claims.exp.ms() > now_ms.saturating_add(LIFE_MAX_MS) {
        return Err(AssertionError::TooLong);
    }
    let latest_ms = now_ms.saturating_add(AHEAD_MAX_MS);
    if claims.nbf.into_iter().chain(claims.iat).any(|at| at.ms() > latest_ms) {
        return Err(AssertionError::NotYet);
    }
    if !is_plain(&claims.jti, JTI_MAX) {
        return Err(AssertionError::Jti);
    }
    let (thumbprint, until_ms) = (key.thumbprint().to_owned(), claims.exp.ms());
    let made_ms = claims.iat.map_or(until_ms.saturating_sub(LIFE_MAX_MS), |iat| iat.ms());
    Ok(Client { id: claims.sub, thumbprint, jti: claims.jti, made_ms, until_ms })
}

/// Looks at everything of an assertion, and notes that it was sent.
///
/// # Errors
/// With what is wrong with it first.
pub fn check(
    assertion: &str,
    client: Option<&str>,
    keys: &KeySet,
    audiences: &[&str],
    seen: &(impl Seen + ?Sized),
    now_ms: i64,
) -> Result<Client, AssertionError> {
    let client = read(assertion, client, keys, audiences, now_ms)?;
    seen.first_time(&client.id, &client.jti, client.until_ms, now_ms)?;
    Ok(client)
}

#[cfg(test)]
mod tests;
