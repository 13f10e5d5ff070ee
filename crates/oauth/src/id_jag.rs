//! What an identity provider that an organisation trusts asserts of a customer, so that a client of theirs gets a token
//! without asking them again (ID-JAG, draft-ietf-oauth-identity-assertion-authz-grant; RFC 7523).
//!
//! Which providers are trusted, whether one or a customer has been disabled since, and how much of what is asserted is
//! granted, is for the caller. As with proofs, [`read`] looks at everything but whether it was sent before, and
//! [`check`] at that too.

use crate::{
    details::{self, Detail, DetailsError},
    error::{ErrorCode, OAuthError},
    jwk::KeySet,
    jws::{Jws, Malformed, OneOrMore, Seconds, is_plain},
    seen::{NotFirst, Seen},
    token::{ACTORS_MAX, Actor, Confirmation},
};
use serde::Deserialize;

/// The type of such an assertion.
pub const TYPE: &str = "oauth-id-jag+jwt";
/// The grant by which a token is asked for with it, as `assertion`.
pub const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
/// The profile of that grant, as metadata names it.
pub const PROFILE: &str = "urn:ietf:params:oauth:grant-profile:id-jag";
/// How far ahead an assertion may expire, in milliseconds.
pub const LIFE_MAX_MS: i64 = 600_000;
/// How far ahead of this clock a provider's may be, in milliseconds.
const AHEAD_MAX_MS: i64 = 60_000;
/// Longest assertion that is read, in bytes.
pub const ASSERTION_MAX: usize = 16_384;
/// Longest name, and longest identifier of an assertion, in bytes.
const NAME_MAX: usize = 2_048;
const JTI_MAX: usize = 256;
/// Most resources that one names.
const RESOURCES_MAX: usize = 16;

/// Whom and what an assertion is held against.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// The provider that is trusted, as it names itself.
    pub issuer: &'a str,
    /// Its keys.
    pub keys: &'a KeySet,
    /// The name of this server.
    pub audience: &'a str,
    /// The client that sent it, which has shown who it is.
    pub client: &'a str,
    /// The thumbprint of the key that the client proved to have.
    pub jkt: &'a str,
}

/// What is asserted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asserted {
    /// The provider.
    pub issuer: String,
    /// The provider's own name for the customer.
    pub subject: String,
    /// Among whose customers that name is one, where the provider serves several organisations.
    pub tenant: Option<String>,
    /// What the token may be for; anything, where it is empty.
    pub resources: Vec<String>,
    /// What it may let be done, in words with spaces between.
    pub scope: Option<String>,
    /// What it may let be done, in detail.
    pub authorization_details: Vec<Detail>,
    /// Who acts for the customer, by the provider's word.
    pub act: Option<Actor>,
    /// The assertion's own identifier.
    pub jti: String,
    /// Until when it could be sent again, in milliseconds since 1970.
    pub until_ms: i64,
}

