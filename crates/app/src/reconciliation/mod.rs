//! Reconciliation: a back office's own statement held against what is on record of requests. What does not agree is on
//! record with an owner; on a case that is known, as an exception.

mod compare;
pub mod read;
pub mod run;
pub mod tell;
pub mod view;

use remit_domain::{
    id::{CaseId, ReconciliationId, Timestamp},
    reconciliation::Reconciliation,
};
use remit_store::{Collection, OutboxRow};
use serde::{Deserialize, Serialize};

/// Reconciliations, by identifier.
pub(crate) const RECONCILIATIONS: Collection<Reconciliation> = Collection::new("reconciliation");
/// What did not agree, by what makes it the same one, each with the reconciliation that found it first.
pub(crate) const FOUND: Collection<ReconciliationId> = Collection::new("discrepancy");
/// What the names of rows begin with by which somebody is told of one.
pub(crate) const ROW: &str = "discrepancy:";

/// Which one somebody is to be told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ToTell {
    pub(crate) reconciliation: ReconciliationId,
    /// Its place among those of the reconciliation.
    pub(crate) nth: usize,
}

/// The row by which somebody is told of one.
fn row(case: CaseId, tell: ToTell, now: Timestamp) -> OutboxRow {
    let id = format!("{ROW}{}:{}", tell.reconciliation, tell.nth);
    let body = serde_json::to_vec(&tell).unwrap_or_default();
    let kind = crate::journal::outbox::EXECUTION.to_owned();
    OutboxRow { id, kind, case: case.to_string(), due_ms: now.0, body }
}
