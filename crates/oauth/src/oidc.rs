//! What an identity provider says of somebody who signs in (OpenID Connect Core 1.0), and that they signed out there
//! (OpenID Connect Back-Channel Logout 1.0): its metadata, its keys, ID tokens and logout tokens.
//!
//! Which algorithm counts is for the provider's metadata and the key to say, and is always one of a key pair: `none`,
//! and what is signed with a secret, is refused before any key is looked for.

use crate::{
    jws::{Compact, OneOrMore, Seconds, is_plain},
    provider_keys::{NotSigned, ProviderAlgorithm, ProviderKeys},
};
use serde::Deserialize;
use serde_json::{Map, Value};

/// Longest token that is read, in bytes.
pub const TOKEN_MAX: usize = 65_536;
/// Longest name that is kept, in bytes: what OpenID Connect lets a subject have, and room for sessions.
const NAME_MAX: usize = 255;
/// How far ahead of this clock a provider's may be, and how old a logout token may be, in milliseconds.
const AHEAD_MAX_MS: i64 = 60_000;
const LOGOUT_AGE_MAX_MS: i64 = 600_000;
/// What a logout token says that happened.
const LOGOUT_EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// What a provider says of itself (OpenID Connect Discovery 1.0), as far as it is used here.
#[derive(Debug, Clone, Deserialize)]
pub struct Provider {
    /// Its name.
    pub issuer: String,
    /// Where people sign in.
    pub authorization_endpoint: String,
    /// Where codes are redeemed.
    pub token_endpoint: String,
    /// Where its keys are.
    pub jwks_uri: String,
    /// How its tokens are signed.
    #[serde(default)]
    pub id_token_signing_alg_values_supported: Vec<String>,
    /// How clients show who they are where codes are redeemed; by a secret in the header, where it does not say.
    #[serde(default)]
    pub token_endpoint_auth_methods_supported: Vec<String>,
    /// Whether it says who it is where people come back from it (RFC 9207).
    #[serde(default)]
    pub authorization_response_iss_parameter_supported: bool,
}

/// Why what a provider says is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OidcError {
    /// It is no signed text.
    #[error("it is no JWT that can be read")]
    Form,
    /// It is signed in a way that does not count.
    #[error("it is not signed by an algorithm of a key pair")]
    Algorithm,
    /// The provider did not say that it signs so. It may by now.
    #[error("the provider does not say that it signs by this algorithm")]
    NotAnnounced,
    /// None of the provider's keys is meant. It may have another one by now.
    #[error("no key of the provider fits it")]
    NoKey,
    /// The key did not sign it.
    #[error("it is not signed by the provider")]
    Signature,
    /// It does not say what has to be said, or in another form.
    #[error("its claims are not those of such a token")]
    Claims,
    /// Another provider made it.
    #[error("another issuer made it")]
    Issuer,
    /// It is for another client, or for others too and does not say that this one asked.
    #[error("it is for another client")]
    Audience,
    /// It has expired, or does not count yet.
    #[error("it has expired, or does not count yet")]
    Time,
    /// It is of another sign-in.
    #[error("it is of another sign-in")]
    Nonce,
    /// It is of another type.
    #[error("it is a token of another type")]
    Type,
}

impl OidcError {
    /// Whether it may be right by what the provider says of itself now.
    pub fn may_be_stale(&self) -> bool {
        matches!(self, Self::NoKey | Self::NotAnnounced)
    }
}

impl From<NotSigned> for OidcError {
    fn from(error: NotSigned) -> Self {
        match error {
            NotSigned::NoKey => Self::NoKey,
            NotSigned::Signature => Self::Signature,
        }
    }
}

/// Who made a token, and for whom.
#[derive(Debug, Clone, Copy)]
pub struct Party<'a> {
    /// The provider, as its metadata says.
    pub provider: &'a Provider,
    /// Its keys.
    pub keys: &'a ProviderKeys,
    /// What this client is called there.
    pub client_id: &'a str,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    aud: OneOrMore,
    exp: Seconds,
    iat: Seconds,
    nbf: Option<Seconds>,
    sub: Option<String>,
    sid: Option<String>,
    azp: Option<String>,
    jti: Option<String>,
    nonce: Option<Value>,
    events: Option<Map<String, Value>>,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

/// Who signed in, as a provider says.
#[derive(Debug, Clone, PartialEq)]
pub struct SignedIn {
    /// What it calls them.
    pub subject: String,
    /// What it calls their session there.
    pub session: Option<String>,
    /// Whatever else it says of them.
    pub claims: Map<String, Value>,
}

/// Who signed out, as a provider says: somebody, or one session of theirs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedOut {
    /// What it calls them.
    pub subject: Option<String>,
    /// What it calls their session there.
    pub session: Option<String>,
    /// The token's own identifier.
    pub jti: String,
    /// Until when it could be sent again, in milliseconds since 1970.
    pub until_ms: i64,
}

