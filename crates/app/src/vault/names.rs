//! Names of tokens, as they were read lately: a cache.

use std::{
    collections::HashMap,
    sync::{Arc, RwLock},
};

/// Names that were looked up lately, by pseudonym.
#[derive(Debug, Default)]
pub(crate) struct NameCache(pub(crate) RwLock<HashMap<String, Arc<str>>>);

/// Names kept at most; when there are more, all are looked up anew.
pub(crate) const KNOWN_MAX: usize = 10_000;
