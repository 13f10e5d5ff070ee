//! Whether the words on a case are erased, as it is told.

use crate::{Journal, Vault, refused::Refused};
use remit_domain::Case;
use remit_store::Views as _;
use serde::Serialize;
use utoipa::ToSchema;

/// What has become of erased words.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
pub struct ErasedView {
    /// `done` once nothing is left, not even in the log that the database writes first; until then `pending`, and it
    /// becomes done by itself once nobody reads the log any more. Told where a case is read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log: Option<&'static str>,
}

/// Whether the words on a case were erased, though it may not say so of itself yet.
pub(crate) async fn is_erased(journal: &Journal, vault: &Vault, case: &Case) -> Result<bool, Refused> {
    if case.erased || !vault.erasures.is_pending(&case.customer) {
        return Ok(case.erased);
    }
    let key = journal.store.key_of_case(case.customer.as_str(), case.opened.0, &case.id.to_string()).await;
    // Who came back since has another key.
    Ok(key.map_err(Refused::internal)?.is_some_and(|row| row.wrapped_key.is_none() && vault.erasures.is_of(row.key)))
}

/// What has become of the words on a case, if they were erased.
pub(crate) async fn erased_view(journal: &Journal, vault: &Vault, case: &Case) -> Result<Option<ErasedView>, Refused> {
    let pending = || vault.erasures.is_pending(&case.customer);
    Ok(is_erased(journal, vault, case).await?.then(|| ErasedView { log: Some(log(pending())) }))
}

/// Something is left in the log.
pub(crate) const PENDING: &str = "pending";

/// How it is told whether something is left in the log.
pub(crate) fn log(pending: bool) -> &'static str {
    if pending { PENDING } else { "done" }
}
