//! Pairs of keys, made of seeds.

use crate::{jwk::PublicKey, jws::Unsigned};
use ed25519_dalek::{SigningKey, pkcs8::EncodePrivateKey as _};
use jsonwebtoken::EncodingKey;

/// The Ed25519 pair of a seed, as `jsonwebtoken` takes it.
pub(crate) fn ed25519(seed: &[u8; 32]) -> Result<(EncodingKey, PublicKey), Unsigned> {
    let pair = SigningKey::from_bytes(seed);
    let private = pair.to_pkcs8_der().map_err(|_| Unsigned)?;
    let public = PublicKey::of_ed25519(&pair.verifying_key()).map_err(|_| Unsigned)?;
    Ok((EncodingKey::from_ed_der(private.as_bytes()), public))
}
