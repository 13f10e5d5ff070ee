//! The keys that access tokens are signed with.

use super::{AccessToken, TOKEN_MAX, TYPE, TokenError};
use crate::{
    jwk::{Algorithm, PublicKey},
    jws::{self, Jws, Unsigned},
    pair,
};
use jsonwebtoken::EncodingKey;
use serde::Serialize;
use serde_json::{Value, json};
use std::fmt;

/// How far a node's clock may be behind that of the one that gave a token out, in milliseconds.
const BEHIND_MAX_MS: i64 = 5_000;

/// The key that signs, and those that did before, whose tokens still count.
#[derive(Clone)]
pub struct SigningKeys {
    private: EncodingKey,
    /// The current one first.
    public: Vec<PublicKey>,
}

impl fmt::Debug for SigningKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKeys").field("public", &self.public).finish_non_exhaustive()
    }
}

#[derive(Serialize)]
struct Header<'a> {
    typ: &'static str,
    alg: &'static str,
    kid: &'a str,
}

impl SigningKeys {
    /// The keys of seeds: the one that signs from now on, and earlier ones. Each is named by its thumbprint.
    ///
    /// # Errors
    /// When a seed makes a key that is not taken, which none does that was found so far.
    pub fn new(current: &[u8; 32], earlier: &[[u8; 32]]) -> Result<Self, Unsigned> {
        let (private, key) = pair::ed25519(current)?;
        let mut public = vec![key];
        for seed in earlier {
            let (_, key) = pair::ed25519(seed)?;
            if !public.contains(&key) {
                public.push(key);
            }
        }
        Ok(Self { private, public })
    }

    /// The public keys, as they are announced.
    pub fn jwks(&self) -> Value {
        json!({ "keys": self.public.iter().map(PublicKey::to_json).collect::<Vec<_>>() })
    }

    /// Signs a token.
    ///
    /// # Errors
    /// When its chain of actors is too long, or what it grants is beyond its bounds.
    pub fn sign(&self, token: &AccessToken) -> Result<String, TokenError> {
        token.check()?;
        let kid = self.public.first().and_then(PublicKey::kid).ok_or(TokenError::Unsigned)?;
        let header = Header { typ: TYPE, alg: Algorithm::EdDsa.as_str(), kid };
        jws::sign(&header, token, &self.private, Algorithm::EdDsa).map_err(|Unsigned| TokenError::Unsigned)
    }

    /// What a token says, where it was signed by one of these keys, given out by `issuer` for `audience`, and counts
    /// now. Whether it was revoked, and whether whoever sends it has its key, is for the caller.
    ///
    /// # Errors
    /// With what is wrong with it first.
    pub fn verify(&self, token: &str, issuer: &str, audience: &str, now_ms: i64) -> Result<AccessToken, TokenError> {
        let signed = Jws::parse(token, TOKEN_MAX)?;
        if !signed.is_of_type(TYPE) {
            return Err(TokenError::Type);
        }
        let kid = signed.kid.as_deref().ok_or(TokenError::Key)?;
        let key = self.public.iter().find(|key| key.kid() == Some(kid)).ok_or(TokenError::Key)?;
        if !signed.is_by(key) {
            return Err(TokenError::Signature);
        }
        let token: AccessToken = signed.claims()?;
        if token.iss != issuer {
            return Err(TokenError::Issuer);
        }
        if token.aud != audience {
            return Err(TokenError::Audience);
        }
        if token.exp.saturating_mul(1_000) <= now_ms {
            return Err(TokenError::Expired);
        }
        if token.iat.saturating_mul(1_000) > now_ms.saturating_add(BEHIND_MAX_MS) {
            return Err(TokenError::NotYet);
        }
        token.check()?;
        Ok(token)
    }
}
