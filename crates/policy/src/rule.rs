//! One policy of a bundle, as it was read.

use cedar_policy::Policy;
use remit_domain::{decision::PolicyNote, id};

/// One policy with where it stands and what it says of itself.
#[derive(Debug, Clone)]
pub(crate) struct Rule {
    pub(crate) policy: Policy,
    pub(crate) id: id::PolicyId,
    pub(crate) file: String,
    pub(crate) line: usize,
    pub(crate) note: PolicyNote,
}
