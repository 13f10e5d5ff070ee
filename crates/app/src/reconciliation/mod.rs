//! Reconciliation: a back office's own statement held against what is on record of requests. What does not agree is on
//! record with an owner; on a case that is known, as an exception.

mod compare;
pub mod read;
pub mod run;
pub mod tell;
pub mod view;

use remit_domain::{
    id::{CaseId, Digest, ReconciliationId, Timestamp},
    reconciliation::Reconciliation,
    request::Money,
};
use remit_statements::FileForm;
use remit_store::{Collection, OutboxRow};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// Reconciliations, by identifier.
pub(crate) const RECONCILIATIONS: Collection<Reconciliation> = Collection::new("reconciliation");
/// What did not agree, by what makes it the same one, each with the reconciliation that found it first.
pub(crate) const FOUND: Collection<ReconciliationId> = Collection::new("discrepancy");
/// What the kinds of items begin with that say what the first statement said of a request. The record of the
/// reconciliation has a digest of all that it was the first to say.
pub(crate) const STATED: &str = "stated/";
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

/// What the first statement in a form said of the effect of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FirstStated {
    pub(crate) reference: Option<String>,
    pub(crate) amount: Option<Money>,
    pub(crate) at: Timestamp,
    /// Which reconciliation it was; not of earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) reconciliation: Option<ReconciliationId>,
}

/// Makes the digest of what a reconciliation was the first to say of requests, one after the other in their order.
#[derive(Debug, Clone, Default)]
pub(crate) struct FirstStatedDigest(Sha256);

impl FirstStatedDigest {
    pub(crate) fn add(&mut self, request: &str, first: &FirstStated) -> serde_json::Result<()> {
        self.0.update(request);
        self.0.update(" ");
        self.0.update(serde_json_canonicalizer::to_vec(first)?);
        self.0.update("\n");
        Ok(())
    }

    pub(crate) fn digest(self) -> Digest {
        Digest::from_bytes(&self.0.finalize().into())
    }
}

/// What statements of a connector said first of requests, by request; forms of statements name effects otherwise.
fn stated_first(connector: &str, form: FileForm) -> Collection<FirstStated> {
    let form = match form {
        FileForm::Csv => "csv",
        FileForm::Camt053 => "camt053",
    };
    Collection::named(format!("{STATED}{connector}/{form}"))
}

/// The row by which somebody is told of one.
fn row(case: CaseId, tell: ToTell, now: Timestamp) -> OutboxRow {
    let id = format!("{ROW}{}:{}", tell.reconciliation, tell.nth);
    let body = serde_json::to_vec(&tell).unwrap_or_default();
    let kind = crate::journal::outbox::EXECUTION.to_owned();
    OutboxRow { id, kind, case: case.to_string(), due_ms: now.0, body }
}
