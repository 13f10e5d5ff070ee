//! One policy of a bundle, as it was read.

use crate::expressions::in_json;
use cedar_policy::Policy;
use remit_domain::{decision::PolicyNote, id};
use serde_json::Value as Json;
use std::sync::{Arc, OnceLock};

/// One policy with where it stands and what it says of itself.
#[derive(Debug, Clone)]
pub(crate) struct Rule {
    pub(crate) policy: Policy,
    pub(crate) id: id::PolicyId,
    pub(crate) file: String,
    pub(crate) line: usize,
    pub(crate) note: PolicyNote,
    json: Arc<OnceLock<Option<Json>>>,
}

impl Rule {
    pub(crate) fn new(policy: Policy, id: id::PolicyId, file: &str, line: usize, note: PolicyNote) -> Self {
        Self { policy, id, file: file.to_owned(), line, note, json: Arc::default() }
    }

    /// The policy in Cedar's JSON form, made once: Cedar reads the policy's text again each time that it is asked for
    /// it, which is most of what loading a bundle takes.
    pub(crate) fn json(&self) -> Option<&Json> {
        self.json.get_or_init(|| in_json(&self.policy)).as_ref()
    }
}
