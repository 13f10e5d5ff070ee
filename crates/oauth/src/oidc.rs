//! What an identity provider says of somebody who signs in (OpenID Connect Core 1.0), and that they signed out there
//! (OpenID Connect Back-Channel Logout 1.0): its metadata, its keys, ID tokens and logout tokens.
//!
//! Which algorithm counts is for the provider's metadata and the key to say, and is always one of a key pair: `none`,
//! and what is signed with a secret, is refused before any key is looked for.

use crate::jws::{OneOrMore, Seconds, is_plain};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{
    Algorithm, DecodingKey,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk, PublicKeyUse},
};
use serde::Deserialize;
use serde_json::{Map, Value};

/// Longest token that is read, in bytes.
pub const TOKEN_MAX: usize = 65_536;
/// Most keys of a set that are looked at.
const KEYS_MAX: usize = 64;
/// Smallest modulus of an RSA key, in bytes (RFC 7518, section 3.3).
const RSA_BYTES_MIN: usize = 256;
/// Longest name that is kept, in bytes: what OpenID Connect lets a subject have, and room for sessions.
const NAME_MAX: usize = 255;
/// How far ahead of this clock a provider's may be, and how old a logout token may be, in milliseconds.
const AHEAD_MAX_MS: i64 = 60_000;
const LOGOUT_AGE_MAX_MS: i64 = 600_000;
/// What a logout token says that happened.
const LOGOUT_EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// What is taken, by the names of RFC 7518: signatures with key pairs alone.
const ALGORITHMS: [(&str, Algorithm); 9] = [
    ("RS256", Algorithm::RS256),
    ("RS384", Algorithm::RS384),
    ("RS512", Algorithm::RS512),
    ("PS256", Algorithm::PS256),
    ("PS384", Algorithm::PS384),
    ("PS512", Algorithm::PS512),
    ("ES256", Algorithm::ES256),
    ("ES384", Algorithm::ES384),
    ("EdDSA", Algorithm::EdDSA),
];

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

/// A provider's keys.
#[derive(Debug, Clone, Default)]
pub struct ProviderKeys(Vec<Jwk>);

impl ProviderKeys {
    /// Those of a set as it is published that verify signatures. What is not understood is passed over.
    pub fn parse(set: &Value) -> Self {
        let keys = set.get("keys").and_then(Value::as_array).into_iter().flatten().take(KEYS_MAX);
        let read = keys.filter_map(|key| serde_json::from_value::<Jwk>(key.clone()).ok());
        Self(read.filter(verifies).collect())
    }

    /// The keys that a token by this algorithm may be signed with.
    fn fit(&self, kid: Option<&str>, algorithm: Algorithm) -> impl Iterator<Item = &Jwk> {
        let is_meant = move |key: &&Jwk| kid.is_none() || key.common.key_id.as_deref() == kid;
        self.0.iter().filter(is_meant).filter(move |key| fits(key, algorithm))
    }
}

/// Whether a key is public, large enough and not for something else.
fn verifies(key: &Jwk) -> bool {
    let is_for = !matches!(key.common.public_key_use, Some(PublicKeyUse::Encryption | PublicKeyUse::Other(_)));
    let is_large = match &key.algorithm {
        AlgorithmParameters::RSA(rsa) => {
            URL_SAFE_NO_PAD.decode(&rsa.n).is_ok_and(|modulus| modulus.len() >= RSA_BYTES_MIN)
        }
        AlgorithmParameters::EllipticCurve(_) | AlgorithmParameters::OctetKeyPair(_) => true,
        // A secret is published by nobody.
        _ => false,
    };
    is_for && is_large
}

/// Whether a key is one of an algorithm.
fn fits(key: &Jwk, algorithm: Algorithm) -> bool {
    let is_its = match &key.algorithm {
        AlgorithmParameters::RSA(_) => ALGORITHMS.iter().take(6).any(|(_, rsa)| *rsa == algorithm),
        AlgorithmParameters::EllipticCurve(of) => match of.curve {
            EllipticCurve::P256 => algorithm == Algorithm::ES256,
            EllipticCurve::P384 => algorithm == Algorithm::ES384,
            _ => false,
        },
        AlgorithmParameters::OctetKeyPair(_) => algorithm == Algorithm::EdDSA,
        _ => false,
    };
    let says = key.common.key_algorithm.map(|says| says.to_string());
    let named = ALGORITHMS.iter().find(|(_, known)| *known == algorithm).map(|(name, _)| *name);
    is_its && says.is_none_or(|says| named == Some(says.as_str()))
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    typ: Option<String>,
    kid: Option<String>,
    crit: Option<serde::de::IgnoredAny>,
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
    if token.len() > TOKEN_MAX {
        return Err(OidcError::Form);
    }
    let (message, signature) = token.rsplit_once('.').ok_or(OidcError::Form)?;
    let (header, payload) = message.split_once('.').ok_or(OidcError::Form)?;
    let decoded = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| OidcError::Form);
    let header: Header = serde_json::from_slice(&decoded(header)?).map_err(|_| OidcError::Form)?;
    if header.crit.is_some() {
        return Err(OidcError::Form);
    }
    let algorithm = algorithm(&header.alg, of.provider)?;
    let mut keys = of.keys.fit(header.kid.as_deref(), algorithm).peekable();
    keys.peek().ok_or(OidcError::NoKey)?;
    let signed = |key: &Jwk| {
        let key = DecodingKey::from_jwk(key).ok()?;
        jsonwebtoken::crypto::verify(signature, message.as_bytes(), &key, algorithm).ok()
    };
    if !keys.any(|key| signed(key) == Some(true)) {
        return Err(OidcError::Signature);
    }
    let claims: Claims = serde_json::from_slice(&decoded(payload)?).map_err(|_| OidcError::Claims)?;
    if claims.iss != of.provider.issuer {
        return Err(OidcError::Issuer);
    }
    let is_for = claims.aud.all().iter().any(|audience| audience == of.client_id);
    let asked = claims.azp.as_ref().map_or(claims.aud.all().len() == 1, |azp| azp == of.client_id);
    if !is_for || !asked {
        return Err(OidcError::Audience);
    }
    if claims.exp.ms() <= now_ms || claims.iat.ms() > now_ms.saturating_add(AHEAD_MAX_MS) {
        return Err(OidcError::Time);
    }
    let named = claims.sub.iter().chain(&claims.sid).all(|name| is_plain(name, NAME_MAX));
    if named { Ok((header.typ, claims)) } else { Err(OidcError::Claims) }
}

/// The algorithm of a name, where the provider says that it signs so; RS256 is what each has (Core, section 15.1).
fn algorithm(name: &str, provider: &Provider) -> Result<Algorithm, OidcError> {
    let known = ALGORITHMS.iter().find(|(known, _)| *known == name).ok_or(OidcError::Algorithm)?;
    let announced = &provider.id_token_signing_alg_values_supported;
    let is_announced = announced.iter().any(|known| known == name) || (announced.is_empty() && name == "RS256");
    if is_announced { Ok(known.1) } else { Err(OidcError::NotAnnounced) }
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