/// Why an assertion is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GrantError {
    /// It is no signed text.
    #[error("assertion is no JWT that can be read: {0}")]
    Form(#[from] Malformed),
    /// It is a text of another type.
    #[error("assertion needs typ oauth-id-jag+jwt in its header")]
    Type,
    /// Another provider made it, or this server itself did.
    #[error("assertion is of no issuer that is trusted here")]
    Issuer,
    /// None of the provider's keys is meant.
    #[error("no key of the issuer fits assertion: it has to be signed with ES256 or EdDSA by a key that is published")]
    NoKey,
    /// The key did not sign it.
    #[error("assertion is not signed by its issuer")]
    Signature,
    /// It is for another server, or for others too.
    #[error("aud of assertion has to be {0}, and nobody else")]
    Audience(String),
    /// It was made for another client.
    #[error("client_id of assertion is another client than the one that sent it")]
    Client,
    /// It is bound to another key.
    #[error("assertion is bound to another key than the one of the DPoP proof")]
    Binding,
    /// It has expired.
    #[error("assertion has expired: have the issuer make another one")]
    Expired,
    /// It lives for too long.
    #[error("exp of assertion is more than 10 minutes ahead: have the issuer make shorter ones")]
    TooLong,
    /// It does not count yet.
    #[error("nbf or iat of assertion is more than a minute ahead: the issuer's clock has to be set right")]
    NotYet,
    /// The customer, or the assertion, has no name that can be kept.
    #[error("{0} of assertion has to be a text of printable ASCII characters without spaces")]
    Name(&'static str),
    /// It names too many resources, or too many who act one after the other.
    #[error("assertion has too many {0}")]
    TooMany(&'static str),
    /// What it grants in detail is not known.
    #[error("what assertion grants is not known: {0}")]
    Details(#[from] DetailsError),
    /// It was used before, or too many are under way.
    #[error("assertion is not taken: {0}")]
    NotFirst(#[from] NotFirst),
}

impl GrantError {
    /// What kind of error it is told as.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Details(_) => ErrorCode::InvalidAuthorizationDetails,
            Self::NotFirst(NotFirst::Busy) => ErrorCode::TemporarilyUnavailable,
            _ => ErrorCode::InvalidGrant,
        }
    }
}

impl From<GrantError> for OAuthError {
    fn from(error: GrantError) -> Self {
        Self::new(error.code(), error)
    }
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: OneOrMore,
    client_id: String,
    jti: String,
    exp: Seconds,
    iat: Seconds,
    nbf: Option<Seconds>,
    tenant: Option<String>,
    resource: Option<OneOrMore>,
    scope: Option<String>,
    #[serde(default)]
    authorization_details: Vec<Detail>,
    act: Option<Actor>,
    cnf: Option<Confirmation>,
}

#[derive(Deserialize)]
struct Issuer {
    iss: String,
}

/// Whose assertion it says that it is, so that it is known whether they are trusted. Nothing of it is true yet.
///
/// # Errors
/// When it is no signed text of the type that names its issuer.
pub fn peek_issuer(assertion: &str) -> Result<String, GrantError> {
    let signed = Jws::parse(assertion, ASSERTION_MAX)?;
    if !signed.is_of_type(TYPE) {
        return Err(GrantError::Type);
    }
    let Issuer { iss } = signed.claims()?;
    if is_plain(&iss, NAME_MAX) { Ok(iss) } else { Err(GrantError::Name("iss")) }
}

/// Looks at everything of an assertion but whether it was sent before: that is for [`Seen`], by the issuer's name.
///
/// # Errors
/// With what is wrong with it first.
pub fn read(assertion: &str, expected: &Expected<'_>, now_ms: i64) -> Result<Asserted, GrantError> {
    let signed = Jws::parse(assertion, ASSERTION_MAX)?;
    if !signed.is_of_type(TYPE) {
        return Err(GrantError::Type);
    }
    let key = expected.keys.find(signed.kid.as_deref(), signed.algorithm).ok_or(GrantError::NoKey)?;
    if !signed.is_by(key) {
        return Err(GrantError::Signature);
    }
    let claims: Claims = signed.claims()?;
    if claims.iss != expected.issuer || claims.iss == expected.audience {
        return Err(GrantError::Issuer);
    }
    if claims.aud.all() != [expected.audience] {
        return Err(GrantError::Audience(expected.audience.to_owned()));
    }
    if claims.client_id != expected.client {
        return Err(GrantError::Client);
    }
    if claims.cnf.is_some_and(|bound| bound.jkt != expected.jkt) {
        return Err(GrantError::Binding);
    }
    if claims.exp.ms() <= now_ms {
        return Err(GrantError::Expired);
    }
    if claims.exp.ms() > now_ms.saturating_add(LIFE_MAX_MS) {
        return Err(GrantError::TooLong);
    }
    let latest_ms = now_ms.saturating_add(AHEAD_MAX_MS);
    if claims.nbf.into_iter().chain([claims.iat]).any(|at| at.ms() > latest_ms) {
        return Err(GrantError::NotYet);
    }
    if !is_plain(&claims.sub, NAME_MAX) {
        return Err(GrantError::Name("sub"));
    }
    if !is_plain(&claims.jti, JTI_MAX) {
        return Err(GrantError::Name("jti"));
    }
    if claims.tenant.as_ref().is_some_and(|tenant| !is_plain(tenant, NAME_MAX)) {
        return Err(GrantError::Name("tenant"));
    }
    let resources = claims.resource.as_ref().map(|named| named.all().to_vec()).unwrap_or_default();
    if resources.len() > RESOURCES_MAX {
        return Err(GrantError::TooMany("resources"));
    }
    if claims.act.as_ref().is_some_and(|actor| actor.chain().nth(ACTORS_MAX).is_some()) {
        return Err(GrantError::TooMany("actors"));
    }
    if !claims.authorization_details.is_empty() {
        details::check(&claims.authorization_details)?;
    }
    let Claims { iss, sub, tenant, scope, authorization_details, act, jti, exp, .. } = claims;
    let until_ms = exp.ms();
    Ok(Asserted { issuer: iss, subject: sub, tenant, resources, scope, authorization_details, act, jti, until_ms })
}

/// Looks at everything of an assertion, and notes that it was sent.
///
/// # Errors
/// With what is wrong with it first.
pub fn check(
    assertion: &str,
    expected: &Expected<'_>,
    seen: &(impl Seen + ?Sized),
    now_ms: i64,
) -> Result<Asserted, GrantError> {
    let asserted = read(assertion, expected, now_ms)?;
    seen.first_time(&asserted.issuer, &asserted.jti, asserted.until_ms, now_ms)?;
    Ok(asserted)
}

#[cfg(test)]
mod tests;
