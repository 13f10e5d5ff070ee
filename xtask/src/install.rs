//! Installs what tests and attacks need.

use crate::{peers, programs};

/// Installs what tests and attacks need and is not there yet.
pub(crate) fn install() -> Result<(), String> {
    programs::install()?;
    peers::install()
}
