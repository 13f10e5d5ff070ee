//! A case as callers are shown it.

use crate::{Journal, Vault, access::who, case::view::CaseView, customer::erasure, refused::Refused};
use remit_domain::Case;

/// `case` as callers are shown it.
pub(crate) fn case_view(journal: &Journal, vault: &Vault, case: &Case) -> Result<CaseView, Refused> {
    Ok(CaseView {
        erased: erasure::erased_view(journal, vault, case)?,
        ..CaseView::from(&*who::with_names(journal, vault, case)?)
    })
}
