//! Keys that identity providers publish, and what is signed by them: RSA of 2,048 bits and more, P-256, P-384 and
//! Ed25519. What signs for clients and for this server is of fewer kinds ([`crate::jwk`]).
//!
//! What is signed with a secret, and `none`, is refused before any key is looked for.

use crate::jws::Compact;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{
    Algorithm, DecodingKey,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk, PublicKeyUse, ThumbprintHash},
};
use serde_json::{Value, json};

/// Most keys of a set that are looked at.
const KEYS_MAX: usize = 64;
/// Smallest modulus of an RSA key, in bytes (RFC 7518, section 3.3).
const RSA_BYTES_MIN: usize = 256;

/// What is taken, by the names of RFC 7518 and RFC 9864, those of RSA first: signatures with key pairs alone.
const ALGORITHMS: [(&str, Algorithm); 10] = [
    ("RS256", Algorithm::RS256),
    ("RS384", Algorithm::RS384),
    ("RS512", Algorithm::RS512),
    ("PS256", Algorithm::PS256),
    ("PS384", Algorithm::PS384),
    ("PS512", Algorithm::PS512),
    ("ES256", Algorithm::ES256),
    ("ES384", Algorithm::ES384),
    ("EdDSA", Algorithm::EdDSA),
    ("Ed25519", Algorithm::EdDSA),
];
/// How many of these are of RSA.
const OF_RSA: usize = 6;

/// How something is signed by a provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ProviderAlgorithm(Algorithm);

impl ProviderAlgorithm {
    /// The algorithm of a name, where it is one of a key pair that is taken.
    pub(crate) fn named(name: &str) -> Option<Self> {
        ALGORITHMS.iter().find(|(known, _)| *known == name).map(|(_, algorithm)| Self(*algorithm))
    }
}

/// Why what is signed is not taken as a provider's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotSigned {
    /// None of the provider's keys is meant.
    #[error("no key of the provider fits it")]
    NoKey,
    /// The key did not sign it.
    #[error("it is not signed by the provider")]
    Signature,
}

/// A provider's keys.
#[derive(Debug, Clone, Default)]
pub struct ProviderKeys(Vec<Jwk>);

