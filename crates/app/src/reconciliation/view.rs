//! A reconciliation as interfaces show it.

use crate::{Journal, Vault, access::who, environment::clock::rfc3339, refused::Refused};
use remit_domain::{
    reconciliation::{Discrepancy, DiscrepancyKind, Reconciliation, ReconciliationCounts},
    request::Money,
};
use serde::Serialize;
use utoipa::ToSchema;

/// A reconciliation.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ReconciliationView {
    /// Which.
    pub id: String,
    /// With which connector.
    pub connector: String,
    /// When.
    #[schema(format = DateTime)]
    pub at: String,
    /// Who had it done.
    pub by: String,
    /// The SHA-256 of the file, in hexadecimal.
    pub file: String,
    /// The time that was held against it, from here.
    #[schema(format = DateTime)]
    pub from: String,
    /// Until before here.
    #[schema(format = DateTime)]
    pub to: String,
    /// In numbers.
    pub counts: ReconciliationCounts,
    /// What does not agree: what is new, then what is known, 500 at most.
    pub discrepancies: Vec<DiscrepancyView>,
}

/// Something that does not agree.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DiscrepancyView {
    /// In which way.
    pub kind: DiscrepancyKind,
    /// Of which request, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request: Option<String>,
    /// On which case that is, which has an exception for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub case: Option<String>,
    /// By what the back office knows the effect.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// How much the file says was moved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stated: Option<Money>,
    /// How much is on record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recorded: Option<Money>,
    /// When, as the file or the record says.
    #[schema(format = DateTime)]
    pub at: String,
    /// Who answers for it.
    pub owner: String,
    /// The reconciliation that found it first, where that was an earlier one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
}

impl ReconciliationView {
    pub(super) async fn of(journal: &Journal, vault: &Vault, one: Reconciliation) -> Result<Self, Refused> {
        Ok(Self {
            id: one.id.to_string(),
            connector: one.connector.to_string(),
            at: rfc3339(one.at),
            by: who::named(journal, vault, &one.by).await?,
            file: one.file.to_string(),
            from: rfc3339(one.from),
            to: rfc3339(one.to),
            counts: one.counts,
            discrepancies: one.discrepancies.into_iter().map(DiscrepancyView::from).collect(),
        })
    }
}

impl From<Discrepancy> for DiscrepancyView {
    fn from(one: Discrepancy) -> Self {
        Self {
            kind: one.kind,
            request: one.request.map(|request| request.to_string()),
            case: one.case.map(|case| case.to_string()),
            reference: one.reference,
            stated: one.stated,
            recorded: one.recorded,
            at: rfc3339(one.at),
            owner: one.owner.to_string(),
            since: one.since.map(|since| since.to_string()),
        }
    }
}
