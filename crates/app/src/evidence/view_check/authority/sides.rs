//! Both sides: what is on record of things of one kind, and what is kept of them.

use super::super::problem::kept;
use crate::vault::keys::Keys;
use remit_store::Found;
use std::collections::BTreeMap;

/// What is known of the directory.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Known<'k> {
    /// Its keys, where they are at hand.
    pub(crate) keys: Option<&'k Keys>,
    /// Whether everything that is counted and remains to be done is there from the first record on.
    pub(crate) is_whole: bool,
    /// Whether each act of authority is on record from the first one on, with all that records say of it by now.
    pub(crate) is_recorded_from_birth: bool,
}

/// What came of holding the ones against the others.
#[derive(Debug, Default)]
pub(crate) struct Coverage {
    /// Whether there are records to hold against.
    pub(crate) is_recorded: bool,
    /// What was not looked at, with why.
    pub(crate) not: Vec<(&'static str, &'static str)>,
}

/// Names the things that are kept and are on no record, or the other way round, and gives those on both sides to
/// `differs`, which says in what one differs.
pub(super) fn compare<R, K>(
    what: &str,
    recorded: &BTreeMap<String, R>,
    kept_ones: &BTreeMap<String, K>,
    found: Found<'_>,
    mut differs: impl FnMut(&str, &R, &K) -> Option<String>,
) {
    for (name, kept_one) in kept_ones {
        let how = match recorded.get(name) {
            None => Some("no record says that there is one".to_owned()),
            Some(recorded) => differs(name, recorded, kept_one),
        };
        if let Some(how) = how {
            found(kept(what, name, &how));
        }
    }
    for name in recorded.keys().filter(|name| !kept_ones.contains_key(*name)) {
        found(kept(what, name, "its records say that there is one, and none is kept"));
    }
}

/// As what it is told that something is not as it was put on record.
pub(super) const OTHERWISE: &str = "it is otherwise than its records say";
