//! A small store against a large one.

use crate::{Bench, setting::Setting};

pub(crate) fn run(_: &Bench, _: &Setting) -> anyhow::Result<bool> {
    Ok(true)
}
