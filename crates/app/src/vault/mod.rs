//! Keys, and what goes when one is destroyed: customers' words and files, and the names of tokens.

pub mod customers;
pub mod erasures;
pub mod keys;
pub(crate) mod known_facts;
pub mod names;
pub mod opened;

use crate::{
    refused::Refused,
    vault::{
        customers::Customers,
        erasures::Erasures,
        keys::{KeyError, Keys},
        names::Names,
    },
};

/// What can open what is sealed, and what can be forgotten.
#[derive(Debug)]
pub struct Vault {
    /// The keys of the data directory.
    pub keys: Keys,
    /// Customers' keys, a cache.
    pub(crate) customers: Customers,
    /// Erasures under way.
    pub(crate) erasures: Erasures,
    /// Names of tokens, a cache.
    pub(crate) names: Names,
}

impl From<KeyError> for Refused {
    fn from(error: KeyError) -> Self {
        Self::internal(error)
    }
}
