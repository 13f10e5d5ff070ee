//! What policies read, and what they compare it with.

use crate::expressions::Texts;
use std::collections::{BTreeMap, BTreeSet};

/// Literals that a number is compared with.
pub(crate) type Cuts = BTreeSet<i64>;

/// Literals by themselves.
#[derive(Debug, Default)]
pub(crate) struct Loose {
    pub(crate) numbers: Cuts,
    pub(crate) texts: Texts,
}

/// What decides how steady policies come out.
#[derive(Debug, Default)]
pub(super) struct Reads {
    /// Signals by their place, with the literals that numbers are compared with.
    pub(super) signals: BTreeMap<usize, Cuts>,
    /// Those of them that are texts or lists, with the literals that they are compared with.
    pub(super) texts: BTreeMap<usize, Texts>,
    /// Numbers of the candidate, likewise.
    pub(super) depth: Cuts,
    pub(super) expected_wait_ms: Cuts,
    pub(super) sla_risk_bp: Cuts,
    pub(super) hour: Cuts,
    pub(super) weekday: Cuts,
    pub(super) date: Cuts,
    pub(super) language_level: Cuts,
}
