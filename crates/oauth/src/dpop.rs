//! Proofs of possession (DPoP, RFC 9449): whoever sends a token shows with each request that they have the key that it
//! is bound to.
//!
//! [`read`] looks at everything that section 4.3 has but whether a proof was sent before; [`check`] at that too, with a
//! memory that can be asked at once. Let the memory be asked last, after the client or the token whose key it is was
//! found: proofs can be made by anybody, in any number.

pub(crate) mod address;

use crate::{
    error::{ErrorCode, OAuthError, plain},
    jwk::{Algorithm, KeyError, PublicKey},
    jws::{Jws, Malformed, Seconds, is_plain},
    nonce::Nonces,
    seen::{NotFirst, Seen},
};
use address::normal;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

/// The type of proofs.
pub const TYPE: &str = "dpop+jwt";
/// How long ago a proof may say that it was made, in milliseconds.
pub const AGE_MAX_MS: i64 = 300_000;
/// How far ahead of this clock a client's may be, in milliseconds.
pub const AHEAD_MAX_MS: i64 = 60_000;
/// Longest proof that is read, in bytes.
pub const PROOF_MAX: usize = 8_192;
/// Longest identifier of a proof, in bytes.
const JTI_MAX: usize = 256;

/// The request that a proof came with.
#[derive(Debug, Clone, Copy)]
pub struct ProofRequest<'a> {
    /// Its method, in the letters in which it came.
    pub method: &'a str,
    /// Its address as clients know it, which is another one behind a proxy; query and fragment do not count.
    pub url: &'a str,
    /// The access token that came with it: none where one is asked for.
    pub access_token: Option<&'a str>,
}

/// A proof that is good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// The thumbprint of the key that was proved to be had, which is what tokens are bound to.
    pub jkt: String,
    /// The proof's own identifier.
    pub jti: String,
    /// Until when it could be sent again, in milliseconds since 1970.
    pub until_ms: i64,
}

/// Why a proof is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// There is none.
    #[error("send a proof of possession in a DPoP header")]
    Missing,
    /// There are several, or something that no proof is.
    #[error("send one DPoP header, with one JWT")]
    Several,
    /// It is no signed text.
    #[error("the DPoP proof is no JWT that can be read: {0}")]
    Form(#[from] Malformed),
    /// It is a text of another type.
    #[error("the DPoP proof needs typ dpop+jwt in its header")]
    Type,
    /// It does not have its key in it.
    #[error("the DPoP proof needs the public key in its header, as jwk")]
    NoKey,
    /// Its key is not taken.
    #[error("the jwk of the DPoP proof is not taken: {0}")]
    Key(#[from] KeyError),
    /// Its key did not sign it.
    #[error("the DPoP proof is not signed by the key in its jwk with its alg")]
    Signature,
    /// It has no identifier that can be remembered.
    #[error("jti of the DPoP proof has to be 1 to {JTI_MAX} printable ASCII characters, another one for each request")]
    Jti,
    /// It is for another method.
    #[error("htm of the DPoP proof is not the request's method, {0}")]
    Method(String),
    /// It is for another address.
    #[error("htu of the DPoP proof is not the request's address, {0}")]
    Url(String),
    /// It is for another token, or for none.
    #[error("ath of the DPoP proof has to be the base64url of the SHA-256 of the access token that comes with it")]
    Token,
    /// It has no nonce.
    #[error("put the nonce of this answer's DPoP-Nonce header into the DPoP proof")]
    NoNonce,
    /// Its nonce does not count, or no more.
    #[error("the nonce of the DPoP proof counts no more: use the one of this answer's DPoP-Nonce header")]
    StaleNonce,
    /// It was made too long ago.
    #[error("iat of the DPoP proof is more than 5 minutes ago: make one for each request, and set the clock right")]
    Old,
    /// It says that it is made later than now.
    #[error("iat of the DPoP proof is more than a minute ahead: set the clock right")]
    Ahead,
    /// It was used before, or too many are under way.
    #[error("the DPoP proof is not taken: {0}")]
    NotFirst(#[from] NotFirst),
}

impl ProofError {
    /// What kind of error it is told as. With [`ErrorCode::UseDpopNonce`] goes a nonce.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::NoNonce | Self::StaleNonce => ErrorCode::UseDpopNonce,
            Self::NotFirst(NotFirst::Busy) => ErrorCode::TemporarilyUnavailable,
            _ => ErrorCode::InvalidDpopProof,
        }
    }
}

