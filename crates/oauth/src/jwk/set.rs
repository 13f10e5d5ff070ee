//! Sets of keys (JWKS, RFC 7517, section 5).

use super::{Algorithm, KeyError, PublicKey};
use serde_json::{Value, json};

/// Most keys of a set that are taken.
pub const USABLE_MAX: usize = 16;
/// Most keys that are looked at.
pub(super) const KEYS_MAX: usize = 128;

/// The keys of a set that can be used.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KeySet {
    keys: Vec<PublicKey>,
    left_out: usize,
}

impl KeySet {
    /// A set of keys as it is sent. Keys of other types, and what is no key, are left out, as RFC 7517 has it, and
    /// counted; so is the second of two keys of one name. A set of which nothing can be used is empty.
    ///
    /// # Errors
    /// When it is no set, or more keys could be used than are taken.
    pub fn parse(sent: &Value) -> Result<Self, KeyError> {
        let all = sent.get("keys").and_then(Value::as_array).filter(|all| all.len() <= KEYS_MAX);
        let mut set = Self::default();
        for key in all.ok_or(KeyError::Set)? {
            match PublicKey::parse(key) {
                Ok(key) if !set.has(&key) => set.keys.push(key),
                _ => set.left_out += 1,
            }
            if set.keys.len() > USABLE_MAX {
                return Err(KeyError::TooMany);
            }
        }
        Ok(set)
    }

    /// A set of one key.
    pub fn of(key: PublicKey) -> Self {
        Self { keys: vec![key], left_out: 0 }
    }

    /// The key of a name that verifies by an algorithm. Where nothing is named, by the signature or by the key, it is
    /// the one key that could be meant, if it is one.
    pub fn find(&self, kid: Option<&str>, algorithm: Algorithm) -> Option<&PublicKey> {
        let fit = || self.keys.iter().filter(|key| key.algorithm() == algorithm);
        let named = kid.and_then(|kid| fit().find(|key| key.kid() == Some(kid)));
        let mut meant = fit().filter(|key| kid.is_none() || key.kid().is_none());
        named.or_else(|| meant.next().filter(|_| meant.next().is_none()))
    }

    /// The keys that can be used.
    pub fn keys(&self) -> &[PublicKey] {
        &self.keys
    }

    /// Whether none can be.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// How many were left out.
    pub fn left_out(&self) -> usize {
        self.left_out
    }

    /// The set as it is sent, without what was left out.
    pub fn to_json(&self) -> Value {
        json!({ "keys": self.keys.iter().map(PublicKey::to_json).collect::<Vec<_>>() })
    }

    /// Whether there is a key of the same name and algorithm, or the same key without a name.
    fn has(&self, key: &PublicKey) -> bool {
        self.keys.iter().any(|one| {
            let same = one.kid() == key.kid() && one.algorithm() == key.algorithm();
            same && (key.kid().is_some() || one.thumbprint() == key.thumbprint())
        })
    }
}
