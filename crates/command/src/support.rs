//! Supports that files describe, whose capacity is looked at.

use anyhow::Context as _;
use remit_capacity::simulate::Description;
use std::path::Path;

/// On how many threads what is told of one is computed.
pub fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Reads one.
///
/// # Errors
/// When the file cannot be read, or describes none; says where.
pub fn described(path: &Path) -> anyhow::Result<Description> {
    let shown = path.display();
    let text = std::fs::read_to_string(path).with_context(|| format!("{shown} cannot be read"))?;
    toml::from_str(&text).with_context(|| format!("{shown} describes no support"))
}
