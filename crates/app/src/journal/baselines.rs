//! Levels that capacity is planned on, and what is proposed in their place, as they are kept.

use remit_domain::baseline::{KnownBaseline, KnownProposal, WatchedMeasure};
use remit_store::Collection;

/// Levels, by queue and measure.
pub(crate) const BASELINES: Collection<KnownBaseline> = Collection::new("baseline");

/// Proposals, by identifier.
pub(crate) const PROPOSALS: Collection<KnownProposal> = Collection::new("baseline proposal");

/// The name of a level among those that are kept.
pub(crate) fn name(queue: &str, measure: WatchedMeasure) -> String {
    format!("{queue}/{}", measure.as_str())
}
