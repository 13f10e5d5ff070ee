//! A key of ours, by which an authorization server knows Remit where it asks for tokens (`private_key_jwt`; RFC 7523,
//! section 2.2): what is asked of others in [`crate::assertion`].

use crate::{
    jwk::Algorithm,
    jws::{self, Unsigned},
};
use ed25519_dalek::{
    SigningKey,
    pkcs8::{DecodePrivateKey as _, SecretDocument},
};
use jsonwebtoken::EncodingKey;
use serde::Serialize;
use std::fmt;

/// For how long an assertion counts, in seconds.
const LIFE_SECONDS: i64 = 60;
/// The longest document that is read, in bytes.
const PEM_MAX: usize = 8_192;
/// How the key is called in a document.
const LABEL: &str = "PRIVATE KEY";

/// Why a document holds no key that can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ClientKeyError {
    /// It is no private key in PEM.
    #[error(
        "it is no private key in PEM that begins with `-----BEGIN PRIVATE KEY-----` (PKCS#8); \
         `openssl pkcs8 -topk8 -nocrypt` makes one of others"
    )]
    Form,
    /// It is a key of another kind.
    #[error(
        "its key is neither on P-256 nor on Ed25519; make one by \
         `openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256`"
    )]
    Kind,
}

/// A private key, which is shown nowhere.
#[derive(Clone)]
pub struct ClientKey {
    algorithm: Algorithm,
    key: EncodingKey,
}

impl fmt::Debug for ClientKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientKey").field("algorithm", &self.algorithm).finish_non_exhaustive()
    }
}

/// What an assertion says.
#[derive(Debug, Clone, Copy)]
pub struct Asserted<'a> {
    /// Who asks.
    pub client_id: &'a str,
    /// Of whom.
    pub audience: &'a str,
    /// By which name the server knows the key, where it has several.
    pub kid: Option<&'a str>,
    /// The assertion's own identifier, another one each time.
    pub jti: &'a str,
    /// When, in seconds since 1970.
    pub now: i64,
}

#[derive(Serialize)]
struct Header<'a> {
    alg: &'static str,
    typ: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    kid: Option<&'a str>,
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: &'a str,
    jti: &'a str,
    iat: i64,
    exp: i64,
}

impl ClientKey {
    /// The key of a document.
    ///
    /// # Errors
    /// When it holds none, or one of another kind.
    pub fn from_pem(document: &str) -> Result<Self, ClientKeyError> {
        if document.len() > PEM_MAX {
            return Err(ClientKeyError::Form);
        }
        let (label, document) = SecretDocument::from_pem(document.trim()).map_err(|_| ClientKeyError::Form)?;
        if label != LABEL {
            return Err(ClientKeyError::Form);
        }
        let der = document.as_bytes();
        let key = match SigningKey::from_pkcs8_der(der) {
            Ok(_) => Self { algorithm: Algorithm::EdDsa, key: EncodingKey::from_ed_der(der) },
            Err(_) => Self { algorithm: Algorithm::Es256, key: EncodingKey::from_ec_der(der) },
        };
        // Whether it is on P-256 is seen once it signs.
        key.sign(&(), &()).map(|_| key).map_err(|_| ClientKeyError::Kind)
    }

    /// What shows who asks.
    ///
    /// # Errors
    /// When it cannot be signed.
    pub fn assertion(&self, of: &Asserted<'_>) -> Result<String, Unsigned> {
        let header = Header { alg: self.algorithm.as_str(), typ: "JWT", kid: of.kid };
        let Asserted { client_id, audience, jti, now, .. } = *of;
        let exp = now.saturating_add(LIFE_SECONDS);
        self.sign(&header, &Claims { iss: client_id, sub: client_id, aud: audience, jti, iat: now, exp })
    }

    fn sign(&self, header: &impl Serialize, claims: &impl Serialize) -> Result<String, Unsigned> {
        jws::sign(header, claims, &self.key, self.algorithm)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{assertion, jwk::KeySet};
    use serde_json::json;

    /// RFC 8410, section 10.3.
    const ED25519: &str = "-----BEGIN PRIVATE KEY-----\n\
        MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n\
        -----END PRIVATE KEY-----\n";
    const ED25519_X: &str = "Gb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE";
    const P256: &str = "-----BEGIN PRIVATE KEY-----\n\
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg7wwhJYevMzNXRda8\n\
        0AqhbyHzJULTZ0R65M3yFlCUqp6hRANCAARdCBZ44QZDI+uipSnUisTzw6UilW7F\n\
        4Cc4enxtIjnOOA554b3WAVWwkhTx4+oeds0rVwtRiKFgTdBBeCj7g3FP\n\
        -----END PRIVATE KEY-----\n";
    const P256_X: &str = "XQgWeOEGQyProqUp1IrE88OlIpVuxeAnOHp8bSI5zjg";
    const P256_Y: &str = "DnnhvdYBVbCSFPHj6h52zStXC1GIoWBN0EF4KPuDcU8";
    const P384: &str = "-----BEGIN PRIVATE KEY-----\n\
        MIG2AgEAMBAGByqGSM49AgEGBSuBBAAiBIGeMIGbAgEBBDA84Mjpi1kFuQM7T0lr\n\
        /sqt7Y42cTlWkxtuvlgKfGljGgnv+ix20iO7oNrB4Z5xgXGhZANiAARkP6qDMvGy\n\
        t6uN3QnIMkrYLkLTsbQjH6K2ZyViObAgc+01XaRozUj85jnjUabzGh1wrISn22cb\n\
        5epzyVicOLceV4KeGJ6Dm9AmxEvXyPR/cLDGH5i970BJkN6+QUQ1Ek8=\n\
        -----END PRIVATE KEY-----\n";

    #[test]
    fn an_assertion_is_one_that_this_server_would_take() {
        let now = 1_773_136_800;
        let of = Asserted { client_id: "remit", audience: "https://core.example", kid: Some("k"), jti: "1", now };
        for (pem, jwk) in [
            (ED25519, json!({ "kty": "OKP", "crv": "Ed25519", "x": ED25519_X, "kid": "k" })),
            (P256, json!({ "kty": "EC", "crv": "P-256", "x": P256_X, "y": P256_Y, "kid": "k" })),
        ] {
            let key = ClientKey::from_pem(pem).unwrap();
            assert!(!format!("{key:?}").contains("content"), "{key:?}");
            let signed = key.assertion(&of).unwrap();
            let keys = KeySet::parse(&json!({ "keys": [jwk] })).unwrap();
            let taken = |at: i64| assertion::read(&signed, Some("remit"), &keys, &["https://core.example"], at * 1_000);
            assert_eq!(taken(now).unwrap().id, "remit");
            assert!(taken(now + LIFE_SECONDS).is_err());
        }
    }

    #[test]
    fn what_is_no_key_of_ours_is_refused_with_what_to_make() {
        let public = ED25519.replace("PRIVATE", "PUBLIC");
        for (document, why) in [
            ("", ClientKeyError::Form),
            ("MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp", ClientKeyError::Form),
            (&public, ClientKeyError::Form),
            (&"x".repeat(PEM_MAX + 1), ClientKeyError::Form),
            (P384, ClientKeyError::Kind),
        ] {
            assert_eq!(ClientKey::from_pem(document).err(), Some(why), "{document}");
        }
    }
}
