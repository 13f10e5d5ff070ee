//! Keys, and what goes when one is destroyed: customers' words and files, and the names of tokens.

pub mod customers;
pub(crate) mod delegate_tokens;
pub mod erasures;
pub mod keys;
pub(crate) mod known_facts;
pub mod names;
pub mod opened;

use crate::{
    refused::Refused,
    vault::{
        customers::Customers,
        delegate_tokens::DelegateTokens,
        erasures::Erasures,
        keys::{KeyError, Keys},
        names::NameCache,
    },
};
use remit_domain::id::Timestamp;
use remit_oauth::{nonce::Nonces, seen::SeenProofs};

/// What can open what is sealed, and what can be forgotten.
#[derive(Debug)]
pub struct Vault {
    /// The keys of the data directory.
    pub keys: Keys,
    /// Customers' keys, a cache.
    pub(crate) customers: Customers,
    /// Erasures under way.
    pub(crate) erasures: Erasures,
    /// By what delegates' tokens are signed, and their proofs known.
    pub(crate) delegate_tokens: DelegateTokens,
    /// Names of tokens, a cache.
    pub(crate) names: NameCache,
}

impl Vault {
    /// The nonces that proofs of delegates have to have.
    pub fn nonces(&self) -> &Nonces {
        &self.delegate_tokens.nonces
    }

    /// Proofs and assertions of delegates that were seen of late.
    pub fn seen(&self) -> &SeenProofs {
        &self.delegate_tokens.seen
    }

    /// The public keys that access tokens are signed with at a moment, a JWK set.
    ///
    /// # Errors
    /// When they cannot be made.
    pub fn token_keys(&self, now: Timestamp) -> Result<serde_json::Value, Refused> {
        Ok(self.delegate_tokens.signing(now)?.jwks())
    }
}

impl From<KeyError> for Refused {
    fn from(error: KeyError) -> Self {
        Self::internal(error)
    }
}