impl From<ProofError> for OAuthError {
    fn from(error: ProofError) -> Self {
        Self::new(error.code(), error)
    }
}

#[derive(Deserialize)]
struct Claims {
    jti: String,
    htm: String,
    htu: String,
    iat: Seconds,
    nonce: Option<String>,
    ath: Option<String>,
}

/// The one proof among the values of a request's `DPoP` headers.
///
/// # Errors
/// When there is none, or there are several.
pub fn only<'a>(mut values: impl Iterator<Item = &'a [u8]>) -> Result<&'a str, ProofError> {
    let first = values.next().ok_or(ProofError::Missing)?;
    let text = std::str::from_utf8(first).ok().filter(|_| values.next().is_none());
    text.map(str::trim_ascii).ok_or(ProofError::Several)
}

/// Looks at everything of a proof but whether it was sent before: that is for [`Seen`].
///
/// # Errors
/// With what is wrong with it first; its nonce is looked at when everything else but its age is right.
pub fn read(proof: &str, asked: &ProofRequest<'_>, nonces: &Nonces, now_ms: i64) -> Result<Proof, ProofError> {
    let signed = Jws::parse(proof, PROOF_MAX)?;
    if !signed.is_of_type(TYPE) {
        return Err(ProofError::Type);
    }
    let key = PublicKey::parse(signed.jwk.as_ref().ok_or(ProofError::NoKey)?)?;
    if !signed.is_by(&key) {
        return Err(ProofError::Signature);
    }
    let claims: Claims = signed.claims()?;
    if !is_plain(&claims.jti, JTI_MAX) {
        return Err(ProofError::Jti);
    }
    if claims.htm != asked.method {
        return Err(ProofError::Method(asked.method.to_owned()));
    }
    let address = normal(asked.url);
    if address.is_none() || normal(&claims.htu) != address {
        return Err(ProofError::Url(address.unwrap_or_default()));
    }
    if let Some(token) = asked.access_token
        && claims.ath.as_deref() != Some(URL_SAFE_NO_PAD.encode(Sha256::digest(token)).as_str())
    {
        return Err(ProofError::Token);
    }
    let nonce = claims.nonce.ok_or(ProofError::NoNonce)?;
    let until_ms = nonces.check(&nonce, now_ms).ok_or(ProofError::StaleNonce)?;
    let made_ms = claims.iat.ms();
    if made_ms < now_ms.saturating_sub(AGE_MAX_MS) {
        return Err(ProofError::Old);
    }
    if made_ms > now_ms.saturating_add(AHEAD_MAX_MS) {
        return Err(ProofError::Ahead);
    }
    Ok(Proof { jkt: key.thumbprint().to_owned(), jti: claims.jti, until_ms })
}

/// Looks at everything of a proof, and notes that it was sent.
///
/// # Errors
/// With what is wrong with it first.
pub fn check(
    proof: &str,
    asked: &ProofRequest<'_>,
    nonces: &Nonces,
    seen: &(impl Seen + ?Sized),
    now_ms: i64,
) -> Result<Proof, ProofError> {
    let proof = read(proof, asked, nonces, now_ms)?;
    seen.first_time(&proof.jkt, &proof.jti, proof.until_ms, now_ms)?;
    Ok(proof)
}

/// The challenge with which a protected resource refuses (`WWW-Authenticate`; RFC 9449, section 7.1): how proofs are
/// signed, what is wrong, which scope it wants, and where the resource's metadata is (RFC 9728, section 5.1). A scope
/// or an address that does not fit into the quotes is left out.
pub fn challenge(error: Option<&OAuthError>, scope: Option<&str>, resource_metadata: Option<&str>) -> String {
    let algorithms = Algorithm::NAMES.join(" ");
    let mut challenge = format!("DPoP algs=\"{algorithms}\"");
    let given = [
        ("error", error.map(|error| error.code().as_str())),
        ("error_description", error.map(OAuthError::description)),
        ("scope", scope),
        ("resource_metadata", resource_metadata),
    ];
    for (name, value) in given {
        if let Some(value) = value.filter(|value| plain(value) == **value) {
            challenge.push_str(&format!(", {name}=\"{value}\""));
        }
    }
    challenge
}

#[cfg(test)]
mod tests;
