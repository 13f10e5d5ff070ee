//! Public keys as they are sent (JWK, RFC 7517): P-256 for `ES256` and Ed25519 for `EdDSA`, and nothing else; sets of
//! them, and their thumbprints (RFC 7638).

mod set;

pub use set::{KeySet, USABLE_MAX};

use crate::error::{ErrorCode, OAuthError, quoted};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ed25519_dalek::VerifyingKey;
use jsonwebtoken::{
    DecodingKey,
    jwk::{Jwk, ThumbprintHash},
};
use ring::signature::{ECDSA_P256_SHA256_FIXED, ED25519, UnparsedPublicKey, VerificationAlgorithm};
use serde_json::{Map, Value, json};
use std::fmt;

/// Longest key that is read, in bytes of JSON.
const KEY_BYTES_MAX: usize = 4_096;
/// Longest name of a key, in bytes.
const KID_MAX: usize = 128;
/// Members of private and secret keys (RFC 7518, section 6; `priv` of later ones).
const PRIVATE: [&str; 9] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"];

/// How something is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// Ed25519.
    EdDsa,
}

impl Algorithm {
    /// All that are taken, by the names under which they are announced.
    pub const NAMES: [&str; 2] = ["ES256", "EdDSA"];

    /// The algorithm of a name. `Ed25519` is what newer libraries call `EdDSA` (RFC 9864).
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "ES256" => Some(Self::Es256),
            "EdDSA" | "Ed25519" => Some(Self::EdDsa),
            _ => None,
        }
    }

    /// The name under which it is announced.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
        }
    }

    pub(crate) fn of_library(self) -> jsonwebtoken::Algorithm {
        match self {
            Self::Es256 => jsonwebtoken::Algorithm::ES256,
            Self::EdDsa => jsonwebtoken::Algorithm::EdDSA,
        }
    }
}

/// Why a key is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// It is no object, or far too long.
    #[error("a key has to be a JSON object of at most {KEY_BYTES_MAX} bytes, such as {{kty, crv, x}}")]
    Form,
    /// It is a private or a secret key.
    #[error("this is a private key: send the public one, without {0}, and make a new pair, since this one was sent")]
    Private(&'static str),
    /// Another type or curve.
    #[error("{0} is not taken: send an EC key on P-256 or an OKP key on Ed25519")]
    Unsupported(String),
    /// It says that it is for something else.
    #[error("the key's {0} does not let it verify signatures by {1}: leave it out, or send another key")]
    Use(&'static str, &'static str),
    /// A coordinate is not there or of another form.
    #[error("{0} has to be the base64url of 32 bytes, without padding: 43 characters")]
    Coordinate(&'static str),
    /// It is no point of its curve, or one under which anybody can sign.
    #[error("the key is no point of its curve that can be used: make another pair")]
    Point,
    /// Its name is of another form.
    #[error("kid has to be a text of 1 to {KID_MAX} printable ASCII characters")]
    Kid,
    /// A set of keys is none.
    #[error("a set of keys has to be a JSON object with a list of at most {} keys in keys", set::KEYS_MAX)]
    Set,
    /// A set has too many keys.
    #[error("at most {USABLE_MAX} keys of a set are taken: take out those that are not in use any more")]
    TooMany,
}

impl From<KeyError> for OAuthError {
    fn from(error: KeyError) -> Self {
        Self::new(ErrorCode::InvalidClientMetadata, error)
    }
}

/// A public key.
#[derive(Clone)]
pub struct PublicKey {
    algorithm: Algorithm,
    kid: Option<String>,
    thumbprint: String,
    jwk: Jwk,
    key: DecodingKey,
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("PublicKey");
        shown.field("algorithm", &self.algorithm).field("kid", &self.kid).field("thumbprint", &self.thumbprint).finish()
    }
}

impl PartialEq for PublicKey {
    fn eq(&self, other: &Self) -> bool {
        (&self.thumbprint, &self.kid) == (&other.thumbprint, &other.kid)
    }
}

impl Eq for PublicKey {}

impl PublicKey {
    /// A key as it is sent.
    ///
    /// # Errors
    /// When it is a private key, of another type, too long, or no key at all; says what to send.
    pub fn parse(sent: &Value) -> Result<Self, KeyError> {
        let members = sent.as_object().ok_or(KeyError::Form)?;
        if sent.to_string().len() > KEY_BYTES_MAX {
            return Err(KeyError::Form);
        }
        if let Some(name) = PRIVATE.into_iter().find(|name| members.contains_key(*name)) {
            return Err(KeyError::Private(name));
        }
        let algorithm = kind(members)?;
        is_for(members, algorithm)?;
        let kid = match members.get("kid") {
            None => None,
            Some(kid) => Some(kid.as_str().filter(|kid| is_kid(kid)).ok_or(KeyError::Kid)?.to_owned()),
        };
        let x = coordinate(members, "x")?;
        let key = match algorithm {
            Algorithm::Es256 => DecodingKey::from_ec_components(x, coordinate(members, "y")?),
            Algorithm::EdDsa => DecodingKey::from_ed_components(x),
        };
        Self::of(algorithm, kid, key.map_err(|_| KeyError::Point)?)
    }

