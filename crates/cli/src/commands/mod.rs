//! The subcommands, one file each.

pub(crate) mod case;
pub(crate) mod demo;
mod history;
pub(crate) mod knowledge;
pub(crate) mod ledger;
mod limits;
pub(crate) mod policy;
pub(crate) mod replay;
pub(crate) mod responder;
pub(crate) mod serve;
pub(crate) mod signals;
pub(crate) mod token;

use anyhow::Context;
use remit_policy::{bundle::Bundle, files::Files};
use std::path::Path;

/// Loads the bundle in `directory`, or says everything that is wrong with it.
pub(crate) fn load(directory: &Path) -> anyhow::Result<Bundle> {
    let files = Files::read(directory).context("the bundle cannot be read")?;
    Bundle::load(files).map_err(|findings| {
        let told: Vec<String> = findings.iter().map(ToString::to_string).collect();
        anyhow::anyhow!("the bundle in {} does not load:\n{}", directory.display(), told.join("\n"))
    })
}
