//! Callers by the hash of their token, as they were read lately: a cache that forgets all at each revocation.

use crate::access::caller::Caller;
use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, RwLock, atomic::AtomicU64},
};

/// Tokens seen lately, by hash, with what policy said of each action that needs no case.
#[derive(Debug, Default)]
pub(crate) struct Tokens {
    pub(crate) known: RwLock<HashMap<[u8; 32], Arc<Caller>>>,
    pub(crate) permitted: RwLock<HashMap<(Arc<str>, &'static str), bool>>,
    /// Tokens that were revoked and are still in the store, which could not forget them yet, with who revoked them.
    pub(crate) revoked: Mutex<BTreeMap<String, String>>,
    /// How often a token has been revoked. What was read before one is not remembered after it.
    pub(crate) revocations: AtomicU64,
}

pub(crate) const KNOWN_MAX: usize = 10_000;
