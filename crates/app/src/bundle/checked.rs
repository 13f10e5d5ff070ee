//! What is asked of a bundle before it governs a running server: that it loads, that its own tests hold, that it can
//! be learnt from, and that its AI services can be set up.

use crate::{
    Governance,
    governance::reader,
    refused::{Kind, Refused},
    succession::Making,
};
use remit_policy::{advice, bundle::Bundle, engine::Engine, files::Files, finding::Finding, suite};
use std::sync::Arc;

/// Findings that are told of one bundle.
const TOLD_MAX: usize = 200;

/// A bundle that can govern, with what answers under it.
pub(super) struct Checked {
    pub(super) governance: Arc<Governance>,
    /// How many of its tests hold.
    pub(super) tests: usize,
    /// How many of its sentences are read as they must be.
    pub(super) sentences: usize,
    /// What is to be looked at, though it prevents nothing.
    pub(super) warnings: Vec<String>,
}

/// Checks the bundle of these files, and makes what answers under it. Takes seconds, and longer where there is much to
/// be learnt that was not learnt before.
///
/// # Errors
/// [`Kind::Invalid`] with every finding as the member `findings`.
pub(super) fn checked(files: Files, making: &Making) -> Result<Checked, Refused> {
    let bundle = Bundle::load(files).map_err(|findings| wrong("does not load", &findings))?;
    let engine = Engine::new(&bundle);
    let report = suite::run(&bundle, &engine);
    if !report.failures.is_empty() {
        return Err(wrong("does not pass its own tests", &report.failures));
    }
    let mut warnings = advice::of(&bundle, &engine);
    let step = &mut |step: &str| tracing::info!(step, "a bundle is made ready");
    let cannot = |why: String| Refused::new(Kind::Invalid, format!("the bundle cannot govern: {why}"));
    let reader = reader::open(making.data.as_deref(), &bundle, step).map_err(|error| cannot(error.to_string()))?;
    warnings.extend(reader.intents.training().abstains_on_all());
    let services = (making.services)(&bundle, &making.cache()).map_err(|error| cannot(error.to_string()))?;
    let governance = Arc::new(Governance::new(Arc::new(bundle), reader, services));
    Ok(Checked { governance, tests: report.passed, sentences: report.sentences, warnings })
}

fn wrong(how: &str, findings: &[Finding]) -> Refused {
    let count = findings.len();
    let first = findings.first().map(ToString::to_string).unwrap_or_default().replace("\n    ", "; ");
    let detail = format!("the bundle {how}; findings: {count}, the first at {first}");
    Refused::new(Kind::Invalid, detail).with("findings", findings.iter().take(TOLD_MAX).collect::<Vec<_>>())
}
