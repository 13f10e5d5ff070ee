//! What an identity provider that an organisation trusts asserts of a customer, so that a client of theirs gets a token
//! without asking them again (ID-JAG, draft-ietf-oauth-identity-assertion-authz-grant; RFC 7523).
//!
//! Which providers are trusted, whether one or a customer has been disabled since, how much of what is asserted is
//! granted, and whether it was sent before ([`crate::seen`], by the issuer's name) is for the caller.

use crate::{
    details::{self, Detail, DetailsError},
    error::{ErrorCode, OAuthError},
    jws::{Compact, Malformed, OneOrMore, Seconds, is_plain},
    provider_keys::{NotSigned, ProviderAlgorithm, ProviderKeys},
    seen::NotFirst,
    token::{Actor, Confirmation},
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
/// Longest name that an issuer has for somebody, in bytes: what OpenID Connect lets a subject have.
pub const SUBJECT_MAX: usize = 255;
/// Most resources that one names.
const RESOURCES_MAX: usize = 16;

/// Whom and what an assertion is held against.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// The provider that is trusted, as it names itself.
    pub issuer: &'a str,
    /// Its keys.
    pub keys: &'a ProviderKeys,
    /// The name of this server.
    pub audience: &'a str,
    /// What the client is called that sent it, and has shown who it is: one of these is meant.
    pub client: &'a [&'a str],
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
    /// What the token may be for; anything, where it is empty.
    pub resources: Vec<String>,
    /// What it may let be done, in words with spaces between.
    pub scope: Option<String>,
    /// What it may let be done, in detail.
    pub authorization_details: Vec<Detail>,
    /// The assertion's own identifier.
    pub jti: String,
    /// When it was made, in milliseconds since 1970.
    pub made_ms: i64,
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
    /// It is signed in a way that does not count.
    #[error("alg of assertion is not taken: it has to be signed with a key pair (RS256, PS256, ES256, EdDSA, …)")]
    Algorithm,
    /// None of the provider's keys is meant.
    #[error("no key of the issuer fits assertion: it has to be signed by a key that the issuer publishes")]
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
    /// It was made too long ago, or after its own end.
    #[error("iat of assertion has to be at most 10 minutes ago, and before exp: have the issuer make another one")]
    TooOld,
    /// It does not count yet.
    #[error("nbf or iat of assertion is more than a minute ahead: the issuer's clock has to be set right")]
    NotYet,
    /// The customer, or the assertion, has no name that can be kept.
    #[error("{0} of assertion has to be a text of printable ASCII characters without spaces")]
    Name(&'static str),
    /// It names too many resources.
    #[error("assertion has too many {0}")]
    TooMany(&'static str),
    /// What it grants in detail is not known.
    #[error("what assertion grants is not known: {0}")]
    Details(#[from] DetailsError),
    /// It was used before, or too many are under way.
    #[error("assertion is not taken: {0}")]
    NotFirst(#[from] NotFirst),
    /// Somebody else than its client acts.
    #[error("act of assertion names another than its client: the client alone acts with what is asserted")]
    Actor,
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

impl From<NotSigned> for GrantError {
    fn from(error: NotSigned) -> Self {
        match error {
            NotSigned::NoKey => Self::NoKey,
            NotSigned::Signature => Self::Signature,
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
    tenant: Option<String>,
}

/// Whose assertion it says that it is, and among whose people they speak, so that it is known whether they are trusted.
/// Nothing of it is true yet.
///
/// # Errors
/// When it is no signed text of the type that names its issuer.
pub fn peek_issuer(assertion: &str) -> Result<(String, Option<String>), GrantError> {
    let signed = Compact::parse(assertion, ASSERTION_MAX)?;
    if !signed.is_of_type(TYPE) {
        return Err(GrantError::Type);
    }
    let Issuer { iss, tenant } = signed.claims()?;
    for (claim, name) in [("iss", Some(&iss)), ("tenant", tenant.as_ref())] {
        if name.is_some_and(|name| !is_plain(name, NAME_MAX)) {
            return Err(GrantError::Name(claim));
        }
    }
    Ok((iss, tenant))
}

/// Looks at everything of an assertion but whether it was sent before.
///
/// # Errors
/// With what is wrong with it first.
pub fn read(assertion: &str, expected: &Expected<'_>, now_ms: i64) -> Result<Asserted, GrantError> {
    let signed = Compact::parse(assertion, ASSERTION_MAX)?;
    if !signed.is_of_type(TYPE) {
        return Err(GrantError::Type);
    }
    let algorithm = ProviderAlgorithm::named(&signed.alg).ok_or(GrantError::Algorithm)?;
    expected.keys.verify(&signed, algorithm)?;
    let claims: Claims = signed.claims()?;
    if claims.iss != expected.issuer || claims.iss == expected.audience {
        return Err(GrantError::Issuer);
    }
    if claims.aud.all() != [expected.audience] {
        return Err(GrantError::Audience(expected.audience.to_owned()));
    }
    if !expected.client.contains(&claims.client_id.as_str()) {
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
    if claims.iat.ms() < now_ms.saturating_sub(LIFE_MAX_MS) || claims.iat >= claims.exp {
        return Err(GrantError::TooOld);
    }
    let latest_ms = now_ms.saturating_add(AHEAD_MAX_MS);
    if claims.nbf.into_iter().chain([claims.iat]).any(|at| at.ms() > latest_ms) {
        return Err(GrantError::NotYet);
    }
    if !is_plain(&claims.sub, SUBJECT_MAX) {
        return Err(GrantError::Name("sub"));
    }
    if !is_plain(&claims.jti, JTI_MAX) {
        return Err(GrantError::Name("jti"));
    }
    let resources = claims.resource.as_ref().map(|named| named.all().to_vec()).unwrap_or_default();
    if resources.len() > RESOURCES_MAX {
        return Err(GrantError::TooMany("resources"));
    }
    if claims.act.as_ref().is_some_and(|actor| actor.act.is_some() || !expected.client.contains(&actor.sub.as_str())) {
        return Err(GrantError::Actor);
    }
    if !claims.authorization_details.is_empty() {
        details::check(&claims.authorization_details)?;
    }
    let Claims { iss, sub, scope, authorization_details, jti, exp, iat, .. } = claims;
    let (made_ms, until_ms) = (iat.ms(), exp.ms());
    Ok(Asserted { issuer: iss, subject: sub, resources, scope, authorization_details, jti, made_ms, until_ms })
}

#[cfg(test)]
mod tests;
