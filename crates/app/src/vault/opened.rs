//! What is sealed, opened; where it cannot be, that is counted and told to operators, and readers go without.

use crate::{Environment, vault::keys::KeyError};
use remit_domain::Case;

/// What was opened. What does not open is gone for whoever asks, and somebody has to see to it.
pub(crate) fn opened<T>(
    environment: &Environment,
    case: &Case,
    commit: &str,
    opened: Result<T, KeyError>,
) -> Option<T> {
    opened
        .inspect_err(|error| {
            environment.metrics.unreadable.inc();
            tracing::error!(case = %case.id, commit, %error, "stored words or a file cannot be read");
        })
        .ok()
}