impl ProviderKeys {
    /// Those of a set as it is published that verify signatures. What is not understood is passed over.
    pub fn parse(set: &Value) -> Self {
        let keys = set.get("keys").and_then(Value::as_array).into_iter().flatten().take(KEYS_MAX);
        Self(keys.filter_map(key).filter(verifies).collect())
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The public members of all of them, as a JWK set (RFC 7517).
    pub fn to_json(&self) -> Value {
        json!({ "keys": self.0 })
    }

    /// The thumbprint of each (RFC 7638).
    pub fn thumbprints(&self) -> Vec<String> {
        self.0.iter().filter_map(|key| key.thumbprint(ThumbprintHash::SHA256).ok()).collect()
    }

    /// That one of them signed a text by an algorithm.
    pub(crate) fn verify(&self, signed: &Compact<'_>, algorithm: ProviderAlgorithm) -> Result<(), NotSigned> {
        let mut keys = self.fit(signed.kid.as_deref(), algorithm.0).peekable();
        keys.peek().ok_or(NotSigned::NoKey)?;
        let is_by = |key: &Jwk| {
            let key = DecodingKey::from_jwk(key).ok()?;
            jsonwebtoken::crypto::verify(signed.signature, signed.message.as_bytes(), &key, algorithm.0).ok()
        };
        if keys.any(|key| is_by(key) == Some(true)) { Ok(()) } else { Err(NotSigned::Signature) }
    }

    /// The keys that a text by this algorithm may be signed with.
    fn fit(&self, kid: Option<&str>, algorithm: Algorithm) -> impl Iterator<Item = &Jwk> {
        let is_meant = move |key: &&Jwk| kid.is_none() || key.common.key_id.as_deref() == kid;
        self.0.iter().filter(is_meant).filter(move |key| fits(key, algorithm))
    }
}

/// A key as it is published. `Ed25519` is what newer libraries call `EdDSA` (RFC 9864).
fn key(published: &Value) -> Option<Jwk> {
    let mut members = published.as_object()?.clone();
    if members.get("alg").is_some_and(|alg| alg == "Ed25519") {
        members.insert("alg".to_owned(), "EdDSA".into());
    }
    serde_json::from_value(Value::Object(members)).ok()
}

/// Whether a key is public, large enough and not for something else.
fn verifies(key: &Jwk) -> bool {
    let is_for = !matches!(key.common.public_key_use, Some(PublicKeyUse::Encryption | PublicKeyUse::Other(_)));
    let is_large = match &key.algorithm {
        AlgorithmParameters::RSA(rsa) => {
            number(&rsa.n).is_some_and(|modulus| modulus.len() >= RSA_BYTES_MIN)
                && number(&rsa.e)
                    .is_some_and(|exponent| *exponent != [1] && exponent.last().is_some_and(|low| low % 2 == 1))
        }
        AlgorithmParameters::EllipticCurve(_) | AlgorithmParameters::OctetKeyPair(_) => true,
        // A secret is published by nobody.
        _ => false,
    };
    is_for && is_large
}

/// The bytes of a number (`Base64urlUInt`, RFC 7518), without zeros before it.
fn number(coded: &str) -> Option<Vec<u8>> {
    Some(URL_SAFE_NO_PAD.decode(coded).ok()?.into_iter().skip_while(|byte| *byte == 0).collect())
}

/// Whether a key is one of an algorithm.
fn fits(key: &Jwk, algorithm: Algorithm) -> bool {
    let is_its = match &key.algorithm {
        AlgorithmParameters::RSA(_) => ALGORITHMS.iter().take(OF_RSA).any(|(_, rsa)| *rsa == algorithm),
        AlgorithmParameters::EllipticCurve(of) => match of.curve {
            EllipticCurve::P256 => algorithm == Algorithm::ES256,
            EllipticCurve::P384 => algorithm == Algorithm::ES384,
            _ => false,
        },
        AlgorithmParameters::OctetKeyPair(of) => of.curve == EllipticCurve::Ed25519 && algorithm == Algorithm::EdDSA,
        _ => false,
    };
    let says = key.common.key_algorithm.map(|says| says.to_string());
    is_its && says.is_none_or(|says| ProviderAlgorithm::named(&says) == Some(ProviderAlgorithm(algorithm)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::ClientKey;

    fn published(changes: &Value) -> Value {
        let mut key = ClientKey::ed25519(&[1; 32]).unwrap().public().to_json();
        key.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        json!({ "keys": [key] })
    }

    #[test]
    fn what_is_published_for_signatures_is_taken_without_what_is_private() {
        let keys = ProviderKeys::parse(&published(&json!({ "d": "a secret", "alg": "Ed25519" })));
        let expected = ClientKey::ed25519(&[1; 32]).unwrap().public().thumbprint().to_owned();
        assert_eq!(keys.thumbprints(), [expected]);
        assert!(!keys.to_json().to_string().contains("a secret"));
        assert_eq!(ProviderKeys::parse(&keys.to_json()).thumbprints(), keys.thumbprints());
    }

    #[test]
    fn what_signs_nothing_is_passed_over() {
        let octets = json!({ "keys": [{ "kty": "oct", "k": "c2VjcmV0" }] });
        let small = json!({ "keys": [{ "kty": "RSA", "n": URL_SAFE_NO_PAD.encode([255; 128]), "e": "AQAB" }] });
        let padded = URL_SAFE_NO_PAD.encode([[0; 128], [255; 128]].concat());
        let rsa = |n: &str, e: &str| json!({ "keys": [{ "kty": "RSA", "n": n, "e": e }] });
        let large = URL_SAFE_NO_PAD.encode([255; 256]);
        assert!(!ProviderKeys::parse(&rsa(&large, "AQAB")).is_empty());
        let signs_nothing = [
            published(&json!({ "use": "enc" })),
            octets,
            small,
            rsa(&padded, "AQAB"),
            rsa(&large, "AQ"),
            rsa(&large, "Ag"),
            rsa(&large, ""),
            json!({ "keys": {} }),
            json!([]),
        ];
        for set in signs_nothing {
            assert!(ProviderKeys::parse(&set).is_empty(), "{set}");
        }
    }

    #[test]
    fn a_text_counts_by_the_key_and_the_algorithm_that_it_names() {
        let pair = ClientKey::ed25519(&[1; 32]).unwrap();
        let text = pair.sign(&json!({ "kid": pair.public().kid() }), &json!({})).unwrap();
        let signed = Compact::parse(&text, 1_000).unwrap();
        let told =
            |set: &Value, by: &str| ProviderKeys::parse(set).verify(&signed, ProviderAlgorithm::named(by).unwrap());
        let own = published(&json!({}));
        assert_eq!((told(&own, "EdDSA"), told(&own, "Ed25519")), (Ok(()), Ok(())));
        assert_eq!(told(&own, "ES256"), Err(NotSigned::NoKey));
        assert_eq!(told(&published(&json!({ "kid": "other" })), "EdDSA"), Err(NotSigned::NoKey));
        let mut stranger = ClientKey::ed25519(&[2; 32]).unwrap().public().to_json();
        stranger["kid"] = json!(pair.public().kid());
        assert_eq!(told(&json!({ "keys": [stranger] }), "EdDSA"), Err(NotSigned::Signature));
        for none in ["none", "HS256", "ES512", ""] {
            assert_eq!(ProviderAlgorithm::named(none), None);
        }
    }
}
