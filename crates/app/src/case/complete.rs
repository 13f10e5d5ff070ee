//! A case as callers are shown it.

use crate::{
    Parts,
    access::who::with_names,
    case::{needs, view::CaseView},
    customer::erased,
    refused::Refused,
};
use remit_domain::Case;

/// `case` as callers are shown it.
pub(crate) async fn case_view(parts: &Parts, case: &Case) -> Result<CaseView, Refused> {
    let Parts { governance, journal, vault, environment, .. } = parts;
    Ok(CaseView {
        needs: needs::needs(parts, case),
        erased: erased::erased_view(journal, vault, case).await?,
        ..CaseView::promised(governance, &*with_names(journal, vault, case).await?, environment.now())
    })
}