/// Reads a token that a provider signed for this client; its type is for the caller to look at.
fn read(token: &str, of: Party<'_>, now_ms: i64) -> Result<(Option<String>, Claims), OidcError> {
    let signed = Compact::parse(token, TOKEN_MAX).map_err(|_| OidcError::Form)?;
    of.keys.verify(&signed, algorithm(&signed.alg, of.provider)?)?;
    let claims: Claims = signed.claims().map_err(|_| OidcError::Claims)?;
    if claims.iss != of.provider.issuer {
        return Err(OidcError::Issuer);
    }
    let is_for = claims.aud.all().iter().any(|audience| audience == of.client_id);
    let asked = claims.azp.as_ref().map_or(claims.aud.all().len() == 1, |azp| azp == of.client_id);
    if !is_for || !asked {
        return Err(OidcError::Audience);
    }
    let latest_ms = now_ms.saturating_add(AHEAD_MAX_MS);
    if claims.exp.ms() <= now_ms || claims.nbf.into_iter().chain([claims.iat]).any(|at| at.ms() > latest_ms) {
        return Err(OidcError::Time);
    }
    // Subjects are any ASCII characters (OpenID Connect Core 1.0, section 2), names of directories among them.
    let is_subject = |sub: &String| {
        sub.len() <= NAME_MAX
            && sub.split(' ').any(|part| is_plain(part, NAME_MAX))
            && sub.bytes().all(|byte| matches!(byte, b' '..=b'~'))
    };
    let named = claims.sub.iter().all(is_subject) && claims.sid.iter().all(|sid| is_plain(sid, NAME_MAX));
    if named { Ok((signed.typ, claims)) } else { Err(OidcError::Claims) }
}

/// The algorithm of a name, where the provider says that it signs so; RS256 is what each has (Core, section 15.1).
fn algorithm(name: &str, provider: &Provider) -> Result<ProviderAlgorithm, OidcError> {
    let known = ProviderAlgorithm::named(name).ok_or(OidcError::Algorithm)?;
    let announced = &provider.id_token_signing_alg_values_supported;
    let same = |announced: &String| ProviderAlgorithm::named(announced) == Some(known);
    let is_announced = announced.iter().any(same) || (announced.is_empty() && name == "RS256");
    if is_announced { Ok(known) } else { Err(OidcError::NotAnnounced) }
}

/// Who signed in, as an ID token says that was given out for a code (Core, section 3.1.3.7).
///
/// # Errors
/// With what is wrong with it first.
pub fn id_token(token: &str, of: Party<'_>, nonce: &str, now_ms: i64) -> Result<SignedIn, OidcError> {
    let (typ, claims) = read(token, of, now_ms)?;
    if typ.is_some_and(|typ| !typ.eq_ignore_ascii_case("JWT")) || claims.events.is_some() {
        return Err(OidcError::Type);
    }
    if claims.nonce.as_ref().and_then(Value::as_str) != Some(nonce) {
        return Err(OidcError::Nonce);
    }
    let subject = claims.sub.ok_or(OidcError::Claims)?;
    Ok(SignedIn { subject, session: claims.sid, claims: claims.rest })
}

/// Who signed out, as a logout token says (Back-Channel Logout, section 2.6). Whether it was sent before is for the
/// caller.
///
/// # Errors
/// With what is wrong with it first.
pub fn logout_token(token: &str, of: Party<'_>, now_ms: i64) -> Result<SignedOut, OidcError> {
    let (typ, claims) = read(token, of, now_ms)?;
    // Section 2.4 recommends the type; providers of before say `JWT`, or nothing.
    let is_type = |typ: &String| ["logout+jwt", "JWT"].iter().any(|known| typ.eq_ignore_ascii_case(known));
    let event = claims.events.as_ref().and_then(|events| events.get(LOGOUT_EVENT));
    if !typ.as_ref().is_none_or(is_type) || !event.is_some_and(Value::is_object) || claims.nonce.is_some() {
        return Err(OidcError::Type);
    }
    if claims.iat.ms() < now_ms.saturating_sub(LOGOUT_AGE_MAX_MS) {
        return Err(OidcError::Time);
    }
    let jti = claims.jti.filter(|jti| is_plain(jti, NAME_MAX)).ok_or(OidcError::Claims)?;
    if claims.sub.is_none() && claims.sid.is_none() {
        return Err(OidcError::Claims);
    }
    let until_ms = claims.exp.ms().min(claims.iat.ms().saturating_add(LOGOUT_AGE_MAX_MS));
    Ok(SignedOut { subject: claims.sub, session: claims.sid, jti, until_ms })
}