    /// The key of an Ed25519 pair, named by its thumbprint.
    pub(crate) fn of_ed25519(key: &VerifyingKey) -> Result<Self, KeyError> {
        let mut key = Self::of(Algorithm::EdDsa, None, DecodingKey::from_ed_der(key.as_bytes()))?;
        key.kid = Some(key.thumbprint.clone());
        Ok(key)
    }

    fn of(algorithm: Algorithm, kid: Option<String>, key: DecodingKey) -> Result<Self, KeyError> {
        if algorithm == Algorithm::EdDsa {
            let bytes = key.try_get_as_bytes().map_err(|_| KeyError::Point)?;
            let bytes: &[u8; 32] = bytes.try_into().map_err(|_| KeyError::Coordinate("x"))?;
            // Of small order, a key lets anybody make signatures that hold under it.
            if VerifyingKey::from_bytes(bytes).map_or(true, |key| key.is_weak()) {
                return Err(KeyError::Point);
            }
        }
        // Whether it is a point of its curve is seen when something is verified: that fails, rather than says no.
        jsonwebtoken::crypto::verify("", b"", &key, algorithm.of_library()).map_err(|_| KeyError::Point)?;
        let jwk = Jwk::from_decoding_key(&key, None).map_err(|_| KeyError::Point)?;
        let thumbprint = thumbprint(&jwk).ok_or(KeyError::Point)?;
        Ok(Self { algorithm, kid, thumbprint, jwk, key })
    }

    /// By which algorithm it verifies.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Its name, where it has one.
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// The SHA-256 thumbprint (RFC 7638) in base64url, by which tokens are bound to it (`jkt`).
    pub fn thumbprint(&self) -> &str {
        &self.thumbprint
    }

    /// The key as it is sent, with what it is for.
    pub fn to_json(&self) -> Value {
        let mut sent = serde_json::to_value(&self.jwk.algorithm).unwrap_or_default();
        if let Some(members) = sent.as_object_mut() {
            members.insert("alg".into(), self.algorithm.as_str().into());
            members.insert("use".into(), "sig".into());
            if let Some(kid) = &self.kid {
                members.insert("kid".into(), json!(kid));
            }
        }
        sent
    }

    /// Whether a signature, in base64url, is this key's over a message.
    ///
    /// By `ring`, which TLS is verified by too: what `jsonwebtoken` verifies by takes several times as long for
    /// `ES256`, and this is done for each request of a delegate's.
    pub(crate) fn verifies(&self, signature: &str, message: &[u8]) -> bool {
        let algorithm: &dyn VerificationAlgorithm = match self.algorithm {
            Algorithm::Es256 => &ECDSA_P256_SHA256_FIXED,
            Algorithm::EdDsa => &ED25519,
        };
        let (Ok(key), Ok(signature)) = (self.key.try_get_as_bytes(), URL_SAFE_NO_PAD.decode(signature)) else {
            return false;
        };
        UnparsedPublicKey::new(algorithm, key).verify(message, &signature).is_ok()
    }
}

fn thumbprint(jwk: &Jwk) -> Option<String> {
    jwk.thumbprint(ThumbprintHash::SHA256).ok()
}

/// By which algorithm a key of its type and curve verifies.
fn kind(members: &Map<String, Value>) -> Result<Algorithm, KeyError> {
    let named = |name: &str| members.get(name).and_then(Value::as_str).unwrap_or_default();
    match (named("kty"), named("crv")) {
        ("EC", "P-256") => Ok(Algorithm::Es256),
        ("OKP", "Ed25519") => Ok(Algorithm::EdDsa),
        ("", _) => Err(KeyError::Unsupported("a key without kty".into())),
        (kty, "") => Err(KeyError::Unsupported(format!("a key of type {}", quoted(kty)))),
        (kty, crv) => Err(KeyError::Unsupported(format!("a key of type {} on {}", quoted(kty), quoted(crv)))),
    }
}

/// Whether a key may verify signatures by an algorithm, by what it says of itself.
fn is_for(members: &Map<String, Value>, algorithm: Algorithm) -> Result<(), KeyError> {
    let no = |member| Err(KeyError::Use(member, algorithm.as_str()));
    if members.get("use").is_some_and(|is| is != "sig") {
        return no("use");
    }
    let verifies = |operations: &Value| operations.as_array().is_some_and(|all| all.iter().any(|one| one == "verify"));
    if members.get("key_ops").is_some_and(|operations| !verifies(operations)) {
        return no("key_ops");
    }
    let same = |name: &Value| name.as_str().and_then(Algorithm::named) == Some(algorithm);
    if members.get("alg").is_some_and(|name| !same(name)) {
        return no("alg");
    }
    Ok(())
}

fn is_kid(kid: &str) -> bool {
    (1..=KID_MAX).contains(&kid.len()) && kid.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

/// A coordinate in the one spelling that it has.
fn coordinate<'a>(members: &'a Map<String, Value>, name: &'static str) -> Result<&'a str, KeyError> {
    let text = members.get(name).and_then(Value::as_str).filter(|text| text.len() == 43);
    let text = text.ok_or(KeyError::Coordinate(name))?;
    match URL_SAFE_NO_PAD.decode(text) {
        Ok(bytes) if bytes.len() == 32 => Ok(text),
        _ => Err(KeyError::Coordinate(name)),
    }
}

#[cfg(test)]
mod tests;
