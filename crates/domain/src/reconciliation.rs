//! Reconciliations: what a back office's own statement says, held against what is on record of requests.

use crate::{
    id::{ActionName, CaseId, Digest, OwnerId, ReconciliationId, RequestId, Timestamp},
    request::Money,
};
use serde::{Deserialize, Serialize};

/// What does not agree, in a file or on record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum DiscrepancyKind {
    /// An effect that nobody asked for.
    Unrequested,
    /// More effects than one under the key of one request.
    Repeated,
    /// A request that is done by record, and has no effect.
    Missing,
    /// Another amount than was asked for or stated before.
    Amount,
    /// An effect at a time at which it cannot have happened, or under a reference that another request has.
    Doubtful,
    /// An effect of a request that was not carried out by record.
    NotCarriedOut,
    /// An effect of a request that was taken back.
    TakenBack,
}

impl DiscrepancyKind {
    /// In words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unrequested => "unrequested",
            Self::Repeated => "repeated",
            Self::Missing => "missing",
            Self::Amount => "amount",
            Self::Doubtful => "doubtful",
            Self::NotCarriedOut => "not_carried_out",
            Self::TakenBack => "taken_back",
        }
    }
}

/// Something that does not agree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Discrepancy {
    /// In which way.
    pub kind: DiscrepancyKind,
    /// Of which request, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<RequestId>,
    /// On which case that is, which has an exception for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case: Option<CaseId>,
    /// By what the back office knows the effect.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// How much the file says was moved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stated: Option<Money>,
    /// How much is on record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recorded: Option<Money>,
    /// When, as the file or the record says.
    pub at: Timestamp,
    /// Who answers for it.
    pub owner: OwnerId,
    /// The reconciliation that found it first, where that was an earlier one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<ReconciliationId>,
}

impl Discrepancy {
    /// What makes it the same one in another reconciliation with the same connector: what is missing is so by its
    /// request, and of an effect its reference, its amount and when it was.
    pub fn identity(&self, connector: &ActionName) -> String {
        let request = self.request.map_or_else(String::new, |request| request.to_string());
        let effect = match self.kind {
            DiscrepancyKind::Missing => String::new(),
            _ => {
                let amount = self.stated.as_ref().map(|money| format!("{}{}", money.minor, money.currency));
                let reference = self.reference.as_deref().unwrap_or_default();
                format!(":{}:{}:{reference}", self.at.0, amount.unwrap_or_default())
            }
        };
        format!("{connector}:{}:{request}{effect}", self.kind.as_str())
    }

    /// The same, as earlier versions kept it.
    pub fn earlier_identity(&self, connector: &ActionName) -> String {
        let of = match (&self.request, &self.reference) {
            (Some(request), _) => request.to_string(),
            (None, Some(reference)) => format!("reference:{reference}"),
            (None, None) => {
                let amount = self.stated.as_ref().map(|money| format!("{}{}", money.minor, money.currency));
                format!("at:{}:{}", self.at.0, amount.unwrap_or_default())
            }
        };
        format!("{connector}:{}:{of}", self.kind.as_str())
    }
}

/// How many there were of what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ReconciliationCounts {
    /// Effects in the file.
    pub entries: u64,
    /// Those that are not of Remit's, where others share the statement, or are outside the time.
    pub passed_over: u64,
    /// Requests that agree with their one effect.
    pub agree: u64,
    /// Requests of which it was not known what became of them, and is now.
    pub settled: u64,
    /// What does not agree.
    pub discrepancies: u64,
    /// Those of them that no earlier one found.
    pub new: u64,
}

/// What a file was held against the record for, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Reconciliation {
    /// Which.
    pub id: ReconciliationId,
    /// With which connector.
    pub connector: ActionName,
    /// Who had it done, by the identifier of their token.
    pub by: String,
    /// The SHA-256 of the file.
    pub file: Digest,
    /// The time that was held against it, from here.
    pub from: Timestamp,
    /// Until before here.
    pub to: Timestamp,
    /// In numbers.
    pub counts: ReconciliationCounts,
    /// What does not agree, the first of it.
    pub discrepancies: Vec<Discrepancy>,
    /// What is kept of what it was the first to say of requests: SHA-256 of lines of a request and the canonical JSON
    /// (RFC 8785) of that, in the order of the requests; not where it was the first to say nothing, and not of earlier
    /// versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first: Option<Digest>,
    /// When.
    pub at: Timestamp,
}
