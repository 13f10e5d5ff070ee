//! Bundles in force: which one is, what another one would leave without a holder, and how it comes into force.

use crate::{live::load::Load, pipeline::facts::Ground};
pub use moves::{MoveError, Moves};
pub use plan::{Plan, PlanError};
use remit_domain::id::{Digest, Timestamp};
use remit_policy::{bundle::Bundle, engine::Engine, files::Files, finding::Finding};
use remit_store::{ReadError, Store};
pub use survey::{Gone, Survey, survey};

mod moves;

mod plan;

pub mod rehome;

mod survey;

/// The bundle in force, as it was kept.
#[derive(Debug)]
pub struct InForce {
    /// Its digest.
    pub digest: Digest,
    /// Its files, or why they cannot be read.
    kept: Result<Files, String>,
}

impl InForce {
    /// The bundle, or why it cannot govern: all that is asked of bundles now is asked of it.
    ///
    /// # Errors
    /// With each finding on a line.
    pub fn governing(self) -> Result<Bundle, String> {
        let told = |findings: Vec<Finding>| findings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
        Bundle::load(self.kept?).map_err(told)
    }

    /// The bundle as it governed, also where more is asked of bundles by now; none where it cannot be read.
    pub fn recorded(&self) -> Option<Bundle> {
        Bundle::load_kept(self.kept.clone().ok()?).ok()
    }
}

/// The bundle that came into force last in `store`, if one ever did.
///
/// # Errors
/// When the store cannot be read.
pub fn in_force(store: &impl Store) -> Result<Option<InForce>, ReadError> {
    let Some(named) = store.bundle_in_force()? else { return Ok(None) };
    let digest = Digest::try_from(named.clone()).map_err(|error| ReadError(format!("the bundle in force: {error}")))?;
    let kept = match store.bundle(&named)? {
        None => Err("it is not kept any more".to_owned()),
        Some(bytes) => Files::kept(&named, &bytes).map_err(|error| error.to_string()),
    };
    Ok(Some(InForce { digest, kept }))
}

/// What it takes to put `bundle` in force in `store`, with what is gone moved as told; nothing where it is in force,
/// and nothing is to be moved. Changes nothing.
///
/// # Errors
/// When something open would be left without anybody, or a move means nothing.
pub fn plan(store: &impl Store, bundle: &Bundle, moves: Moves, now: Timestamp) -> Result<Option<Plan>, PlanError> {
    if moves.is_empty() && store.bundle_in_force()?.as_deref() == Some(bundle.digest().as_str()) {
        return Ok(None);
    }
    let engine = Engine::new(bundle);
    // What trips by it is acted on once the bundle is in force.
    let (load, _) = Load::on_record(store, bundle)?;
    let ground = Ground { bundle, engine: &engine, load: &load, waits: None };
    Plan::of(store, bundle, moves, &|case| ground.may_keep(case, now)).map(Some)
}
