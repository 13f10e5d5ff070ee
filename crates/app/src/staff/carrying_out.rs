//! What the floor proposes beside offers is carried out on record: offers end, somebody counts as away, cases go back.

use crate::{
    Parts,
    refused::Refused,
    staff::{gone, settle},
};
use remit_domain::floor::Proposal;

/// Carries out everything that the floor proposes now beside offers. What fails it proposes again.
///
/// # Errors
/// When the store refuses.
pub async fn carry_out_due(parts: &Parts) -> Result<(), Refused> {
    let mut all = Ok(());
    for proposal in parts.live.floor.due(parts.environment.steady()) {
        let done = match &proposal {
            Proposal::EndOffer { .. } => settle::end_open_offer(parts, &proposal).await,
            Proposal::Away { staff } => settle::count_as_away(parts, staff).await,
            Proposal::TakeBack { case, .. } => gone::take_back(parts, *case).await,
        };
        all = all.and(done);
    }
    all
}
