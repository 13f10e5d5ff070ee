//! What a client does: it signs proofs of possession and assertions with a key of its own. Tests and drills play the
//! delegate with it.

use crate::{
    actor, assertion,
    dpop::{self, ProofRequest},
    jwk::{Algorithm, PublicKey},
    jws::{self, Unsigned},
    pair,
};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use jsonwebtoken::{EncodingKey, jwk::Jwk};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::fmt;

/// The life of an assertion that is made here, in seconds.
const LIFE_S: i64 = 60;

/// A pair of keys.
#[derive(Clone)]
pub struct ClientKey {
    private: EncodingKey,
    public: PublicKey,
}

impl fmt::Debug for ClientKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientKey").field("public", &self.public).finish_non_exhaustive()
    }
}

impl ClientKey {
    /// The Ed25519 pair of a seed; its name is its thumbprint.
    ///
    /// # Errors
    /// When the seed makes a key that is not taken, which none does that was found so far.
    pub fn ed25519(seed: &[u8; 32]) -> Result<Self, Unsigned> {
        let (private, public) = pair::ed25519(seed)?;
        Ok(Self { private, public })
    }

    /// The P-256 pair of a private key in PKCS #8; it has no name.
    ///
    /// # Errors
    /// When the bytes are no such key.
    pub fn es256(pkcs8: &[u8]) -> Result<Self, Unsigned> {
        let private = EncodingKey::from_ec_der(pkcs8);
        let jwk = Jwk::from_encoding_key(&private, jsonwebtoken::Algorithm::ES256).map_err(|_| Unsigned)?;
        let sent = serde_json::to_value(jwk).map_err(|_| Unsigned)?;
        let public = PublicKey::parse(&sent).map_err(|_| Unsigned)?;
        Ok(Self { private, public })
    }

    /// The key that others know.
    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    /// Signs any claims under any header; `alg` is the key's, unless the header says another one.
    ///
    /// # Errors
    /// When that cannot be done.
    pub fn sign(&self, header: &Value, claims: &Value) -> Result<String, Unsigned> {
        let algorithm: Algorithm = self.public.algorithm();
        let mut whole = json!({ "alg": algorithm.as_str() });
        if let (Some(whole), Some(members)) = (whole.as_object_mut(), header.as_object()) {
            whole.extend(members.clone());
        }
        jws::sign(&whole, claims, &self.private, algorithm)
    }

    /// A proof of possession for a request.
    ///
    /// # Errors
    /// When it cannot be signed.
    pub fn proof(
        &self,
        asked: &ProofRequest<'_>,
        nonce: Option<&str>,
        jti: &str,
        now_ms: i64,
    ) -> Result<String, Unsigned> {
        let hash = |token: &str| URL_SAFE_NO_PAD.encode(Sha256::digest(token));
        let mut claims = json!({ "jti": jti, "htm": asked.method, "htu": asked.url, "iat": now_ms.div_euclid(1_000) });
        add(&mut claims, "nonce", nonce);
        add(&mut claims, "ath", asked.access_token.map(hash).as_deref());
        self.sign(&json!({ "typ": dpop::TYPE, "jwk": self.public.to_json() }), &claims)
    }

    /// The signature of a request over what it covers (RFC 9421), as it stands in the header: `:…:`.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn message_signature(&self, base: &str) -> Result<String, Unsigned> {
        let signed = jsonwebtoken::crypto::sign(base.as_bytes(), &self.private, self.public.algorithm().of_library());
        let bytes = URL_SAFE_NO_PAD.decode(signed.map_err(|_| Unsigned)?).map_err(|_| Unsigned)?;
        Ok(format!(":{}:", STANDARD.encode(bytes)))
    }

    /// A text by which this client says that it is to act for who holds a token: the value of `actor_token`.
    ///
    /// # Errors
    /// When it cannot be signed.
    pub fn actor(&self, client: &str, issuer: &str, jti: &str, now_ms: i64) -> Result<String, Unsigned> {
        self.named(actor::HEADER_TYPE, client, issuer, jti, now_ms)
    }

    /// An assertion of who this client is, for the token endpoint of an issuer: the value of `client_assertion`, beside
    /// which goes [`assertion::TYPE`].
    ///
    /// # Errors
    /// When it cannot be signed.
    pub fn assertion(&self, client: &str, issuer: &str, jti: &str, now_ms: i64) -> Result<String, Unsigned> {
        self.named(assertion::HEADER_TYPE, client, issuer, jti, now_ms)
    }

    fn named(&self, typ: &str, client: &str, issuer: &str, jti: &str, now_ms: i64) -> Result<String, Unsigned> {
        let now = now_ms.div_euclid(1_000);
        let claims =
            json!({ "iss": client, "sub": client, "aud": issuer, "iat": now, "exp": now + LIFE_S, "jti": jti });
        let mut header = json!({ "typ": typ });
        add(&mut header, "kid", self.public.kid());
        self.sign(&header, &claims)
    }
}

/// Says something in a header or in claims, where there is something to say.
fn add(to: &mut Value, name: &str, value: Option<&str>) {
    if let (Some(members), Some(value)) = (to.as_object_mut(), value) {
        members.insert(name.to_owned(), value.into());
    }
}
